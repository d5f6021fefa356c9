//! Content encryption (RFC 7518 §5) on aws-lc, put into josekit in place of its own.
//!
//! josekit's own lets in what must stay out: its GCM passes the tag to OpenSSL at whatever length
//! came, so that a forger needs to guess only as many bytes as he sends, and panics when the nonce
//! is empty; its CBC-HMAC decrypts, padding and all, before it looks at the tag, and then compares
//! it byte by byte, which is the shape of a padding oracle.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, hmac};
use josekit::JoseError;
use josekit::jwe::JweContentEncryption;

use super::ContentEncryption;

/// Both encryptions take keys of this length (RFC 7518 §5.2.3, §5.3).
pub(super) const KEY: usize = 32;
const TAG: usize = 16;
const GCM_NONCE: usize = 12;
const CBC_IV: usize = 16;

impl JweContentEncryption for ContentEncryption {
    fn name(&self) -> &str {
        self.as_str()
    }

    fn key_len(&self) -> usize {
        KEY
    }

    fn iv_len(&self) -> usize {
        match self {
            Self::A256gcm => GCM_NONCE,
            Self::A128cbcHs256 => CBC_IV,
        }
    }

    fn encrypt(
        &self,
        key: &[u8],
        iv: Option<&[u8]>,
        message: &[u8],
        aad: &[u8],
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), JoseError> {
        let iv = iv.unwrap_or_default();
        let (body, tag) = match self {
            Self::A256gcm => gcm_encrypt(key, iv, message, aad),
            Self::A128cbcHs256 => cbc_encrypt(key, iv, message, aad),
        }
        .map_err(|e| JoseError::InvalidJweFormat(e.into()))?;
        Ok((body, Some(tag)))
    }

    fn decrypt(
        &self,
        key: &[u8],
        iv: Option<&[u8]>,
        encrypted_message: &[u8],
        aad: &[u8],
        tag: Option<&[u8]>,
    ) -> Result<Vec<u8>, JoseError> {
        let (iv, tag) = (iv.unwrap_or_default(), tag.unwrap_or_default());
        match self {
            Self::A256gcm => gcm_decrypt(key, iv, encrypted_message, aad, tag),
            Self::A128cbcHs256 => cbc_decrypt(key, iv, encrypted_message, aad, tag),
        }
        .map_err(|e| JoseError::InvalidJweFormat(e.into()))
    }

    fn box_clone(&self) -> Box<dyn JweContentEncryption> {
        Box::new(*self)
    }
}

fn gcm(key: &[u8]) -> Result<LessSafeKey, Unspecified> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new)
}

fn gcm_encrypt(
    key: &[u8],
    nonce: &[u8],
    message: &[u8],
    aad: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), Unspecified> {
    let nonce = Nonce::try_assume_unique_for_key(nonce)?;
    let mut body = message.to_vec();
    let tag = gcm(key)?.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut body)?;
    Ok((body, tag.as_ref().to_vec()))
}

/// The tag is whole or nothing (RFC 7518 §5.3).
fn gcm_decrypt(
    key: &[u8],
    nonce: &[u8],
    body: &[u8],
    aad: &[u8],
    tag: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    if tag.len() != TAG {
        return Err(Unspecified);
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce)?;
    let mut content = [body, tag].concat();
    let length = gcm(key)?.open_in_place(nonce, Aad::from(aad), &mut content)?.len();
    content.truncate(length);
    Ok(content)
}

/// The first half authenticates, the second encrypts (RFC 7518 §5.2.2.1).
fn halves(key: &[u8]) -> Result<(&[u8], &[u8]), Unspecified> {
    if key.len() != KEY {
        return Err(Unspecified);
    }
    key.split_at_checked(KEY / 2).ok_or(Unspecified)
}

fn cbc_encrypt(
    key: &[u8],
    iv: &[u8],
    message: &[u8],
    aad: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), Unspecified> {
    let (mac_key, cipher_key) = halves(key)?;
    let fixed = FixedLength::<CBC_IV>::try_from(iv)?;
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, cipher_key)?)?;
    let mut body = message.to_vec();
    cipher.less_safe_encrypt(&mut body, EncryptionContext::Iv128(fixed))?;
    let tag = cbc_tag(mac_key, iv, &body, aad);
    Ok((body, tag))
}

/// The tag first, in constant time; the padding is looked at only when it holds.
fn cbc_decrypt(
    key: &[u8],
    iv: &[u8],
    body: &[u8],
    aad: &[u8],
    tag: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let (mac_key, cipher_key) = halves(key)?;
    let fixed = FixedLength::<CBC_IV>::try_from(iv)?;
    constant_time::verify_slices_are_equal(&cbc_tag(mac_key, iv, body, aad), tag)?;
    let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, cipher_key)?)?;
    let mut content = body.to_vec();
    let length = cipher.decrypt(&mut content, DecryptionContext::Iv128(fixed))?.len();
    content.truncate(length);
    Ok(content)
}

/// HMAC-SHA-256 over header, IV, ciphertext and the header's length in bits, cut to half.
fn cbc_tag(mac_key: &[u8], iv: &[u8], body: &[u8], aad: &[u8]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, mac_key));
    let bits = (aad.len() as u64).saturating_mul(8).to_be_bytes();
    for part in [aad, iv, body, &bits] {
        context.update(part);
    }
    context.sign().as_ref().iter().copied().take(TAG).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_a_holder_of_the_key_cannot_make_the_padding_panic() {
        let (key, iv) = ([3; KEY], [4; CBC_IV]);
        for length in 0..50 {
            for byte in [0, 1, 16, 17, 255] {
                let body = vec![byte; length];
                let tag = cbc_tag(&key[..16], &iv, &body, b"header");
                // Whole blocks may decrypt to a valid padding by chance; nothing else may.
                let read = cbc_decrypt(&key, &iv, &body, b"header", &tag);
                assert!(read.is_err() || (length > 0 && length % 16 == 0), "{length} of {byte}");
            }
        }
    }

    /// RFC 7518 Appendix B.1.
    #[test]
    fn rfc7518_b_1_the_published_example_gives_the_published_tag() {
        let key: Vec<u8> = (0..32).collect();
        let iv = [
            0x1a, 0xf3, 0x8c, 0x2d, 0xc2, 0xb9, 0x6f, 0xfd, 0xd8, 0x66, 0x94, 0x09, 0x23, 0x41,
            0xbc, 0x04,
        ];
        let plain = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience";
        let aad = b"The second principle of Auguste Kerckhoffs";
        let (body, tag) = cbc_encrypt(&key, &iv, plain, aad).expect("encrypted");
        assert_eq!(&body[..4], [0xc8, 0x0e, 0xdf, 0xa3]);
        assert_eq!(
            tag,
            [
                0x65, 0x2c, 0x3f, 0xa3, 0x6b, 0x0a, 0x7c, 0x5b, 0x32, 0x19, 0xfa, 0xb3, 0xa3, 0x0b,
                0xc1, 0xc4
            ]
        );
        let read = cbc_decrypt(&key, &iv, &body, aad, &tag).expect("opened");
        assert_eq!(read, plain);
    }
}
