//! One trial: what is sent and what comes back, step by step.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    Scope, SubjectIdentifier, TokenResponse as _,
};
use parking_lot::Mutex;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use vestibule_protocol::params::Params;

use super::{CALLBACK, Demo, SCOPE};
use crate::issuer::Issuer;
use crate::outbound::{Outbound, OutboundFault};
use crate::pages::views::{Outcome, Step, StepKind};

const ORDER: [StepKind; 6] = [
    StepKind::AuthorizationRequest,
    StepKind::AuthorizationResponse,
    StepKind::TokenRequest,
    StepKind::TokenResponse,
    StepKind::IdToken,
    StepKind::Userinfo,
];

/// What the person at the playground asked for.
pub(super) struct Asked {
    scope: String,
    prompt: Option<String>,
    login_hint: Option<String>,
    response_mode: Option<String>,
}

impl Asked {
    /// Reads the playground's form.
    pub(super) fn read(params: &Params) -> Self {
        let text = |name| params.one(name).map(str::to_owned);
        Self {
            scope: text("scope").unwrap_or_else(|| SCOPE.to_owned()),
            prompt: text("prompt"),
            login_hint: text("login_hint"),
            response_mode: text("response_mode"),
        }
    }
}

/// A trial between its request and its answer.
pub(super) struct Trial {
    state: CsrfToken,
    nonce: Nonce,
    verifier: String,
    request: String,
}

/// The exchange of one HTTP request, as it is shown.
type Exchange = (String, String);

impl Trial {
    /// Discovers the provider and writes the authorization request; what went wrong is shown.
    pub(super) async fn begin(
        outbound: &Outbound,
        issuer: &Issuer,
        demo: &Demo,
        asked: &Asked,
    ) -> Result<(Self, String), Vec<Step>> {
        let failed = |note: String| ending(Vec::new(), StepKind::AuthorizationRequest, note);
        let metadata = discover(outbound, issuer).await.map_err(failed)?;
        let redirect = RedirectUrl::new(issuer.url(CALLBACK));
        let redirect = redirect.map_err(|error| failed(error.to_string()))?;
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(demo.client_id.clone()),
            None,
        )
        .set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for word in asked.scope.split_ascii_whitespace().filter(|word| *word != "openid") {
            request = request.add_scope(Scope::new(word.to_owned()));
        }
        let extra = [
            ("prompt", &asked.prompt),
            ("login_hint", &asked.login_hint),
            ("response_mode", &asked.response_mode),
        ];
        for (name, value) in extra {
            if let Some(value) = value {
                request = request.add_extra_param(name, value.clone());
            }
        }
        let (url, state, nonce) = request.url();
        let verifier = verifier.secret().clone();
        let shown = shown_url(&url);
        Ok((Self { state, nonce, verifier, request: shown }, url.into()))
    }

    /// Whether an answer with this `state` is for this trial.
    pub(super) fn has_state(&self, state: &str) -> bool {
        self.state.secret().as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// Takes the answer, redeems the code and checks everything that comes back.
    pub(super) async fn finish(
        &self,
        outbound: &Outbound,
        issuer: &Issuer,
        demo: &Demo,
        answer: &Params,
    ) -> Vec<Step> {
        let mut steps = vec![passed(
            StepKind::AuthorizationRequest,
            "The browser was sent to the authorization endpoint with PKCE, state and nonce.",
            self.request.clone(),
        )];
        let code = match accepted(issuer, answer) {
            Ok((code, step)) => {
                steps.push(step);
                code
            }
            Err(step) => {
                steps.push(step);
                return complete(steps);
            }
        };
        self.redeem(outbound, issuer, demo, code, &mut steps).await;
        complete(steps)
    }

    async fn redeem(
        &self,
        outbound: &Outbound,
        issuer: &Issuer,
        demo: &Demo,
        code: String,
        steps: &mut Vec<Step>,
    ) {
        let metadata = match discover(outbound, issuer).await {
            Ok(metadata) => metadata,
            Err(note) => return steps.push(failed(StepKind::TokenRequest, note, String::new())),
        };
        let redirect = match RedirectUrl::new(issuer.url(CALLBACK)) {
            Ok(redirect) => redirect,
            Err(error) => {
                return steps.push(failed(
                    StepKind::TokenRequest,
                    error.to_string(),
                    String::new(),
                ));
            }
        };
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(demo.client_id.clone()),
            Some(ClientSecret::new(demo.client_secret.expose_secret().to_owned())),
        )
        .set_redirect_uri(redirect);
        let exchanges = Mutex::new(Vec::new());
        let http = |request| recorded(outbound, &exchanges, request);
        let request = match client.exchange_code(AuthorizationCode::new(code)) {
            Ok(request) => request,
            Err(error) => {
                return steps.push(failed(
                    StepKind::TokenRequest,
                    error.to_string(),
                    String::new(),
                ));
            }
        };
        let verifier = PkceCodeVerifier::new(self.verifier.clone());
        let answered = request.set_pkce_verifier(verifier).request_async(&http).await;
        let (sent, received) = exchanges.lock().pop().unwrap_or_default();
        steps.push(passed(
            StepKind::TokenRequest,
            "The code was sent with the client's secret and the PKCE verifier.",
            sent,
        ));
        let tokens = match answered {
            Ok(tokens) => tokens,
            Err(error) => {
                return steps.push(failed(StepKind::TokenResponse, error.to_string(), received));
            }
        };
        steps.push(passed(StepKind::TokenResponse, "Tokens were issued.", received));
        let Some(id_token) = tokens.id_token() else {
            let note = "There is no ID token: was openid among the scopes?".to_owned();
            return steps.push(failed(StepKind::IdToken, note, String::new()));
        };
        let subject = match id_token.claims(&client.id_token_verifier(), &self.nonce) {
            Ok(claims) => {
                let note = "Signature, iss, aud, exp and nonce are right.";
                steps.push(passed(StepKind::IdToken, note, decoded(&id_token.to_string())));
                claims.subject().clone()
            }
            Err(error) => {
                let body = decoded(&id_token.to_string());
                return steps.push(failed(StepKind::IdToken, error.to_string(), body));
            }
        };
        let token = tokens.access_token().clone();
        steps.push(userinfo(outbound, &client, token, subject).await);
    }
}

