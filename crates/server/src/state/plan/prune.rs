//! What a file managed once and no longer names.

use std::sync::Arc;

use serde_json::Value;
use vestibule_store::managed::ManagedKind;

use super::{Planning, Prune, Step, Verb};
use crate::services::ServiceFault;

impl Planning<'_> {
    /// The steps that take away what this file no longer names; without prune, notes of it.
    pub(super) async fn unnamed(&mut self, source: &Arc<str>) -> Result<Vec<Step>, ServiceFault> {
        let mut steps = Vec::new();
        for mark in self.act.core.store.managed_by(source.to_string()).await? {
            if self.named.contains(&(mark.kind, mark.object)) {
                continue;
            }
            let found = match mark.kind {
                ManagedKind::Client => self.prune_client(mark.object).await?,
                ManagedKind::Admin => self.prune_admin(mark.object).await?,
                ManagedKind::Organization => self.prune_organization(mark.object).await?,
                ManagedKind::Group => self.prune_group(mark.object).await?,
                ManagedKind::Webhook => self.prune_webhook(mark.object).await?,
                // They go with what is planned for their client.
                ManagedKind::ClientSecret => continue,
            };
            let kind = mark.kind;
            let Some(found) = found else { continue };
            if self.prune == Prune::Tell {
                let (kind, id) = (kind.as_str(), found.id);
                self.plan.notes.push(format!(
                    "{kind} {id} is managed by {source}, which no longer names it; --prune removes it"
                ));
                continue;
            }
            steps.push(Step {
                kind,
                id: found.id,
                source: Arc::clone(source),
                place: None,
                verb: Verb::Remove,
                before: found.before,
                after: Value::Null,
                secrets: Vec::new(),
                taken_from: None,
                deed: found.deed,
            });
        }
        Ok(steps)
    }
}
