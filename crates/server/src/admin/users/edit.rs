//! `/admin/users/new` and `/admin/users/{user}/edit`: inviting and changing users.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::params::Params;
use vestibule_protocol::user::User;

use crate::admin::guard::{self, Admin};
use crate::admin::layout;
use crate::admin::table::Answer;
use crate::admin::views::users::{CLAIMS, UserLink, route};
use crate::admin::views::{Button, Choice, Field, FormPage, Section, moment};
use crate::app::App;
use crate::pages;
use crate::services::FieldFault;
use crate::services::users::update::{self, Edit, UserChange};
use crate::services::users::welcome::{self, Handed, Handover};
use crate::services::users::{self, NewUser};

/// The form of an invitation.
const NEW: &str = "/admin/users/new";

/// The form of an invitation.
pub async fn new(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::UsersWrite).await?;
    Ok(invitation(&app, &http, &admin, &Params::default(), &[]))
}

/// Invites.
pub async fn invite(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::UsersWrite).await?;
    let new = typed(&params);
    Ok(match welcome::invite(admin.act(&app), &app.passwords, new, handover(&params)).await {
        Ok((user, handed)) => handed_over(&app, &http, &admin, &user, &handed, true),
        Err(fault) => match layout::told(fault, "email") {
            Ok(faults) => invitation(&app, &http, &admin, &params, &faults),
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

/// The choice between mailing a link and showing it, where there is one.
pub(super) fn handover_field(app: &App, to: &str) -> Option<Field> {
    if !welcome::mail_is_there(app) {
        return None;
    }
    let mail = Choice::new("mail", "Send it by mail")
        .hint(format!("To {to}. Nobody here sees it, and using it verifies the address."));
    let show = Choice::new("show", "Show it to me").hint("You hand it over.");
    Some(Field::radio("handover", "The link", vec![mail, show]).value("mail"))
}

/// What was chosen.
pub(super) fn handover(params: &Params) -> Handover {
    match params.one("handover") {
        Some("mail") => Handover::Mail,
        Some("show") => Handover::Show,
        _ => Handover::Usual,
    }
}

/// A link: shown this once, or on its way.
pub(super) fn handed_over(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    user: &User,
    handed: &Handed,
    invitation: bool,
) -> HttpResponse {
    let link = match handed {
        Handed::Shown(link) => link,
        Handed::Mailed { to, .. } => {
            let notice = format!("The link is on its way to {to}.");
            return layout::done(app, http, admin, &route(user), &notice);
        }
    };
    let frame = layout::frame(app, http, admin, Section::Users);
    let page = UserLink {
        back: frame.path(&route(user)),
        frame: frame.below(pages::account(user).name, &route(user)),
        invitation,
        name: pages::account(user).name,
        url: link.url.clone(),
        ends_at: moment(link.expires_at),
    };
    layout::show(app, http, admin, StatusCode::OK, &page)
}

fn typed(params: &Params) -> NewUser {
    let text = |name: &str| {
        params.one(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let claims = CLAIMS.iter().filter_map(|(name, _)| Some(((*name).to_owned(), text(name)?)));
    let mut claims: Vec<(String, String)> = claims.collect();
    if text("name").is_none() {
        let names: Vec<String> =
            [text("given_name"), text("family_name")].into_iter().flatten().collect();
        let whole = Some(names.join(" ")).filter(|name| !name.is_empty());
        claims.extend(whole.map(|name| ("name".to_owned(), name)));
    }
    if params.one("email_verified") == Some("on") && text("email").is_some() {
        claims.push(("email_verified".to_owned(), "true".to_owned()));
    }
    NewUser {
        email: text("email"),
        username: text("username"),
        claims,
        groups: groups(params),
        external_id: text("external_id"),
        account_type: text("account_type"),
        test: params.one("test") == Some("on"),
        ..NewUser::default()
    }
}

/// One group a line.
fn groups(params: &Params) -> BTreeSet<String> {
    let lines = params.one("groups").unwrap_or_default().lines();
    lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn invitation(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    params: &Params,
    faults: &[FieldFault],
) -> HttpResponse {
    let ticked = |name: &str| params.one(name) == Some("on");
    let fields = fields(|field| match field.name() {
        "email_verified" | "test" => {
            let ticked = ticked(field.name());
            field.ticked(ticked)
        }
        _ => field.typed(params),
    });
    let mut fields = fields;
    fields.extend(handover_field(app, "the email address").map(
        |field| match params.one("handover") {
            Some(_) => field.typed(params).faults(faults),
            None => field.faults(faults),
        },
    ));
    let frame = layout::frame(app, http, admin, Section::Users);
    let page = FormPage {
        title: "Invite a user".to_owned(),
        text: vec![
            "The user gets a link. Whoever opens it chooses the password; you never set it."
                .to_owned(),
        ],
        button: Button::send("Invite"),
        ..FormPage::at(frame.below("Invite a user", NEW), NEW, "/admin/users")
    }
    .asking(fields, &renamed(faults));
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// Faults of claims are faults of the fields that are named after them.
fn renamed(faults: &[FieldFault]) -> Vec<FieldFault> {
    let name = |field: &str| field.strip_prefix("claims.").unwrap_or(field).to_owned();
    faults.iter().map(|one| FieldFault::new(name(&one.field), one.problem.clone())).collect()
}

fn fields(fill: impl Fn(Field) -> Field) -> Vec<Field> {
    let mut fields = vec![
        Field::email("email", "Email address").hint("To sign in with.").optional(),
        Field::tick("email_verified", "The address is known to be the user's"),
        Field::text("username", "User name")
            .hint("To sign in with, beside or instead of the address.")
            .optional(),
    ];
    fields.extend(CLAIMS.iter().map(|(name, label)| match *name {
        "birthdate" => Field::text(name, label).hint("YYYY-MM-DD").optional(),
        "locale" => Field::text(name, label).hint("Such as en or de-CH.").optional(),
        _ => Field::text(name, label).optional(),
    }));
    fields.extend([
        Field::text("external_id", "External ID")
            .hint("What another system calls the user.")
            .optional(),
        Field::text("account_type", "Account type").hint("Such as provider or patient.").optional(),
        Field::area("groups", "Groups", 3).hint("One a line; new ones are made.").optional(),
        Field::tick("test", "Test user")
            .hint("Can sign in only to clients of the test environment."),
    ]);
    fields.into_iter().map(fill).collect()
}

/// The form of a change.
pub async fn get(app: Data<App>, http: HttpRequest, user: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::UsersWrite).await?;
    let user = users::by_subject(admin.act(&app), &user)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    Ok(changing(&app, &http, &admin, &user, None, &[]))
}

/// Changes.
pub async fn post(
    app: Data<App>,
    http: HttpRequest,
    user: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, params) = guard::posted(&app, &http, payload, Permission::UsersWrite).await?;
    let act = admin.act(&app);
    let user = users::by_subject(act, &user).await.map_err(layout::telling(&app, &http, &admin))?;
    let changed = update::update(act, &user.subject.0, change(&params, &user)).await;
    Ok(match changed {
        Ok(after) => layout::done(&app, &http, &admin, &route(&after), "The user was changed."),
        Err(fault) => match layout::told(fault, "email") {
            Ok(faults) => changing(&app, &http, &admin, &user, Some(&params), &faults),
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

fn change(params: &Params, user: &User) -> UserChange {
    let text = |name: &str| params.one(name).unwrap_or_default();
    let version = text("version").parse().ok().map(Timestamp::from_millis);
    let claims = CLAIMS.iter().map(|(name, _)| {
        let value = Some(text(name).trim().to_owned()).filter(|value| !value.is_empty());
        ((*name).to_owned(), value)
    });
    // A new address is known to be the user's only if that was ticked for it.
    let verified = params.one("email_verified") == Some("on");
    let same = user.claims.email.as_deref() == params.one("email").map(str::trim);
    UserChange {
        email: Edit::of(text("email")),
        email_verified: (verified != user.claims.email_verified || !same).then_some(verified),
        username: Edit::of(text("username")),
        claims: claims.collect(),
        external_id: Edit::of(text("external_id")),
        account_type: Edit::of(text("account_type")),
        test: Some(params.one("test") == Some("on")),
        groups: Some(groups(params)),
        version,
    }
}

fn changing(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    user: &User,
    typed: Option<&Params>,
    faults: &[FieldFault],
) -> HttpResponse {
    let fields = fields(|field| match typed {
        Some(params) => match field.name() {
            "email_verified" | "test" => {
                let ticked = params.one(field.name()) == Some("on");
                field.ticked(ticked)
            }
            _ => field.typed(params),
        },
        None => as_it_is(field, user),
    });
    let here = format!("{}/edit", route(user));
    let frame = layout::frame(app, http, admin, Section::Users);
    let name = pages::account(user).name;
    let version = user.updated_at.as_millis().to_string();
    let mut page = FormPage {
        title: format!("Edit {name}"),
        text: vec!["A new email address is not verified, unless you say that it is.".to_owned()],
        button: Button::send("Save"),
        ..FormPage::at(frame.below(name, &route(user)), &here, &route(user))
    }
    .asking(fields, &renamed(faults));
    page.form.extra.push(("version".to_owned(), version));
    layout::show(app, http, admin, page.summary.status(), &page)
}

fn as_it_is(field: Field, user: &User) -> Field {
    let claims = &user.claims;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match field.name() {
        "email_verified" => field.ticked(claims.email_verified),
        "test" => field.ticked(user.test),
        "email" => field.value(text(&claims.email)),
        "username" => field.value(text(&claims.preferred_username)),
        "given_name" => field.value(text(&claims.given_name)),
        "family_name" => field.value(text(&claims.family_name)),
        "name" => field.value(text(&claims.name)),
        "phone_number" => field.value(text(&claims.phone_number)),
        "birthdate" => field.value(text(&claims.birthdate)),
        "locale" => field.value(text(&claims.locale)),
        "external_id" => field.value(text(&user.external_id)),
        "account_type" => field.value(text(&user.account_type)),
        "groups" => {
            let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
            field.value(groups.join("\n"))
        }
        _ => field,
    }
}
