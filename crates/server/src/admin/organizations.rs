//! `/admin/organizations`: the tree of organizations.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::params::Params;
use vestibule_store::organizations::Organization;

use super::guard::{self, Admin, FRESH};
use super::layout;
use super::views::{
    Badge, Choice, Confirm, Field, FormPage, OrganizationRow, Organizations, Section, Summary, Tone,
};
use crate::app::App;
use crate::pages::lost;
use crate::services::organizations::{self, Branch, NewOrganization};
use crate::services::{FieldFault, ServiceFault};

/// Where the tree is.
const LIST: &str = "/admin/organizations";

/// The routes of this part of the console.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route(LIST, web::get().to(list))
        .service(
            web::resource("/admin/organizations/new")
                .route(web::get().to(new))
                .route(web::post().to(add)),
        )
        .service(
            web::resource("/admin/organizations/{slug}/rename")
                .route(web::get().to(ask_name))
                .route(web::post().to(rename)),
        )
        .service(
            web::resource("/admin/organizations/{slug}/{switch}")
                .route(web::get().to(ask))
                .route(web::post().to(switch)),
        );
}

/// The tree.
pub async fn list(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::OrganizationsRead).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    let tree = match organizations::tree(admin.act(&app)).await {
        Ok(tree) => tree,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let frame = layout::frame(&app, &http, &admin, Section::Organizations);
    let row = |branch: &Branch| {
        let one = &branch.organization;
        let parent = tree.iter().find(|above| Some(above.organization.id) == one.parent);
        let (badge, word, verb) = match one.status {
            Status::Active => (Badge::new("active", Tone::Good), "Disable", "disable"),
            Status::Disabled => (Badge::new("disabled", Tone::Bad), "Enable", "enable"),
        };
        let page = |verb: &str| frame.path(&format!("{LIST}/{}/{verb}", one.slug));
        OrganizationRow {
            name: one.name.clone(),
            slug: one.slug.clone(),
            parent: parent.map(|above| above.organization.name.clone()).unwrap_or_default(),
            badge,
            indent: "– ".repeat(branch.depth),
            rename: page("rename"),
            switch: (one.id != OrgId::ROOT).then(|| (page(verb), word)),
        }
    };
    let page = Organizations { rows: tree.iter().map(row).collect(), frame: frame.clone() };
    layout::show(&app, &http, &admin, StatusCode::OK, &page)
}

/// The form of a new one.
pub async fn new(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::OrganizationsWrite).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    making(&app, &http, &admin, &Params::default(), &[]).await
}

async fn making(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    typed: &Params,
    faults: &[FieldFault],
) -> HttpResponse {
    let tree = match organizations::tree(admin.act(app)).await {
        Ok(tree) => tree,
        Err(fault) => return layout::fault(app, http, admin, &fault),
    };
    let above = tree.iter().map(|branch| {
        let label = format!("{}{}", "– ".repeat(branch.depth), branch.organization.name);
        Choice::new(branch.organization.slug.clone(), label)
    });
    let fields = vec![
        Field::text("name", "Name").typed(typed).faults(faults),
        Field::text("slug", "Short name")
            .hint("Lower case letters, digits and hyphens; it stays.")
            .typed(typed)
            .faults(faults),
        Field::select("parent", "Part of", above.collect()).typed(typed).faults(faults),
    ];
    let frame = layout::frame(app, http, admin, Section::Organizations);
    let page = FormPage {
        form: frame.form("/admin/organizations/new"),
        title: "New organization".to_owned(),
        lead: "It gets users, groups and clients of its own; whoever administers the one above administers it.".to_owned(),
        summary: Summary::of(faults, &fields),
        fields,
        button: "Make the organization".to_owned(),
        back: frame.path(LIST),
        frame: frame.below("New organization", "/admin/organizations/new"),
    };
    layout::show(app, http, admin, status_of(faults), &page)
}

