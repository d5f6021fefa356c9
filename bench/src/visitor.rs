//! A virtual user: one connection, one cookie jar, and what it does in each scenario.

use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::forms;
use crate::http::{Answer, Connection};
use crate::scenario::Scenario;
use crate::server::Target;
use crate::verify::{self, Keys};

/// One in this many ID tokens is verified; all are looked at.
const VERIFY_EVERY: u64 = 64;

/// One person with one browser, and the relying party behind it.
pub struct Visitor {
    target: Rc<Target>,
    connection: Connection,
    cookies: BTreeMap<String, String>,
    number: usize,
    steps: u64,
    tokens: Value,
    keys: Rc<Keys>,
}

impl Visitor {
    /// A visitor that has not been there yet.
    pub fn new(target: Rc<Target>, number: usize) -> Self {
        Self {
            connection: Connection::to(&target.address),
            keys: Rc::clone(&target.keys),
            target,
            cookies: BTreeMap::new(),
            number,
            steps: 0,
            tokens: Value::Null,
        }
    }

    /// What must be there before the clock starts.
    pub async fn prepare(&mut self, scenario: Scenario) -> Result<(), String> {
        match scenario {
            Scenario::Discovery | Scenario::Jwks | Scenario::ClientCredentials => Ok(()),
            Scenario::Code | Scenario::Userinfo | Scenario::Introspect | Scenario::SignIn => {
                self.code_flow("openid profile email").await
            }
            Scenario::Refresh => self.code_flow("openid profile email offline_access").await,
        }
    }

    /// Signs in with a browser.
    pub async fn sign_in(&mut self) -> Result<(), String> {
        self.code_flow("openid profile email").await
    }

    /// The same person and browser on a connection of its own.
    pub fn again(&self) -> Self {
        Self { cookies: self.cookies.clone(), ..Self::new(Rc::clone(&self.target), self.number) }
    }

    /// A page of the console, which must be shown to whoever signed in.
    pub async fn page(&mut self, path: &str) -> Result<(), String> {
        let answer = self.get(path, &[]).await?;
        let page = String::from_utf8_lossy(&answer.body);
        let is_shown = page.contains("<nav") && forms::form_with(&page, "password").is_none();
        match answer.status {
            200 if is_shown => Ok(()),
            status => Err(format!("{path}: status {status}: {}", answer.text())),
        }
    }

    /// One operation, its answer checked.
    pub async fn operate(&mut self, scenario: Scenario) -> Result<(), String> {
        self.steps += 1;
        match scenario {
            Scenario::Discovery => {
                let path = "/.well-known/openid-configuration";
                let metadata = self.get(path, &[]).await?.json()?;
                expect(verify::text(&metadata, "issuer") == Some(&self.target.issuer), &metadata)
            }
            Scenario::Jwks => {
                let set = self.get(&self.target.jwks_path.clone(), &[]).await?.json()?;
                expect(
                    set.get("keys").and_then(Value::as_array).is_some_and(|k| !k.is_empty()),
                    &set,
                )
            }
            Scenario::ClientCredentials => {
                let tokens = self.token(&[("grant_type", "client_credentials")]).await?;
                bearer(&tokens)
            }
            Scenario::Code => self.code_flow("openid profile email").await,
            Scenario::Refresh => self.refresh().await,
            Scenario::Userinfo => {
                let bearer = format!("Bearer {}", verify::required(&self.tokens, "access_token")?);
                let claims =
                    self.get("/oauth/userinfo", &[("authorization", &bearer)]).await?.json()?;
                expect(verify::text(&claims, "sub").is_some(), &claims)
            }
            Scenario::Introspect => {
                let token = verify::required(&self.tokens, "access_token")?.to_owned();
                let state = self.post("/oauth/introspect", &[("token", &token)]).await?.json()?;
                expect(state.get("active") == Some(&Value::Bool(true)), &state)
            }
            Scenario::SignIn => {
                self.cookies.clear();
                self.code_flow("openid profile email").await
            }
        }
    }

    async fn refresh(&mut self) -> Result<(), String> {
        let token = verify::required(&self.tokens, "refresh_token")?.to_owned();
        let tokens =
            self.token(&[("grant_type", "refresh_token"), ("refresh_token", &token)]).await?;
        bearer(&tokens)?;
        self.id_token(&tokens, None)?;
        if let Some(next) = tokens.get("refresh_token").cloned()
            && let Some(kept) = self.tokens.get_mut("refresh_token")
        {
            *kept = next;
        }
        Ok(())
    }

