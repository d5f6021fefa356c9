//! The server in the test's own process, with a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use vestibule::clock::Clock;
use vestibule::config::{Config, Sources};
use vestibule::serve::{self, Running};
use vestibule::services::Act;
use vestibule::services::admins;
use vestibule::services::clients::{self, NewClient};
use vestibule::services::users::{self, NewUser};
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::{Assignment, Reach, Role};
use vestibule_protocol::client::{AuthMethod, GrantType, PkcePolicy, Status};
use vestibule_protocol::scope::Scope;

use crate::browser::Person;
use crate::databases::Database;
use crate::installation::{Installation, PASSWORD};
use crate::relying_party::{Authentication, RelyingParty};

/// A running server with one user, Ada, and one client, a clinic.
pub struct Server {
    installation: Installation,
    running: Option<Running>,
    clock: Clock,
    clinic: Option<RelyingParty>,
    config: String,
}

/// What a test registers.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The name on the consent page.
    pub name: String,
    /// Redirect URIs; the first is the one its requests use.
    pub redirect_uris: Vec<String>,
    /// Where a logout may lead.
    pub post_logout_redirect_uris: Vec<String>,
    /// `basic_or_post`, `client_secret_basic`, `client_secret_post` or `none`.
    pub auth_method: &'static str,
    /// `required` or `optional`.
    pub pkce: &'static str,
    /// The grant types it may use.
    pub grants: Vec<&'static str>,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            name: "Clinic".to_owned(),
            redirect_uris: vec!["https://rp.test/cb".to_owned()],
            post_logout_redirect_uris: Vec::new(),
            auth_method: "basic_or_post",
            pkce: "optional",
            grants: vec!["authorization_code", "refresh_token"],
        }
    }
}

impl Server {
    /// Starts a server on a database with the schema in place.
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// Starts one with more settings, as [`Installation::with`] takes them.
    pub async fn start_with(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::start_on(Installation::with(database, settings)).await
    }

    /// Starts one that answers by https alone.
    pub async fn start_over_tls(database: Database) -> Self {
        Self::start_on(Installation::over_tls(database)).await
    }

    /// Starts one on an installation that is there.
    pub async fn start_on(installation: Installation) -> Self {
        let clock = Clock::system();
        let config = Config::load(&Sources::file(installation.config())).expect("our own file");
        let running = serve::start(Arc::new(config), clock.clone(), None).await;
        let running = running.unwrap_or_else(|fault| panic!("the server starts: {fault}"));
        let config = installation.config().display().to_string();
        let mut server = Self { installation, running: Some(running), clock, clinic: None, config };
        server.person("ada@clinic.test").await;
        server.clinic = Some(server.register(Registration::default()).await);
        server
    }

    /// Its issuer, which is where it listens.
    pub fn issuer(&self) -> &str {
        &self.installation.issuer
    }

    /// Its configuration file.
    pub fn config(&self) -> &str {
        &self.config
    }

    /// What its clock shows.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Stops its clock: however long a test takes on a busy machine, no time passes for the server.
    pub fn stop_clock(&self) {
        self.clock.stop();
    }

    /// Moves its clock ahead.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Moves its clock back.
    pub fn rewind(&self, span: Duration) {
        self.clock.rewind(span);
    }

    /// Runs a command of the program beside it.
    pub fn cli(&self, arguments: &[&str]) -> Value {
        self.installation.cli(arguments)
    }

    /// The user that is always there, with every standard claim.
    pub fn ada(&self) -> Person {
        Person { email: "ada@clinic.test".to_owned(), password: PASSWORD.to_owned() }
    }

    /// The client that is always there.
    pub fn clinic(&self) -> RelyingParty {
        self.clinic.clone().expect("a started server has its client")
    }

    /// Adds a user with a verified address.
    pub async fn person(&self, email: &str) -> Person {
        let app = &self.running().app;
        let claims = CLAIMS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let new = NewUser {
            email: Some(email.to_owned()),
            claims: claims.collect(),
            password: Some(PASSWORD.to_owned().into()),
            ..NewUser::default()
        };
        users::add(self.act(), &app.passwords, new).await.expect("a user that can be added");
        Person { email: email.to_owned(), password: PASSWORD.to_owned() }
    }

    /// Registers a client.
    pub async fn register(&self, registration: Registration) -> RelyingParty {
        let mut rp = self.add(new_client(&registration)).await;
        if registration.auth_method == "none" {
            rp.authentication = Authentication::None;
        }
        rp
    }

