//! Who may enter the console: the first lines of every handler.
//!
//! Without a session the way leads through the sign-in page and back. To somebody who administers
//! nothing there is no console at all. What somebody who administers may not do is said plainly.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::uri::PathAndQuery;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use vestibule_store::facts::SessionFacts;
use vestibule_store::organizations::Organization;

use super::layout;
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::{leave, shown};
use crate::http::body::{BodyFault, FormBounds};
use crate::http::cookies::BrowserBinding;
use crate::http::csp::Policy;
use crate::http::forms;
use crate::http::multipart::{self, Upload};
use crate::pages::back::Back;
use crate::pages::views::{Form, Held};
use crate::pages::{self, lost};
use crate::services::callers::Caller;
use crate::services::{Act, ServiceFault};
use crate::sign_in;

/// The field of every form that holds the organization it was made in: another tab may have changed
/// to another one meanwhile.
pub(super) const ORGANIZATION: &str = "organization";
/// The fields that a form which is kept does not keep.
const NOT_KEPT: [&str; 2] = ["csrf", "secret"];
/// How long ago a password may have been given when something dangerous is done.
pub const FRESH: Duration = Duration::from_secs(10 * 60);

/// Somebody who is signed in and administers.
pub struct Admin {
    /// The session, and whose it is.
    pub facts: SessionFacts,
    /// Where they act: the organization that they chose in this browser.
    pub organization: Organization,
    /// What they may do there.
    pub rights: Rights,
    /// Everything they hold.
    pub caller: Caller,
    /// The one moment that the whole request uses.
    pub now: Timestamp,
    pub(super) browser: BrowserBinding,
}

impl Admin {
    /// An act of theirs that happens now.
    pub fn act<'a>(&'a self, app: &'a App) -> Act<'a> {
        Act {
            core: app,
            now: self.now,
            org: self.organization.id,
            by: &self.caller.by,
            rights: self.rights,
        }
    }

    /// Lets them go on who proved who they are within `max_age`. What others are answered asks for the
    /// password and leads back to the page of this request, whatever its method. So a dangerous act
    /// has a page of its own that asks for confirmation, and its POST goes to the same path.
    #[expect(clippy::result_large_err, reason = "what is answered instead, as of every guard")]
    pub fn fresh(
        &self,
        app: &App,
        http: &HttpRequest,
        max_age: Duration,
    ) -> Result<(), HttpResponse> {
        if self.now.since(self.facts.session.authentication.at) <= max_age {
            return Ok(());
        }
        let page = Back::to(&app.issuer, http);
        let page = page.map_or_else(|| app.issuer.path("/login"), |back| back.confirm(&app.issuer));
        Err(leave::to_page(http, &page, Vec::new()))
    }
}

/// Lets somebody in who may do this.
pub async fn entered(
    app: &Data<App>,
    http: &HttpRequest,
    permission: Permission,
) -> Result<Admin, HttpResponse> {
    let admin = identified(app, http).await?;
    if admin.rights.allow(permission) {
        return Ok(admin);
    }
    Err(layout::fault(app, http, &admin, &ServiceFault::Forbidden { permission }))
}

/// Lets somebody in who may do anything here at all.
pub async fn identified(app: &Data<App>, http: &HttpRequest) -> Result<Admin, HttpResponse> {
    let Some(facts) = present(app, http).await? else {
        let page = Back::to(&app.issuer, http).map(|back| back.sign_in(&app.issuer));
        let page = page.unwrap_or_else(|| app.issuer.path("/login"));
        return Err(leave::to_page(http, &page, Vec::new()));
    };
    administering(app, http, facts).await
}

/// Who is signed in, whether they administer or not.
async fn present(
    app: &Data<App>,
    http: &HttpRequest,
) -> Result<Option<SessionFacts>, HttpResponse> {
    // A text with a NUL names nothing, and PostgreSQL takes none.
    if http.match_info().iter().any(|(_, value)| value.contains('\0')) {
        return Err(lost::not_found(app.clone(), http.clone()).await);
    }
    match sign_in::current(app, http).await {
        Ok(present) => Ok(present),
        Err(reason) => Err(shown::error(app, http, &Attempt::begin(app), &reason, None).await),
    }
}

async fn administering(
    app: &Data<App>,
    http: &HttpRequest,
    facts: SessionFacts,
) -> Result<Admin, HttpResponse> {
    match acting(app, http, facts).await {
        Ok(Some(admin)) => Ok(admin),
        Ok(None) => Err(lost::not_found(app.clone(), http.clone()).await),
        Err(fault) => {
            let reason = pages::service_fault("reading the roles")(fault);
            Err(shown::error(app, http, &Attempt::begin(app), &reason, None).await)
        }
    }
}

