//! Users as administrators and the users themselves meet them: files, links, test users,
//! organizations.

use std::process::Output;

use serde_json::Value;
use vestibule_tests::browser::{Answer, Browser, Person};
use vestibule_tests::on_both_databases;
use vestibule_tests::process;
use vestibule_tests::relying_party::Tokens;
use vestibule_tests::server::Server;

const NEXT: &str = "nine patient herons fishing at dusk";
const HASH: &str = "$2b$04$25jFfHtAi9jW7Br3AL3mQOboCrlD0PPH.GRu1WOF8Ns2EFGfTHlHm";
const HASHED: &str = "correct hörse";

fn on(server: &Server, arguments: &[&str]) -> Output {
    process::run(&[arguments, &["--config", server.config()]].concat())
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// Opens a link and sends the password that it asks for.
async fn choose(link: &str, password: &str) -> Answer {
    let mut browser = Browser::new();
    let page = browser.open(link).await;
    let form = page.page().form_with("new_password").unwrap_or_else(|| panic!("{}", page.text()));
    browser.submit(&page.url, &form.fill("new_password", password).press("submit")).await
}

on_both_databases! {
    async fn a_file_is_checked_imported_and_exported(server) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.csv");
        let report = folder.path().join("report.csv");
        let (path, report_path) = (file.to_str().unwrap(), report.to_str().unwrap());
        let rows = format!(
            "external_id,email,email_verified,given_name,family_name,groups,account_type,password_hash\n\
             p-1,one@clinic.test,true,Uma,One,providers,provider,{HASH}\n\
             p-2,two@clinic.test,,Val,\"=Two\",patients,patient,\n"
        );
        std::fs::write(&file, format!("{rows}p-3,nonsense,,,,,,\n")).unwrap();
        let refused = on(server, &["user", "import", path, "--report", report_path, "--dry-run"]);
        assert_eq!(code(&refused), 1, "{refused:?}");
        let told = std::fs::read_to_string(&report).unwrap();
        assert!(told.contains("3,4,refused") && told.contains("exactly one @"), "{told}");
        std::fs::write(&file, &rows).unwrap();
        assert_eq!(code(&on(server, &["user", "import", path, "--dry-run"])), 3);
        assert_eq!(code(&on(server, &["user", "show", "one@clinic.test"])), 1, "nothing was written");
        let done = server.cli(&["user", "import", path, "--json"]);
        assert_eq!((done["counts"]["created"].as_u64(), done["counts"]["rows"].as_u64()), (Some(2), Some(2)));
        assert_eq!(code(&on(server, &["user", "import", path, "--dry-run"])), 0, "no differences");
        let found = server.cli(&["user", "list", "--search", "uma on", "--json"]);
        assert_eq!(found["users"].as_array().map(Vec::len), Some(1), "{found}");
        let map = on(server, &["user", "export", "--uid-map"]);
        let map = String::from_utf8(map.stdout).unwrap();
        assert!(map.contains(",two@clinic.test,Val,\"=Two\",patient,root\r\n"), "{map}");
        let again = folder.path().join("again.jsonl");
        let exported = on(server, &["user", "export", "--format", "jsonl"]);
        assert!(!String::from_utf8_lossy(&exported.stdout).contains("$2b$"), "no hash leaves");
        std::fs::write(&again, exported.stdout).unwrap();
        assert_eq!(code(&on(server, &["user", "import", again.to_str().unwrap(), "--dry-run"])), 0);
        // The imported hash lets its user in.
        let person = Person { email: "one@clinic.test".to_owned(), password: HASHED.to_owned() };
        let tokens = server.clinic().sign_in(&person, &[]).await;
        assert_eq!(tokens.id_claims()["sub"], server.cli(&["user", "show", "one@clinic.test", "--json"])["sub"]);
    }

    async fn an_invitation_leads_to_a_first_sign_in_and_a_reset_ends_sessions(server) {
        let invited = server.cli(&["user", "invite", "--email", "new@clinic.test", "--name", "Nia New", "--json"]);
        let link = text(&invited, "link");
        let head = Browser::new().open(&link).await;
        let page = head.page();
        assert!(page.text().contains("command line"), "it says who asked: {}", page.text());
        assert_eq!(head.status, 200, "opening it spends nothing");
        let weak = choose(&link, "short").await;
        assert_eq!(weak.status, 422);
        assert!(weak.page().has_id("error-summary"), "{}", weak.text());
        let done = choose(&link, NEXT).await;
        assert!(done.page().has_id("password-set"), "{}", done.page().text());
        let spent = Browser::new().open(&link).await;
        assert!(spent.page().has_id("error-code") && spent.page().has_id("case-code"));
        let person = Person { email: "new@clinic.test".to_owned(), password: NEXT.to_owned() };
        let rp = server.clinic();
        let mut browser = Browser::new();
        let back = browser.authorize(&rp.request(&[("scope", "openid offline_access")]), &person).await;
        let tokens = Tokens::read(&rp.redeem(back.code()).await);
        let first = server.cli(&["user", "reset-link", "new@clinic.test", "--json"]);
        let second = server.cli(&["user", "reset-link", "new@clinic.test", "--json"]);
        let replaced = Browser::new().open(&text(&first, "link")).await;
        assert!(replaced.page().has_id("error-code"), "a newer link ends the older one");
        let done = choose(&text(&second, "link"), "seven other herons fishing at dawn").await;
        assert!(done.page().has_id("password-set"), "{}", done.page().text());
        let dead = rp.userinfo(tokens.access()).await;
        assert_eq!(dead.status, 401, "what was issued before is dead");
        let answer = browser.open(&rp.request(&[("prompt", "none")])).await;
        let onward = answer.onward().map(|url| url.to_string()).unwrap_or_default();
        assert!(onward.contains("error=login_required"), "{onward} {}", answer.text());
    }

    async fn a_test_user_reaches_test_clients_alone(server) {
        let (rp, ada) = (server.clinic(), server.ada());
        let tokens = rp.sign_in(&ada, &[("scope", "openid offline_access")]).await;
        server.cli(&["user", "update", &ada.email, "--test", "--json"]);
        let back = rp.code(&ada, &[]).await;
        assert_eq!(back.get("error"), Some("access_denied"), "{}", back.url);
        let refused = rp.userinfo(tokens.access()).await;
        assert_eq!(refused.status, 401, "nor does what it had work: {}", refused.text());
        server.cli(&["user", "update", &ada.email, "--test=false", "--json"]);
        assert_eq!(rp.code(&ada, &[]).await.get("error"), None);
    }

    async fn an_organization_that_is_switched_off_issues_nothing(server) {
        server.cli(&["organization", "add", "lakeside", "--name", "Lakeside", "--json"]);
        let registered = server.cli(&[
            "client", "add", "--name", "Lake app", "--organization", "lakeside",
            "--redirect-uri", "https://rp.test/cb", "--auth-method", "basic_or_post", "--pkce", "optional",
            "--grant", "authorization_code", "--grant", "client_credentials", "--json",
        ]);
        let mut rp = server.clinic();
        rp.client_id = text(&registered, "client_id");
        rp.client_secret = text(&registered, "client_secret");
        let added = process::run_with_input(
            &["user", "add", "--email", "lea@lake.test", "--password-stdin", "--organization", "lakeside", "--config", server.config()],
            &format!("{NEXT}\n"),
        );
        assert!(added.status.success(), "{added:?}");
        let lea = Person { email: "lea@lake.test".to_owned(), password: NEXT.to_owned() };
        let tokens = rp.sign_in(&lea, &[]).await;
        let own = || rp.token(&[("grant_type", "client_credentials")]);
        assert_eq!(own().await.status, 200);
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &lea).await;
        server.cli(&["organization", "disable", "lakeside", "--json"]);
        let refused = own().await;
        assert_eq!(refused.status, 401, "{}", refused.text());
        assert_eq!(rp.userinfo(tokens.access()).await.status, 401);
        for mut one in [browser, Browser::new()] {
            let answer = one.try_authorize(&rp.request(&[]), &lea, "approve").await;
            let code = answer.as_ref().ok().and_then(|back| back.get("code"));
            assert_eq!(code, None, "{answer:?}");
        }
        server.cli(&["organization", "enable", "lakeside", "--json"]);
        assert_eq!(own().await.status, 200);
    }
}
