//! The strict reading of a signed JWT (RFC 7519 §7.2, RFC 8725, security invariant I29).
//!
//! josekit checks the signature; everything it leaves open is closed here. It passes a token that
//! has no `aud` and no `exp` even where an audience is set, so presence is asserted by us. The
//! algorithm is the key's, never the header's; `typ` must be what the caller waits for; headers
//! that would change the meaning of the token or bring their own key are refused, not ignored.

mod key;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use josekit::jws::JwsContext;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::alg::Alg;
use crate::b64;
use crate::header::present;

pub use key::{JwkError, VerifyingKey};

/// The longest token read.
pub const MAX_TOKEN: usize = 16 * 1024;

/// What a token must be, to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// Its `typ`.
    pub typ: Typ<'a>,
    /// Its `iss`, compared byte for byte.
    pub issuer: &'a str,
    /// Its `aud`.
    pub audience: Audience<'a>,
    /// Whether `exp` may have passed (an `id_token_hint`); it must be present all the same.
    pub allow_expired: bool,
    /// The present.
    pub now_ms: i64,
    /// The clock difference tolerated on `exp`, `nbf` and `iat`.
    pub leeway_ms: i64,
}

/// What the `typ` header must say (RFC 8725 §3.11), compared as a media type without
/// `application/` (RFC 7515 §4.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ<'a> {
    /// Exactly this, such as `at+jwt`.
    Exactly(&'a str),
    /// This or nothing, for tokens of peers that write none.
    AbsentOr(&'a str),
}

/// Whom the token must be for. `aud` must be present in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<'a> {
    /// One of its values is one of these.
    AnyOf(&'a [&'a str]),
    /// Anyone: the caller reads it (`id_token_hint`, whose client is found through it).
    Present,
}

/// A token that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Its claims.
    pub claims: Map<String, Value>,
    /// The key that signed it, where it was named.
    pub kid: Option<String>,
    /// What it was signed with.
    pub alg: Alg,
}

impl Verified {
    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// The values of `aud`, which may be one string or an array (RFC 7519 §4.1.3).
    pub fn audience(&self) -> Vec<&str> {
        audience(&self.claims)
    }
}

/// Why a token was refused: one variant a misdeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Longer than [`MAX_TOKEN`].
    #[error("the token has {0} bytes; at most {MAX_TOKEN} are read")]
    TooLong(usize),
    /// Not three base64url parts with a JSON header.
    #[error("not a signed JWT in compact form: {0}")]
    Malformed(&'static str),
    /// `alg` is `none`.
    #[error("the token is unsigned (alg none)")]
    Unsigned,
    /// A header that is refused rather than ignored.
    #[error("the token has a {0:?} header, which is not accepted")]
    ForbiddenHeader(&'static str),
    /// `typ` is not the expected one.
    #[error("the token's typ is {found:?}, expected {expected:?}")]
    Typ {
        /// What came.
        found: Option<String>,
        /// What was waited for.
        expected: String,
    },
    /// No `kid` where a key set must be searched.
    #[error("the token names no key (kid)")]
    NoKid,
    /// No key of that name is published.
    #[error("the token names key {0:?}, which is not in the key set")]
    UnknownKid(String),
    /// The header's `alg` is not the key's.
    #[error("the token says alg {found:?}, but its key signs with {expected}")]
    Alg {
        /// What came.
        found: String,
        /// What the key signs with.
        expected: Alg,
    },
    /// The signature is not the key's over these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// A claim that must be there is not.
    #[error("the token has no {0:?} claim")]
    MissingClaim(&'static str),
    /// A claim has the wrong shape.
    #[error("the token's {0:?} claim is not a {1}")]
    ClaimShape(&'static str, &'static str),
    /// `iss` is someone else.
    #[error("the token was issued by {found:?}, expected {expected:?}")]
    Issuer {
        /// What came.
        found: String,
        /// What was waited for.
        expected: String,
    },
    /// `aud` holds none of the expected values.
    #[error("the token is for {found:?}, expected one of {expected:?}")]
    Audience {
        /// What came.
        found: Vec<String>,
        /// What was waited for.
        expected: Vec<String>,
    },
    /// `exp` has passed.
    #[error("the token expired {0} s ago")]
    Expired(i64),
    /// `nbf` or `iat` lies ahead.
    #[error("the token's {0:?} lies {1} s ahead; compare the clocks")]
    NotYet(&'static str, i64),
}

/// Verifies a token with the key that `find` gives for its `kid`.
pub fn verify<'k>(
    token: &str,
    expect: &Expect<'_>,
    find: impl FnOnce(Option<&str>) -> Result<&'k VerifyingKey, VerifyError>,
) -> Result<Verified, VerifyError> {
    if token.len() > MAX_TOKEN {
        return Err(VerifyError::TooLong(token.len()));
    }
    let header = Header::read(token)?;
    header.refuse_forbidden()?;
    check_typ(header.typ.as_deref(), expect.typ)?;
    let key = find(header.kid.as_deref())?;
    if header.alg != key.alg().as_str() {
        let found = header.alg.chars().take(32).collect();
        return Err(VerifyError::Alg { found, expected: key.alg() });
    }
    let (payload, _) =
        CONTEXT.deserialize_compact(token, key).map_err(|_| VerifyError::Signature)?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload)
        .map_err(|_| VerifyError::Malformed("the payload is not a JSON object"))?;
    check_claims(&claims, expect)?;
    Ok(Verified { claims, kid: header.kid, alg: key.alg() })
}

/// Understands no critical header: `crit` is refused before, this is the second lock.
static CONTEXT: LazyLock<JwsContext> = LazyLock::new(JwsContext::new);

/// The header members that matter (RFC 7515 §4.1). Typed, so that a repeated one is refused.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(default, deserialize_with = "present")]
    zip: bool,
    #[serde(default, deserialize_with = "present")]
    jku: bool,
    #[serde(default, deserialize_with = "present")]
    jwk: bool,
    #[serde(default, deserialize_with = "present")]
    x5u: bool,
    #[serde(default, deserialize_with = "present")]
    b64: bool,
}

