use proptest::prelude::*;

use super::*;
use crate::client::PkcePolicy;
use crate::fixtures::*;
use crate::redirect_uri::Difference;

const BASE: [(&str, &str); 4] = [
    ("response_type", "code"),
    ("client_id", "unomed"),
    ("redirect_uri", CALLBACK),
    ("scope", "openid email profile"),
];

fn with(pairs: &[(&str, &str)]) -> Params {
    let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    let kept = BASE.iter().filter(|(name, _)| !names.contains(name));
    let all: Vec<(&str, &str)> = kept.chain(pairs).copied().collect();
    params(&all)
}

fn read_for(client: &Client, params: &Params) -> Result<AuthorizationRequest, Reason> {
    read(params, client, destination(params, client)?, IdTokenHint::Absent)
}

fn read_with(pairs: &[(&str, &str)]) -> Result<AuthorizationRequest, Reason> {
    read_for(&client(), &with(pairs))
}

#[test]
fn as_23_unknown_parameters_and_scopes_are_ignored_and_order_never_matters() {
    let plain = read_with(&[]).unwrap();
    assert_eq!(plain.scope.to_string(), "email openid profile");
    assert!(!plain.scope_differs);

    let mut reversed = BASE;
    reversed.reverse();
    assert_eq!(read_for(&client(), &params(&reversed)).unwrap(), plain);
    assert_eq!(read_with(&[("scope", "profile openid email")]).unwrap(), plain);
    assert_eq!(read_with(&[("hd", "clinic.example"), ("foo", "bar")]).unwrap(), plain);

    let with_unknown = read_with(&[("scope", "openid email profile frobnicate")]).unwrap();
    assert_eq!(with_unknown.scope, plain.scope);
    assert!(with_unknown.scope_differs, "RFC 6749 §3.3: then the response says the scope");
}

#[test]
fn as_24_unknown_client_is_shown_never_redirected() {
    assert_eq!(
        client_id(&params(&[("state", "x")])),
        Err(Reason::MissingParameter { parameter: "client_id" })
    );
    assert_eq!(
        client_id(&params(&[("client_id", "a"), ("client_id", "b")])),
        Err(Reason::RepeatedParameter { parameter: "client_id" })
    );
    let too_long = "x".repeat(257);
    assert!(client_id(&params(&[("client_id", &too_long)])).is_err());

    let mut disabled = client();
    disabled.status = Status::Disabled;
    assert!(matches!(destination(&with(&[]), &disabled), Err(Reason::ClientDisabled { .. })));
}

#[test]
fn as_24_a_redirect_uri_matches_byte_for_byte_or_is_shown() {
    let cases = [
        (CALLBACK.trim_end_matches('/').to_owned(), Difference::TrailingSlash),
        (CALLBACK.to_uppercase(), Difference::LetterCase),
        (format!("{CALLBACK}?a=b"), Difference::Query),
        (CALLBACK.replace("https", "http"), Difference::Scheme),
        (CALLBACK.replace("unomed", "evil"), Difference::Host),
        (format!("{CALLBACK}#f"), Difference::Fragment),
        (format!("{CALLBACK} "), Difference::Whitespace),
    ];
    for (sent, expected) in cases {
        let refused = destination(&with(&[("redirect_uri", &sent)]), &client());
        match refused {
            Err(Reason::RedirectUriMismatch { received, nearest, difference }) => {
                assert_eq!((received, difference), (sent, expected));
                assert_eq!(nearest.as_deref(), Some(CALLBACK));
            }
            other => panic!("{sent}: {other:?}"),
        }
    }
    let repeated = params(&[("redirect_uri", CALLBACK), ("redirect_uri", CALLBACK)]);
    assert_eq!(
        destination(&repeated, &client()),
        Err(Reason::RepeatedParameter { parameter: "redirect_uri" })
    );
}

#[test]
fn rfc6749_3_1_2_3_redirect_uri_may_be_omitted_when_one_is_registered() {
    let omitted = params(&[("client_id", "unomed")]);
    let only = destination(&omitted, &client()).unwrap();
    assert_eq!((only.redirect_uri(), only.was_sent()), (CALLBACK, false));

    let mut two = client();
    two.settings.redirect_uris.push("https://other.example/cb".to_owned());
    assert_eq!(destination(&omitted, &two), Err(Reason::RedirectUriMissing { registered: 2 }));
    two.settings.redirect_uris.clear();
    assert_eq!(destination(&omitted, &two), Err(Reason::RedirectUriMissing { registered: 0 }));
}

