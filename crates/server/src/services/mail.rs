//! Outgoing mail: how it stands, and a mail that shows that mail arrives.

use serde_json::{Value, json};
use vestibule_protocol::admin::Permission;
use vestibule_store::outbox::Queue;

use super::{About, Act, ServiceFault};
use crate::mail::letter::Letter;
use crate::mail::{KIND, Way, queue, smtp, way};

/// How outgoing mail stands.
#[derive(Clone, Debug)]
pub struct MailStatus {
    /// What becomes of it.
    pub way: Way,
    /// The relay.
    pub relay: Option<String>,
    /// The sender.
    pub from: Option<String>,
    /// What waits, and what failed last.
    pub queue: Queue,
}

/// How outgoing mail stands.
pub async fn status(act: Act<'_>) -> Result<MailStatus, ServiceFault> {
    act.require(Permission::SystemRead)?;
    let config = &act.core.config;
    Ok(MailStatus {
        way: way(config),
        relay: config.mail.url.as_ref().map(ToString::to_string),
        from: smtp::sender(config).ok().map(|mailbox| mailbox.to_string()),
        queue: act.core.store.queue(KIND).await?,
    })
}

/// Sends a test mail at once and tells what came of it: it does not wait in the queue, so that
/// whoever asked sees what the relay said.
pub async fn send_test(act: Act<'_>, to: &str) -> Result<(), ServiceFault> {
    act.require(Permission::SystemWrite)?;
    let core = act.core;
    smtp::address(to).map_err(|_| {
        ServiceFault::invalid("to", "it is no email address, such as ada@clinic.example")
    })?;
    let letter = Letter::test(&core.config, to.trim(), act.by, act.now);
    match way(&core.config) {
        Way::Off => return Err(off()),
        Way::Captured => {
            let message = queue::write(core, act.org, &letter, act.now)?;
            core.store.write(move |tx| tx.enqueue(&message)).await?;
        }
        Way::Relay => {
            let id = core.ids.next(act.now);
            let mail = letter.render(&core.config);
            smtp::send(&core.config, &mail, id, act.now)
                .await
                .map_err(|fault| ServiceFault::Conflict(fault.to_string()))?;
        }
    }
    let event = act.event("mail.tested", About::Installation, Value::Null, json!({}));
    Ok(core.store.write(move |tx| tx.record(vec![event])).await?)
}

/// What is said where mail is wanted and there is none.
pub(super) fn off() -> ServiceFault {
    ServiceFault::Conflict(
        "no mail leaves this installation; set mail.url and mail.from, or take the link and hand it over"
            .to_owned(),
    )
}
