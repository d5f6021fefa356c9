//! The hand-over sheet: all that a vendor needs to connect one client, as a value and in four forms.
//!
//! | room | owns |
//! |---|---|
//! | this one | what a sheet says |
//! | [`facts`], [`policy`] | our values by their registered names, and a client's policy in words |
//! | [`samples`], [`examples`] | what tokens and userinfo look like, and commands to try |
//! | [`markdown`], [`html`], [`env`] | its forms; JSON is the value itself |
//! | [`sections`] | what it has in common with the guide of a vendor |
//! | [`markup`] | texts of others inside Markdown, a shell and a `.env` file |
//!
//! A sheet never holds the secret, so that it can be sent by mail.

pub mod env;
pub mod examples;
pub mod facts;
pub mod html;
pub mod markdown;
pub mod markup;
pub mod policy;
pub mod samples;
pub mod sections;
#[cfg(test)]
pub(crate) mod tests;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{ClaimsPlacement, Client, Environment, GrantType};

use crate::brands;
use crate::config::Config;
use crate::profiles::{Expectations, Fact, Profile, TestStep};
use examples::Example;
use facts::{ENDPOINTS, Facts, as_typed, plain_label};

/// What a sheet is made from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The client.
    pub client: &'a Client,
    /// Its vendor, if it was made from a profile.
    pub profile: Option<&'a Profile>,
    /// The installation.
    pub config: &'a Config,
    /// The moment it is made in.
    pub now: Timestamp,
}

/// A hand-over sheet.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Sheet {
    /// When it was made, in seconds since 1970.
    pub made_at: i64,
    /// The name of the service.
    pub provider: String,
    /// Where to get help: an https or mailto address.
    pub contact: Option<String>,
    /// Who the client is.
    pub client_id: String,
    /// What people call it.
    pub client_name: String,
    /// Test or live.
    pub environment: Environment,
    /// The vendor, as people write it.
    pub vendor: Option<String>,
    /// Where in the vendor's product it is typed in.
    pub place: Option<String>,
    /// The vendor's own fields, in the vendor's words.
    pub fields: Vec<Field>,
    /// Issuer and endpoints.
    pub endpoints: Vec<Line>,
    /// How the client may authenticate, the vendor's own way first.
    pub token_endpoint_auth_methods: Vec<String>,
    /// The rest of the client's policy, in words.
    pub policy: Vec<Line>,
    /// Where codes are sent, character for character.
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after logout.
    pub post_logout_redirect_uris: Vec<String>,
    /// Who may show the sign-in in a frame.
    pub frame_ancestors: Vec<String>,
    /// What each scope releases.
    pub scopes: Vec<ScopeLine>,
    /// Where released claims are delivered.
    pub claims_in: Vec<&'static str>,
    /// What the vendor does with them.
    pub expectations: Option<Expectations>,
    /// What userinfo answers for a made-up person.
    pub sample_userinfo: Option<Map<String, Value>>,
    /// What an ID token says of that person.
    pub sample_id_token: Option<Map<String, Value>>,
    /// Requests to try.
    pub examples: Vec<Example>,
    /// How to try it out.
    pub tests: Vec<TestStep>,
    /// What surprises.
    pub quirks: Vec<String>,
    /// What can be relied on.
    pub promises: Vec<String>,
}

/// A field of the vendor's, and what belongs there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SheetField")]
pub struct Field {
    /// What the vendor calls it.
    pub label: String,
    /// What belongs there; none for the secret.
    pub values: Vec<String>,
    /// What else to know.
    pub note: Option<String>,
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SheetLine")]
pub struct Line {
    /// Its name for programs.
    pub key: String,
    /// Its name for people.
    pub label: String,
    /// The value.
    pub value: String,
}

/// A scope and the claims that it releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SheetScopeLine")]
pub struct ScopeLine {
    /// The scope.
    pub scope: String,
    /// The claims.
    pub claims: Vec<String>,
}

/// What stands in place of the secret.
pub const SECRET_NOTE: &str = "comes separately, by a link that shows it once";

/// A form of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page that prints well.
    Html,
    /// For tickets, wikis and mails.
    Markdown,
    /// For programs.
    Json,
    /// For a program's environment.
    Env,
}

impl Format {
    /// The form of this name.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "html" => Some(Self::Html),
            "md" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "env" => Some(Self::Env),
            _ => None,
        }
    }

    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Env => "env",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
            Self::Env => "text/plain; charset=utf-8",
        }
    }
}

