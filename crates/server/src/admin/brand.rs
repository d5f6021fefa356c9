//! Logos of clients, and `/admin/organizations/{slug}/brand`.

use std::time::Duration;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::brand::{Brand, image};
use vestibule_store::organizations::Organization;

use super::client::{opened, settings};
use super::guard::{self, Admin};
use super::layout;
use super::table::Answer;
use super::views::{ACCENT_HINT, BrandPanel, Field, OrganizationBrand, Section, Summary};
use crate::app::App;
use crate::brands::{logo_route, style_route};
use crate::http::body::{BodyFault, FormBounds};
use crate::http::multipart::Upload;
use crate::pages::views::Dress;
use crate::services::brands::{self, BrandChange};
use crate::services::{FieldFault, ServiceFault, clients, organizations};

/// A picture, and the form around it.
const UPLOAD: FormBounds =
    FormBounds { bytes: image::MAX_BYTES + 16 * 1024, patience: Duration::from_secs(30) };

/// What a form of a logo asks for: the bytes of a file, or that there be none.
fn wanted(upload: Result<Upload, BodyFault>) -> Result<Option<Vec<u8>>, FieldFault> {
    let fault = |problem: String| FieldFault::new("logo", problem);
    let upload = upload.map_err(|body| match body {
        BodyFault::TooLarge(_) => {
            let most = image::MAX_BYTES / 1024;
            fault(format!("the file is larger than {most} KiB; save the picture smaller"))
        }
        other => fault(other.to_string()),
    })?;
    if upload.params.one("action") == Some("remove") {
        return Ok(None);
    }
    match upload.file {
        Some(file) => Ok(Some(file.bytes)),
        None => Err(fault("choose a PNG, JPEG or WebP picture".to_owned())),
    }
}

/// Lets somebody in who may do this, with the form that they posted.
async fn uploaded(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    permission: Permission,
) -> Result<(Admin, Result<Upload, BodyFault>), HttpResponse> {
    let admin = guard::entered(app, http, permission).await?;
    let upload = guard::uploaded(app, http, payload, &admin, UPLOAD).await?;
    Ok((admin, upload))
}

/// The branding of a client.
pub async fn client(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let (admin, client) = opened(&app, &http, &id, Permission::ClientsRead).await?;
    Ok(settings::branding(&app, &http, &admin, &client, Vec::new()))
}

/// Gives a client a logo, or takes it away.
pub async fn set_client_logo(
    app: Data<App>,
    http: HttpRequest,
    id: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, upload) = uploaded(&app, &http, payload, Permission::ClientsWrite).await?;
    let act = admin.act(&app);
    let done = match wanted(upload) {
        Ok(bytes) => brands::set_client_logo(act, &id, bytes).await.map(|_| ()),
        Err(fault) => Err(ServiceFault::Invalid(vec![fault])),
    };
    Ok(match done {
        Ok(()) => {
            let route = format!("/admin/clients/{id}/branding");
            layout::done(&app, &http, &admin, &route, "The logo is saved.")
        }
        Err(ServiceFault::Invalid(faults)) => match clients::find(act, &id).await {
            Ok(client) => settings::branding(&app, &http, &admin, &client, faults),
            Err(fault) => layout::fault(&app, &http, &admin, &fault),
        },
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

/// The brand of an organization.
pub async fn organization(app: Data<App>, http: HttpRequest, slug: Path<String>) -> Answer {
    let admin = guard::entered(&app, &http, Permission::OrganizationsWrite).await?;
    Ok(render(&app, &http, &admin, &slug, None, Vec::new()).await)
}

/// Sets its colour.
pub async fn set_accent(
    app: Data<App>,
    http: HttpRequest,
    slug: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, params) =
        guard::posted(&app, &http, payload, Permission::OrganizationsWrite).await?;
    let typed = params.one("accent").unwrap_or_default();
    let change = brands::accent(typed)
        .map(|accent| BrandChange { accent: Some(accent), ..BrandChange::default() })
        .map_err(|fault| ServiceFault::Invalid(vec![fault]));
    Ok(change_to(&app, &http, &admin, &slug, Some(typed), change).await)
}

/// Gives it a logo, or takes it away.
pub async fn set_logo(
    app: Data<App>,
    http: HttpRequest,
    slug: Path<String>,
    payload: Payload,
) -> Answer {
    let (admin, upload) = uploaded(&app, &http, payload, Permission::OrganizationsWrite).await?;
    let change = match wanted(upload) {
        Ok(bytes) => BrandChange::of_logo(bytes),
        Err(fault) => Err(ServiceFault::Invalid(vec![fault])),
    };
    Ok(change_to(&app, &http, &admin, &slug, None, change).await)
}

async fn change_to(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    slug: &str,
    typed: Option<&str>,
    change: Result<BrandChange, ServiceFault>,
) -> HttpResponse {
    let done = match change {
        Ok(change) => brands::set_organization(admin.act(app), slug, change).await.map(|_| ()),
        Err(fault) => Err(fault),
    };
    match done {
        Ok(()) => {
            let route = format!("/admin/organizations/{slug}/brand");
            layout::done(app, http, admin, &route, "The brand is saved.")
        }
        Err(ServiceFault::Invalid(faults)) => render(app, http, admin, slug, typed, faults).await,
        Err(fault) => layout::fault(app, http, admin, &fault),
    }
}

async fn render(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    slug: &str,
    typed: Option<&str>,
    faults: Vec<FieldFault>,
) -> HttpResponse {
    let act = admin.act(app);
    let found = async {
        let organization = organizations::find(act, slug).await?;
        let brand = brands::of_organization(act, slug).await?;
        Ok::<_, ServiceFault>((organization, brand))
    };
    let (organization, brand) = match found.await {
        Ok(found) => found,
        Err(fault) => return layout::fault(app, http, admin, &fault),
    };
    let frame = layout::frame(app, http, admin, Section::Organizations);
    let home = format!("/admin/organizations/{slug}");
    let stands = brand.accent.map(|accent| accent.to_string()).unwrap_or_default();
    let accent = Field::text("accent", "Colour")
        .optional()
        .hint(ACCENT_HINT)
        .value(typed.unwrap_or(&stands))
        .faults(&faults);
    let fault = faults.iter().find(|fault| fault.field == "logo");
    let panel = BrandPanel {
        of_client: false,
        own: brand.logo.is_some(),
        upload: Some(frame.form(&format!("{home}/logo"))),
        fault: fault.map(|fault| fault.problem.clone()),
        ..BrandPanel::of(&frame, &organization.name, &dress(&organization, brand), None)
    };
    let page = OrganizationBrand {
        summary: Summary::of(&faults, [&accent]),
        form: frame.form(&format!("{home}/brand")),
        accent,
        brand: panel,
        back: frame.path("/admin/organizations"),
        frame: frame.below(organization.name, "/admin/organizations"),
    };
    layout::show(app, http, admin, page.summary.status(), &page)
}

fn dress(organization: &Organization, brand: Brand) -> Dress {
    Dress {
        logo: brand.logo.map(|logo| logo_route(organization.id, logo)),
        style: brand.accent.map(style_route),
    }
}