#[test]
fn as_26_and_as_27_errors_travel_as_the_client_asked() {
    let to = |pairs: &[(&str, &str)]| {
        let params = with(pairs);
        reply_to(&params, &destination(&params, &client()).unwrap())
    };
    assert_eq!(to(&[]).response_mode, ResponseMode::Query);
    assert_eq!(to(&[("response_mode", "form_post")]).response_mode, ResponseMode::FormPost);
    assert_eq!(to(&[("response_mode", "fragment")]).response_mode, ResponseMode::Fragment);
    assert_eq!(to(&[("response_mode", "web_message")]).response_mode, ResponseMode::Query);
    for front_channel in ["token", "id_token", "id_token token", "code id_token", "code token"] {
        let mode = to(&[("response_type", front_channel)]).response_mode;
        assert_eq!(mode, ResponseMode::Fragment, "{front_channel}");
        let asked = to(&[("response_type", front_channel), ("response_mode", "form_post")]);
        assert_eq!(asked.response_mode, ResponseMode::FormPost, "{front_channel}");
    }
    for other in ["", "none", "token_id"] {
        assert_eq!(to(&[("response_type", other)]).response_mode, ResponseMode::Query, "{other}");
    }
    assert_eq!(to(&[("state", "a b+c")]).state.as_deref(), Some("a b+c"));
    assert_eq!(to(&[("state", "a"), ("state", "b")]).state, None);
    assert_eq!(to(&[("state", &"s".repeat(MAX_STATE_BYTES + 1))]).state, None);
}

#[test]
fn as_29_long_printable_state_is_carried_unchanged() {
    let state: String = (0x20..0x7f_u8).map(char::from).collect::<String>().repeat(10);
    assert_eq!(read_with(&[("state", &state)]).unwrap().state, Some(state));
    let too_long = "s".repeat(MAX_STATE_BYTES + 1);
    assert!(matches!(
        read_with(&[("state", &too_long)]),
        Err(Reason::ParameterTooLong { parameter: "state", .. })
    ));
}

#[test]
fn as_33_a_nonce_of_384_characters_is_echoed_and_a_boundless_one_refused() {
    let nonce = "n".repeat(384);
    assert_eq!(read_with(&[("nonce", &nonce)]).unwrap().nonce, Some(nonce));
    let too_long = "n".repeat(MAX_NONCE_BYTES + 1);
    assert!(matches!(
        read_with(&[("nonce", &too_long)]),
        Err(Reason::ParameterTooLong { parameter: "nonce", .. })
    ));
}

/// What a bound allows is taken to its last byte, and carried back by errors too.
#[test]
fn i28_the_longest_values_are_taken_whole() {
    let longest = "x".repeat(256);
    assert_eq!(client_id(&params(&[("client_id", &longest)])), Ok(ClientId(longest)));
    let (state, nonce) = ("s".repeat(MAX_STATE_BYTES), "n".repeat(MAX_NONCE_BYTES));
    let hint = "h".repeat(MAX_LOGIN_HINT_BYTES);
    let sent = [("state", state.as_str()), ("nonce", &nonce), ("login_hint", &hint)];
    let request = read_with(&sent).unwrap();
    assert_eq!(request.state.as_ref(), Some(&state));
    assert_eq!(request.nonce.as_ref(), Some(&nonce));
    assert_eq!(request.login_hint.as_ref(), Some(&hint));
    let params = with(&sent);
    let reply = reply_to(&params, &destination(&params, &client()).unwrap());
    assert_eq!(reply.state.as_ref(), Some(&state));
    let longer = format!("{hint}h");
    assert_eq!(read_with(&[("login_hint", &longer)]).unwrap().login_hint, None);
}

#[test]
fn i28_of_a_list_of_wishes_the_first_sixteen_are_read_and_none_that_is_boundless() {
    let (longest, longer) = ("w".repeat(256), "w".repeat(257));
    let mut wishes: Vec<String> = (0..16).map(|count| format!("wish-{count}")).collect();
    let read = |wishes: &[String]| {
        read_with(&[("acr_values", &wishes.join(" ")), ("ui_locales", &wishes.join(" "))]).unwrap()
    };
    let request = read(&wishes);
    assert_eq!((&request.acr_values, &request.ui_locales), (&wishes, &wishes));
    wishes.push("one-more".to_owned());
    assert_eq!(read(&wishes).acr_values.len(), 16);
    assert_eq!(read(&[longer, longest.clone()]).acr_values, [longest]);
}

/// Parameters, the reason's word, the code on the wire.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

