//! The OpenID Foundation's conformance suite, stood in for: its modules, played with the client that
//! `docs/guides/conformance.md` makes, and what their conditions ask of the answers.

use std::collections::BTreeSet;
use std::time::Duration;

use openidconnect::core::CoreJsonWebKeySet;
use reqwest::Method;
use serde_json::{Value, json};
use vestibule_tests::browser::{Answer, Browser, Return, encode};
use vestibule_tests::databases::Database;
use vestibule_tests::on_both_databases;
use vestibule_tests::pkce::challenge;
use vestibule_tests::relying_party::{Authentication, RelyingParty, Tokens};
use vestibule_tests::server::{Registration, Server};

use crate::routes::id_tokens::judged;

const CALLBACK: &str = "https://suite.test/test/a/vestibule/callback";
const AFTER_LOGOUT: &str = "https://suite.test/test/a/vestibule/post_logout_redirect";

/// What the user of these tests has of the claims that a scope stands for (OIDC Core §5.4).
const SCOPES: &[(&str, &str)] = &[
    (
        "profile",
        "name given_name family_name middle_name nickname profile picture website gender \
         birthdate zoneinfo locale updated_at",
    ),
    ("email", "email email_verified"),
    ("phone", "phone_number phone_number_verified"),
];

/// One module at work: the client of its plan, and a browser that nobody has signed in with.
struct Module<'a> {
    server: &'a Server,
    rp: RelyingParty,
    keys: CoreJsonWebKeySet,
    form_post: bool,
    browser: Browser,
}

/// What a module has after one authorization.
struct Flow {
    answer: Return,
    tokens: Tokens,
    /// The pages that were shown on the way.
    pages: Vec<&'static str>,
}

impl<'a> Module<'a> {
    async fn new(server: &'a Server, form_post: bool) -> Self {
        let registration = Registration {
            redirect_uris: vec![CALLBACK.to_owned()],
            post_logout_redirect_uris: vec![AFTER_LOGOUT.to_owned()],
            ..Registration::default()
        };
        let mut rp = server.register(registration).await;
        rp.authentication = Authentication::Basic;
        "openid".clone_into(&mut rp.scope);
        let keys = serde_json::from_value(rp.get("/.well-known/jwks.json").await.json());
        let keys = keys.expect("a key set that a library reads");
        Self { server, rp, keys, form_post, browser: Browser::new() }
    }

    fn request(&self, changes: &[(&str, &str)]) -> String {
        let mode = if self.form_post { "form_post" } else { "" };
        let usual = [("response_mode", mode), ("nonce", "n0S6WzA2Mj")];
        let kept = usual.iter().filter(|(name, _)| changes.iter().all(|(key, _)| key != name));
        self.rp.request(&kept.chain(changes).copied().collect::<Vec<_>>())
    }

    /// The answer as the redirect URI gets it, by the way that was asked for; a page is handed back.
    async fn ask(&mut self, url: &str) -> Result<Return, Box<Answer>> {
        let came = self.browser.try_authorize(url, &self.server.ada(), "approve").await;
        if !self.form_post {
            return came.map_err(Box::new);
        }
        let page = came.expect_err("form_post answers by a page of ours");
        let Some(form) = page.page().first_form().filter(|form| form.action == CALLBACK) else {
            return Err(Box::new(page));
        };
        assert_eq!(form.method, "post", "CheckCallbackHttpMethodIsPost");
        Ok(Return { url: form.action, parameters: form.fields })
    }

    /// The error that a request is answered with; the conditions that hold for each of them.
    async fn error(&mut self, changes: &[(&str, &str)]) -> String {
        let state = "s".repeat(124) + "-._~";
        let mut sent = vec![("state", state.as_str())];
        sent.extend(changes);
        let answer = self.ask(&self.request(&sent)).await.expect("an answer to the client");
        assert_eq!(answer.get("state"), Some(state.as_str()), "CheckStateInAuthorizationResponse");
        assert_eq!(answer.get("iss"), Some(self.server.issuer()));
        assert_eq!(answer.get("code"), None, "RejectAuthCodeInAuthorizationEndpointResponse");
        let known = ["error", "error_description", "error_uri", "state", "iss"];
        for (name, value) in &answer.parameters {
            assert!(known.contains(&name.as_str()), "{name} is none of an error response");
            assert!(name == "state" || printable(value), "{name}: {value}");
        }
        answer.get("error").expect("an error").to_owned()
    }

