//! A sheet as Markdown.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use vestibule_protocol::client::Environment;

use super::markup::{Place, block, code, markdown};
use super::sections::{bullets, steps};
use super::{Line, SECRET_NOTE, Sheet};

/// The page.
pub fn of(sheet: &Sheet) -> String {
    let mut page = format!("# {}: hand-over sheet\n\n", markdown(&sheet.client_name));
    let provider = markdown(&sheet.provider);
    let environment = environment(sheet.environment);
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(page, "How to sign users in with {provider}. **{environment}.**\n");
    fields(&mut page, sheet);
    lines(&mut page, "Endpoints", &sheet.endpoints, code_cell);
    client(&mut page, sheet);
    claims(&mut page, sheet);
    if !sheet.examples.is_empty() {
        page.push_str("## Try it from a shell\n\n");
        for example in &sheet.examples {
            let _ =
                writeln!(page, "{}:\n\n{}", markdown(&example.title), block("sh", &example.text));
        }
    }
    steps(&mut page, "Test", &sheet.tests);
    bullets(&mut page, "What to look out for", &sheet.quirks);
    bullets(&mut page, "What you can rely on", &sheet.promises);
    if let Some(contact) = &sheet.contact {
        let _ = writeln!(page, "## Help\n\n{}\n", code(contact, Place::Line));
    }
    format!("{}\n", page.trim_end())
}

/// What people call an environment.
pub fn environment(environment: Environment) -> &'static str {
    match environment {
        Environment::Test => "Test environment",
        Environment::Live => "Live environment",
    }
}

fn code_cell(text: &str) -> String {
    code(text, Place::Cell)
}

fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| code_cell(text)).collect::<Vec<_>>().join("<br>")
}

fn fields(page: &mut String, sheet: &Sheet) {
    let whom = sheet.vendor.as_deref().unwrap_or("the client");
    let _ = writeln!(page, "## Type this in at {}\n", markdown(whom));
    if let Some(place) = &sheet.place {
        let _ = writeln!(page, "{}\n", markdown(place));
    }
    page.push_str("| field | value |\n|---|---|\n");
    for field in &sheet.fields {
        let mut value = codes(&field.values);
        match &field.note {
            Some(note) if value.is_empty() => value = markdown(note),
            Some(note) => {
                let _ = write!(value, " ({})", markdown(note));
            }
            None => {}
        }
        let _ = writeln!(page, "| {} | {value} |", markdown(&field.label));
    }
    page.push('\n');
}

fn lines(page: &mut String, title: &str, lines: &[Line], cell: fn(&str) -> String) {
    let _ = writeln!(page, "## {title}\n\n| | |\n|---|---|");
    for line in lines {
        let _ = writeln!(page, "| {} | {} |", markdown(&line.label), cell(&line.value));
    }
    page.push('\n');
}

fn client(page: &mut String, sheet: &Sheet) {
    let _ = writeln!(page, "## This client\n\n| | |\n|---|---|");
    let _ = writeln!(page, "| Client ID | {} |", code_cell(&sheet.client_id));
    if sheet.fields.iter().any(super::Field::is_secret) {
        let _ = writeln!(page, "| Client secret | {SECRET_NOTE} |");
    }
    let _ =
        writeln!(page, "| Client authentication | {} |", codes(&sheet.token_endpoint_auth_methods));
    for line in &sheet.policy {
        let _ = writeln!(page, "| {} | {} |", markdown(&line.label), markdown(&line.value));
    }
    page.push('\n');
    for (title, uris) in [
        ("Redirect URIs, character for character", &sheet.redirect_uris),
        ("After logout", &sheet.post_logout_redirect_uris),
        ("Sign-in may be shown in a frame by", &sheet.frame_ancestors),
    ] {
        if !uris.is_empty() {
            let _ = writeln!(page, "## {title}\n");
            for uri in uris {
                let _ = writeln!(page, "- {}", code(uri, Place::Line));
            }
            page.push('\n');
        }
    }
}

fn claims(page: &mut String, sheet: &Sheet) {
    if sheet.scopes.is_empty() {
        return;
    }
    page.push_str("## Scopes and claims\n\n| scope | claims |\n|---|---|\n");
    for line in &sheet.scopes {
        let claims: Vec<String> = line.claims.iter().map(|claim| code_cell(claim)).collect();
        let claims = if claims.is_empty() { "none".to_owned() } else { claims.join(", ") };
        let _ = writeln!(page, "| {} | {claims} |", code_cell(&line.scope));
    }
    page.push('\n');
    if !sheet.claims_in.is_empty() {
        let _ = writeln!(page, "Claims are in: {}.\n", markdown(&sheet.claims_in.join(", ")));
    }
    sample(page, "Userinfo, for a made-up person", sheet.sample_userinfo.as_ref());
    sample(page, "ID token, for a made-up person", sheet.sample_id_token.as_ref());
}

fn sample(page: &mut String, title: &str, sample: Option<&Map<String, Value>>) {
    if let Some(sample) = sample {
        let text = format!("{:#}", Value::Object(sample.clone()));
        let _ = writeln!(page, "{title}:\n\n{}", block("json", &text));
    }
}
