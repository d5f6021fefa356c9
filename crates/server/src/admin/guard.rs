//! Who may enter the console: the first lines of every handler.
//!
//! Without a session the way leads through the sign-in page and back. To somebody who administers
//! nothing there is no console at all. What somebody who administers may not do is said plainly.

use std::time::Duration;

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
use crate::http::cookies::BrowserBinding;
use crate::pages::back::Back;
use crate::pages::{self, lost};
use crate::services::callers::Caller;
use crate::services::fault::FaultKind;
use crate::services::{Act, ServiceFault};
use crate::sign_in;

/// How long ago a password may have been given when something dangerous is done.
pub const FRESH: Duration = Duration::from_secs(10 * 60);

/// Somebody who is signed in and administers.
pub struct Admin {
    /// The session, and whose it is.
    pub facts: SessionFacts,
    /// Where they act.
    pub organization: Organization,
    /// What they may do there.
    pub rights: Rights,
    /// The one moment that the whole request uses.
    pub now: Timestamp,
    /// Who they are to the services.
    pub caller: Caller,
    pub(super) browser: BrowserBinding,
}

impl Admin {
    /// An act of theirs that happens now.
    pub fn act<'a>(&'a self, app: &'a App) -> Act<'a> {
        let org = self.organization.id;
        Act { core: app, now: self.now, org, by: &self.caller.by, rights: self.rights }
    }

    /// What to answer instead, unless they proved who they are within `max_age`: it asks for the
    /// password and leads back to the page of this request, whatever its method. So a dangerous act
    /// has a page of its own that asks for confirmation, and its POST goes to the same path.
    pub fn stale(&self, app: &App, http: &HttpRequest, max_age: Duration) -> Option<HttpResponse> {
        if self.now.since(self.facts.session.authentication.at) <= max_age {
            return None;
        }
        let page = Back::to(&app.issuer, http);
        let page = page.map_or_else(|| app.issuer.path("/login"), |back| back.confirm(&app.issuer));
        Some(leave::to_page(http, &page, Vec::new()))
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
    let refused =
        async |reason: Reason| shown::error(app, http, &Attempt::begin(app), &reason, None).await;
    let facts = match sign_in::current(app, http).await {
        Ok(Some(facts)) => facts,
        Ok(None) => {
            let page = Back::to(&app.issuer, http).map(|back| back.sign_in(&app.issuer));
            let page = page.unwrap_or_else(|| app.issuer.path("/login"));
            return Err(leave::to_page(http, &page, Vec::new()));
        }
        Err(reason) => return Err(refused(reason).await),
    };
    let found = async {
        let caller = Caller::of_user(app, &facts.user).await?;
        Ok::<_, ServiceFault>(place(app, http, &caller).await?.map(|place| (caller, place)))
    };
    let (caller, (organization, rights)) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(lost::not_found(app.clone(), http.clone()).await),
        Err(fault) => {
            tracing::error!(%fault, "the roles of an administrator were not read");
            let during = "reading the roles";
            return Err(refused(match fault.kind() {
                FaultKind::Unavailable => Reason::StoreUnavailable { during },
                _ => Reason::ServerFault { during },
            })
            .await);
        }
    };
    let browser = pages::binding(app, http);
    Ok(Admin { facts, organization, rights, now: app.clock.now(), browser, caller })
}

/// Lets somebody in whose form one of our pages posted.
pub async fn posted(
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
    permission: Permission,
) -> Result<(Admin, Params), HttpResponse> {
    let admin = entered(app, http, permission).await?;
    match pages::posted(app, http, payload).await {
        Ok(params) => Ok((admin, params)),
        Err(lost) => Err(lost.show(app, http).await),
    }
}

/// The organization that somebody chose, the root, or the first of their own: whichever of these
/// they may do something in. `None` for somebody who administers nothing.
async fn place(
    app: &App,
    http: &HttpRequest,
    caller: &Caller,
) -> Result<Option<(Organization, Rights)>, ServiceFault> {
    if !caller.administers() {
        return Ok(None);
    }
    let chosen = app.cookies.organization(http);
    let own = caller.organizations().unwrap_or_default();
    for org in chosen.into_iter().chain([OrgId::ROOT]).chain(own) {
        let rights = caller.rights(app, org).await?;
        if !rights.is_empty()
            && let Some(organization) = app.store.organization(org).await?
        {
            return Ok(Some((organization, rights)));
        }
    }
    Ok(None)
}