/// Lets somebody in who may do this and gave the password just now; before something dangerous.
pub async fn entered_fresh(
    app: &Data<App>,
    http: &HttpRequest,
    permission: Permission,
) -> Result<Admin, HttpResponse> {
    let admin = entered(app, http, permission).await?;
    admin.fresh(app, http, FRESH)?;
    Ok(admin)
}

/// Somebody with a session as the administrator they are; `None` when they are none.
async fn acting(
    app: &App,
    http: &HttpRequest,
    facts: SessionFacts,
) -> Result<Option<Admin>, ServiceFault> {
    let caller = Caller::of_user(app, &facts.user).await?;
    if !caller.administers() {
        return Ok(None);
    }
    let chosen = app.cookies.organization(http);
    let own = match caller.organizations() {
        None => vec![OrgId::ROOT],
        Some(organizations) => organizations,
    };
    for org in chosen.into_iter().chain(own) {
        let rights = caller.rights(app, org).await?;
        let found = app.store.organization(org).await?;
        if let Some(organization) = found.filter(|_| !rights.is_empty()) {
            let (browser, now) = (pages::binding(app, http), app.clock.now());
            return Ok(Some(Admin { facts, organization, rights, caller, now, browser }));
        }
    }
    Ok(None)
}

/// Lets somebody in whose form one of our pages posted, for the organization that it was made in.
pub async fn posted(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    permission: Permission,
) -> Result<(Admin, Params), HttpResponse> {
    let (admin, params) = posted_by_any(app, http, payload).await?;
    if admin.rights.allow(permission) {
        return Ok((admin, params));
    }
    Err(layout::fault(app, http, &admin, &ServiceFault::Forbidden { permission }))
}

/// The form with a file in it that one of our pages posted. A body that could not be read is told to
/// the page itself: nothing was done with it.
pub async fn uploaded(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    admin: &Admin,
    bounds: FormBounds,
) -> Result<Result<Upload, BodyFault>, HttpResponse> {
    let upload = match multipart::read(http, payload, bounds).await {
        Ok(upload) => upload,
        Err(fault) => return Ok(Err(fault)),
    };
    let csrf = upload.params.one("csrf");
    if !forms::is_ours(&app.digests, &app.issuer, http, Some(&admin.browser), csrf) {
        let attempt = Attempt::begin(app);
        return Err(shown::error(app, http, &attempt, &Reason::CrossSiteForm, None).await);
    }
    match made_elsewhere(app, http, admin, &upload.params) {
        Some(answer) => Err(answer),
        None => Ok(Ok(upload)),
    }
}

/// The same, from somebody who gave the password just now.
pub async fn posted_fresh(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    permission: Permission,
) -> Result<(Admin, Params), HttpResponse> {
    let (admin, params) = posted(app, http, payload, permission).await?;
    admin.fresh(app, http, FRESH)?;
    Ok((admin, params))
}

/// The same for a form that everybody who administers may post.
pub async fn posted_by_any(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
) -> Result<(Admin, Params), HttpResponse> {
    let facts = present(app, http).await?;
    let params = match pages::posted(app, http, payload).await {
        Ok(params) => params,
        Err(lost) => return Err(lost.show(app, http).await),
    };
    let Some(facts) = facts else { return Err(held(app, http, &params)) };
    let admin = administering(app, http, facts).await?;
    match made_elsewhere(app, http, &admin, &params) {
        Some(answer) => Err(answer),
        None => Ok((admin, params)),
    }
}

/// The session ended while somebody was typing: they get what they typed once more, to be sent when they
/// have signed in again. A secret is not shown to whoever comes to the screen meanwhile.
fn held(app: &App, http: &HttpRequest, params: &Params) -> HttpResponse {
    let browser = pages::binding(app, http);
    let here = http.uri().path_and_query().map_or(http.path(), PathAndQuery::as_str);
    let mut form = Form::new(here, forms::token(&app.digests, &browser));
    let kept = params.iter().filter(|(name, _)| !NOT_KEPT.contains(name));
    form.extra = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let sign_in = Back::of_console(&app.issuer).sign_in(&app.issuer);
    let page = Held { shell: pages::shell(app, http), form, sign_in };
    pages::show(app, StatusCode::FORBIDDEN, &page, Policy::Page)
}

/// What to answer to a form that was made in another organization than the present one.
fn made_elsewhere(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    params: &Params,
) -> Option<HttpResponse> {
    let made_in = params.one(ORGANIZATION)?;
    if made_in == admin.organization.id.0.to_string() {
        return None;
    }
    let text = "You have changed to another organization since this page was opened, so nothing was \
                done. Open the page again.";
    Some(layout::fault(app, http, admin, &ServiceFault::Conflict(text.to_owned())))
}
