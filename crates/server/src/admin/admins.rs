//! `/admin/admins`: who administers, granting a role and taking one away.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::{Assignment, Permission, Reach, Role};
use vestibule_protocol::ids::{AdminRoleId, OrgId};
use vestibule_protocol::params::Params;
use vestibule_store::admin_roles::{AdminRole, Holder};

use super::guard::Admin;
use super::table::Answer;
use super::views::{AdminRow, Admins, Button, Choice, Field, FormPage, Section};
use super::{guard, layout};
use crate::app::App;
use crate::services::admins::{self, Named, RoleLine};
use crate::services::{Act, FieldFault, ServiceFault};

const HOME: &str = "/admin/admins";
const GRANT: &str = "/admin/admins/grant";

/// The roles.
pub async fn get(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::AdminsRead).await?;
    let rows = rows(&app, &admin).await.map_err(layout::telling(&app, &http, &admin))?;
    let frame = layout::frame(&app, &http, &admin, Section::Admins);
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &Admins { frame, rows }))
}

async fn rows(app: &App, admin: &Admin) -> Result<Vec<AdminRow>, ServiceFault> {
    let act = admin.act(app);
    let mut rows = Vec::new();
    for RoleLine { role, named } in admins::list(act).await? {
        let AdminRole { id, holder, assignment, granted_at, granted_by } = role;
        rows.push(AdminRow {
            holder: named.as_ref().map_or_else(|| "removed".to_owned(), Named::label),
            is_client: matches!(holder, Holder::Client(_)),
            role: title(assignment.role).to_owned(),
            summary: assignment.role.summary(),
            reach: place(act, assignment.reach).await?,
            granted_at,
            granted_by,
            revoke: app.issuer.path(&format!("{HOME}/{}/revoke", id.0)),
        });
    }
    Ok(rows)
}

fn title(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::ClientManager => "Client manager",
        Role::UserManager => "User manager",
        Role::Auditor => "Auditor",
        Role::Support => "Support",
    }
}

async fn place(act: Act<'_>, reach: Reach) -> Result<String, ServiceFault> {
    let Reach::Below(org) = reach else { return Ok("Everywhere".to_owned()) };
    let found = act.core.store.organization(org).await?;
    Ok(found.map_or_else(|| org.0.to_string(), |organization| organization.name))
}

/// Asks who shall get which role.
pub async fn ask_grant(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered_fresh(&app, &http, Permission::AdminsWrite).await?;
    Ok(show_grant(&app, &http, &admin, None, &[]))
}

/// Grants a role.
pub async fn grant(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) =
        guard::posted_fresh(&app, &http, payload, Permission::AdminsWrite).await?;
    Ok(match granted(admin.act(&app), &params).await {
        Ok((who, role)) => {
            let notice = format!("{who} is {} now.", title(role).to_lowercase());
            layout::done(&app, &http, &admin, HOME, &notice)
        }
        Err(ServiceFault::Invalid(faults)) => {
            show_grant(&app, &http, &admin, Some(&params), &faults)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

async fn granted(act: Act<'_>, params: &Params) -> Result<(String, Role), ServiceFault> {
    let role = params.one("role").and_then(Role::from_word);
    let role = role.ok_or_else(|| ServiceFault::invalid("role", "choose a role"))?;
    let reach = match params.one("reach") {
        Some("everywhere") => Reach::Everywhere,
        _ => Reach::Below(act.org),
    };
    let name = params.one("holder").unwrap_or_default().trim();
    let found = match params.one("kind") {
        Some("client") => admins::client(act, name).await,
        _ => admins::user(act, name).await,
    };
    let unknown = |fault| match fault {
        ServiceFault::NotFound { what, .. } => ServiceFault::Invalid(vec![FieldFault::new(
            "holder",
            format!("there is no such {what}"),
        )]),
        other => other,
    };
    let named = found.map_err(unknown)?;
    admins::grant(act, &named, Assignment { role, reach }).await?;
    Ok((named.label(), role))
}

fn show_grant(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    typed: Option<&Params>,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Admins).below("Grant a role", GRANT);
    let fields = fields(admin).into_iter().map(|field| match typed {
        Some(params) => field.typed(params),
        None => field,
    });
    let page = FormPage {
        title: "Grant a role".to_owned(),
        button: Button::send("Grant the role"),
        ..FormPage::at(frame, GRANT, HOME)
    }
    .asking(fields.collect(), faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}

fn fields(admin: &Admin) -> Vec<Field> {
    let roles = Role::ALL.into_iter().filter(|role| {
        let reach = Reach::Below(admin.organization.id);
        let allowed = Assignment { role: *role, reach }.rights_in(&[admin.organization.id]);
        admin.rights.cover(allowed)
    });
    let roles = roles.map(|role| Choice::new(role.as_str(), title(role)).hint(role.summary()));
    let kinds = vec![Choice::new("user", "A user"), Choice::new("client", "A client")];
    let mut fields = vec![
        Field::select("kind", "Who", kinds).value("user"),
        Field::text("holder", "Email address or client ID")
            .hint("The user's address to sign in with, or the ID of the client."),
        Field::radio("role", "Role", roles.collect()),
    ];
    if admin.organization.id == OrgId::ROOT {
        let here = format!("In {} and below", admin.organization.name);
        let reaches = vec![Choice::new("everywhere", "Everywhere"), Choice::new("here", here)];
        fields.push(Field::radio("reach", "Where", reaches).value("here"));
    }
    fields
}

/// Asks whether to take a role away.
pub async fn ask_revoke(app: Data<App>, http: HttpRequest, id: Path<i64>) -> Answer {
    let admin = guard::entered_fresh(&app, &http, Permission::AdminsWrite).await?;
    let lines =
        admins::list(admin.act(&app)).await.map_err(layout::telling(&app, &http, &admin))?;
    let found = lines.into_iter().find(|line| line.role.id.0 == *id);
    let Some(RoleLine { role, named }) = found else {
        return Ok(layout::done(&app, &http, &admin, HOME, "That role was revoked before."));
    };
    let who = named.as_ref().map_or_else(|| "somebody removed".to_owned(), Named::label);
    let role = title(role.assignment.role);
    let route = format!("{HOME}/{id}/revoke");
    let frame = layout::frame(&app, &http, &admin, Section::Admins);
    let page = FormPage {
        title: format!("Revoke the role “{role}” of {who}?"),
        text: vec!["It ends at once: the next page they open is refused.".to_owned()],
        button: Button::grave("Revoke the role"),
        ..FormPage::at(frame.below("Revoke a role", &route), &route, HOME)
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Takes a role away.
pub async fn revoke(app: Data<App>, http: HttpRequest, id: Path<i64>, payload: Payload) -> Answer {
    let (admin, _) = guard::posted_fresh(&app, &http, payload, Permission::AdminsWrite).await?;
    let line = admins::revoke(admin.act(&app), AdminRoleId(*id))
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let who = line.named.as_ref().map_or_else(String::new, Named::label);
    let role = title(line.role.assignment.role).to_lowercase();
    let notice = format!("{who} is no longer {role}.");
    Ok(layout::done(&app, &http, &admin, HOME, &notice))
}
