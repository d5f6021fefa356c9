use std::path::{Path, PathBuf};

use vestibule_protocol::client::Status;
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;
use vestibule_store::events::EventQuery;

use super::apply::{Delivery, Outcome, apply};
use super::document::Documents;
use super::export::{Wanted, export};
use super::plan::{Plan, Prune, Verb, plan};
use super::read::{Surroundings, read};
use super::{Faults, render};
use crate::services::clients::{self, ClientChange, NewClient};
use crate::services::testing::Installation;
use crate::services::{Act, ServiceFault, events};

/// An installation and a folder of documents.
struct Desk {
    installation: Installation,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Desk {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let folder = installation.folder().join("state");
        std::fs::create_dir_all(&folder).unwrap();
        Self { installation, folder, variables: Vec::new() }
    }

    fn act(&self) -> Act<'_> {
        self.installation.act()
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, text: &str) -> Result<Documents, Faults> {
        let path = self.put("clinic.toml", text);
        read(&[path], Surroundings { core: &self.installation.core, variables: &self.variables })
    }

    async fn plan(&self, text: &str, prune: Prune) -> Plan {
        plan(self.act(), self.read(text).unwrap(), prune).await.unwrap()
    }

    async fn apply(&self, text: &str, prune: Prune) -> Vec<Outcome> {
        let plan = self.plan(text, prune).await;
        assert!(plan.problems.is_empty(), "{:?}", plan.problems);
        apply(self.act(), plan).await
    }

    async fn done(&self, text: &str) -> Vec<Verb> {
        let outcomes = self.apply(text, Prune::Tell).await;
        let verbs = outcomes.iter().map(|outcome| {
            assert!(outcome.result.is_ok(), "{outcome:?}");
            outcome.step.verb
        });
        verbs.collect()
    }

    fn faults(&self, text: &str) -> Vec<String> {
        let faults = self.read(text).err().map(|faults| faults.0).unwrap_or_default();
        faults.iter().map(ToString::to_string).collect()
    }
}

const APP: &str = r#"version = 1
[[client]]
client_id = "app"
name = "App"
redirect_uris = ["https://app.example/cb"]
"#;

#[tokio::test]
async fn what_is_applied_is_no_difference_and_applies_as_nothing() {
    let desk = Desk::new().await;
    assert_eq!(desk.done(APP).await, [Verb::Create]);
    let again = desk.plan(APP, Prune::Remove).await;
    assert!(again.is_empty(), "{}", render::text(&again));
    let before = desk.act().core.store.change_counter().await.unwrap();
    assert!(desk.done(APP).await.is_empty());
    assert_eq!(desk.act().core.store.change_counter().await.unwrap(), before);
}

#[tokio::test]
async fn a_client_of_a_file_equals_one_of_any_other_door() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[client]]
client_id = "a"
profile = "healthie"
variables.company = "acme"
[[client]]
client_id = "b"
name = "App"
redirect_uris = ["https://app.example/cb"]
scope = "openid offline_access"
[[client]]
client_id = "c"
name = "Machine"
"#;
    desk.done(text).await;
    let doors = [
        (
            "a",
            NewClient {
                profile: Some("healthie".to_owned()),
                values: [("company".to_owned(), "acme".to_owned())].into(),
                ..NewClient::default()
            },
        ),
        (
            "b",
            NewClient {
                name: Some("App".to_owned()),
                redirect_uris: vec!["https://app.example/cb".to_owned()],
                scope: Some(vestibule_protocol::scope::Scope::of(["openid", "offline_access"])),
                ..NewClient::default()
            },
        ),
        ("c", NewClient { name: Some("Machine".to_owned()), ..NewClient::default() }),
    ];
    for (id, new) in doors {
        let stated = clients::find(desk.act(), id).await.unwrap();
        let added = clients::add(desk.act(), new).await.unwrap().client;
        assert_eq!((stated.name, stated.settings), (added.name, added.settings), "{id}");
    }
}

