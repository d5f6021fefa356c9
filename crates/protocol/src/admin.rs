//! What administrators may do: permissions, the roles that bundle them, and where a role holds.
//!
//! A role holds in one organization and in everything below it, or everywhere. What concerns the
//! whole installation (its signing keys, its settings) comes with a role that holds everywhere
//! alone.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::OrgId;

macro_rules! permissions {
    ($(#[doc = $doc:literal] $name:ident = $word:literal),+ $(,)?) => {
        /// One thing that an administrator may do, named as the scopes of the administration API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Permission {$(
            #[doc = $doc]
            #[serde(rename = $word)]
            $name,
        )+}

        impl Permission {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self {$(Self::$name => $word),+}
            }

            /// What it allows, in one sentence.
            pub fn summary(self) -> &'static str {
                match self {$(Self::$name => $doc.trim_ascii()),+}
            }
        }
    };
}

permissions! {
    /// See clients, their policies and the first characters of their secrets.
    ClientsRead = "clients:read",
    /// Register and change clients, and give them secrets.
    ClientsWrite = "clients:write",
    /// See users, their groups, sessions and consents.
    UsersRead = "users:read",
    /// Add, change, disable, import and erase users, and change groups.
    UsersWrite = "users:write",
    /// Take everybody's data away in a file: all users, or the map of their identifiers.
    UsersExport = "users:export",
    /// Help users: unlock them, end their sessions, send them a link.
    UsersSupport = "users:support",
    /// See organizations.
    OrganizationsRead = "organizations:read",
    /// Make and change organizations.
    OrganizationsWrite = "organizations:write",
    /// Read the event log and its case files.
    EventsRead = "events:read",
    /// See signing keys.
    KeysRead = "keys:read",
    /// Rotate and retire signing keys.
    KeysWrite = "keys:write",
    /// See configuration, webhooks and the state of the installation.
    SystemRead = "system:read",
    /// Change webhooks and take backups.
    SystemWrite = "system:write",
    /// See who administers.
    AdminsRead = "admins:read",
    /// Grant and take away roles.
    AdminsWrite = "admins:write",
}

impl Permission {
    /// The permission of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == word)
    }

    /// Whether it concerns the whole installation and not one organization.
    pub fn is_installation_wide(self) -> bool {
        matches!(self, Self::KeysRead | Self::KeysWrite | Self::SystemRead | Self::SystemWrite)
    }

    fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What somebody may do in one organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u16);

impl Rights {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Everything: the operator on the host.
    pub fn all() -> Self {
        Self::of(Permission::ALL.iter().copied())
    }

    /// These permissions.
    pub fn of(permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | permission.bit()))
    }

    /// Whether this is allowed.
    pub fn allow(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether nothing at all is allowed.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What either allows.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both allow.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether everything that `other` allows is allowed here: nobody acts on those who may more
    /// than themselves (invariant I27).
    pub fn cover(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The permissions, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.allow(*permission))
    }
}

/// What an administrator is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, and who else administers.
    Owner,
    /// Clients.
    ClientManager,
    /// Users and groups.
    UserManager,
    /// Sees everything, changes nothing.
    Auditor,
    /// Helps users who cannot sign in.
    Support,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::ClientManager, Self::UserManager, Self::Auditor, Self::Support];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::ClientManager => "client_manager",
            Self::UserManager => "user_manager",
            Self::Auditor => "auditor",
            Self::Support => "support",
        }
    }

    /// The role of this word; a dash is as good as an underscore.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.replace('-', "_");
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// What it is for, in one sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Owner => "everything, including who else administers",
            Self::ClientManager => "registers and changes clients, reads the event log",
            Self::UserManager => "adds, changes and removes users and groups",
            Self::Auditor => "sees everything, changes nothing",
            Self::Support => "unlocks users, ends their sessions and sends them links",
        }
    }

    /// What it allows, where it holds everywhere.
    pub fn rights(self) -> Rights {
        use Permission as P;
        match self {
            Self::Owner => Rights::all(),
            Self::ClientManager => Rights::of([
                P::ClientsRead,
                P::ClientsWrite,
                P::OrganizationsRead,
                P::EventsRead,
                P::KeysRead,
            ]),
            Self::UserManager => Rights::of([
                P::ClientsRead,
                P::UsersRead,
                P::UsersWrite,
                P::UsersExport,
                P::UsersSupport,
                P::OrganizationsRead,
                P::EventsRead,
            ]),
            Self::Auditor => Rights::of([
                P::ClientsRead,
                P::UsersRead,
                P::OrganizationsRead,
                P::EventsRead,
                P::KeysRead,
                P::SystemRead,
                P::AdminsRead,
            ]),
            Self::Support => {
                Rights::of([P::ClientsRead, P::UsersRead, P::UsersSupport, P::EventsRead])
            }
        }
    }
}

/// Where a role holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// In every organization, and for the installation itself.
    Everywhere,
    /// In this organization and all below it.
    Below(OrgId),
}

/// A role and where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Assignment {
    /// The role.
    pub role: Role,
    /// Where.
    pub reach: Reach,
}

impl Assignment {
    /// What it allows where it holds.
    pub fn rights(self) -> Rights {
        match self.reach {
            Reach::Everywhere => self.role.rights(),
            Reach::Below(org) => self.rights_in(&[org]),
        }
    }

    /// What it allows in the organization whose line of ancestors, itself first, is `lineage`.
    pub fn rights_in(self, lineage: &[OrgId]) -> Rights {
        match self.reach {
            Reach::Everywhere => self.role.rights(),
            Reach::Below(org) if lineage.contains(&org) => Rights::of(
                self.role.rights().iter().filter(|permission| !permission.is_installation_wide()),
            ),
            Reach::Below(_) => Rights::NONE,
        }
    }
}

/// What these assignments allow together in the organization of this lineage.
pub fn rights_in(assignments: &[Assignment], lineage: &[OrgId]) -> Rights {
    assignments
        .iter()
        .fold(Rights::NONE, |rights, assignment| rights.union(assignment.rights_in(lineage)))
}

/// Why a role is not granted or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantFault {
    /// The one who grants may less than the role allows (invariant I27).
    #[error("the role allows more than you may do yourself, and nobody grants more than that")]
    BeyondOwnRights,
    /// Somebody has to remain who can administer everything.
    #[error("this is the last owner; make somebody else an owner first")]
    LastOwner,
}

/// Whether somebody with `rights` where the role is to hold may grant it or take it away.
pub fn may_assign(rights: Rights, assignment: Assignment) -> Result<(), GrantFault> {
    match rights.allow(Permission::AdminsWrite) && rights.cover(assignment.rights()) {
        true => Ok(()),
        false => Err(GrantFault::BeyondOwnRights),
    }
}

/// Whether a role may be taken away, given how many active owners of everything there are.
pub fn may_lose(assignment: Assignment, owners: usize) -> Result<(), GrantFault> {
    let owner = Assignment { role: Role::Owner, reach: Reach::Everywhere };
    if assignment == owner && owners <= 1 {
        return Err(GrantFault::LastOwner);
    }
    Ok(())
}
