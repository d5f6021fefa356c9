//! How strict we are with a client: the page of its policy.

use vestibule_protocol::client::{
    AccessTokenFormat, ClaimsPlacement, Client, ClientSettings, ConsentPolicy, Environment,
    GrantType, PkcePolicy, SigningAlg,
};
use vestibule_protocol::params::Params;
use vestibule_protocol::scope::Scope;

use super::{ALGS, lines, number, on, one_of, tick};
use crate::admin::views::{AUTH_METHODS, Choice, Field, Group, Values, auth_method};
use crate::services::FieldFault;
use crate::sheet::policy::span;

const TICKS: [(&str, &str, &str); 5] = [
    (
        "native",
        "An app on the user's device",
        "Schemes of its own are allowed, and any port of a loopback address.",
    ),
    ("require_nonce", "Require nonce", "Refuses sign-ins without one."),
    ("require_state", "Require state", "Refuses sign-ins without one."),
    (
        "claim_aliases",
        "Repeat claims under other names",
        "Userinfo gives sub as id too, and the names as first_name and last_name.",
    ),
    ("sid_in_id_token", "Session ID in ID tokens", "ID tokens carry sid."),
];

const LIFETIMES: [(&str, &str); 3] = [
    ("lifetimes.code_seconds", "Authorization code"),
    ("lifetimes.access_token_seconds", "Access token"),
    ("lifetimes.id_token_seconds", "ID token"),
];

const REFRESH: [(&str, &str); 3] = [
    ("refresh.idle_seconds", "Refresh token, if unused"),
    ("refresh.absolute_seconds", "Refresh token, at most"),
    ("refresh.grace_seconds", "Grace after rotation"),
];

fn select(name: &str, label: &str, choices: &[(&str, &str)]) -> Field {
    let choices = choices.iter().map(|(value, text)| Choice::new(*value, *text)).collect();
    Field::select(name, label, choices)
}

pub(in crate::admin::client) fn fields() -> Vec<Group> {
    let seconds = |(name, label): &(&str, &str)| Field::number(name, label);
    let ticks: Vec<Field> =
        TICKS.iter().map(|(name, label, hint)| Field::tick(name, label).hint(*hint)).collect();
    let grants = GrantType::ALL
        .map(|grant| Field::tick(&format!("grant_types.{}", grant.as_str()), grant.as_str()));
    let methods: Vec<(&str, &str)> = AUTH_METHODS.iter().map(|it| auth_method(*it)).collect();
    let algs: Vec<(&str, &str)> = ALGS.iter().map(|alg| (alg.name(), alg.name())).collect();
    let formats: Vec<(&str, &str)> =
        algs.iter().copied().chain([("opaque", "Opaque, which only this server reads")]).collect();
    vec![
        Group::titled(
            "Registration",
            vec![
                select("environment", "Environment", &[("live", "Live"), ("test", "Test")]),
                Field::text("scope", "Scopes").hint("What it may ask for: words with spaces between."),
                select("auth_method", "Authenticates by", &methods),
            ],
        ),
        Group::titled("Grant types", grants.to_vec()),
        Group::titled(
            "Sign-in",
            [
                select(
                    "pkce",
                    "PKCE",
                    &[("required", "Required"), ("optional", "Verified when it is sent")],
                ),
                select(
                    "consent",
                    "Consent",
                    &[("ask", "Users are asked"), ("implied", "Users are not asked")],
                ),
                Field::number("default_max_age", "Sign in again after")
                    .optional()
                    .hint("In seconds. A max_age in the request counts instead."),
                Field::area("frame_ancestors", "Sites that may frame the sign-in", 3)
                    .optional()
                    .hint("Origins such as https://app.example, one a line. Leave it empty to forbid frames."),
            ]
            .into_iter()
            .chain(ticks)
            .collect(),
        ),
        Group::titled(
            "Tokens",
            vec![
                select("id_token_alg", "ID tokens are signed with", &algs),
                select("access_token", "Access tokens are", &formats)
                    .hint("A JWT signed with that algorithm, or opaque."),
                select(
                    "claims_placement",
                    "Claims are delivered",
                    &[
                        ("userinfo", "By userinfo"),
                        ("id_token_and_userinfo", "In the ID token and by userinfo"),
                    ],
                ),
                select(
                    "refresh.rotate",
                    "Refresh tokens are rotated",
                    &[
                        ("default", "For public clients"),
                        ("always", "At each use"),
                        ("never", "Never"),
                    ],
                ),
            ],
        ),
        Group::titled(
            "Lifetimes, in seconds",
            LIFETIMES.iter().chain(&REFRESH).map(seconds).collect(),
        ),
    ]
}