#[tokio::test]
async fn an_export_reads_as_what_stands() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[group]]
name = "nurses"
[[client]]
client_id = "unomed"
profile = "unomed"
pkce = "required"
status = "disabled"
[[client]]
client_id = "healthie"
profile = "healthie"
variables.company = "acme"
[[client]]
client_id = "bare"
name = "Quotes \" and \\ and ü"
redirect_uris = ["https://a.example/cb", "https://a.example/cb2"]
scope = "openid offline_access"
access_token = "opaque"
lifetimes.access_token_seconds = 60
refresh = { rotate = true, grace_seconds = 0 }
groups = ["nurses"]
post_logout_redirect_uris = ["https://a.example/bye"]
frame_ancestors = ["https://a.example"]
reasons.framed = "their app is a frame"
contacts = ["it@a.example"]
claims.rules = [{ claim = "upn", from = "email", places = ["id_token"] }]
jwks = { keys = [{ kty = "RSA", n = "AQAB", e = "AQAB" }] }
[[client]]
client_id = "machine"
name = "Machine"
[[client.secret]]
label = "first"
generate = true
expires = 2099-01-31
"#;
    desk.done(text).await;
    let written = export(desk.act(), Wanted::All).await.unwrap();
    let plan = desk.plan(&written, Prune::Tell).await;
    assert!(plan.is_empty(), "{written}\n{}", render::text(&plan));
    assert!(written.contains("# label = \"first\"\n# file ="), "{written}");
    assert!(!written.contains("id_token_alg"), "defaults are left out: {written}");
    assert_eq!(written, export(desk.act(), Wanted::All).await.unwrap(), "a stable order");
    let one = export(desk.act(), Wanted::Clients(vec!["bare".to_owned()])).await.unwrap();
    assert!(one.contains("bare") && !one.contains("machine"), "{one}");
    let unknown = export(desk.act(), Wanted::Clients(vec!["nobody".to_owned()])).await;
    assert!(matches!(unknown, Err(ServiceFault::NotFound { .. })));
}