/// One parameter wrong, one reason.
#[test]
fn rfc6749_4_1_2_1_each_misdeed_has_its_error() {
    let cases: &[Case<'_>] = &[
        (&[("response_type", "")], "response_type_missing", "invalid_request"),
        (&[("response_type", "token")], "response_type_unsupported", "unsupported_response_type"),
        (
            &[("response_type", "code id_token")],
            "response_type_unsupported",
            "unsupported_response_type",
        ),
        (&[("response_mode", "jwt")], "response_mode_unknown", "invalid_request"),
        (&[("request", "ey")], "request_object_unsupported", "request_not_supported"),
        (&[("request_uri", "urn:x")], "request_uri_unsupported", "request_uri_not_supported"),
        (&[("registration", "{}")], "registration_unsupported", "registration_not_supported"),
        (&[("scope", "openid  email\"")], "scope_malformed", "invalid_scope"),
        (&[("scope", "openid,email")], "scope_separated_by_commas", "invalid_scope"),
        (&[("scope", "frobnicate")], "scope_not_allowed", "invalid_scope"),
        (&[("prompt", "none login")], "prompt_none_combined", "invalid_request"),
        (&[("max_age", "-1")], "max_age_malformed", "invalid_request"),
        (&[("max_age", "+1")], "max_age_malformed", "invalid_request"),
        (&[("max_age", "soon")], "max_age_malformed", "invalid_request"),
        (&[("max_age", "99999999999999999999999")], "max_age_malformed", "invalid_request"),
        (&[("claims", "[]")], "claims_malformed", "invalid_request"),
        (&[("code_challenge", CHALLENGE)], "pkce_method_unsupported", "invalid_request"),
        (&[("code_challenge_method", "S256")], "pkce_challenge_missing", "invalid_request"),
        (&[("nonce", "a"), ("nonce", "a")], "repeated_parameter", "invalid_request"),
    ];
    for (pairs, word, code) in cases {
        let reason = read_with(pairs).expect_err(word);
        assert_eq!((reason.word().as_str(), reason.wire().code.as_str()), (*word, *code));
    }
}

#[test]
fn rfc6749_3_3_a_comma_is_a_mistake_only_between_words_that_the_client_may_have() {
    let scope = |text: &str| read_with(&[("scope", text)]);
    for mistaken in ["openid,email", "openid email,profile", "openid phone,frobnicate"] {
        let reason = scope(mistaken).expect_err(mistaken);
        assert_eq!(reason.word(), "scope_separated_by_commas", "{mistaken}");
    }
    let unknown = scope("openid frob,nicate").unwrap().scope;
    assert_eq!(unknown, Scope::of(["openid"]), "AS-23: a word like any other");
    let mut client = client();
    client.settings.scope = Scope::of(["openid", "email", "email,all"]);
    let own = read_for(&client, &with(&[("scope", "openid email,all")])).unwrap().scope;
    assert_eq!(own, Scope::of(["openid", "email,all"]), "its own word");
    assert!(scope(" ").unwrap().scope.is_empty(), "nothing asked for is nothing to refuse");
}

#[test]
fn oidc_core_3_1_2_1_prompts_are_a_list_and_none_stands_alone() {
    let prompt = |text: &str| read_with(&[("prompt", text)]).unwrap().prompt;
    assert_eq!(prompt("login consent"), BTreeSet::from([Prompt::Login, Prompt::Consent]));
    assert_eq!(prompt("none"), BTreeSet::from([Prompt::None]));
    // It is asked before the request is read, and also of one that is refused for it.
    for (text, forbidden) in
        [("none", true), ("login none", true), ("login", false), ("nonesuch", false), ("", false)]
    {
        assert_eq!(forbids_pages(&with(&[("prompt", text)])), forbidden, "{text:?}");
    }
}

#[test]
fn rfc6749_4_1_2_1_a_client_without_the_grant_is_unauthorized() {
    let mut client = client();
    client.settings.grant_types.remove(&GrantType::AuthorizationCode);
    let reason = read_for(&client, &with(&[])).unwrap_err();
    assert_eq!(reason.wire().code.as_str(), "unauthorized_client");
}

#[test]
fn rfc6749_3_3_without_scope_the_default_is_taken_and_told() {
    let request = read_with(&[("scope", "")]).unwrap();
    assert_eq!(request.scope.to_string(), "address email phone profile records");
    assert!(request.scope_differs);
}

