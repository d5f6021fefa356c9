use super::*;
use crate::client_auth::SecretDiagnosis;
use crate::fixtures::{NOW, ago};
use crate::redirect_uri::Difference;

fn text(text: &str) -> String {
    text.to_owned()
}

fn id(text: &str) -> ClientId {
    ClientId(text.to_owned())
}

fn wrong(diagnosis: SecretDiagnosis, secret_of: Option<ClientId>) -> Reason {
    Reason::SecretWrong { used: AuthMethodUsed::Post, diagnosis, secret_of }
}

fn mismatch(received: &str, nearest: &str) -> Reason {
    Reason::RedirectUriMismatch {
        received: text(received),
        nearest: Some(text(nearest)),
        difference: Difference::Host,
    }
}

/// Each recognisable mistake, taken from what vendors' developers reported elsewhere.
#[test]
fn every_recognisable_mistake_has_its_hint() {
    let registered = || Scope::of(["openid", "profile", "email"]);
    let plain = SecretDiagnosis::default;
    let unreadable = |media: &str| Reason::UnreadableBody {
        fault: text("x"),
        media_type: Some(text(media)),
        status: 415,
    };
    let method = |used, registered| Reason::AuthMethodNotRegistered { used, registered };
    let table = [
        (
            Reason::ScopeSeparatedByCommas { received: text("openid,profile, email") },
            Hint::ScopeCommas { send: text("openid profile email") },
        ),
        (
            Reason::ScopeNotAllowed { received: text("opneid"), registered: registered() },
            Hint::ScopeMisspelt { word: text("opneid"), nearest: text("openid") },
        ),
        (
            Reason::ScopeNotAllowed { received: text("EMail"), registered: registered() },
            Hint::ScopeMisspelt { word: text("EMail"), nearest: text("email") },
        ),
        (
            Reason::ResponseTypeUnsupported { received: text("id_token token") },
            Hint::ImplicitFlow { received: text("id_token token") },
        ),
        (Reason::PkceMethodUnsupported { received: None }, Hint::PkceMethodLeftOut),
        (Reason::PkceMethodUnsupported { received: Some(text("plain")) }, Hint::PkcePlain),
        (Reason::CodeVerifierWrong { is_challenge: true }, Hint::VerifierIsChallenge),
        (method(AuthMethodUsed::Basic, AuthMethod::Post), Hint::BasicForPost),
        (method(AuthMethodUsed::Post, AuthMethod::Basic), Hint::PostForBasic),
        (method(AuthMethodUsed::None, AuthMethod::BasicOrPost), Hint::SecretLeftOut),
        (method(AuthMethodUsed::Post, AuthMethod::None), Hint::SecretOfPublicClient),
        (
            wrong(SecretDiagnosis { matches_when_trimmed: true, ..plain() }, None),
            Hint::SecretWithWhiteSpace,
        ),
        (
            wrong(SecretDiagnosis { matches_when_decoded: true, ..plain() }, None),
            Hint::SecretEscapedTwice,
        ),
        (
            wrong(SecretDiagnosis { matches_when_escaped: true, ..plain() }, None),
            Hint::SecretNotEscaped,
        ),
        (wrong(plain(), Some(id("test"))), Hint::SecretOfOtherClient { client: id("test") }),
        (
            Reason::SecretExpired { label: text("first"), expired_at: NOW },
            Hint::SecretOutdated { label: text("first") },
        ),
        (
            Reason::SecretRevoked { label: text("first"), revoked_at: NOW },
            Hint::SecretOutdated { label: text("first") },
        ),
        (Reason::CredentialsSwapped { client_id: id("unomed") }, Hint::IdAndSecretSwapped),
        (
            Reason::CodeReplayed { redeemed_at: ago(2), now: NOW },
            Hint::SentTwice { after_millis: 2000 },
        ),
        (Reason::CodeOfAnotherClient { client_id: id("unomed") }, Hint::CodeOfOtherClient),
        (
            Reason::CodeExpired { expired_at: ago(30), late_by_seconds: 30 },
            Hint::JustExpired { late_by_seconds: 30 },
        ),
        (mismatch("http://localhost:3000/cb", "https://rp.example/cb"), Hint::LocalhostRedirect),
        (
            Reason::DiscoveryMisplaced {
                received: text(
                    "/.well-known/openid-configuration/.well-known/openid-configuration",
                ),
            },
            Hint::DiscoveryUrlAsIssuer,
        ),
        (
            Reason::DiscoveryMisplaced {
                received: text("/realms/clinic/.well-known/openid-configuration"),
            },
            Hint::WrongIssuerPath { path: text("/realms/clinic") },
        ),
        (
            Reason::MethodNotAllowed {
                received: text("GET"),
                allowed: "POST",
                secret_in_url: true,
            },
            Hint::TokenRequestByGet { secret_in_url: true },
        ),
        (unreadable("application/json; charset=utf-8"), Hint::JsonBody),
        (unreadable("multipart/form-data; boundary=x"), Hint::MultipartBody),
    ];
    for (reason, hint) in table {
        assert_eq!(reason.hints(), std::slice::from_ref(&hint), "{reason:?}");
        let kept = reason.recorded();
        assert_eq!(kept["hints"][0]["hint"], hint.word());
        let read: Vec<Hint> = serde_json::from_value(kept["hints"].clone()).expect("it reads back");
        assert_eq!(read, std::slice::from_ref(&hint));
        for voice in [hint.developer(), hint.admin()] {
            assert!(voice.len() > 20 && !voice.contains("  "), "{voice}");
        }
    }
}

#[test]
fn what_is_merely_wrong_has_no_hint() {
    let other = Scope::of(["openid", "profile"]);
    for reason in [
        Reason::PkceRequired,
        Reason::CodeUnknown,
        Reason::CodeVerifierWrong { is_challenge: false },
        Reason::ResponseTypeUnsupported { received: text("magic") },
        Reason::ScopeNotAllowed { received: text("calendar"), registered: other },
        Reason::CodeReplayed { redeemed_at: ago(3600), now: NOW },
        Reason::CodeExpired { expired_at: ago(3600), late_by_seconds: 3600 },
        mismatch("https://localhost.evil.example/cb", "https://rp.example/cb"),
        mismatch("http://localhost:1/cb", "http://localhost:2/cb"),
    ] {
        assert_eq!(reason.hints(), [], "{reason:?}");
        assert_eq!(reason.recorded(), reason.facts());
    }
}

#[test]
fn i26_the_vendor_does_not_hear_whose_secret_it_was() {
    let hint = Hint::SecretOfOtherClient { client: id("another-vendor") };
    assert!(hint.admin().contains("another-vendor"));
    let shared = hint.for_vendor();
    assert!(!format!("{shared:?} {}", shared.developer()).contains("another-vendor"));
}
