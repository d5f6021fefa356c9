//! The secrets of a client.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, ClientSecret};

use super::ClientHead;
use crate::admin::views::field::Field;
use crate::admin::views::frame::Frame;
use crate::admin::views::part::{Badge, Summary, Tone};
use crate::pages::views::Form;

/// The secrets of a client; none of them is ever shown again.
#[derive(Template)]
#[template(path = "admin/credentials.html")]
pub struct Credentials {
    /// The frame.
    pub frame: Frame,
    /// What all its pages begin with.
    pub head: ClientHead,
    /// Whether it has no secrets at all.
    pub public: bool,
    /// Newest first.
    pub rows: Vec<SecretRow>,
    /// The page that makes one more.
    pub add: String,
}

/// A secret.
#[derive(Clone, Debug)]
pub struct SecretRow {
    /// What an administrator calls it.
    pub label: String,
    /// Its first characters.
    pub prefix: String,
    /// Whether it works.
    pub state: Badge,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last accepted.
    pub last_used_at: Option<Timestamp>,
    /// The page that revokes it, while it can be.
    pub revoke: Option<String>,
}

impl SecretRow {
    /// The row of a secret at `now`; `home` is the path of its client's credentials.
    pub fn of(secret: &ClientSecret, now: Timestamp, home: &str, may_write: bool) -> Self {
        let state = match (secret.revoked_at, secret.expires_at) {
            (Some(_), _) => Badge::new("Revoked", Tone::Plain),
            (None, Some(end)) if end <= now => Badge::new("Expired", Tone::Plain),
            (None, Some(_)) => Badge::new("Live, expires", Tone::Warn),
            (None, None) => Badge::new("Live", Tone::Good),
        };
        let revocable = may_write && secret.is_live(now);
        Self {
            label: secret.label.clone(),
            prefix: secret.prefix.clone(),
            state,
            created_at: secret.created_at,
            created_by: secret.created_by.clone(),
            expires_at: secret.expires_at,
            last_used_at: secret.last_used_at,
            revoke: revocable.then(|| format!("{home}/{}/revoke", secret.id.0)),
        }
    }
}

impl Credentials {
    /// The page of a client, for a reader whom the event log names so.
    pub fn of(frame: Frame, client: &Client, now: Timestamp, reader: &str) -> Self {
        let home = frame.path(&format!("/admin/clients/{}/credentials", client.client_id));
        let may_write = frame.may(Permission::ClientsWrite);
        let rows = client.secrets.iter().rev();
        Self {
            head: ClientHead::of(&frame, client, "/credentials"),
            public: client.settings.is_public(),
            rows: rows
                .map(|secret| {
                    let row = SecretRow::of(secret, now, &home, may_write);
                    match row.created_by == reader {
                        true => SecretRow { created_by: "you".to_owned(), ..row },
                        false => row,
                    }
                })
                .collect(),
            add: format!("{home}/new"),
            frame,
        }
    }

    fn may_write(&self) -> bool {
        self.frame.may(Permission::ClientsWrite)
    }
}

/// Makes one more secret.
#[derive(Template)]
#[template(path = "admin/new_secret.html")]
pub struct NewSecretPage {
    /// The frame.
    pub frame: Frame,
    /// What all pages of the client begin with.
    pub head: ClientHead,
    /// Posts it.
    pub form: Form,
    /// What was wrong with it.
    pub summary: Summary,
    /// The fields.
    pub fields: Vec<Field>,
}

#[cfg(test)]
impl Credentials {
    pub(crate) fn samples() -> Vec<Self> {
        use super::framed;
        use super::samples::{awkward, unomed};

        [unomed(), awkward()]
            .map(|client| {
                let frame = framed(Frame::sample(), &client);
                Self::of(frame, &client, Timestamp::from_seconds(1_795_000_000), "")
            })
            .into()
    }
}

#[cfg(test)]
impl NewSecretPage {
    pub(crate) fn samples() -> Vec<Self> {
        use super::framed;
        use super::samples::awkward;
        use crate::admin::client::credentials::fields;
        use crate::services::FieldFault;

        let faults = [FieldFault::new("label", "a name has 1 to 100 characters")];
        let client = awkward();
        let frame = framed(Frame::sample(), &client);
        let fields: Vec<_> = fields().into_iter().map(|field| field.faults(&faults)).collect();
        vec![Self {
            head: ClientHead::of(&frame, &client, "/credentials"),
            form: frame.form("/admin/clients/x/credentials/new"),
            summary: Summary::of(&faults, &fields),
            fields,
            frame,
        }]
    }
}
