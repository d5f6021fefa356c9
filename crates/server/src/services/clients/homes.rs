//! The organizations whose users may use a client.

use vestibule_protocol::client::{Client, ClientSettings};
use vestibule_store::organizations::Organization;

use super::judge;
use crate::services::{Act, FieldFault, ServiceFault, organizations};

/// Those it names, or its own.
pub(crate) async fn homes(
    act: Act<'_>,
    client: &Client,
) -> Result<Vec<Organization>, ServiceFault> {
    let named = &client.settings.organizations;
    if named.is_empty() {
        return Ok(act.core.store.organization(client.org).await?.into_iter().collect());
    }
    let act = Act { org: client.org, ..act };
    Ok(organizations::named(act, named).await?.into_values().collect())
}

/// Those that a client is limited to and that are not there for it: those of others are told apart
/// from unknown ones nowhere.
pub(super) async fn strange(
    act: Act<'_>,
    settings: &ClientSettings,
) -> Result<Vec<FieldFault>, ServiceFault> {
    if settings.organizations.is_empty() {
        return Ok(Vec::new());
    }
    let known = organizations::named(act, &settings.organizations).await?;
    let strange = settings.organizations.iter().filter(|slug| !known.contains_key(*slug));
    Ok(strange.map(|slug| judge::strange_organization(slug)).collect())
}
