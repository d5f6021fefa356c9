//! The vendor guide of a profile, as Markdown: `docs/vendors/<name>.md`.

use std::fmt::Write as _;

use vestibule_protocol::client::ClientSettings;

use super::{Filled, Profile, Support};
use crate::sheet::facts::{Facts, as_typed, plain_label};
use crate::sheet::markup::{Place, block, code, markdown, shell};
use crate::sheet::policy;
use crate::sheet::sections::{bullets, steps};

/// The guide.
pub fn markdown_of(profile: &Profile) -> String {
    let mut page = format!("# {}\n\n", markdown(&profile.vendor));
    let name = &profile.name;
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        page,
        "<!-- Written by `vestibule profile guide` from profiles/{name}.toml; a test holds them together. -->\n"
    );
    let _ = writeln!(page, "{}\n", markdown(&profile.summary));
    if let Some(note) = &profile.support_note {
        let _ = writeln!(page, "**{}** {}\n", support_words(profile.support), markdown(note));
    }
    if let Ok(filled) = profile.example() {
        register(&mut page, profile, &filled);
        hand_over(&mut page, profile, &filled);
    }
    steps(&mut page, "Verify", &profile.tests);
    bullets(&mut page, "What to look out for", &profile.quirks);
    table(
        &mut page,
        "Common faults",
        ["you see", "it means"],
        profile.troubles.iter().map(|trouble| [in_cell(&trouble.sees), in_cell(&trouble.means)]),
    );
    let sources = profile.evidence.iter().map(|evidence| {
        [markdown(&evidence.facts), markdown(&evidence.source), evidence.mark.words().to_owned()]
    });
    table(&mut page, "Where this comes from", ["facts", "source", "how sure"], sources);
    format!("{}\n", page.trim_end())
}

/// The page that lists all guides.
pub fn index(profiles: &[Profile]) -> String {
    let mut page = "# Vendor guides\n\n<!-- Written by `vestibule profile guide`; a test holds them together. -->\n\n\
         Each page is made from a [profile](../../profiles): what to type here, what to type there, how to try\n\
         it out, and where we know it from. `vestibule profile list` shows the same, your own profiles included.\n"
        .to_owned();
    let rows = profiles.iter().map(|profile| {
        [
            format!("[{}]({}.md)", markdown(&profile.vendor), profile.name),
            code(&profile.name, Place::Cell),
            support_words(profile.support).to_lowercase().trim_end_matches('.').to_owned(),
        ]
    });
    table(&mut page, "", ["vendor", "profile", "today"], rows);
    format!("{}\n", page.trim_end())
}

fn support_words(support: Support) -> &'static str {
    match support {
        Support::Full => "Works.",
        Support::Partial => "Works, with a limit.",
        Support::Planned => "Not yet.",
    }
}

fn register(page: &mut String, profile: &Profile, filled: &Filled) {
    let mut command = format!("vestibule client add --profile {}", shell(&profile.name));
    for variable in &profile.variables {
        let pair = format!("{}={}", variable.name, variable.example);
        let _ = write!(command, " --set {}", shell(&pair));
    }
    let _ = writeln!(page, "## Register\n\n{}", block("sh", &command));
    let rows = profile.variables.iter().map(|variable| {
        [
            code(&variable.name, Place::Cell),
            markdown(&variable.help),
            format!(
                "{}, such as {}",
                markdown(&variable.pattern.words()),
                code(&variable.example, Place::Cell)
            ),
        ]
    });
    table(page, "", ["variable", "what it is", "what fits"], rows);
    table(page, "", ["setting", "value"], settings_rows(profile, &filled.settings).into_iter());
}