    /// Authorization request, whatever pages it takes, code redeemed, ID token checked.
    async fn code_flow(&mut self, scope: &str) -> Result<(), String> {
        let unique = format!("{}-{}-{}", self.number, self.steps, self.target.run);
        let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(unique.as_bytes()));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let prompt = if scope.contains("offline_access") { "consent" } else { "" };
        let target = Rc::clone(&self.target);
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", &target.client_id),
            ("redirect_uri", &target.redirect_uri),
            ("scope", scope),
            ("state", &unique),
            ("nonce", &unique),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if !prompt.is_empty() {
            parameters.push(("prompt", prompt));
        }
        let path = format!("/oauth/authorize?{}", encode(&parameters));
        let back = self.walk(path).await?;
        let query = back.split_once('?').map_or("", |(_, query)| query);
        let answer: BTreeMap<_, _> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        expect(answer.get("state") == Some(&unique), &back)?;
        expect(answer.get("iss") == Some(&target.issuer), &back)?;
        let code = answer.get("code").ok_or_else(|| format!("no code in {back}"))?;
        let tokens = self
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &target.redirect_uri),
                ("code_verifier", &verifier),
            ])
            .await?;
        bearer(&tokens)?;
        self.id_token(&tokens, Some(&unique))?;
        self.tokens = tokens;
        Ok(())
    }

    /// Follows the provider until it sends the browser to the relying party.
    async fn walk(&mut self, path: String) -> Result<String, String> {
        let mut answer = self.get(&path, &[]).await?;
        for _ in 0..10 {
            if let Some(onward) = onward(&answer) {
                if onward.starts_with(&self.target.redirect_uri) {
                    return Ok(onward);
                }
                let path = self.target.path_of(&onward)?;
                answer = self.get(&path, &[]).await?;
                continue;
            }
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            let person = self.target.person(self.number);
            let form = if let Some(mut form) = forms::form_with(&page, "password") {
                form.fields.retain(|(name, _)| name != "username" && name != "password");
                form.fields.push(("username".to_owned(), person.0));
                form.fields.push(("password".to_owned(), person.1));
                form
            } else if let Some(form) = forms::form_with(&page, "approve") {
                form
            } else {
                return Err(format!("status {}, no way on: {}", answer.status, answer.text()));
            };
            let path = self.target.path_of(&form.action)?;
            let fields: Vec<(&str, &str)> =
                form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let origin = self.target.origin();
            let headers = [("origin", origin.as_str()), FORM];
            answer = self.send("POST", &path, &headers, encode(&fields)).await?;
        }
        Err("the provider did not come to an end".to_owned())
    }

    fn id_token(&self, tokens: &Value, nonce: Option<&str>) -> Result<(), String> {
        let token = verify::required(tokens, "id_token")?;
        if !self.steps.is_multiple_of(VERIFY_EVERY) {
            return Ok(());
        }
        let claims = self.keys.verify(token)?;
        expect(verify::text(&claims, "iss") == Some(&self.target.issuer), &claims)?;
        expect(verify::text(&claims, "aud") == Some(&self.target.client_id), &claims)?;
        expect(verify::text(&claims, "sub").is_some_and(|sub| !sub.is_empty()), &claims)?;
        expect(nonce.is_none() || verify::text(&claims, "nonce") == nonce, &claims)
    }

    async fn token(&mut self, fields: &[(&str, &str)]) -> Result<Value, String> {
        self.post("/oauth/token", fields).await?.json()
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, String> {
        let authorization = self.target.authorization.clone();
        let headers = [("authorization", authorization.as_str()), FORM];
        self.connection.send("POST", path, &headers, encode(fields)).await
    }

    async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        self.send("GET", path, headers, String::new()).await
    }

    /// With the browser's cookies.
    async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, String> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push(("cookie", &cookies));
        }
        let answer = self.connection.send(method, path, &all, body).await?;
        for set in answer.headers.get_all("set-cookie").iter().filter_map(|set| set.to_str().ok()) {
            self.keep(set);
        }
        Ok(answer)
    }

    fn keep(&mut self, set_cookie: &str) {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        match pair.split_once('=') {
            Some((name, "")) => self.cookies.remove(name.trim()),
            Some((name, value)) => self.cookies.insert(name.trim().to_owned(), value.to_owned()),
            None => None,
        };
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Where a browser goes by itself.
fn onward(answer: &Answer) -> Option<String> {
    match answer.header("location") {
        Some(location) => Some(location.to_owned()),
        None => forms::refresh(&String::from_utf8_lossy(&answer.body)),
    }
}

fn bearer(tokens: &Value) -> Result<(), String> {
    verify::required(tokens, "access_token")?;
    expect(verify::text(tokens, "token_type") == Some("Bearer"), tokens)
}

fn expect(holds: bool, seen: &impl std::fmt::Display) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("unexpected answer: {seen}")) }
}
