//! `/login`: guessing is slowed down, and never at the cost of the account's owner.

use std::time::Duration;

use vestibule_tests::browser::{Answer, Browser};
use vestibule_tests::on_both_databases;
use vestibule_tests::relying_party::RelyingParty;

/// Follows what a browser follows.
async fn follow(browser: &mut Browser, mut answer: Answer) -> Answer {
    while let Some(onward) = answer.onward() {
        if !onward.as_str().starts_with("http://127.0.0.1:") {
            return answer;
        }
        answer = browser.open(onward.as_str()).await;
    }
    answer
}

/// One attempt from the authorization request on.
async fn attempt(browser: &mut Browser, rp: &RelyingParty, email: &str, password: &str) -> Answer {
    let first = browser.open(&rp.request(&[])).await;
    let page = follow(browser, first).await;
    let form = page.page().form_with("password").unwrap_or_else(|| panic!("{}", page.text()));
    let form = form.fill("username", email).fill("password", password).press("submit");
    let answer = browser.submit(&page.url, &form).await;
    follow(browser, answer).await
}

fn is_in(answer: &Answer) -> bool {
    answer.page().has_id("approve") || answer.onward().is_some()
}

on_both_databases! {
    async fn i24_guesses_of_one_account_are_slowed_down(server) {
        server.stop_clock();
        let rp = server.clinic();
        let ada = server.ada();
        let mut slowed = None;
        for count in 1..=12 {
            let answer = attempt(&mut Browser::new(), &rp, &ada.email, &format!("guess number {count} of many")).await;
            assert!(!is_in(&answer));
            if answer.status == 429 {
                assert!(answer.header("retry-after").is_some(), "it says when to come back");
                slowed = Some(count);
                break;
            }
        }
        let slowed = slowed.expect("twelve guesses in a row are too many");
        assert!(slowed > 5, "five mistakes are free: slowed at {slowed}");
        assert!(slowed < 9, "and not many more: slowed at {slowed}");
        let right = attempt(&mut Browser::new(), &rp, &ada.email, &ada.password).await;
        assert_eq!(right.status, 429, "a stranger's lucky guess is slowed too");
        for alias in ["ADA@clinic.test", " ada@clinic.test ", "ada@CLINIC.test"] {
            let answer = attempt(&mut Browser::new(), &rp, alias, "yet another guess of it").await;
            assert_eq!(answer.status, 429, "{alias:?} is the same account");
        }
        server.advance(Duration::from_secs(16 * 60));
        let right = attempt(&mut Browser::new(), &rp, &ada.email, &ada.password).await;
        assert!(is_in(&right), "and passes with time: {}", right.page().text());
    }

    async fn p6_strangers_cannot_lock_the_owner_out_of_a_trusted_device(server) {
        server.stop_clock();
        let rp = server.clinic();
        let ada = server.ada();
        let mut own = Browser::new();
        own.authorize(&rp.request(&[]), &ada).await;
        own.set_cookie("vestibule-session", None);
        for count in 0..15 {
            attempt(&mut Browser::new(), &rp, &ada.email, &format!("guess number {count} of many")).await;
        }
        let answer = attempt(&mut own, &rp, &ada.email, &ada.password).await;
        assert!(is_in(&answer), "{} {}", answer.status, answer.page().text());
    }

    async fn i23_an_unknown_account_is_slowed_down_alike(server) {
        server.stop_clock();
        let rp = server.clinic();
        let mut seen = Vec::new();
        for email in ["ada@clinic.test", "nobody@clinic.test"] {
            let mut statuses = Vec::new();
            for count in 0..8 {
                let answer = attempt(&mut Browser::new(), &rp, email, &format!("guess number {count} of many")).await;
                statuses.push(answer.status.as_u16());
            }
            seen.push(statuses);
        }
        assert_eq!(seen[0], seen[1]);
    }

    async fn i23_an_account_whose_hash_costs_more_is_not_told_by_the_time(server) {
        let rp = server.clinic();
        let file = std::path::Path::new(server.config()).with_file_name("imported.csv");
        let hash = "pbkdf2_sha256$200000$Zsalt9$HZ7EuVee8fS9tbapxo33Rj5Lm/61XyhVOn0fN/aI3o0=";
        std::fs::write(&file, format!("email,password_hash\nimported@clinic.test,{hash}\n")).unwrap();
        server.cli(&["user", "import", file.to_str().unwrap(), "--json"]);
        for email in ["imported@clinic.test", "nobody@clinic.test"] {
            let pace = server.app().passwords.pace();
            let mut browser = Browser::new();
            let first = browser.open(&rp.request(&[])).await;
            let page = follow(&mut browser, first).await;
            let form = page.page().form_with("password").unwrap();
            let form = form.fill("username", email).fill("password", "a guess that is wrong").press("submit");
            let began = tokio::time::Instant::now();
            let answer = browser.submit(&page.url, &form).await;
            assert!(began.elapsed() * 5 / 4 >= pace, "{email}: earlier than {pace:?}");
            assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
        }
        assert!(server.app().passwords.pace() > Duration::ZERO, "one cost something else");
    }

    async fn identifiers_are_found_in_any_spelling(server) {
        let rp = server.clinic();
        let ada = server.ada();
        for spelling in ["ADA@Clinic.Test", "  ada@clinic.test", "ａｄａ@clinic.test"] {
            let answer = attempt(&mut Browser::new(), &rp, spelling, &ada.password).await;
            assert!(is_in(&answer), "{spelling:?}: {}", answer.page().text());
        }
    }

    async fn t6_passwords_of_any_length_are_answered(server) {
        let rp = server.clinic();
        for password in [String::new(), "x".repeat(1025), "é".repeat(600), "p".repeat(12_000)] {
            let answer = attempt(&mut Browser::new(), &rp, "ada@clinic.test", &password).await;
            assert!(answer.status.as_u16() < 500, "{} characters: {}", password.len(), answer.status);
            assert!(!is_in(&answer));
        }
    }
}
