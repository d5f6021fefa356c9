//! What a client may be registered with.

use std::ops::RangeInclusive;

use url::Url;
use vestibule_keys::Policy;
use vestibule_protocol::Timestamp;
use vestibule_protocol::brand::Accent;
use vestibule_protocol::client::{
    AccessTokenFormat, ClientSettings, GrantType, Lifetimes, PkcePolicy, Relaxation, SigningAlg,
};
use vestibule_protocol::identifiers::is_visible;
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::redirect_uri;

use crate::config::keys::{LONGEST_TOKEN, key_alg};
use crate::services::FieldFault;
use crate::services::clients::DEMO_CLIENT;
use crate::services::texts::cut;

const MAX_URIS: usize = 50;
const MAX_SCOPES: usize = 100;
const MAX_SCOPE_BYTES: usize = 128;
const MAX_NAME: usize = 100;
const MAX_FRAME_ANCESTORS: usize = 20;
const MAX_CONTACTS: usize = 10;
const MAX_ORGANIZATIONS: usize = 100;
const MAX_REASON: usize = 200;
const MAX_KEYS: usize = 20;
const MAX_KEY_SET_BYTES: usize = 32 * 1024;
/// Members of a JWK that only its owner may know (RFC 7518 §6).
const PRIVATE_PARTS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// All that is wrong with a client's settings.
pub(super) fn settings(settings: &ClientSettings, keys: &Policy) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    uris(settings, &mut faults);
    scope(settings, &mut faults);
    grants(settings, &mut faults);
    algorithms(settings, keys, &mut faults);
    lifetimes(settings, &mut faults);
    addresses(settings, &mut faults);
    organizations(settings, &mut faults);
    accent(settings, &mut faults);
    keys_of_its_own(settings, &mut faults);
    claims(settings, &mut faults);
    reasons(settings, &mut faults);
    faults
}

/// A client's name, as users read it.
pub(super) fn name(name: &str) -> Option<FieldFault> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > MAX_NAME || !is_visible(name) {
        let problem = format!("a name has 1 to {MAX_NAME} characters, all of them visible");
        return Some(FieldFault::new("name", problem));
    }
    None
}

/// The name of a secret, for admins.
pub(super) fn label(label: &str) -> Option<FieldFault> {
    name(label).map(|fault| FieldFault { field: "label".to_owned(), ..fault })
}

/// The `client_id` of a client that is to be registered.
pub(super) fn new_client_id(id: &ClientId) -> Option<FieldFault> {
    if id.0 == DEMO_CLIENT {
        let problem = "it is kept for the client of `vestibule dev`; choose another";
        return Some(FieldFault::new("client_id", problem));
    }
    client_id(id)
}

/// A `client_id` that somebody chose (RFC 6749 §2.2); these characters need no encoding anywhere.
pub(super) fn client_id(id: &ClientId) -> Option<FieldFault> {
    let fits = (1..=100).contains(&id.0.len())
        && id.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (!fits).then(|| {
        FieldFault::new("client_id", "a client_id has 1 to 100 of the characters A-Z a-z 0-9 - _")
    })
}

fn uris(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    let wants_codes = settings.grant_types.contains(&GrantType::AuthorizationCode);
    if wants_codes && settings.redirect_uris.is_empty() {
        faults.push(FieldFault::new(
            "redirect_uris",
            "a client that signs users in needs at least one redirect URI",
        ));
    }
    for (field, list) in [
        ("redirect_uris", &settings.redirect_uris),
        ("post_logout_redirect_uris", &settings.post_logout_redirect_uris),
    ] {
        if list.len() > MAX_URIS {
            let problem = format!("{} are too many; at most {MAX_URIS}", list.len());
            faults.push(FieldFault::new(field, problem));
        }
        for (index, uri) in list.iter().enumerate() {
            let shown = cut(uri);
            if let Err(fault) = redirect_uri::validate(uri, settings.native) {
                faults.push(FieldFault::new(field, format!("{shown}: {fault}")));
            }
            if list.iter().take(index).any(|earlier| earlier == uri) {
                faults.push(FieldFault::new(field, format!("{shown} is there twice")));
            }
        }
    }
}

fn scope(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    let count = settings.scope.iter().count();
    if count > MAX_SCOPES {
        let problem = format!("{count} are too many; at most {MAX_SCOPES}");
        faults.push(FieldFault::new("scope", problem));
    }
    for token in settings.scope.iter().filter(|token| token.len() > MAX_SCOPE_BYTES) {
        let problem = format!("{} is longer than {MAX_SCOPE_BYTES} bytes", cut(token));
        faults.push(FieldFault::new("scope", problem));
    }
    let offline = settings.scope.contains("offline_access");
    if offline && !settings.grant_types.contains(&GrantType::RefreshToken) {
        faults.push(FieldFault::new(
            "scope",
            "offline_access is worth nothing without the grant refresh_token; add the grant, or leave the scope out",
        ));
    }
}

