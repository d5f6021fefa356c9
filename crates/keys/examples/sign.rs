//! What a signed token costs beside the bare signature: `cargo run --release --example sign`.

use std::hint::black_box;
use std::time::Instant;

use vestibule_keys::{Alg, KeyRecord, KeyRing, RingKey, SigningKey};

const ROUNDS: usize = 2000;

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn seconds(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    start.elapsed().as_secs_f64()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for alg in [Alg::RS256, Alg::ES256, Alg::EdDSA] {
        let key = SigningKey::generate(alg.default_key_type(), alg)?;
        let record = KeyRecord {
            kid: key.kid().to_owned(),
            alg,
            published_at: 0,
            signing_at: Some(0),
            retired_at: None,
            removed_at: None,
        };
        let ring = KeyRing::new(vec![RingKey { record, key: key.clone() }])?;
        let claims = serde_json::json!({
            "iss": "https://id.example", "aud": "client", "sub": "0123456789abcdef",
            "exp": 1_800_000_300, "iat": 1_800_000_000, "nonce": "n-0S6_WzA2Mj"
        });
        let token = ring.sign(alg, "JWT", &claims)?;
        let message = token.rsplit_once('.').map_or("", |(message, _)| message).as_bytes();
        // Interleaved, so that a busy machine burdens both alike.
        let (mut bare, mut whole) = (f64::MAX, f64::MAX);
        for _ in 0..5 {
            bare = bare.min(seconds(|| drop(black_box(key.sign_bytes(message)))));
            whole = whole.min(seconds(|| drop(black_box(ring.sign(alg, "JWT", &claims)))));
        }
        let each = bare / ROUNDS as f64 * 1e6;
        println!("{alg}: a token costs {:.3} of a bare signature ({each:.1} us)", whole / bare);
    }
    Ok(())
}