    /// The whole flow, which has to go well.
    async fn flow(&mut self, changes: &[(&str, &str)]) -> Flow {
        self.flow_with(changes, &[]).await
    }

    async fn flow_with(&mut self, changes: &[(&str, &str)], redeem: &[(&str, &str)]) -> Flow {
        let url = self.request(changes);
        let answer = self.ask(&url).await.unwrap_or_else(|page| panic!("{}", page.text()));
        assert_eq!(answer.get("error"), None, "CheckIfAuthorizationEndpointError");
        assert_eq!(answer.get("state"), Some("af0ifjsldkj"));
        assert_eq!(answer.get("iss"), Some(self.server.issuer()));
        let pages = self.browser.pages.clone();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", answer.code()),
            ("redirect_uri", CALLBACK),
        ];
        fields.extend(redeem);
        let tokens = Tokens::read(&self.rp.token(&fields).await);
        assert!(tokens.response["expires_in"].as_u64().is_some_and(|seconds| seconds > 0));
        judged(&self.rp, &self.keys, &tokens, "n0S6WzA2Mj");
        assert_eq!(self.rp.userinfo(tokens.access()).await.status, 200);
        Flow { answer, tokens, pages }
    }

    async fn userinfo(&self, flow: &Flow) -> Value {
        let answer = self.rp.userinfo(flow.tokens.access()).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let claims = answer.json();
        assert_eq!(claims["sub"], flow.tokens.id_claims()["sub"]);
        claims
    }
}

/// The characters that errors, descriptions and addresses of errors may be of (RFC 6749 appendix A).
fn printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// A JWT that nobody signed, as `SerializeRequestObjectWithNullAlgorithm` makes it.
fn unsigned(claims: &Value) -> String {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&claims.to_string()))
}

fn auth_time(flow: &Flow) -> u64 {
    flow.tokens.id_claims()["auth_time"].as_u64().expect("auth_time is a number")
}

/// `oidcc-server`, `-server-client-secret-post`, and the modules that only add to its request.
async fn requests_that_go_well(server: &Server, form_post: bool) {
    let acr = "urn:vestibule:acr:single-factor";
    let added: [&[(&str, &str)]; 9] = [
        &[],
        &[("display", "page")],
        &[("display", "popup")],
        &[("ui_locales", "se")],
        &[("claims_locales", "se")],
        &[("login_hint", "buffy@suite.test")],
        &[("extra", "foobar")],
        &[("acr_values", acr)],
        &[("scope", "offline_access openid"), ("prompt", "consent")],
    ];
    for changes in added {
        let mut module = Module::new(server, form_post).await;
        let flow = module.flow(changes).await;
        assert!(flow.answer.code().len() >= 40, "EnsureMinimumAuthorizationCodeEntropy");
        let (header, claims) = (flow.tokens.id_header(), flow.tokens.id_claims());
        assert_eq!(header["alg"], "RS256", "EnsureIdTokenSignatureIsRS256");
        assert!(header["kid"].is_string(), "EnsureIdTokenContainsKid");
        assert_eq!(claims["acr"], acr, "ValidateIdTokenACRClaimAgainstAcrValuesRequest");
        let about_it = "acr amr at_hash aud auth_time azp exp iat iss jti nonce sub";
        let only = "EnsureIdTokenDoesNotContainNonRequestedClaims";
        assert_eq!(members(&claims), about_it.split(' ').collect(), "{only}");
    }
    let mut module = Module::new(server, form_post).await;
    module.rp.authentication = Authentication::Post;
    module.flow(&[]).await;

    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let hashed = challenge(verifier);
    let pkce = [("code_challenge", hashed.as_str()), ("code_challenge_method", "S256")];
    let mut module = Module::new(server, form_post).await;
    module.flow_with(&pkce, &[("code_verifier", verifier)]).await;

    let mut module = Module::new(server, form_post).await;
    let without_nonce = module.ask(&module.request(&[("nonce", "")])).await;
    let code = without_nonce.expect("an answer").code().to_owned();
    let tokens = Tokens::read(&module.rp.redeem(&code).await);
    assert_eq!(tokens.id_claims().get("nonce"), None, "ValidateIdTokenNonce");

    // `oidcc-ensure-post-request-succeeds`: the same request as a form.
    let mut module = Module::new(server, form_post).await;
    let url = module.request(&[]);
    let (endpoint, body) = url.split_once('?').expect("a query");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let posted = module.browser.send(Method::POST, endpoint, &headers, Some(body.to_owned())).await;
    let onward = posted.onward().expect("the page of the sign-in");
    assert!(module.ask(onward.as_str()).await.expect("an answer").get("code").is_some());
}

