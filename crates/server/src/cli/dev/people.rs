//! The demo client, the clients of presets, and the test users.

use vestibule_keys::PasswordPool;
use vestibule_protocol::client::{Client, ClientSecret, SecretDigest, Status};
use vestibule_protocol::ids::{ClientKey, ClientSecretId};
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;
use zeroize::Zeroizing;

use super::folder::Generated;
use super::{demo_id, demo_settings};
use crate::cli::fault::CliFault;
use crate::profiles::ProfileFault;
use crate::services::clients::{self, NewClient};
use crate::services::users::{self, NewUser};
use crate::services::{Act, ServiceFault};

/// A test user.
pub(super) struct Person {
    /// What is typed to sign in.
    pub name: &'static str,
    /// What is special about it.
    pub note: &'static str,
    kept_out: bool,
    claims: &'static [(&'static str, &'static str)],
}

/// A test user as it is printed.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct ShownUser {
    /// What is typed to sign in.
    pub email: String,
    /// Its password.
    pub password: String,
    /// What is special about it.
    pub note: String,
}

/// A client of a vendor profile, as it is printed.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct ShownClient {
    profile: String,
    client_id: String,
    /// Only in the run that registers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    redirect_uris: Vec<String>,
}

/// The test users: one with everything, and the cases that relying parties forget.
pub(super) const PEOPLE: [Person; 4] = [
    Person {
        name: "ada@clinic.test",
        note: "all claims, verified email address",
        kept_out: false,
        claims: &[
            ("name", "Ada Lovelace"),
            ("given_name", "Ada"),
            ("family_name", "Lovelace"),
            ("middle_name", "King"),
            ("nickname", "ada"),
            ("preferred_username", "ada"),
            ("profile", "https://clinic.test/people/ada"),
            ("picture", "https://clinic.test/people/ada.png"),
            ("website", "https://clinic.test/"),
            ("gender", "female"),
            ("birthdate", "1815-12-10"),
            ("zoneinfo", "Europe/London"),
            ("locale", "en-GB"),
            ("email_verified", "true"),
            ("phone_number", "+442079460000"),
            ("phone_number_verified", "true"),
            ("address.formatted", "12 St James's Square\nLondon SW1Y 4JH\nUnited Kingdom"),
            ("address.street_address", "12 St James's Square"),
            ("address.locality", "London"),
            ("address.region", "Greater London"),
            ("address.postal_code", "SW1Y 4JH"),
            ("address.country", "GB"),
        ],
    },
    Person {
        name: "grace",
        note: "no email address: signs in with a user name",
        kept_out: false,
        claims: &[("name", "Grace Hopper"), ("given_name", "Grace"), ("family_name", "Hopper")],
    },
    Person {
        name: "locked@clinic.test",
        note: "switched off: cannot sign in",
        kept_out: true,
        claims: &[("name", "Locked Out"), ("given_name", "Locked"), ("family_name", "Out")],
    },
    Person {
        name: "zoe@clinic.test",
        note: "a long name in several scripts; email address not verified",
        kept_out: false,
        claims: &[
            (
                "name",
                "Zoë Françoise Đặng-Ångström Łukasiewicz van der Øksendal 山田花子 ‏أميرة‎ Ὑπατία",
            ),
            ("given_name", "Zoë Françoise"),
            ("family_name", "Đặng-Ångström Łukasiewicz van der Øksendal"),
            ("locale", "de-CH"),
        ],
    },
];

/// The test users with their passwords.
pub(super) fn shown(generated: &Generated) -> Vec<ShownUser> {
    PEOPLE
        .iter()
        .map(|person| ShownUser {
            email: person.name.to_owned(),
            password: generated.passwords.get(person.name).cloned().unwrap_or_default(),
            note: person.note.to_owned(),
        })
        .collect()
}

/// Adds the test users that are not there yet.
pub(super) async fn ensure_users(
    act: Act<'_>,
    passwords: &PasswordPool,
    generated: &Generated,
) -> Result<(), CliFault> {
    for person in &PEOPLE {
        match users::find(act, person.name).await {
            Ok(_) => continue,
            Err(ServiceFault::NotFound { .. }) => {}
            Err(fault) => return Err(fault.into()),
        }
        let mail = person.name.contains('@');
        let name = Some(person.name.to_owned());
        let claims = person.claims.iter();
        let new = NewUser {
            email: name.clone().filter(|_| mail),
            username: name.filter(|_| !mail),
            claims: claims.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            password: generated.passwords.get(person.name).cloned().map(Zeroizing::new),
            disabled: person.kept_out,
            ..NewUser::default()
        };
        users::add(act, passwords, new).await?;
    }
    Ok(())
}

