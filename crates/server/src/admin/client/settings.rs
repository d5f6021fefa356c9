//! The pages on which a client's settings are changed, each a part of them.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, Relaxation};
use vestibule_protocol::params::Params;
use vestibule_store::StoreError;

use super::fields::{access, branding, holding, keys, policy, reason_fields, take_reasons, uris};
use super::{opened, posted};
use crate::admin::guard::Admin;
use crate::admin::layout;
use crate::admin::table::Answer;
use crate::admin::views::{
    BrandPanel, ClientForm, ClientHead, Frame, Group, Section, Summary, Values, framed,
};
use crate::app::App;
use crate::brands::logo_route;
use crate::services::clients::{self, ClientChange};
use crate::services::{FieldFault, ServiceFault};

/// The field that says from which state of the client a form was made.
const VERSION: &str = "version";

/// A part of a client's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    RedirectUris,
    Keys,
    Policy,
    Access,
    Branding,
}

impl Part {
    const ALL: [(Self, &'static str); 5] = [
        (Self::RedirectUris, "redirect-uris"),
        (Self::Keys, "keys"),
        (Self::Policy, "policy"),
        (Self::Access, "access"),
        (Self::Branding, "branding"),
    ];

    fn route(self) -> &'static str {
        Self::ALL.iter().find(|(part, _)| *part == self).map_or("", |(_, route)| route)
    }

    /// The part that a request is about: the last segment of its path.
    fn asked(http: &HttpRequest) -> Self {
        let last = http.path().rsplit('/').next().unwrap_or_default();
        let found = Self::ALL.iter().find(|(_, route)| *route == last);
        found.map_or(Self::Policy, |(part, _)| *part)
    }

    fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::RedirectUris => (
                "Redirect URIs",
                "Where users come back to. A URI that differs in one character is refused.",
            ),
            Self::Keys => (
                "Keys",
                "The public keys of the client itself, for clients that prove who they are by a signature.",
            ),
            Self::Policy => (
                "Policy",
                "The defaults are the safe ones. What a vendor's software cannot do is relaxed here, for this client alone and with a reason.",
            ),
            Self::Access => ("Access", "Who may sign in with this client."),
            Self::Branding => ("Branding", "What users see of it when they sign in."),
        }
    }

    fn groups(self, check: &str) -> Vec<Group> {
        match self {
            Self::RedirectUris => uris::fields(check),
            Self::Keys => keys::fields(),
            Self::Policy => policy::fields(),
            Self::Access => access::fields(),
            Self::Branding => branding::fields(),
        }
    }

    fn values(self, client: &Client) -> Values {
        let values = match self {
            Self::RedirectUris => uris::values(client),
            Self::Keys => keys::values(client),
            Self::Policy => policy::values(client),
            Self::Access => access::values(client),
            Self::Branding => branding::values(client),
        };
        let reasons = client.settings.reasons.iter();
        let reasons =
            reasons.map(|(it, reason)| (format!("reasons.{}", it.as_str()), reason.clone()));
        values.into_iter().chain(reasons).collect()
    }

    /// The client with what was typed.
    fn apply(self, client: &Client, params: &Params) -> (Client, Vec<FieldFault>) {
        let mut after = client.clone();
        let mut faults = Vec::new();
        match self {
            Self::RedirectUris => uris::apply(&mut after, params),
            Self::Keys => faults = keys::apply(&mut after, params),
            Self::Policy => faults = policy::apply(&mut after, params),
            Self::Access => access::apply(&mut after, params),
            Self::Branding => faults = branding::apply(&mut after, params),
        }
        take_reasons(&mut after.settings, params);
        (after, faults)
    }

    /// The relaxations whose reasons this part asks for.
    fn relaxations(self, client: &Client) -> Vec<Relaxation> {
        let mut held = holding(&client.settings);
        held.retain(|relaxation| match self {
            Self::RedirectUris => *relaxation == Relaxation::PlainHttp,
            Self::Policy => true,
            Self::Keys | Self::Access | Self::Branding => false,
        });
        held
    }
}

/// What was sent, and what came of it.
struct Sent<'a> {
    params: &'a Params,
    after: Client,
    faults: Vec<FieldFault>,
}

/// Shows a part.
pub async fn get(app: Data<App>, http: HttpRequest, id: Path<String>) -> Answer {
    let (admin, client) = opened(&app, &http, &id, Permission::ClientsRead).await?;
    Ok(render(&app, &http, &admin, &client, None).await)
}