impl Sheet {
    /// The sheet of a client.
    pub fn of(sources: Sources<'_>) -> Self {
        let Sources { client, profile, config, now } = sources;
        let settings = &client.settings;
        let facts = Facts {
            issuer: config.issuer.as_str(),
            client_id: &client.client_id.0,
            settings,
            profile,
        };
        let signs_in = settings.grant_types.contains(&GrantType::AuthorizationCode)
            && settings.scope.contains("openid");
        let samples = signs_in.then(|| samples::of(client, facts.issuer, now));
        let (sample_userinfo, sample_id_token) = samples.unzip();
        Self {
            made_at: now.as_seconds(),
            provider: config.branding.name.clone(),
            contact: config.branding.support.clone(),
            client_id: client.client_id.0.clone(),
            client_name: client.name.clone(),
            environment: settings.environment,
            vendor: profile.map(|profile| profile.vendor.clone()),
            place: profile.and_then(|profile| profile.handover.place.clone()),
            fields: fields(&facts),
            endpoints: endpoints(&facts),
            token_endpoint_auth_methods: facts.auth_methods(),
            policy: policy_lines(&facts).into_iter().chain(worn(client, config)).collect(),
            redirect_uris: settings.redirect_uris.clone(),
            post_logout_redirect_uris: settings.post_logout_redirect_uris.clone(),
            frame_ancestors: settings.frame_ancestors.clone(),
            scopes: scopes(&facts),
            claims_in: match settings.claims_placement {
                _ if !signs_in => Vec::new(),
                ClaimsPlacement::Userinfo => vec!["userinfo"],
                ClaimsPlacement::IdTokenAndUserinfo => vec!["id_token", "userinfo"],
            },
            expectations: profile.map(|profile| profile.claims.clone()),
            sample_userinfo,
            sample_id_token,
            examples: examples::of(&facts),
            tests: profile.map(|profile| filled_in(profile, &facts)).unwrap_or_default(),
            quirks: profile.map(|profile| profile.quirks.clone()).unwrap_or_default(),
            promises: promises(config),
        }
    }

    /// One of its forms, to be kept as a file.
    pub fn render(&self, format: Format) -> Result<String, askama::Error> {
        match format {
            Format::Html => html::file(self),
            Format::Markdown => Ok(markdown::of(self)),
            Format::Json => Ok(format!("{:#}\n", serde_json::json!(self))),
            Format::Env => Ok(env::of(self)),
        }
    }

    /// The value of an endpoint.
    pub fn endpoint(&self, fact: Fact) -> &str {
        let key = key(fact);
        self.endpoints.iter().find(|line| line.key == key).map_or("", |line| line.value.as_str())
    }
}