/// Registers the demo client, or brings the one of an earlier run up to this run's port and
/// version. Returns its redirect URIs.
pub(super) async fn ensure_demo_client(
    act: Act<'_>,
    generated: &Generated,
) -> Result<Vec<String>, CliFault> {
    let settings = demo_settings(&act.core.config.issuer);
    let redirect_uris = settings.redirect_uris.clone();
    let store = &act.core.store;
    let known = store.client_by_client_id(demo_id()).await?;
    let now = act.now;
    match known {
        Some(known) => {
            let client = Client { settings, status: Status::Active, ..known };
            store.write(move |tx| tx.update_client(&client, now).map(|_| ())).await?;
        }
        None => {
            let secret = kept(act, &generated.client_secret);
            let client = Client {
                key: ClientKey(act.core.ids.next(now)),
                org: act.org,
                client_id: demo_id(),
                name: "Demo app".to_owned(),
                status: Status::Active,
                settings,
                secrets: vec![secret],
                created_at: now,
                updated_at: now,
            };
            store.write(move |tx| tx.insert_client(&client)).await?;
        }
    }
    Ok(redirect_uris)
}

/// What the store keeps of the demo client's secret, which was generated before.
fn kept(act: Act<'_>, secret: &str) -> ClientSecret {
    ClientSecret {
        id: ClientSecretId(act.core.ids.next(act.now)),
        label: "demo".to_owned(),
        prefix: secret.chars().take(10).collect(),
        digest: SecretDigest(act.core.digests.client_secret(secret)),
        created_at: act.now,
        created_by: act.by.to_owned(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

/// Registers the client of a vendor profile, unless an earlier run has.
pub(super) async fn ensure_preset(act: Act<'_>, preset: &str) -> Result<ShownClient, CliFault> {
    let (profile, values) = read_preset(preset)?;
    let filter = ClientFilter::default();
    let known = clients::list(act, filter, PageRequest::first(PageRequest::MAX)).await?;
    let of_profile =
        |client: &Client| client.settings.vendor_profile.as_deref() == Some(profile.as_str());
    let (client, secret) = match known.items.into_iter().find(of_profile) {
        Some(client) => (client, None),
        None => {
            let new = NewClient { profile: Some(profile.clone()), values, ..NewClient::default() };
            let registered = clients::add(act, new).await.map_err(|fault| told(&profile, fault))?;
            (registered.client, registered.secret)
        }
    };
    Ok(ShownClient {
        profile,
        client_id: client.client_id.to_string(),
        client_secret: secret.map(|secret| secret.to_string()),
        redirect_uris: client.settings.redirect_uris,
    })
}

/// The fault, with the way out that `vestibule dev` has.
fn told(profile: &str, fault: ServiceFault) -> CliFault {
    match &fault {
        ServiceFault::Profile(
            ProfileFault::Missing { name, example, .. } | ProfileFault::Value { name, example, .. },
        ) => CliFault::Usage(format!("{fault}; write --preset {profile}:{name}={example}")),
        _ => fault.into(),
    }
}

/// A preset is written `unomed`, or `healthie:company=acme`.
fn read_preset(
    preset: &str,
) -> Result<(String, std::collections::BTreeMap<String, String>), CliFault> {
    let (profile, values) = preset.split_once(':').unwrap_or((preset, ""));
    let mut read = std::collections::BTreeMap::new();
    for pair in values.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            CliFault::Usage(format!(
                "--preset {preset}: write PROFILE or PROFILE:NAME=VALUE, such as healthie:company=acme"
            ))
        })?;
        read.insert(name.to_owned(), value.to_owned());
    }
    Ok((profile.to_owned(), read))
}

impl ShownClient {
    /// The client in one line.
    pub(super) fn line(&self) -> String {
        let secret = self.client_secret.as_deref();
        let secret = secret.unwrap_or("was shown when it was registered");
        format!("{}   profile {}   secret: {secret}", self.client_id, self.profile)
    }
}
