//! Outgoing mail: written with the act that it tells of, sent by one node, tried again, given up.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule::clock::Clock;
use vestibule::config::mail::{RelayUrl, Security};
use vestibule::config::{Config, Sources};
use vestibule::mail::smtp::{self, SmtpFault};
use vestibule::serve;
use vestibule::services::Act;
use vestibule::services::clients::{self, ClientChange};
use vestibule::services::users::NewUser;
use vestibule::services::users::welcome::{self, Handover};
use vestibule_tests::api::Api;
use vestibule_tests::browser::{Browser, Person};
use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
use vestibule_tests::process::{self, Process};
use vestibule_tests::relay::{Manners, Relay, Taken, Verdict};
use vestibule_tests::server::Server;

const PASSWORD: &str = "nine patient herons fishing at dusk";
const DAY: u64 = 86_400;

/// Tests with a server whose mail goes to a relay of their own, on each database.
macro_rules! on_both_databases {
    ($(async fn $name:ident($server:ident, $relay:ident) $body:block)*) => {
        vestibule_tests::on_each_database! { tokio::test => $(async fn $name(database) {
            async fn with($server: &Server, $relay: &Relay) $body
            let relay = Relay::start();
            let server = Server::start_with(database, &settings(&lines(&relay))).await;
            with(&server, &relay).await;
            server.stop().await;
        })* }
    };
}

/// The section `[mail]` for this relay.
fn lines(relay: &Relay) -> [String; 2] {
    [format!("url = \"smtp://{}\"", relay.address), "from = \"no-reply@clinic.test\"".to_owned()]
}

fn settings(lines: &[String]) -> Vec<(&str, &str)> {
    lines.iter().map(|line| ("mail", line.as_str())).collect()
}

/// Opens a link and sends the password that it asks for.
async fn choose(link: &str, password: &str) {
    let mut browser = Browser::new();
    let page = browser.open(link).await;
    let form = page.page().form_with("new_password").unwrap_or_else(|| panic!("{}", page.text()));
    let form = form.fill("new_password", password).press("submit");
    let done = browser.submit(&page.url, &form).await;
    assert!(done.page().has_id("password-set"), "{}", done.page().text());
}