fn grants(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    let has = |grant| settings.grant_types.contains(&grant);
    if settings.grant_types.is_empty() {
        faults.push(FieldFault::new(
            "grant_types",
            "at least one of authorization_code, refresh_token, client_credentials",
        ));
    }
    if settings.is_public() && has(GrantType::ClientCredentials) {
        faults.push(FieldFault::new(
            "grant_types",
            "client_credentials needs a client that authenticates (RFC 6749 §4.4); choose another auth method than none",
        ));
    }
    if settings.is_public() && settings.pkce == PkcePolicy::Optional {
        faults.push(FieldFault::new(
            "pkce",
            "a public client always needs PKCE (RFC 9700 §2.1.1); make it required",
        ));
    }
    if has(GrantType::RefreshToken) && !has(GrantType::AuthorizationCode) {
        faults.push(FieldFault::new(
            "grant_types",
            "refresh_token needs authorization_code, from which refresh tokens come",
        ));
    }
}

fn algorithms(settings: &ClientSettings, keys: &Policy, faults: &mut Vec<FieldFault>) {
    let access = match settings.access_token {
        AccessTokenFormat::Jwt { alg } => Some(alg),
        AccessTokenFormat::Opaque => None,
    };
    let used = [("id_token_alg", Some(settings.id_token_alg)), ("access_token", access)];
    for (field, alg) in used {
        let missing =
            |alg: &SigningAlg| !keys.wanted.iter().any(|(known, _)| *known == key_alg(*alg));
        if let Some(alg) = alg.filter(missing) {
            let name = alg.name();
            let problem = format!("there is no {name} key; add {name} to keys.algorithms");
            faults.push(FieldFault::new(field, problem));
        }
    }
}

fn lifetimes(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    const FIVE_YEARS: u64 = 5 * 366 * 86_400;
    let longest = LONGEST_TOKEN.as_secs();
    let lifetimes = &settings.lifetimes;
    let refresh = &settings.refresh;
    let bounds: [(&str, u64, RangeInclusive<u64>); 6] = [
        ("lifetimes.code_seconds", lifetimes.code_seconds, 1..=600),
        ("lifetimes.access_token_seconds", lifetimes.access_token_seconds, 10..=longest),
        ("lifetimes.id_token_seconds", lifetimes.id_token_seconds, 10..=longest),
        ("refresh.grace_seconds", refresh.grace_seconds, 0..=60),
        ("refresh.idle_seconds", refresh.idle_seconds, 60..=FIVE_YEARS),
        ("refresh.absolute_seconds", refresh.absolute_seconds, 60..=FIVE_YEARS),
    ];
    for (field, seconds, bounds) in bounds {
        if !bounds.contains(&seconds) {
            let (least, most) = (bounds.start(), bounds.end());
            let problem = format!("{seconds} must lie between {least} and {most}");
            faults.push(FieldFault::new(field, problem));
        }
    }
}

fn addresses(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    if settings.frame_ancestors.len() > MAX_FRAME_ANCESTORS {
        let problem = format!("at most {MAX_FRAME_ANCESTORS}");
        faults.push(FieldFault::new("frame_ancestors", problem));
    }
    for origin in settings.frame_ancestors.iter().filter(|origin| !is_origin(origin)) {
        let shown = cut(origin);
        let problem =
            format!("{shown} is not an origin; write scheme and host, such as https://app.example");
        faults.push(FieldFault::new("frame_ancestors", problem));
    }
    for (field, uri) in [
        ("client_uri", &settings.client_uri),
        ("logo_uri", &settings.logo_uri),
        ("policy_uri", &settings.policy_uri),
        ("tos_uri", &settings.tos_uri),
        ("jwks_uri", &settings.jwks_uri),
    ] {
        let fits = |uri: &String| {
            uri.len() <= 2048 && Url::parse(uri).is_ok_and(|url| url.scheme() == "https")
        };
        if let Some(uri) = uri.as_ref().filter(|uri| !fits(uri)) {
            let problem = format!("{} is not an https URL", cut(uri));
            faults.push(FieldFault::new(field, problem));
        }
    }
    if settings.contacts.len() > MAX_CONTACTS
        || settings.contacts.iter().any(|contact| contact.len() > 254)
    {
        let problem = format!("at most {MAX_CONTACTS}, each of at most 254 bytes");
        faults.push(FieldFault::new("contacts", problem));
    }
}

fn organizations(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    let count = settings.organizations.len();
    if count > MAX_ORGANIZATIONS {
        let problem = format!("{count} are too many; at most {MAX_ORGANIZATIONS}");
        faults.push(FieldFault::new("organizations", problem));
    }
}

fn accent(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    if let Some(Err(faint)) = settings.accent.map(Accent::check) {
        faults.push(FieldFault::new("accent", faint.to_string()));
    }
}

