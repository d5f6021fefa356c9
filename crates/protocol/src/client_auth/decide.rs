//! Judging credentials.

use zeroize::Zeroizing;

use super::present::form_decoded;
use super::{AuthMethodUsed, Authenticated, Credentials, Presented, SecretDiagnosis};
use crate::Timestamp;
use crate::client::{AuthMethod, Client, ClientSecret, SecretDigest, Status};
use crate::refusal::{Reason, id_excerpt};

/// What unknown clients are compared with, so that they cost as much as known ones.
const DUMMY_DIGEST: SecretDigest = SecretDigest([0; 32]);

/// Decides whether the request comes from `client`, the first of the [`Presented::candidates`] that
/// exists. `digest` is the keyed digest under which secrets are stored.
pub fn authenticate(
    presented: &Presented,
    client: Option<&Client>,
    digest: impl Fn(&str) -> SecretDigest,
    now: Timestamp,
) -> Result<Authenticated, Reason> {
    let used = presented.used;
    let Some(client) = client else {
        for secret in presented.readings.iter().filter_map(|reading| reading.secret.as_ref()) {
            let _ = std::hint::black_box(digest(secret) == DUMMY_DIGEST);
        }
        let sent = presented.readings.first().map(|reading| id_excerpt(&reading.client_id.0));
        let client_id = sent.unwrap_or_default();
        return Err(Reason::AuthClientUnknown { client_id, used, secret_of: None });
    };
    let readings: Vec<&Credentials> =
        presented.readings.iter().filter(|r| r.client_id == client.client_id).collect();
    if readings.is_empty() {
        return Err(Reason::CredentialsSwapped { client_id: client.client_id.clone() });
    }
    let secrets: Vec<&Zeroizing<String>> =
        readings.iter().filter_map(|reading| reading.secret.as_ref()).collect();
    // The comparison runs before any other check, so that none of them shows in the time taken.
    let matched = secrets.iter().find_map(|secret| matching(client, &digest(secret)));
    if client.status != Status::Active {
        return Err(Reason::AuthClientDisabled { client_id: client.client_id.clone() });
    }
    check_method(used, client)?;
    if used == AuthMethodUsed::None {
        return Ok(Authenticated { method: used, secret: None });
    }
    match matched {
        Some(secret) => {
            check_live(secret, now)?;
            Ok(Authenticated { method: used, secret: Some(secret.id) })
        }
        None if client.secrets.is_empty() => {
            Err(Reason::SecretNoneRegistered { client_id: client.client_id.clone() })
        }
        None => {
            let diagnosis = diagnose(client, secrets.first().copied(), digest);
            Err(Reason::SecretWrong { used, diagnosis, secret_of: None })
        }
    }
}

/// A client uses its registered method and no other (AS-67).
fn check_method(used: AuthMethodUsed, client: &Client) -> Result<(), Reason> {
    let registered = client.settings.auth_method;
    let allowed = match registered {
        AuthMethod::Basic => used == AuthMethodUsed::Basic,
        AuthMethod::Post => used == AuthMethodUsed::Post,
        AuthMethod::BasicOrPost => used != AuthMethodUsed::None,
        AuthMethod::None => used == AuthMethodUsed::None,
    };
    if allowed { Ok(()) } else { Err(Reason::AuthMethodNotRegistered { used, registered }) }
}

fn check_live(secret: &ClientSecret, now: Timestamp) -> Result<(), Reason> {
    let label = secret.label.clone();
    if let Some(revoked_at) = secret.revoked_at {
        return Err(Reason::SecretRevoked { label, revoked_at });
    }
    match secret.expires_at {
        Some(expired_at) if expired_at <= now => Err(Reason::SecretExpired { label, expired_at }),
        _ => Ok(()),
    }
}

/// The secret with this digest. All are compared, and each in constant time.
fn matching<'a>(client: &'a Client, digest: &SecretDigest) -> Option<&'a ClientSecret> {
    let mut found = None;
    for secret in &client.secrets {
        if secret.digest == *digest {
            found = Some(secret);
        }
    }
    found
}

/// Says what is wrong with a secret that did not match. Its digests are made for the operator alone:
/// none of them lets anybody in.
fn diagnose(
    client: &Client,
    secret: Option<&Zeroizing<String>>,
    digest: impl Fn(&str) -> SecretDigest,
) -> SecretDiagnosis {
    let Some(secret) = secret else { return SecretDiagnosis::default() };
    let trimmed = secret.trim();
    let matches = |text: &str| matching(client, &digest(text)).is_some();
    SecretDiagnosis {
        length: secret.len(),
        surrounding_white_space: trimmed.len() != secret.len(),
        matches_when_trimmed: matches(trimmed),
        matches_when_decoded: form_decoded(secret).is_some_and(|decoded| matches(&decoded)),
        matches_when_escaped: secret.contains(' ')
            && matches(&Zeroizing::new(secret.replace(' ', "+"))),
    }
}
