use std::collections::BTreeSet;

use super::*;
use crate::case_code::CaseCode;
use crate::fixtures::NOW;

/// Every reason once.
fn samples() -> Vec<Reason> {
    use Reason as R;
    let client_id = || ClientId("unomed".to_owned());
    let text = || "text".to_owned();
    vec![
        R::MalformedParameters { error: ParamsError::TooMany { limit: 1 } },
        R::UnreadableBody {
            fault: "the body is larger than 1 bytes".to_owned(),
            media_type: None,
            status: 413,
        },
        R::RepeatedParameter { parameter: "state" },
        R::MissingParameter { parameter: "code" },
        R::ParameterTooLong { parameter: "state", length: 2, limit: 1 },
        R::MethodNotAllowed { received: text(), allowed: "POST", secret_in_url: false },
        R::DiscoveryMisplaced { received: text() },
        R::ClientUnknown { client_id: text() },
        R::ClientDisabled { client_id: client_id() },
        R::RedirectUriMissing { registered: 2 },
        R::RedirectUriMismatch { received: text(), nearest: None, difference: Difference::Path },
        R::ResponseTypeMissing,
        R::ResponseTypeUnsupported { received: text() },
        R::ResponseModeUnknown { received: text() },
        R::RequestObjectUnsupported,
        R::RequestUriUnsupported,
        R::RegistrationUnsupported,
        R::GrantTypeNotRegistered { used: GrantType::RefreshToken, registered: Vec::new() },
        R::ScopeMalformed { received: text() },
        R::ScopeSeparatedByCommas { received: text() },
        R::ScopeNotAllowed { received: text(), registered: Scope::default() },
        R::StateRequired,
        R::NonceRequired,
        R::PromptNoneCombined { received: text() },
        R::MaxAgeMalformed { received: text() },
        R::ClaimsMalformed { fault: ClaimsFault::TooLong { length: 2, limit: 1 } },
        R::PkceRequired,
        R::PkceChallengeMissing { method: text() },
        R::PkceMethodUnsupported { received: None },
        R::PkceChallengeMalformed { length: 1 },
        R::IdTokenHintUnusable,
        R::LoginRequired { why: LoginReason::NoSession },
        R::InteractionRequired { why: LoginReason::Acr },
        R::ConsentRequired { scope: Scope::default(), claims: Vec::new() },
        R::AccountSelectionRequired,
        R::AcrUnmet { wanted: Vec::new(), held: None },
        R::UserNotInGroups { allowed: Vec::new(), member_of: Vec::new() },
        R::UserNotInOrganizations { allowed: Vec::new(), organization: text() },
        R::TestUserAtLiveClient { client_id: client_id() },
        R::CancelledAtLogin,
        R::ConsentDeclined,
        R::PendingUnknown,
        R::CookieMissing,
        R::PendingExpired { expired_at: NOW },
        R::PendingCompleted { completed_at: NOW },
        R::CrossSiteForm,
        R::LinkUnusable,
        R::ClientAuthMissing,
        R::AuthorizationScheme { scheme: text() },
        R::BasicNotBase64,
        R::BasicWithoutColon,
        R::BasicTooLong { length: 2, limit: 1 },
        R::SeveralAuthMethods,
        R::ClientAssertionUnsupported,
        R::ClientIdContradiction { header: text(), form: text() },
        R::AuthClientUnknown { client_id: text(), used: AuthMethodUsed::Basic, secret_of: None },
        R::AuthClientDisabled { client_id: client_id() },
        R::AuthMethodNotRegistered { used: AuthMethodUsed::Post, registered: AuthMethod::Basic },
        R::SecretNoneRegistered { client_id: client_id() },
        R::SecretExpired { label: text(), expired_at: NOW },
        R::SecretRevoked { label: text(), revoked_at: NOW },
        R::SecretWrong {
            used: AuthMethodUsed::Post,
            diagnosis: SecretDiagnosis::default(),
            secret_of: None,
        },
        R::CredentialsSwapped { client_id: client_id() },
        R::GrantTypeUnsupported { received: text() },
        R::CodeUnknown,
        R::CodeOfAnotherClient { client_id: client_id() },
        R::CodeReplayed { redeemed_at: NOW, now: NOW },
        R::CodeExpired { expired_at: NOW, late_by_seconds: 1 },
        R::CodeRedirectUriMissing { expected: text() },
        R::CodeRedirectUriMismatch {
            received: text(),
            expected: text(),
            difference: Difference::Path,
        },
        R::CodeVerifierMissing,
        R::CodeVerifierMalformed { length: 1 },
        R::CodeVerifierWrong { is_challenge: false },
        R::CodeVerifierUnexpected,
        R::RefreshTokenUnknown,
        R::RefreshTokenOfAnotherClient { client_id: client_id() },
        R::RefreshTokenReused { generation: 1, retired_at: NOW, now: NOW },
        R::RefreshTokenExpired { expired_at: NOW },
        R::GrantTooOld { created_at: NOW, limit_seconds: 1 },
        R::ScopeWidened { received: Scope::default(), granted: Scope::default() },
        R::ClientCredentialsOfPublicClient,
        R::GrantClientInactive { client_id: client_id() },
        R::GrantUserGone,
        R::GrantUserDisabled,
        R::GrantOrganizationDisabled,
        R::GrantAcrossOrganizations,
        R::GrantUserNotInGroups { allowed: Vec::new(), member_of: Vec::new() },
        R::GrantUserNotInOrganizations { allowed: Vec::new(), organization: text() },
        R::GrantOfTestUser { client_id: client_id() },
        R::GrantRevoked { revoked_at: NOW },
        R::GrantBeforeNotBefore { granted_at: NOW, not_before: NOW },
        R::GrantSessionOver { ended_at: None },
        R::BearerMissing,
        R::BearerMalformed,
        R::BearerInSeveralPlaces,
        R::BearerInQuery,
        R::AccessTokenUnknown,
        R::AccessTokenExpired { expired_at: NOW, late_by_seconds: 1 },
        R::AccessTokenRevoked { revoked_at: NOW },
        R::AccessTokenOrphaned { because: Box::new(R::GrantUserGone) },
        R::ScopeInsufficient { required: "openid", granted: Scope::default() },
        R::AccessTokenWithoutUser,
        R::IntrospectionByPublicClient { client_id: client_id() },
        R::TokenOfAnotherClient { client_id: client_id() },
        R::TokenTypeUnsupported { presented: "session" },
        R::LogoutHintUnusable,
        R::LogoutClientContradiction { client_id: client_id(), hint: client_id() },
        R::LogoutClientUnknown { client_id: text() },
        R::LogoutRedirectWithoutClient { received: text() },
        R::LogoutRedirectMismatch { received: text(), nearest: None, difference: Difference::Path },
        R::TooManyRequests { retry_after_seconds: 9 },
        R::Overloaded { queue: "passwords" },
        R::StoreUnavailable { during: "redeeming" },
        R::ServerFault { during: "signing" },
    ]
}