/// Waits until something holds that a background job brings about.
async fn soon(holds: impl AsyncFn() -> bool) {
    let until = tokio::time::Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(tokio::time::Instant::now() < until, "not seen within ten seconds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What lies in the outbox, as whoever reads the database sees it.
async fn outbox(server: &Server) -> Vec<String> {
    let found = server.app().store.messages("mail", 100).await.unwrap();
    found.iter().map(|message| message.payload.to_string()).collect()
}

fn to(taken: &[Taken]) -> Vec<&str> {
    taken.iter().flat_map(|mail| mail.to.iter().map(String::as_str)).collect()
}

on_both_databases! {
    async fn an_invitation_goes_by_mail_and_using_it_verifies_the_address(server, relay) {
        relay.next(&[Verdict::Recipient("451 4.3.0 later")]);
        let invited = server.cli(&["user", "invite", "--email", "new@clinic.test", "--claim", "locale=de", "--json"]);
        assert_eq!((invited["sent_to"].as_str(), invited["link"].as_str()), (Some("new@clinic.test"), None), "{invited}");
        let waiting = async || server.cli(&["mail", "status", "--json"]);
        soon(async || waiting().await["last_failure"].is_object()).await;
        let failed = waiting().await;
        assert_eq!((failed["waiting"].as_i64(), failed["last_failure"]["given_up"].as_bool()), (Some(1), Some(false)), "{failed}");
        for payload in outbox(server).await {
            assert!(payload.contains("v1."), "{payload}");
            assert!(!payload.contains("vbl_") && !payload.contains("/welcome/") && !payload.contains("new@clinic"), "i16: {payload}");
        }
        server.advance(Duration::from_secs(60));
        let taken = relay.wait(1).await;
        let mail = &taken[0];
        assert_eq!((mail.from.as_str(), to(&taken)), ("no-reply@clinic.test", vec!["new@clinic.test"]));
        assert_eq!(mail.header("To").as_deref(), Some("new@clinic.test"));
        assert!(mail.part("text/plain").contains("Wählen Sie ein Passwort"), "{}", mail.data);
        assert!(mail.part("text/html").contains(&mail.link()), "the same link in both parts");
        soon(async || waiting().await["waiting"] == 0).await;
        assert!(outbox(server).await.iter().all(|payload| !payload.contains("v1.")), "it is wiped");
        choose(&mail.link(), PASSWORD).await;
        let shown = server.cli(&["user", "show", "new@clinic.test", "--json"]);
        assert_eq!(shown["claims"]["email_verified"], true, "{shown}");
        let person = Person { email: "new@clinic.test".to_owned(), password: PASSWORD.to_owned() };
        server.clinic().sign_in(&person, &[]).await;
        let events = server.cli(&["events", "search", "--kind", "link.made", "--json"]).to_string();
        assert!(events.contains("\"mailed\":true") && !events.contains("vbl_"), "{events}");
    }

    async fn a_link_that_went_to_an_address_the_user_has_no_more_opens_nothing(server, relay) {
        server.cli(&["user", "invite", "--email", "mistyped@elsewhere.test", "--username", "new", "--json"]);
        let stray = relay.wait(1).await[0].link();
        assert!(Browser::new().open(&stray).await.page().has_id("new_password"));
        server.cli(&["user", "update", "new", "--email", "New@clinic.test", "--json"]);
        let stranger = Browser::new().open(&stray).await;
        assert_eq!(stranger.status.as_u16(), 410, "{}", stranger.text());
        server.cli(&["user", "reset-link", "new", "--json"]);
        let link = relay.wait(2).await[1].link();
        server.cli(&["user", "update", "new", "--email", "new@Clinic.test", "--json"]);
        choose(&link, PASSWORD).await;
    }

    async fn whoever_wants_to_see_the_link_sees_it_and_nothing_is_mailed(server, relay) {
        let ada = server.ada().email;
        let shown = server.cli(&["user", "reset-link", &ada, "--send=false", "--json"]);
        assert!(shown["link"].as_str().is_some_and(|link| link.contains("/welcome/")), "{shown}");
        assert_eq!(shown["sent_to"], Value::Null);
        let named = server.cli(&["user", "invite", "--username", "nobody", "--json"]);
        assert!(named["link"].is_string(), "there is no address to mail to: {named}");
        let refused = process::run(&["user", "reset-link", "nobody", "--send", "--config", server.config()]);
        assert_eq!(refused.status.code(), Some(1));
        let shown = server.cli(&["user", "show", &ada, "--json"]);
        assert_eq!(shown["claims"]["email_verified"], true);
        let mailed = server.cli(&["user", "reset-link", &ada, "--json"]);
        assert_eq!(mailed["sent_to"], ada.as_str());
        assert_eq!(relay.wait(1).await.len(), 1, "the one that was to be mailed");
    }

    async fn a_relay_that_says_never_is_not_asked_again(server, relay) {
        relay.next(&[Verdict::Recipient("550 5.1.1 no mailbox for ada@clinic.test")]);
        server.cli(&["user", "reset-link", "ada@clinic.test", "--send", "--json"]);
        let events = async || {
            let found = process::run(&["events", "search", "--kind", "mail.failed", "--json", "--config", server.config()]);
            String::from_utf8(found.stdout).unwrap()
        };
        soon(async || events().await.contains("5.1.1")).await;
        let told = events().await;
        assert!(told.contains("\"mail\":\"reset\"") && !told.contains("ada@clinic.test"), "{told}");
        let status = server.cli(&["mail", "status", "--json"]);
        assert_eq!((status["waiting"].as_i64(), status["last_failure"]["given_up"].as_bool()), (Some(0), Some(true)));
        server.advance(Duration::from_secs(20 * 60));
        server.cli(&["user", "invite", "--email", "next@clinic.test", "--json"]);
        assert_eq!(to(&relay.wait(1).await), ["next@clinic.test"], "what was given up stays so");
    }

    async fn those_whom_a_file_brings_are_invited_if_that_is_wanted(server, relay) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.csv");
        let hash = "$2b$04$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHlHm";
        let rows = format!(
            "external_id,email,username,locale,password_hash\n\
             p-1,one@clinic.test,,de,\np-2,two@clinic.test,,,{hash}\np-3,,three,,\np-4,ada@clinic.test,,,\n"
        );
        std::fs::write(&file, rows).unwrap();
        let import = |more: &str| server.cli(&["user", "import", file.to_str().unwrap(), "--invite", more]);
        let done = import("--json");
        assert_eq!(done["counts"]["created"], 3, "{done}");
        let taken = relay.wait(1).await;
        assert_eq!(taken[0].header("Subject").as_deref(), Some("Ihr Konto bei Vestibule"));
        let again = import("--json");
        assert_eq!(again["counts"]["unchanged"], 4, "{again}");
        server.cli(&["mail", "test", "--to", "marker@clinic.test", "--json"]);
        let waiting = async || server.cli(&["mail", "status", "--json"])["waiting"].clone();
        soon(async || waiting().await == 0).await;
        assert_eq!(to(&relay.taken()), ["one@clinic.test", "marker@clinic.test"], "the others have a password, no address, or an account");
        choose(&taken[0].link(), PASSWORD).await;
    }

    async fn a_link_that_has_ended_is_not_mailed(server, relay) {
        relay.next(&[Verdict::Recipient("451 later"); 1]);
        server.cli(&["user", "reset-link", "ada@clinic.test", "--json"]);
        let status = async || server.cli(&["mail", "status", "--json"]);
        soon(async || status().await["last_failure"].is_object()).await;
        server.advance(Duration::from_secs(31 * 60));
        soon(async || status().await["waiting"] == 0).await;
        let error = status().await["last_failure"]["error"].as_str().unwrap().to_owned();
        assert!(error.contains("came to its end") && error.contains("451"), "{error}");
        assert!(relay.taken().is_empty());
    }

    async fn the_end_of_a_secret_is_told_to_contacts_and_managers_once(server, relay) {
        server.make_owner(&server.ada()).await;
        server.grant(&server.person("sue@clinic.test").await, "support").await;
        let client = server.clinic().client_id;
        let act = server.act();
        let mut settings = clients::find(act, &client).await.unwrap().settings;
        settings.contacts = vec!["it@vendor.test".to_owned(), "mailto:ADA@clinic.test".to_owned(), "call us".to_owned()];
        let change = ClientChange { settings: Some(settings), ..ClientChange::default() };
        clients::update(act, &client, change).await.unwrap();
        let end = server.now().plus(Duration::from_secs(40 * DAY));
        clients::add_secret(act, &client, "next", Some(end)).await.unwrap();
        server.advance(Duration::from_secs(11 * DAY));
        let taken = relay.wait(2).await;
        let mut addressed = to(&taken);
        addressed.sort_unstable();
        assert_eq!(addressed, ["ada@clinic.test", "it@vendor.test"], "support changes no client");
        for mail in &taken {
            let subject = mail.header("Subject").unwrap();
            assert_eq!(subject, "A client secret of Clinic expires in 29 days");
            let text = mail.part("text/plain");
            assert_eq!(text.contains("/admin/clients/"), mail.to == ["ada@clinic.test"], "{text}");
        }
        server.advance(Duration::from_secs(2 * 3600));
        server.cli(&["mail", "test", "--to", "marker@clinic.test", "--json"]);
        assert_eq!(relay.taken().len(), 3, "not twice");
        for (days, count, left) in [(22, 5, "7 days"), (6, 7, "1 day")] {
            server.advance(Duration::from_secs(days * DAY));
            let taken = relay.wait(count).await;
            let subject = taken.last().unwrap().header("Subject").unwrap();
            assert_eq!(subject, format!("A client secret of Clinic expires in {left}"));
        }
    }

    async fn the_api_and_the_console_mail_or_show_as_they_are_told(server, relay) {
        let api = Api::owner(server).await;
        let ada = "/users/ada@clinic.test/link";
        let shown = api.post(ada, &json!({ "send": false })).await.json();
        assert!(shown["url"].is_string() && shown["sent_to"].is_null(), "{shown}");
        let mailed = api.post(ada, &json!({})).await.json();
        assert!(mailed["url"].is_null(), "{mailed}");
        assert_eq!(mailed["sent_to"], "ada@clinic.test");
        let made = api.post("/users", &json!({ "email": "eve@clinic.test", "invite": true, "send": true })).await.json();
        assert_eq!(made["invitation"]["sent_to"], "eve@clinic.test", "{made}");
        relay.wait(2).await;
        let sent = api.post("/mail/test", &json!({ "to": "it@clinic.test" })).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        assert_eq!(relay.taken().last().unwrap().to, ["it@clinic.test"]);
        let nonsense = api.post("/mail/test", &json!({ "to": "it@clinic.test\r\nx" })).await;
        assert_eq!(nonsense.status, 422, "{}", nonsense.text());
        relay.next(&[Verdict::Recipient("550 not you")]);
        let refused = api.post("/mail/test", &json!({ "to": "it@clinic.test" })).await;
        assert_eq!(refused.status, 409);
        assert!(refused.text().contains("not you"), "{}", refused.text());
        assert_eq!(api.send(Method::GET, "/mail", &[], None).await.json()["way"], "relay");

        server.make_owner(&server.ada()).await;
        let mut browser = Browser::new();
        let login = browser.open(&format!("{}/login", server.issuer())).await;
        let form = login.page().form_with("password").expect("a password is asked for");
        let form = form.fill("username", "ada@clinic.test").fill("password", &server.ada().password);
        browser.submit(&login.url, &form.press("submit")).await;
        let page = browser.open(&format!("{}/admin/users/new", server.issuer())).await;
        let form = page.page().form_with("handover").unwrap_or_else(|| panic!("{}", page.text()));
        let done = browser.submit(&page.url, &form.clone().fill("email", "zoe@clinic.test")).await;
        let onward = done.onward().unwrap_or_else(|| panic!("{}", done.text()));
        let user = browser.open(onward.as_str()).await;
        assert!(user.page().text().contains("on its way to zoe@clinic.test"), "{}", user.page().text());
        let form = form.fill("email", "yan@clinic.test").fill("handover", "show");
        let shown = browser.submit(&page.url, &form).await;
        assert!(shown.page().text_of("link").is_some(), "{}", shown.text());
        relay.wait(4).await;
        let system = browser.open(&format!("{}/admin/system/mail", server.issuer())).await;
        let form = system.page().form_with("to").expect("the address is asked for");
        let sent = browser.submit(&system.url, &form).await;
        assert!(sent.onward().is_some(), "{}", sent.text());
        assert_eq!(relay.taken().last().unwrap().to, ["ada@clinic.test"]);
        let overview = browser.open(&format!("{}/admin/system", server.issuer())).await.page().text();
        assert!(overview.contains(&relay.address.to_string()), "{overview}");
    }
}

/// Invites so many users, as an act of the host beside the server.
async fn invite(config: &Arc<Config>, count: usize) {
    let core = vestibule::core::Core::open(Arc::clone(config), Clock::system()).await.unwrap();
    let params = vestibule_keys::password::Params { memory_kib: 7168, passes: 1, lanes: 1 };
    let pool = vestibule_keys::PoolConfig { params, ..vestibule_keys::PoolConfig::new(1) };
    let pool = vestibule_keys::PasswordPool::start(pool).unwrap();
    for number in 0..count {
        let email = Some(format!("user-{number}@clinic.test"));
        let new = NewUser { email, ..NewUser::default() };
        welcome::invite(Act::begin(&core, "test"), &pool, new, Handover::Mail).await.unwrap();
    }
    core.store.close();
}

#[tokio::test]
async fn two_nodes_send_each_mail_once() {
    let relay = Relay::start();
    let lines = lines(&relay);
    let installation = Installation::with(Database::postgres(), &settings(&lines));
    let _nodes = [installation.serve(), installation.serve_beside()];
    let config = Arc::new(Config::load(&Sources::file(installation.config())).unwrap());
    invite(&config, 12).await;
    let taken = relay.wait(12).await;
    let status = async || installation.cli(&["mail", "status", "--json"]);
    soon(async || status().await["waiting"] == 0).await;
    assert_eq!(relay.taken().len(), 12, "none twice");
    let mut addressed = to(&taken);
    addressed.sort_unstable();
    addressed.dedup();
    assert_eq!(addressed.len(), 12, "each");
}

#[tokio::test]
async fn e14_a_mail_whose_answer_was_lost_is_sent_again_after_a_restart_as_the_same() {
    let relay = Relay::start();
    let lines = lines(&relay);
    let installation = Installation::with(Database::sqlite(), &settings(&lines));
    let config = Arc::new(Config::load(&Sources::file(installation.config())).unwrap());
    relay.next(&[Verdict::Lost]);
    let first = serve::start(Arc::clone(&config), Clock::system(), None).await.unwrap();
    invite(&config, 1).await;
    relay.wait(1).await;
    first.stop().await.unwrap();
    let later = Clock::system();
    let second = serve::start(Arc::clone(&config), later.clone(), None).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(relay.taken().len(), 1, "the lease holds");
    later.advance(Duration::from_secs(120));
    let taken = relay.wait(2).await;
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
    assert_eq!(taken[0].link(), taken[1].link(), "both open the same");
    choose(&taken[1].link(), PASSWORD).await;
    second.stop().await.unwrap();
}

/// A configuration whose mail goes to this relay.
fn configured(relay: &Relay, security: Security, password: Option<&str>) -> Config {
    let mut lines = vec![
        format!("ca_file = \"{}\"", relay.authority().display()),
        "timeout = \"3s\"".to_owned(),
    ];
    lines.extend(self::lines(relay));
    if let Some(password) = password {
        lines.extend(["username = \"clinic\"".to_owned(), format!("password = \"{password}\"")]);
    }
    let installation = Installation::with(Database::sqlite(), &settings(&lines));
    let mut config = Config::load(&Sources::file(installation.config())).unwrap();
    // A relay on loopback is spoken to in clear; here it stands for one that is elsewhere.
    let (host, port) = (relay.address.ip().to_string(), relay.address.port());
    config.mail.url = Some(RelayUrl { security, host, port });
    config
}

#[tokio::test]
async fn tls_is_required_and_its_certificate_must_be_one_that_is_trusted() {
    let password = Some("right");
    let starttls = Manners { starttls: true, password, ..Manners::default() };
    let relay = Relay::with(starttls);
    let config = configured(&relay, Security::StartTls, password);
    let found = smtp::probe(&config).await.unwrap();
    assert!(found.signed_in && found.certificate.is_some());
    let mut stranger = config.clone();
    stranger.mail.ca_file = None;
    let refused = smtp::probe(&stranger).await.unwrap_err();
    assert!(matches!(refused, SmtpFault::Tls { .. }), "{refused}");
    let wrong = configured(&relay, Security::StartTls, Some("wrong"));
    let refused = smtp::probe(&wrong).await.unwrap_err();
    assert!(matches!(refused, SmtpFault::SignIn { .. }), "{refused}");
    assert!(!refused.to_string().contains("wrong"), "{refused}");

    let between = Relay::with(Manners { injected: true, ..starttls });
    let refused = smtp::probe(&configured(&between, Security::StartTls, password)).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, SmtpFault::Tls { .. }), "nothing from before TLS counts: {refused}");
    assert!(between.sign_ins().is_empty());

    let clear = Relay::with(Manners { password, ..Manners::default() });
    let refused = smtp::probe(&configured(&clear, Security::StartTls, password)).await.unwrap_err();
    assert!(matches!(refused, SmtpFault::NoTls(_)), "{refused}");
    assert!(clear.sign_ins().is_empty(), "no password goes out in clear");

    let implicit = Relay::with(Manners { implicit_tls: true, password, ..Manners::default() });
    assert!(smtp::probe(&configured(&implicit, Security::Implicit, password)).await.is_ok());
    // Nobody speaks first where the other side waits for TLS: it is given up in time.
    let silent = smtp::probe(&configured(&implicit, Security::StartTls, None)).await.unwrap_err();
    assert!(matches!(silent, SmtpFault::TooSlow { seconds: 3, .. }), "{silent}");
}

