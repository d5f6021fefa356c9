//! Outgoing mail: how it stands, and trying it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;

use super::documents::Moment;
use super::problem::Problem;
use super::reply::Reply;
use super::routes::Route;
use super::serve::Call;
use crate::mail::Way;
use crate::services::mail::{self, MailStatus};

pub(super) const ROUTES: &[Route] = &[
    Route::get(
        "/mail",
        "readMail",
        "Reads how outgoing mail stands: where it goes, what waits, what failed last.",
        |call| Box::pin(read(call)),
    )
    .everywhere()
    .needs(P::SystemRead)
    .gives::<MailDocument>(),
    Route::post(
        "/mail/test",
        "testMail",
        "Sends a test mail at once; 409 with what the relay said when it does not take it.",
        |call| Box::pin(test(call)),
    )
    .everywhere()
    .needs(P::SystemWrite)
    .takes::<TestMail>(r#"{"to": "ada@clinic.example"}"#)
    .gives::<SentMail>(),
];

/// How outgoing mail stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Mail")]
struct MailDocument {
    /// What becomes of mail.
    way: WayWord,
    /// The relay that it is handed to.
    relay: Option<String>,
    /// The sender.
    from: Option<String>,
    /// Mails that wait.
    waiting: i64,
    /// Since when the oldest of them waits.
    oldest: Option<Moment>,
    /// The try that failed last.
    last_failure: Option<MailFailure>,
}

/// What becomes of mail.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum WayWord {
    /// No mail leaves this installation.
    Off,
    /// It stays in the mailbox of a development server.
    Captured,
    /// It is handed to a relay.
    Relay,
}

/// A mail that was not sent.
#[derive(Serialize, JsonSchema)]
struct MailFailure {
    /// When it was tried.
    at: Moment,
    /// Why it was not sent.
    error: String,
    /// Whether it is not tried again.
    given_up: bool,
}

/// A test mail.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TestMail {
    /// The address that it goes to.
    to: String,
}

/// A mail that the relay took.
#[derive(Serialize, JsonSchema)]
struct SentMail {
    /// The address that it goes to.
    sent_to: String,
}

impl MailDocument {
    fn of(status: MailStatus) -> Self {
        Self {
            way: match status.way {
                Way::Off => WayWord::Off,
                Way::Captured => WayWord::Captured,
                Way::Relay => WayWord::Relay,
            },
            relay: status.relay,
            from: status.from,
            waiting: status.queue.waiting,
            oldest: status.queue.oldest.map(Moment),
            last_failure: status.queue.last_failure.map(|failure| MailFailure {
                at: Moment(failure.at),
                error: failure.error,
                given_up: failure.given_up,
            }),
        }
    }
}

async fn read(call: Call<'_>) -> Result<Reply, Problem> {
    Reply::json(&MailDocument::of(mail::status(call.act).await?))
}

async fn test(call: Call<'_>) -> Result<Reply, Problem> {
    let wanted: TestMail = call.input().document()?;
    mail::send_test(call.act, &wanted.to).await?;
    Reply::json(&SentMail { sent_to: wanted.to })
}
