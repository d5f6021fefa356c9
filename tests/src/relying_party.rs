//! A relying party written out by hand, so that a test can send exactly what it means.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::Value;

use crate::browser::{Answer, Browser, Person, Return, encode, plain_client};

/// How a relying party authenticates at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// RFC 6749 §2.3.1, in the `Authorization` field.
    Basic,
    /// RFC 6749 §2.3.1, in the body.
    Post,
    /// A public client sends its `client_id` alone.
    None,
}

/// A client of the provider.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    /// The provider.
    pub issuer: String,
    /// Its identifier there.
    pub client_id: String,
    /// Its secret there, empty for a public client.
    pub client_secret: String,
    /// Where it wants answers.
    pub redirect_uri: String,
    /// How it authenticates.
    pub authentication: Authentication,
    /// The scope it asks for.
    pub scope: String,
    /// What it sends with.
    pub http: reqwest::Client,
}

impl RelyingParty {
    /// A confidential client that posts its secret and asks for `openid profile email`.
    pub fn new(issuer: &str, client_id: &str, client_secret: &str, redirect_uri: &str) -> Self {
        Self {
            issuer: issuer.trim_end_matches('/').to_owned(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            authentication: Authentication::Post,
            scope: "openid profile email".to_owned(),
            http: plain_client(),
        }
    }

    /// The same client with new connections, for a server that was killed and is back.
    #[must_use]
    pub fn reconnected(&self) -> Self {
        Self { http: plain_client(), ..self.clone() }
    }

    /// An address at the provider.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// An authorization request. `changes` replace or add parameters; an empty value removes one.
    pub fn request(&self, changes: &[(&str, &str)]) -> String {
        format!("{}?{}", self.at("/oauth/authorize"), encode(&self.parameters(changes)))
    }

    /// The parameters of [`RelyingParty::request`].
    pub fn parameters(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let usual = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("state", "af0ifjsldkj"),
        ];
        let kept = usual.iter().filter(|(name, _)| changes.iter().all(|(key, _)| key != name));
        let added = changes.iter().filter(|(_, value)| !value.is_empty());
        kept.chain(added).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// A token request, authenticated as this client does.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.authenticated("/oauth/token", fields).await
    }

    /// Redeems a code.
    pub async fn redeem(&self, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
        ])
        .await
    }

    /// Refreshes.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// RFC 7662.
    pub async fn introspect(&self, token: &str) -> Answer {
        self.authenticated("/oauth/introspect", &[("token", token)]).await
    }

    /// RFC 7009.
    pub async fn revoke(&self, token: &str) -> Answer {
        self.authenticated("/oauth/revoke", &[("token", token)]).await
    }

    /// OpenID Connect Core §5.3.1 with the token in the `Authorization` field.
    pub async fn userinfo(&self, access_token: &str) -> Answer {
        let request = self.http.get(self.at("/oauth/userinfo")).bearer_auth(access_token);
        Answer::read(request).await
    }

    /// A fetch without credentials.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::read(self.http.get(self.at(path))).await
    }

    /// Any request, exactly as given.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = self.http.request(method, self.at(path)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request).await
    }

    /// Signs a person in with a fresh browser and redeems the code.
    pub async fn sign_in(&self, person: &Person, changes: &[(&str, &str)]) -> Tokens {
        let back = Browser::new().authorize(&self.request(changes), person).await;
        Tokens::read(&self.redeem(back.code()).await)
    }

    /// The answer to an authorization request in a fresh browser.
    pub async fn code(&self, person: &Person, changes: &[(&str, &str)]) -> Return {
        Browser::new().authorize(&self.request(changes), person).await
    }

    async fn authenticated(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        let mut request = self.http.post(self.at(path));
        match self.authentication {
            Authentication::Basic => {
                let pair = format!("{}:{}", self.client_id, self.client_secret);
                request =
                    request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            Authentication::Post => {
                fields.push(("client_id", &self.client_id));
                fields.push(("client_secret", &self.client_secret));
            }
            Authentication::None => fields.push(("client_id", &self.client_id)),
        }
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encode(&fields));
        Answer::read(request).await
    }
}

/// A successful token response (RFC 6749 §5.1).
#[derive(Clone, Debug)]
pub struct Tokens {
    /// All members.
    pub response: Value,
}

impl Tokens {
    /// Reads a token response, which must be a success.
    pub fn read(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text());
        Self { response: answer.json() }
    }

    /// The access token.
    pub fn access(&self) -> &str {
        self.member("access_token")
    }

    /// The refresh token.
    pub fn refresh(&self) -> &str {
        self.member("refresh_token")
    }

    /// The claims of the ID token, its signature unchecked.
    pub fn id_claims(&self) -> Value {
        claims(self.member("id_token"))
    }

    /// The header of the ID token.
    pub fn id_header(&self) -> Value {
        part(self.member("id_token"), 0)
    }

    fn member(&self, name: &str) -> &str {
        self.response[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.response))
    }
}

/// The claims of a JWT, its signature unchecked.
pub fn claims(jwt: &str) -> Value {
    part(jwt, 1)
}

fn part(jwt: &str, index: usize) -> Value {
    let text = jwt.split('.').nth(index).unwrap_or_else(|| panic!("{jwt} is no JWT"));
    let bytes = URL_SAFE_NO_PAD.decode(text).expect("a JWT's parts are base64url");
    serde_json::from_slice(&bytes).expect("a JWT's parts are JSON")
}
