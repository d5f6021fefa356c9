//! Whose users may use a client.

use super::{ClientSettings, Environment};
use crate::organization::Organization;
use crate::user::User;

/// Why a user may not use a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// The user is in none of the client's groups.
    Groups {
        /// The client's groups.
        allowed: Vec<String>,
        /// The user's.
        member_of: Vec<String>,
    },
    /// The user belongs to none of the client's organizations.
    Organizations {
        /// The client's organizations.
        allowed: Vec<String>,
        /// The user's.
        organization: String,
    },
    /// A test user at the live registration of a client.
    TestUser,
}

impl ClientSettings {
    /// Whether a user of this organization may use the client: no groups let everybody in, and a
    /// test user reaches test registrations alone. Without organizations only those of the client's
    /// own may; that is compared by id, where the two are at hand.
    pub fn admission(
        &self,
        user: &User,
        organization: Organization<'_>,
    ) -> Result<(), NotAdmitted> {
        if user.test && self.environment == Environment::Live {
            return Err(NotAdmitted::TestUser);
        }
        if self.is_limited_to_organizations() && !self.organizations.contains(organization.slug) {
            return Err(NotAdmitted::Organizations {
                allowed: self.organizations.iter().cloned().collect(),
                organization: organization.slug.to_owned(),
            });
        }
        match self.groups.is_empty() || !self.groups.is_disjoint(&user.groups) {
            true => Ok(()),
            false => Err(NotAdmitted::Groups {
                allowed: self.groups.iter().cloned().collect(),
                member_of: user.groups.iter().cloned().collect(),
            }),
        }
    }

    /// Whether a user of this organization may use the client.
    pub fn admits(&self, user: &User, organization: Organization<'_>) -> bool {
        self.admission(user, organization).is_ok()
    }

    /// Whether it names the organizations whose users may use it.
    pub fn is_limited_to_organizations(&self) -> bool {
        !self.organizations.is_empty()
    }
}
