//! The one door to randomness.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use zeroize::Zeroizing;

/// `N` bytes of the thread's cryptographic generator, which the operating system seeds.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// `N` bytes that are wiped after use.
pub fn secret_bytes<const N: usize>() -> Zeroizing<[u8; N]> {
    Zeroizing::new(bytes())
}

/// 32 random bits.
pub fn bits() -> u32 {
    u32::from_ne_bytes(bytes())
}

/// `N` random bytes in unpadded base64url.
pub fn text<const N: usize>() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<N>())
}
