use oxide_auth::primitives::scope::Scope as Theirs;
use proptest::prelude::*;

use crate::scope::Scope;

fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec("a|b|c|openid|email", 0..5).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn rfc6749_3_3_the_same_texts_are_scopes(text in "\\PC{0,20}") {
        prop_assert_eq!(Scope::parse(&text).is_ok(), text.parse::<Theirs>().is_ok());
    }

    #[test]
    fn rfc6749_3_3_the_same_scopes_lie_within_each_other(a in words(), b in words()) {
        let ours = Scope::parse(&a).unwrap().is_within(&Scope::parse(&b).unwrap());
        let theirs = a.parse::<Theirs>().unwrap() <= b.parse::<Theirs>().unwrap();
        prop_assert_eq!(ours, theirs);
    }
}