/// A fact's name for programs.
fn key(fact: Fact) -> String {
    match serde_json::to_value(fact) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

fn line(key: &str, label: &str, value: impl Into<String>) -> Line {
    Line { key: key.to_owned(), label: label.to_owned(), value: value.into() }
}

fn endpoints(facts: &Facts<'_>) -> Vec<Line> {
    let shown = [Fact::Issuer].into_iter().chain(ENDPOINTS);
    shown.map(|fact| line(&key(fact), plain_label(fact), facts.values(fact).concat())).collect()
}

/// The vendor's fields, or the usual ones.
fn fields(facts: &Facts<'_>) -> Vec<Field> {
    let of_vendor = facts.profile.map(|profile| profile.handover.fields.as_slice());
    let of_vendor = of_vendor.unwrap_or_default();
    if of_vendor.is_empty() {
        return usual_fields(facts);
    }
    let fields = of_vendor.iter().map(|field| {
        let is_secret = field.fact == Some(Fact::ClientSecret);
        Field {
            label: field.label.clone(),
            values: match (field.fact, &field.value) {
                (Some(fact), _) => facts.values(fact),
                (None, value) => value.iter().cloned().collect(),
            },
            note: field.note.clone().or_else(|| is_secret.then(|| SECRET_NOTE.to_owned())),
        }
    });
    fields.filter(|field| !facts.settings.is_public() || !field.is_secret()).collect()
}

fn usual_fields(facts: &Facts<'_>) -> Vec<Field> {
    let usual = [Fact::Issuer, Fact::ClientId, Fact::ClientSecret, Fact::RedirectUri, Fact::Scope];
    let fields = usual.into_iter().map(|fact| Field {
        label: plain_label(fact).to_owned(),
        values: facts.values(fact),
        note: (fact == Fact::ClientSecret).then(|| SECRET_NOTE.to_owned()),
    });
    fields
        .filter(|field| !facts.settings.is_public() || !field.is_secret())
        .filter(|field| field.is_secret() || field.values.iter().any(|value| !value.is_empty()))
        .collect()
}

impl Field {
    /// Whether the secret belongs there.
    pub fn is_secret(&self) -> bool {
        self.values.is_empty() && self.note.as_deref() == Some(SECRET_NOTE)
    }
}

/// What the pages of the sign-in show of the client.
fn worn(client: &Client, config: &Config) -> Vec<Line> {
    let settings = &client.settings;
    let logo = settings.logo.map(|logo| {
        let address = config.issuer.url(&brands::logo_route(client.org, logo));
        line("logo", "Logo on the sign-in pages", address)
    });
    let accent = settings.accent.map(|accent| line("accent", "Colour of them", accent.to_string()));
    logo.into_iter().chain(accent).collect()
}

fn policy_lines(facts: &Facts<'_>) -> Vec<Line> {
    let settings = facts.settings;
    let signs_in = settings.grant_types.contains(&GrantType::AuthorizationCode);
    let mut lines = vec![line("grant_types", "Grants", policy::grant_types(settings).join(", "))];
    if signs_in {
        lines.push(line("response_types", "Response type", "code"));
        lines.push(line("response_modes", "Response modes", "query, fragment, form_post"));
        lines.push(line("pkce", "PKCE", policy::pkce(settings)));
        lines.push(line("nonce", "nonce", policy::nonce(settings)));
        let state = if settings.require_state { "required" } else { "returned when it is sent" };
        lines.push(line("state", "state", state));
        lines.push(line("scope", "Scopes", as_typed(&settings.scope).join(" ")));
        let alg = settings.id_token_alg.name();
        lines.push(line("id_token_signed_response_alg", "ID token signature", alg));
    }
    lines.push(line("access_token", "Access token", policy::access_token(settings)));
    if let Some(words) = policy::refresh_tokens(settings) {
        lines.push(line("refresh_token", "Refresh token", words));
    }
    let lifetimes = &settings.lifetimes;
    let spans = [
        ("code_lifetime", "Code is good for", lifetimes.code_seconds, signs_in),
        ("access_token_lifetime", "Access token is good for", lifetimes.access_token_seconds, true),
        ("id_token_lifetime", "ID token is good for", lifetimes.id_token_seconds, signs_in),
    ];
    for (key, label, seconds, _) in spans.into_iter().filter(|(.., shown)| *shown) {
        lines.push(line(key, label, policy::span(seconds)));
    }
    lines
}

fn scopes(facts: &Facts<'_>) -> Vec<ScopeLine> {
    let lines = as_typed(&facts.settings.scope).into_iter().map(|scope| {
        let claims = match scope.as_str() {
            "openid" => vec!["sub".to_owned()],
            word => samples::claims_of(word),
        };
        ScopeLine { scope, claims }
    });
    lines.collect()
}

/// The vendor's test steps with our values in their commands.
fn filled_in(profile: &Profile, facts: &Facts<'_>) -> Vec<TestStep> {
    let steps = profile.tests.iter().cloned().map(|step| TestStep {
        command: step.command.map(|command| {
            command
                .replace("{issuer}", &markup::shell(facts.issuer.trim_end_matches('/')))
                .replace("{client_id}", &markup::shell(facts.client_id))
        }),
        ..step
    });
    steps.collect()
}

fn promises(config: &Config) -> Vec<String> {
    let keys = &config.keys;
    let ahead = keys.publish_ahead.max(keys.jwks_max_age);
    let words = |span: std::time::Duration| policy::span(span.as_secs());
    vec![
        format!(
            "A signing key is in the JWK set for at least {} before it signs, signs for about {}, and stays \
             in the set until the last token that it signed has ended.",
            words(ahead),
            words(keys.rotate_every)
        ),
        format!(
            "The JWK set may be kept for {}. Choose keys by kid, and read the set again when a kid is unknown.",
            words(keys.jwks_max_age)
        ),
        "sub is the same for a person at every sign-in, and is never given to anybody else.".to_owned(),
        "Claims without a value are left out; they are never null and never an empty text.".to_owned(),
        "Each error ends with a case code such as 7FK-2QD. Send it to us, and we can tell what happened."
            .to_owned(),
    ]
}
