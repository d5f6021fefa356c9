//! Webhooks and what was told to them.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_store::webhooks::{Delivery, Webhook};

use super::frame::Frame;
use super::part::{Badge, Tone};

/// The webhooks.
#[derive(Template)]
#[template(path = "admin/webhooks.html")]
pub struct Webhooks {
    /// The frame.
    pub frame: Frame,
    /// The webhooks, oldest first.
    pub rows: Vec<WebhookRow>,
}

/// One webhook.
#[derive(Template)]
#[template(path = "admin/webhook.html")]
pub struct WebhookPage {
    /// The frame.
    pub frame: Frame,
    /// The webhook.
    pub row: WebhookRow,
    /// The declarative file that states it.
    pub manager: Option<String>,
    /// What was told to it, newest first.
    pub deliveries: Vec<DeliveryRow>,
}

/// A webhook.
#[derive(Clone, Debug)]
pub struct WebhookRow {
    /// What it is for.
    pub label: String,
    /// Where to.
    pub url: String,
    /// Of what it is told.
    pub kinds: String,
    /// Whether it is told anything.
    pub state: Badge,
    /// Until when the secret before the present one signs as well.
    pub previous_ends_at: Option<Timestamp>,
    /// Since when there is one.
    pub created_at: Timestamp,
    /// Its page.
    pub href: String,
}

/// What was told, or is to be told.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Which event.
    pub event: i64,
    /// What kind of event; empty once the log no longer has it.
    pub kind: String,
    /// What became of it.
    pub state: Badge,
    /// When that was, or when it is tried next.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What the receiver said last.
    pub answer: String,
}

impl WebhookRow {
    /// A webhook, whose page lies at `href`.
    pub fn of(webhook: &Webhook, href: String) -> Self {
        Self {
            label: webhook.label.clone(),
            url: webhook.url.clone(),
            kinds: match webhook.kinds.as_slice() {
                [] => "everything".to_owned(),
                kinds => kinds.join(", "),
            },
            state: match webhook.status {
                Status::Active => Badge::new("active", Tone::Good),
                Status::Disabled => Badge::new("off", Tone::Plain),
            },
            previous_ends_at: webhook.previous_ends_at,
            created_at: webhook.created_at,
            href,
        }
    }
}

impl From<Delivery> for DeliveryRow {
    fn from(delivery: Delivery) -> Self {
        let (state, at) = match (delivery.done_at, delivery.failed_at) {
            (Some(at), _) => (Badge::new("delivered", Tone::Good), at),
            (None, Some(at)) => (Badge::new("failed", Tone::Bad), at),
            (None, None) if delivery.attempts == 0 => {
                (Badge::new("waiting", Tone::Plain), delivery.due_at)
            }
            (None, None) => (Badge::new("retrying", Tone::Warn), delivery.due_at),
        };
        Self {
            event: delivery.event.0,
            kind: delivery.kind.unwrap_or_default(),
            state,
            at,
            attempts: delivery.attempts,
            answer: delivery.last_answer.unwrap_or_default(),
        }
    }
}

impl Webhooks {
    fn may_write(&self) -> bool {
        self.frame.may(Permission::SystemWrite)
    }
}

impl WebhookPage {
    fn may_write(&self) -> bool {
        self.frame.may(Permission::SystemWrite)
    }
}

#[cfg(test)]
fn sample(status: Status) -> WebhookRow {
    let at = Timestamp::from_seconds(1_795_000_000);
    let webhook = Webhook {
        id: vestibule_protocol::ids::WebhookId(7),
        org: vestibule_protocol::ids::OrgId::ROOT,
        label: "<b>SIEM".to_owned(),
        url: "https://siem.example/hook".to_owned(),
        kinds: vec!["user.".to_owned(), "client.".to_owned()],
        status,
        previous_ends_at: (status == Status::Active).then_some(at),
        created_at: at,
        updated_at: at,
    };
    WebhookRow::of(&webhook, "/admin/webhooks/7".to_owned())
}

#[cfg(test)]
impl Webhooks {
    pub(crate) fn samples() -> Vec<Self> {
        let rows = vec![sample(Status::Active), sample(Status::Disabled)];
        vec![
            Self { frame: Frame::sample(), rows },
            Self { frame: Frame::sample(), rows: Vec::new() },
        ]
    }
}

#[cfg(test)]
impl WebhookPage {
    pub(crate) fn samples() -> Vec<Self> {
        let at = Timestamp::from_seconds(1_795_000_000);
        let delivery = |done_at, failed_at, attempts: u32| {
            DeliveryRow::from(Delivery {
                webhook: vestibule_protocol::ids::WebhookId(7),
                event: vestibule_protocol::ids::EventId(9),
                kind: (attempts < 12).then(|| "user.<b>added".to_owned()),
                attempts,
                due_at: at,
                done_at,
                failed_at,
                last_answer: (attempts > 0).then(|| "500 <b>oops".to_owned()),
            })
        };
        let deliveries = vec![
            delivery(None, None, 0),
            delivery(None, None, 2),
            delivery(Some(at), None, 1),
            delivery(None, Some(at), 12),
        ];
        let page = |status, manager, deliveries| Self {
            frame: Frame::sample().below("SIEM", "/admin/webhooks/7"),
            row: sample(status),
            manager,
            deliveries,
        };
        let manager = Some("/srv/<b>/clinic.toml".to_owned());
        vec![page(Status::Active, None, deliveries), page(Status::Disabled, manager, Vec::new())]
    }
}
