//! Who acts, and what they may do where: an administrator in the console, an API token, a client.

use serde_json::Value;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Assignment, Permission, Reach, Rights, rights_in};
use vestibule_protocol::client::{Client, Status};
use vestibule_protocol::ids::{ApiTokenId, OrgId};
use vestibule_protocol::opaque::{self, Opaque};
use vestibule_protocol::user::User;
use vestibule_store::admin_roles::Holder;
use vestibule_store::api_tokens::ApiToken;

use super::ServiceFault;
use crate::core::Core;

/// A use of an API token is written down this often at most, in milliseconds.
const USE_NOTED_EVERY: i64 = 60_000;

/// Somebody who was authenticated, with the roles they hold.
#[derive(Clone, Debug)]
pub struct Caller {
    /// As the event log names them.
    pub by: String,
    /// Who holds the roles.
    pub holder: Holder,
    /// When what they presented ends; `None` for a session, which has an end of its own.
    pub ends: Option<Timestamp>,
    /// Their roles.
    assignments: Vec<Assignment>,
    /// What they may do at most, whatever their roles.
    ceiling: Rights,
    /// Where they may act at most, whatever their roles.
    within: Reach,
}

impl Caller {
    /// An administrator who signed in.
    pub async fn of_user(core: &Core, user: &User) -> Result<Self, ServiceFault> {
        let holder = Holder::User(user.id);
        Ok(Self {
            by: name_of(user),
            holder,
            ends: None,
            assignments: assignments(core, holder).await?,
            ceiling: Rights::all(),
            within: Reach::Everywhere,
        })
    }

    /// A client that presented an access token of its own; the scopes of the token are a ceiling.
    pub async fn of_client(
        core: &Core,
        client: &Client,
        scope: impl Iterator<Item = &str>,
    ) -> Result<Self, ServiceFault> {
        let holder = Holder::Client(client.key);
        Ok(Self {
            by: format!("client {}", client.client_id),
            holder,
            ends: None,
            assignments: assignments(core, holder).await?,
            ceiling: Rights::of(scope.filter_map(Permission::from_word)),
            within: Reach::Everywhere,
        })
    }

    /// Whoever presented this API token, if it works at `now`.
    pub async fn of_api_token(
        core: &Core,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, ServiceFault> {
        let Some(presented) = Opaque::<opaque::ApiToken>::parse(text) else { return Ok(None) };
        let found = core.store.api_token(ApiTokenId(presented.id())).await?;
        let Some(token) = found.filter(|token| token.digest == presented.digest()) else {
            return Ok(None);
        };
        let user = core.store.user(OrgId::ROOT, token.user).await?;
        let Some(user) = user.filter(|user| works(&token, user, now)) else { return Ok(None) };
        note_use(core, &token, now).await;
        let caller = Self::of_user(core, &user).await?;
        Ok(Some(Self {
            by: format!("{} by API token {}", caller.by, token.label),
            ends: Some(token.expires_at),
            ceiling: token.permissions,
            within: token.reach,
            ..caller
        }))
    }

    /// Whether they administer anything anywhere.
    pub fn administers(&self) -> bool {
        !self.assignments.is_empty() && !self.ceiling.is_empty()
    }

    /// The organizations in which they hold roles; `None` when one of the roles holds everywhere.
    pub fn organizations(&self) -> Option<Vec<OrgId>> {
        self.assignments
            .iter()
            .map(|assignment| match assignment.reach {
                Reach::Everywhere => None,
                Reach::Below(org) => Some(org),
            })
            .collect()
    }

    /// What they may do in an organization; nothing in an unknown one.
    pub async fn rights(&self, core: &Core, org: OrgId) -> Result<Rights, ServiceFault> {
        let lineage = core.store.lineage(org).await?;
        let reaches = match self.within {
            Reach::Everywhere => !lineage.is_empty(),
            Reach::Below(org) => lineage.contains(&org),
        };
        if !reaches {
            return Ok(Rights::NONE);
        }
        Ok(rights_in(&self.assignments, &lineage).intersection(self.ceiling))
    }
}

/// A user, as the event log names who acted.
fn name_of(user: &User) -> String {
    format!("user {}", user.subject)
}

async fn assignments(core: &Core, holder: Holder) -> Result<Vec<Assignment>, ServiceFault> {
    let roles = core.store.roles_of(holder).await?;
    Ok(roles.into_iter().map(|role| role.assignment).collect())
}

/// A token ends with what it was made under: a new password or "signed out everywhere" ends it too,
/// since whoever had the account may have made it.
fn works(token: &ApiToken, user: &User, now: Timestamp) -> bool {
    token.is_live(now) && user.status == Status::Active && token.created_at >= user.not_before
}

async fn note_use(core: &Core, token: &ApiToken, now: Timestamp) {
    let noted = token.last_used_at.map_or(0, Timestamp::as_millis);
    if now.as_millis() - noted < USE_NOTED_EVERY {
        return;
    }
    let id = token.id;
    if let Err(error) = core.store.write(move |tx| tx.touch_api_token(id, now)).await {
        tracing::warn!(%error, "the use of an API token was not noted");
    }
}

/// What the event log keeps of a holder.
pub(super) fn facts(holder: &str, assignment: Assignment) -> Value {
    let reach = match assignment.reach {
        Reach::Everywhere => Value::from("everywhere"),
        Reach::Below(org) => Value::from(org.0.to_string()),
    };
    serde_json::json!({ "holder": holder, "role": assignment.role, "reach": reach })
}
