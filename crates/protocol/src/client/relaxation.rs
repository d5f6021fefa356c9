//! Where a client's policy is weaker than the default, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClientSettings, ConsentPolicy, PkcePolicy};

/// Longest lifetime of an access token that needs no reason, in seconds. Whoever checks tokens offline
/// learns of a revocation so late at most (RFC 9700 §2.2).
const USUAL_ACCESS_TOKEN: u64 = 300;

/// One way in which a client is trusted more than the default trusts it. Each is shown as such,
/// with the reason that an admin gave.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Relaxation {
    /// A code flow without PKCE is accepted (RFC 9700 §2.1.1).
    PkceOptional,
    /// Users are not asked before their data is shared.
    ConsentImplied,
    /// Other sites may show the sign-in pages in a frame.
    Framed,
    /// Access tokens live longer than five minutes (RFC 9700 §2.2).
    LongAccessTokens,
    /// A redirect URI is plain http.
    PlainHttp,
}

impl Relaxation {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PkceOptional,
        Self::ConsentImplied,
        Self::Framed,
        Self::LongAccessTokens,
        Self::PlainHttp,
    ];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PkceOptional => "pkce_optional",
            Self::ConsentImplied => "consent_implied",
            Self::Framed => "framed",
            Self::LongAccessTokens => "long_access_tokens",
            Self::PlainHttp => "plain_http",
        }
    }

    /// What it means, in a few words.
    pub fn summary(self) -> &'static str {
        match self {
            Self::PkceOptional => "PKCE is not required",
            Self::ConsentImplied => "users are not asked",
            Self::Framed => "sign-in pages may be framed",
            Self::LongAccessTokens => "access tokens live longer than five minutes",
            Self::PlainHttp => "a redirect URI is plain http",
        }
    }

    fn holds(self, settings: &ClientSettings) -> bool {
        match self {
            Self::PkceOptional => !settings.is_public() && settings.pkce == PkcePolicy::Optional,
            Self::ConsentImplied => settings.consent == ConsentPolicy::Implied,
            Self::Framed => !settings.frame_ancestors.is_empty(),
            Self::LongAccessTokens => settings.lifetimes.access_token_seconds > USUAL_ACCESS_TOKEN,
            Self::PlainHttp => {
                !settings.native && settings.redirect_uris.iter().any(|uri| is_plain_http(uri))
            }
        }
    }
}

fn is_plain_http(uri: &str) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
}

impl ClientSettings {
    /// Where this policy is weaker than the default, each with the reason that is on record.
    pub fn relaxations(&self) -> impl Iterator<Item = (Relaxation, Option<&str>)> {
        let holding = Relaxation::ALL.into_iter().filter(|relaxation| relaxation.holds(self));
        holding.map(|relaxation| (relaxation, self.reasons.get(&relaxation).map(String::as_str)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policy_is_not_relaxed() {
        assert_eq!(ClientSettings::default().relaxations().count(), 0);
    }

    #[test]
    fn each_relaxation_is_found_with_its_reason() {
        let settings = ClientSettings {
            redirect_uris: vec!["HTTP://127.0.0.1/cb".to_owned()],
            pkce: PkcePolicy::Optional,
            consent: ConsentPolicy::Implied,
            frame_ancestors: vec!["https://app.example".to_owned()],
            lifetimes: super::super::Lifetimes { access_token_seconds: 301, ..Default::default() },
            reasons: [(Relaxation::Framed, "the vendor's app is a frame".to_owned())].into(),
            ..ClientSettings::default()
        };
        let found: Vec<_> = settings.relaxations().collect();
        let named: Vec<Relaxation> = found.iter().map(|(relaxation, _)| *relaxation).collect();
        assert_eq!(named, Relaxation::ALL);
        assert!(found.contains(&(Relaxation::Framed, Some("the vendor's app is a frame"))));
        assert!(found.contains(&(Relaxation::PkceOptional, None)));
    }

    #[test]
    fn words_are_those_of_files() {
        for relaxation in Relaxation::ALL {
            let word = serde_json::to_value(relaxation).unwrap();
            assert_eq!(word, relaxation.as_str());
        }
    }
}
