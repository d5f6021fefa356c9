//! `vestibule profile`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::args::ProfileVerb;
use super::console::{self, Console, pairs, table, word};
use super::fault::CliFault;
use crate::config::{Config, Sources};
use crate::profiles::check::{self, CheckFault};
use crate::profiles::{self, Profile, ProfileFault, guide};
use crate::services::ServiceFault;

pub(super) fn run(
    verb: ProfileVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    let folder = folder(sources)?;
    match verb {
        ProfileVerb::List => list(folder.as_deref(), console),
        ProfileVerb::Show { name } => show(&find(&name, folder.as_deref())?, console),
        ProfileVerb::Check { files } => return check_files(files, folder.as_deref(), console),
        ProfileVerb::Guide { name: Some(name), .. } => {
            console::print(&guide::markdown_of(&find(&name, folder.as_deref())?));
        }
        ProfileVerb::Guide { into: Some(into), .. } => write_guides(&into, console)?,
        ProfileVerb::Guide { .. } => {
            return Err(CliFault::Usage("name a profile, or say --into FOLDER".to_owned()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The operators' folder. Profiles can be looked at before there is a configuration.
fn folder(sources: &Sources) -> Result<Option<PathBuf>, CliFault> {
    if sources.files.is_empty() {
        return Ok(Config::load(sources).ok().and_then(|config| config.profiles.folder));
    }
    Ok(Config::load(sources)?.profiles.folder)
}

fn find(name: &str, folder: Option<&Path>) -> Result<Profile, CliFault> {
    profiles::find(name, folder).map_err(refused)
}

fn refused(fault: ProfileFault) -> CliFault {
    CliFault::Service(ServiceFault::Profile(fault))
}

fn list(folder: Option<&Path>, console: &Console) {
    let (profiles, broken) = profiles::all(folder);
    let items: Vec<Value> = profiles.iter().map(summary_json).collect();
    let broken: Vec<String> = broken.iter().map(ToString::to_string).collect();
    for fault in &broken {
        console.note(&format!("left out: {fault}"));
    }
    console.answer(&json!({ "profiles": items, "left_out": broken }), || {
        let heads = ["PROFILE", "VENDOR", "TODAY", "ASKS FOR"].map(str::to_owned);
        let mut rows = vec![heads.to_vec()];
        for profile in &profiles {
            let variables: Vec<&str> = profile.variables.iter().map(|v| v.name.as_str()).collect();
            rows.push(vec![
                profile.name.clone(),
                profile.vendor.clone(),
                word(&profile.support),
                variables.join(", "),
            ]);
        }
        table(&rows)
    });
}

fn summary_json(profile: &Profile) -> Value {
    json!({
        "name": profile.name,
        "vendor": profile.vendor,
        "summary": profile.summary,
        "support": profile.support,
        "support_note": profile.support_note,
        "variables": profile.variables,
    })
}

fn show(profile: &Profile, console: &Console) {
    console.answer(&json!(profile), || {
        let mut lines = vec![("Profile", profile.name.clone()), ("Today", word(&profile.support))];
        if let Some(note) = &profile.support_note {
            lines.push(("Limit", note.clone()));
        }
        for variable in &profile.variables {
            lines.push((
                "Asks for",
                format!("--set {}={}: {}", variable.name, variable.example, variable.help),
            ));
        }
        if let Ok(filled) = profile.example() {
            for uri in &filled.settings.redirect_uris {
                lines.push(("Redirect URI", uri.clone()));
            }
            lines.push(("Authentication", word(&filled.settings.auth_method)));
            lines.push(("PKCE", word(&filled.settings.pkce)));
        }
        lines.push(("Reads claims from", word(&profile.claims.reads)));
        lines.push(("Needs claims", profile.claims.needs.join(" ")));
        for quirk in &profile.quirks {
            lines.push(("Mind", quirk.clone()));
        }
        for evidence in &profile.evidence {
            let how = evidence.mark.words();
            lines.push(("Known from", format!("{} ({how}): {}", evidence.source, evidence.facts)));
        }
        let title = console.strong(&profile.vendor);
        format!("{title}\n{}\n\n{}", profile.summary, pairs(&lines))
    });
}

/// Checks these files, or those of the operators' folder. All faults are told; any is exit code 1.
fn check_files(
    files: Vec<PathBuf>,
    folder: Option<&Path>,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    let files = match (files.is_empty(), folder) {
        (false, _) => files,
        (true, Some(folder)) => own_files(folder)?,
        (true, None) => {
            let problem = "name files, or set profiles.folder in the configuration";
            return Err(CliFault::Usage(problem.to_owned()));
        }
    };
    let mut checked = Vec::new();
    for file in files {
        let faults = match check::file(&file) {
            Ok((_, faults)) => faults,
            Err(fault) => {
                let problem = fault.to_string();
                vec![CheckFault { line: None, key: String::new(), problem }]
            }
        };
        checked.push((file.display().to_string(), faults));
    }
    let sound = checked.iter().all(|(_, faults)| faults.is_empty());
    let items: Vec<Value> =
        checked.iter().map(|(file, faults)| json!({ "file": file, "faults": faults })).collect();
    console.answer(&json!({ "ok": sound, "files": items }), || {
        let lines = checked.iter().flat_map(|(file, faults)| match faults.as_slice() {
            [] => vec![format!("{file}: good")],
            faults => faults.iter().map(|fault| format!("{file}: {fault}")).collect(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn own_files(folder: &Path) -> Result<Vec<PathBuf>, CliFault> {
    let entries = std::fs::read_dir(folder).map_err(CliFault::file(folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(CliFault::file(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Writes the guide of every built-in profile, and the page that lists them.
fn write_guides(into: &Path, console: &Console) -> Result<(), CliFault> {
    std::fs::create_dir_all(into).map_err(CliFault::file(into))?;
    let (profiles, _) = profiles::all(None);
    let write = |name: &str, text: String| {
        let path = into.join(name);
        let foreign = |text: String| !text.contains("<!-- Written by `vestibule profile guide`");
        if std::fs::read_to_string(&path).is_ok_and(foreign) {
            return Err(CliFault::Refused(format!(
                "{} was not written by this command, and is left as it is; name another folder",
                path.display()
            )));
        }
        std::fs::write(&path, text).map_err(CliFault::file(&path))
    };
    for profile in &profiles {
        write(&format!("{}.md", profile.name), guide::markdown_of(profile))?;
    }
    write("README.md", guide::index(&profiles))?;
    let count = profiles.len();
    console.answer(&json!({ "written": count }), || format!("{count} guides are written."));
    Ok(())
}