    /// Registers a client by a vendor profile, whose first redirect URI its requests use.
    pub async fn register_vendor(&self, profile: &str, values: &[(&str, &str)]) -> RelyingParty {
        let owned = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.add(NewClient {
            profile: Some(profile.to_owned()),
            values: owned.collect(),
            ..NewClient::default()
        })
        .await
    }

    async fn add(&self, new: NewClient) -> RelyingParty {
        let added = clients::add(self.act(), new).await.expect("a client that can be registered");
        let secret = added.secret.as_ref().map_or("", |secret| secret.as_str());
        let uri = added.client.settings.redirect_uris.first().expect("a redirect URI");
        RelyingParty::new(self.issuer(), &added.client.client_id.0, secret, uri)
    }

    /// Changes settings of a client as an administrator would; the server knows at once.
    pub async fn change_client(&self, rp: &RelyingParty, settings: Value) {
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        let changed = clients::patch::patch(self.act(), &rp.client_id, settings).await;
        changed.expect("settings that a client can have");
        self.running().app.clients.forget_all();
    }

    /// Makes somebody an owner of everything.
    pub async fn make_owner(&self, person: &Person) {
        self.grant(person, "owner").await;
    }

    /// Gives somebody a role that holds everywhere.
    pub async fn grant(&self, person: &Person, role: &str) {
        let act = self.act();
        let named = admins::user(act, &person.email).await.expect("a user that is there");
        let role = Role::from_word(role).unwrap_or_else(|| panic!("no role {role}"));
        let assignment = Assignment { role, reach: Reach::Everywhere };
        admins::grant(act, &named, assignment).await.expect("a role that can be granted");
    }

    /// Disables a user as an administrator would.
    pub async fn disable_person(&self, person: &Person) {
        let done = users::set_status(self.act(), &person.email, Status::Disabled).await;
        done.expect("a user that is there");
    }

    /// Disables a client as an administrator would.
    pub async fn disable_client(&self, rp: &RelyingParty) {
        let done = clients::set_status(self.act(), &rp.client_id, Status::Disabled).await;
        done.expect("a client that is there");
    }

    /// An act of an administrator at this moment.
    pub fn act(&self) -> Act<'_> {
        Act::begin(&self.running().app, "test")
    }

    /// The running server's state.
    pub fn app(&self) -> &vestibule::app::App {
        &self.running().app
    }

    /// Stops it in good order.
    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await.expect("a server stops");
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("a started server runs")
    }
}

fn new_client(registration: &Registration) -> NewClient {
    let grants = registration.grants.iter().map(|grant| match *grant {
        "authorization_code" => GrantType::AuthorizationCode,
        "refresh_token" => GrantType::RefreshToken,
        "client_credentials" => GrantType::ClientCredentials,
        other => panic!("no grant type {other}"),
    });
    let refreshes = registration.grants.contains(&"refresh_token");
    let public = registration.auth_method == "none";
    NewClient {
        name: Some(registration.name.clone()),
        redirect_uris: registration.redirect_uris.clone(),
        post_logout_redirect_uris: registration.post_logout_redirect_uris.clone(),
        scope: Some(Scope::of(SCOPES.into_iter().take(if refreshes { 6 } else { 5 }))),
        grant_types: grants.collect(),
        auth_method: Some(match registration.auth_method {
            "basic_or_post" => AuthMethod::BasicOrPost,
            "client_secret_basic" => AuthMethod::Basic,
            "client_secret_post" => AuthMethod::Post,
            "none" => AuthMethod::None,
            other => panic!("no authentication method {other}"),
        }),
        // A public client has no choice.
        pkce: (!public).then_some(match registration.pkce {
            "required" => PkcePolicy::Required,
            _ => PkcePolicy::Optional,
        }),
        ..NewClient::default()
    }
}

/// What clients may ask for; the last only with the grant that goes with it.
const SCOPES: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// Every standard claim of a person.
const CLAIMS: &[(&str, &str)] = &[
    ("name", "Ada Lovelace"),
    ("given_name", "Ada"),
    ("family_name", "Lovelace"),
    ("middle_name", "King"),
    ("nickname", "Countess"),
    ("profile", "https://clinic.test/ada"),
    ("picture", "https://clinic.test/ada.png"),
    ("website", "https://ada.test/"),
    ("gender", "female"),
    ("birthdate", "1815-12-10"),
    ("zoneinfo", "Europe/London"),
    ("locale", "en-GB"),
    ("email_verified", "true"),
    ("phone_number", "+442071234567"),
    ("phone_number_verified", "true"),
];