#[tokio::test]
async fn dev_keeps_its_mail_in_the_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, first) = Process::dev(folder.path());
    let config = first["config"].as_str().unwrap();
    let invited = process::run_json(&[
        "user",
        "invite",
        "--email",
        "new@clinic.test",
        "--json",
        "--config",
        config,
    ]);
    assert_eq!(invited["sent_to"], "new@clinic.test", "{invited}");
    let mut browser = Browser::new();
    let list = browser.open(first["mailbox_url"].as_str().unwrap()).await;
    let mail = list.page().attribute("main a[href*='/dev/mail/']", "href");
    let mail = mail.unwrap_or_else(|| panic!("{}", list.text()));
    let mail = browser.open(list.url.join(&mail).unwrap().as_str()).await;
    let text = mail.page().text_of("mail-text").unwrap_or_else(|| panic!("{}", mail.text()));
    let link = text.split_whitespace().find(|word| word.contains("/welcome/")).unwrap();
    choose(link, PASSWORD).await;
}

#[tokio::test]
async fn the_doctor_tells_what_is_wrong_with_each_thing() {
    let relay = Relay::start();
    let lines = lines(&relay);
    let installation = Installation::with(Database::postgres(), &settings(&lines));
    let server = installation.serve();
    let config = installation.config();
    let doctor = |more: &[&str]| {
        let fixed = ["doctor", "--json", "--config", config.to_str().unwrap()];
        let output = process::run(&[&fixed[..], more].concat());
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), told)
    };
    let level = |told: &Value, name: &str| {
        let checks = told["checks"].as_array().unwrap().clone();
        let found = checks.into_iter().find(|check| check["check"] == name);
        found.map(|check| check["level"].as_str().unwrap().to_owned())
    };
    let (code, told) = doctor(&["--mail-to", "it@clinic.test"]);
    assert_eq!(code, Some(0), "{told}");
    for name in [
        "configuration",
        "database",
        "migrations",
        "database clock",
        "signing keys",
        "mail",
        "test mail",
        "mail queue",
        "issuer",
        "discovery",
        "clock",
        "https",
        "key set",
        "cookies",
        "proxy",
    ] {
        assert_eq!(level(&told, name).as_deref(), Some("ok"), "{name}: {told}");
    }
    assert_eq!(to(&relay.taken()), ["it@clinic.test"]);
    drop(server);
    let (code, told) = doctor(&[]);
    assert_eq!((code, level(&told, "discovery").as_deref()), (Some(1), Some("fault")));
    assert_eq!(level(&told, "database").as_deref(), Some("ok"));
    drop(relay);
    let (_, told) = doctor(&[]);
    assert_eq!(level(&told, "mail").as_deref(), Some("fault"), "{told}");
    let fix = told["checks"].as_array().unwrap().iter().find(|check| check["check"] == "mail");
    assert!(fix.unwrap()["fix"].is_string());
}