#[tokio::test]
async fn a_difference_names_what_was_and_what_is_to_be() {
    let desk = Desk::new().await;
    desk.done(APP).await;
    let changed = APP.replace("app.example/cb", "app.example/cb2") + "pkce = \"optional\"\n";
    let plan = desk.plan(&changed, Prune::Tell).await;
    let text = render::text(&plan);
    for expected in [
        "~ client app",
        "- redirect_uris: \"https://app.example/cb\"",
        "+ redirect_uris: \"https://app.example/cb2\"",
        "- pkce = \"required\"",
        "+ pkce = \"optional\"",
        "0 to create, 1 to change, 0 to remove",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
    let json = render::json(&plan);
    assert_eq!(json["equal"], false);
    assert_eq!(json["changes"][0]["after"]["pkce"], "optional");
    assert_eq!(json["changes"][0]["line"], 2);
    assert!(json["changes"][0]["after"].get("name").is_none(), "only what changes");
}

#[tokio::test]
async fn absent_removes_and_stays_absent() {
    let desk = Desk::new().await;
    desk.done(APP).await;
    let absent = "version = 1\n[[client]]\nclient_id = \"app\"\nensure = \"absent\"\n";
    let plan = desk.plan(absent, Prune::Tell).await;
    assert!(plan.destroys());
    assert_eq!(desk.done(absent).await, [Verb::Remove]);
    assert!(matches!(clients::find(desk.act(), "app").await, Err(ServiceFault::NotFound { .. })));
    assert!(desk.done(absent).await.is_empty());
}

#[tokio::test]
async fn prune_takes_only_what_the_same_file_managed() {
    let desk = Desk::new().await;
    desk.done(&format!("{APP}[[client]]\nclient_id = \"old\"\nname = \"Old\"\n")).await;
    let by_hand = NewClient { name: Some("By hand".to_owned()), ..NewClient::default() };
    clients::add(desk.act(), by_hand).await.unwrap();
    // Another file, of the same name in another folder, states one too.
    let elsewhere = desk.folder.join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let other = elsewhere.join("clinic.toml");
    std::fs::write(&other, "version = 1\n[[client]]\nclient_id = \"theirs\"\nname = \"T\"\n")
        .unwrap();
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let theirs = plan(desk.act(), read(&[other], around).unwrap(), Prune::Tell).await.unwrap();
    apply(desk.act(), theirs).await;

    let told = desk.plan(APP, Prune::Tell).await;
    assert!(told.is_empty(), "without --prune nothing goes");
    assert!(told.notes.iter().any(|note| note.contains("client old")), "{:?}", told.notes);
    let outcomes = desk.apply(APP, Prune::Remove).await;
    let removed: Vec<&str> = outcomes.iter().map(|one| one.step.id.as_str()).collect();
    assert_eq!(removed, ["old"]);
    let left = clients::list(desk.act(), ClientFilter::default(), PageRequest::first(10)).await;
    assert_eq!(left.unwrap().items.len(), 3);
    assert!(desk.plan(APP, Prune::Remove).await.is_empty());
}

#[tokio::test]
async fn a_name_of_its_own_lets_a_file_move() {
    let desk = Desk::new().await;
    let named = APP.replace("version = 1", "version = 1\nname = \"clinic\"");
    desk.done(&named).await;
    let moved = desk.put("elsewhere.toml", "version = 1\nname = \"clinic\"\n");
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let empty = plan(desk.act(), read(&[moved], around).unwrap(), Prune::Remove).await.unwrap();
    assert_eq!(empty.changes().map(|step| step.verb).collect::<Vec<_>>(), [Verb::Remove]);
}

#[tokio::test]
async fn i30_each_change_is_an_event_that_names_the_file() {
    let desk = Desk::new().await;
    let named = APP.replace("version = 1", "version = 1\nname = \"clinic\"");
    desk.done(&named).await;
    let query =
        EventQuery { kind: Some("client.added".to_owned()), limit: 10, ..EventQuery::default() };
    let found = events::search(desk.act(), query).await.unwrap();
    assert_eq!(found[0].facts["by"], "test by file clinic");
}

#[tokio::test]
async fn a_change_meanwhile_is_a_conflict_and_the_rest_goes_on() {
    let desk = Desk::new().await;
    let both = format!("{APP}[[client]]\nclient_id = \"other\"\nname = \"Other\"\n");
    desk.done(&both).await;
    let plan = desk
        .plan(
            &both.replace("\"App\"", "\"App 2\"").replace("\"Other\"", "\"Other 2\""),
            Prune::Tell,
        )
        .await;
    let change = ClientChange { name: Some("Mine".to_owned()), ..ClientChange::default() };
    clients::update(desk.act(), "app", change).await.unwrap();
    let outcomes = apply(desk.act(), plan).await;
    let fault = outcomes[0].result.as_ref().unwrap_err();
    assert!(matches!(fault, ServiceFault::Conflict(_)), "{fault}");
    assert!(outcomes[1].result.is_ok());
    assert_eq!(clients::find(desk.act(), "app").await.unwrap().name, "Mine");
    assert_eq!(clients::find(desk.act(), "other").await.unwrap().name, "Other 2");
    let told = render::outcome_json(&outcomes, &[], &[]);
    assert_eq!(
        (&told["ok"], &told["changes"][0]["fault"]["error"]),
        (&false.into(), &"conflict".into())
    );
}

#[tokio::test]
async fn two_who_apply_at_once_make_one_secret() {
    let desk = Desk::new().await;
    desk.done(APP).await;
    let text = format!("{APP}[[client.secret]]\nlabel = \"first\"\ngenerate = true\n");
    let (one, two) = (desk.plan(&text, Prune::Tell).await, desk.plan(&text, Prune::Tell).await);
    let first = apply(desk.act(), one).await;
    let second = apply(desk.act(), two).await;
    assert!(first[0].result.is_ok());
    let fault = second[0].result.as_ref().unwrap_err();
    assert_eq!(fault.kind().word(), "conflict", "{fault}");
    assert_eq!(clients::find(desk.act(), "app").await.unwrap().secrets.len(), 1);
}

#[tokio::test]
async fn roles_are_granted_and_taken_away() {
    let desk = Desk::new().await;
    let text = format!("{APP}[[admin]]\nclient = \"app\"\nrole = \"client-manager\"\n");
    assert_eq!(desk.done(&text).await, [Verb::Create, Verb::Create]);
    assert!(desk.plan(&text, Prune::Remove).await.is_empty());
    let outcomes = desk.apply(APP, Prune::Remove).await;
    assert_eq!(outcomes[0].step.verb, Verb::Remove);
    assert!(outcomes[0].result.is_ok(), "{outcomes:?}");
    let unknown = format!("{APP}[[admin]]\nuser = \"nobody@x.example\"\nrole = \"owner\"\n");
    let plan = desk.plan(&unknown, Prune::Tell).await;
    assert_eq!(plan.problems.len(), 1, "{plan:?}");
    assert!(render::text(&plan).contains("! admin nobody@x.example is owner"));
}

#[tokio::test]
async fn organizations_and_groups_are_made_before_what_belongs_to_them() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[client]]
client_id = "portal"
name = "Portal"
organization = "ward"
groups = ["nurses"]
[[group]]
name = "nurses"
organization = "ward"
[[organization]]
slug = "ward"
name = "Ward"
parent = "clinic"
[[organization]]
slug = "clinic"
name = "Clinic"
[[admin]]
client = "boss"
role = "owner"
organization = "clinic"
[[client]]
client_id = "boss"
name = "Boss"
"#;
    assert_eq!(desk.done(text).await, [Verb::Create; 6]);
    assert!(desk.plan(text, Prune::Remove).await.is_empty());
    let written = export(desk.act(), Wanted::All).await.unwrap();
    let plan = desk.plan(&written, Prune::Tell).await;
    assert!(plan.is_empty(), "{written}\n{}", render::text(&plan));

    let changed = text.replace("\"Ward\"", "\"Ward 7\"\nstatus = \"disabled\"");
    let told = render::text(&desk.plan(&changed, Prune::Tell).await);
    assert!(
        told.contains("+ status = \"disabled\"") && told.contains("+ name = \"Ward 7\""),
        "{told}"
    );
    assert_eq!(desk.done(&changed).await, [Verb::Change]);
    let moved = text.replace("parent = \"clinic\"\n", "");
    let plan = desk.plan(&moved, Prune::Tell).await;
    assert!(render::text(&plan).contains("does not move"), "{plan:?}");

    let outcomes = desk.apply("version = 1\n", Prune::Remove).await;
    let done: Vec<(&str, &str)> = outcomes
        .iter()
        .map(|one| {
            assert!(one.result.is_ok(), "{one:?}");
            (one.step.kind.as_str(), one.step.id.as_str())
        })
        .collect();
    assert_eq!(done.len(), 5, "the ward was switched off already: {done:?}");
    assert_eq!(done[0].0, "admin");
    assert_eq!(done[3], ("group", "ward/nurses"));
    assert_eq!(done[4], ("organization", "clinic"));
}

