//! Roles: as stated, and as they are held.

use serde_json::{Value, json};
use vestibule_protocol::admin::{Assignment, Reach};
use vestibule_store::managed::ManagedKind;

use super::super::document::{AdminWanted, Ensure, HolderName};
use super::clients::Pruned;
use super::{Deed, Draft, Home, Planning, Step, Verb};
use crate::services::{ServiceFault, admins};

impl Planning<'_> {
    pub(super) async fn admin(
        &mut self,
        draft: Draft,
        home: Option<Home>,
        wanted: AdminWanted,
        ensure: Ensure,
    ) -> Result<Step, ServiceFault> {
        let kind = ManagedKind::Admin;
        let reach = match &home {
            None => Some(Reach::Everywhere),
            Some(Home::Known(org)) => Some(Reach::Below(*org)),
            Some(Home::ToBe(_)) => None,
        };
        let assignment = reach.map(|reach| Assignment { role: wanted.role, reach });
        let held = match (self.named_holder(&wanted.holder, ensure).await?, assignment) {
            (Some(named), Some(assignment)) => {
                let roles = self.act.core.store.roles_of(named.holder()).await?;
                roles.into_iter().find(|role| role.assignment == assignment)
            }
            _ => None,
        };
        let after = json!({ "holder": wanted.holder.to_string(), "role": wanted.role });
        match (held, ensure) {
            (Some(role), Ensure::Present) => {
                let row = (kind, role.id.0);
                let deed = Deed::Mark(role.id.0);
                self.standing(draft, row, Verb::Keep, (after.clone(), after), deed).await
            }
            (Some(role), Ensure::Absent) => {
                let deed = Deed::Revoke { role: role.id };
                let row = (kind, role.id.0);
                self.standing(draft, row, Verb::Remove, (after, Value::Null), deed).await
            }
            (None, Ensure::Absent) => Ok(draft.missing(kind, Verb::Keep, Value::Null, Deed::Keep)),
            (None, Ensure::Present) => {
                let deed = Deed::Grant { home, wanted };
                Ok(draft.missing(kind, Verb::Create, after, deed))
            }
        }
    }

    /// Who is to hold a role. `None`: a client that an earlier step registers, or nobody who would
    /// lose one.
    async fn named_holder(
        &self,
        holder: &HolderName,
        ensure: Ensure,
    ) -> Result<Option<admins::Named>, ServiceFault> {
        let named = match holder {
            HolderName::User(name) => admins::user(self.act, name).await,
            HolderName::Client(client_id) => {
                if self.ahead.makes_client(client_id) && !self.stands(client_id).await? {
                    return Ok(None);
                }
                admins::client(self.act, client_id).await
            }
        };
        match named {
            Ok(named) => Ok(Some(named)),
            Err(ServiceFault::NotFound { .. }) if ensure == Ensure::Absent => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn stands(&self, client_id: &str) -> Result<bool, ServiceFault> {
        let id = vestibule_protocol::ids::ClientId(client_id.to_owned());
        Ok(self.act.core.store.client_by_client_id(id).await?.is_some())
    }

    /// The step that prunes a role.
    pub(super) async fn prune_admin(&self, row: i64) -> Result<Option<Pruned>, ServiceFault> {
        let lines = admins::list(self.act).await?;
        let found = lines.into_iter().find(|line| line.role.id.0 == row);
        Ok(found.map(|line| {
            let role = line.role.assignment.role;
            let holder = line.named.map_or_else(|| "nobody".to_owned(), |named| named.label());
            Pruned {
                id: format!("{holder} is {}", role.as_str()),
                before: json!({ "holder": holder, "role": role }),
                deed: Deed::Revoke { role: line.role.id },
            }
        }))
    }
}
