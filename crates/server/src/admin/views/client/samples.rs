//! Clients to show pages with.

use std::collections::BTreeMap;

use vestibule_protocol::Timestamp;
use vestibule_protocol::client::{
    AuthMethod, Client, ClientSecret, ClientSettings, ConsentPolicy, Environment, PkcePolicy,
    Relaxation, SecretDigest, Status,
};
use vestibule_protocol::ids::{ClientId, ClientKey, ClientSecretId, OrgId};

/// An ordinary client, with one relaxation.
pub(crate) fn unomed() -> Client {
    let at = Timestamp::from_seconds(1_795_000_000);
    Client {
        key: ClientKey(7),
        org: OrgId::ROOT,
        client_id: ClientId("vci_unomed".to_owned()),
        name: "Unomed".to_owned(),
        status: Status::Active,
        settings: ClientSettings {
            redirect_uris: vec![
                "https://api.unomed.ch/accounts/vendor_oauth2/login/callback/".to_owned(),
                "https://api.dev.unomed.ch/accounts/vendor_oauth2/login/callback/".to_owned(),
            ],
            auth_method: AuthMethod::BasicOrPost,
            pkce: PkcePolicy::Optional,
            vendor_profile: Some("unomed".to_owned()),
            reasons: BTreeMap::from([(
                Relaxation::PkceOptional,
                "the vendor profile unomed asks for it".to_owned(),
            )]),
            ..ClientSettings::default()
        },
        secrets: vec![secret(1, "first", None), secret(2, "<b>second</b>", Some(at))],
        created_at: at,
        updated_at: at,
    }
}

/// What a hostile or careless registration looks like.
pub(crate) fn awkward() -> Client {
    Client {
        client_id: ClientId("x".repeat(100)),
        name: "<script>alert(1)</script> & \"Praxisverwaltungsgesellschaftsverbund\"".to_owned(),
        status: Status::Disabled,
        settings: ClientSettings {
            redirect_uris: vec!["http://127.0.0.1/\"><b>".to_owned()],
            consent: ConsentPolicy::Implied,
            environment: Environment::Test,
            vendor_profile: Some("<b>".to_owned()),
            client_uri: Some("javascript:alert(1)".to_owned()),
            ..ClientSettings::default()
        },
        secrets: Vec::new(),
        ..unomed()
    }
}

fn secret(id: i64, label: &str, revoked_at: Option<Timestamp>) -> ClientSecret {
    ClientSecret {
        id: ClientSecretId(id),
        label: label.to_owned(),
        prefix: "vcs_abcdef".to_owned(),
        digest: SecretDigest([0; 32]),
        created_at: Timestamp::from_seconds(1_795_000_000),
        created_by: "user <b>".to_owned(),
        expires_at: None,
        last_used_at: None,
        revoked_at,
    }
}