type DiscoveredClient = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

async fn userinfo(
    outbound: &Outbound,
    client: &DiscoveredClient,
    token: AccessToken,
    subject: SubjectIdentifier,
) -> Step {
    let exchanges = Mutex::new(Vec::new());
    let http = |request| recorded(outbound, &exchanges, request);
    let request = match client.user_info(token, Some(subject)) {
        Ok(request) => request,
        Err(error) => return failed(StepKind::Userinfo, error.to_string(), String::new()),
    };
    let answered: Result<CoreUserInfoClaims, _> = request.request_async(&http).await;
    let (_, received) = exchanges.lock().pop().unwrap_or_default();
    match answered {
        Ok(_) => passed(StepKind::Userinfo, "The same sub as in the ID token.", received),
        Err(error) => failed(StepKind::Userinfo, error.to_string(), received),
    }
}

async fn discover(outbound: &Outbound, issuer: &Issuer) -> Result<CoreProviderMetadata, String> {
    let exchanges = Mutex::new(Vec::new());
    let http = |request| recorded(outbound, &exchanges, request);
    let url = IssuerUrl::new(issuer.as_str().to_owned()).map_err(|error| error.to_string())?;
    CoreProviderMetadata::discover_async(url, &http).await.map_err(|error| error.to_string())
}

