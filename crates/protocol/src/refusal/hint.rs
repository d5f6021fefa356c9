//! Wrong but recognisable: what a refused request looks like, beyond the fact that it is refused.
//!
//! A hint is a guess from the facts that the decision compared, for the operator and, through a
//! shared case, for the vendor. It is made on the way to a refusal only, it is never told to the
//! caller, and it holds no secret.

mod texts;

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::client::AuthMethod;
use crate::client_auth::AuthMethodUsed;
use crate::ids::ClientId;
use crate::scope::Scope;

/// What a refused request looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "hint", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields bear the names of what they show")]
pub enum Hint {
    /// The words of scope are separated by commas.
    ScopeCommas { send: String },
    /// A word of scope that is a letter or two from an allowed one.
    ScopeMisspelt { word: String, nearest: String },
    /// The implicit or hybrid flow is asked for.
    ImplicitFlow { received: String },
    /// PKCE with the method `plain`.
    PkcePlain,
    /// A challenge without a method, which RFC 7636 §4.3 reads as `plain`.
    PkceMethodLeftOut,
    /// The challenge was sent as verifier: the client hashes at the wrong moment, or not at all.
    VerifierIsChallenge,
    /// The header was used, the form is registered.
    BasicForPost,
    /// The form was used, the header is registered.
    PostForBasic,
    /// No secret came, and one is registered.
    SecretLeftOut,
    /// A secret came, and none is registered.
    SecretOfPublicClient,
    /// The secret is right but for white space or a line break at an end.
    SecretWithWhiteSpace,
    /// The secret is right but percent-encoded once too often.
    SecretEscapedTwice,
    /// The secret is right but was not form-encoded: a `+` in it arrived as a space.
    SecretNotEscaped,
    /// Id and secret stand in each other's place.
    IdAndSecretSwapped,
    /// The secret is that of another client here: mostly the test client's, used live, or the other
    /// way round.
    SecretOfOtherClient { client: ClientId },
    /// A secret that was right once.
    SecretOutdated { label: String },
    /// The same request came twice within moments.
    SentTwice { after_millis: u64 },
    /// The code of another client of the same installation.
    CodeOfOtherClient,
    /// Refused within moments of its end: a slow client, or a clock that goes wrong.
    JustExpired { late_by_seconds: u64 },
    /// A development machine's address on a client that has none registered.
    LocalhostRedirect,
    /// The discovery URL was entered as the issuer.
    DiscoveryUrlAsIssuer,
    /// An issuer with a path that is not ours.
    WrongIssuerPath { path: String },
    /// A token request by GET.
    TokenRequestByGet { secret_in_url: bool },
    /// A JSON body where a form belongs.
    JsonBody,
    /// A multipart body where a form belongs.
    MultipartBody,
}

/// What expired this recently may be the clock's fault.
const MOMENTS_SECONDS: u64 = 120;
/// Repeats within this time come from a machine, not from a thief.
const REPEAT_MILLIS: u64 = 10_000;