#[test]
fn every_reason_has_its_own_word_and_catalogue_code() {
    let samples = samples();
    let words: BTreeSet<String> = samples.iter().map(Reason::word).collect();
    let codes: BTreeSet<&str> = samples.iter().map(|reason| reason.entry().code).collect();
    assert_eq!(words.len(), samples.len());
    assert_eq!(codes.len(), samples.len());
    // A reason that the samples forget is an arm of the exhaustive match that they lack.
    let arms = include_str!("catalogue.rs").matches("=> \"VB-").count();
    assert_eq!(arms, samples.len());
}

#[test]
fn every_reason_has_an_entry_with_three_voices() {
    for reason in samples() {
        let entry = catalogue::by_code(reason.code()).expect("each code has its entry");
        assert_eq!(entry, reason.entry());
        assert_eq!(entry.word, reason.word(), "{}", entry.code);
        assert_eq!(entry.error, reason.wire().code.as_str(), "{}", entry.code);
    }
    let mut codes = BTreeSet::new();
    for entry in catalogue::all() {
        assert!(codes.insert(entry.code), "{} stands twice", entry.code);
        let digits = entry.code.strip_prefix("VB-").expect("the prefix");
        assert!(digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()));
        for voice in [entry.developer, entry.admin] {
            assert!(voice.len() > 20 && voice.ends_with(['.', '?']), "{}: {voice}", entry.code);
        }
    }
    let sorted: Vec<&str> = catalogue::all().map(|entry| entry.code).collect();
    assert!(sorted.is_sorted());
}

/// The `error_uri` must not be an oracle beside the description (invariant I23).
#[test]
fn i23_what_callers_cannot_tell_apart_has_one_error_uri() {
    for one in samples() {
        let heard = one.wire();
        assert!(catalogue::by_code(heard.catalogue).is_some(), "{}", heard.catalogue);
        for other in samples() {
            let also = other.wire();
            if (heard.code, &heard.description) == (also.code, &also.description) {
                assert_eq!(heard.catalogue, also.catalogue, "{} {}", one.word(), other.word());
            }
        }
    }
}

