//! What the clients of some lines are called.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_protocol::admin::Permission;
use vestibule_protocol::event::Event;
use vestibule_protocol::ids::ClientId;

use crate::services::{Act, ServiceFault};

/// The names of the clients that lines are about, as they are now; a client that is gone has none.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<ClientId, String>);

impl Names {
    /// Those of all clients of these lines, in one read.
    pub async fn of(act: Act<'_>, events: &[Event]) -> Result<Self, ServiceFault> {
        act.require(Permission::EventsRead)?;
        let clients: BTreeSet<&ClientId> =
            events.iter().filter_map(|it| it.client.as_ref()).collect();
        if clients.is_empty() {
            return Ok(Self::default());
        }
        let clients = clients.into_iter().cloned().collect();
        Ok(Self(act.core.store.client_names(clients).await?))
    }

    /// That of the client of this line.
    pub fn client(&self, event: &Event) -> Option<&str> {
        self.0.get(event.client.as_ref()?).map(String::as_str)
    }
}

#[cfg(test)]
impl Names {
    /// As pages are looked at with.
    pub(crate) fn sample() -> Self {
        let clients = [("unomed", "Unomed <\"live\">"), ("portal", "Patient portal")];
        Self(clients.map(|(id, name)| (ClientId(id.to_owned()), name.to_owned())).into())
    }
}
