//! Every page, with every sample, in every language, held against the accessibility and security
//! rules that a parser can judge.

pub(crate) mod rules;

use std::path::Path;

use askama::Template;
use scraper::{Html, Selector};

use self::rules::all;
use super::*;
use crate::assets;
use crate::i18n::Tr;

/// A page as a browser would get it.
struct Rendered {
    name: String,
    html: String,
    tr: Tr,
}

fn render<T: Template>(name: &str, tr: Tr, pages: Vec<T>, out: &mut Vec<Rendered>) {
    for (index, page) in pages.into_iter().enumerate() {
        let name = format!("{name}-{index}-{}", tr.lang());
        out.push(Rendered { name, html: page.render().expect("a page renders"), tr });
    }
}

fn every_page() -> Vec<Rendered> {
    let mut out = Vec::new();
    for tr in Tr::all() {
        let shell = Shell::sample(tr);
        render("sign-in", tr, SignIn::samples(&shell), &mut out);
        render("account-chooser", tr, AccountChooser::samples(&shell), &mut out);
        render("consent", tr, ConsentPage::samples(&shell), &mut out);
        render("logout-confirm", tr, LogoutConfirm::samples(&shell), &mut out);
        render("signed-out", tr, SignedOut::samples(&shell), &mut out);
        render("error", tr, ErrorPage::samples(&shell), &mut out);
        render("catalogue", tr, Catalogue::samples(&shell), &mut out);
        render("entry", tr, CatalogueEntry::samples(&shell), &mut out);
        render("case-shared", tr, SharedCasePage::samples(&shell), &mut out);
        render("held", tr, Held::samples(&shell), &mut out);
        render("leave", tr, Leave::samples(&shell), &mut out);
        render("form-post", tr, FormPost::samples(&shell), &mut out);
        render("framed", tr, Framed::samples(&shell), &mut out);
        render("setup", tr, Setup::samples(&shell), &mut out);
        render("setup-done", tr, SetupDone::samples(&shell), &mut out);
        render("welcome", tr, Welcome::samples(&shell), &mut out);
        render("welcome-done", tr, WelcomeDone::samples(&shell), &mut out);
        render("mailbox-list", tr, MailboxList::samples(&shell), &mut out);
        render("mailbox-message", tr, MailboxMessage::samples(&shell), &mut out);
        render("playground-start", tr, PlaygroundStart::samples(&shell), &mut out);
        render("playground-result", tr, PlaygroundResult::samples(&shell), &mut out);
        render("home", tr, Home::samples(&shell), &mut out);
        if tr == Tr::default() {
            render("api-docs", tr, ApiDocs::samples(&shell), &mut out);
        }
        let mut bare = Shell::sample(tr);
        bare.here = None;
        bare.brand =
            std::sync::Arc::new(Brand { development: true, help: None, ..(*bare.brand).clone() });
        render("bare-home", tr, Home::samples(&bare), &mut out);
        render("bare", tr, SignIn::samples(&bare), &mut out);
    }
    // What vendors are sent is in English.
    let shell = Shell::sample(Tr::default());
    render("shared-sheet", Tr::default(), SharedSheet::samples(&shell), &mut out);
    render("shared-secret", Tr::default(), SecretOffer::samples(&shell), &mut out);
    render("shared-secret-shown", Tr::default(), SecretShown::samples(&shell), &mut out);
    out
}

fn one<'a>(html: &'a Html, selector: &str) -> Option<scraper::ElementRef<'a>> {
    let mut found = html.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
    (found.len() == 1).then(|| found.remove(0))
}