#[tokio::test]
async fn i26_an_organization_that_is_nowhere_is_told_and_the_rest_goes_on() {
    let desk = Desk::new().await;
    let text =
        format!("{APP}[[client]]\nclient_id = \"b\"\nname = \"B\"\norganization = \"nowhere\"\n");
    let plan = desk.plan(&text, Prune::Tell).await;
    assert_eq!((plan.problems.len(), plan.changes().count()), (1, 1));
    assert!(render::text(&plan).contains("there is no organization \"nowhere\""));
    // A client_id is unique in the installation.
    desk.done("version = 1\n[[organization]]\nslug = \"clinic\"\nname = \"C\"\n").await;
    desk.done(APP).await;
    let elsewhere = APP.replace("name =", "organization = \"clinic\"\nname =");
    let plan = desk.plan(&elsewhere, Prune::Tell).await;
    assert!(render::text(&plan).contains("is the client_id of a client elsewhere"), "{plan:?}");
}

mod secrets {
    use super::*;

    const GIVEN: &str = "a-secret-of-the-vault-0123456789";

    fn with(secret: &str) -> String {
        format!("{APP}[[client.secret]]\nlabel = \"first\"\n{secret}")
    }

    async fn live(desk: &Desk) -> Vec<[u8; 32]> {
        let client = clients::find(desk.act(), "app").await.unwrap();
        let live = client.secrets.iter().filter(|secret| secret.is_live(desk.act().now));
        live.map(|secret| secret.digest.0).collect()
    }

