//! What the clients of some lines are called.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_protocol::admin::Permission;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::{ClientId, OrgId};
use vestibule_store::clients::ClientName;

use crate::services::{Act, ServiceFault};

/// The names of the clients that lines are about, as they are now; a client that is gone has none.
#[derive(Clone, Debug)]
pub struct Names {
    /// Whose clients can be looked at.
    org: OrgId,
    clients: BTreeMap<ClientId, ClientName>,
}

impl Names {
    /// None, for a form that has no place for them.
    pub fn none(act: Act<'_>) -> Self {
        Self { org: act.org, clients: BTreeMap::new() }
    }

    /// Those of all clients of these lines, in one read.
    pub async fn of(act: Act<'_>, events: &[Event]) -> Result<Self, ServiceFault> {
        act.require(Permission::EventsRead)?;
        let named: BTreeSet<&ClientId> =
            events.iter().filter_map(|it| it.client.as_ref()).collect();
        let named: Vec<ClientId> = named.into_iter().cloned().collect();
        let clients = match named.is_empty() {
            true => BTreeMap::new(),
            false => act.core.store.client_names(named).await?,
        };
        Ok(Self { org: act.org, clients })
    }

    /// That of the client of this line.
    pub fn client(&self, event: &Event) -> Option<&str> {
        let found = self.clients.get(event.client.as_ref()?)?;
        Some(&found.name)
    }

    /// Whether the client of this line is one of the organization's own.
    pub fn is_ours(&self, event: &Event) -> bool {
        let found = event.client.as_ref().and_then(|client| self.clients.get(client));
        found.is_some_and(|found| found.org == self.org)
    }
}

#[cfg(test)]
impl Names {
    /// As pages are looked at with.
    pub(crate) fn sample() -> Self {
        let clients = [("unomed", "Unomed <\"live\">", 1), ("portal", "Patient portal", 2)];
        let named = clients.map(|(id, name, org)| {
            (ClientId(id.to_owned()), ClientName { name: name.to_owned(), org: OrgId(org) })
        });
        Self { org: OrgId::ROOT, clients: named.into() }
    }
}
