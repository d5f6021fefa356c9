//! `/admin`: who may enter, and what the pages about clients do and refuse.

use std::time::Duration;

use vestibule_tests::browser::{Answer, Browser, encode};
use vestibule_tests::on_both_databases;
use vestibule_tests::page::Form;
use vestibule_tests::server::Server;

/// Somebody's browser in the console.
struct Console<'a> {
    server: &'a Server,
    browser: Browser,
}

impl<'a> Console<'a> {
    /// Signs an owner in.
    async fn of_owner(server: &'a Server) -> Self {
        server.make_owner(&server.ada()).await;
        let mut console = Self { server, browser: Browser::new() };
        console.sign_in("/admin").await;
        console
    }

    /// Signs Ada in on the way to a page, and follows to it.
    async fn sign_in(&mut self, route: &str) -> Answer {
        let asked = self.open(route).await;
        let login = asked.onward().expect("the sign-in page");
        assert_eq!(login.path(), "/login");
        let page = self.browser.open(login.as_str()).await;
        self.give_password(page).await
    }

    async fn give_password(&mut self, page: Answer) -> Answer {
        let ada = self.server.ada();
        let form = page.page().form_with("password").expect("a password is asked for");
        let form = form.fill("username", &ada.email).fill("password", &ada.password);
        let answer = self.browser.submit(&page.url, &form).await;
        let back = answer.onward().unwrap_or_else(|| panic!("{}", answer.text()));
        self.browser.open(back.as_str()).await
    }

    async fn open(&mut self, route: &str) -> Answer {
        let url = format!("{}{route}", self.server.issuer());
        self.browser.open(&url).await
    }

    /// The form of a page that holds this element.
    async fn form(&mut self, route: &str, id: &str) -> (Answer, Form) {
        let page = self.open(route).await;
        let form = page.page().form_with(id);
        let form = form.unwrap_or_else(|| panic!("no #{id} on {route}: {}", page.text()));
        (page, form)
    }

    async fn submit(&mut self, from: &Answer, form: &Form) -> Answer {
        self.browser.submit(&from.url, form).await
    }

    /// Registers a web application with this name.
    async fn register(&mut self, name: &str) -> (Answer, String) {
        let (page, form) = self.form("/admin/new-client?kind=web", "register").await;
        let form = form.fill("name", name).fill("redirect_uris", "https://rp.test/cb");
        let made = self.submit(&page, &form).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let id = made.page().text_of("client-id").expect("a client id");
        (made, id)
    }
}