    #[tokio::test]
    async fn i16_a_given_secret_is_kept_as_a_digest_and_shown_nowhere() {
        let mut desk = Desk::new().await;
        desk.variables = vec![("APP_SECRET".to_owned(), GIVEN.to_owned())];
        let text = with("env = \"APP_SECRET\"\n");
        let told = desk.plan(&text, Prune::Tell).await;
        assert!(render::text(&told).contains("+ secret \"first\" from variable APP_SECRET"));
        let outcomes = desk.apply(&text, Prune::Tell).await;
        assert_eq!(live(&desk).await, [desk.act().core.digests.client_secret(GIVEN)]);
        let log = events::search(desk.act(), EventQuery { limit: 100, ..EventQuery::default() });
        let log = serde_json::to_string(&log.await.unwrap()).unwrap();
        let written = export(desk.act(), Wanted::All).await.unwrap();
        for shown in [
            render::json(&told).to_string(),
            render::outcome_json(&outcomes, &[], &[]).to_string(),
            format!("{told:?} {outcomes:?}"),
            log,
            written,
        ] {
            assert!(!shown.contains(GIVEN), "{shown}");
        }
        assert!(desk.plan(&text, Prune::Remove).await.is_empty(), "compared by its digest");
    }

    #[tokio::test]
    async fn another_value_under_the_same_label_takes_the_place_of_the_first() {
        let desk = Desk::new().await;
        let file = desk.put("secret", &format!("{GIVEN}\n"));
        let text = with("file = \"secret\"\n");
        desk.done(&text).await;
        std::fs::write(&file, "another-secret-of-the-vault-987654").unwrap();
        assert_eq!(desk.done(&text).await, [Verb::Change]);
        let digests = &desk.act().core.digests;
        assert_eq!(
            live(&desk).await,
            [digests.client_secret("another-secret-of-the-vault-987654")]
        );
        assert_eq!(desk.done(&with("ensure = \"absent\"\n")).await, [Verb::Change]);
        assert!(live(&desk).await.is_empty());
    }

    #[tokio::test]
    async fn a_secret_that_the_file_no_longer_names_is_pruned() {
        let desk = Desk::new().await;
        desk.put("secret", GIVEN);
        desk.done(&with("file = \"secret\"\n")).await;
        clients::add_secret(desk.act(), "app", "by hand", None).await.unwrap();
        let told = desk.plan(APP, Prune::Tell).await;
        assert!(told.is_empty() && told.notes.iter().any(|note| note.contains("\"first\"")));
        desk.apply(APP, Prune::Remove).await;
        assert_eq!(live(&desk).await.len(), 1, "the one made by hand stays");
    }

