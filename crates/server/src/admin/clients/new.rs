//! `/admin/new-client`: registering a client in three steps: what kind it is, the form, and what was
//! made.
//!
//! The form carries a value of its own, from which the `client_id` is derived. So sending it twice,
//! or again after "back", registers one client and not two.

mod form;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_keys::digest;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::ids::ClientId;
use vestibule_protocol::params::Params;
use vestibule_store::StoreError;

use self::form::Draft;
pub(crate) use self::form::kinds;
#[cfg(test)]
pub(crate) use self::form::samples;
use crate::admin::guard::Admin;
use crate::admin::layout::ONCE;
use crate::admin::table::Answer;
use crate::admin::views::{ClientHead, Kinds, Made, ProfileChoice, Section, framed};
use crate::admin::{guard, layout};
use crate::app::App;
use crate::profiles::{self, Support};
use crate::random;
use crate::services::clients::{self, Registered};
use crate::services::{FieldFault, ServiceFault};

/// The label that a `client_id` is derived under.
const LABEL: &str = "console-new-client";

/// The kinds and vendors, or the form of one of them.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::ClientsWrite).await?;
    let params = layout::query(&http);
    Ok(match Draft::read(&app, &params) {
        Ok(Some(draft)) => show_form(&app, &http, &admin, &draft, None),
        Ok(None) => show_kinds(&app, &http, &admin, params.one("q").unwrap_or_default()),
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

/// Registers what the form says.
pub async fn post(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::ClientsWrite).await?;
    let draft = match Draft::read(&app, &params) {
        Ok(Some(draft)) => draft,
        Ok(None) => return Ok(show_kinds(&app, &http, &admin, "")),
        Err(fault) => return Err(layout::fault(&app, &http, &admin, &fault)),
    };
    let client_id = derived(&app, &admin, params.one(ONCE).unwrap_or_default());
    let mut faults = draft.faults(&params);
    let new = draft.new_client(&params, client_id.clone());
    let registered = match faults.is_empty() {
        true => clients::add(admin.act(&app), new).await,
        // What else is wrong is told at the same time.
        false => Err(clients::check(admin.act(&app), &new)
            .err()
            .unwrap_or_else(|| ServiceFault::Invalid(Vec::new()))),
    };
    Ok(match registered {
        Ok(registered) => show_made(&app, &http, &admin, registered),
        Err(ServiceFault::Store(StoreError::Conflict { what: "client_id", .. })) => {
            let notice = "This form has registered this client before. Its secret was shown then; \
                          under Credentials you can make another.";
            layout::done(&app, &http, &admin, &format!("/admin/clients/{client_id}"), notice)
        }
        Err(fault) => match form::field_faults(fault) {
            Ok(more) => {
                let told = |fault: &FieldFault| faults.iter().any(|it| it.field == fault.field);
                let more: Vec<FieldFault> = more.into_iter().filter(|it| !told(it)).collect();
                faults.extend(more);
                show_form(&app, &http, &admin, &draft, Some((&params, &faults)))
            }
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

/// The `client_id` that a form makes, whenever it is sent.
fn derived(app: &App, admin: &Admin, once: &str) -> ClientId {
    let mut input = admin.facts.user.id.0.to_be_bytes().to_vec();
    input.extend_from_slice(once.as_bytes());
    ClientId(digest::client_id(app.digests.derive(LABEL, &input)))
}

fn show_kinds(app: &App, http: &HttpRequest, admin: &Admin, text: &str) -> HttpResponse {
    let folder = app.config.profiles.folder.as_deref();
    let (known, broken) = profiles::all(folder);
    for fault in broken {
        tracing::warn!(%fault, "a profile of the folder is left out");
    }
    let frame = layout::frame(app, http, admin, Section::Clients);
    let words = text.to_lowercase();
    let found = known.into_iter().filter(|profile| {
        let texts = [&profile.name, &profile.vendor, &profile.summary];
        texts.into_iter().any(|text| text.to_lowercase().contains(&words))
    });
    let mut profiles: Vec<ProfileChoice> = found
        .map(|profile| ProfileChoice {
            href: (profile.support != Support::Planned)
                .then(|| frame.path(&form::route(&[("profile", &profile.name)]))),
            vendor: if profile.vendor.is_empty() { profile.name.clone() } else { profile.vendor },
            name: profile.name,
            summary: profile.summary,
        })
        .collect();
    profiles.sort_by_key(|profile| profile.vendor.to_lowercase());
    let page = Kinds {
        kinds: kinds(&frame),
        text: text.chars().take(100).collect(),
        profiles,
        frame: frame.below("New client", "/admin/new-client"),
    };
    layout::show(app, http, admin, StatusCode::OK, &page)
}

fn show_form(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    draft: &Draft,
    sent: Option<(&Params, &[FieldFault])>,
) -> HttpResponse {
    let frame =
        layout::frame(app, http, admin, Section::Clients).below("New client", "/admin/new-client");
    // A form that comes back with faults has registered nothing: it may go on with its own value.
    let once = sent.and_then(|(params, _)| params.one(ONCE)).map(str::to_owned);
    let page = draft.page(frame, once.unwrap_or_else(random::text::<16>), sent);
    layout::show(app, http, admin, page.summary.status(), &page)
}

fn show_made(app: &App, http: &HttpRequest, admin: &Admin, registered: Registered) -> HttpResponse {
    let Registered { client, secret, .. } = registered;
    let frame = framed(layout::frame(app, http, admin, Section::Clients), &client);
    let page = Made {
        head: ClientHead::of(&frame, &client, ""),
        title: format!("{} is registered", client.name),
        note: None,
        secret,
        home: frame.path(&format!("/admin/clients/{}", client.client_id)),
        frame,
    };
    layout::show(app, http, admin, StatusCode::OK, &page)
}
