//! What stands in the way of taking something away, once all else is done.

use std::collections::HashSet;

use vestibule_protocol::admin::{self, Assignment, Reach, Role};
use vestibule_protocol::client::Status;

use super::super::document::{AdminWanted, HolderName};
use super::{Deed, Planning, Problem, Step};
use crate::services::admins::{self, Named, RoleLine};
use crate::services::{ServiceFault, groups};

/// Who may do everything everywhere; the last one stays.
const OWNER: Assignment = Assignment { role: Role::Owner, reach: Reach::Everywhere };

impl Planning<'_> {
    /// The removals that can be; of the others it is told why they cannot.
    pub(super) async fn removable(&mut self, steps: Vec<Step>) -> Result<Vec<Step>, ServiceFault> {
        let removed = steps.iter().filter_map(|step| match &step.deed {
            Deed::RemoveClient { client_id, .. } => Some(client_id.0.clone()),
            _ => None,
        });
        let removed: HashSet<String> = removed.collect();
        let revokes = steps.iter().any(|step| matches!(step.deed, Deed::Revoke { .. }));
        let roles = if revokes { admins::list(self.act).await? } else { Vec::new() };
        let mut owners = self.owners(&roles);
        let mut kept = Vec::new();
        for step in steps {
            let fault = match &step.deed {
                Deed::RemoveGroup { home, name, .. } => {
                    let limited = self.still_limited(*home, name, &removed).await?;
                    limited.map(|client_id| groups::in_use_by(name, &client_id))
                }
                Deed::Revoke { role } => {
                    let line = roles.iter().find(|line| line.role.id == *role);
                    let assignment = line.map_or(OWNER, |line| line.role.assignment);
                    let fault = admin::may_lose(assignment, owners).err();
                    if fault.is_none() && line.is_some_and(counts) {
                        owners = owners.saturating_sub(1);
                    }
                    fault.map(ServiceFault::from)
                }
                _ => None,
            };
            match fault {
                None => kept.push(step),
                Some(fault) => {
                    let Step { kind, id, place, .. } = step;
                    self.plan.problems.push(Problem { kind, id, place, fault });
                }
            }
        }
        Ok(kept)
    }

    /// How many owners there are when the removals begin.
    fn owners(&self, roles: &[RoleLine]) -> usize {
        let granted = self.plan.steps.iter().filter(|step| {
            let owner = |wanted: &AdminWanted| {
                wanted.role == Role::Owner && matches!(wanted.holder, HolderName::User(_))
            };
            matches!(&step.deed, Deed::Grant { home: None, wanted } if owner(wanted))
        });
        roles.iter().filter(|line| counts(line)).count() + granted.count()
    }
}

/// Whether it is an owner that can sign in.
fn counts(line: &RoleLine) -> bool {
    let active = matches!(&line.named, Some(Named::User(user)) if user.status == Status::Active);
    line.role.assignment == OWNER && active
}
