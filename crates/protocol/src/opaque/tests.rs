use proptest::prelude::*;

use super::*;

#[test]
fn i15_a_value_of_one_purpose_is_meaningless_for_another() {
    let code = Opaque::<Code>::new(7, [1; 32]).text();
    assert!(Opaque::<Code>::parse(&code).is_some());
    assert!(Opaque::<RefreshToken>::parse(&code).is_none());
    assert!(Opaque::<AccessToken>::parse(&code).is_none());
    let disguised = code.replacen(Code::PREFIX, RefreshToken::PREFIX, 1);
    assert!(Opaque::<RefreshToken>::parse(&disguised).is_some(), "the digest tells it apart");
}

/// CVE-2026-27840: a shortened, lengthened or respelled value is another value.
#[test]
fn i17_the_whole_text_counts() {
    let text = Opaque::<Code>::new(7, [1; 32]).text();
    for altered in [
        text[..text.len() - 1].to_owned(),
        format!("{text}A"),
        format!("{text}="),
        format!(" {text}"),
        text.to_uppercase(),
        text.replace("vbc_", ""),
    ] {
        assert!(Opaque::<Code>::parse(&altered).is_none(), "{altered}");
    }
    // 40 bytes leave two unused bits in the last character; a set one is no other spelling.
    let mut respelled = text.clone();
    let last = respelled.pop().expect("a character");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = alphabet.find(last).expect("base64url");
    respelled.push_str(&alphabet[index + 1..index + 2]);
    assert!(Opaque::<Code>::parse(&respelled).is_none());
}

#[test]
fn a_row_id_is_positive() {
    assert!(Opaque::<Code>::parse(&Opaque::<Code>::new(0, [1; 32]).text()).is_none());
    assert!(Opaque::<Code>::parse(&Opaque::<Code>::new(-1, [1; 32]).text()).is_none());
}

#[test]
fn i17_debug_is_blind() {
    assert_eq!(format!("{:?}", Digest::<Code>::of(b"secret")), "Digest(…)");
}

proptest! {
    #[test]
    fn a_value_survives_its_text(id in 1..i64::MAX, secret: [u8; 32]) {
        let value = Opaque::<Code>::new(id, secret);
        let text = value.text();
        prop_assert_eq!(text.len(), Code::PREFIX.len() + 54);
        let read = Opaque::<Code>::parse(&text).unwrap();
        prop_assert_eq!((read.id(), read.digest()), (id, value.digest()));
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "(vbc_)?\\PC{0,60}") {
        let _ = Opaque::<Code>::parse(&text);
    }
}
