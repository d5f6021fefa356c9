//! A sign-in that is left and come back to, or answered in two tabs.

use std::time::Duration;

use vestibule_tests::browser::{Answer, Browser, Person};
use vestibule_tests::on_both_databases;
use vestibule_tests::page::Form;

/// Opens an address and follows it to a page.
async fn page(browser: &mut Browser, url: &str) -> Answer {
    let answer = browser.open(url).await;
    settled(browser, answer).await
}

/// Sends the form with that button, and goes where it leads.
async fn press(browser: &mut Browser, on: &Answer, button: &str) -> Answer {
    let form = on.page().form_with(button).unwrap_or_else(|| panic!("{}", on.text()));
    let answer = browser.submit(&on.url, &form.press(button)).await;
    settled(browser, answer).await
}

async fn settled(browser: &mut Browser, mut answer: Answer) -> Answer {
    while let Some(onward) = answer.onward() {
        if onward.origin() != answer.url.origin() {
            break;
        }
        answer = browser.open(onward.as_str()).await;
    }
    answer
}

async fn sign_in(browser: &mut Browser, on: &Answer, person: &Person) -> Answer {
    let form = credentials(on, &person.email, &person.password);
    let answer = browser.submit(&on.url, &form).await;
    settled(browser, answer).await
}

fn credentials(on: &Answer, email: &str, password: &str) -> Form {
    let form = on.page().form_with("password").unwrap_or_else(|| panic!("{}", on.text()));
    form.fill("username", email).fill("password", password).press("submit")
}

fn language(answer: &Answer) -> String {
    answer.page().attribute("html", "lang").unwrap_or_default()
}