#[test]
fn as_36_offline_access_is_nothing_to_a_client_that_may_not_refresh() {
    let scope = [("scope", "openid offline_access")];
    assert!(read_with(&scope).unwrap().scope.contains("offline_access"));
    let mut client = client();
    client.settings.grant_types.remove(&GrantType::RefreshToken);
    let request = read_for(&client, &with(&scope)).unwrap();
    assert!(!request.scope.contains("offline_access") && request.scope_differs);
}

#[test]
fn as_39_a_hint_names_the_expected_subject_or_is_refused() {
    let params = with(&[]);
    let hinted = |hint| read(&params, &client(), destination(&params, &client()).unwrap(), hint);
    let subject = IdTokenHint::Subject(Subject("u_1".to_owned()));
    assert_eq!(hinted(subject).unwrap().id_token_hint.as_deref(), Some("u_1"));
    assert_eq!(hinted(IdTokenHint::Unusable), Err(Reason::IdTokenHintUnusable));
}

#[test]
fn as_40_and_as_41_preferences_never_cause_an_error() {
    let long = "x".repeat(4000);
    let request = read_with(&[
        ("login_hint", &long),
        ("display", "hologram"),
        ("ui_locales", "de-CH xx-klingon ???"),
        ("claims_locales", "de"),
        ("acr_values", "urn:example:gold 0"),
        ("prompt", "create"),
    ])
    .unwrap();
    assert_eq!(request.login_hint, None);
    assert_eq!(request.display, None);
    assert_eq!(request.ui_locales, ["de-CH", "xx-klingon", "???"]);
    assert_eq!(request.acr_values, ["urn:example:gold", "0"]);
    assert!(request.prompt.is_empty());
}

#[test]
fn as_43_claims_are_limited_to_what_the_client_is_registered_for() {
    let claims = r#"{"userinfo":{"email":null,"name":null},"id_token":{"acr":{"essential":true}}}"#;
    let mut client = client();
    client.settings.scope = Scope::of(["openid", "email"]);
    let request = read_for(&client, &with(&[("claims", claims)])).unwrap();
    assert_eq!(request.claims.userinfo.keys().collect::<Vec<_>>(), ["email"]);
    assert!(request.claims.id_token["acr"].essential);
}

#[test]
fn as_47_pkce_is_demanded_by_the_registration_and_verified_whenever_sent() {
    let sent = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    assert_eq!(read_with(&sent).unwrap().code_challenge.as_deref(), Some(CHALLENGE));
    assert_eq!(read_with(&[]).unwrap().code_challenge, None);

    let mut strict = client();
    strict.settings.pkce = PkcePolicy::Required;
    assert_eq!(read_for(&strict, &with(&[])), Err(Reason::PkceRequired));
    assert!(read_for(&strict, &with(&sent)).is_ok());
    // RFC 9700 §2.1.1: a public client cannot be relaxed.
    assert_eq!(read_for(&public_client(), &with(&[])), Err(Reason::PkceRequired));
}

#[test]
fn state_and_nonce_are_demanded_only_by_registration() {
    let mut strict = client();
    strict.settings.require_state = true;
    strict.settings.require_nonce = true;
    assert_eq!(read_for(&strict, &with(&[])), Err(Reason::StateRequired));
    assert_eq!(read_for(&strict, &with(&[("state", "s")])), Err(Reason::NonceRequired));
    assert!(read_for(&strict, &with(&[("state", "s"), ("nonce", "n")])).is_ok());
}

#[test]
fn oidc_registration_2_default_max_age_yields_to_the_request() {
    let mut client = client();
    client.settings.default_max_age = Some(300);
    assert_eq!(read_for(&client, &with(&[])).unwrap().max_age, Some(300));
    assert_eq!(read_for(&client, &with(&[("max_age", "0")])).unwrap().max_age, Some(0));
}

proptest! {
    #[test]
    fn any_request_is_read_or_refused_without_panic(
        pairs in proptest::collection::vec(("[a-z_]{1,12}", "\\PC{0,40}"), 0..8),
        known in 0..KNOWN.len(),
        value in "\\PC{0,60}",
    ) {
        let mut pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.push((KNOWN[known], &value));
        let params = with(&pairs);
        let _ = client_id(&params);
        if let Ok(destination) = destination(&params, &client()) {
            // Invariant I10: whatever came, the answer goes to a registered URI.
            prop_assert_eq!(destination.redirect_uri(), CALLBACK);
            prop_assert_eq!(reply_to(&params, &destination).redirect_uri, CALLBACK);
            let _ = read(&params, &client(), destination, IdTokenHint::Absent);
        }
    }
}
