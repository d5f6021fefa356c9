//! `[[webhook]]`: where events are told.

use std::path::Path;

use super::super::document::{Ensure, Object, WebhookWanted};
use super::super::table::{Source, Table};
use super::{Read, Surroundings, common, secret, tell};
use crate::services::webhooks::{self, Wanted};

const KEYS: [&str; 7] = ["label", "url", "kinds", "status", "organization", "ensure", "secret"];

/// `[[webhook]]`.
pub(super) fn webhook(
    table: &Table<'_>,
    source: &mut Source<'_>,
    around: Surroundings<'_>,
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Option<Read> {
    table.only(source, KEYS.into_iter());
    let (ensure, organization) = common(table, source);
    let label: String = table.require(source, "label", "it is the stable id, such as siem")?;
    if ensure == Ensure::Absent {
        return Some((organization, Object::Webhook(label, None)));
    }
    let url: Option<String> = table.require(source, "url", "events are posted there, by https");
    let kinds = table.read(source, "kinds").unwrap_or_default();
    let status = table.read(source, "status").unwrap_or_default();
    let secret = secret::signing(table, source, around, folder, warnings);
    let wanted = Wanted { label: label.clone(), url: url?, kinds };
    for fault in webhooks::faults(around.core, &wanted) {
        tell(table, source, &fault);
    }
    let wanted = Box::new(WebhookWanted { wanted, status, secret });
    Some((organization, Object::Webhook(label, Some(wanted))))
}
