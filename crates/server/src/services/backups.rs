//! Backups: everything, out of one snapshot.

use std::io::Write;

use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_store::backup::Contents;

use super::{About, Act, ServiceFault};

/// Writes a backup of everything to `out`, and records that it was made. It is read on this thread:
/// a server that goes on beside it does so in another process.
pub async fn create(act: Act<'_>, out: &mut (dyn Write + Send)) -> Result<Contents, ServiceFault> {
    act.require(Permission::SystemWrite)?;
    let core = act.core;
    let made = core.store.back_up(out, core.masters.current_id(), act.now)?;
    let after = json!({ "rows": made.rows() });
    let event = act.event("backup.made", About::Installation, Value::Null, after);
    core.store.write(move |tx| tx.record(vec![event])).await?;
    Ok(made)
}