/// An organization that is neither the client's own nor below it.
pub(super) fn strange_organization(slug: &str) -> FieldFault {
    let problem = format!(
        "there is no organization {} here; name the client's own or one below it by its slug, see: \
         vestibule organization list",
        cut(slug)
    );
    FieldFault::new("organizations", problem)
}

/// Public keys of the client: an RFC 7517 §5 set that holds no private part.
fn keys_of_its_own(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    let Some(set) = &settings.jwks else { return };
    let mut fault = |problem: String| faults.push(FieldFault::new("jwks", problem));
    if settings.jwks_uri.is_some() {
        fault("jwks and jwks_uri exclude each other (OIDC Registration §2); leave one out".into());
    }
    let keys = set.get("keys").and_then(serde_json::Value::as_array);
    let Some(keys) = keys.filter(|keys| (1..=MAX_KEYS).contains(&keys.len())) else {
        return fault(format!("expected a JWK set: {{\"keys\": […]}} with 1 to {MAX_KEYS} keys"));
    };
    for key in keys {
        if key.get("kty").and_then(serde_json::Value::as_str).is_none() {
            fault("each key needs kty (RFC 7517 §4.1)".to_owned());
        }
        if PRIVATE_PARTS.iter().any(|part| key.get(part).is_some()) {
            fault(
                "a key holds its private part; register the public key, and replace this one"
                    .into(),
            );
        }
    }
    if set.to_string().len() > MAX_KEY_SET_BYTES {
        fault(format!("at most {MAX_KEY_SET_BYTES} bytes"));
    }
}

/// What it is told beyond its scopes.
fn claims(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    for (index, problem) in settings.claims.faults(&settings.scope) {
        let problem = format!("rule {}: {problem}", index + 1);
        faults.push(FieldFault::new("claims.rules", problem));
    }
}

fn reasons(settings: &ClientSettings, faults: &mut Vec<FieldFault>) {
    for (relaxation, reason) in &settings.reasons {
        let length = reason.chars().count();
        if reason.trim().is_empty() || length > MAX_REASON || !is_visible(reason) {
            let problem = format!("a reason has 1 to {MAX_REASON} characters, all of them visible");
            faults.push(FieldFault::new(format!("reasons.{}", relaxation.as_str()), problem));
        }
    }
}

/// The points in which a client is trusted more than the default trusts it, without a reason on
/// record. What `before` had without one is not asked for now.
pub(super) fn unexplained(
    settings: &ClientSettings,
    before: Option<&ClientSettings>,
) -> Vec<FieldFault> {
    let without_reason = |settings: &ClientSettings| -> Vec<Relaxation> {
        let open = settings.relaxations().filter(|(_, reason)| reason.is_none());
        open.map(|(relaxation, _)| relaxation).collect()
    };
    let known = before.map(without_reason).unwrap_or_default();
    let new = without_reason(settings).into_iter().filter(|relaxation| !known.contains(relaxation));
    new.map(|relaxation| {
        let problem = format!("say why: {}", relaxation.summary());
        FieldFault::new(format!("reasons.{}", relaxation.as_str()), problem)
    })
    .collect()
}

/// What follows from the configuration has its reason there: nobody is asked it for each client.
pub(super) fn explain_by_configuration(settings: &mut ClientSettings, usual: Lifetimes) {
    let long = Relaxation::LongAccessTokens;
    let follows = settings.lifetimes.access_token_seconds == usual.access_token_seconds
        && settings.relaxations().any(|(it, reason)| it == long && reason.is_none());
    if follows {
        let reason = "tokens.access_token of this installation is as long";
        settings.reasons.insert(long, reason.to_owned());
    }
}

/// What a vendor profile asks for has its reason in the vendor.
pub(super) fn explain_by_profile(settings: &mut ClientSettings, profile: &str) {
    let open: Vec<Relaxation> = settings
        .relaxations()
        .filter(|(_, reason)| reason.is_none())
        .map(|(relaxation, _)| relaxation)
        .collect();
    for relaxation in open {
        settings.reasons.insert(relaxation, format!("the vendor profile {profile} asks for it"));
    }
}

/// The last moment that can be written with a year of four digits (RFC 3339).
const LAST_SECOND: i64 = 253_402_300_799;

/// The end of a secret that is to be made.
pub(super) fn expiry(end: Timestamp, now: Timestamp) -> Option<FieldFault> {
    let problem = match end {
        end if end <= now => "a secret must end in the future",
        end if end.as_seconds() > LAST_SECOND => {
            "a secret must end before the year 10000; leave its end out for one that has none"
        }
        _ => return None,
    };
    Some(FieldFault::new("expires_at", problem))
}

/// An origin as it stands in a header, with nothing that could end its directive.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let plain = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
        (url.scheme() == "https" || (url.scheme() == "http" && plain))
            && url.origin().ascii_serialization() == text
    })
}