/// A lifetime with what its seconds come to.
pub(in crate::admin::client) fn in_words(field: Field, values: &Values) -> Field {
    let stands = values.get(field.name()).filter(|_| field.name().ends_with("_seconds"));
    match stands.and_then(|text| text.parse().ok()) {
        Some(seconds) => field.hint(span(seconds)),
        None => field,
    }
}

pub(in crate::admin::client) fn values(client: &Client) -> Values {
    let settings = &client.settings;
    let (lifetimes, refresh) = (&settings.lifetimes, &settings.refresh);
    let mut pairs = vec![
        (
            "environment",
            match settings.environment {
                Environment::Live => "live",
                Environment::Test => "test",
            }
            .to_owned(),
        ),
        ("scope", settings.scope.to_string()),
        ("auth_method", auth_method(settings.auth_method).0.to_owned()),
        (
            "pkce",
            match settings.pkce {
                PkcePolicy::Required => "required",
                PkcePolicy::Optional => "optional",
            }
            .to_owned(),
        ),
        (
            "consent",
            match settings.consent {
                ConsentPolicy::Ask => "ask",
                ConsentPolicy::Implied => "implied",
            }
            .to_owned(),
        ),
        ("default_max_age", settings.default_max_age.map(|it| it.to_string()).unwrap_or_default()),
        ("frame_ancestors", settings.frame_ancestors.join("\n")),
        ("native", on(settings.native)),
        ("require_nonce", on(settings.require_nonce)),
        ("require_state", on(settings.require_state)),
        ("claim_aliases", on(settings.claim_aliases)),
        ("sid_in_id_token", on(settings.sid_in_id_token)),
        ("id_token_alg", settings.id_token_alg.name().to_owned()),
        (
            "access_token",
            match settings.access_token {
                AccessTokenFormat::Opaque => "opaque",
                AccessTokenFormat::Jwt { alg } => alg.name(),
            }
            .to_owned(),
        ),
        (
            "claims_placement",
            match settings.claims_placement {
                ClaimsPlacement::Userinfo => "userinfo",
                ClaimsPlacement::IdTokenAndUserinfo => "id_token_and_userinfo",
            }
            .to_owned(),
        ),
        (
            "refresh.rotate",
            match refresh.rotate {
                None => "default",
                Some(true) => "always",
                Some(false) => "never",
            }
            .to_owned(),
        ),
        ("lifetimes.code_seconds", lifetimes.code_seconds.to_string()),
        ("lifetimes.access_token_seconds", lifetimes.access_token_seconds.to_string()),
        ("lifetimes.id_token_seconds", lifetimes.id_token_seconds.to_string()),
        ("refresh.idle_seconds", refresh.idle_seconds.to_string()),
        ("refresh.absolute_seconds", refresh.absolute_seconds.to_string()),
        ("refresh.grace_seconds", refresh.grace_seconds.to_string()),
    ];
    pairs.retain(|(_, value)| !value.is_empty());
    let grants = settings.grant_types.iter();
    let grants = grants.map(|it| (format!("grant_types.{}", it.as_str()), "on".to_owned()));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(grants).collect()
}

