use proptest::prelude::*;

use super::*;

#[test]
fn i24_every_spelling_of_an_address_is_one_name() {
    let spellings = [
        "anna@bücher.example",
        "  Anna@BÜCHER.example ",
        "ANNA@xn--bcher-kva.example",
        "anna＠bücher.example",
        "ａnna@bu\u{308}cher.example",
        "anna@bücher。example",
    ];
    for spelling in spellings {
        assert_eq!(email(spelling).as_deref(), Ok("anna@xn--bcher-kva.example"), "{spelling}");
        assert_eq!(sign_in_name(spelling).as_deref(), Some("anna@xn--bcher-kva.example"));
    }
    // Tags and dots belong to the mail service, not to us.
    assert_ne!(email("anna+x@clinic.example"), email("anna@clinic.example"));
}

#[test]
fn cve_2025_64484_an_address_has_exactly_one_at_sign() {
    use IdentifierFault as F;
    let cases = [
        ("", F::Empty),
        ("anna", F::NotOneAt),
        ("anna@evil.example@clinic.example", F::NotOneAt),
        ("anna＠evil.example@clinic.example", F::NotOneAt),
        ("@clinic.example", F::LocalPart),
        (".anna@clinic.example", F::LocalPart),
        ("an..na@clinic.example", F::LocalPart),
        ("anna@", F::Domain),
        ("anna@[127.0.0.1]", F::Domain),
        ("anna@127.0.0.1", F::Domain),
        ("anna@-clinic-.example", F::Domain),
        ("\"anna b\"@clinic.example", F::ForbiddenCharacter(' ')),
        ("\"anna\"@clinic.example", F::ForbiddenCharacter('"')),
        ("anna\u{200b}@clinic.example", F::ForbiddenCharacter('\u{200b}')),
        ("anna\u{202e}@clinic.example", F::ForbiddenCharacter('\u{202e}')),
        ("anna\r\nbcc:x@clinic.example", F::ForbiddenCharacter('\r')),
        ("<anna@clinic.example>", F::ForbiddenCharacter('<')),
        ("a,b@clinic.example", F::ForbiddenCharacter(',')),
    ];
    for (text, fault) in cases {
        assert_eq!(email(text), Err(fault), "{text:?}");
    }
    let long = format!("{}@clinic.example", "a".repeat(65));
    assert_eq!(email(&long), Err(F::LocalPart));
    let longer = format!("anna@{}example", "label.".repeat(60));
    assert_eq!(email(&longer), Err(F::TooLong(254)));
}

#[test]
fn user_names_fold_case_and_compatibility_forms() {
    assert_eq!(username(" ANNA.Z ").as_deref(), Ok("anna.z"));
    assert_eq!(username("ﬁona"), username("FIONA"));
    assert_eq!(username("ΟΔΥΣΣΕΥΣ"), username("οδυσσευς"));
    assert_eq!(username("ＡＮＮＡ"), username("anna"));
    for fault in ["", "a b", "anna@clinic", "+41441234567", "an\u{ad}na", "a\0b"] {
        assert!(username(fault).is_err(), "{fault:?}");
    }
    assert!(username(&"x".repeat(64)).is_ok());
    assert!(username(&"x".repeat(65)).is_err());
}

#[test]
fn telephone_numbers_are_e164() {
    for spelling in ["+41 44 123 45 67", "0041441234567", "+41 (44) 123-45-67", "＋41441234567"] {
        assert_eq!(phone(spelling).as_deref(), Ok("+41441234567"), "{spelling}");
    }
    for fault in ["044 123 45 67", "+0441234567", "+4144", "+41441234567890123", "+41x", ""] {
        assert_eq!(phone(fault), Err(IdentifierFault::NotE164), "{fault}");
    }
}

#[test]
fn one_field_takes_all_kinds_and_they_never_collide() {
    assert_eq!(sign_in_name("Anna").as_deref(), Some("anna"));
    assert_eq!(sign_in_name("+41 44 123 45 67").as_deref(), Some("+41441234567"));
    assert_eq!(sign_in_name("Anna@Clinic.example").as_deref(), Some("anna@clinic.example"));
    for nobody in ["", "   ", "a b", "@", "+1"] {
        assert_eq!(sign_in_name(nobody), None, "{nobody:?}");
    }
}

proptest! {
    #[test]
    fn a_normal_form_is_its_own_normal_form(text in "\\PC{0,40}") {
        for normal in [email(&text), username(&text), phone(&text)].into_iter().flatten() {
            prop_assert_eq!(sign_in_name(&normal), Some(normal));
        }
    }

    #[test]
    fn likely_addresses_are_their_own_normal_form(
        text in "[a-zA-Zäßς＠.+]{1,8}@[a-zA-Zäß.]{1,8}\\.(example|例え|ſ)",
    ) {
        if let Ok(normal) = email(&text) {
            prop_assert_eq!(email(&normal), Ok(normal));
        }
    }
}

#[test]
fn a_text_is_visible_when_nothing_in_it_hides_or_turns_the_rest() {
    for good in ["Lakeside Clinic", "Zürich <b>", "می\u{200c}خواهم", "👩\u{200d}⚕\u{fe0f}", "עברית"]
    {
        assert!(is_visible(good), "{good:?}");
    }
    for bad in
        ["\u{202e}elgooG", "Goo\u{200b}gle", "\u{feff}x", "a\nb", "a\u{1b}[31m", "x\u{2066}y", "\0"]
    {
        assert!(!is_visible(bad), "{bad:?}");
    }
}
