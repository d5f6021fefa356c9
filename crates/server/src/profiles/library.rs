//! Finding profiles: those of the program and those of the operators' folder.

use std::path::Path;

use super::check;
use super::embedded::EMBEDDED;
use super::{Profile, ProfileFault};
use crate::config::catalogue::nearest;

/// Longest name of a profile.
const MAX_NAME: usize = 64;

/// All profiles in alphabetical order, those that fit any vendor last; those of `folder` in place of
/// embedded ones of the same name. What is wrong with files of the folder comes beside them.
pub fn all(folder: Option<&Path>) -> (Vec<Profile>, Vec<ProfileFault>) {
    let mut profiles = Vec::new();
    let mut broken = Vec::new();
    let mut keep = |found: Result<Profile, ProfileFault>| match found {
        Ok(profile) => profiles.push(profile),
        Err(fault) => broken.push(fault),
    };
    let own = own_names(folder).unwrap_or_else(|fault| {
        keep(Err(fault));
        Vec::new()
    });
    let built_in = EMBEDDED.iter().map(|file| file.name);
    let replaced = |name: &str| own.iter().any(|known| known == name);
    for name in built_in.filter(|name| !replaced(name)) {
        keep(find(name, None));
    }
    for name in &own {
        keep(find(name, folder));
    }
    profiles.sort_by_key(|profile| (profile.name.starts_with("generic-"), profile.name.clone()));
    (profiles, broken)
}

/// The profile of this name.
pub fn find(name: &str, folder: Option<&Path>) -> Result<Profile, ProfileFault> {
    if is_name(name)
        && let Some(path) = folder.map(|folder| folder.join(format!("{name}.toml")))
        && path.exists()
    {
        return read_file(&path);
    }
    let embedded = EMBEDDED.iter().find(|file| file.name == name);
    let Some(file) = embedded else { return Err(unknown(name, folder)) };
    toml::from_str(file.text).map_err(|error| ProfileFault::File {
        file: format!("{name} (built in)"),
        problem: error.message().to_owned(),
    })
}

/// Whether a profile may be called so; nothing else is ever looked for in a folder.
pub(super) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn unknown(name: &str, folder: Option<&Path>) -> ProfileFault {
    let own = own_names(folder).unwrap_or_default();
    let known = EMBEDDED.iter().map(|file| file.name).chain(own.iter().map(String::as_str));
    let meant = nearest(name, known).map(|meant| format!("; did you mean {meant}?"));
    let name = name.chars().take(80).collect();
    ProfileFault::Unknown { name, meant: meant.unwrap_or_default() }
}

/// The names of the profiles in a folder.
fn own_names(folder: Option<&Path>) -> Result<Vec<String>, ProfileFault> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let fault = |problem: std::io::Error| ProfileFault::File {
        file: folder.display().to_string(),
        problem: problem.to_string(),
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        names.extend(stem.filter(|_| is_toml).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// Reads a profile file, or tells all that is wrong with it.
fn read_file(path: &Path) -> Result<Profile, ProfileFault> {
    let (profile, faults) = check::file(path)?;
    match (profile, faults.as_slice()) {
        (Some(profile), []) => Ok(profile),
        (_, faults) => Err(ProfileFault::File {
            file: path.display().to_string(),
            problem: faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        }),
    }
}