/// Changes a part.
pub async fn post(app: Data<App>, http: HttpRequest, id: Path<String>, payload: Payload) -> Answer {
    let (admin, client, params) = posted(&app, &http, payload, &id).await?;
    let part = Part::asked(&http);
    let (after, mut faults) = part.apply(&client, &params);
    let version = params.one(VERSION).and_then(|text| text.parse().ok());
    let change = ClientChange {
        name: Some(after.name.clone()),
        settings: Some(after.settings.clone()),
        version: Some(Timestamp::from_millis(version.unwrap_or_default())),
        reasons_required: true,
        ..ClientChange::default()
    };
    let changed = match faults.is_empty() {
        true => clients::update(admin.act(&app), &id, change).await.map(|_| ()),
        false => Err(ServiceFault::Invalid(Vec::new())),
    };
    Ok(match changed {
        Ok(()) => {
            let route = format!("/admin/clients/{}/{}", client.client_id, part.route());
            layout::done(&app, &http, &admin, &route, &format!("{} is saved.", part.title().0))
        }
        Err(ServiceFault::Invalid(more)) => {
            faults.extend(more);
            let sent = Sent { params: &params, after, faults };
            render(&app, &http, &admin, &client, Some(sent)).await
        }
        Err(ServiceFault::Conflict(_) | ServiceFault::Store(StoreError::Stale { .. })) => {
            let problem = "somebody else has changed this client since you opened the page. What \
                           you typed is still here: look at it once more and save again";
            faults.push(FieldFault::new("This page", problem));
            let sent = Sent { params: &params, after, faults };
            render(&app, &http, &admin, &client, Some(sent)).await
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

async fn render(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    client: &Client,
    sent: Option<Sent<'_>>,
) -> HttpResponse {
    let part = Part::asked(http);
    let unmet = match (part, &sent) {
        (Part::RedirectUris, None) => unmet(app, admin, client).await,
        _ => Ok(Vec::new()),
    };
    let unmet = match unmet {
        Ok(unmet) => unmet,
        Err(fault) => return layout::fault(app, http, admin, &fault),
    };
    let frame = framed(layout::frame(app, http, admin, Section::Clients), client);
    let brand = (part == Part::Branding).then(|| panel(app, &frame, client));
    let mut page = page(part, frame, client, sent, brand);
    if !unmet.is_empty() {
        let text = "These were asked for lately and refused, because they are not registered:";
        page.warning = Some((text.to_owned(), unmet));
    }
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// The page of the branding, perhaps after a logo that was not taken.
pub fn branding(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    client: &Client,
    faults: Vec<FieldFault>,
) -> HttpResponse {
    let frame = framed(layout::frame(app, http, admin, Section::Clients), client);
    let fault = faults.first().map(|fault| fault.problem.clone());
    let brand = BrandPanel { fault, ..panel(app, &frame, client) };
    let mut page = page(Part::Branding, frame, client, None, Some(brand));
    page.summary = Summary::of(&faults, []);
    layout::show(app, http, admin, page.summary.status(), &page)
}

fn panel(app: &App, frame: &Frame, client: &Client) -> BrandPanel {
    let own = client.settings.logo.map(|logo| logo_route(client.org, logo));
    let route = format!("/admin/clients/{}/logo", client.client_id);
    BrandPanel {
        upload: frame.may(Permission::ClientsWrite).then(|| frame.form(&route)),
        ..BrandPanel::of(frame, &client.name, &app.brands.of_client(client), own)
    }
}

/// Redirect URIs that requests were refused for lately and that are not registered yet.
async fn unmet(app: &App, admin: &Admin, client: &Client) -> Result<Vec<String>, ServiceFault> {
    if !admin.rights.allow(Permission::EventsRead) {
        return Ok(Vec::new());
    }
    let mut refused = clients::uris::refused(admin.act(app), &client.client_id).await?;
    refused.retain(|uri| !client.settings.redirect_uris.contains(uri));
    refused.truncate(5);
    Ok(refused)
}

fn page(
    part: Part,
    frame: Frame,
    client: &Client,
    sent: Option<Sent<'_>>,
    brand: Option<BrandPanel>,
) -> ClientForm {
    let id = &client.client_id;
    let check = frame.path(&format!("/admin/check-redirect-uris?client={id}"));
    let values = part.values(client);
    let mut groups: Vec<Group> = part.groups(&check);
    let relaxed = sent.as_ref().map_or(client, |sent| &sent.after);
    groups.extend(reason_fields(&part.relaxations(relaxed), &values));
    let fill = |group: Group| match &sent {
        Some(sent) => group.map(|field| field.typed(sent.params).faults(&sent.faults)),
        None => group.map(|field| field.filled(&values)),
    };
    let in_words = |group: Group| group.map(|field| policy::in_words(field, &values));
    let groups: Vec<Group> = groups.into_iter().map(in_words).map(fill).collect();
    let mut form = frame.form(&format!("/admin/clients/{id}/{}", part.route()));
    form.extra.push((VERSION.to_owned(), client.updated_at.as_millis().to_string()));
    let (title, text) = part.title();
    let faults = sent.as_ref().map_or(&[][..], |sent| &sent.faults);
    ClientForm {
        head: ClientHead::of(&frame, client, &format!("/{}", part.route())),
        title,
        text,
        warning: None,
        form,
        summary: Summary::of(faults, groups.iter().flat_map(|group| &group.fields)),
        groups,
        may_write: frame.may(Permission::ClientsWrite),
        brand,
        frame,
    }
}

#[cfg(test)]
pub(crate) fn samples(frame: &Frame, client: &Client) -> Vec<ClientForm> {
    let params = Params::parse(b"redirect_uris=javascript:alert(1)&scope=%22").unwrap();
    let faults = [
        FieldFault::new("redirect_uris", "javascript:alert(1): never allowed"),
        FieldFault::new("grant_types", "at least one"),
        FieldFault::new("reasons.consent_implied", "say why"),
        FieldFault::new("This page", "changed"),
    ];
    let mut pages = Vec::new();
    for (part, _) in Part::ALL {
        let brand = || (part == Part::Branding).then(|| BrandPanel::sample(frame, Some("<b>no")));
        pages.push(page(part, frame.clone(), client, None, brand()));
        let sent = Sent { params: &params, after: client.clone(), faults: faults.to_vec() };
        pages.push(page(part, frame.clone(), client, Some(sent), brand()));
    }
    let reader = Frame { rights: vestibule_protocol::admin::Rights::NONE, ..frame.clone() };
    pages.push(page(Part::Policy, reader, client, None, None));
    if let Some(page) = pages.first_mut() {
        page.warning = Some(("Refused:".to_owned(), vec!["https://<b>".to_owned()]));
    }
    pages
}