impl Reason {
    /// What the refused request looks like.
    pub fn hints(&self) -> Vec<Hint> {
        match self {
            Self::ScopeSeparatedByCommas { received } => {
                vec![Hint::ScopeCommas { send: words(received).collect::<Vec<_>>().join(" ") }]
            }
            Self::ScopeNotAllowed { received, registered } => misspelt(received, registered),
            Self::ResponseTypeUnsupported { received } if is_implicit(received) => {
                vec![Hint::ImplicitFlow { received: received.clone() }]
            }
            Self::PkceMethodUnsupported { received: None } => vec![Hint::PkceMethodLeftOut],
            Self::PkceMethodUnsupported { received: Some(method) }
                if method.eq_ignore_ascii_case("plain") =>
            {
                vec![Hint::PkcePlain]
            }
            Self::CodeVerifierWrong { is_challenge: true } => vec![Hint::VerifierIsChallenge],
            Self::AuthMethodNotRegistered { used, registered } => {
                method(*used, *registered).into_iter().collect()
            }
            Self::SecretWrong { .. } | Self::AuthClientUnknown { .. } => self.secret_hints(),
            Self::SecretExpired { label, .. } | Self::SecretRevoked { label, .. } => {
                vec![Hint::SecretOutdated { label: label.clone() }]
            }
            Self::CredentialsSwapped { .. } => vec![Hint::IdAndSecretSwapped],
            Self::CodeOfAnotherClient { .. } => vec![Hint::CodeOfOtherClient],
            Self::CodeReplayed { redeemed_at, now } => {
                repeated(now.since(*redeemed_at).as_millis()).into_iter().collect()
            }
            Self::RefreshTokenReused { retired_at, now, .. } => {
                repeated(now.since(*retired_at).as_millis()).into_iter().collect()
            }
            Self::CodeExpired { late_by_seconds, .. }
            | Self::AccessTokenExpired { late_by_seconds, .. }
                if *late_by_seconds <= MOMENTS_SECONDS =>
            {
                vec![Hint::JustExpired { late_by_seconds: *late_by_seconds }]
            }
            Self::RedirectUriMismatch { received, nearest, .. }
                if is_loopback(received) && !nearest.as_deref().is_some_and(is_loopback) =>
            {
                vec![Hint::LocalhostRedirect]
            }
            Self::DiscoveryMisplaced { received } => vec![discovery(received)],
            Self::MethodNotAllowed { received, secret_in_url, .. } if received == "GET" => {
                vec![Hint::TokenRequestByGet { secret_in_url: *secret_in_url }]
            }
            Self::UnreadableBody { media_type: Some(media), .. } => {
                body(media).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn secret_hints(&self) -> Vec<Hint> {
        let mut hints = Vec::new();
        if let Self::SecretWrong { diagnosis, .. } = self {
            if diagnosis.matches_when_trimmed {
                hints.push(Hint::SecretWithWhiteSpace);
            }
            if diagnosis.matches_when_decoded {
                hints.push(Hint::SecretEscapedTwice);
            }
            if diagnosis.matches_when_escaped {
                hints.push(Hint::SecretNotEscaped);
            }
        }
        if let Self::SecretWrong { secret_of: Some(client), .. }
        | Self::AuthClientUnknown { secret_of: Some(client), .. } = self
        {
            hints.push(Hint::SecretOfOtherClient { client: client.clone() });
        }
        hints
    }
}

fn words(scope: &str) -> impl Iterator<Item = &str> {
    scope.split([',', ' ']).filter(|word| !word.is_empty())
}

/// The words that are not allowed and are a slip away from one that is.
fn misspelt(received: &str, allowed: &Scope) -> Vec<Hint> {
    let unknown = words(received).filter(|word| !allowed.contains(word)).take(8);
    let near = unknown.filter_map(|word| {
        let slips = |known: &&str| distance(word, known);
        let nearest = allowed.iter().min_by_key(slips).filter(|known| {
            slips(known) <= 2.min(known.chars().count().saturating_sub(1) / 2).max(1)
        })?;
        Some(Hint::ScopeMisspelt { word: word.to_owned(), nearest: nearest.to_owned() })
    });
    near.collect()
}

/// How many letters to insert, drop or replace, in any letter case (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.chars().take(64).flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, known) in row.iter_mut().skip(1).zip(&other) {
            let replaced = diagonal + usize::from(c != *known);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

fn is_implicit(response_type: &str) -> bool {
    response_type.split(' ').any(|word| matches!(word, "token" | "id_token"))
}

fn method(used: AuthMethodUsed, registered: AuthMethod) -> Option<Hint> {
    match (used, registered) {
        (AuthMethodUsed::Basic, AuthMethod::Post) => Some(Hint::BasicForPost),
        (AuthMethodUsed::Post, AuthMethod::Basic) => Some(Hint::PostForBasic),
        (AuthMethodUsed::None, _) => Some(Hint::SecretLeftOut),
        (_, AuthMethod::None) => Some(Hint::SecretOfPublicClient),
        _ => None,
    }
}

fn repeated(after_millis: u128) -> Option<Hint> {
    let after_millis = u64::try_from(after_millis).ok()?;
    (after_millis <= REPEAT_MILLIS).then_some(Hint::SentTwice { after_millis })
}

fn is_loopback(uri: &str) -> bool {
    let host = uri.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

fn discovery(path: &str) -> Hint {
    let before = path.split("/.well-known/").next().unwrap_or_default();
    match before {
        "" => Hint::DiscoveryUrlAsIssuer,
        before => Hint::WrongIssuerPath { path: before.to_owned() },
    }
}

fn body(media_type: &str) -> Option<Hint> {
    let media = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media == "application/json" || media.ends_with("+json") {
        return Some(Hint::JsonBody);
    }
    media.starts_with("multipart/").then_some(Hint::MultipartBody)
}

#[cfg(test)]
mod tests;