/// The modules of scopes, of `claims`, and of userinfo's three ways.
async fn claims_that_are_asked_for(server: &Server, form_post: bool) {
    for scope in [
        "openid profile",
        "openid email",
        "email openid",
        "openid phone",
        "openid address",
        "openid email phone address profile",
    ] {
        let mut module = Module::new(server, form_post).await;
        let flow = module.flow(&[("scope", scope)]).await;
        let claims = module.userinfo(&flow).await;
        let names = members(&claims);
        for (_, released) in SCOPES.iter().filter(|(word, _)| scope.contains(word)) {
            let missing = released.split(' ').find(|name| !names.contains(name));
            assert_eq!(missing, None, "VerifyScopesReturnedInUserInfoClaims: {scope}");
        }
        for (name, value) in claims.as_object().expect("an object") {
            let right = match name.as_str() {
                "email_verified" | "phone_number_verified" => value.is_boolean(),
                "updated_at" => value.is_u64(),
                "address" => value.is_object(),
                _ => value.as_str().is_some_and(|text| !text.trim().is_empty()),
            };
            assert!(right, "ValidateUserInfoStandardClaims: {name} is {value}");
        }
        let asked = scope.contains("profile");
        assert_eq!(names.contains("name"), asked, "EnsureUserInfoDoesNotContainName");
        let told = flow.tokens.id_claims();
        assert!(told.get("email").is_none() && told.get("name").is_none(), "{told}");
    }

    let mut module = Module::new(server, form_post).await;
    let wanted = json!({ "userinfo": { "name": { "essential": true } } }).to_string();
    let flow = module.flow(&[("claims", &wanted)]).await;
    assert!(module.userinfo(&flow).await["name"].is_string(), "EnsureUserInfoContainsName");
    assert_eq!(flow.tokens.id_claims().get("name"), None, "EnsureIdTokenDoesNotContainName");

    let bearer = format!("Bearer {}", flow.tokens.access());
    let in_form = encode(&[("access_token", flow.tokens.access())]);
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (headers, body) in
        [(vec![("authorization", bearer.as_str()), form], ""), (vec![form], &in_form)]
    {
        let answer = module.rp.send(Method::POST, "/oauth/userinfo", &headers, body).await;
        assert_eq!(answer.status, 200, "{headers:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json()["sub"], flow.tokens.id_claims()["sub"]);
    }
}

/// The modules that ask a second time in the same browser.
async fn second_authorizations(server: &Server, form_post: bool) {
    let mut module = Module::new(server, form_post).await;
    let first = module.flow(&[("max_age", "15000")]).await;
    assert!(first.pages.contains(&"sign-in"));
    let hint = first.tokens.response["id_token"].as_str().expect("an ID token").to_owned();
    server.advance(Duration::from_secs(2));
    let same: [&[(&str, &str)]; 3] = [
        &[("prompt", "none")],
        &[("max_age", "10000")],
        &[("prompt", "none"), ("id_token_hint", &hint)],
    ];
    for changes in same {
        let second = module.flow(changes).await;
        assert_eq!(second.pages, Vec::<&str>::new(), "{changes:?}");
        assert_eq!(
            auth_time(&second),
            auth_time(&first),
            "CheckIdTokenAuthTimeClaimsSameIfPresent"
        );
        assert_eq!(second.tokens.id_claims()["sub"], first.tokens.id_claims()["sub"]);
    }
    let mut last = auth_time(&first);
    for changes in [[("max_age", "1")], [("prompt", "login")]] {
        let second = module.flow(&changes).await;
        assert!(second.pages.contains(&"sign-in"), "ExpectSecondLoginPage: {changes:?}");
        assert!(auth_time(&second) > last, "CheckSecondIdTokenAuthTimeIsLaterIfPresent");
        last = auth_time(&second);
        server.advance(Duration::from_secs(2));
    }
}

/// The modules whose request or code is refused.
async fn refusals(server: &Server, form_post: bool) {
    let mut module = Module::new(server, form_post).await;
    assert_eq!(module.error(&[("prompt", "none")]).await, "login_required");
    assert_eq!(module.error(&[("response_type", "")]).await, "invalid_request");

    let elsewhere = format!("{CALLBACK}/aB3xYz");
    let stopped = module.ask(&module.request(&[("redirect_uri", &elsewhere)])).await;
    assert!(stopped.expect_err("a page").page().has_id("error-code"), "ExpectRedirectUriErrorPage");

    // The object alone says how and where it is to be answered, and is not read.
    let claims =
        json!({ "client_id": module.rp.client_id, "redirect_uri": CALLBACK, "state": "inside" });
    let object = unsigned(&claims);
    let outside =
        [("state", ""), ("nonce", ""), ("response_mode", ""), ("request", object.as_str())];
    let url = module.rp.request(&outside);
    let answer = module.browser.authorize(&url, &server.ada()).await;
    assert_eq!(answer.get("error"), Some("request_not_supported"));
    let mut beside = outside.to_vec();
    beside.push(("redirect_uri", &elsewhere));
    let stopped =
        module.browser.try_authorize(&module.rp.request(&beside), &server.ada(), "approve").await;
    assert!(stopped.expect_err("a page").page().has_id("error-code"), "ExpectRedirectUriErrorPage");

    let flow = module.flow(&[]).await;
    let again = module.rp.redeem(flow.answer.code()).await;
    assert_eq!(again.status, 400, "CheckTokenEndpointHttpStatus400");
    assert_eq!(again.header("content-type"), Some("application/json"));
    let refusal = again.json();
    assert_eq!(refusal["error"], "invalid_grant");
    assert!(refusal.as_object().unwrap().values().all(|value| printable(value.as_str().unwrap())));
    assert_eq!(module.rp.userinfo(flow.tokens.access()).await.status, 401, "the token is revoked");
}

/// `oidcc-refresh-token`.
async fn refresh_tokens(server: &Server, form_post: bool) {
    let mut issued = Vec::new();
    for _ in 0..2 {
        let mut module = Module::new(server, form_post).await;
        let offline = [("scope", "openid offline_access"), ("prompt", "consent")];
        let flow = module.flow(&offline).await;
        server.advance(Duration::from_secs(1));
        let answer = module.rp.refresh(flow.tokens.refresh()).await;
        assert_eq!(
            answer.header("cache-control"),
            Some("no-store"),
            "CheckTokenEndpointCacheHeaders"
        );
        let tokens = Tokens::read(&answer);
        assert_ne!(tokens.access(), flow.tokens.access(), "EnsureAccessTokenValuesAreDifferent");
        let (first, second) = (flow.tokens.id_claims(), tokens.id_claims());
        for name in ["iss", "sub", "aud", "auth_time", "azp"] {
            assert_eq!(first[name], second[name], "CompareIdTokenClaims: {name}");
        }
        assert_ne!(first["iat"], second["iat"]);
        assert_eq!(module.rp.userinfo(tokens.access()).await.status, 200);
        issued.push((module.rp, flow.tokens.refresh().to_owned()));
    }
    let answer = issued[0].0.refresh(&issued[1].1).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_grant")));
}

/// The modules of RP-Initiated Logout; how each ends.
async fn logouts(server: &Server) {
    let state: String = ('!'..='~').filter(|sign| !"+;".contains(*sign)).collect();
    let elsewhere = "https://suite.test/test/a/vestibule/bad_post_logout_redirect_uri";
    let added = format!("{AFTER_LOGOUT}?foo=bar");
    // Which of hint, address and state are sent, and whether the browser comes back.
    let modules: [(&str, Option<&str>, bool, &str); 10] = [
        ("oidcc-rp-initiated-logout", Some(AFTER_LOGOUT), true, "back"),
        ("oidcc-rp-initiated-logout-no-state", Some(AFTER_LOGOUT), false, "back"),
        ("bad hint", Some(AFTER_LOGOUT), true, "error"),
        ("modified hint", Some(AFTER_LOGOUT), true, "error"),
        ("no hint", Some(AFTER_LOGOUT), true, "error"),
        ("bad address", Some(elsewhere), true, "error"),
        ("query added", Some(&added), true, "error"),
        ("no address", None, true, "signed out"),
        ("no params", None, false, "signed out"),
        ("only state", None, true, "signed out"),
    ];
    for (name, address, with_state, end) in modules {
        let mut module = Module::new(server, false).await;
        let flow = module.flow(&[]).await;
        let hint = flow.tokens.response["id_token"].as_str().expect("an ID token").to_owned();
        let payload = hint.split('.').nth(1).expect("three parts");
        let hint = match name {
            "bad hint" => {
                Some(unsigned(&json!({ "iss": module.rp.client_id, "sub": "SubjectID" })))
            }
            "modified hint" => Some(format!("eyJhbGciOiAibm9uZSJ9.{payload}.")),
            "no hint" | "no params" | "only state" => None,
            _ => Some(hint),
        };
        let mut fields = Vec::new();
        fields.extend(hint.as_deref().map(|hint| ("id_token_hint", hint)));
        fields.extend(address.map(|address| ("post_logout_redirect_uri", address)));
        fields.extend(with_state.then_some(("state", state.as_str())));
        let url = format!("{}?{}", module.rp.at("/oauth/logout"), encode(&fields));
        let mut answer = module.browser.open(&url).await;
        if let Some(form) = answer.page().form_with("logout-confirm") {
            assert!(hint.is_none(), "{name}: who brings a hint of the session is not asked");
            answer = module.browser.submit(&answer.url, &form.press("logout-confirm")).await;
        }
        let back = answer.onward().map(|url| Return::read(url.as_str()));
        let found = match &back {
            Some(_) => "back",
            None if answer.page().has_id("error-code") => "error",
            None if answer.page().has_id("signed-out") => "signed out",
            None => "another page",
        };
        assert_eq!(found, end, "{name}");
        if let Some(back) = back {
            let sent = with_state.then(|| ("state".to_owned(), state.clone()));
            assert_eq!(back.parameters, Vec::from_iter(sent), "CheckPostLogoutState: {name}");
        }
        if end != "error" {
            assert_eq!(module.error(&[("prompt", "none")]).await, "login_required", "{name}");
        }
    }
}

on_both_databases! {
    async fn the_modules_of_the_basic_op_plan(server) {
        server.stop_clock();
        for form_post in [false, true] {
            requests_that_go_well(server, form_post).await;
            claims_that_are_asked_for(server, form_post).await;
            second_authorizations(server, form_post).await;
            refusals(server, form_post).await;
            refresh_tokens(server, form_post).await;
        }
    }

    async fn the_modules_of_the_rp_initiated_logout_plan(server) {
        server.stop_clock();
        logouts(server).await;
    }
}

#[tokio::test]
async fn the_module_of_the_config_op_plan() {
    let server = Server::start_over_tls(Database::sqlite()).await;
    let rp = server.clinic();
    let answer = rp.get("/.well-known/openid-configuration").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, Some("application/json"))
    );
    let metadata = answer.json();
    assert_eq!(metadata["issuer"], server.issuer(), "CheckDiscEndpointIssuer");
    for (name, value) in metadata.as_object().expect("an object") {
        if name.ends_with("_endpoint") || ["issuer", "jwks_uri"].contains(&name.as_str()) {
            let address = value.as_str().expect("a text");
            assert!(
                address.starts_with("https://"),
                "CheckDiscEndpointAllEndpointsAreHttps: {name}"
            );
        } else if name.ends_with("_supported") {
            let list = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
            assert!(
                value.is_boolean() || list(value),
                "ValidateServerMetadataAgainstSchema: {name}"
            );
        }
    }
    for (name, value) in [
        ("response_types_supported", "code"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("scopes_supported", "openid"),
        ("claims_supported", "sub"),
        ("code_challenge_methods_supported", "S256"),
        ("token_endpoint_auth_methods_supported", "client_secret_basic"),
        ("token_endpoint_auth_methods_supported", "client_secret_post"),
        ("grant_types_supported", "refresh_token"),
        ("response_modes_supported", "form_post"),
    ] {
        let listed = metadata[name].as_array().unwrap_or_else(|| panic!("{name} is there"));
        assert!(listed.contains(&json!(value)), "{name}: {value}");
    }
    let keys = rp.get("/.well-known/jwks.json").await.json();
    let keys = keys["keys"].as_array().expect("a list");
    let names: BTreeSet<&str> = keys.iter().filter_map(|key| key["kid"].as_str()).collect();
    assert_eq!(names.len(), keys.len(), "CheckDistinctKeyIdValueInServerJWKs");
    for key in keys {
        let public = ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"];
        assert!(
            members(key).is_subset(&public.into()),
            "EnsureJwksHasNoPrivateOrSymmetricKeyMaterial"
        );
    }
    server.stop().await;
}
