use super::*;

#[test]
fn rfc6749_3_3_order_and_repetition_never_matter() {
    let scope = Scope::parse("profile openid email openid").unwrap();
    assert_eq!(scope, Scope::parse("email openid profile").unwrap());
    assert_eq!(scope.to_string(), "email openid profile");
    assert_eq!(serde_json::to_string(&scope).unwrap(), "\"email openid profile\"");
}

#[test]
fn rfc6749_3_3_characters() {
    for allowed in ["", "a", "urn:x:read.write", "a,b", "https://clinic.example/scope", "!#~"] {
        assert!(Scope::parse(allowed).is_ok(), "{allowed}");
    }
    for refused in ["a\"b", "a\\b", "a\u{7f}", "é", "a\u{a0}b"] {
        assert_eq!(Scope::parse(refused), Err(InvalidScope), "{refused}");
    }
}

#[test]
fn sets_compare_as_sets() {
    let (small, large) = (Scope::of(["a"]), Scope::of(["a", "b"]));
    assert!(small.is_within(&large) && !large.is_within(&small));
    assert_eq!(large.difference(&small), Scope::of(["b"]));
    assert_eq!(small.union(&Scope::of(["b"])), large);
    assert_eq!(large.intersection(&Scope::of(["b", "c"])), Scope::of(["b"]));
    assert!(Scope::default().is_empty());
}
