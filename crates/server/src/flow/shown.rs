//! Errors that are shown, because there is no client to send them to, or none that is trusted.

use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::client::Client;
use vestibule_protocol::redirect_uri::visible;
use vestibule_protocol::refusal::{Reason, Situation};

use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer;
use crate::http::caller;
use crate::http::csp::Policy;
use crate::pages;
use crate::pages::views::{self, ErrorKind, ErrorPage, Fact};

/// Records a refusal and shows it.
pub async fn error(
    app: &App,
    http: &HttpRequest,
    attempt: &Attempt,
    reason: &Reason,
    client: Option<&Client>,
) -> HttpResponse {
    if !reason.is_flood() {
        app.record_refusal(http, attempt, attempt.refused(app, "authorize.shown", reason)).await;
    }
    page(app, http, attempt, reason, client)
}

/// The error page for a refusal that was recorded, or needs no record.
pub fn page(
    app: &App,
    http: &HttpRequest,
    attempt: &Attempt,
    reason: &Reason,
    client: Option<&Client>,
) -> HttpResponse {
    let wire = reason.wire();
    let page = ErrorPage {
        shell: pages::shell_of(app, http, client),
        kind: kind(reason),
        code: wire.code.as_str().to_owned(),
        case_code: attempt.case.to_string(),
        facts: facts(app, reason),
        at: attempt.now,
        request_id: caller::request_id(http),
        app: client.map(|client| views::App::of(client, None)),
    };
    let mut answer = pages::show(app, answer::status(&wire), &page, Policy::Page);
    if let Some(seconds) = wire.retry_after {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

fn kind(reason: &Reason) -> ErrorKind {
    let seconds = reason.wire().retry_after.unwrap_or(5);
    // Of a form that cannot be read only this much is for the person to mend.
    if matches!(reason, Reason::UnreadableBody { status: 413, .. }) {
        return ErrorKind::TooLarge;
    }
    match reason.entry().user {
        Situation::UnknownApp => ErrorKind::UnknownApp,
        Situation::RedirectUri => ErrorKind::RedirectUri,
        Situation::Cookies => ErrorKind::Cookies,
        Situation::Expired => ErrorKind::Expired,
        Situation::AlreadyDone => ErrorKind::AlreadyDone,
        Situation::Forgery => ErrorKind::Forgery,
        Situation::NotAllowed => ErrorKind::NotAllowed,
        Situation::Link => ErrorKind::Link,
        Situation::TooMany => ErrorKind::TooMany { seconds },
        Situation::Unavailable => ErrorKind::Unavailable { seconds },
        Situation::Server => ErrorKind::Server,
        Situation::Request
        | Situation::Background
        | Situation::OwnChoice
        | Situation::SignInAgain
        | Situation::Password => ErrorKind::Request,
    }
}

/// What the app's developer may see. The registered URIs are not among it: a stranger could list a
/// client's addresses. The operator finds them under the case code.
fn facts(app: &App, reason: &Reason) -> Vec<Fact> {
    let value =
        |name: &str, value: &str| Fact::Value { name: name.to_owned(), value: value.to_owned() };
    let wire = reason.wire();
    let mut facts = vec![
        value("error_description", &wire.description),
        Fact::Link {
            name: "catalogue".to_owned(),
            text: wire.catalogue.to_owned(),
            href: app.issuer.path(&format!("/errors/{}", wire.catalogue)),
        },
    ];
    match reason {
        Reason::ClientUnknown { client_id } => facts.push(value("client_id", client_id)),
        Reason::RedirectUriMismatch { received, .. } => {
            facts.push(value("redirect_uri", &visible(received)));
        }
        _ => {}
    }
    facts
}