on_both_databases! {
    async fn i20_an_approval_is_of_the_account_that_was_shown(server) {
        let rp = server.clinic();
        let (ada, grace) = (server.ada(), server.person("grace@clinic.test").await);
        let mut browser = Browser::new();
        // Grace has agreed before, so nothing would have to be asked of her.
        browser.authorize(&rp.request(&[]), &grace).await;
        let mut browser = Browser::new();
        let login = page(&mut browser, &rp.request(&[])).await;
        let asked = sign_in(&mut browser, &login, &ada).await;
        assert!(asked.page().text().contains("ada@clinic.test"), "{}", asked.page().text());
        // Another tab of the same browser.
        let other = page(&mut browser, &rp.at("/login?account=other")).await;
        sign_in(&mut browser, &other, &grace).await;

        let again = press(&mut browser, &asked, "approve").await;
        assert_eq!(again.onward(), None, "what stood there was about Ada");
        let shown = again.page();
        assert_eq!(shown.text_of("account-name").as_deref(), Some("grace@clinic.test"));
        assert!(shown.has_id("reason") && shown.has_id("other-account"), "{}", shown.text());
        let reloaded = press(&mut browser, &asked, "approve").await;
        assert_eq!(reloaded.onward(), None, "nor is it the second time");
        let back = press(&mut browser, &again, "approve").await.onward().expect("the app");
        assert!(back.as_str().contains("code="), "{back}");
    }

    async fn as_41_a_language_chosen_on_the_way_holds_for_the_rest_of_the_sign_in(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        let login = page(&mut browser, &rp.request(&[("ui_locales", "de")])).await;
        assert_eq!(language(&login), "de");
        let menu = login.page().attribute(".languages a[lang=en]", "href").expect("a menu");
        let login = page(&mut browser, login.url.join(&menu).unwrap().as_str()).await;
        assert_eq!(language(&login), "en");
        let answer = browser.submit(&login.url, &credentials(&login, "ada@clinic.test", "")).await;
        assert_eq!(language(&answer), "en", "the reader knows better than the app");
        let menu = answer.page().attribute(".languages a[lang=de]", "href").expect("a menu");
        let german = page(&mut browser, answer.url.join(&menu).unwrap().as_str()).await;
        assert_eq!(language(&german), "de", "the newer choice counts: {menu}");
        let asked = sign_in(&mut browser, &login, &server.ada()).await;
        assert!(asked.page().has_id("approve"));
        assert_eq!(language(&asked), "en");
    }

    async fn as_41_errors_and_the_way_out_are_in_the_language_that_was_asked_for(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        let login = page(&mut browser, &rp.request(&[("ui_locales", "de")])).await;
        let asked = sign_in(&mut browser, &login, &server.ada()).await;
        press(&mut browser, &asked, "approve").await;
        let finished = page(&mut browser, asked.url.as_str()).await;
        assert!(finished.page().has_id("error-code"));
        assert_eq!(language(&finished), "de", "it belongs to the same request");
        let confirm = page(&mut browser, &rp.at("/oauth/logout?ui_locales=de")).await;
        let out = press(&mut browser, &confirm, "logout-confirm").await;
        assert!(out.page().has_id("signed-out"));
        assert_eq!(language(&out), "de");
    }

    async fn the_address_of_a_fault_leads_back_to_the_sign_in(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        let login = page(&mut browser, &rp.request(&[])).await;
        let wrong = credentials(&login, "ada@clinic.test", "not the password at all");
        let fault = browser.submit(&login.url, &wrong).await;
        assert!(fault.page().has_id("error-summary"));
        // A tab that was put to sleep, or the address bar.
        let opened = page(&mut browser, fault.url.as_str()).await;
        let asked = sign_in(&mut browser, &opened, &server.ada()).await;
        let back = press(&mut browser, &asked, "approve").await.onward().expect("the app");
        assert!(back.as_str().contains("code="), "{back}");

        let mut browser = Browser::new();
        let login = page(&mut browser, &rp.at("/login?continue=%2Faccount%3Fa%3Db")).await;
        let wrong = credentials(&login, "ada@clinic.test", "not the password at all");
        let fault = browser.submit(&login.url, &wrong).await;
        let opened = page(&mut browser, fault.url.as_str()).await;
        let home = sign_in(&mut browser, &opened, &server.ada()).await;
        assert!(home.url.as_str().ends_with("/account?a=b"), "{}", home.url);
    }

    async fn a_wrong_password_does_not_hide_why_it_is_asked_for(server) {
        let rp = server.clinic();
        let mut browser = Browser::new();
        browser.authorize(&rp.request(&[]), &server.ada()).await;
        let asked = page(&mut browser, &rp.request(&[("prompt", "login")])).await;
        let why = asked.page().text_of("reason").expect("why it is asked again");
        assert!(asked.page().title().contains("Confirm it is you"), "{}", asked.page().title());
        let wrong = credentials(&asked, "ada@clinic.test", "not the password at all");
        let again = browser.submit(&asked.url, &wrong).await;
        assert!(again.page().has_id("error-summary") && again.page().has_id("account-name"));
        assert_eq!(again.page().text_of("reason"), Some(why));
    }

    async fn cookies_are_blamed_only_when_none_came(server) {
        let rp = server.clinic();
        let told = |answer: &Answer| {
            assert!(answer.page().has_id("error-code"), "{}", answer.text());
            answer.page().text().contains("cookie")
        };
        let mut browser = Browser::new();
        let login = page(&mut browser, &rp.request(&[])).await;
        let form = credentials(&login, "ada@clinic.test", "whatever it is");
        let mut blocked = Browser::new();
        assert!(told(&page(&mut blocked, login.url.as_str()).await));
        assert!(told(&blocked.submit(&login.url, &form).await));
        let mut other = Browser::new();
        page(&mut other, &rp.request(&[])).await;
        assert!(!told(&page(&mut other, login.url.as_str()).await), "it keeps ours well");
        server.advance(Duration::from_secs(3600));
        assert!(!told(&browser.submit(&login.url, &form).await), "it took too long");
        assert!(!told(&page(&mut browser, &rp.at("/consent?request=1")).await));
    }
}
