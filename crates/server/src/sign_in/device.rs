//! The device note: "this browser has signed this user in before".
//!
//! It is no credential. All it buys is a budget of guesses that strangers cannot use up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use vestibule_keys::DigestKey;
use vestibule_protocol::ids::UserId;

use crate::random;

/// The label its signature is derived under.
const LABEL: &str = "device";

/// A note for this user: the browser's own if it has a true one, so that its budget stays one.
pub(super) fn note(digests: &DigestKey, user: UserId, present: Option<&str>) -> String {
    match present.filter(|note| read(digests, user, note).is_some()) {
        Some(note) => note.to_owned(),
        None => write(digests, user, random::bytes()),
    }
}

/// The device that a note names, if we wrote it for this user.
pub(super) fn read(digests: &DigestKey, user: UserId, note: &str) -> Option<[u8; 32]> {
    let (device, signature) = note.split_once('.')?;
    let device: [u8; 32] = URL_SAFE_NO_PAD.decode(device).ok()?.try_into().ok()?;
    let signature: [u8; 32] = URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?;
    let expected = sign(digests, user, &device);
    bool::from(expected.ct_eq(&signature)).then_some(device)
}

fn write(digests: &DigestKey, user: UserId, device: [u8; 32]) -> String {
    let signature = sign(digests, user, &device);
    format!("{}.{}", URL_SAFE_NO_PAD.encode(device), URL_SAFE_NO_PAD.encode(signature))
}

fn sign(digests: &DigestKey, user: UserId, device: &[u8; 32]) -> [u8; 32] {
    let mut input = user.0.to_be_bytes().to_vec();
    input.extend_from_slice(device);
    digests.derive(LABEL, &input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i24_a_note_is_good_for_its_user_only() {
        let digests = DigestKey::new([1; 32]);
        let ada = write(&digests, UserId(1), [7; 32]);
        assert_eq!(read(&digests, UserId(1), &ada), Some([7; 32]));
        assert_eq!(read(&digests, UserId(2), &ada), None);
        assert_eq!(read(&DigestKey::new([2; 32]), UserId(1), &ada), None);
        assert_eq!(note(&digests, UserId(1), Some(&ada)), ada);
        assert_ne!(note(&digests, UserId(2), Some(&ada)), ada);
        for hostile in ["", ".", "a.b", &"x".repeat(200)] {
            assert_eq!(read(&digests, UserId(1), hostile), None, "{hostile}");
        }
    }
}
