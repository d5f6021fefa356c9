//! Finding clients by what their policy says.

use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, Environment};
use vestibule_store::clients::ClientFilter;
use vestibule_store::{Page, PageRequest};

use crate::services::{Act, ServiceFault};

/// How many rows are read at a time while looking for matching ones.
const STRIDE: u32 = PageRequest::MAX;
/// Most rows that one answer looks at; the next page goes on from there.
const MOST_LOOKED_AT: u32 = 5_000;

/// Which clients are looked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// By name, `client_id` and status.
    pub filter: ClientFilter,
    /// Only test or only live registrations.
    pub environment: Option<Environment>,
    /// Only those that are trusted more than the default trusts a client.
    pub relaxed: bool,
}

impl Search {
    fn matches(&self, client: &Client) -> bool {
        let settings = &client.settings;
        self.environment.is_none_or(|environment| settings.environment == environment)
            && (!self.relaxed || settings.relaxations().next().is_some())
    }
}

/// A page of the matching clients, oldest first. A page may have fewer rows than asked for and still
/// not be the last: what matters is whether it names a next one.
pub async fn search(
    act: Act<'_>,
    search: Search,
    page: PageRequest,
) -> Result<Page<Client>, ServiceFault> {
    act.require(Permission::ClientsRead)?;
    if search.environment.is_none() && !search.relaxed {
        return super::list(act, search.filter, page).await;
    }
    let wanted = usize::try_from(page.limit.clamp(1, PageRequest::MAX)).unwrap_or(1);
    let mut found = Vec::new();
    let mut after = page.after;
    for _ in 0..MOST_LOOKED_AT / STRIDE {
        let request = PageRequest { after, limit: STRIDE };
        let rows = act.core.store.clients(act.org, search.filter.clone(), request).await?;
        found.extend(rows.items.into_iter().filter(|client| search.matches(client)));
        if found.len() > wanted {
            found.truncate(wanted);
            let next = found.last().map(|client| client.key.0);
            return Ok(Page { items: found, next });
        }
        match rows.next {
            Some(next) => after = next,
            None => return Ok(Page { items: found, next: None }),
        }
    }
    Ok(Page { items: found, next: Some(after) })
}
