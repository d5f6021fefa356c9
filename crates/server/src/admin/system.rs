//! `/admin/system`: the configuration as it is in force, and outgoing mail.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;

use super::guard::Admin;
use super::table::Answer;
use super::views::{Button, Field, FormPage, Section, System};
use super::{guard, layout};
use crate::app::App;
use crate::pages;
use crate::services::{FieldFault, mail, system};

const ROUTE: &str = "/admin/system";
const TEST: &str = "/admin/system/mail";

/// Every key with its value and where that comes from; how mail stands.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::SystemRead).await?;
    let act = admin.act(&app);
    let mail = mail::status(act).await.map_err(layout::telling(&app, &http, &admin))?;
    let shown = system::configuration(act).map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, Section::System);
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &System::of(frame, shown, mail)))
}

/// Asks where a test mail is to go: to whoever asks, unless they say otherwise.
pub async fn ask_test(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::SystemWrite).await?;
    let own = pages::account(&admin.facts.user).username;
    Ok(asked(&app, &http, &admin, own, &[]))
}

/// Sends a test mail and says what the relay said.
pub async fn send_test(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::SystemWrite).await?;
    let to = params.one("to").unwrap_or_default().trim();
    Ok(match mail::send_test(admin.act(&app), to).await {
        Ok(()) => {
            layout::done(&app, &http, &admin, ROUTE, &format!("A test mail for {to} was taken."))
        }
        Err(fault) => match layout::told(fault, "to") {
            Ok(faults) => asked(&app, &http, &admin, to.to_owned(), &faults),
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

fn asked(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    to: String,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::System).below("Test mail", TEST);
    let page = FormPage {
        title: "Send a test mail".to_owned(),
        text: vec!["It is sent at once, and you see what the relay says.".to_owned()],
        button: Button::send("Send"),
        ..FormPage::at(frame, TEST, ROUTE)
    }
    .asking(vec![Field::email("to", "Address").value(to)], faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}
