//! The language that a visitor asked for is remembered by its cookie.

use vestibule_tests::browser::Browser;
use vestibule_tests::on_both_databases;

const COOKIE: &str = "vestibule-lang";

/// What a page says its language is.
async fn language(browser: &mut Browser, url: &str) -> String {
    browser.open(url).await.page().attribute("html", "lang").unwrap_or_default()
}

on_both_databases! {
    async fn a_language_chosen_from_the_menu_is_kept_for_the_pages_that_follow(server) {
        let login = server.clinic().at("/login");
        let mut browser = Browser::new();
        assert_eq!(language(&mut browser, &login).await, "en");
        assert_eq!(browser.cookie(COOKIE), None, "who asks for none gets no cookie");
        assert_eq!(language(&mut browser, &format!("{login}?ui_locales=de")).await, "de");
        assert_eq!(browser.cookie(COOKIE), Some("de"));
        assert_eq!(language(&mut browser, &login).await, "de", "without asking again");
        assert_eq!(language(&mut browser, &format!("{login}?ui_locales=en")).await, "en");
        assert_eq!(browser.cookie(COOKIE), Some("en"), "asking anew changes it");
    }

    async fn i28_a_language_cookie_that_names_none_of_ours_is_nothing(server) {
        let page = server.clinic().at("/login");
        for value in ["xx", "../de", "%00", &"d".repeat(3000)] {
            let mut browser = Browser::new();
            browser.set_cookie(COOKIE, Some(value));
            assert_eq!(language(&mut browser, &page).await, "en", "{value:.20}");
        }
        let mut browser = Browser::new();
        let asked = format!("{page}?ui_locales=xx+tlh");
        assert_eq!(language(&mut browser, &asked).await, "en");
        assert_eq!(browser.cookie(COOKIE), None, "a language that we do not have is not kept");
    }
}
