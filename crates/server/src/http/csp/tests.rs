use std::collections::BTreeMap;

use super::*;

fn directives(policy: &str) -> BTreeMap<&str, &str> {
    policy.split(';').map(|d| d.trim().split_once(' ').expect("a directive has a value")).collect()
}

fn sign_in(frame_ancestors: &[String]) -> Policy<'_> {
    Policy::SignIn { frame_ancestors, opener: Opener::Severed }
}

fn form_post(redirect_uri: &str) -> Policy<'_> {
    Policy::FormPost { redirect_uri, frame_ancestors: &[], opener: Opener::Severed }
}

fn header(policy: Policy<'_>, transport: Transport, name: &str) -> Option<String> {
    headers(policy, transport).into_iter().find(|(known, _)| *known == name).map(|(_, v)| v)
}

#[test]
fn a_plain_page_may_do_what_the_default_parameters_say() {
    assert_eq!(
        directives(&content_security_policy(Policy::Page)),
        directives(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'; object-src 'none'"
        )
    );
}

#[test]
fn t7_a_sign_in_posts_to_us_alone() {
    let ancestors = ["https://app.unomed.ch".to_owned()];
    for policy in [sign_in(&[]), sign_in(&ancestors)] {
        let text = content_security_policy(policy);
        assert_eq!(directives(&text)["form-action"], "'self'");
    }
}

#[test]
fn only_the_origins_a_client_registered_may_frame_it() {
    let rows: &[(&[&str], &str)] = &[
        (&[], "'none'"),
        (&["https://app.unomed.ch"], "https://app.unomed.ch"),
        (
            &["https://app.unomed.ch/any?path", "https://app.dev.unomed.ch:8443"],
            "https://app.unomed.ch https://app.dev.unomed.ch:8443",
        ),
        (&["https://müller.example"], "https://xn--mller-kva.example"),
        (&["*"], "'none'"),
        (&["javascript:alert(1)", "data:,x", "", "app.unomed.ch"], "'none'"),
        (&["https://a.example; script-src *"], "'none'"),
        (&["https://a.example/; script-src *"], "https://a.example"),
    ];
    for (registered, expected) in rows {
        let registered: Vec<String> = registered.iter().map(|it| (*it).to_owned()).collect();
        let text = content_security_policy(sign_in(&registered));
        assert_eq!(directives(&text)["frame-ancestors"], *expected, "{registered:?}");
        assert_eq!(directives(&text)["script-src"], "'self'", "{registered:?}");
        let options = header(sign_in(&registered), Transport::Tls, "x-frame-options");
        assert_eq!(options.is_some(), *expected == "'none'", "{registered:?}");
    }
}

#[test]
fn t7_form_post_may_be_followed_by_a_redirect_to_another_host_of_the_client() {
    for (redirect_uri, expected) in [
        ("https://rp.example/cb?x=1", "https:"),
        ("http://127.0.0.1:9999/cb", "http: https:"),
        ("http://[::1]:9999/cb", "http: https:"),
        ("ch.clinic.app:/cb", "ch.clinic.app:"),
        ("not a uri", "'none'"),
    ] {
        let text = content_security_policy(form_post(redirect_uri));
        assert_eq!(directives(&text)["form-action"], expected, "{redirect_uri}");
        assert_eq!(directives(&text)["default-src"], "'none'", "{redirect_uri}");
    }
}

#[test]
fn json_may_do_nothing() {
    let text = content_security_policy(Policy::Json);
    assert_eq!(text, "default-src 'none'; frame-ancestors 'none'");
}

#[test]
fn no_policy_allows_inline_script_or_style_or_another_site() {
    let ancestors = ["https://app.unomed.ch".to_owned()];
    for policy in [
        Policy::Page,
        sign_in(&ancestors),
        form_post("https://rp.example/cb"),
        Policy::FramedNotice,
        Policy::Json,
    ] {
        let text = content_security_policy(policy);
        assert!(!text.contains("unsafe"), "{text}");
        for name in ["script-src", "style-src", "connect-src", "img-src", "font-src"] {
            let value = directives(&text).get(name).copied().unwrap_or("'self'");
            assert!(matches!(value, "'self'" | "'self' data:"), "{name} {value}");
        }
    }
}

#[test]
fn every_answer_carries_the_protective_headers() {
    for policy in [Policy::Page, sign_in(&[]), form_post("https://rp.example/cb"), Policy::Json] {
        let value = |name| header(policy, Transport::Tls, name);
        assert_eq!(value("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(value("referrer-policy").as_deref(), Some("no-referrer"));
        assert_eq!(value("cross-origin-opener-policy").as_deref(), Some("same-origin"));
        assert_eq!(value("cross-origin-resource-policy").as_deref(), Some("same-origin"));
        assert_eq!(value("cache-control").as_deref(), Some("no-store"));
        assert_eq!(value("x-frame-options").as_deref(), Some("DENY"));
        assert!(value("permissions-policy").is_some_and(|it| it.contains("camera=()")));
        assert_eq!(
            value("strict-transport-security").as_deref(),
            Some("max-age=63072000; includeSubDomains")
        );
    }
}

#[test]
fn http_never_promises_https() {
    let of = |issuer: &str| Transport::of(&Issuer::parse(issuer).unwrap());
    assert_eq!(of("http://localhost:8080"), Transport::Plain);
    assert_eq!(of("https://id.clinic.example"), Transport::Tls);
    assert_eq!(of("HTTPS://id.clinic.example"), Transport::Tls);
    assert_eq!(header(Policy::Page, Transport::Plain, "strict-transport-security"), None);
}

#[test]
fn a_pop_up_keeps_its_opener_only_when_asked() {
    let kept = Policy::SignIn { frame_ancestors: &[], opener: Opener::Kept };
    let value = header(kept, Transport::Tls, "cross-origin-opener-policy");
    assert_eq!(value.as_deref(), Some("unsafe-none"));
}

#[test]
fn the_notice_for_frames_can_be_seen_in_any_frame() {
    assert_eq!(header(Policy::FramedNotice, Transport::Tls, "x-frame-options"), None);
    assert_eq!(directives(&content_security_policy(Policy::FramedNotice))["frame-ancestors"], "*");
}
