//! A client's policy in words, for sheets and vendor guides alike.

use vestibule_protocol::client::{AccessTokenFormat, ClaimsPlacement, ClientSettings, GrantType};

/// What the client's requests must carry.
pub fn pkce(settings: &ClientSettings) -> &'static str {
    match settings.requires_pkce() {
        true => "required, S256",
        false => "verified when it is sent (S256), not required",
    }
}

/// Whether `nonce` is demanded.
pub fn nonce(settings: &ClientSettings) -> &'static str {
    if settings.require_nonce { "required" } else { "repeated in the ID token when it is sent" }
}

/// Where claims are delivered.
pub fn claims_placement(settings: &ClientSettings) -> &'static str {
    match (settings.claims_placement, settings.claim_aliases) {
        (ClaimsPlacement::Userinfo, false) => "userinfo",
        (ClaimsPlacement::Userinfo, true) => {
            "userinfo, which also has id, first_name and last_name"
        }
        (ClaimsPlacement::IdTokenAndUserinfo, false) => "ID token and userinfo",
        (ClaimsPlacement::IdTokenAndUserinfo, true) => {
            "ID token and userinfo; userinfo also has id, first_name and last_name"
        }
    }
}

/// The grant types, by their names on the wire.
pub fn grant_types(settings: &ClientSettings) -> Vec<String> {
    settings.grant_types.iter().map(|grant| grant.as_str().to_owned()).collect()
}

/// What an access token is.
pub fn access_token(settings: &ClientSettings) -> String {
    match settings.access_token {
        AccessTokenFormat::Opaque => "opaque".to_owned(),
        AccessTokenFormat::Jwt { alg } => {
            format!("JWT (RFC 9068), {}; to the client it is opaque", alg.name())
        }
    }
}

/// What happens with refresh tokens; `None` when there are none.
pub fn refresh_tokens(settings: &ClientSettings) -> Option<String> {
    if !settings.grant_types.contains(&GrantType::RefreshToken) {
        return None;
    }
    let renewed = match settings.rotates_refresh_tokens() {
        true => "each use yields a new one",
        false => "the same one is used again",
    };
    Some(format!(
        "{renewed}; ends after {} without use, and after {} whatever its use",
        span(settings.refresh.idle_seconds),
        span(settings.refresh.absolute_seconds)
    ))
}

/// A span of time as people say it.
pub fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0 => (0, "second"),
        s if s % 86_400 == 0 => (s / 86_400, "day"),
        s if s % 3600 == 0 => (s / 3600, "hour"),
        s if s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_the_largest_unit_that_fits() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (90, "90 seconds"),
            (300, "5 minutes"),
            (3600, "1 hour"),
            (86_400, "1 day"),
            (7_776_000, "90 days"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }
}