/// Sends a request through the guarded client and keeps what is shown of it.
async fn recorded(
    outbound: &Outbound,
    exchanges: &Mutex<Vec<Exchange>>,
    request: HttpRequest,
) -> Result<HttpResponse, OutboundFault> {
    let (parts, body) = request.into_parts();
    let sent = format!("{} {}\n{}", parts.method, parts.uri, shown_form(&body));
    let url = parts.uri.to_string();
    let url = url::Url::parse(&url).map_err(|_| OutboundFault::Scheme(url.clone()))?;
    let broken = |error: reqwest::Error| OutboundFault::Exchange {
        host: url.host_str().unwrap_or_default().to_owned(),
        cause: error.without_url().to_string(),
    };
    let request = outbound.request(parts.method, url.clone()).headers(parts.headers).body(body);
    let answer = outbound.send(request.build().map_err(broken)?).await?;
    let received = format!("{}\n{}", answer.status, shown_json(&answer.body));
    exchanges.lock().push((sent, received));
    let mut response = HttpResponse::new(answer.body);
    *response.status_mut() =
        openidconnect::http::StatusCode::from_u16(answer.status).unwrap_or_default();
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// Checks the authorization response: an error, or a code from the right issuer (RFC 9207).
fn accepted(issuer: &Issuer, answer: &Params) -> Result<(String, Step), Step> {
    let kind = StepKind::AuthorizationResponse;
    let shown = shown_answer(answer);
    if let Some(error) = answer.one("error") {
        let description = answer.one("error_description").unwrap_or_default();
        return Err(failed(kind, format!("{error}: {description}"), shown));
    }
    if answer.one("iss") != Some(issuer.as_str()) {
        let note = "iss is missing or is not our issuer (RFC 9207).".to_owned();
        return Err(failed(kind, note, shown));
    }
    match answer.one("code") {
        Some(code) => {
            let note = "A code came back, with the state that was sent and the right iss.";
            Ok((code.to_owned(), passed(kind, note, shown)))
        }
        None => Err(failed(kind, "There is neither a code nor an error.".to_owned(), shown)),
    }
}

/// An answer that no trial waits for.
pub(super) fn unexpected(answer: &Params) -> Vec<Step> {
    let note = "No trial waits for this state: it was answered already, or the server was \
                restarted meanwhile. Begin again."
        .to_owned();
    complete(vec![failed(StepKind::AuthorizationResponse, note, shown_answer(answer))])
}

fn ending(mut steps: Vec<Step>, kind: StepKind, note: String) -> Vec<Step> {
    steps.push(failed(kind, note, String::new()));
    complete(steps)
}

/// Adds the steps that were not reached.
fn complete(mut steps: Vec<Step>) -> Vec<Step> {
    for kind in ORDER {
        if steps.iter().all(|step| step.kind != kind) {
            let outcome = Outcome::NotReached;
            steps.push(Step { kind, outcome, note: String::new(), body: String::new() });
        }
    }
    steps.sort_by_key(|step| ORDER.iter().position(|kind| *kind == step.kind));
    steps
}

fn passed(kind: StepKind, note: &str, body: String) -> Step {
    Step { kind, outcome: Outcome::Passed, note: note.to_owned(), body }
}

fn failed(kind: StepKind, note: String, body: String) -> Step {
    Step { kind, outcome: Outcome::Failed, note, body }
}

/// A URL with one parameter a line.
fn shown_url(url: &url::Url) -> String {
    let mut text = format!("{}{}", url.origin().ascii_serialization(), url.path());
    for (index, (name, value)) in url.query_pairs().enumerate() {
        let joint = if index == 0 { '?' } else { '&' };
        text.push_str(&format!("\n  {joint}{name}={value}"));
    }
    text
}

fn shown_answer(answer: &Params) -> String {
    let names = ["code", "state", "iss", "error", "error_description", "error_uri"];
    let lines = names.iter().filter_map(|name| Some(format!("{name}={}", answer.one(name)?)));
    lines.collect::<Vec<_>>().join("\n")
}

fn shown_form(body: &[u8]) -> String {
    let pairs = form_urlencoded::parse(body).map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("\n")
}

fn shown_json(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => format!("{value:#}"),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

/// Header and claims of a JWT, for reading; the check was made before.
fn decoded(token: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice::<Value>(&bytes).unwrap_or_default()
    });
    let document = json!({ "header": parts.next(), "claims": parts.next() });
    format!("{document:#}")
}