pub(in crate::admin::client) fn apply(client: &mut Client, params: &Params) -> Vec<FieldFault> {
    let settings = &mut client.settings;
    let mut faults = Vec::new();
    match Scope::parse(&words(params, "scope")) {
        // Allowed by RFC 6749 §3.3, and never meant.
        Ok(scope) if scope.iter().any(|word| word.ends_with(',')) => {
            faults.push(FieldFault::new("scope", "put spaces between the words, and no commas"));
        }
        Ok(scope) => settings.scope = scope,
        Err(fault) => faults.push(FieldFault::new("scope", fault.to_string())),
    }
    choices(settings, params);
    let granted = |grant: &GrantType| tick(params, &format!("grant_types.{}", grant.as_str()));
    settings.grant_types = GrantType::ALL.into_iter().filter(granted).collect();
    settings.frame_ancestors = lines(params, "frame_ancestors");
    settings.native = tick(params, "native");
    settings.require_nonce = tick(params, "require_nonce");
    settings.require_state = tick(params, "require_state");
    settings.claim_aliases = tick(params, "claim_aliases");
    settings.sid_in_id_token = tick(params, "sid_in_id_token");
    settings.default_max_age = None;
    if params.one("default_max_age").is_some() {
        let mut age = 0;
        number(params, "default_max_age", &mut age, &mut faults);
        settings.default_max_age = Some(age);
    }
    let (lifetimes, refresh) = (&mut settings.lifetimes, &mut settings.refresh);
    for (name, target) in [
        ("lifetimes.code_seconds", &mut lifetimes.code_seconds),
        ("lifetimes.access_token_seconds", &mut lifetimes.access_token_seconds),
        ("lifetimes.id_token_seconds", &mut lifetimes.id_token_seconds),
        ("refresh.idle_seconds", &mut refresh.idle_seconds),
        ("refresh.absolute_seconds", &mut refresh.absolute_seconds),
        ("refresh.grace_seconds", &mut refresh.grace_seconds),
    ] {
        number(params, name, target, &mut faults);
    }
    faults
}

/// What is chosen from a list; a word that is not on it changes nothing.
fn choices(settings: &mut ClientSettings, params: &Params) {
    let word = |name: &str| params.one(name);
    if let Some(method) = one_of(word("auth_method"), &AUTH_METHODS, |it| auth_method(it).0) {
        settings.auth_method = method;
    }
    match word("environment") {
        Some("live") => settings.environment = Environment::Live,
        Some("test") => settings.environment = Environment::Test,
        _ => {}
    }
    match word("pkce") {
        Some("required") => settings.pkce = PkcePolicy::Required,
        Some("optional") => settings.pkce = PkcePolicy::Optional,
        _ => {}
    }
    match word("consent") {
        Some("ask") => settings.consent = ConsentPolicy::Ask,
        Some("implied") => settings.consent = ConsentPolicy::Implied,
        _ => {}
    }
    if let Some(alg) = one_of(word("id_token_alg"), &ALGS, SigningAlg::name) {
        settings.id_token_alg = alg;
    }
    match (word("access_token"), one_of(word("access_token"), &ALGS, SigningAlg::name)) {
        (Some("opaque"), _) => settings.access_token = AccessTokenFormat::Opaque,
        (_, Some(alg)) => settings.access_token = AccessTokenFormat::Jwt { alg },
        _ => {}
    }
    match word("claims_placement") {
        Some("userinfo") => settings.claims_placement = ClaimsPlacement::Userinfo,
        Some("id_token_and_userinfo") => {
            settings.claims_placement = ClaimsPlacement::IdTokenAndUserinfo;
        }
        _ => {}
    }
    match word("refresh.rotate") {
        Some("default") => settings.refresh.rotate = None,
        Some("always") => settings.refresh.rotate = Some(true),
        Some("never") => settings.refresh.rotate = Some(false),
        _ => {}
    }
}

fn words(params: &Params, name: &str) -> String {
    let words = params.one(name).unwrap_or_default().split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}