    #[tokio::test]
    async fn an_end_moves_without_a_new_secret_and_an_ended_one_is_not_made_again() {
        let desk = Desk::new().await;
        desk.put("secret", GIVEN);
        desk.done(&with("file = \"secret\"\n")).await;
        let ending = with("file = \"secret\"\nexpires = 2099-01-31\n");
        assert_eq!(desk.done(&ending).await, [Verb::Change]);
        let client = clients::find(desk.act(), "app").await.unwrap();
        assert_eq!(client.secrets.len(), 1);
        assert_eq!(client.secrets[0].expires_at.unwrap().as_seconds(), 4_073_500_800);
        assert!(desk.plan(&ending, Prune::Tell).await.is_empty());
        let ended = with("file = \"secret\"\nexpires = 2001-01-31T00:00:00Z\n");
        assert_eq!(desk.done(&ended).await, [Verb::Change]);
        assert!(live(&desk).await.is_empty());
        assert!(desk.plan(&ended, Prune::Tell).await.is_empty());
    }

    #[tokio::test]
    async fn a_generated_secret_is_made_once_and_written_where_only_its_owner_reads() {
        let desk = Desk::new().await;
        let text = with("generate = true\nwrite_to = \"out\"\n");
        let outcomes = desk.apply(&text, Prune::Tell).await;
        let made = outcomes[0].result.as_ref().unwrap();
        assert!(matches!(&made[0].delivery, Delivery::File(path) if path.ends_with("out")));
        let path = desk.folder.join("out");
        let secret = std::fs::read_to_string(&path).unwrap();
        assert_eq!(live(&desk).await, [desk.act().core.digests.client_secret(&secret)]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(desk.done(&text).await.is_empty(), "once");
    }

    #[tokio::test]
    async fn a_generated_secret_without_a_file_is_behind_a_link_that_shows_it_once() {
        let desk = Desk::new().await;
        let outcomes = desk.apply(&with("generate = true\n"), Prune::Tell).await;
        let told = render::outcome_json(&outcomes, &[], &[]);
        let link = told["changes"][0]["made"][0]["secret_link"].as_str().unwrap();
        assert!(link.starts_with("https://id.example/handover/secret/"), "{told}");
        assert!(render::outcome_text(&outcomes, &[], &[]).contains(link));
        assert!(!told.to_string().contains("vcs_"), "{told}");
    }

    #[tokio::test]
    async fn a_file_that_exists_is_not_overwritten() {
        let desk = Desk::new().await;
        let path = desk.put("out", "in use");
        let plan = desk.plan(&with("generate = true\nwrite_to = \"out\"\n"), Prune::Tell).await;
        assert_eq!(plan.problems.len(), 1);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "in use");
        let nowhere = with("generate = true\nwrite_to = \"no/such/folder\"\n");
        let outcomes = desk.apply(&nowhere, Prune::Tell).await;
        assert!(outcomes[0].result.is_err());
        let found = clients::find(desk.act(), "app").await;
        assert!(found.is_err(), "nothing of it was done");
    }

