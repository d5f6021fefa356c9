use std::time::Duration;

use super::*;

const PASSWORD: &str = "correct hörse";

/// Hashes of [`PASSWORD`] written by Django 5.2 and passlib 1.7, at costs that suit a test.
const IMPORTED: [(Scheme, &str); 16] = [
    (Scheme::Pbkdf2, "pbkdf2_sha256$1000$Zsalt9$HZ7EuVee8fS9tbapxo33Rj5Lm/61XyhVOn0fN/aI3o0="),
    (Scheme::Pbkdf2, "pbkdf2_sha1$1000$Zsalt9$4tgDtgIZs4wDPmnBcoEZ/SxwyCU="),
    (
        Scheme::Argon2,
        "argon2$argon2id$v=19$m=1024,t=2,p=8$c2FsdHNhbHQ$YW0FyNaTIqSj9Iwe8JH5JrP+bUVI+qL0pvNRX1bCYqY",
    ),
    (Scheme::Bcrypt, "bcrypt_sha256$$2b$04$lUZjBKLh/Udwc5XPxxPYQuwFPf1lYNuIqpSawwU8RWJ0Timkkkj7a"),
    (Scheme::Bcrypt, "bcrypt$$2b$04$wOPXaOjnVIibwm.GpF/r9OSD1w5sIa568gKB1N1stCNxYWUbLkPMe"),
    (
        Scheme::Scrypt,
        "scrypt$1024$Zsalt9$8$5$ciL5hSpnDTCVEG33gslKhQGhAeBOfXckuxdqht9ZBLN7TfT9DsRqrnsu8xAemcs1cg4b4xXns5mym7O5M9ugsA==",
    ),
    (
        Scheme::Pbkdf2,
        "$pbkdf2-sha256$1000$Ruhdi5GSUgoBYEzpvTfmXA$/LpZJV7WCmyzo2UEYjyVllyifadqOX8PmxSxZ65vjao",
    ),
    (
        Scheme::Pbkdf2,
        "$pbkdf2-sha512$1000$HeO8FwJgrBWiVArhnFMqhQ$r/zrhcmKEoD4xGLDkAO4N9G.z.SnrOw5oKFu8Pg/j7OF3URvbawmp6KxjlyVZZqPorcf/9tuB3crbTHAU2ISLA",
    ),
    (Scheme::Pbkdf2, "$pbkdf2$1000$AADgvHcuBaC0FoJwLsV4zw$/rl0UwjeH56cWvGV6Zo8kA72.zM"),
    (
        Scheme::Scrypt,
        "$scrypt$ln=10,r=8,p=1$VMoZAwAAQOi9d47x/h/D2A$hBS1JPhjZKB37LT2cDfd3hx1xaAPaNifj+bZ2B12guM",
    ),
    (
        Scheme::Argon2,
        "$argon2d$v=19$m=1024,t=3,p=4$nBPiXGut1XoPodR6zxnD+A$f8NSA711N0tW63Er5DKzm/1sFDvWUrbhHju/z0FyjTs",
    ),
    (
        Scheme::Argon2,
        "$argon2i$v=19$m=1024,t=3,p=4$L0Xofa/Vei9FiHEuhTCG0A$5bmXmhhUiZspDnf2+KEm8IYqmqcgkjaNg2o7QP5w5Qo",
    ),
    (
        Scheme::Argon2,
        "$argon2id$v=19$m=1024,t=3,p=4$XQth7P1fS2nNuZeSMibkvA$2HuDCTnGMZruVX6CnSt5oKMpn4EJRN3sYZ62VNBd0Xk",
    ),
    (Scheme::Bcrypt, "$2a$04$Ivzjrj837CHvA4mKebMywOAhkBPG.LGn2EBRLtPAPKIqCKyAxUdbG"),
    (Scheme::Bcrypt, "$2b$04$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHlHm"),
    (Scheme::Bcrypt, "$2y$04$JV/Mk0q/b8JeMTGrixOBNOHVBER0YwJ.VpyiIvREeGL/z/psrlEF6"),
];

