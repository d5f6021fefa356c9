//! An installation that has been in use: long names, secrets that end, people who signed in, tests
//! that were made, failures that were recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use vestibule::services::admins;
use vestibule::services::cases::share as case_links;
use vestibule::services::clients::{self, ClientChange, NewClient, SecretTerms};
use vestibule::services::groups;
use vestibule::services::keys;
use vestibule::services::organizations::{self, NewOrganization};
use vestibule::services::sheets;
use vestibule::services::tokens::{self, NewToken};
use vestibule::services::users::welcome::{self, Handover};
use vestibule::services::users::{self, NewUser, detail};
use vestibule::services::webhooks::{self, Wanted};
use vestibule_keys::Alg;
use vestibule_keys::lifecycle::Rotation;
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::claims::mapping::{ClaimRule, Place, Source};
use vestibule_protocol::client::{AuthMethod, Environment, GrantType, Status};
use vestibule_tests::browser::{Browser, Person};
use vestibule_tests::chromium::Scripts;
use vestibule_tests::receiver::Receiver;
use vestibule_tests::server::{Registration, Server};

use crate::browser::Scene;
use crate::browser::console::entered;

const DAY: Duration = Duration::from_secs(86_400);

/// A browser in which an owner is signed in, and what there is to see.
pub(super) struct World {
    pub(super) scene: Scene,
    things: BTreeMap<&'static str, String>,
}

impl World {
    /// Fills an installation.
    pub(super) async fn set() -> Self {
        let scene = entered(Scripts::On).await;
        let server = &scene.server;
        let mut things = BTreeMap::new();
        organizations_of(server).await;
        people(server, &mut things).await;
        apps(server, &scene, &mut things).await;
        happenings(server, &mut things).await;
        administration(server, &mut things).await;
        let world = Self { scene, things };
        world.try_out().await
    }

    /// Opens a page and looks at it; gives what is wrong with it.
    pub(super) async fn look(&self, name: &str, route: &str) -> Vec<String> {
        self.open(route).await;
        let _ = self.scene.chromium.console().await;
        self.scene.chromium.faults(&format!("console-{name}")).await
    }

    /// Opens the page of a route, whose braces name things.
    pub(super) async fn open(&self, route: &str) {
        let mut route = route.to_owned();
        for (name, thing) in &self.things {
            route = route.replace(&format!("{{{name}}}"), thing);
        }
        assert!(!route.contains('{'), "there is no such thing: {route}");
        self.scene.chromium.open(&self.scene.rp.at(&route)).await;
    }

    /// Makes a test of the vendor's client.
    async fn try_out(mut self) -> Self {
        let chromium = &self.scene.chromium;
        let patient = Person { email: PATIENT.to_owned(), ..self.scene.server.ada() };
        self.open("/admin/clients/{unomed}/test").await;
        chromium.click("start").await;
        chromium.sign_in(&patient).await;
        chromium.click("approve").await;
        chromium.wait_for("trial-result").await;
        let report = chromium.url().await;
        let trial = report.rsplit('/').next().unwrap_or_default().to_owned();
        self.things.insert("trial", trial);
        self
    }

    pub(super) async fn close(self) {
        self.scene.close().await;
    }
}

const PATIENT: &str = "patient@clinic.test";
/// Names as people have them.
const NAMES: [(&str, &str); 7] = [
    ("grace@clinic.test", "Grace Hopper"),
    ("ngozi@clinic.test", "Ngozi Adichie"),
    ("kenji@clinic.test", "山田 健二"),
    ("layla@clinic.test", "ليلى بنت عبد الله"),
    ("bjork@clinic.test", "Björk Guðmundsdóttir"),
    ("o-neil@clinic.test", "Siobhán O’Neill-Ó Súilleabháin"),
    ("zoe@clinic.test", "Zoë 👩🏽‍⚕️ Ramírez"),
];

async fn organizations_of(server: &Server) {
    let name =
        "Clinic Berlin – Gemeinschaftspraxis für Kinder- und Jugendmedizin am Gendarmenmarkt";
    for (slug, name, parent) in [
        ("clinic-berlin", name, None),
        ("clinic-berlin-patients", "Patients", Some("clinic-berlin")),
        ("closed", "Closed since March", None),
    ] {
        let (slug, name) = (slug.to_owned(), name.to_owned());
        let new = NewOrganization { slug, name, parent: parent.map(str::to_owned) };
        organizations::add(server.act(), new).await.expect("an organization");
    }
    organizations::set_status(server.act(), "closed", Status::Disabled).await.expect("switched");
}