    #[tokio::test]
    async fn what_cannot_be_a_secret_is_told_without_repeating_it() {
        let mut desk = Desk::new().await;
        desk.put("short", "hunter2");
        desk.put("spaced", "a secret with spaces in the middle of it");
        desk.variables = vec![("EMPTY".to_owned(), String::new())];
        for (secret, expected) in [
            ("file = \"missing\"", "cannot be read"),
            ("file = \".\"", "expected a file"),
            ("file = \"short\"", "7 characters"),
            ("file = \"spaced\"", "spaces"),
            ("env = \"NOT_SET\"", "is not set"),
            ("env = \"EMPTY\"", "0 characters"),
            ("file = \"a\"\ngenerate = true", "one of file, env and generate"),
            ("", "one of file, env and generate"),
            ("file = \"short\"\nwrite_to = \"x\"", "only a generated secret"),
            ("value = \"a-secret-that-somebody-typed-here\"", "never stands in a document"),
            ("generate = true\nexpires = 2027-01-31T08:00:00", "write a date such as"),
            ("generate = true\nexpires = 08:00:00", "write a date such as"),
            ("generate = true\nexpires = \"90d\"", "expires"),
        ] {
            let faults = desk.faults(&with(secret));
            assert!(faults.iter().any(|fault| fault.contains(expected)), "{secret}: {faults:?}");
            let told = faults.join("");
            assert!(!told.contains("hunter2") && !told.contains("typed-here"), "{told}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_secret_that_every_user_can_read_is_warned_of() {
        use std::os::unix::fs::PermissionsExt as _;
        let desk = Desk::new().await;
        let path = desk.put("secret", GIVEN);
        for (mode, warns) in [(0o644, true), (0o600, false), (0o640, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = desk.read(&with("file = \"secret\"\n")).unwrap();
            let warned = read.warnings.iter().any(|warning| warning.contains("chmod 600"));
            assert_eq!(warned, warns, "{mode:o}");
        }
    }
}

#[tokio::test]
async fn all_faults_are_told_at_once_each_with_its_place() {
    let desk = Desk::new().await;
    let text = r#"version = 1
[[client]]
client_id = "a"
name = "A"
redirect_uri = ["https://a.example/cb"]
redirect_uris = ["https://a.example/*", "https://a.example/cb"]
auth_method = "client_secret_bassic"
refresh = { idle_second = 5 }
lifetimes.code_seconds = -1
[[client]]
client_id = "b c"
profile = "healthie"
[[client]]
name = "no id"
[[clients]]
[[admin]]
role = "ownr"
"#;
    let faults = desk.faults(text);
    for expected in [
        "client.redirect_uri (",
        "line 5 column 1): there is no such key; did you mean redirect_uris?",
        "did you mean client_secret_basic?",
        "did you mean idle_seconds?",
        "client.lifetimes (",
        "a client_id has 1 to 100",
        "line 13 column 1): is missing; it is the stable id",
        "clients (",
        "did you mean client?",
        "write one of user and client",
        "there is no role ownr",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected:?}: {faults:#?}");
    }
}

#[tokio::test]
async fn each_fault_of_a_document_is_told() {
    let desk = Desk::new().await;
    let client = "version = 1\n[[client]]\nclient_id = \"a\"\n";
    for (text, expected) in [
        (String::new(), "version"),
        ("version = 2\n".to_owned(), "version 1"),
        ("version = 1\nname = \"a/b\"\n".to_owned(), "a name has"),
        ("version = 1\n[client]\n".to_owned(), "write [[client]]"),
        ("version = 1\nclient = [1]\n".to_owned(), "write [[client]]"),
        ("version = \n".to_owned(), "is not TOML"),
        (client.to_owned(), "needs a name or a profile"),
        (
            format!("{client}profile = \"unomd\"\n"),
            "there is no such profile; did you mean unomed?",
        ),
        (format!("{client}profile = \"healthie\"\n"), "variables.company"),
        (format!("{client}name = \"A\"\nvariables.x = \"y\"\n"), "add profile"),
        (format!("{client}name = \"A\"\nensure = \"gone\"\n"), "present"),
        (
            format!("{client}name = \"A\"\nredirect_uris = [\"https://a.example/#x\"]\n"),
            "redirect_uris",
        ),
        (format!("{client}name = \"\"\n"), "a name has"),
        (format!("{client}name = \"A\"\nscope = \"a,b\\\"\"\n"), "scope"),
        (
            format!(
                "{client}name = \"A\"\nauth_method = \"none\"\nredirect_uris = [\"https://a.example/\"]\n[[client.secret]]\nlabel = \"x\"\ngenerate = true\n"
            ),
            "has no secrets",
        ),
        (
            format!("{client}name = \"A\"\n[[client]]\nclient_id = \"a\"\nname = \"B\"\n"),
            "is stated at",
        ),
        (
            format!(
                "{client}name = \"A\"\n[[client.secret]]\nlabel = \"x\"\ngenerate = true\n[[client.secret]]\nlabel = \"x\"\ngenerate = true\n"
            ),
            "label of an earlier secret",
        ),
        (
            "version = 1\n[[admin]]\nuser = \"a\"\nclient = \"b\"\nrole = \"owner\"\n".to_owned(),
            "one of user and client",
        ),
        ("version = 1\n[[organization]]\nslug = \"a\"\n".to_owned(), "people read it"),
        ("version = 1\n[[group]]\nnam = \"a\"\n".to_owned(), "did you mean name?"),
    ] {
        let faults = desk.faults(&text);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.contains("clinic.toml line ")), "{faults:?}");
    }
}

#[tokio::test]
async fn files_have_bounds() {
    let desk = Desk::new().await;
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let told = |paths: &[PathBuf]| read(paths, around).unwrap_err().to_string();
    let large = desk.put("large.toml", &format!("version = 1\n# {}\n", "x".repeat(1024 * 1024)));
    assert!(told(&[large]).contains("larger than"));
    assert!(told(&[PathBuf::from("/nonexistent.toml")]).contains("cannot be read"));
    assert!(told(std::slice::from_ref(&desk.folder)).contains("is not a file"));
    std::fs::write(desk.folder.join("latin"), b"version = 1 # \xe9").unwrap();
    assert!(told(&[desk.folder.join("latin")]).contains("not UTF-8 from byte 14"));
    assert!(told(&vec![PathBuf::from("x"); 33]).contains("at most 32"));
    let many: String = (0..5001).map(|n| format!("[[group]]\nname = \"g{n}\"\n")).collect();
    let many = desk.put("many.toml", &format!("version = 1\n{many}"));
    assert!(told(&[many]).contains("at most 5000"));
    let deep =
        desk.put("deep.toml", &format!("version = {}1{}", "[".repeat(9000), "]".repeat(9000)));
    assert!(told(&[deep]).contains("is not TOML"));
}

#[tokio::test]
async fn files_of_one_run_hold_together() {
    let desk = Desk::new().await;
    let one = desk.put("one.toml", APP);
    let two =
        desk.put("two.toml", "version = 1\n[[admin]]\nclient = \"app\"\nrole = \"auditor\"\n");
    let around = Surroundings { core: &desk.installation.core, variables: &[] };
    let documents = read(&[two.clone(), one.clone()], around).unwrap();
    let plan = plan(desk.act(), documents, Prune::Tell).await.unwrap();
    let outcomes = apply(desk.act(), plan).await;
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()), "{outcomes:?}");
    let twice = desk.put("three.toml", APP);
    let fault = read(&[one, two, twice], around).unwrap_err().to_string();
    assert!(fault.contains("three.toml line 2") && fault.contains("one.toml line 2"), "{fault}");
}

