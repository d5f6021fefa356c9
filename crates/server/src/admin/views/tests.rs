//! Every page of the console, with every sample, held against the rules of all pages.

use std::path::Path;

use askama::Template;
use scraper::Html;

use super::*;
use crate::i18n::Tr;
use crate::pages::views::tests::rules;

fn render<T: Template>(name: &str, pages: Vec<T>, out: &mut Vec<(String, String)>) {
    for (index, page) in pages.into_iter().enumerate() {
        out.push((format!("console-{name}-{index}"), page.render().expect("a page renders")));
    }
}

/// Each page of the console with its samples. A new page adds its line.
fn every_page() -> Vec<(String, String)> {
    let mut out = Vec::new();
    render("overview", Overview::samples(), &mut out);
    render("organization", ChooseOrganization::samples(), &mut out);
    render("clients", Clients::samples(), &mut out);
    render("client", ClientOverview::samples(), &mut out);
    render("client-form", ClientForm::samples(), &mut out);
    render("credentials", Credentials::samples(), &mut out);
    render("new-secret", NewSecretPage::samples(), &mut out);
    render("kinds", Kinds::samples(), &mut out);
    render("new-client", NewClientPage::samples(), &mut out);
    render("sheet", SheetPage::samples(), &mut out);
    render("made", Made::samples(), &mut out);
    render("claims", ClaimsPage::samples(), &mut out);
    render("keys", Keys::samples(), &mut out);
    render("system", System::samples(), &mut out);
    render("events", Events::samples(), &mut out);
    render("case", CasePage::samples(), &mut out);
    render("case-share", CaseShare::samples(), &mut out);
    render("problem", Problem::samples(), &mut out);
    render("form", FormPage::samples(), &mut out);
    render("shown-once", ShownOnce::samples(), &mut out);
    render("admins", Admins::samples(), &mut out);
    render("tokens", Tokens::samples(), &mut out);
    render("webhooks", Webhooks::samples(), &mut out);
    render("webhook", WebhookPage::samples(), &mut out);
    render("users", users::Users::samples(), &mut out);
    render("user", users::UserPage::samples(), &mut out);
    render("user-link", users::UserLink::samples(), &mut out);
    render("users-import", users::UsersImport::samples(), &mut out);
    render("groups", Groups::samples(), &mut out);
    render("organization_brand", OrganizationBrand::samples(), &mut out);
    render("organizations", Organizations::samples(), &mut out);
    render("trial", TrialForm::samples(), &mut out);
    render("trial-report", TrialReport::samples(), &mut out);
    render("trial-wait", TrialWait::samples(), &mut out);
    out
}

#[test]
fn every_page_keeps_every_rule() {
    let mut faults = Vec::new();
    for (name, html) in every_page() {
        let document = Html::parse_document(&html);
        let found = rules::all(&document, &html, Tr::default());
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
        if html.contains("<b>") || html.contains("<script>alert") {
            faults.push(format!("{name}: a text is read as HTML"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Leaves every sample in `target/pages`, where it can be looked at.
#[test]
fn every_sample_can_be_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for asset in crate::assets::every() {
        std::fs::write(folder.join(asset.url.trim_start_matches('/')), asset.bytes).unwrap();
    }
    for (name, html) in every_page() {
        let file = folder.join(format!("{name}.html"));
        std::fs::write(&file, &html).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), html);
    }
}

#[test]
fn design_4_a_problem_carries_its_codes() {
    for page in Problem::samples() {
        let html = page.render().unwrap();
        assert!(html.contains("id=\"error-code\"") && html.contains("id=\"case-code\""));
    }
}