#[test]
fn rfc6749_5_2_error_uri_is_ascii_without_quotes_and_backslashes() {
    for reason in samples() {
        let uri = reason.wire().uri("https://id.example/clinic/");
        assert!(uri.starts_with("https://id.example/clinic/errors/VB-"), "{uri}");
        assert!(uri.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{uri}");
    }
}

#[test]
fn as_20_descriptions_are_printable_ascii_without_quotes_and_backslashes() {
    let case = "7FK-2QD".parse().expect("a case code");
    for reason in samples() {
        let heard = reason.wire().described(Some(case));
        let allowed = |byte: u8| matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\';
        assert!(heard.bytes().all(allowed), "{heard}");
    }
}

/// The peer's words depend on the misdeed alone, never on what a stranger sent.
#[test]
fn what_the_peer_hears_repeats_nothing_that_was_sent() {
    let hostile = "<script>\"\r\nSet-Cookie: x".to_owned();
    let reasons = [
        Reason::ClientUnknown { client_id: hostile.clone() },
        Reason::ScopeMalformed { received: hostile.clone() },
        Reason::GrantTypeUnsupported { received: hostile.clone() },
        Reason::AuthorizationScheme { scheme: hostile },
    ];
    for reason in reasons {
        assert!(!reason.wire().description.contains("script"), "{reason:?}");
    }
}

#[test]
fn as_68_only_invalid_client_is_401_at_the_token_endpoint() {
    for reason in samples() {
        let heard = reason.wire();
        let expected = match heard.code {
            ErrorCode::InvalidClient if matches!(reason, Reason::ClientUnknown { .. }) => 400,
            ErrorCode::InvalidClient if matches!(reason, Reason::ClientDisabled { .. }) => 400,
            ErrorCode::InvalidClient | ErrorCode::InvalidToken => 401,
            ErrorCode::InsufficientScope => 403,
            ErrorCode::ServerError => 500,
            ErrorCode::TemporarilyUnavailable if heard.retry_after == Some(9) => 429,
            ErrorCode::TemporarilyUnavailable => 503,
            _ if reason == Reason::CrossSiteForm => 403,
            _ if reason == Reason::LinkUnusable => 410,
            _ if matches!(reason, Reason::DiscoveryMisplaced { .. }) => 404,
            _ if matches!(reason, Reason::MethodNotAllowed { .. }) => 405,
            _ if matches!(reason, Reason::UnreadableBody { .. }) => 413,
            _ => 400,
        };
        assert_eq!(heard.status, expected, "{}", reason.word());
        assert!(heard.status != 401 || heard.challenge.is_some(), "RFC 9110 §15.5.2");
    }
}

#[test]
fn rfc6750_3_the_challenge_says_what_is_needed() {
    let case = CaseCode::from_random(0);
    let challenge =
        |reason: Reason| reason.wire().www_authenticate("clinic", Some(case), "https://id.example");
    assert_eq!(
        challenge(Reason::BearerMissing).as_deref(),
        Some("Bearer realm=\"clinic\""),
        "§3.1: no error when no token was sent"
    );
    assert_eq!(
        challenge(Reason::AccessTokenUnknown),
        Some(format!(
            "Bearer realm=\"clinic\", error=\"invalid_token\", \
             error_description=\"the access token is not valid (case {case})\", \
             error_uri=\"https://id.example/errors/VB-4300\""
        ))
    );
    let basic = challenge(Reason::ClientAuthMissing);
    assert_eq!(
        basic,
        Some(format!(
            "Basic realm=\"clinic\", charset=\"UTF-8\", error=\"invalid_client\", \
             error_description=\"client authentication failed (case {case})\", \
             error_uri=\"https://id.example/errors/VB-2100\""
        )),
        "for libraries that do not read the body then"
    );
    let insufficient =
        challenge(Reason::ScopeInsufficient { required: "openid", granted: Scope::default() });
    assert!(insufficient.is_some_and(|text| text.ends_with("scope=\"openid\"")));
    assert_eq!(challenge(Reason::CodeUnknown), None);
}

#[test]
fn facts_are_the_compared_values() {
    let reason = Reason::RedirectUriMismatch {
        received: "https://rp.example/cb".to_owned(),
        nearest: Some("https://rp.example/cb/".to_owned()),
        difference: Difference::TrailingSlash,
    };
    assert_eq!(reason.word(), "redirect_uri_mismatch");
    assert_eq!(
        reason.facts(),
        serde_json::json!({
            "received": "https://rp.example/cb",
            "nearest": "https://rp.example/cb/",
            "difference": "trailing_slash",
        })
    );
    assert!(Reason::PkceRequired.facts().is_null());
    let orphan = Reason::AccessTokenOrphaned { because: Box::new(Reason::GrantUserGone) };
    assert_eq!(orphan.facts()["because"]["reason"], "grant_user_gone");
}

#[test]
fn rfc6749_5_2_the_body_names_the_case() {
    let case = "7FK-2QD".parse().expect("a case code");
    let body = serde_json::Value::Object(
        Reason::CodeUnknown.wire().body(Some(case), "https://id.example"),
    );
    assert_eq!(
        body,
        serde_json::json!({
            "error": "invalid_grant",
            "error_description": "the code is not valid (case 7FK-2QD)",
            "error_uri": "https://id.example/errors/VB-4100",
        })
    );
}

#[test]
fn i28_what_a_stranger_sent_is_kept_short() {
    assert_eq!(excerpt("short"), "short");
    assert!(excerpt(&"é".repeat(10_000)).chars().count() <= 513);
    assert_eq!(id_excerpt("unomed"), "unomed");
    assert_eq!(id_excerpt(&"s".repeat(43)), "ssssssss… (43 bytes)");
}