#[tokio::test]
async fn an_adopted_object_keeps_its_values_and_gets_a_mark() {
    let desk = Desk::new().await;
    let new = NewClient {
        name: Some("App".to_owned()),
        client_id: Some(vestibule_protocol::ids::ClientId("app".to_owned())),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        ..NewClient::default()
    };
    let client = clients::add(desk.act(), new).await.unwrap().client;
    assert_eq!(super::apply::manager_of(desk.act(), client.key).await.unwrap(), None);
    assert!(desk.done(APP).await.is_empty());
    let manager = super::apply::manager_of(desk.act(), client.key).await.unwrap();
    assert!(Path::new(&manager.unwrap()).ends_with("state/clinic.toml"));
    let after = clients::find(desk.act(), "app").await.unwrap();
    assert_eq!((after.status, after.secrets.len()), (Status::Active, 1));
    assert_eq!(after, client);
}

/// What the book shows is read by the program.
#[tokio::test]
async fn the_documents_of_the_book_have_no_faults() {
    let desk = Desk::new().await;
    let guide = include_str!("../../../../docs/guides/declarative.md");
    let claims = include_str!("../../../../docs/reference/claims.md");
    for (page, before) in [(guide, ""), (claims, "version = 1\n")] {
        let (_, rest) = page.split_once("```toml\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        desk.put("healthie", "a-secret-of-the-vault-0123456789");
        let text = format!("{before}{text}").replace("/run/secrets/healthie", "healthie");
        assert_eq!(desk.faults(&text), Vec::<String>::new(), "{text}");
    }
}