fn claim(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

async fn people(server: &Server, things: &mut BTreeMap<&'static str, String>) {
    let (act, passwords) = (server.act(), &server.app().passwords);
    for group in ["providers", "patients", LONG_GROUP] {
        let group = groups::add(act, group).await.expect("a group");
        things.insert("group", group.id.0.to_string());
    }
    for (index, (email, name)) in NAMES.iter().enumerate() {
        let new = NewUser {
            email: Some((*email).to_owned()),
            claims: vec![claim("name", name)],
            groups: [["providers", "patients"][index % 2].to_owned()].into(),
            external_id: Some(format!("MRN-{:05}", 40_100 + index)),
            test: index == 3,
            ..NewUser::default()
        };
        users::add(act, passwords, new).await.expect("a user");
    }
    server.person(PATIENT).await;
    let patient = users::find(act, PATIENT).await.expect("just added");
    things.insert("patient", patient.subject.0);
    let long = NewUser {
        email: Some(format!("{}@universitaetsklinikum.example", "maximiliane.".repeat(5) + "von")),
        username: Some("maximiliane-alexandra-von-hohenberg-wittgenstein".to_owned()),
        claims: vec![
            claim(
                "name",
                "Prof. Dr. med. Dr. h. c. Maximiliane Alexandra Freifrau von Hohenberg-Wittgenstein zu Sayn",
            ),
            claim("given_name", "Maximiliane Alexandra"),
            claim("ward", "Neonatologie und Kinderintensivmedizin"),
        ],
        groups: ["providers".to_owned(), LONG_GROUP.to_owned()].into(),
        external_id: Some("urn:oid:2.16.756.5.30.1.127.1001.1001.5.2.7".to_owned()),
        account_type: Some("provider".to_owned()),
        ..NewUser::default()
    };
    let long = users::add(act, passwords, long).await.expect("a user");
    things.insert("long", long.subject.0);
    let off = NewUser {
        username: Some("former-colleague".to_owned()),
        disabled: true,
        ..NewUser::default()
    };
    let off = users::add(act, passwords, off).await.expect("a user");
    things.insert("off", off.subject.0);
    let invited = NewUser { email: Some("new@clinic.test".to_owned()), ..NewUser::default() };
    let (invited, _) =
        welcome::invite(act, passwords, invited, Handover::Show).await.expect("invited");
    things.insert("invited", invited.subject.0);
}

const LONG_GROUP: &str =
    "Ärztinnen und Ärzte der Kinder- und Jugendpsychiatrie (Bereitschaftsdienst)";

async fn apps(server: &Server, scene: &Scene, things: &mut BTreeMap<&'static str, String>) {
    let act = server.act();
    let clinic = scene.rp.client_id.clone();
    clients::add_uri(act, &clinic, "https://portal.clinic.example/very/long/path/to/the/callback/of/the/app?tenant=clinic-berlin&environment=live")
        .await
        .expect("one more URI");
    let made = clients::give_secret(
        act,
        &clinic,
        SecretTerms { label: "2026, second", overlap: Some(14 * DAY), ..SecretTerms::default() },
    )
    .await;
    things.insert("secret", made.expect("a secret").kept.id.0.to_string());
    let end = Some(server.now().plus(5 * DAY));
    let gone = clients::add_secret(act, &clinic, "for the migration of the old portal", end).await;
    let gone = gone.expect("a secret").kept.id.0.to_string();
    clients::revoke_secret(act, &clinic, &gone).await.expect("revoked");
    sheets::share(act, &clinic, 14 * DAY).await.expect("a link");
    things.insert("clinic", clinic);
    let unomed = server.register_vendor("unomed", &[]).await;
    sheets::share(act, &unomed.client_id, 14 * DAY).await.expect("a link");
    things.insert("unomed", unomed.client_id);
    let healthie = server.register_vendor("healthie", &[("company", "acme")]).await;
    things.insert("disabled", healthie.client_id.clone());
    server.disable_client(&healthie).await;
    let app = server
        .register(Registration {
            name: "The Patient App with a Name that is Longer than Any Column Likes to Be"
                .to_owned(),
            auth_method: "none",
            pkce: "required",
            ..Registration::default()
        })
        .await;
    things.insert("app", app.client_id);
    let machine = clients::add(
        act,
        NewClient {
            name: Some("夜間バッチ Nightly export".to_owned()),
            grant_types: [GrantType::ClientCredentials].into(),
            auth_method: Some(AuthMethod::Basic),
            environment: Some(Environment::Test),
            ..NewClient::default()
        },
    )
    .await;
    things.insert("machine", machine.expect("a client").client.client_id.0);
    let clinic = clients::find(act, &things["clinic"]).await.expect("just added");
    let mut settings = clinic.settings;
    for (claim, from, scope) in [
        ("department", "other.ward", Some("profile")),
        ("https://portal.clinic.example/roles", "groups", None),
    ] {
        settings.claims.rules.push(ClaimRule {
            claim: claim.to_owned(),
            from: Source::Attribute(from.parse().expect("an attribute")),
            places: Place::ALL.into_iter().collect(),
            scope: scope.map(str::to_owned),
        });
    }
    let change = ClientChange { settings: Some(settings), ..ClientChange::default() };
    clients::update(act, &clinic.client_id.0, change).await.expect("changed");
}

/// People sign in, and an app makes a mistake.
async fn happenings(server: &Server, things: &mut BTreeMap<&'static str, String>) {
    let patient = Person { email: PATIENT.to_owned(), ..server.ada() };
    let clinic = server.clinic();
    clinic.sign_in(&patient, &[]).await;
    let rp = vestibule_tests::relying_party::RelyingParty::new(
        server.issuer(),
        &things["clinic"],
        "",
        "https://portal.clinic.example/very/long/path/to/the/callback/of/the/app/?tenant=clinic-berlin&environment=live",
    );
    let refused = Browser::new().open(&rp.request(&[])).await;
    let case = refused.page().text_of("case-code").expect("a case code");
    case_links::share(server.act(), &case, 7 * DAY).await.expect("a link");
    things.insert("case", case);
    let wrong = Person { password: "not the password at all".to_owned(), ..patient };
    for _ in 0..3 {
        let _ = Browser::new().try_authorize(&clinic.request(&[]), &wrong, "approve").await;
    }
    // After so many guesses the next try has to wait; the patient signs in once more below.
    server.advance(Duration::from_secs(10));
    clinic.token(&[("grant_type", "authorization_code"), ("code", "nonsense")]).await;
    let user = users::find(server.act(), PATIENT).await.expect("a user");
    let detail = detail::of(server.act(), user).await.expect("a user's detail");
    let agreed = detail.consents.iter().find_map(|(_, client)| client.as_ref());
    things.insert("agreed", agreed.expect("a client").client_id.0.clone());
    things.insert("session", detail.sessions[0].id.0.to_string());
}

async fn administration(server: &Server, things: &mut BTreeMap<&'static str, String>) {
    let act = server.act();
    for (email, role) in [("grace@clinic.test", "client_manager"), ("kenji@clinic.test", "support")]
    {
        let person = Person { email: email.to_owned(), ..server.ada() };
        server.grant(&person, role).await;
    }
    let lines = admins::list(act).await.expect("roles");
    things.insert("role", lines.last().expect("a role").role.id.0.to_string());
    let ada = users::find(act, &server.ada().email).await.expect("Ada");
    for (label, days) in
        [("deploy pipeline", 30), ("the reporting job of the finance department", 365)]
    {
        let permissions = match days {
            30 => Rights::of([Permission::ClientsRead, Permission::ClientsWrite]),
            _ => Rights::all(),
        };
        let new = NewToken { label: label.to_owned(), permissions, lifetime: days * DAY };
        let made = tokens::make(act, &ada, new).await.expect("a token");
        things.insert("token", made.kept.id.0.to_string());
    }
    keys::rotate(act, Alg::RS256, Rotation::Planned).await.expect("rotated");
    let known = keys::list(act, false).await.expect("keys");
    things.insert("kid", known.first().expect("a key").kid.clone());
    let receiver = Receiver::start(&[500; 50]).await;
    for (name, label, url, kinds) in [
        (
            "webhook",
            "Audit log of the hospital group",
            receiver.url.as_str(),
            vec!["user.", "client."],
        ),
        (
            "quiet",
            "Nothing yet",
            "https://hooks.clinic.example/vestibule/events",
            vec!["key.never"],
        ),
    ] {
        let kinds = kinds.into_iter().map(str::to_owned).collect();
        let wanted = Wanted { label: label.to_owned(), url: url.to_owned(), kinds };
        let made = webhooks::add(act, wanted).await.expect("a webhook");
        things.insert(name, made.kept.id.0.to_string());
    }
    server.person("bob@clinic.test").await;
    vestibule_tests::eventually(async || !receiver.received().is_empty()).await;
}
