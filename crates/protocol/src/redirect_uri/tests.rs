use proptest::prelude::*;

use super::*;

const REGISTERED: &str = "https://rp.example/cb/";

fn matching(received: &str, registered: &str, native: bool) -> bool {
    matches(received, &[registered.to_owned()], native)
}

#[test]
fn i9_only_the_same_bytes_match() {
    assert!(matching(REGISTERED, REGISTERED, false));
    let others = [
        "https://rp.example/cb",
        "https://rp.example/cb//",
        "https://RP.example/cb/",
        "https://rp.example/cb/?",
        "https://rp.example/cb/#",
        "https://rp.example:443/cb/",
        "https://rp.example/cb/%20",
        "https://rp.example/c%62/",
        "http://rp.example/cb/",
        " https://rp.example/cb/",
        "https://rp.example/cb/\n",
        "",
    ];
    for received in others {
        assert!(!matching(received, REGISTERED, false), "{received:?}");
        assert!(!matching(received, REGISTERED, true), "{received:?}");
    }
}

/// The tricks of published advisories (security.md section 3), all with a native client, the only
/// one that gets more than equality.
#[test]
fn i10_no_parser_trick_reaches_another_host() {
    let loopback = "http://127.0.0.1/cb";
    let tricks = [
        "http://127.0.0.1@evil.example/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:80:80/cb",
        "http://127.0.0.1:80@a@evil.example/cb",
        "http://127.0.0.1\\@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:8080.evil.example/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80/cb/../other",
        "http://127.0.0.1:80/x/../cb",
        "http://127.0.0.1:80/..;/cb",
        "http://127.0.0.1:80/cb#",
        "http://127.0.0.1:80/cb?x",
        "http://127.0.0.2:80/cb",
        "http://127.1:80/cb",
        "http://2130706433:80/cb",
        "http://localhost:80/cb",
        "http://[::1]:80/cb",
        "https://127.0.0.1:80/cb",
        "HTTP://127.0.0.1:80/cb",
        "http://127.0.0.1:٨٠/cb",
    ];
    for received in tricks {
        assert!(!matching(received, loopback, true), "{received}");
    }
}

#[test]
fn rfc8252_7_3_any_port_of_a_loopback_literal_for_native_clients_only() {
    let cases = [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
        ("http://127.0.0.1:9999/cb", "http://127.0.0.1:51004/cb"),
        ("http://127.0.0.1:9999/cb", "http://127.0.0.1/cb"),
        ("http://[::1]/cb?a=b", "http://[::1]:51004/cb?a=b"),
        ("http://127.0.0.1", "http://127.0.0.1:51004"),
    ];
    for (registered, received) in cases {
        assert!(matching(received, registered, true), "{received}");
        assert!(!matching(received, registered, false), "{received}");
    }
    // RFC 8252 §8.3: the name is no literal.
    assert!(!matching("http://localhost:51004/cb", "http://localhost/cb", true));
    assert!(!matching("https://rp.example:8443/cb/", REGISTERED, true));
}

#[test]
fn registration_takes_what_is_unambiguous() {
    let web = [
        "https://rp.example/cb",
        "https://rp.example",
        "https://rp.example:8443/cb/?a=b&c=*",
        "https://xn--bcher-kva.example/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1:9999/cb",
        "http://[::1]:9999/cb",
    ];
    for uri in web {
        assert_eq!(validate(uri, false), Ok(()), "{uri}");
    }
    let longest = format!("https://rp.example/{}", "x".repeat(MAX_BYTES - 19));
    assert_eq!((longest.len(), validate(&longest, false)), (MAX_BYTES, Ok(())));
    for uri in ["com.example.app:/cb", "com.example.app://cb", "myapp:/cb"] {
        assert_eq!(validate(uri, true), Ok(()), "{uri}");
        assert!(matches!(validate(uri, false), Err(RedirectUriFault::CustomScheme(_))), "{uri}");
    }
}

#[test]
fn registration_refuses_what_two_programs_could_read_differently() {
    use RedirectUriFault as F;
    let long = format!("https://rp.example/{}", "x".repeat(MAX_BYTES));
    let cases = [
        ("/cb", F::NotAbsolute),
        ("rp.example/cb", F::NotAbsolute),
        ("https:rp.example/cb", F::NotAbsolute),
        ("https:///rp.example/cb", F::NotAbsolute),
        ("HTTPS://rp.example/cb", F::NotAbsolute),
        ("https://", F::NotAbsolute),
        (&long, F::TooLong(long.len())),
        ("https://rp.example/c b", F::ForbiddenCharacter(' ')),
        ("https://rp.example/\tcb", F::ForbiddenCharacter('\t')),
        ("https://rp.example\\@evil.example", F::ForbiddenCharacter('\\')),
        ("https://bücher.example/", F::ForbiddenCharacter('ü')),
        ("https://rp.example/cb\u{200b}", F::ForbiddenCharacter('\u{200b}')),
        ("https://rp.example/cb#", F::Fragment),
        ("https://rp.example/cb#top", F::Fragment),
        ("https://*.rp.example/cb", F::Wildcard),
        ("https://rp.example/*", F::Wildcard),
        ("https://rp.example@evil.example/", F::UserInfo),
        ("https://a@b@evil.example/", F::UserInfo),
        ("https://rp.example/a/../cb", F::DotSegments),
        ("https://rp.example/./cb", F::DotSegments),
        ("https://rp.example/a/%2E%2e/cb", F::DotSegments),
        ("https://rp.example/a/..;/cb", F::DotSegments),
        ("http://rp.example/cb", F::InsecureHttp),
        ("http://localhost.evil.example/cb", F::InsecureHttp),
        ("http://127.0.0.1.evil.example/cb", F::InsecureHttp),
    ];
    for (uri, fault) in cases {
        assert_eq!(validate(uri, false), Err(fault), "{uri}");
    }
}

#[test]
fn cve_2026_9086_a_dangerous_scheme_is_refused_in_any_case_and_for_any_client() {
    for uri in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "DATA:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "About:blank",
        "blob:https://rp.example/x",
    ] {
        assert!(matches!(validate(uri, true), Err(RedirectUriFault::DangerousScheme(_))), "{uri}");
    }
}

#[test]
fn the_nearest_registered_uri_is_the_likely_one() {
    let registered = [
        "https://api.dev.unomed.example/accounts/callback/".to_owned(),
        "https://api.unomed.example/accounts/callback/".to_owned(),
        "https://other.example/".to_owned(),
    ];
    let (known, class) = nearest("https://api.unomed.example/accounts/callback", &registered);
    assert_eq!((known, class), (Some(registered[1].as_str()), Difference::TrailingSlash));
    assert_eq!(nearest("https://rp.example/", &[]), (None, Difference::NothingRegistered));
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panic(received in "\\PC{0,60}", native: bool) {
        let registered = [REGISTERED.to_owned(), "http://127.0.0.1/cb".to_owned()];
        let _ = validate(&received, native);
        let _ = nearest(&received, &registered);
        prop_assert!(!matches(&received, &registered, false) || registered.contains(&received));
    }

    /// Whatever a native client appends to a loopback address, a browser stays on that address.
    #[test]
    fn i9_what_matches_a_loopback_uri_is_on_that_address(rest in "[:@./\\\\0-9a-z#?;%]{0,24}") {
        let received = format!("http://127.0.0.1{rest}");
        if matching(&received, "http://127.0.0.1/cb", true) {
            let url = Url::parse(&received).unwrap();
            prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
            prop_assert_eq!(url.path(), "/cb");
        }
    }
}
