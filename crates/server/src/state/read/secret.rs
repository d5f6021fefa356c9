//! `[[client.secret]]` and `[webhook.secret]`: where a secret comes from.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use toml::value::Datetime;
use vestibule_protocol::Timestamp;
use zeroize::Zeroizing;

use super::super::document::{Ensure, SecretSource, SecretWanted, SigningSecret};
use super::super::table::{Source, Table};
use super::Surroundings;
use crate::config::units::span;
use crate::services::clients::declared;
use crate::services::webhooks;

const KEYS: [&str; 7] = ["label", "ensure", "file", "env", "generate", "write_to", "expires"];
const SIGNING_KEYS: [&str; 5] = ["file", "env", "generate", "write_to", "overlap"];
/// Where people would write the secret itself.
const TEMPTING: [&str; 5] = ["value", "secret", "client_secret", "text", "password"];
const NEVER_HERE: &str =
    "a secret never stands in a document; name a file, a variable (env), or generate = true";
/// Largest file of a secret, in bytes.
const MAX_FILE: u64 = 4096;

/// The secrets that a client's table names.
pub(super) fn secrets(
    client: &Table<'_>,
    source: &mut Source<'_>,
    around: Surroundings<'_>,
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Vec<SecretWanted> {
    let mut wanted = Vec::<SecretWanted>::new();
    for table in source.tables(client.table, "secret", &client.path) {
        let Some(secret) = secret(&table, source, around, folder, warnings) else { continue };
        if wanted.iter().any(|earlier| earlier.label == secret.label) {
            let problem =
                format!("{} is the label of an earlier secret of the client", secret.label);
            source.fault(&table.key("label"), table.at("label"), problem);
        }
        wanted.push(secret);
    }
    wanted
}

fn secret(
    table: &Table<'_>,
    source: &mut Source<'_>,
    around: Surroundings<'_>,
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Option<SecretWanted> {
    if tempted(table, source) {
        return None;
    }
    table.only(source, KEYS.into_iter());
    let ensure: Ensure = table.read(source, "ensure").unwrap_or_default();
    let label: String = table.require(source, "label", "it is the stable id, such as first")?;
    if let Some(fault) = declared::judge_label(&label) {
        source.fault(&table.key("label"), table.at("label"), fault.problem);
        return None;
    }
    let expires_at = expiry(table, source);
    if ensure == Ensure::Absent {
        return Some(SecretWanted { label, source: None, expires_at: None });
    }
    let from = origin(table, source, around, folder, warnings)?;
    Some(SecretWanted { label, source: Some(from), expires_at })
}

/// What the deliveries of a webhook are signed with.
pub(super) fn signing(
    webhook: &Table<'_>,
    source: &mut Source<'_>,
    around: Surroundings<'_>,
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Option<SigningSecret> {
    if webhook.value("secret").is_some_and(|value| value.get_ref().as_str().is_some()) {
        source.fault(&webhook.key("secret"), webhook.at("secret"), NEVER_HERE);
        return None;
    }
    let table = webhook.section(source, "secret")?;
    if tempted(&table, source) {
        return None;
    }
    table.only(source, SIGNING_KEYS.into_iter());
    let overlap: Option<String> = table.read(source, "overlap");
    let overlap = overlap.map_or(Ok(webhooks::USUAL_OVERLAP), |text| span::parse(&text));
    let overlap = overlap.and_then(|overlap| webhooks::judge_overlap(overlap).map(|()| overlap));
    let from = origin(&table, source, around, folder, warnings);
    if let Some(SecretSource::Generate { write_to: None }) = from {
        let problem = "the secret of a webhook is shown by no link; name the file that it is \
                       written to";
        source.fault(&table.key("write_to"), table.at, problem);
    }
    match overlap {
        Ok(overlap) => Some(SigningSecret { source: from?, overlap }),
        Err(problem) => {
            source.fault(&table.key("overlap"), table.at("overlap"), problem);
            None
        }
    }
}

/// Whether somebody wrote the secret itself, which is told.
fn tempted(table: &Table<'_>, source: &mut Source<'_>) -> bool {
    let Some(tempting) = TEMPTING.iter().find(|name| table.value(name).is_some()) else {
        return false;
    };
    source.fault(&table.key(tempting), table.at(tempting), NEVER_HERE);
    true
}

/// The one key that says where the secret comes from.
fn origin(
    table: &Table<'_>,
    source: &mut Source<'_>,
    around: Surroundings<'_>,
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Option<SecretSource> {
    let file: Option<PathBuf> = table.read(source, "file");
    let variable: Option<String> = table.read(source, "env");
    let generate = table.read::<bool>(source, "generate").unwrap_or_default();
    let write_to: Option<PathBuf> = table.read(source, "write_to");
    if write_to.is_some() && !generate {
        let problem = "only a generated secret is written; add generate = true";
        source.fault(&table.key("write_to"), table.at("write_to"), problem);
    }
    let (key, from, text) = match (file, variable, generate) {
        (Some(file), None, false) => {
            let path = folder.join(file);
            (("file"), format!("file {}", path.display()), from_file(&path, warnings))
        }
        (None, Some(name), false) => {
            ("env", format!("variable {name}"), from_variable(&name, around))
        }
        (None, None, true) => {
            return Some(SecretSource::Generate {
                write_to: write_to.map(|path| folder.join(path)),
            });
        }
        _ => {
            let problem = "write one of file, env and generate = true";
            source.fault(&table.key("file"), table.at, problem);
            return None;
        }
    };
    match text.and_then(|text| declared::judge_given(&text).map(|()| text)) {
        Ok(text) => Some(SecretSource::Given { text, from }),
        Err(problem) => {
            source.fault(&table.key(key), table.at(key), format!("{from}: {problem}"));
            None
        }
    }
}

fn from_variable(name: &str, around: Surroundings<'_>) -> Result<Zeroizing<String>, String> {
    let found = around.variables.iter().find(|(known, _)| known == name);
    found
        .map(|(_, value)| Zeroizing::new(value.trim().to_owned()))
        .ok_or_else(|| "is not set; set it in the environment of this command".to_owned())
}

fn from_file(path: &Path, warnings: &mut Vec<String>) -> Result<Zeroizing<String>, String> {
    let told = |error: std::io::Error| format!("cannot be read: {error}");
    let file = std::fs::File::open(path).map_err(told)?;
    let metadata = file.metadata().map_err(told)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Err(format!(
            "expected a file of at most {MAX_FILE} bytes that holds the secret alone"
        ));
    }
    warnings.extend(readable_by_others(path, &metadata));
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE as usize));
    file.take(MAX_FILE).read_to_string(&mut text).map_err(told)?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A warning when every user of the machine can read a secret.
#[cfg(unix)]
fn readable_by_others(path: &Path, metadata: &std::fs::Metadata) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = path.display();
    (metadata.permissions().mode() & 0o004 != 0).then(|| {
        format!(
            "{path} holds a secret and every user of this machine can read it; chmod 600 {path}"
        )
    })
}

#[cfg(not(unix))]
fn readable_by_others(_path: &Path, _metadata: &std::fs::Metadata) -> Option<String> {
    None
}

/// `expires`: a date, whose first moment in UTC is meant, or a date with time and offset.
fn expiry(table: &Table<'_>, source: &mut Source<'_>) -> Option<Timestamp> {
    let read: Datetime = table.read(source, "expires")?;
    let text = match (read.date, read.time, read.offset) {
        (Some(date), None, None) => format!("{date}T00:00:00Z"),
        (Some(_), Some(_), Some(_)) => read.to_string(),
        _ => {
            let problem =
                "write a date such as 2027-01-31, or a moment such as 2027-01-31T08:00:00Z";
            source.fault(&table.key("expires"), table.at("expires"), problem);
            return None;
        }
    };
    let format = &time::format_description::well_known::Rfc3339;
    match time::OffsetDateTime::parse(&text, format) {
        Ok(moment) => Some(Timestamp::from_seconds(moment.unix_timestamp())),
        Err(error) => {
            source.fault(&table.key("expires"), table.at("expires"), error.to_string());
            None
        }
    }
}
