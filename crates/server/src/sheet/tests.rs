use std::path::Path;
use std::process::Command;

use vestibule_protocol::client::{Client, ClientSettings, Status};
use vestibule_protocol::ids::{ClientId, ClientKey, OrgId};
use vestibule_protocol::scope::Scope;

use super::*;
use crate::config::Sources as ConfigSources;
use crate::profiles::{self, Filled};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// What a hostile administrator or vendor would call a client.
const HOSTILE: &str =
    "<script>alert(1)</script> $(touch x) `id` '; rm -rf \"x\" | [a](javascript:1) **b** #";

fn config() -> Config {
    let variables = [
        ("VESTIBULE_SECRETS__MASTER_KEY", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"),
        ("VESTIBULE_ISSUER", "https://id.clinic.example"),
        ("VESTIBULE_BRANDING__NAME", "Lakeside Clinic"),
        ("VESTIBULE_BRANDING__SUPPORT", "mailto:it@clinic.example"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let sources = ConfigSources { variables, ..ConfigSources::default() };
    Config::load(&sources).unwrap()
}

fn client(filled: Filled, client_id: &str) -> Client {
    Client {
        key: ClientKey(7),
        org: OrgId::ROOT,
        client_id: ClientId(client_id.to_owned()),
        name: filled.name,
        status: Status::Active,
        settings: filled.settings,
        secrets: Vec::new(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn sheet(profile: &str) -> Sheet {
    let profile = profiles::find(profile, None).unwrap();
    let client = client(profile.example().unwrap(), "k7QfT2");
    Sheet::of(Sources { client: &client, profile: Some(&profile), config: &config(), now: NOW })
}

fn hostile() -> Sheet {
    let profile = profiles::find("generic-oidc", None).unwrap();
    let mut client = client(profile.example().unwrap(), "k7QfT2");
    client.name = HOSTILE.to_owned();
    client.settings.environment = Environment::Test;
    client.settings.redirect_uris =
        vec!["https://app.example/cb?a=$(id)&b='x'&c=`id`|d".to_owned()];
    let mut config = config();
    config.branding.name = HOSTILE.to_owned();
    config.branding.support = Some("javascript:alert(1)".to_owned());
    Sheet::of(Sources { client: &client, profile: Some(&profile), config: &config, now: NOW })
}

/// The sheets that pages are tried with.
pub(crate) fn samples() -> Vec<Sheet> {
    vec![sheet("unomed"), sheet("healthie"), hostile()]
}

#[test]
fn the_sheets_of_unomed_and_healthie_are_these() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sheet/snapshots");
    let got_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/sheets");
    std::fs::create_dir_all(&got_folder).unwrap();
    let mut changed = Vec::new();
    for name in ["unomed", "healthie"] {
        for format in [Format::Html, Format::Markdown, Format::Json, Format::Env] {
            let file = format!("{name}.{}", format.extension());
            let mut got = sheet(name).render(format).unwrap();
            if let (Some(begin), Some(end)) = (got.find("<style>"), got.find("</style>")) {
                got.replace_range(begin + "<style>".len()..end, "…");
            }
            std::fs::write(got_folder.join(&file), &got).unwrap();
            if std::fs::read_to_string(folder.join(&file)).unwrap_or_default() != got {
                changed.push(file);
            }
        }
    }
    assert!(
        changed.is_empty(),
        "{changed:?} changed; if that is meant: cp target/sheets/* crates/server/src/sheet/snapshots/"
    );
}

#[test]
fn unomed_is_told_what_to_type_in_its_own_words() {
    let sheet = sheet("unomed");
    let rows: Vec<(&str, String)> =
        sheet.fields.iter().map(|f| (f.label.as_str(), f.values.join(" "))).collect();
    assert_eq!(
        rows,
        [
            ("Authorization URL", "https://id.clinic.example/oauth/authorize".to_owned()),
            ("Token URL", "https://id.clinic.example/oauth/token".to_owned()),
            ("User info URL", "https://id.clinic.example/oauth/userinfo".to_owned()),
            ("Client ID", "k7QfT2".to_owned()),
            ("Client secret", String::new()),
            ("Token authentication method (post or basic)", "client_secret_post".to_owned()),
            ("Scopes", "openid email profile".to_owned()),
        ]
    );
    let sample = sheet.sample_userinfo.as_ref().unwrap();
    for name in ["sub", "id", "email", "email_verified", "first_name", "last_name"] {
        assert!(sample.contains_key(name), "{name}");
    }
    assert!(sheet.redirect_uris.iter().all(|uri| uri.ends_with('/')));
}

#[test]
fn every_profile_has_a_sheet_in_every_form() {
    for profile in profiles::all(None).0 {
        let Ok(filled) = profile.example() else { continue };
        let client = client(filled, "k7QfT2");
        let sources =
            Sources { client: &client, profile: Some(&profile), config: &config(), now: NOW };
        let sheet = Sheet::of(sources);
        for format in [Format::Html, Format::Markdown, Format::Json, Format::Env] {
            let text = sheet.render(format).unwrap();
            for uri in &client.settings.redirect_uris {
                let shown = uri.replace('&', "&#38;");
                assert!(text.contains(uri) || text.contains(&shown), "{}: {uri}", profile.name);
            }
            assert!(
                !text.contains("{issuer}") && !text.contains("{client_id}"),
                "{}",
                profile.name
            );
        }
    }
}

#[test]
fn a_client_that_works_for_itself_has_no_sign_in_on_its_sheet() {
    let settings = ClientSettings {
        grant_types: [GrantType::ClientCredentials].into(),
        scope: Scope::default(),
        ..ClientSettings::default()
    };
    let client = client(Filled { name: "Job".to_owned(), settings }, "job");
    let sheet = Sheet::of(Sources { client: &client, profile: None, config: &config(), now: NOW });
    assert!(
        sheet.sample_userinfo.is_none() && sheet.scopes.is_empty() && sheet.claims_in.is_empty()
    );
    assert_eq!(sheet.examples.len(), 1);
    assert!(!sheet.policy.iter().any(|line| line.key == "pkce"));
}

#[test]
fn names_are_never_html() {
    let html = hostile().render(Format::Html).unwrap();
    assert!(!html.contains("<script>") && !html.contains("href=\"javascript:"), "{html}");
    let document = scraper::Html::parse_document(&html);
    let title = scraper::Selector::parse("h1").unwrap();
    let shown: String = document.select(&title).flat_map(|it| it.text()).collect();
    assert_eq!(shown, HOSTILE);
}

#[test]
fn names_are_never_markdown() {
    let text = hostile().render(Format::Markdown).unwrap();
    let title = text.lines().next().unwrap();
    assert!(title.contains(r"\<script\>") && title.contains(r"\[a\](") && title.contains(r"\*\*b"));
    assert!(title.contains(r"\`id\`") && title.contains(r"\|") && title.contains(r"\#"));
    // A bar in a cell would begin another cell, also inside code.
    let row = text.lines().find(|line| line.starts_with("| Redirect URI ")).unwrap();
    let bars = row.replace(r"\|", "").matches('|').count();
    assert_eq!(bars, 3, "{row}");
}

/// Judged by the shell itself: what it reads is what was meant, and nothing is run.
#[test]
fn values_are_never_commands() {
    let sheet = hostile();
    let folder = std::env::temp_dir().join(format!("vestibule-sheet-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let run = |script: &str| {
        let output =
            Command::new("sh").arg("-c").arg(script).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let env = sheet.render(Format::Env).unwrap();
    let said = run(&format!("{env}\nprintf '%s\\n' \"$OIDC_REDIRECT_URI\" \"$OIDC_ISSUER\""));
    let uri = sheet.redirect_uris.first().unwrap();
    assert_eq!(said, format!("{uri}\nhttps://id.clinic.example\n"));
    let exchange = sheet.examples.iter().find(|it| it.title.contains("Exchange")).unwrap();
    let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{}", exchange.text);
    let words = run(&script);
    assert!(words.lines().any(|word| word == format!("redirect_uri={uri}")), "{words}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "something was run");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_words_of_markup_stay_words() {
    use markup::{Place, block, code, dotenv, markdown, shell};
    assert_eq!(code("a`b", Place::Line), "``a`b``");
    assert_eq!(code("`a`", Place::Line), "`` `a` ``");
    assert_eq!(code("a|b", Place::Cell), r"`a\|b`");
    assert_eq!(code("a\nb", Place::Line), "`a b`");
    assert_eq!(block("sh", "```\nx"), "````sh\n```\nx\n````\n");
    assert_eq!(markdown("given_name _x_ a\nb"), r"given_name \_x\_ a b");
    assert_eq!(shell("plain-1"), "plain-1");
    assert_eq!(shell("it's"), r"'it'\''s'");
    assert_eq!(shell(""), "''");
    assert_eq!(dotenv("a b$c"), "'a b$c'");
    assert_eq!(dotenv("it's $x \"`\\"), r#""it's \$x \"\`\\""#);
    assert_eq!(dotenv("a\nEVIL=1"), "'aEVIL=1'");
}
