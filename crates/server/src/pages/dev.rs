//! `/dev/mail`: the captured mailbox of `vestibule dev`.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::ids::OutboxId;
use vestibule_store::outbox::Message;

use super::views::{MailLine, MailboxList, MailboxMessage};
use super::{lost, shell, show};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::shown;
use crate::http::answer::store_fault;
use crate::http::csp::Policy;
use crate::mail::queue::{self, Mail};
use crate::mail::{KIND, smtp};

/// Mails shown in the list.
const SHOWN: i64 = 200;
/// Every mail the server would have sent, newest first.
pub async fn mailbox(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let messages = match app.store.messages(KIND, SHOWN).await {
        Ok(messages) => messages,
        Err(error) => {
            let reason = store_fault("reading the mailbox")(error);
            return shown::page(&app, &http, &Attempt::begin(&app), &reason, None);
        }
    };
    let mails = messages.iter().filter_map(|message| {
        let mail = read(&app, message)?;
        let href = app.issuer.path(&format!("/dev/mail/{}", message.id.0));
        Some(MailLine { href, to: mail.to, subject: mail.subject, at: message.created_at })
    });
    let page = MailboxList {
        shell: shell(&app, &http).at(app.issuer.path("/dev/mail")),
        mails: mails.collect(),
    };
    show(&app, StatusCode::OK, &page, Policy::Page)
}

/// One mail.
pub async fn mail(app: Data<App>, http: HttpRequest, id: Path<i64>) -> HttpResponse {
    let message = match app.store.message(OutboxId(id.into_inner())).await {
        Ok(Some(message)) if message.kind == KIND => message,
        _ => return lost::not_found(app, http).await,
    };
    let Some(mail) = read(&app, &message) else { return lost::not_found(app, http).await };
    let page = MailboxMessage {
        shell: shell(&app, &http).at(http.path()),
        list: app.issuer.path("/dev/mail"),
        from: from(&app),
        to: mail.to,
        subject: mail.subject,
        at: message.created_at,
        text: mail.text,
    };
    show(&app, StatusCode::OK, &page, Policy::Page)
}

fn read(app: &App, message: &Message) -> Option<Mail> {
    queue::open(&app.masters, message).ok()
}

/// Who would have sent it.
fn from(app: &App) -> String {
    match smtp::sender(&app.config) {
        Ok(mailbox) => mailbox.to_string(),
        Err(_) => format!("no-reply@{}", app.issuer.host()),
    }
}