#[test]
fn every_page_keeps_every_rule() {
    let pages = every_page();
    assert!(pages.len() > 120, "only {} pages", pages.len());
    let mut faults = Vec::new();
    for page in &pages {
        let html = Html::parse_document(&page.html);
        for fault in all(&html, &page.html, page.tr) {
            faults.push(format!("{}: {fault}", page.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Leaves every sample in `target/pages`, with the files beside it under `assets/`, where a browser,
/// a person or an accessibility checker can look at them.
#[test]
fn every_sample_can_be_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for asset in assets::every() {
        std::fs::write(folder.join(asset.url.trim_start_matches('/')), asset.bytes).unwrap();
    }
    for page in every_page() {
        let file = folder.join(format!("{}.html", page.name));
        std::fs::write(&file, &page.html).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), page.html);
    }
}

#[test]
fn design_4_the_pinned_ids_are_there() {
    let rows: &[(&str, &[&str])] = &[
        (
            "sign-in",
            &[
                "input#username[name=username]",
                "input#password[name=password][type=password]",
                "button#submit",
            ],
        ),
        ("consent", &["button#approve", "button#deny"]),
        ("logout-confirm", &["button#logout-confirm"]),
        ("signed-out", &["#signed-out"]),
        ("error", &["#error-code", "#case-code"]),
        ("form-post", &["form#form-post[method=post]", "button#continue"]),
        ("leave", &["a#continue"]),
        ("framed", &["a#open-window[target=_blank]"]),
    ];
    let pages = every_page();
    for (name, selectors) in rows {
        let of_name: Vec<_> = pages
            .iter()
            .filter(|page| page.name.trim_end_matches(|c| c != '-').len() > name.len())
            .filter(|page| page.name.starts_with(&format!("{name}-")))
            .collect();
        assert!(!of_name.is_empty(), "{name}");
        for page in of_name {
            let html = Html::parse_document(&page.html);
            for selector in *selectors {
                assert!(one(&html, selector).is_some(), "{}: {selector}", page.name);
            }
        }
    }
}

#[test]
fn wcag_1_3_5_fields_say_what_they_are_for() {
    for page in every_page().iter().filter(|page| page.name.starts_with("sign-in")) {
        let html = Html::parse_document(&page.html);
        let username = one(&html, "#username").unwrap().attr("autocomplete");
        let password = one(&html, "#password").unwrap();
        assert!(username.is_some_and(|it| it.starts_with("username")), "{}", page.name);
        assert_eq!(password.attr("autocomplete"), Some("current-password"), "{}", page.name);
        assert_eq!(password.attr("value"), None, "{} gives a password back", page.name);
        assert_eq!(password.attr("maxlength"), None, "{}", page.name);
    }
}

#[test]
fn wcag_3_3_1_a_fault_is_told_in_a_focused_summary_at_its_field_and_in_the_title() {
    let shell = Shell::sample(Tr::default());
    for page in SignIn::samples(&shell).into_iter().filter(|page| page.fault.is_some()) {
        let text = page.render().unwrap();
        let html = Html::parse_document(&text);
        let summary = one(&html, "main > div:first-child#error-summary").expect("a summary first");
        assert!(summary.attr("autofocus").is_some() && summary.attr("tabindex") == Some("-1"));
        assert!(one(&html, "#error-summary [role=alert]").is_some());
        assert!(text.contains("<title>Error: "));
        if page.fault == Some(SignInFault::NotRight) {
            for field in
                html.select(&Selector::parse("input:is([type=email], [type=password])").unwrap())
            {
                assert_eq!(field.attr("aria-invalid"), Some("true"));
                assert_eq!(field.attr("aria-describedby"), Some("password-fault"));
            }
            assert!(one(&html, "#password-fault").is_some());
        }
    }
}

#[test]
fn as_46_sign_in_and_consent_name_the_app_and_link_its_policies() {
    let shell = Shell::sample(Tr::default());
    let consent = ConsentPage::samples(&shell).remove(0).render().unwrap();
    let sign_in = SignIn::samples(&shell).remove(0).render().unwrap();
    for part in ["Unomed", "api.unomed.ch", "https://unomed.ch/privacy", "https://unomed.ch/terms"]
    {
        assert!(consent.contains(part), "{part}");
        assert!(sign_in.contains(part), "{part}");
    }
    assert!(consent.contains("ada@clinic.test"), "the actual values are shown");
}

#[test]
fn an_apps_addresses_are_links_only_when_they_are_web_addresses() {
    let shell = Shell::sample(Tr::default());
    let mut page = ErrorPage::samples(&shell).remove(1);
    page.app = Some(App { home: Some("javascript:alert(1)".to_owned()), ..App::sample() });
    assert!(!page.render().unwrap().contains("javascript:"));
}

#[test]
fn consent_gives_both_answers_the_same_weight() {
    let shell = Shell::sample(Tr::default());
    let text = ConsentPage::samples(&shell).remove(0).render().unwrap();
    let html = Html::parse_document(&text);
    let class = |id| one(&html, id).unwrap().attr("class");
    assert_eq!(class("#approve"), class("#deny"));
}

#[test]
fn t7_the_last_page_goes_on_by_itself_and_by_a_link() {
    let shell = Shell::sample(Tr::default());
    for page in Leave::samples(&shell) {
        let to = page.to.clone();
        let text = page.render().unwrap();
        let html = Html::parse_document(&text);
        let refresh = one(&html, "meta[http-equiv=refresh]").unwrap().attr("content").unwrap();
        assert_eq!(refresh, format!("0; url={to}"));
        assert_eq!(one(&html, "a#continue").unwrap().attr("href"), Some(to.as_str()));
    }
}

#[test]
fn form_post_carries_the_answer_and_nothing_of_ours() {
    let shell = Shell::sample(Tr::default());
    let page = FormPost::samples(&shell).remove(0);
    let parameters = page.parameters.clone();
    let text = page.render().unwrap();
    let html = Html::parse_document(&text);
    let sent: Vec<(String, String)> = html
        .select(&Selector::parse("form#form-post [name]").unwrap())
        .map(|it| (it.attr("name").unwrap().to_owned(), it.attr("value").unwrap().to_owned()))
        .collect();
    assert_eq!(sent, parameters);
}

#[test]
fn a_form_keeps_its_token_out_of_debug_output() {
    assert!(!format!("{:?}", Form::sample("/login")).contains("c3JmLXRva2Vu"));
}
