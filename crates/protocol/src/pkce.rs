//! Proof Key for Code Exchange (RFC 7636), with S256 alone.
//!
//! `plain` is refused although the RFC has it: it protects against nobody who reads the
//! authorization request (RFC 9700 §2.1.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::refusal::Reason;

/// The only method.
pub const S256: &str = "S256";
/// A SHA-256 in unpadded base64url.
const CHALLENGE_LENGTH: usize = 43;

/// Reads `code_challenge` and `code_challenge_method` (RFC 7636 §4.3).
pub fn challenge(challenge: Option<&str>, method: Option<&str>) -> Result<Option<String>, Reason> {
    let Some(challenge) = challenge else {
        return match method {
            Some(method) => {
                Err(Reason::PkceChallengeMissing { method: crate::refusal::excerpt(method) })
            }
            None => Ok(None),
        };
    };
    // Without a method the RFC means `plain`.
    if method != Some(S256) {
        let received = method.map(crate::refusal::excerpt);
        return Err(Reason::PkceMethodUnsupported { received });
    }
    let well_formed = challenge.len() == CHALLENGE_LENGTH && is_base64url(challenge);
    if !well_formed {
        return Err(Reason::PkceChallengeMalformed { length: challenge.len() });
    }
    Ok(Some(challenge.to_owned()))
}

/// Checks the verifier against the stored challenge (RFC 7636 §4.6). A verifier without a challenge
/// is refused: whoever removed the challenge from the request must not win by it (invariant I12).
pub fn verify(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Reason> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Reason::CodeVerifierUnexpected),
        (Some(_), None) => Err(Reason::CodeVerifierMissing),
        (Some(challenge), Some(verifier)) => {
            if !is_verifier(verifier) {
                return Err(Reason::CodeVerifierMalformed { length: verifier.len() });
            }
            let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
            let equal: bool = computed.as_bytes().ct_eq(challenge.as_bytes()).into();
            // The challenge travelled through the browser and is no secret.
            let is_challenge = verifier == challenge;
            if equal { Ok(()) } else { Err(Reason::CodeVerifierWrong { is_challenge }) }
        }
    }
}

/// RFC 7636 §4.1: 43 to 128 unreserved characters.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn rfc7636_appendix_b_example_verifies() {
        assert_eq!(verify(Some(CHALLENGE), Some(VERIFIER)), Ok(()));
    }

    #[test]
    fn rfc7636_4_3_only_s256_and_a_whole_digest_are_read() {
        assert_eq!(challenge(Some(CHALLENGE), Some("S256")), Ok(Some(CHALLENGE.to_owned())));
        assert_eq!(challenge(None, None), Ok(None));
        for method in [None, Some("plain"), Some("s256"), Some("S512")] {
            assert!(matches!(
                challenge(Some(CHALLENGE), method),
                Err(Reason::PkceMethodUnsupported { .. })
            ));
        }
        let padded = format!("{CHALLENGE}=");
        for malformed in ["short", padded.as_str(), &CHALLENGE.replace('-', "+")] {
            assert!(matches!(
                challenge(Some(malformed), Some("S256")),
                Err(Reason::PkceChallengeMalformed { .. })
            ));
        }
        assert!(matches!(challenge(None, Some("S256")), Err(Reason::PkceChallengeMissing { .. })));
    }

    #[test]
    fn i12_a_verifier_without_challenge_is_refused() {
        assert_eq!(verify(None, Some(VERIFIER)), Err(Reason::CodeVerifierUnexpected));
        assert_eq!(verify(None, None), Ok(()));
    }

    #[test]
    fn as_75_a_wrong_or_missing_verifier_is_refused() {
        assert_eq!(verify(Some(CHALLENGE), None), Err(Reason::CodeVerifierMissing));
        let wrong = VERIFIER.replace('d', "e");
        assert_eq!(
            verify(Some(CHALLENGE), Some(&wrong)),
            Err(Reason::CodeVerifierWrong { is_challenge: false })
        );
        // The challenge itself is no verifier: that would be `plain`.
        assert_eq!(
            verify(Some(CHALLENGE), Some(CHALLENGE)),
            Err(Reason::CodeVerifierWrong { is_challenge: true })
        );
    }

    #[test]
    fn rfc7636_4_1_verifier_length_and_characters() {
        let longest = "a".repeat(128);
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(longest.as_bytes()));
        assert_eq!(verify(Some(&digest), Some(&longest)), Ok(()));
        for malformed in ["a".repeat(42), "a".repeat(129), "a".repeat(42) + " ", "é".repeat(40)] {
            assert!(matches!(
                verify(Some(CHALLENGE), Some(&malformed)),
                Err(Reason::CodeVerifierMalformed { .. })
            ));
        }
    }
}
