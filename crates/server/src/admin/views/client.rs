//! The pages of one client.

mod credentials;
mod made;
mod overview;
#[cfg(test)]
pub(super) mod samples;
mod settings;
mod sheet;

use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{AuthMethod, Client, Environment, GrantType, Status};

pub use credentials::{Credentials, NewSecretPage, SecretRow};
pub use made::{KindChoice, Kinds, Made, NewClientPage, ProfileChoice};
pub use overview::{ClientOverview, RefusalLine};
pub use settings::ClientForm;
pub use sheet::SheetPage;

use super::frame::{Frame, Section};
use super::part::{Badge, Tab, Tone};

/// What all pages of a client begin with.
#[derive(Clone, Debug)]
pub struct ClientHead {
    /// Its name.
    pub name: String,
    /// What it calls itself on the wire.
    pub client_id: String,
    /// Environment, state, relaxations.
    pub badges: Vec<Badge>,
    /// Its pages.
    pub tabs: Vec<Tab>,
    /// Where its hand-over sheet is.
    pub sheet: String,
    /// Where it is tested; nobody can be signed in to a client without users.
    pub test: Option<String>,
}

/// The pages of a client, in the order of their tabs. A further page adds its line here.
const TABS: &[(&str, &str)] = &[
    ("Overview", ""),
    ("Redirect URIs", "/redirect-uris"),
    ("Credentials", "/credentials"),
    ("Keys", "/keys"),
    ("Policy", "/policy"),
    ("Access", "/access"),
    ("Claims", "/claims"),
    ("Branding", "/branding"),
];

impl ClientHead {
    /// The head of a client on the page whose path ends so.
    pub fn of(frame: &Frame, client: &Client, page: &str) -> Self {
        let home = frame.path(&format!("/admin/clients/{}", client.client_id));
        let tabs = TABS.iter().map(|(label, end)| Tab {
            label,
            href: format!("{home}{end}"),
            current: *end == page,
        });
        let signs_in = client.settings.grant_types.contains(&GrantType::AuthorizationCode);
        let test = signs_in && frame.may(Permission::ClientsWrite);
        Self {
            name: client.name.clone(),
            client_id: client.client_id.0.clone(),
            badges: badges(client),
            tabs: tabs.collect(),
            sheet: format!("{home}/sheet"),
            test: test.then(|| format!("{home}/test")),
        }
    }
}

/// The frame of a page about a client.
pub fn framed(frame: Frame, client: &Client) -> Frame {
    let route = format!("/admin/clients/{}", client.client_id);
    Frame { section: Section::Clients, ..frame }.below(client.name.clone(), &route)
}

/// What is said of a client beside its name.
pub fn badges(client: &Client) -> Vec<Badge> {
    let settings = &client.settings;
    let mut badges = vec![match settings.environment {
        Environment::Live => Badge::new("Live", Tone::Good),
        Environment::Test => Badge::new("Test", Tone::Plain),
    }];
    if client.status == Status::Disabled {
        badges.push(Badge::new("Disabled", Tone::Bad));
    }
    let relaxed = settings.relaxations().map(|(relaxation, reason)| Badge {
        text: relaxation.summary().to_owned(),
        tone: Tone::Warn,
        why: Some(reason.unwrap_or("no reason is on record").to_owned()),
    });
    badges.extend(relaxed);
    badges
}

/// How a client proves who it is, in words and by its registered name.
pub fn auth_method(method: AuthMethod) -> (&'static str, &'static str) {
    match method {
        AuthMethod::Basic => ("client_secret_basic", "Secret in the header (Basic)"),
        AuthMethod::Post => ("client_secret_post", "Secret in the form (post)"),
        AuthMethod::BasicOrPost => ("basic_or_post", "Secret in the header or in the form"),
        AuthMethod::None => ("none", "No secret (public client)"),
    }
}

/// All ways to authenticate.
pub const AUTH_METHODS: [AuthMethod; 4] =
    [AuthMethod::Basic, AuthMethod::Post, AuthMethod::BasicOrPost, AuthMethod::None];
