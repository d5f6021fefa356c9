//! `/admin/clients/{client_id}/claims`: what a client is told beyond its scopes, and what it would be
//! told of any user.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::claims::mapping::{ClaimRule, Place, Source};
use vestibule_protocol::client::Client;
use vestibule_protocol::params::Params;
use vestibule_protocol::scope::Scope;

use super::client::{opened, posted};
use super::guard::Admin;
use super::layout;
use super::table::Answer;
use super::views::{ClaimsPage, Previewed, Section};
use crate::app::App;
use crate::services::clients::{self, ClientChange};
use crate::services::{FieldFault, ServiceFault, claims};

/// The rules; and, with `user` in the query, what the client would be told of that user.
pub async fn get(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let (admin, client) = opened(&app, &http, &id, Permission::ClientsRead).await?;
    let query = layout::query(&http);
    let previewed = previewed(&app, &admin, &client, &query).await;
    Ok(render(&app, &http, &admin, &client, Shown { previewed, ..Shown::of(&query) }))
}

/// Adds a rule or takes one out.
pub async fn post(app: Data<App>, http: HttpRequest, id: Path<String>, payload: Payload) -> Answer {
    let (admin, client, params) = posted(&app, &http, payload, &id).await?;
    Ok(match change(&app, &admin, &client, &params).await {
        Ok(said) => {
            let route = format!("/admin/clients/{}/claims", client.client_id);
            layout::done(&app, &http, &admin, &route, &said)
        }
        Err(ServiceFault::Invalid(faults)) => {
            let faults = faults.into_iter().map(of_form).collect();
            let shown = Shown { faults, ..Shown::of(&params) };
            render(&app, &http, &admin, &client, shown)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

/// What is wrong with the rules is wrong with the one that was just stated.
fn of_form(fault: FieldFault) -> FieldFault {
    if fault.field != "claims.rules" {
        return fault;
    }
    let problem = fault.problem.split_once(": ").map_or(fault.problem.as_str(), |(_, it)| it);
    match problem.starts_with("places ") {
        true => FieldFault::new("places", "tick at least one"),
        false => FieldFault::new("claim", problem),
    }
}

/// What a page shows beside the rules themselves.
struct Shown<'a> {
    typed: &'a Params,
    faults: Vec<FieldFault>,
    previewed: Option<Previewed>,
}

impl<'a> Shown<'a> {
    fn of(typed: &'a Params) -> Self {
        Self { typed, faults: Vec::new(), previewed: None }
    }
}

fn render(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    client: &Client,
    shown: Shown<'_>,
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Clients);
    let page = ClaimsPage::of(frame, client, shown.typed, &shown.faults, shown.previewed);
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// The preview that the query asks for, or why there is none.
async fn previewed(app: &App, admin: &Admin, client: &Client, query: &Params) -> Option<Previewed> {
    let user = query.one("user").filter(|user| !user.trim().is_empty())?;
    let scope = match query.one("preview_scope").map(str::trim).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match Scope::parse(text) {
            Ok(scope) => Some(scope),
            Err(fault) => return Some(Previewed::Refused(fault.to_string())),
        },
    };
    let found = claims::preview(admin.act(app), &client.client_id.0, user.trim(), scope).await;
    Some(match found {
        Ok(preview) => Previewed::Told(Box::new(preview)),
        Err(fault) => Previewed::Refused(fault.to_string()),
    })
}

async fn change(
    app: &App,
    admin: &Admin,
    client: &Client,
    params: &Params,
) -> Result<String, ServiceFault> {
    let mut settings = client.settings.clone();
    let rules = &mut settings.claims.rules;
    let said = match params.one("action") {
        Some("remove") => {
            let index = params.one("rule").and_then(|index| index.parse::<usize>().ok());
            let known = index.filter(|index| *index < rules.len());
            let index =
                known.ok_or_else(|| ServiceFault::invalid("rule", "there is no such rule"))?;
            let gone = rules.remove(index);
            format!("The client no longer gets the claim {}.", gone.claim)
        }
        _ => {
            let rule = rule(params)?;
            let said =
                format!("The client gets the claim {} from now on, once users agree.", rule.claim);
            rules.push(rule);
            said
        }
    };
    // The page that was shown: whoever changed the client meanwhile is not overwritten.
    let version = params.one("version").and_then(|version| version.parse().ok());
    let version = Some(version.map_or(client.updated_at, Timestamp::from_millis));
    let wanted = ClientChange { settings: Some(settings), version, ..ClientChange::default() };
    clients::update(admin.act(app), &client.client_id.0, wanted).await?;
    Ok(said)
}

/// The rule that the form states.
fn rule(params: &Params) -> Result<ClaimRule, ServiceFault> {
    let text = |name: &str| params.one(name).map(str::trim).filter(|text| !text.is_empty());
    let from = match (text("from"), text("constant")) {
        (Some(word), None) => word
            .parse()
            .map(Source::Attribute)
            .map_err(|fault| ServiceFault::invalid("from", fault_text(&fault)))?,
        (None, Some(constant)) => Source::Constant(Value::from(constant)),
        _ => {
            let problem = "fill in this field or the next one, and not both";
            return Err(ServiceFault::invalid("from", problem));
        }
    };
    let ticked = Place::ALL.into_iter().filter(|place| params.one(place.as_str()).is_some());
    Ok(ClaimRule {
        claim: text("claim").unwrap_or_default().to_owned(),
        from,
        places: ticked.collect(),
        scope: text("scope").map(str::to_owned),
    })
}

fn fault_text(fault: &impl std::fmt::Display) -> String {
    // In a file a constant is a table; here it has a field of its own.
    fault.to_string().replace(", or a table { constant = … }", "")
}