impl Header {
    fn read(token: &str) -> Result<Self, VerifyError> {
        let (header, rest) = token
            .split_once('.')
            .ok_or(VerifyError::Malformed("expected three parts joined by dots"))?;
        if rest.split('.').count() != 2 {
            return Err(VerifyError::Malformed("expected three parts joined by dots"));
        }
        let json = b64::from_url(header)
            .ok_or(VerifyError::Malformed("the header is not base64url without padding"))?;
        serde_json::from_slice(&json)
            .map_err(|_| VerifyError::Malformed("the header is not a JSON object with an alg"))
    }

    fn refuse_forbidden(&self) -> Result<(), VerifyError> {
        if self.alg.eq_ignore_ascii_case("none") {
            return Err(VerifyError::Unsigned);
        }
        // x5c and x5t are never read, so they may stand: some peers always write them.
        let forbidden = [
            ("crit", self.crit),
            ("zip", self.zip),
            ("jku", self.jku),
            ("jwk", self.jwk),
            ("x5u", self.x5u),
            ("b64", self.b64),
        ];
        match forbidden.into_iter().find(|(_, present)| *present) {
            Some((name, _)) => Err(VerifyError::ForbiddenHeader(name)),
            None => Ok(()),
        }
    }
}

fn check_typ(found: Option<&str>, expected: Typ<'_>) -> Result<(), VerifyError> {
    let bare = |typ: &str| {
        let lower = typ.to_ascii_lowercase();
        lower.strip_prefix("application/").map(str::to_owned).unwrap_or(lower)
    };
    let (wanted, holds) = match (expected, found) {
        (Typ::AbsentOr(wanted), None) => (wanted, true),
        (Typ::Exactly(wanted), None) => (wanted, false),
        (Typ::AbsentOr(wanted) | Typ::Exactly(wanted), Some(found)) => {
            (wanted, bare(found) == bare(wanted))
        }
    };
    if holds {
        return Ok(());
    }
    let found = found.map(|typ| typ.chars().take(64).collect());
    Err(VerifyError::Typ { found, expected: wanted.to_owned() })
}

fn check_claims(claims: &Map<String, Value>, expect: &Expect<'_>) -> Result<(), VerifyError> {
    let issuer = claims.get("iss").ok_or(VerifyError::MissingClaim("iss"))?;
    let issuer = issuer.as_str().ok_or(VerifyError::ClaimShape("iss", "string"))?;
    if issuer != expect.issuer {
        let expected = expect.issuer.to_owned();
        return Err(VerifyError::Issuer { found: issuer.to_owned(), expected });
    }
    check_audience(claims, expect.audience)?;

    let expires = date(claims, "exp")?.ok_or(VerifyError::MissingClaim("exp"))?;
    let ago = expect.now_ms.saturating_sub(expires);
    if !expect.allow_expired && ago >= expect.leeway_ms {
        return Err(VerifyError::Expired(ago / 1000));
    }
    for name in ["nbf", "iat"] {
        let Some(moment) = date(claims, name)? else { continue };
        let ahead = moment.saturating_sub(expect.now_ms);
        if ahead > expect.leeway_ms {
            return Err(VerifyError::NotYet(name, ahead / 1000));
        }
    }
    Ok(())
}

fn check_audience(claims: &Map<String, Value>, expected: Audience<'_>) -> Result<(), VerifyError> {
    let value = claims.get("aud").ok_or(VerifyError::MissingClaim("aud"))?;
    let texts = value.as_array().is_none_or(|values| values.iter().all(Value::is_string));
    let found = audience(claims);
    if found.is_empty() || !texts {
        return Err(VerifyError::ClaimShape("aud", "string or an array of strings"));
    }
    let Audience::AnyOf(expected) = expected else { return Ok(()) };
    if found.iter().any(|value| expected.contains(value)) {
        return Ok(());
    }
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    Err(VerifyError::Audience { found: owned(&found), expected: owned(expected) })
}

fn audience(claims: &Map<String, Value>) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A `NumericDate` (RFC 7519 §2) in milliseconds; a fraction of a second is allowed.
fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, VerifyError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    if let Some(seconds) = value.as_i64() {
        return Ok(Some(seconds.saturating_mul(1000)));
    }
    // A float-to-integer cast saturates; JSON has neither infinities nor NaN.
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which is what is wanted")]
    let millis = value.as_f64().map(|seconds| (seconds * 1000.0) as i64);
    millis.map(Some).ok_or(VerifyError::ClaimShape(name, "number"))
}
