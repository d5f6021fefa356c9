use super::*;
use crate::refusal::Reason;

const ISSUER: &str = "https://id.clinic.example";

fn reply_to(uri: &str, mode: ResponseMode, state: Option<&str>) -> ReplyTo {
    ReplyTo { redirect_uri: uri.to_owned(), response_mode: mode, state: state.map(str::to_owned) }
}

fn location(response: Response) -> String {
    match response {
        Response::Redirect(location) => location,
        Response::FormPost { .. } => panic!("a redirect was expected"),
    }
}

#[test]
fn as_25_a_registered_query_is_preserved_byte_for_byte() {
    let cases = [
        ("https://rp.example/cb", "https://rp.example/cb?code="),
        ("https://rp.example/cb/", "https://rp.example/cb/?code="),
        ("https://rp.example", "https://rp.example?code="),
        ("https://rp.example/cb?", "https://rp.example/cb?code="),
        ("https://rp.example/cb?a=%2f&b=c+d", "https://rp.example/cb?a=%2f&b=c+d&code="),
        ("https://rp.example/cb?a&", "https://rp.example/cb?a&code="),
        ("com.example.app:/cb", "com.example.app:/cb?code="),
    ];
    for (uri, beginning) in cases {
        let answer = location(success(&reply_to(uri, ResponseMode::Query, None), "c0de", ISSUER));
        assert!(answer.starts_with(&format!("{beginning}c0de&")), "{answer}");
    }
}

#[test]
fn as_29_state_returns_unchanged_and_only_if_sent() {
    let state = "a b+c/d=&e%20\"<é>\r\n";
    let to = reply_to("https://rp.example/cb", ResponseMode::Query, Some(state));
    let answer = location(success(&to, "c0de", ISSUER));
    let url = url::Url::parse(&answer).unwrap();
    let returned: Vec<String> =
        url.query_pairs().filter(|(name, _)| name == "state").map(|(_, v)| v.into()).collect();
    assert_eq!(returned, [state]);
    assert!(answer.bytes().all(|byte| byte.is_ascii_graphic()), "nothing can split the header");

    let without = reply_to("https://rp.example/cb", ResponseMode::Query, None);
    assert!(!location(success(&without, "c0de", ISSUER)).contains("state"));
}

#[test]
fn as_30_iss_is_in_every_answer() {
    let to = reply_to("https://rp.example/cb", ResponseMode::Query, None);
    let iss = "iss=https%3A%2F%2Fid.clinic.example";
    assert!(location(success(&to, "c0de", ISSUER)).ends_with(iss));
    let refused = Reason::ConsentDeclined.wire();
    assert!(location(error(&to, &refused, CaseCode::from_random(1), ISSUER)).ends_with(iss));
}

#[test]
fn as_31_an_error_carries_nothing_else() {
    let to = reply_to("https://rp.example/cb", ResponseMode::FormPost, Some("xyz"));
    let case: CaseCode = "7FK-2QD".parse().unwrap();
    let Response::FormPost { action, fields } =
        error(&to, &Reason::ConsentDeclined.wire(), case, ISSUER)
    else {
        panic!("form_post was asked for");
    };
    assert_eq!(action, "https://rp.example/cb");
    let expected = [
        ("error", "access_denied"),
        ("error_description", "the user declined (case 7FK-2QD)"),
        ("error_uri", "https://id.clinic.example/errors/VB-3004"),
        ("state", "xyz"),
        ("iss", ISSUER),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn multiple_response_types_2_1_the_fragment_carries_what_the_query_would() {
    let to = reply_to("https://rp.example/cb?a=b", ResponseMode::Fragment, Some("x y"));
    assert_eq!(
        location(success(&to, "c0de", ISSUER)),
        "https://rp.example/cb?a=b#code=c0de&state=x%20y&iss=https%3A%2F%2Fid.clinic.example"
    );
}
