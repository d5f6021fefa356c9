//! What a document states.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Role;
use vestibule_protocol::brand::Brand;
use vestibule_protocol::client::{ClientSettings, Status};
use vestibule_protocol::ids::ClientId;
use vestibule_store::brands::Logo;
use vestibule_store::managed::ManagedKind;
use zeroize::Zeroizing;

use crate::services::webhooks;

/// Where something stands in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {} column {}", self.file, self.line, self.column)
    }
}

/// Whether something is to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ensure {
    /// It is to be there, as stated.
    #[default]
    Present,
    /// It is to be gone.
    Absent,
}

/// All that the documents state, in the order in which it is made.
#[derive(Debug)]
pub struct Documents {
    /// The objects, each once.
    pub objects: Vec<Stated>,
    /// By which names the files manage what they state, each once.
    pub sources: Vec<Arc<str>>,
    /// What is worth knowing and no fault.
    pub warnings: Vec<String>,
}

/// One object with where it is stated.
#[derive(Debug)]
pub struct Stated {
    /// Where it begins.
    pub place: Place,
    /// By which name its file manages it.
    pub source: Arc<str>,
    /// The slug of the organization it belongs to; `None` is the root.
    pub organization: Option<String>,
    /// What it is.
    pub object: Object,
}

/// An object; `None` inside states that it is to be gone.
#[derive(Debug)]
pub enum Object {
    /// `[[organization]]`; the slug is its stable id.
    Organization(String, Option<OrganizationWanted>),
    /// `[[group]]`; the name is its stable id within the organization.
    Group(String, Option<GroupWanted>),
    /// `[[client]]`; the `client_id` is its stable id.
    Client(ClientId, Option<Box<ClientWanted>>),
    /// `[[admin]]`; holder, role and organization together are its stable id.
    Admin(AdminWanted, Ensure),
    /// `[[webhook]]`; the label is its stable id within the organization.
    Webhook(String, Option<Box<WebhookWanted>>),
}

impl Object {
    /// What kind of object it is.
    pub fn kind(&self) -> ManagedKind {
        match self {
            Self::Organization(..) => ManagedKind::Organization,
            Self::Group(..) => ManagedKind::Group,
            Self::Client(..) => ManagedKind::Client,
            Self::Admin(..) => ManagedKind::Admin,
            Self::Webhook(..) => ManagedKind::Webhook,
        }
    }
}

impl Stated {
    /// Its name within its organization; who holds a role has none.
    pub fn name(&self) -> String {
        match &self.object {
            Object::Organization(name, _) | Object::Group(name, _) | Object::Webhook(name, _) => {
                name.clone()
            }
            Object::Client(client_id, _) => client_id.0.clone(),
            Object::Admin(..) => String::new(),
        }
    }

    /// Its stable id, as people read it.
    pub fn id(&self) -> String {
        match &self.object {
            Object::Organization(slug, _) => slug.clone(),
            Object::Group(name, _) | Object::Webhook(name, _) => {
                within(self.organization.as_deref(), name)
            }
            Object::Client(client_id, _) => client_id.0.clone(),
            Object::Admin(admin, _) => match &self.organization {
                Some(slug) => format!("{} is {} of {slug}", admin.holder, admin.role.as_str()),
                None => format!("{} is {}", admin.holder, admin.role.as_str()),
            },
        }
    }
}

/// A name within an organization; the root is not named.
pub fn within(organization: Option<&str>, name: &str) -> String {
    match organization {
        Some(slug) => format!("{slug}/{name}"),
        None => name.to_owned(),
    }
}

/// An organization as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationWanted {
    /// What people read.
    pub name: String,
    /// Whether its users and clients take part.
    pub status: Status,
    /// The slug of the organization above it; `None` is the root.
    pub parent: Option<String>,
    /// What its pages wear.
    pub brand: Brand,
    /// The picture that the brand names, where the document names a file.
    pub picture: Option<Logo>,
}

/// A group as it is to be; there is nothing to it but its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupWanted;

/// A client as it is to be.
#[derive(Debug)]
pub struct ClientWanted {
    /// What people read.
    pub name: String,
    /// Whether it works.
    pub status: Status,
    /// Its policy and metadata, whole.
    pub settings: ClientSettings,
    /// The picture that the settings name, where the document names a file.
    pub picture: Option<Logo>,
    /// Those of its secrets that the document names.
    pub secrets: Vec<SecretWanted>,
}

/// A secret of a client; its label is its stable id within the client.
#[derive(Debug)]
pub struct SecretWanted {
    /// What admins call it.
    pub label: String,
    /// Where it comes from; `None` when it is to be gone.
    pub source: Option<SecretSource>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// Where a secret comes from. A document never holds one.
pub enum SecretSource {
    /// It was made elsewhere.
    Given {
        /// The secret.
        text: Zeroizing<String>,
        /// Where it was read: `file /run/secrets/x` or `variable X`.
        from: String,
    },
    /// It is made here, once.
    Generate {
        /// The file it is written to; without one a link to it is printed.
        write_to: Option<PathBuf>,
    },
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given { from, .. } => write!(f, "Given({from})"),
            Self::Generate { write_to } => write!(f, "Generate({write_to:?})"),
        }
    }
}

/// A webhook as it is to be.
#[derive(Debug)]
pub struct WebhookWanted {
    /// Where to, and what it is told.
    pub wanted: webhooks::Wanted,
    /// Whether it is told anything.
    pub status: Status,
    /// What its deliveries are signed with; `None` leaves the secret that stands, and draws one for a
    /// webhook that does not.
    pub secret: Option<SigningSecret>,
}

/// What a webhook's deliveries are signed with.
#[derive(Debug)]
pub struct SigningSecret {
    /// Where it comes from.
    pub source: SecretSource,
    /// For how long the one that it takes the place of signs as well.
    pub overlap: Duration,
}

/// A role that somebody is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminWanted {
    /// Who.
    pub holder: HolderName,
    /// What. The organization of the object is where; the root means everywhere.
    pub role: Role,
}

/// Who holds a role, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HolderName {
    /// A user, by email address, user name or subject.
    User(String),
    /// A client, by `client_id`.
    Client(String),
}

impl fmt::Display for HolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => f.write_str(name),
            Self::Client(client_id) => write!(f, "client {client_id}"),
        }
    }
}
