use proptest::prelude::*;

use super::*;

#[test]
fn a_code_is_read_as_people_type_it() {
    let code: CaseCode = "7FK-2QD".parse().expect("a case code");
    for typed in ["7fk2qd", " 7FK 2QD ", "7-F-K-2-Q-D"] {
        assert_eq!(typed.parse(), Ok(code), "{typed}");
    }
    let confusable: CaseCode = "O1L-I00".parse().expect("a case code");
    assert_eq!(confusable.to_string(), "011-100");
    for wrong in ["", "7FK-2Q", "7FK-2QD1", "7FK_2QD", "ÄÖÜ-ÄÖÜ", "7FK-2QU!"] {
        assert_eq!(wrong.parse::<CaseCode>(), Err(InvalidCaseCode), "{wrong}");
    }
}

proptest! {
    #[test]
    fn a_code_survives_its_text(bits: u32) {
        let code = CaseCode::from_random(bits);
        prop_assert_eq!(code.to_string().parse(), Ok(code));
        prop_assert_eq!(serde_json::from_str::<CaseCode>(&serde_json::to_string(&code).unwrap()).unwrap(), code);
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,20}") {
        let _ = text.parse::<CaseCode>();
    }
}
