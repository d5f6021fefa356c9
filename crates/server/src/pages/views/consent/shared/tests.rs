use super::*;

fn ada() -> StandardClaims {
    StandardClaims {
        name: Some("Ada Lovelace".to_owned()),
        email: Some("ada@clinic.test".to_owned()),
        ..StandardClaims::default()
    }
}

fn claim(claim: ClaimName, value: Option<&str>) -> Shared {
    Shared::Claim { claim, value: value.map(str::to_owned) }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn oidc_core_5_4_each_scope_is_told_with_its_values() {
    let rows: &[(&[&str], Vec<Shared>)] = &[
        (&["openid"], vec![Shared::Identity]),
        (&["email"], vec![claim(ClaimName::Email, Some("ada@clinic.test"))]),
        (&["phone"], vec![claim(ClaimName::PhoneNumber, None)]),
        (&["address"], vec![claim(ClaimName::Address, None)]),
        (
            &["profile"],
            vec![
                claim(ClaimName::Name, Some("Ada Lovelace")),
                claim(ClaimName::LaterProfile, None),
            ],
        ),
        (
            &["offline_access", "lab:read", "openid"],
            vec![Shared::Identity, Shared::Named("lab:read".to_owned()), Shared::OfflineAccess],
        ),
        (&[], vec![]),
    ];
    for (scope, expected) in rows {
        let scope = Scope::of(scope.iter().copied());
        assert_eq!(&shared(&scope, &BTreeSet::new(), &ada()), expected, "{scope}");
    }
}

#[test]
fn every_value_the_profile_scope_shares_is_told() {
    let text = |name: &str| Some(name.to_owned());
    let full = StandardClaims {
        name: text("a"),
        given_name: text("b"),
        family_name: text("c"),
        middle_name: text("d"),
        nickname: text("e"),
        preferred_username: text("f"),
        profile: text("g"),
        picture: text("h"),
        website: text("i"),
        gender: text("j"),
        birthdate: text("k"),
        zoneinfo: text("l"),
        locale: text("m"),
        ..StandardClaims::default()
    };
    let told = shared(&Scope::of(["profile"]), &BTreeSet::new(), &full);
    let values: BTreeSet<String> = told
        .into_iter()
        .filter_map(|line| match line {
            Shared::Claim { value, .. } => value,
            _ => None,
        })
        .collect();
    assert_eq!(values.into_iter().collect::<String>(), "abcdefghijklm");
}

#[test]
fn oidc_core_5_5_a_claim_asked_for_by_name_is_told_once() {
    let asked = names(&["email", "email_verified", "phone_number", "acr", "auth_time", "ward"]);
    assert_eq!(
        shared(&Scope::of(["openid", "email"]), &asked, &ada()),
        [
            Shared::Identity,
            claim(ClaimName::Email, Some("ada@clinic.test")),
            claim(ClaimName::PhoneNumber, None),
            Shared::Named("ward".to_owned()),
        ]
    );
}

#[test]
fn an_address_is_one_line() {
    let formatted = Address { formatted: Some("1 Way\nTown".to_owned()), ..Address::default() };
    let parts = Address {
        street_address: Some("1 Way".to_owned()),
        locality: Some("Town".to_owned()),
        ..Address::default()
    };
    assert_eq!(one_line(&formatted).as_deref(), Some("1 Way, Town"));
    assert_eq!(one_line(&parts).as_deref(), Some("1 Way, Town"));
    assert_eq!(one_line(&Address::default()), None);
}
