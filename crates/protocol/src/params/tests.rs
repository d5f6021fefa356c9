use proptest::prelude::*;

use super::*;

fn params(text: &str) -> Params {
    Params::parse(text.as_bytes()).expect("readable parameters")
}

#[test]
fn rfc6749_3_1_a_parameter_without_a_value_is_as_if_omitted() {
    let params = params("state=&nonce&scope=openid");
    assert_eq!(params.one("state"), None);
    assert_eq!(params.one("nonce"), None);
    assert_eq!(params.one("scope"), Some("openid"));
}

#[test]
fn rfc6749_3_1_a_known_parameter_that_repeats_is_named() {
    let known = ["client_id", "state"];
    assert_eq!(params("state=a&state=a").repeated(&known), Some("state"));
    assert_eq!(params("state=a&client_id=b").repeated(&known), None);
    assert_eq!(params("state=a&state=").repeated(&known), None, "an empty one is omitted");
}

#[test]
fn as_23_unknown_parameters_may_repeat() {
    assert_eq!(params("resource=a&resource=b").repeated(&["state"]), None);
}

#[test]
fn rfc6749_appendix_b_values_are_decoded() {
    assert_eq!(params("a=x+y%20z%2B%C3%A9").one("a"), Some("x y z+é"));
    assert_eq!(params("a=b=c").one("a"), Some("b=c"));
    assert_eq!(params("a=++").one("a"), Some("  "), "a value of nothing else");
}

#[test]
fn unreadable_bytes_are_named_precisely() {
    let cases: [(&[u8], ParamsError); 6] = [
        (b"a=1&b=%zz", ParamsError::BrokenEscape { position: 2 }),
        (b"a=%", ParamsError::BrokenEscape { position: 1 }),
        (b"a=%ff", ParamsError::NotUtf8 { position: 1 }),
        (b"a=\xff", ParamsError::NotUtf8 { position: 1 }),
        (b"a=%00", ParamsError::ZeroByte { position: 1 }),
        (b"\0=1", ParamsError::ZeroByte { position: 1 }),
    ];
    for (bytes, expected) in cases {
        assert_eq!(Params::parse(bytes).unwrap_err(), expected);
    }
}

#[test]
fn i28_every_dimension_is_bounded() {
    let many = "a=1&".repeat(MAX_PARAMETERS + 1);
    assert!(matches!(Params::parse(many.as_bytes()), Err(ParamsError::TooMany { .. })));
    assert!(Params::parse("a=1&".repeat(MAX_PARAMETERS).as_bytes()).is_ok());

    let long = format!("a={}", "x".repeat(MAX_VALUE_BYTES + 1));
    assert!(matches!(Params::parse(long.as_bytes()), Err(ParamsError::ValueTooLong { .. })));
    let name = "n".repeat(MAX_NAME_BYTES + 1);
    assert!(matches!(Params::parse(name.as_bytes()), Err(ParamsError::NameTooLong { .. })));

    let (name, value) = ("n".repeat(MAX_NAME_BYTES), "x".repeat(MAX_VALUE_BYTES));
    assert_eq!(params(&format!("{name}={value}")).one(&name), Some(value.as_str()));
}

#[test]
fn i17_debug_shows_names_and_no_values() {
    let text = format!("{:?}", params("client_secret=hunter2"));
    assert!(text.contains("client_secret") && !text.contains("hunter2"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_panic(bytes: Vec<u8>) {
        let _ = Params::parse(&bytes);
    }

    #[test]
    fn what_a_serializer_writes_is_read_back(value in "[^\0]{1,64}") {
        let text: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("v", &value).finish();
        let params = params(&text);
        prop_assert_eq!(params.one("v"), Some(value.as_str()));
    }
}
