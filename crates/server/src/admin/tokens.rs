//! `/admin/tokens`: one's own tokens of the administration API.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::ids::ApiTokenId;
use vestibule_protocol::params::Params;
use vestibule_store::api_tokens::ApiToken;

use super::guard::{Admin, FRESH};
use super::table::Answer;
use super::views::{
    Badge, Button, Choice, Field, FormPage, Section, ShownOnce, TokenRow, Tokens, Tone,
};
use super::{guard, layout};
use crate::app::App;
use crate::services::tokens::{self, NewToken};
use crate::services::{FieldFault, ServiceFault};

const HOME: &str = "/admin/tokens";
const NEW: &str = "/admin/tokens/new";
const DAY: u64 = 86_400;

/// The tokens.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::identified(&app, &http).await?;
    let found = tokens::list(admin.act(&app), &admin.facts.user)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let rows = found.into_iter().rev().map(|token| row(&app, token, admin.now)).collect();
    let frame = layout::frame(&app, &http, &admin, Section::Tokens);
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &Tokens { frame, rows }))
}

fn row(app: &App, token: ApiToken, now: Timestamp) -> TokenRow {
    let live = token.is_live(now);
    let state = match (token.revoked_at, live) {
        (Some(_), _) => Badge::new("revoked", Tone::Plain),
        (None, true) => Badge::new("live", Tone::Good),
        (None, false) => Badge::new("expired", Tone::Plain),
    };
    let words: Vec<&str> = token.permissions.iter().map(Permission::as_str).collect();
    TokenRow {
        state,
        permissions: words.join(", "),
        expires_at: token.expires_at,
        last_used_at: token.last_used_at,
        revoke: live.then(|| app.issuer.path(&format!("{HOME}/{}/revoke", token.id.0))),
        label: token.label,
    }
}

/// Asks what the token shall be.
pub async fn ask_new(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::identified(&app, &http).await?;
    admin.fresh(&app, &http, FRESH)?;
    Ok(show_new(&app, &http, &admin, fields(&admin), &[]))
}

/// Makes a token and shows it, this once.
pub async fn make(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) = guard::posted_by_any(&app, &http, payload).await?;
    admin.fresh(&app, &http, FRESH)?;
    let wanted = match wanted(&params) {
        Ok(wanted) => wanted,
        Err(fault) => return Ok(again(&app, &http, &admin, &params, &[fault])),
    };
    let first = layout::once(&app, &admin, &params).await;
    if !first.map_err(layout::telling(&app, &http, &admin))? {
        let notice = "This form has already created a token, which was shown then.";
        return Ok(layout::done(&app, &http, &admin, HOME, notice));
    }
    Ok(match tokens::make(admin.act(&app), &admin.facts.user, wanted).await {
        Ok(made) => {
            let frame = layout::frame(&app, &http, &admin, Section::Tokens);
            let page = ShownOnce {
                title: format!("The token {} was created", made.kept.label),
                label: "API token",
                secret: made.text,
                text: Some(
                    "Send it with each request, in the header Authorization: Bearer TOKEN."
                        .to_owned(),
                ),
                back: frame.path(HOME),
                frame,
            };
            layout::show(&app, &http, &admin, StatusCode::OK, &page)
        }
        Err(ServiceFault::Invalid(faults)) => again(&app, &http, &admin, &params, &faults),
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

fn wanted(params: &Params) -> Result<NewToken, FieldFault> {
    let ticked = Permission::ALL.iter().copied();
    let ticked = ticked.filter(|permission| params.one(permission.as_str()) == Some("on"));
    let days = params.one("lifetime").unwrap_or_default().trim().parse::<u64>();
    let days = days
        .map_err(|_| FieldFault::new("lifetime", "give a whole number of days, from 1 to 366"))?;
    Ok(NewToken {
        label: params.one("label").unwrap_or_default().trim().to_owned(),
        permissions: Rights::of(ticked),
        lifetime: Duration::from_secs(days.saturating_mul(DAY)),
    })
}

fn fields(admin: &Admin) -> Vec<Field> {
    let mut fields = vec![
        Field::text("label", "Label").hint("Which program uses it."),
        Field::number("lifetime", "Expires after, in days").value("30"),
    ];
    let permissions = admin.rights.iter().map(|permission| {
        Choice::new(permission.as_str(), permission.as_str()).hint(permission.summary())
    });
    fields.push(
        Field::ticks("permissions", "It may", permissions.collect())
            .hint("Tick what the program needs, and no more."),
    );
    fields
}

fn again(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    params: &Params,
    faults: &[FieldFault],
) -> HttpResponse {
    let typed = fields(admin).into_iter().map(|field| field.typed(params));
    show_new(app, http, admin, typed.collect(), faults)
}

fn show_new(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    fields: Vec<Field>,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Tokens).below("New token", NEW);
    let mut page = FormPage {
        title: "New API token".to_owned(),
        button: Button::send("Create the token"),
        ..FormPage::at(frame, NEW, HOME)
    }
    .asking(fields, faults);
    page.form.extra.push(layout::fresh_once());
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// Asks whether to revoke one.
pub async fn ask_revoke(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let admin = guard::identified(&app, &http).await?;
    let found = tokens::list(admin.act(&app), &admin.facts.user)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let found = found.into_iter().find(|token| token.id.0 == *id);
    let Some(token) = found else {
        return Ok(layout::done(&app, &http, &admin, HOME, "There is no such token."));
    };
    let route = format!("{HOME}/{id}/revoke");
    let frame = layout::frame(&app, &http, &admin, Section::Tokens);
    let page = FormPage {
        title: format!("Revoke the token “{}”?", token.label),
        text: vec!["The program that uses it is refused from now on.".to_owned()],
        button: Button::grave("Revoke the token"),
        ..FormPage::at(frame.below("Revoke a token", &route), &route, HOME)
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Revokes one.
pub async fn revoke(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, _) = guard::posted_by_any(&app, &http, payload).await?;
    let token = tokens::revoke(admin.act(&app), &admin.facts.user, ApiTokenId(*id))
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let notice = format!("The token {} is revoked.", token.label);
    Ok(layout::done(&app, &http, &admin, HOME, &notice))
}