/// The reference implementation's own vectors, of "password" with "somesalt", and crypt_blowfish's.
const VECTORS: [(&str, &str); 7] = [
    (
        "password",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ),
    (
        "password",
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
    ),
    (
        "password",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
    ),
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    (
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
];

fn config() -> PoolConfig {
    PoolConfig {
        params: Params { memory_kib: 7 * 1024, passes: 1, lanes: 1 },
        wait: Duration::from_secs(60),
        ..PoolConfig::new(1)
    }
}

fn pool() -> PasswordPool {
    PasswordPool::start(config()).expect("started")
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

async fn verdict(pool: &PasswordPool, stored: &str, password: &str) -> Verdict {
    pool.verify(stored, secret(password)).await.unwrap_or_else(|e| panic!("{stored}: {e}"))
}

#[tokio::test]
async fn i16_a_new_password_is_kept_as_argon2id() {
    let pool = pool();
    let stored = pool.hash(secret(PASSWORD), [7; 16]).await.expect("hashed");
    assert!(
        stored.starts_with("$argon2id$v=19$m=7168,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$"),
        "{stored}"
    );
    assert_eq!(verdict(&pool, &stored, PASSWORD).await, Verdict::Matches);
    assert_eq!(verdict(&pool, &stored, "correct horse").await, Verdict::Differs);
    assert_eq!(verdict(&pool, &stored, "").await, Verdict::Differs);
    let salted = pool.hash(secret(PASSWORD), [8; 16]).await.expect("hashed");
    assert_ne!(stored, salted);
}

#[tokio::test]
async fn imported_hashes_of_every_form_hold_and_ask_to_be_replaced() {
    let pool = pool();
    for (scheme, stored) in IMPORTED {
        assert_eq!(recognise(stored), Ok(scheme), "{stored}");
        let right = verdict(&pool, stored, PASSWORD).await;
        assert_eq!(right, Verdict::MatchesNeedsRehash, "{stored}");
        assert_eq!(verdict(&pool, stored, "correct horse").await, Verdict::Differs, "{stored}");
    }
}

#[tokio::test]
async fn published_vectors_hold() {
    let pool = pool();
    for (password, stored) in VECTORS {
        assert!(verdict(&pool, stored, password).await.matches(), "{stored}");
        let other = format!("{password}x");
        assert_eq!(verdict(&pool, stored, &other).await, Verdict::Differs, "{stored}");
    }
}

#[tokio::test]
async fn bcrypt_reads_72_bytes_as_its_writers_did() {
    let pool = pool();
    let stored = "$2b$04$LvuLxiB5Oxpn6BpmLouak.4ZYZ.2PW0cPCb8CdK8zmZMQvED6a32u";
    assert!(verdict(&pool, stored, &"x".repeat(72)).await.matches());
    assert!(verdict(&pool, stored, &"x".repeat(100)).await.matches());
    assert!(!verdict(&pool, stored, &"x".repeat(71)).await.matches());
}

#[tokio::test]
async fn a_hash_of_other_parameters_asks_to_be_replaced() {
    let weak = pool();
    let stored = weak.hash(secret(PASSWORD), [7; 16]).await.expect("hashed");
    for (passes, lanes) in [(2, 1), (1, 2)] {
        let params = Params { memory_kib: 7 * 1024, passes, lanes };
        let other = PasswordPool::start(PoolConfig { params, ..config() }).expect("started");
        assert_eq!(verdict(&other, &stored, PASSWORD).await, Verdict::MatchesNeedsRehash);
    }
    let params = Params { memory_kib: 8 * 1024, passes: 1, lanes: 1 };
    let strong = PasswordPool::start(PoolConfig { params, ..config() }).expect("started");
    assert_eq!(verdict(&strong, &stored, PASSWORD).await, Verdict::MatchesNeedsRehash);
    let renewed = strong.hash(secret(PASSWORD), [7; 16]).await.expect("hashed");
    assert_eq!(verdict(&strong, &renewed, PASSWORD).await, Verdict::Matches);
    assert!(
        verdict(&weak, &renewed, PASSWORD).await.matches(),
        "more memory than the thread's own"
    );
}

#[tokio::test]
async fn another_argon2_of_the_same_cost_asks_to_be_replaced() {
    let params = Params { memory_kib: 65_536, passes: 2, lanes: 1 };
    let pool = PasswordPool::start(PoolConfig { params, ..config() }).expect("started");
    let [id, i, first_edition, ..] = VECTORS;
    assert_eq!(verdict(&pool, id.1, id.0).await, Verdict::Matches);
    for (password, stored) in [i, first_edition] {
        assert_eq!(verdict(&pool, stored, password).await, Verdict::MatchesNeedsRehash, "{stored}");
    }
}

#[tokio::test]
async fn i16_without_its_pepper_a_hash_is_worth_nothing() {
    let pepper = |byte| Pepper::new(Zeroizing::new([byte; 32]));
    let start = |pepper, previous_peppers| {
        PasswordPool::start(PoolConfig { pepper, previous_peppers, ..config() }).expect("started")
    };
    let bare = pool();
    let bare_hash = bare.hash(secret(PASSWORD), [7; 16]).await.expect("hashed");
    let peppered = start(Some(pepper(1)), Vec::new());
    let stored = peppered.hash(secret(PASSWORD), [7; 16]).await.expect("hashed");
    assert!(stored.contains(&format!(",keyid={}$", pepper(1).id())), "{stored}");
    assert_eq!(verdict(&peppered, &stored, PASSWORD).await, Verdict::Matches);
    assert_eq!(verdict(&peppered, &bare_hash, PASSWORD).await, Verdict::MatchesNeedsRehash);

    let refused = bare.verify(&stored, secret(PASSWORD)).await;
    assert_eq!(refused, Err(PoolError::UnknownPepper(pepper(1).id().to_owned())));
    let stripped = stored.replace(&format!(",keyid={}", pepper(1).id()), "");
    assert_eq!(verdict(&bare, &stripped, PASSWORD).await, Verdict::Differs);

    let rotated = start(Some(pepper(2)), vec![pepper(1)]);
    assert_eq!(verdict(&rotated, &stored, PASSWORD).await, Verdict::MatchesNeedsRehash);
}

#[tokio::test]
async fn i23_nobody_is_checked_like_somebody() {
    let pool = pool();
    assert_eq!(pool.verify_nobody(secret(PASSWORD)).await, Ok(Verdict::Differs));
    let hasher = Hasher::new(config().params, None, Vec::new()).expect("params");
    let mut memory = Vec::new();
    let real = hasher.hash(PASSWORD, [7; 16], &mut memory).expect("hashed");
    let cost = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
    assert_eq!(cost(&hasher.dummy()), cost(&real));
    assert_eq!(hasher.dummy().len(), real.len());
}

#[tokio::test]
async fn i23_where_hashes_cost_differently_the_slowest_sets_the_pace() {
    let pool = pool();
    let own = pool.hash(secret(PASSWORD), [7; 16]).await.expect("hashed");
    pool.verify(&own, secret("wrong")).await.expect("compared");
    pool.verify_nobody(secret("wrong")).await.expect("compared");
    assert_eq!(pool.pace(), Duration::ZERO, "all cost the same");
    let (_, quick) = IMPORTED[0];
    pool.verify(quick, secret("wrong")).await.expect("compared");
    let quick_pace = pool.pace();
    assert!(quick_pace > Duration::ZERO, "never quicker than our own");
    let slow = "pbkdf2_sha256$2000000$Zsalt9$HZ7EuVee8fS9tbapxo33Rj5Lm/61XyhVOn0fN/aI3o0=";
    pool.verify(slow, secret("wrong")).await.expect("compared");
    assert!(pool.pace() > quick_pace, "{:?} after {quick_pace:?}", pool.pace());
}

#[test]
fn i28_a_costly_import_does_not_make_a_thread_grow() {
    let hasher = Hasher::new(config().params, None, Vec::new()).expect("params");
    let mut memory = Vec::new();
    let (password, costly) = VECTORS[0];
    for _ in 0..2 {
        let verdict = hasher.verify(costly, password, &mut memory).expect("checked");
        assert!(verdict.matches());
        assert_eq!((memory.len(), memory.capacity()), (7 * 1024, 7 * 1024));
    }
}

#[tokio::test]
async fn i28_a_flood_is_refused_at_once_and_the_rest_is_served() {
    let pool = Arc::new(PasswordPool::start(PoolConfig { queue: 2, ..config() }).expect("started"));
    let slow =
        "$argon2id$v=19$m=262144,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let pool = Arc::clone(&pool);
        calls.spawn(async move { pool.verify(slow, secret(PASSWORD)).await });
    }
    let (mut served, mut refused) = (0, 0);
    while let Some(answer) = calls.join_next().await {
        match answer.expect("no panic") {
            Ok(verdict) => {
                assert_eq!(verdict, Verdict::Differs);
                served += 1;
            }
            Err(PoolError::Full { retry_after }) => {
                assert!(retry_after >= Duration::from_secs(1));
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(served >= 2 && refused >= 1, "{served} served, {refused} refused");
    let after = pool.hash(secret(PASSWORD), [7; 16]).await;
    assert!(after.is_ok(), "the pool serves on");
}

#[tokio::test]
async fn i28_nobody_waits_longer_than_the_deadline() {
    let config = PoolConfig { wait: Duration::ZERO, ..config() };
    let pool = PasswordPool::start(config).expect("started");
    let refused = pool.hash(secret(PASSWORD), [7; 16]).await;
    assert_eq!(refused, Err(PoolError::Full { retry_after: Duration::from_secs(1) }));
}

#[tokio::test]
async fn i28_passwords_are_bounded() {
    let pool = pool();
    let limit = "é".repeat(MAX_PASSWORD / 2);
    assert!(pool.hash(secret(&limit), [7; 16]).await.is_ok());
    let long = secret(&format!("{limit}x"));
    assert_eq!(pool.hash(long.clone(), [7; 16]).await, Err(PoolError::TooLong(MAX_PASSWORD + 1)));
    let stored = IMPORTED[0].1;
    assert_eq!(pool.verify(stored, long).await, Err(PoolError::TooLong(MAX_PASSWORD + 1)));
}

#[tokio::test]
async fn a_stored_text_that_is_no_hash_is_an_error_not_a_refusal_of_the_password() {
    let refused = pool().verify("plain", secret("plain")).await;
    assert_eq!(refused, Err(PoolError::Scheme(UnknownScheme::Unknown)));
}

#[test]
fn i28_an_import_cannot_smuggle_in_a_cost_that_hangs_a_sign_in() {
    let excessive = [
        "$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=1024,t=11,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=1024,t=1,p=9$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=1024,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$2b$16$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHlHm",
        "$2b$03$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHlHm",
        "pbkdf2_sha256$2500001$Zsalt9$HZ7EuVee8fS9tbapxo33Rj5Lm/61XyhVOn0fN/aI3o0=",
        "pbkdf2_sha256$0$Zsalt9$HZ7EuVee8fS9tbapxo33Rj5Lm/61XyhVOn0fN/aI3o0=",
        "$scrypt$ln=19,r=8,p=1$VMoZAwAAQOi9d47x/h/D2A$hBS1JPhjZKB37LT2cDfd3hx1xaAPaNifj+bZ2B12guM",
        "$scrypt$ln=63,r=8,p=1$VMoZAwAAQOi9d47x/h/D2A$hBS1JPhjZKB37LT2cDfd3hx1xaAPaNifj+bZ2B12guM",
        "$scrypt$ln=255,r=8,p=1$VMoZAwAAQOi9d47x/h/D2A$hBS1JPhjZKB37LT2cDfd3hx1xaAPaNifj+bZ2B12guM",
        "$scrypt$ln=17,r=8,p=9$VMoZAwAAQOi9d47x/h/D2A$hBS1JPhjZKB37LT2cDfd3hx1xaAPaNifj+bZ2B12guM",
        "$scrypt$ln=10,r=4294967295,p=1$VMoZAwAAQOi9d47x/h/D2A$hBS1JPhjZKB37LT2cDfd3hx1xaAPaNifj+bZ2B12guM",
        "$scrypt$ln=10,r=0,p=1$VMoZAwAAQOi9d47x/h/D2A$hBS1JPhjZKB37LT2cDfd3hx1xaAPaNifj+bZ2B12guM",
    ];
    for stored in excessive {
        let refused = recognise(stored).expect_err(stored);
        assert!(matches!(refused, UnknownScheme::Excessive(..)), "{stored}: {refused}");
    }
}

#[test]
fn import_refuses_what_could_never_be_checked() {
    let damaged = [
        "$2b$04$tooshort",
        "$2b$4$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHlHm",
        "$2b$04$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHl=m",
        "bcrypt$plain",
        "$argon2id$v=19$m=1024,t=3$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=18$m=1024,t=3,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=+1024,t=3,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=1024,t=3,p=1$c29t$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=1024,t=3,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=1024,t=3,p=1$c29tZXNhbHQ",
        "pbkdf2_sha256$many$Zsalt9$HZ7EuVee8fS9tbapxo33Rj5Lm/61XyhVOn0fN/aI3o0=",
        "pbkdf2_sha256$1000$Zsalt9",
        "scrypt$1000$Zsalt9$8$1$ciL5hSpnDTCVEG33gslKhQGhAeBOfXckuxdqht9ZBLM=",
    ];
    for stored in damaged {
        let refused = recognise(stored).expect_err(stored);
        assert!(matches!(refused, UnknownScheme::Damaged(..)), "{stored}: {refused}");
    }
    let long = format!("$2b$04${}", "a".repeat(600));
    for stored in [
        "",
        "$",
        "password",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$ab$cd",
        "$2x$04$a",
        "é",
        &long,
    ] {
        assert_eq!(recognise(stored), Err(UnknownScheme::Unknown), "{stored}");
    }
}

#[test]
fn parameters_and_sizes_out_of_bounds_do_not_start() {
    for (memory_kib, passes, lanes) in [
        (7167, 2, 1),
        (262_145, 2, 1),
        (19_456, 0, 1),
        (19_456, 11, 1),
        (19_456, 2, 0),
        (19_456, 2, 9),
    ] {
        let params = Params { memory_kib, passes, lanes };
        let refused = PasswordPool::start(PoolConfig { params, ..config() }).expect_err("refused");
        assert!(matches!(refused, StartError::Params(_)), "{refused}");
    }
    for (threads, queue) in [(0, 64), (1, 0), (1025, 64)] {
        let refused = PasswordPool::start(PoolConfig { threads, queue, ..config() });
        assert!(matches!(refused.expect_err("refused"), StartError::Size));
    }
}

#[test]
fn i17_neither_debug_nor_errors_show_a_hash() {
    let pepper = Pepper::new(Zeroizing::new([1; 32]));
    assert_eq!(format!("{pepper:?}"), format!("Pepper({}, ..)", pepper.id()));
    let refused = recognise("$2b$04$secretsecret").expect_err("damaged");
    assert!(!format!("{refused} {refused:?}").contains("secret"));
}

/// ASP.NET Core's own test vectors (version 3 with HMAC-SHA-1, version 2), and hashes that Python's
/// hashlib made of [`PASSWORD`].
const ASPNET: [(&str, &str); 4] = [
    ("my password", "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M"),
    ("my password", "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg=="),
    (
        PASSWORD,
        "AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg9Do0K1wxany4tMl9r8Y2MauPNsxOHomvM68IiBTtPFUQ==",
    ),
    (
        PASSWORD,
        "AQAAAAIAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg/CuxnG3SVpS8nhuvtNQ6D+uLV0HwoSgs8mplYs062pig==",
    ),
];

/// Credentials as Keycloak exports them: texts of JSON within JSON, or objects.
const KEYCLOAK: [&str; 3] = [
    r#"{"type":"password","secretData":"{\"value\":\"Q6NCtcMWp8uLTJfa/GNjGrjzbMTh6JrzOvCIgU7TxVE=\",\"salt\":\"AAECAwQFBgcICQoLDA0ODw==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":1000,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}"}"#,
    r#"{"secretData":{"value":"wrsZxt0laUvJ4br7TUOg/ri1dB8KEoLPJqZWLNOtqYq/fVvGzgoJq1dsm1CAHnFSyKBVdfNrNP5tpfEIxmfNPw==","salt":"AAECAwQFBgcICQoLDA0ODw=="},"credentialData":{"hashIterations":1000,"algorithm":"pbkdf2-sha512"}}"#,
    r#"{"secretData":{"value":"2HuDCTnGMZruVX6CnSt5oKMpn4EJRN3sYZ62VNBd0Xk=","salt":"XQth7P1fS2nNuZeSMibkvA=="},"credentialData":{"hashIterations":3,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["1024"],"type":["id"],"version":["1.3"],"parallelism":["4"]}}}"#,
];

#[tokio::test]
async fn hashes_of_other_identity_services_verify() {
    let pool = PasswordPool::start(config()).unwrap();
    let mut table: Vec<(String, String)> =
        ASPNET.iter().map(|(password, hash)| ((*password).into(), (*hash).into())).collect();
    for credential in KEYCLOAK {
        table.push((PASSWORD.to_owned(), from_keycloak(credential).unwrap()));
    }
    // The vector of Firebase's own scrypt repository.
    let signer =
        "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    let project = FirebaseProject::new(signer, "Bw==", 8, 14).unwrap();
    let hash =
        "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
    let stored = project.hash(hash, "42xEC+ixf3L2lw==").unwrap();
    assert_eq!(recognise(&stored), Ok(Scheme::Scrypt));
    table.push(("user1password".to_owned(), stored));
    for (password, stored) in table {
        let right = pool.verify(&stored, Zeroizing::new(password)).await.unwrap();
        assert_eq!(right, Verdict::MatchesNeedsRehash, "{stored}");
        let wrong = pool.verify(&stored, Zeroizing::new("another one".to_owned())).await.unwrap();
        assert_eq!(wrong, Verdict::Differs, "{stored}");
    }
}

#[test]
fn i28_foreign_hashes_are_bounded_and_never_trusted() {
    for text in ["AQ==", "AQAAAAEAAAPo", "AAAA", "AQAAAAkAAAPoAAAAEAAB", "not base64 at all"] {
        assert!(recognise(text).is_err(), "{text}");
    }
    // A billion rounds, a salt longer than the whole.
    let costly =
        "AQAAAAE7msoAAAAAEAABAgMEBQYHCAkKCwwNDg9Do0K1wxany4tMl9r8Y2MauPNsxOHomvM68IiBTtPFUQ==";
    assert!(matches!(recognise(costly), Err(UnknownScheme::Excessive(Scheme::Pbkdf2, _))));
    let cut =
        "AQAAAAEAAAPo/////wABAgMEBQYHCAkKCwwNDg9Do0K1wxany4tMl9r8Y2MauPNsxOHomvM68IiBTtPFUQ==";
    assert!(matches!(recognise(cut), Err(UnknownScheme::Damaged(Scheme::Pbkdf2, _))));
    let huge = format!("{{\"credentialData\":\"{}\"}}", "x".repeat(1_000_000));
    for credential in ["", "{}", "[]", "null", r#"{"credentialData":1,"secretData":2}"#, &huge] {
        assert!(from_keycloak(credential).is_err());
    }
    assert!(FirebaseProject::new("short", "", 8, 14).is_err());
    let signer =
        "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    let project = FirebaseProject::new(signer, "Bw==", 8, 40).unwrap();
    assert!(project.hash(signer, "42xEC+ixf3L2lw==").is_err(), "its memory is out of bounds");
}

#[test]
fn only_a_right_password_of_an_old_kind_is_hashed_anew() {
    let verdicts = [Verdict::Matches, Verdict::MatchesNeedsRehash, Verdict::Differs];
    let said = verdicts.map(|verdict| (verdict.matches(), verdict.needs_rehash()));
    assert_eq!(said, [(true, false), (true, true), (false, false)]);
}

#[test]
fn a_foreign_hash_has_a_salt_and_a_hash_of_lengths_in_use() {
    let read = |salt: usize, hash: usize| {
        let [salt, hash] = [salt, hash].map(|length| crate::b64::phc(vec![7; length]));
        recognise(&format!("$pbkdf2-sha256$i=1000${salt}${hash}"))
    };
    for (salt, hash) in [(1, 10), (1, 64), (64, 10), (64, 64)] {
        assert_eq!(read(salt, hash), Ok(Scheme::Pbkdf2), "{salt} {hash}");
    }
    for (salt, hash) in [(0, 32), (65, 32), (16, 9), (16, 65)] {
        let refused = read(salt, hash).expect_err("a length that nobody uses");
        assert!(matches!(refused, UnknownScheme::Damaged(Scheme::Pbkdf2, _)), "{salt} {hash}");
    }
}
