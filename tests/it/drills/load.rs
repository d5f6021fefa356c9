//! Visitors that redeem and revoke until they are told to stop or the server goes away, and the
//! ledger of what was acknowledged to them.

use reqwest::Client;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use vestibule_tests::browser::{Browser, Person, Return, plain_client};
use vestibule_tests::relying_party::RelyingParty;

/// What the server has said yes to.
#[derive(Default)]
pub struct Ledger {
    /// Codes that were redeemed, and the access tokens that came of them.
    redeemed: Vec<(String, String)>,
    /// Access tokens that were revoked.
    revoked: Vec<String>,
}

/// One acknowledgement.
enum Acknowledged {
    Redeemed { code: String, access: String },
    Revoked { access: String },
}

/// Visitors at work.
pub struct Load {
    visitors: JoinSet<()>,
    acknowledged: UnboundedReceiver<Acknowledged>,
}

impl Ledger {
    fn note(&mut self, acknowledged: Acknowledged) {
        match acknowledged {
            Acknowledged::Redeemed { code, access } => self.redeemed.push((code, access)),
            Acknowledged::Revoked { access } => self.revoked.push(access),
        }
    }

    fn length(&self) -> usize {
        self.redeemed.len() + self.revoked.len()
    }

    /// P3, P4: every acknowledged token is good unless it was revoked, and then it is not.
    pub async fn holds(&self, rp: &RelyingParty) {
        assert!(!self.redeemed.is_empty() && !self.revoked.is_empty(), "there was load");
        for (_, access) in &self.redeemed {
            let expected = if self.revoked.contains(access) { 401 } else { 200 };
            let answer = rp.userinfo(access).await;
            assert_eq!(answer.status, expected, "{} of {}", answer.text(), self.length());
        }
    }

    /// P1: presented again, each code is refused, and what had come of it ends.
    pub async fn no_code_is_redeemed_again(&self, rp: &RelyingParty) {
        for (code, access) in &self.redeemed {
            let again = rp.redeem(code).await;
            assert_eq!(again.json()["error"], "invalid_grant", "{}", again.text());
            assert_eq!(rp.userinfo(access).await.status, 401, "the replay is punished");
        }
    }
}

impl Load {
    /// Signs visitors in and lets them go.
    pub async fn start(rp: &RelyingParty, person: &Person, visitors: usize) -> Self {
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), person).await;
        let session = browser.cookie("vestibule-session").expect("a session").to_owned();
        let http = plain_client();
        let (sender, acknowledged) = unbounded_channel();
        let mut running = JoinSet::new();
        for _ in 0..visitors {
            let visitor = Visitor {
                rp: rp.clone(),
                http: http.clone(),
                session: session.clone(),
                ledger: sender.clone(),
            };
            running.spawn(visitor.run());
        }
        Self { visitors: running, acknowledged }
    }

    /// Waits for this many more acknowledgements.
    pub async fn until(&mut self, ledger: &mut Ledger, count: usize) {
        for _ in 0..count {
            let one = self.acknowledged.recv().await.expect("the visitors are at work");
            ledger.note(one);
        }
    }

    /// Waits for the visitors, who end when the server fails them, and notes what they were told
    /// last.
    pub async fn end(mut self, ledger: &mut Ledger) {
        while let Some(ended) = self.visitors.join_next().await {
            ended.expect("a visitor ends without a panic");
        }
        while let Some(one) = self.acknowledged.recv().await {
            ledger.note(one);
        }
    }
}

struct Visitor {
    rp: RelyingParty,
    http: Client,
    session: String,
    ledger: UnboundedSender<Acknowledged>,
}

impl Visitor {
    async fn run(self) {
        let mut count = 0;
        while self.visit(&mut count).await.is_some() {}
    }

    /// One code from its request to its tokens, every third token revoked. `None` when the server
    /// said no or went away: what was on its way then may have happened or not.
    async fn visit(&self, count: &mut usize) -> Option<()> {
        let code = self.code().await?;
        let tokens = self
            .post(
                "/oauth/token",
                &[
                    ("grant_type", "authorization_code"),
                    ("code", &code),
                    ("redirect_uri", &self.rp.redirect_uri),
                ],
            )
            .await?;
        let tokens: Value = serde_json::from_str(&tokens).ok()?;
        let access = tokens["access_token"].as_str()?.to_owned();
        *count += 1;
        if count.is_multiple_of(3) {
            // Between the two answers its state is nobody's promise.
            self.post("/oauth/revoke", &[("token", &access)]).await?;
            self.note(Acknowledged::Redeemed { code, access: access.clone() })?;
            return self.note(Acknowledged::Revoked { access });
        }
        self.note(Acknowledged::Redeemed { code, access })
    }

    fn note(&self, acknowledged: Acknowledged) -> Option<()> {
        self.ledger.send(acknowledged).ok()
    }

    async fn code(&self) -> Option<String> {
        let cookie = format!("vestibule-session={}", self.session);
        let request = self.http.get(self.rp.request(&[])).header("cookie", cookie);
        let answer = request.send().await.ok()?;
        let location = answer.headers().get("location")?.to_str().ok()?;
        Return::read(location).get("code").map(str::to_owned)
    }

    /// The body of a success.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Option<String> {
        let mut fields = fields.to_vec();
        fields.push(("client_id", &self.rp.client_id));
        fields.push(("client_secret", &self.rp.client_secret));
        let answer = self.http.post(self.rp.at(path)).form(&fields).send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        answer.text().await.ok()
    }
}
