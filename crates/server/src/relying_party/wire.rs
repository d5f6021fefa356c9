//! Sending through the guarded client, and what is shown of it: secrets and tokens are masked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use crate::flow::trial::MARK;
use crate::outbound::{Answer, Outbound};

/// Members of a request or an answer that are never shown whole.
const MASKED: [&str; 7] = [
    "client_secret",
    "code",
    "code_verifier",
    "access_token",
    "refresh_token",
    "id_token",
    "token",
];
/// How many first characters tell one token from another.
const TELLING: usize = 8;

/// The way to the provider.
pub struct Wire<'a> {
    outbound: &'a Outbound,
    /// What tells the provider that it is a trial.
    mark: Option<&'a str>,
}

/// A request that was sent and answered.
pub struct Exchange {
    /// The request, as it is shown.
    pub sent: String,
    /// The answer, as it is shown.
    pub received: String,
    /// The answer.
    pub answer: Answer,
}

impl Exchange {
    /// The answer's JSON object, if it is one.
    pub fn object(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.answer.body).ok()
    }

    /// Whether the answer says that it is JSON.
    pub fn is_json(&self) -> bool {
        let kind = self.answer.headers.get("content-type");
        kind.and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"))
    }
}

/// What a request carries.
#[derive(Default)]
pub struct Request<'a> {
    /// The form of a POST; none makes it a GET.
    pub form: Option<&'a [(&'a str, &'a str)]>,
    /// `Authorization`, and how it is shown.
    pub authorization: Option<(String, &'a str)>,
}

impl<'a> Wire<'a> {
    /// A way through this client; with a `mark` its requests are a trial's.
    pub fn new(outbound: &'a Outbound, mark: Option<&'a str>) -> Self {
        Self { outbound, mark }
    }

    /// Sends a request; what went wrong is a sentence.
    pub async fn send(&self, url: &str, request: Request<'_>) -> Result<Exchange, String> {
        let parsed = Url::parse(url).map_err(|error| format!("{url} is not a URL: {error}"))?;
        let method = if request.form.is_some() { Method::POST } else { Method::GET };
        let mut sent = format!("{method} {url}");
        let mut builder = self.outbound.request(method, parsed).header("accept", "*/*");
        if let Some((value, shown)) = &request.authorization {
            sent.push_str(&format!("\nAuthorization: {shown}"));
            builder = builder.header("authorization", value);
        }
        if let Some(mark) = self.mark {
            builder = builder.header(MARK.as_str(), mark);
        }
        if let Some(form) = request.form {
            let mut body = form_urlencoded::Serializer::new(String::new());
            body.extend_pairs(form);
            sent.push('\n');
            for (name, value) in form {
                sent.push_str(&format!("\n{name}={}", shown(name, value)));
            }
            builder = builder
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.finish());
        }
        let request = builder.build().map_err(|error| error.without_url().to_string())?;
        let answer = self.outbound.send(request).await.map_err(|fault| fault.to_string())?;
        let received = format!("{}\n\n{}", answer.status, shown_body(&answer.body));
        Ok(Exchange { sent, received, answer })
    }
}

/// A value as it is shown.
pub fn shown(name: &str, value: &str) -> String {
    if MASKED.contains(&name) { masked(value) } else { value.to_owned() }
}

/// Enough of a secret to tell it from another, and no more.
fn masked(value: &str) -> String {
    match value.chars().count() {
        length if length > 4 * TELLING => {
            format!("{}… ({length} characters)", value.chars().take(TELLING).collect::<String>())
        }
        length => format!("… ({length} characters)"),
    }
}

fn shown_body(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut object)) => {
            for (name, value) in &mut object {
                if let Value::String(text) = value {
                    *text = shown(name, text);
                }
            }
            format!("{:#}", Value::Object(object))
        }
        Ok(value) => format!("{value:#}"),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

/// Header and claims of a JWT, unverified, for reading.
pub fn decoded(token: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
    });
    Some((parts.next()??, parts.next()??))
}

/// Header and claims, as they are shown.
pub fn shown_token(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    format!("{:#}", json!({ "header": header, "claims": claims }))
}