fn settings_rows(profile: &Profile, settings: &ClientSettings) -> Vec<[String; 2]> {
    let list = |items: &[String]| {
        items.iter().map(|item| code(item, Place::Cell)).collect::<Vec<_>>().join("<br>")
    };
    let facts = facts_of(profile, settings);
    let mut rows = vec![
        ["redirect URI".to_owned(), list(&settings.redirect_uris)],
        ["scopes".to_owned(), code(&as_typed(&settings.scope).join(" "), Place::Cell)],
        ["client authentication".to_owned(), list(&facts.auth_methods())],
        ["PKCE".to_owned(), policy::pkce(settings).to_owned()],
        ["nonce".to_owned(), policy::nonce(settings).to_owned()],
        ["claims".to_owned(), markdown(policy::claims_placement(settings))],
        ["ID token".to_owned(), settings.id_token_alg.name().to_owned()],
        ["grants".to_owned(), list(&policy::grant_types(settings))],
    ];
    if let Some(words) = policy::refresh_tokens(settings) {
        rows.push(["refresh tokens".to_owned(), words]);
    }
    if !settings.frame_ancestors.is_empty() {
        let origins = list(&settings.frame_ancestors);
        rows.push(["sign-in may be framed by".to_owned(), origins]);
    }
    rows
}

fn facts_of<'a>(profile: &'a Profile, settings: &'a ClientSettings) -> Facts<'a> {
    Facts { issuer: "{issuer}", client_id: "{client_id}", settings, profile: Some(profile) }
}

fn hand_over(page: &mut String, profile: &Profile, filled: &Filled) {
    let _ = writeln!(
        page,
        "## Hand over\n\n`vestibule client sheet CLIENT_ID` writes all of this with your values; `--share 7d` \
         makes a link to it,\nand `--secret-link 7d` at `client add` puts the secret behind a link of its own.\n"
    );
    if let Some(place) = &profile.handover.place {
        let _ = writeln!(page, "At the vendor: {}.\n", markdown(place));
    }
    let facts = facts_of(profile, &filled.settings);
    let mut rows: Vec<[String; 2]> = Vec::new();
    for field in &profile.handover.fields {
        let mut value = match (field.fact, &field.value) {
            (Some(fact), _) => {
                let values = facts.values(fact);
                let values = values.iter().map(|value| code(value, Place::Cell));
                let joined = values.collect::<Vec<_>>().join("<br>");
                if joined.is_empty() { "shown once, or behind its link".to_owned() } else { joined }
            }
            (None, Some(value)) => code(value, Place::Cell),
            (None, None) => String::new(),
        };
        if let Some(note) = &field.note {
            let _ = write!(value, " ({})", markdown(note));
        }
        rows.push([markdown(&field.label), value]);
    }
    if rows.is_empty() {
        let usual = [super::Fact::Issuer, super::Fact::ClientId, super::Fact::Scope];
        rows.extend(usual.map(|fact| {
            let values = facts.values(fact).join(" ");
            [plain_label(fact).to_owned(), code(&values, Place::Cell)]
        }));
    }
    table(page, "", ["the vendor's field", "give"], rows.into_iter());
    claims(page, profile);
}

fn claims(page: &mut String, profile: &Profile) {
    let expected = &profile.claims;
    let list = |names: &[String]| {
        names.iter().map(|name| code(name, Place::Line)).collect::<Vec<_>>().join(", ")
    };
    let source = match expected.reads {
        super::ClaimSource::Userinfo => "userinfo",
        super::ClaimSource::IdToken => "the ID token",
    };
    let mut text = format!("It reads {source}");
    if !expected.needs.is_empty() {
        let _ = write!(text, "; it needs {}", list(&expected.needs));
    }
    if !expected.wants.is_empty() {
        let _ = write!(text, "; it uses {} when there", list(&expected.wants));
    }
    let _ = writeln!(page, "{text}.\n");
}

/// A text of a profile that has code in backquotes.
fn in_cell(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let written = parts.map(|(at, part)| match at % 2 {
        0 => markdown(part),
        _ => code(part, Place::Cell),
    });
    written.collect()
}

fn table<const N: usize>(
    page: &mut String,
    title: &str,
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    if !title.is_empty() {
        let _ = writeln!(page, "## {title}\n");
    } else if !page.ends_with("\n\n") {
        page.push('\n');
    }
    let _ = writeln!(page, "| {} |\n|{}", heads.join(" | "), "---|".repeat(N));
    for row in rows {
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
    page.push('\n');
}
