//! Hashes that bind an ID token to what is issued with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::client::SigningAlg;

/// `at_hash` (OIDC Core §3.1.3.6): the left half of the token's hash under the hash function of the
/// ID token's algorithm. Ed25519 signs with SHA-512.
pub fn at_hash(alg: SigningAlg, access_token: &str) -> String {
    let bytes = access_token.as_bytes();
    match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 | SigningAlg::Es256 => {
            left_half(&Sha256::digest(bytes))
        }
        SigningAlg::Rs384 | SigningAlg::Es384 => left_half(&Sha384::digest(bytes)),
        SigningAlg::Rs512 | SigningAlg::EdDsa => left_half(&Sha512::digest(bytes)),
    }
}

fn left_half(digest: &[u8]) -> String {
    let (left, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oidc_core_appendix_a3_example() {
        // The `at_hash` of the example ID token, of the access token in the example response.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(at_hash(SigningAlg::Rs256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    #[test]
    fn as_86_each_algorithm_has_its_hash() {
        let lengths = [
            (SigningAlg::Rs256, 22),
            (SigningAlg::Ps256, 22),
            (SigningAlg::Es256, 22),
            (SigningAlg::Rs384, 32),
            (SigningAlg::Es384, 32),
            (SigningAlg::Rs512, 43),
            (SigningAlg::EdDsa, 43),
        ];
        for (alg, length) in lengths {
            assert_eq!(at_hash(alg, "token").len(), length, "{}", alg.name());
        }
    }
}
