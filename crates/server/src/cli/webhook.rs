//! `vestibule webhook`.

use std::process::ExitCode;

use serde_json::{Value, json};
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::{EventId, WebhookId};
use vestibule_store::webhooks::{Delivery, Webhook};

use super::args::WebhookVerb;
use super::console::{Console, moment, pairs, table, word};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::Sources;
use crate::services::Act;
use crate::services::webhooks::{self, Again, Made, Wanted};

pub(super) fn run(
    verb: WebhookVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    with_core(sources, async |act| {
        match verb {
            WebhookVerb::Add { url, label, kinds } => {
                add(act, Wanted { label, url, kinds }, console).await?;
            }
            WebhookVerb::List => list(act, console).await?,
            WebhookVerb::Update { id, url, label, kinds, all_kinds } => {
                let before = webhooks::find(act, WebhookId(id)).await?;
                let wanted = Wanted {
                    label: label.unwrap_or_else(|| before.label.clone()),
                    url: url.unwrap_or_else(|| before.url.clone()),
                    kinds: if all_kinds || !kinds.is_empty() {
                        kinds
                    } else {
                        before.kinds.clone()
                    },
                };
                let status = before.status;
                let changed = webhooks::update(act, before, wanted, status).await?;
                say(&changed, "is changed", console);
            }
            WebhookVerb::Disable { id } => switch(act, id, Status::Disabled, console).await?,
            WebhookVerb::Enable { id } => switch(act, id, Status::Active, console).await?,
            WebhookVerb::Rotate { id, overlap } => {
                let made = webhooks::rotate_secret(act, WebhookId(id), overlap).await?;
                tell(&made, console);
            }
            WebhookVerb::Remove { id } => {
                let webhook = webhooks::find(act, WebhookId(id)).await?;
                let removed = webhooks::remove(act, webhook).await?;
                console.answer(&webhook_json(&removed), || {
                    format!("The webhook {} is removed.", removed.label)
                });
            }
            WebhookVerb::Deliveries { id, limit } => {
                let found = webhooks::deliveries(act, WebhookId(id), limit).await?;
                deliveries(&found, console);
            }
            WebhookVerb::Replay { id, event, since } => {
                let again = event.map_or(Again::Since(since), |event| Again::Event(EventId(event)));
                let count = webhooks::replay(act, WebhookId(id), again).await?;
                console.answer(&json!({ "queued": count }), || {
                    format!("{count} deliveries are made again.")
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn add(act: Act<'_>, wanted: Wanted, console: &Console) -> Result<(), CliFault> {
    let made = webhooks::add(act, wanted).await?;
    tell(&made, console);
    Ok(())
}

fn tell(made: &Made, console: &Console) {
    let mut answer = webhook_json(&made.kept);
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("secret".to_owned(), json!(made.secret.as_str()));
    }
    console.answer(&answer, || {
        let mut lines =
            vec![("Id", made.kept.id.0.to_string()), ("Secret", made.secret.to_string())];
        if let Some(end) = made.kept.previous_ends_at {
            lines.push(("The one before signs until", moment(end.as_seconds())));
        }
        format!("{}It is shown this once; keep it now.\n", pairs(&lines))
    });
}

async fn list(act: Act<'_>, console: &Console) -> Result<(), CliFault> {
    let found = webhooks::list(act).await?;
    let files = webhooks::files(act, &found).await?;
    let answers = found.iter().map(|webhook| {
        let mut answer = webhook_json(webhook);
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("managed_by".to_owned(), json!(files.get(&webhook.id)));
        }
        answer
    });
    let answers: Vec<Value> = answers.collect();
    console.answer(&json!({ "webhooks": answers }), || {
        let heading = ["ID", "LABEL", "URL", "KINDS", "STATUS"].map(str::to_owned).to_vec();
        let rows = found.iter().map(|webhook| {
            let kinds = match webhook.kinds.as_slice() {
                [] => "all".to_owned(),
                kinds => kinds.join(" "),
            };
            vec![
                webhook.id.0.to_string(),
                webhook.label.clone(),
                webhook.url.clone(),
                kinds,
                word(&webhook.status),
            ]
        });
        table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
    });
    Ok(())
}

async fn switch(act: Act<'_>, id: i64, to: Status, console: &Console) -> Result<(), CliFault> {
    let before = webhooks::find(act, WebhookId(id)).await?;
    let Webhook { label, url, kinds, .. } = before.clone();
    let changed = webhooks::update(act, before, Wanted { label, url, kinds }, to).await?;
    say(&changed, &format!("is {}", word(&changed.status)), console);
    Ok(())
}

fn say(webhook: &Webhook, what: &str, console: &Console) {
    console.answer(&webhook_json(webhook), || format!("The webhook {} {what}.", webhook.label));
}

fn deliveries(found: &[Delivery], console: &Console) {
    let answers: Vec<Value> = found.iter().map(delivery_json).collect();
    console.answer(&json!({ "deliveries": answers }), || {
        let heading = ["EVENT", "KIND", "STATE", "TRIES", "ANSWER"].map(str::to_owned).to_vec();
        let rows = found.iter().map(|delivery| {
            vec![
                delivery.event.0.to_string(),
                delivery.kind.clone().unwrap_or_default(),
                state(delivery),
                delivery.attempts.to_string(),
                delivery.last_answer.clone().unwrap_or_default(),
            ]
        });
        table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
    });
}

fn state(delivery: &Delivery) -> String {
    match (delivery.done_at, delivery.failed_at) {
        (Some(at), _) => format!("taken {}", moment(at.as_seconds())),
        (None, Some(at)) => format!("given up {}", moment(at.as_seconds())),
        (None, None) => format!("due {}", moment(delivery.due_at.as_seconds())),
    }
}

fn webhook_json(webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id.0.to_string(),
        "label": webhook.label,
        "url": webhook.url,
        "kinds": webhook.kinds,
        "status": webhook.status,
        "previous_secret_ends_at": webhook.previous_ends_at.map(|at| at.as_seconds()),
        "created_at": webhook.created_at.as_seconds(),
        "updated_at": webhook.updated_at.as_seconds(),
    })
}

fn delivery_json(delivery: &Delivery) -> Value {
    json!({
        "event_id": delivery.event.0.to_string(),
        "kind": delivery.kind,
        "attempts": delivery.attempts,
        "due_at": delivery.due_at.as_seconds(),
        "done_at": delivery.done_at.map(|at| at.as_seconds()),
        "failed_at": delivery.failed_at.map(|at| at.as_seconds()),
        "last_answer": delivery.last_answer,
    })
}