on_both_databases! {
    async fn a_stranger_signs_in_and_arrives_at_the_page_that_was_asked_for(server) {
        server.make_owner(&server.ada()).await;
        let mut console = Console { server, browser: Browser::new() };
        let arrived = console.sign_in("/admin/clients?q=clin&state=active").await;
        assert_eq!(arrived.status, 200);
        assert_eq!(arrived.url.query(), Some("q=clin&state=active"));
        assert!(arrived.text().contains("Clinic"));
    }

    async fn a_form_that_comes_after_its_session_is_kept_until_its_sender_has_signed_in(server) {
        let mut console = Console::of_owner(server).await;
        let (page, form) = console.form("/admin/new-client?kind=web", "register").await;
        let form = form.fill("name", "Typed \"long\" & <well>").fill("redirect_uris", "https://rp.test/a\nhttps://rp.test/b");
        server.advance(Duration::from_secs(31 * 24 * 3600));
        let held = console.submit(&page, &form).await;
        assert_eq!(held.status, 403);
        assert!(held.page().has_id("held"), "{}", held.text());
        let again = held.page().form_with("send-again").unwrap();
        let still = console.submit(&held, &again).await;
        assert!(still.page().has_id("held"), "sent too early it is kept on: {}", still.text());
        let link = held.page().attribute("#sign-in-again", "href").unwrap();
        let login = console.open(&link).await;
        let overview = console.give_password(login).await;
        assert_eq!(overview.status, 200);
        assert_eq!(overview.url.path(), "/admin");
        let made = console.submit(&held, &again).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let client = made.page().text_of("client-id").unwrap();
        let client = server.cli(&["client", "show", &client, "--json"]);
        assert_eq!(client["name"], "Typed \"long\" & <well>");
        assert_eq!(client["redirect_uris"].as_array().unwrap().len(), 2, "{client}");
    }

    async fn to_somebody_who_administers_nothing_there_is_no_console(server) {
        let mut console = Console { server, browser: Browser::new() };
        let arrived = console.sign_in("/admin").await;
        assert_eq!(arrived.status, 404);
        for route in ["/admin/clients", "/admin/new-client", "/admin/organization", "/admin/clients/x/policy"] {
            assert_eq!(console.open(route).await.status, 404, "{route}");
        }
    }

    async fn a_role_sees_and_does_what_it_allows_and_nothing_else(server) {
        server.grant(&server.ada(), "auditor").await;
        let mut console = Console { server, browser: Browser::new() };
        assert_eq!(console.sign_in("/admin").await.status, 200);
        let list = console.open("/admin/clients").await;
        assert_eq!(list.status, 200);
        assert!(!list.page().has_id("new-client"));
        let refused = console.open("/admin/new-client").await;
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("clients:write"));
        let page = refused.page();
        assert_eq!(page.text_of("error-code").as_deref(), Some("forbidden"));
        assert!(page.has_id("case-code"));
        let clinic = server.clinic().client_id;
        for part in ["redirect-uris", "policy", "access", "branding", "keys"] {
            let route = format!("/admin/clients/{clinic}/{part}");
            let (page, form) = console.form(&route, "save").await;
            assert_eq!(console.submit(&page, &form).await.status, 403, "{part}");
        }
    }

    async fn i26_an_unknown_client_is_not_found_on_every_page(server) {
        let mut console = Console::of_owner(server).await;
        for end in ["", "/policy", "/credentials", "/credentials/new", "/credentials/7/revoke", "/status", "/remove"] {
            let answer = console.open(&format!("/admin/clients/vci_nobody{end}")).await;
            assert_eq!(answer.status, 404, "{end}");
            assert_eq!(answer.page().text_of("error-code").as_deref(), Some("not_found"), "{end}");
        }
    }

    async fn a_web_client_is_registered_in_three_steps_and_works(server) {
        let mut console = Console::of_owner(server).await;
        let kinds = console.open("/admin/new-client").await;
        assert!(kinds.page().attribute("a[href='/admin/new-client?kind=web']", "href").is_some());
        let (made, id) = console.register("Lab portal").await;
        let secret = made.page().text_of("client-secret").expect("the secret, once");
        assert!(secret.starts_with("vcs_"));
        let home = console.open(&format!("/admin/clients/{id}")).await;
        assert!(home.text().contains("Lab portal") && !home.text().contains(&secret));
        let list = console.open("/admin/clients?q=lab").await;
        assert!(list.text().contains(&id));
    }

    async fn a_form_that_is_sent_twice_registers_one_client(server) {
        let mut console = Console::of_owner(server).await;
        let (page, form) = console.form("/admin/new-client?kind=web", "register").await;
        let form = form.fill("name", "Twice").fill("redirect_uris", "https://rp.test/cb");
        let first = console.submit(&page, &form).await;
        let id = first.page().text_of("client-id").expect("a client id");
        let second = console.submit(&page, &form).await;
        let onward = second.onward().expect("to the client that is there");
        assert_eq!(onward.path(), format!("/admin/clients/{id}"));
        let shown = console.browser.open(onward.as_str()).await;
        assert!(shown.page().text_of("notice").is_some_and(|it| it.contains("registered this client before")));
        let again = console.browser.open(onward.as_str()).await;
        assert!(!again.page().has_id("notice"), "a notice is shown once");
        let list = console.open("/admin/clients?q=twice").await;
        assert_eq!(list.page().count("tbody tr"), 1);
    }

    async fn every_fault_is_told_at_once_and_what_was_typed_is_kept(server) {
        let mut console = Console::of_owner(server).await;
        let (page, form) = console.form("/admin/new-client?kind=web", "register").await;
        let form = form
            .fill("name", "A name")
            .fill("redirect_uris", "http://rp.test/cb\nhttps://rp.test/#x")
            .fill("pkce", "optional");
        let answer = console.submit(&page, &form).await;
        assert_eq!(answer.status, 422);
        let text = answer.page().text();
        for part in ["http is allowed for localhost", "fragment", "PKCE is not required"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let again = answer.page().form_with("register").unwrap();
        assert_eq!(again.value("name"), Some("A name"));
        let again = again
            .fill("redirect_uris", "https://rp.test/cb")
            .fill("pkce", "optional")
            .fill("reasons.pkce_optional", "their library sends none");
        let made = console.submit(&answer, &again).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let id = made.page().text_of("client-id").unwrap();
        let home = console.open(&format!("/admin/clients/{id}")).await;
        assert!(home.text().contains("their library sends none"));
    }

    async fn a_vendor_profile_asks_for_its_variables_and_gives_its_own_reasons(server) {
        let mut console = Console::of_owner(server).await;
        let (page, form) = console.form("/admin/new-client?profile=healthie", "register").await;
        let answer = console.submit(&page, &form).await;
        assert_eq!(answer.status, 422);
        assert!(answer.page().text_of("error-summary").is_some_and(|it| it.contains("company")));
        let form = answer.page().form_with("register").unwrap().fill("set.company", "a/b");
        assert_eq!(console.submit(&answer, &form).await.status, 422);
        let made = console.submit(&answer, &form.fill("set.company", "acme")).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let id = made.page().text_of("client-id").unwrap();
        let home = console.open(&format!("/admin/clients/{id}")).await.text();
        assert!(home.contains("https://secure.gethealthie.com/sso/acme_auth"));
        assert!(home.contains("the vendor profile healthie asks for it"));
        assert_eq!(console.open("/admin/new-client?profile=nobody").await.status, 422);
    }

    async fn a_webhooks_secret_is_changed_with_an_overlap(server) {
        let mut console = Console::of_owner(server).await;
        let new = console.open("/admin/webhooks/new").await;
        assert!(new.text().contains("every organization"), "whose events it hears of");
        let hook = server.cli(&["webhook", "add", "--label", "siem", "--url", "https://siem.test/", "--json"]);
        let home = format!("/admin/webhooks/{}", hook["id"].as_str().unwrap());
        let (page, form) = console.form(&format!("{home}/rotate"), "submit").await;
        let refused = console.submit(&page, &form.clone().fill("overlap", "1000")).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        let form = form.fill("overlap", "2");
        let made = console.submit(&page, &form).await;
        let secret = made.page().text_of("secret").unwrap_or_else(|| panic!("{}", made.text()));
        assert!(secret.starts_with("whsec_") && hook["secret"] != secret.as_str());
        let again = console.submit(&page, &form).await;
        assert!(again.onward().is_some_and(|to| to.path() == home), "a form makes one: {}", again.text());
        assert!(console.open(&home).await.page().text().contains("Also signed with the previous secret"));
    }

    async fn users_are_taken_away_by_whoever_may(server) {
        let mut console = Console::of_owner(server).await;
        assert!(console.open("/admin/users").await.page().has_id("export"));
        let (page, form) = console.form("/admin/users/export", "submit").await;
        let file = console.submit(&page, &form).await;
        assert_eq!(file.header("content-disposition").unwrap(), "attachment; filename=\"users.csv\"");
        assert!(file.text().contains(&server.ada().email), "{}", file.text());
        let (page, form) = console.form("/admin/users/export", "submit").await;
        let unknown = console.submit(&page, &form.fill("what", "uid-map").fill("client", "vci_nobody")).await;
        assert_eq!(unknown.status, 422, "{}", unknown.text());
    }

    async fn hostile_texts_are_shown_as_text_everywhere(server) {
        let mut console = Console::of_owner(server).await;
        let name = "<img src=x onerror=alert(1)>\"'&{{7*7}}";
        let (_, id) = console.register(name).await;
        let (page, form) = console.form(&format!("/admin/clients/{id}/access"), "save").await;
        let form = form.fill("groups", "<script>alert(1)</script>");
        let unknown = console.submit(&page, &form).await;
        assert_eq!(unknown.status, 422);
        assert!(!unknown.text().contains("<script>alert"), "{}", unknown.text());
        server.cli(&["group", "add", "<script>alert(1)</script>", "--json"]);
        console.submit(&page, &form).await;
        for end in ["", "/redirect-uris", "/credentials", "/credentials/new", "/keys", "/policy", "/access", "/branding", "/status", "/remove"] {
            let shown = console.open(&format!("/admin/clients/{id}{end}")).await;
            assert_eq!(shown.status, 200, "{end}");
            assert!(!shown.text().contains("<img") && !shown.text().contains("<script>alert"), "{end}");
        }
        let list = console.open("/admin/clients").await;
        assert!(list.page().text().contains(name) && !list.text().contains("<img"));
        for (field, value) in [
            ("client_uri", "javascript:alert(1)"),
            ("policy_uri", "data:text/html,x"),
            ("name", "a\u{7}b"),
            ("name", "   "),
            ("name", &"x".repeat(101)),
        ] {
            let (page, form) = console.form(&format!("/admin/clients/{id}/branding"), "save").await;
            let answer = console.submit(&page, &form.fill(field, value)).await;
            assert_eq!(answer.status, 422, "{field}={value:?}");
        }
        let searched = console.open(&format!("/admin/clients?{}", encode(&[("q", name)]))).await;
        assert!(searched.page().text().contains(name) && !searched.text().contains("<img"));
    }

    async fn a_change_from_an_old_page_is_refused_and_nothing_typed_is_lost(server) {
        let mut console = Console::of_owner(server).await;
        let (_, id) = console.register("Old page").await;
        let route = format!("/admin/clients/{id}/branding");
        let (page, old) = console.form(&route, "save").await;
        let saved = console.submit(&page, &old.clone().fill("name", "First")).await;
        assert!(saved.onward().is_some(), "{}", saved.text());
        let refused = console.submit(&page, &old.fill("name", "Second")).await;
        assert_eq!(refused.status, 422);
        assert!(refused.page().text_of("error-summary").is_some_and(|it| it.contains("somebody else")));
        let again = refused.page().form_with("save").unwrap();
        assert_eq!(again.value("name"), Some("Second"));
        assert!(console.submit(&refused, &again).await.onward().is_some());
        assert!(console.open(&route).await.text().contains("Second"));
    }

    async fn i19_a_form_without_its_token_changes_nothing(server) {
        let mut console = Console::of_owner(server).await;
        let (_, id) = console.register("Untouched").await;
        for (end, button) in [("/status", "confirm"), ("/branding", "save"), ("/credentials/new", "make"), ("/remove", "confirm")] {
            let (page, form) = console.form(&format!("/admin/clients/{id}{end}"), button).await;
            let form = form.fill("name", "Untouched").fill("label", "x");
            for forged in [form.clone().without("csrf"), form.clone().fill("csrf", "forged")] {
                let answer = console.submit(&page, &forged).await;
                assert_eq!(answer.status, 403, "{end}: {}", answer.text());
            }
        }
        let home = console.open(&format!("/admin/clients/{id}")).await.page().text();
        assert!(home.contains("1 live") && !home.contains("is disabled"), "{home}");
    }

    async fn the_policy_is_changed_and_a_relaxation_needs_its_reason(server) {
        let mut console = Console::of_owner(server).await;
        let (_, id) = console.register("Policy").await;
        let route = format!("/admin/clients/{id}/policy");
        let (page, form) = console.form(&route, "save").await;
        let relaxed = form.fill("consent", "implied").fill("lifetimes.access_token_seconds", "3600");
        let answer = console.submit(&page, &relaxed).await;
        assert_eq!(answer.status, 422);
        let again = answer.page().form_with("save").unwrap();
        assert_eq!(again.value("consent"), Some("implied"), "what was chosen is kept");
        let again = again
            .fill("lifetimes.access_token_seconds", "3600")
            .fill("reasons.consent_implied", "our own app")
            .fill("reasons.long_access_tokens", "their jobs run for an hour");
        let saved = console.submit(&answer, &again).await;
        assert!(saved.onward().is_some(), "{}", saved.text());
        let list = console.open("/admin/clients?state=relaxed").await.page().text();
        for badge in ["users are not asked", "access tokens live longer than five minutes"] {
            assert!(list.contains(badge), "{badge}: {list}");
        }
        for (field, value) in [("lifetimes.code_seconds", "soon"), ("lifetimes.code_seconds", "0"), ("scope", "a\"b"), ("frame_ancestors", "https://a.example/x")] {
            let (page, form) = console.form(&route, "save").await;
            let answer = console.submit(&page, &form.fill(field, value)).await;
            assert_eq!(answer.status, 422, "{field}={value}");
        }
    }

    async fn secrets_overlap_and_are_revoked(server) {
        let mut console = Console::of_owner(server).await;
        let (_, id) = console.register("Secrets").await;
        let home = format!("/admin/clients/{id}/credentials");
        let (page, form) = console.form(&format!("{home}/new"), "make").await;
        let form = form.fill("label", "second").fill("overlap", "14");
        let made = console.submit(&page, &form).await;
        assert_eq!(made.status, 200, "{}", made.text());
        assert!(made.page().text_of("client-secret").is_some());
        let twice = console.submit(&page, &form).await;
        assert!(twice.onward().is_some(), "the secret is made and shown once");
        let list = console.open(&home).await;
        assert_eq!(list.page().count("tbody tr"), 2);
        assert!(list.page().text().contains("Live, expires"), "{}", list.page().text());
        let revoke = list.page().attribute("td a.quiet-button", "href").unwrap();
        let (page, form) = console.form(&revoke, "confirm").await;
        let done = console.submit(&page, &form).await;
        assert!(done.onward().is_some());
        assert!(console.open(&home).await.page().text().contains("Revoked"));
        assert_eq!(console.submit(&page, &form).await.status, 404);
        for (label, overlap) in [("", "14"), ("x", "soon"), ("x", "99999"), ("a\u{7}b", "")] {
            let (page, form) = console.form(&format!("{home}/new"), "make").await;
            let answer = console.submit(&page, &form.fill("label", label).fill("overlap", overlap)).await;
            assert_eq!(answer.status, 422, "{label:?} {overlap}");
        }
    }

    async fn what_is_dangerous_asks_for_the_password_again_and_comes_back(server) {
        let mut console = Console::of_owner(server).await;
        let (_, id) = console.register("Danger").await;
        let route = format!("/admin/clients/{id}/remove");
        let (page, form) = console.form(&route, "confirm").await;
        server.advance(Duration::from_secs(11 * 60));
        let late = console.submit(&page, &form.clone().fill("name", "Danger")).await;
        let login = late.onward().expect("the password is asked for");
        assert!(login.query().is_some_and(|query| query.contains("prompt=login")));
        let asked = console.browser.open(login.as_str()).await;
        assert_eq!(asked.page().text_of("account-name").as_deref(), Some("ada@clinic.test"));
        let back = console.give_password(asked).await;
        assert_eq!(back.url.path(), route);
        let form = back.page().form_with("confirm").expect("the confirmation again");
        let wrong = console.submit(&back, &form.clone().fill("name", "danger")).await;
        assert_eq!(wrong.status, 422);
        let gone = console.submit(&back, &form.fill("name", "Danger")).await;
        assert!(gone.onward().is_some_and(|to| to.path() == "/admin/clients"));
        assert_eq!(console.open(&format!("/admin/clients/{id}")).await.status, 404);
    }

    async fn switching_off_works_at_once_and_a_second_submission_does_not_switch_back(server) {
        let mut console = Console::of_owner(server).await;
        let (_, id) = console.register("Switch").await;
        let (page, form) = console.form(&format!("/admin/clients/{id}/status"), "confirm").await;
        for _ in 0..2 {
            assert!(console.submit(&page, &form).await.onward().is_some());
            assert!(console.open(&format!("/admin/clients/{id}")).await.page().text().contains("is disabled"));
        }
    }

    async fn i28_hostile_addresses_and_fields_are_always_answered(server) {
        let mut console = Console::of_owner(server).await;
        let texts = ["<script>alert(1)</script>", "\u{202e}\u{7f}", "-1", "99999999999999999999", "' OR 1=1 --", "%", "../..", &"a".repeat(4000)];
        let names = ["q", "after", "environment", "state", "uri", "client", "native", "kind", "profile"];
        for route in ["/admin/clients", "/admin/check-redirect-uris", "/admin/new-client"] {
            for text in texts {
                let fields: Vec<_> = names.iter().map(|name| (*name, text)).collect();
                for query in fields.chunks(1).chain([fields.as_slice()]) {
                    let answer = console.open(&format!("{route}?{}", encode(query))).await;
                    assert!(answer.status.as_u16() < 500, "{route} {query:?}: {}", answer.text());
                    let html = answer.header("content-type").is_some_and(|it| it.starts_with("text/html"));
                    assert!(!html || !answer.text().contains("<script>alert"), "{route} {query:?}");
                }
            }
        }
        for text in texts {
            let (page, form) = console.form("/admin/new-client?kind=web", "register").await;
            for name in ["name", "redirect_uris", "scope", "auth_method", "pkce", "environment", "once", "kind", "organization"] {
                let answer = console.submit(&page, &form.clone().fill(name, text)).await;
                assert!(answer.status.as_u16() < 500, "{name}={text:.40}: {}", answer.text());
                assert!(!answer.text().contains("<script>alert"), "{name}");
            }
        }
    }

    async fn a_sheet_is_shared_by_a_link_that_can_be_ended(server) {
        let mut console = Console::of_owner(server).await;
        let route = format!("/admin/clients/{}/sheet", server.clinic().client_id);
        for (format, kind) in [("md", "text/markdown"), ("json", "application/json"), ("env", "text/plain"), ("html", "text/html")] {
            let file = console.open(&format!("{route}?format={format}")).await;
            assert_eq!(file.status, 200);
            assert!(file.header("content-type").is_some_and(|it| it.starts_with(kind)), "{format}");
            assert!(file.text().contains(&server.clinic().client_id), "{format}");
        }
        let (page, form) = console.form(&route, "share-button").await;
        for bad in ["", "0", "91", "soon", "99999999999999999999"] {
            assert_eq!(console.submit(&page, &form.clone().fill("lifetime", bad)).await.status, 422, "{bad}");
        }
        let made = console.submit(&page, &form.fill("lifetime", "7")).await;
        let url = made.page().text_of("secret").expect("the link");
        assert_eq!(Browser::new().open(&url).await.status, 200);
        let page = console.open(&route).await;
        let id = page.page().attribute("button[name=revoke]", "value").expect("a link to end");
        let form = page.page().form_with("share-button").unwrap().without("lifetime").fill("revoke", &id);
        assert!(console.submit(&page, &form).await.onward().is_some());
        assert_ne!(Browser::new().open(&url).await.status, 200);
        assert_eq!(console.submit(&page, &form).await.status, 404);
    }

    async fn keys_are_rotated_after_the_password_was_given_again(server) {
        let mut console = Console::of_owner(server).await;
        let (page, form) = console.form("/admin/keys/ES256/rotate/now", "confirm").await;
        server.advance(Duration::from_secs(11 * 60));
        let late = console.submit(&page, &form).await;
        assert!(late.onward().is_some_and(|to| to.path() == "/login"));
        let asked = console.browser.open(late.onward().unwrap().as_str()).await;
        let back = console.give_password(asked).await;
        let form = back.page().form_with("confirm").expect("the confirmation again");
        let done = console.submit(&back, &form).await;
        assert!(done.onward().is_some(), "{}", done.text());
        let keys = console.open("/admin/keys").await.page().text();
        assert!(keys.contains("retired"), "{keys}");
        for route in ["/admin/keys/ES256/rotate/soon", "/admin/keys/HS256/rotate/now", "/admin/keys/nobody/retire"] {
            assert_eq!(console.open(route).await.status, 404, "{route}");
        }
    }

    async fn the_configuration_is_shown_and_its_secrets_are_not(server) {
        let mut console = Console::of_owner(server).await;
        let page = console.open("/admin/system").await;
        assert!(page.text().contains(server.issuer()));
        assert!(!page.text().contains("dGhpcnR5LXR3byBieXRlcyBvZiBhIHRlc3Qga2V5ISE"));
    }

    async fn uris_are_judged_while_they_are_typed(server) {
        let mut console = Console::of_owner(server).await;
        let rp = server.clinic();
        let mut user = Browser::new();
        user.open(&rp.request(&[("redirect_uri", "https://rp.test/cb/")])).await;
        let query = encode(&[("client", rp.client_id.as_str()), ("uri", "https://rp.test/cb"), ("uri", "http://rp.test/")]);
        let answer = console.open(&format!("/admin/check-redirect-uris?{query}")).await;
        let checks = answer.json();
        assert_eq!(checks["checks"][0]["verdict"], "warn", "{checks}");
        assert_eq!(checks["checks"][1]["verdict"], "bad", "{checks}");
        let editor = console.open(&format!("/admin/clients/{}/redirect-uris", rp.client_id)).await;
        assert!(editor.page().text().contains("asked for lately and refused"));
    }

    async fn i10_a_sign_in_never_leads_elsewhere(server) {
        for to in ["https://evil.test/", "//evil.test/admin", "/\\evil.test", "/admin/../oauth/authorize", "/oauth/authorize"] {
            let mut browser = Browser::new();
            let url = format!("{}/login?{}", server.issuer(), encode(&[("continue", to)]));
            let page = browser.open(&url).await;
            let ada = server.ada();
            let form = page.page().form_with("password").unwrap();
            let form = form.fill("username", &ada.email).fill("password", &ada.password).fill("continue", to);
            let answer = browser.submit(&page.url, &form).await;
            assert_eq!(answer.onward().unwrap().path(), "/account", "{to}");
        }
    }
}