fn status_of(faults: &[FieldFault]) -> StatusCode {
    if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// What is wrong with what was typed, to be shown at its field.
fn faults(fault: ServiceFault) -> Result<Vec<FieldFault>, ServiceFault> {
    match fault {
        ServiceFault::Invalid(faults) => Ok(faults),
        ServiceFault::Conflict(problem) => Ok(vec![FieldFault::new("slug", problem)]),
        other => Err(other),
    }
}

/// Makes it.
pub async fn add(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let entered = guard::posted(&app, &http, payload, Permission::OrganizationsWrite).await;
    let (admin, params) = match entered {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let text = |name: &str| params.one(name).unwrap_or_default().trim().to_owned();
    let parent = Some(text("parent")).filter(|parent| !parent.is_empty());
    let new = NewOrganization { slug: text("slug"), name: text("name"), parent };
    match organizations::add(admin.act(&app), new).await {
        Ok(_) => layout::done(&app, &http, &admin, LIST, "The organization was made."),
        Err(fault) => match faults(fault) {
            Ok(faults) => making(&app, &http, &admin, &params, &faults).await,
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    }
}

/// The form of a new name.
pub async fn ask_name(app: Data<App>, http: HttpRequest, slug: Path<String>) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::OrganizationsWrite).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    match organizations::find(admin.act(&app), &slug).await {
        Ok(one) => naming(&app, &http, &admin, &one, &one.name, &[]),
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

fn naming(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    one: &Organization,
    typed: &str,
    faults: &[FieldFault],
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Organizations);
    let fields = vec![Field::text("name", "Name").value(typed).faults(faults)];
    let page = FormPage {
        form: frame.form(&format!("{LIST}/{}/rename", one.slug)),
        title: format!("Rename {}", one.name),
        lead: String::new(),
        summary: Summary::of(faults, &fields),
        fields,
        button: "Rename".to_owned(),
        back: frame.path(LIST),
        frame: frame.below(one.name.clone(), LIST),
    };
    layout::show(app, http, admin, status_of(faults), &page)
}

/// Renames.
pub async fn rename(
    app: Data<App>,
    http: HttpRequest,
    slug: Path<String>,
    payload: Payload,
) -> HttpResponse {
    let entered = guard::posted(&app, &http, payload, Permission::OrganizationsWrite).await;
    let (admin, params) = match entered {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let act = admin.act(&app);
    let one = match organizations::find(act, &slug).await {
        Ok(one) => one,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let name = params.one("name").unwrap_or_default().trim();
    match organizations::rename(act, &slug, name).await {
        Ok(_) => layout::done(&app, &http, &admin, LIST, "The organization was renamed."),
        Err(fault) => match faults(fault) {
            Ok(faults) => naming(&app, &http, &admin, &one, name, &faults),
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    }
}

fn switched(word: &str) -> Option<Status> {
    match word {
        "disable" => Some(Status::Disabled),
        "enable" => Some(Status::Active),
        _ => None,
    }
}

/// Asks before an organization is switched on or off.
pub async fn ask(app: Data<App>, http: HttpRequest, path: Path<(String, String)>) -> HttpResponse {
    let (slug, word) = path.into_inner();
    let Some(status) = switched(&word) else { return lost::not_found(app, http).await };
    let admin = match guard::entered(&app, &http, Permission::OrganizationsWrite).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    if let Some(answer) = admin.stale(&app, &http, FRESH) {
        return answer;
    }
    let one = match organizations::find(admin.act(&app), &slug).await {
        Ok(one) => one,
        Err(fault) => return layout::fault(&app, &http, &admin, &fault),
    };
    let (verb, consequences) = match status {
        Status::Disabled => (
            "Disable",
            vec![
                "Nobody signs in to it or to any organization below it, and nothing is issued.",
                "What was issued stops working. Switched on again, it works again.",
            ],
        ),
        Status::Active => (
            "Enable",
            vec!["It takes part again, and so does what was switched off together with it."],
        ),
    };
    let frame = layout::frame(&app, &http, &admin, Section::Organizations);
    let page = Confirm {
        title: format!("{verb} {}?", one.name),
        consequences: consequences.into_iter().map(str::to_owned).collect(),
        form: frame.form(&format!("{LIST}/{slug}/{word}")),
        fields: Vec::new(),
        summary: Summary::default(),
        button: verb.to_owned(),
        back: frame.path(LIST),
        frame: frame.below(one.name, LIST),
    };
    layout::show(&app, &http, &admin, StatusCode::OK, &page)
}

/// Switches it.
pub async fn switch(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> HttpResponse {
    let (slug, word) = path.into_inner();
    let Some(status) = switched(&word) else { return lost::not_found(app, http).await };
    let entered = guard::posted(&app, &http, payload, Permission::OrganizationsWrite).await;
    let (admin, _) = match entered {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    if let Some(answer) = admin.stale(&app, &http, FRESH) {
        return answer;
    }
    match organizations::set_status(admin.act(&app), &slug, status).await {
        Ok(_) => layout::done(&app, &http, &admin, LIST, "The organization was switched."),
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}
