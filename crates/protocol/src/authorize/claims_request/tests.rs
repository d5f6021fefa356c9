use proptest::prelude::*;

use super::*;

#[test]
fn oidc_core_5_5_every_form_of_a_demand_is_read() {
    let request = ClaimsRequest::parse(Some(
        r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,"x":{"other":1}},
            "id_token":{"auth_time":{"essential":true},
                        "acr":{"values":["a","b"]},
                        "sub":{"value":"248289761001"}},
            "unknown":[1,2]}"#,
    ))
    .unwrap();
    assert!(request.userinfo["given_name"].essential);
    assert_eq!(request.userinfo["nickname"], ClaimDemand::default());
    assert_eq!(request.id_token["acr"].texts().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(request.id_token["sub"].texts().collect::<Vec<_>>(), ["248289761001"]);
    for member in ["userinfo", "id_token"] {
        let one = format!(r#"{{"{member}":{{"email":null}}}}"#);
        assert!(!ClaimsRequest::parse(Some(&one)).unwrap().is_empty(), "{member}");
    }
    assert!(ClaimsRequest::parse(None).unwrap().is_empty());
    assert!(ClaimsRequest::parse(Some(r#"{"userinfo":null}"#)).unwrap().is_empty());
}

#[test]
fn oidc_core_5_5_what_breaks_the_form_is_named() {
    let cases = [
        ("", "not_an_object"),
        ("null", "not_an_object"),
        ("{", "not_an_object"),
        (r#"{"userinfo":[]}"#, "member_not_an_object"),
        (r#"{"id_token":{"acr":"gold"}}"#, "malformed_demand"),
        (r#"{"id_token":{"acr":{"essential":"yes"}}}"#, "malformed_demand"),
    ];
    for (text, fault) in cases {
        let error = ClaimsRequest::parse(Some(text)).expect_err(text);
        assert_eq!(serde_json::to_value(&error).unwrap()["fault"], fault, "{text}");
    }
}

#[test]
fn i28_size_count_and_depth_are_bounded() {
    let long = format!(r#"{{"x":"{}"}}"#, "y".repeat(MAX_BYTES));
    assert!(matches!(ClaimsRequest::parse(Some(&long)), Err(ClaimsFault::TooLong { .. })));
    let many: Vec<String> = (0..=MAX_CLAIMS).map(|index| format!(r#""c{index}":null"#)).collect();
    let many = format!(r#"{{"userinfo":{{{}}}}}"#, many.join(","));
    assert!(matches!(ClaimsRequest::parse(Some(&many)), Err(ClaimsFault::TooMany { .. })));
    let longest = format!(r#"{{"x":"{}"}}"#, "y".repeat(MAX_BYTES - 8));
    assert_eq!(longest.len(), MAX_BYTES);
    assert!(ClaimsRequest::parse(Some(&longest)).unwrap().is_empty());
    let most: Vec<String> = (0..MAX_CLAIMS).map(|index| format!(r#""c{index}":null"#)).collect();
    let most = ClaimsRequest::parse(Some(&format!(r#"{{"userinfo":{{{}}}}}"#, most.join(","))));
    assert_eq!(most.unwrap().userinfo.len(), MAX_CLAIMS);
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(2000), "]".repeat(2000));
    assert!(matches!(ClaimsRequest::parse(Some(&deep)), Err(ClaimsFault::NotAnObject { .. })));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,200}") {
        let _ = ClaimsRequest::parse(Some(&text));
    }
}
