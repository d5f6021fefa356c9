//! `/admin/organizations`: the tree of organizations.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::Status;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::params::Params;
use vestibule_store::organizations::Organization;

use super::guard::{self, Admin};
use super::layout;
use super::table::Answer;
use super::views::{
    Badge, Button, Choice, Field, FormPage, OrganizationRow, Organizations, Section, Tone,
};
use crate::app::App;
use crate::pages::lost;
use crate::services::FieldFault;
use crate::services::organizations::{self, Branch, NewOrganization};

/// Where the tree is.
const LIST: &str = "/admin/organizations";
/// The form of a new one.
const NEW: &str = "/admin/organizations/new";

/// The tree.
pub async fn list(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::OrganizationsRead).await?;
    let tree =
        organizations::tree(admin.act(&app)).await.map_err(layout::telling(&app, &http, &admin))?;
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
            parent: parent.map(|above| above.organization.slug.clone()).unwrap_or_default(),
            badge,
            indent: "– ".repeat(branch.depth),
            rename: page("rename"),
            brand: page("brand"),
            switch: (one.id != OrgId::ROOT).then(|| (page(verb), word)),
        }
    };
    let page = Organizations { rows: tree.iter().map(row).collect(), frame: frame.clone() };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// The form of a new one.
pub async fn new(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered(&app, &http, Permission::OrganizationsWrite).await?;
    Ok(making(&app, &http, &admin, &Params::default(), &[]).await)
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
        Field::text("name", "Name").typed(typed),
        Field::text("slug", "Short name")
            .hint("Lower case letters, digits and hyphens. It cannot be changed later.")
            .typed(typed),
        Field::select("parent", "Part of", above.collect()).typed(typed),
    ];
    let frame = layout::frame(app, http, admin, Section::Organizations);
    let page = FormPage {
        title: "New organization".to_owned(),
        text: vec![
            "It gets users, groups and clients of its own. Whoever administers the organization above administers it too."
                .to_owned(),
        ],
        button: Button::send("Create the organization"),
        ..FormPage::at(frame.below("New organization", NEW), NEW, LIST)
    }
    .asking(fields, faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// Makes it.
pub async fn add(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) =
        guard::posted(&app, &http, payload, Permission::OrganizationsWrite).await?;
    let text = |name: &str| params.one(name).unwrap_or_default().trim().to_owned();
    let parent = Some(text("parent")).filter(|parent| !parent.is_empty());
    let new = NewOrganization { slug: text("slug"), name: text("name"), parent };
    Ok(match organizations::add(admin.act(&app), new).await {
        Ok(_) => layout::done(&app, &http, &admin, LIST, "The organization was created."),
        Err(fault) => match layout::told(fault, "slug") {
            Ok(faults) => making(&app, &http, &admin, &params, &faults).await,
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

/// The form of a new name.
pub async fn ask_name(app: Data<App>, http: HttpRequest, slug: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::OrganizationsWrite).await?;
    let one = organizations::find(admin.act(&app), &slug)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    Ok(naming(&app, &http, &admin, &one, &one.name, &[]))
}

fn naming(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    one: &Organization,
    typed: &str,
    faults: &[FieldFault],
) -> HttpResponse {
    let route = format!("{LIST}/{}/rename", one.slug);
    let frame = layout::frame(app, http, admin, Section::Organizations);
    let page = FormPage {
        title: format!("Rename {}", one.name),
        button: Button::send("Rename"),
        ..FormPage::at(frame.below(one.name.clone(), &route), &route, LIST)
    }
    .asking(vec![Field::text("name", "Name").value(typed)], faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// Renames.
pub async fn rename(
    app: Data<App>,
    http: HttpRequest,
    slug: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, params) =
        guard::posted(&app, &http, payload, Permission::OrganizationsWrite).await?;
    let act = admin.act(&app);
    let one =
        organizations::find(act, &slug).await.map_err(layout::telling(&app, &http, &admin))?;
    let name = params.one("name").unwrap_or_default().trim();
    Ok(match organizations::rename(act, &slug, name).await {
        Ok(_) => layout::done(&app, &http, &admin, LIST, "The organization was renamed."),
        Err(fault) => match layout::told(fault, "name") {
            Ok(faults) => naming(&app, &http, &admin, &one, name, &faults),
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
    })
}

fn switched(word: &str) -> Option<Status> {
    match word {
        "disable" => Some(Status::Disabled),
        "enable" => Some(Status::Active),
        _ => None,
    }
}

/// Asks before an organization is switched on or off.
pub async fn ask(app: Data<App>, http: HttpRequest, path: Path<(String, String)>) -> Answer {
    let (slug, word) = path.into_inner();
    let Some(status) = switched(&word) else { return Err(lost::not_found(app, http).await) };
    let admin = guard::entered_fresh(&app, &http, Permission::OrganizationsWrite).await?;
    let one = organizations::find(admin.act(&app), &slug)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let (verb, button, consequences) = match status {
        Status::Disabled => (
            "Disable",
            Button::grave("Disable"),
            vec![
                "Nobody can sign in to it or to any organization below it, and nothing is issued.",
                "What was issued stops working, and works again once the organization is enabled.",
            ],
        ),
        Status::Active => (
            "Enable",
            Button::yes("Enable"),
            vec![
                "Users can sign in to it again, and to the organizations below it that were off because of it.",
            ],
        ),
    };
    let route = format!("{LIST}/{slug}/{word}");
    let frame = layout::frame(&app, &http, &admin, Section::Organizations);
    let page = FormPage {
        title: format!("{verb} {}?", one.name),
        text: consequences.into_iter().map(str::to_owned).collect(),
        button,
        ..FormPage::at(frame.below(one.name, &route), &route, LIST)
    };
    Ok(layout::show(&app, &http, &admin, StatusCode::OK, &page))
}

/// Switches it.
pub async fn switch(
    app: Data<App>,
    http: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> Answer {
    let (slug, word) = path.into_inner();
    let Some(status) = switched(&word) else { return Err(lost::not_found(app, http).await) };
    let (admin, _) =
        guard::posted_fresh(&app, &http, payload, Permission::OrganizationsWrite).await?;
    let one = organizations::set_status(admin.act(&app), &slug, status)
        .await
        .map_err(layout::telling(&app, &http, &admin))?;
    let word = match one.status {
        Status::Active => "enabled",
        Status::Disabled => "disabled",
    };
    Ok(layout::done(&app, &http, &admin, LIST, &format!("{} is {word}.", one.name)))
}
