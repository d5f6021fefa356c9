//! Vendor profiles: what a named vendor's client needs, as data.
//!
//! The files of `profiles/` are part of the program; a folder may add
//! to them or replace them by name.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use vestibule_protocol::client::ClientSettings;

use crate::config::tokens::Tokens;

/// The profiles that come with the program.
const EMBEDDED: [&str; 4] = [
    include_str!("../../../profiles/unomed.toml"),
    include_str!("../../../profiles/healthie.toml"),
    include_str!("../../../profiles/generic-oidc.toml"),
    include_str!("../../../profiles/generic-oauth2.toml"),
];

/// Largest profile file.
const MAX_FILE: u64 = 64 * 1024;
/// Longest value of a variable.
const MAX_VALUE: usize = 2048;

/// A vendor profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How commands call it.
    pub name: String,
    /// What it is, in one sentence.
    pub summary: String,
    /// Where its facts come from.
    pub source: String,
    /// How sure they are.
    pub confidence: String,
    /// What differs from one customer of the vendor to the next.
    #[serde(default, rename = "variable")]
    pub variables: Vec<Variable>,
    /// Name and settings of the client; texts may hold `{variable}`.
    client: toml::Table,
    /// What is handed over to the vendor, in the vendor's words.
    #[serde(default)]
    pub handover: Handover,
    /// How to try it out.
    #[serde(default, rename = "test")]
    pub tests: Vec<TestStep>,
    /// What surprises.
    #[serde(default, rename = "quirk")]
    pub quirks: Vec<Quirk>,
}

/// Something that must be given by `--set name=value`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Which characters it may hold: one bracket expression and `+`.
    pub pattern: String,
    /// What it is and where to get it.
    pub help: String,
    /// A value as it may look.
    pub example: String,
}

/// What the vendor is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handover {
    /// Ways to authenticate that work, the vendor's own default first.
    pub token_endpoint_auth_methods: Vec<String>,
    /// The vendor's own names of the fields to fill in.
    pub labels: BTreeMap<String, String>,
}

/// A step of trying it out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestStep {
    /// What to do.
    pub step: String,
    /// What should happen.
    pub expect: String,
}

/// Something that surprises.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quirk {
    /// What.
    pub text: String,
}

/// Why a profile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileFault {
    /// No profile of that name.
    #[error("there is no profile {name:?}; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A variable was not given.
    #[error("profile {profile} needs {name}: {help}; add --set {name}={example}")]
    Missing {
        /// Of which profile.
        profile: String,
        /// Which variable.
        name: String,
        /// What it is.
        help: String,
        /// A value as it may look.
        example: String,
    },
    /// A variable that the profile does not have.
    #[error("profile {profile} has no variable {name:?}; {known}")]
    NoVariable {
        /// Which profile.
        profile: String,
        /// What was given.
        name: String,
        /// What there is.
        known: String,
    },
    /// A value that does not fit.
    #[error("--set {name}={value:?}: expected {pattern}, such as {example}")]
    Value {
        /// Which variable.
        name: String,
        /// What was given.
        value: String,
        /// What fits.
        pattern: String,
        /// A value as it may look.
        example: String,
    },
    /// A profile file that cannot be read.
    #[error("profile {file}: {problem}")]
    File {
        /// Which file.
        file: String,
        /// What is wrong.
        problem: String,
    },
}

/// A client as a profile describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// What people read.
    pub name: String,
    /// Its settings.
    pub settings: ClientSettings,
}

/// All profiles, those of `folder` in place of embedded ones of the same name.
pub fn all(folder: Option<&Path>) -> Result<Vec<Profile>, ProfileFault> {
    let mut profiles = Vec::new();
    for text in EMBEDDED {
        profiles.push(read(text, "embedded")?);
    }
    let Some(folder) = folder else { return Ok(profiles) };
    let fault = |problem: std::io::Error| ProfileFault::File {
        file: folder.display().to_string(),
        problem: problem.to_string(),
    };
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let profile = read_file(&path)?;
        profiles.retain(|known| known.name != profile.name);
        profiles.push(profile);
    }
    Ok(profiles)
}

/// The profile of this name.
pub fn find(name: &str, folder: Option<&Path>) -> Result<Profile, ProfileFault> {
    let profiles = all(folder)?;
    let known = profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>().join(", ");
    profiles
        .into_iter()
        .find(|profile| profile.name == name)
        .ok_or_else(|| ProfileFault::Unknown { name: name.to_owned(), known })
}

fn read_file(path: &Path) -> Result<Profile, ProfileFault> {
    let file = path.display().to_string();
    let fault = |problem: String| ProfileFault::File { file: file.clone(), problem };
    let size = std::fs::metadata(path).map_err(|error| fault(error.to_string()))?.len();
    if size > MAX_FILE {
        return Err(fault(format!("{size} bytes are more than a profile has; at most {MAX_FILE}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    read(&text, &file)
}

fn read(text: &str, file: &str) -> Result<Profile, ProfileFault> {
    toml::from_str(text).map_err(|error| ProfileFault::File {
        file: file.to_owned(),
        problem: error.to_string().trim().to_owned(),
    })
}

impl Profile {
    /// The client that these values make of the profile.
    pub fn fill(&self, values: &BTreeMap<String, String>) -> Result<Filled, ProfileFault> {
        for name in values.keys() {
            if !self.variables.iter().any(|variable| variable.name == *name) {
                return Err(self.no_variable(name));
            }
        }
        for variable in &self.variables {
            match values.get(&variable.name) {
                None => return Err(self.missing(variable)),
                Some(value) => variable.judge(value)?,
            }
        }
        let mut client = self.client.clone();
        fill_table(&mut client, values);
        let name = match client.remove("name") {
            Some(toml::Value::String(name)) => name,
            _ => self.name.clone(),
        };
        let settings = client.try_into::<ClientSettings>().map_err(|error| ProfileFault::File {
            file: self.name.clone(),
            problem: error.message().to_owned(),
        })?;
        let settings = ClientSettings { vendor_profile: Some(self.name.clone()), ..settings };
        Ok(Filled { name, settings })
    }

    /// Gives a client of this profile the installation's lifetimes, except those that the profile
    /// states itself.
    pub fn complete(&self, settings: &mut ClientSettings, tokens: &Tokens) {
        let states = |table: &str, key: &str| {
            let table = self.client.get(table).and_then(toml::Value::as_table);
            table.is_some_and(|table| table.contains_key(key))
        };
        let lifetimes = tokens.lifetimes();
        let refresh = tokens.refresh();
        let own = (&mut settings.lifetimes, &mut settings.refresh);
        for (table, key, place, usual) in [
            ("lifetimes", "code_seconds", &mut own.0.code_seconds, lifetimes.code_seconds),
            (
                "lifetimes",
                "access_token_seconds",
                &mut own.0.access_token_seconds,
                lifetimes.access_token_seconds,
            ),
            (
                "lifetimes",
                "id_token_seconds",
                &mut own.0.id_token_seconds,
                lifetimes.id_token_seconds,
            ),
            ("refresh", "grace_seconds", &mut own.1.grace_seconds, refresh.grace_seconds),
            ("refresh", "idle_seconds", &mut own.1.idle_seconds, refresh.idle_seconds),
            ("refresh", "absolute_seconds", &mut own.1.absolute_seconds, refresh.absolute_seconds),
        ] {
            if !states(table, key) {
                *place = usual;
            }
        }
    }

    fn missing(&self, variable: &Variable) -> ProfileFault {
        ProfileFault::Missing {
            profile: self.name.clone(),
            name: variable.name.clone(),
            help: variable.help.clone(),
            example: variable.example.clone(),
        }
    }

    fn no_variable(&self, name: &str) -> ProfileFault {
        let names: Vec<&str> = self.variables.iter().map(|v| v.name.as_str()).collect();
        let known = match names.as_slice() {
            [] => "it has none".to_owned(),
            names => format!("it has {}", names.join(", ")),
        };
        ProfileFault::NoVariable { profile: self.name.clone(), name: name.to_owned(), known }
    }
}

impl Variable {
    fn judge(&self, value: &str) -> Result<(), ProfileFault> {
        let fits = !value.is_empty()
            && value.len() <= MAX_VALUE
            && value.chars().all(|letter| in_class(&self.pattern, letter));
        if fits {
            return Ok(());
        }
        Err(ProfileFault::Value {
            name: self.name.clone(),
            value: value.chars().take(80).collect(),
            pattern: self.pattern.clone(),
            example: self.example.clone(),
        })
    }
}

/// Whether a letter is in a bracket expression such as `[a-z0-9-]+`: ranges and single letters, a
/// dash last. A class that is written otherwise holds nothing.
fn in_class(pattern: &str, letter: char) -> bool {
    let inner = pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix("]+"));
    let mut rest = inner.unwrap_or_default().chars();
    while let Some(first) = rest.next() {
        let mut ahead = rest.clone();
        if ahead.next() == Some('-')
            && let Some(last) = ahead.next()
        {
            if (first..=last).contains(&letter) {
                return true;
            }
            rest = ahead;
        } else if first == letter {
            return true;
        }
    }
    false
}

fn fill_table(table: &mut toml::Table, values: &BTreeMap<String, String>) {
    for (_, value) in table.iter_mut() {
        fill_value(value, values);
    }
}

fn fill_value(value: &mut toml::Value, values: &BTreeMap<String, String>) {
    match value {
        toml::Value::String(text) => {
            for (name, replacement) in values {
                *text = text.replace(&format!("{{{name}}}"), replacement);
            }
        }
        toml::Value::Array(items) => items.iter_mut().for_each(|item| fill_value(item, values)),
        toml::Value::Table(table) => fill_table(table, values),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use vestibule_protocol::client::{AuthMethod, GrantType, PkcePolicy};

    use super::*;

    fn filled(name: &str, values: &[(&str, &str)]) -> Result<Filled, ProfileFault> {
        let values =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        find(name, None).unwrap().fill(&values)
    }

    #[test]
    fn every_embedded_profile_is_whole() {
        for profile in all(None).unwrap() {
            let values =
                profile.variables.iter().map(|v| (v.name.clone(), v.example.clone())).collect();
            let filled = profile.fill(&values).unwrap();
            assert!(!filled.settings.redirect_uris.is_empty(), "{}", profile.name);
            let text = format!("{filled:?}");
            assert!(!text.contains("{company}") && !text.contains("{redirect_uri}"), "{text}");
            assert!(!profile.tests.is_empty() && !profile.handover.labels.is_empty());
        }
    }

    #[test]
    fn unomed_is_what_its_document_says() {
        let unomed = filled("unomed", &[]).unwrap().settings;
        assert_eq!(
            unomed.redirect_uris,
            [
                "https://api.unomed.ch/accounts/vendor_oauth2/login/callback/",
                "https://api.dev.unomed.ch/accounts/vendor_oauth2/login/callback/",
            ]
        );
        assert_eq!(unomed.auth_method, AuthMethod::BasicOrPost);
        assert_eq!(unomed.pkce, PkcePolicy::Optional);
        assert_eq!(unomed.scope.to_string(), "email openid profile");
        assert!(unomed.grant_types.contains(&GrantType::ClientCredentials));
        assert!(unomed.claim_aliases);
        assert_eq!(unomed.frame_ancestors, ["https://app.unomed.ch", "https://app.dev.unomed.ch"]);
        let handed = find("unomed", None).unwrap().handover.token_endpoint_auth_methods;
        assert_eq!(handed.first().map(String::as_str), Some("client_secret_post"));
    }

    #[test]
    fn healthie_asks_for_the_company() {
        let missing = filled("healthie", &[]).unwrap_err().to_string();
        assert!(missing.contains("--set company=acme"), "{missing}");
        let healthie = filled("healthie", &[("company", "acme")]).unwrap();
        assert_eq!(healthie.name, "Healthie (acme)");
        assert_eq!(
            healthie.settings.redirect_uris,
            ["https://secure.gethealthie.com/sso/acme_auth"]
        );
        assert!(!healthie.settings.require_nonce);
        for bad in ["", "Acme", "a/b", "a_auth?x=", "ä"] {
            let fault = filled("healthie", &[("company", bad)]).unwrap_err();
            assert!(matches!(fault, ProfileFault::Value { .. }), "{bad}");
        }
        let fault = filled("healthie", &[("company", "acme"), ("town", "x")]).unwrap_err();
        assert!(fault.to_string().contains("it has company"), "{fault}");
    }

    #[test]
    fn a_profile_states_its_lifetimes_or_takes_the_installations() {
        let seconds = std::time::Duration::from_secs;
        let tokens = Tokens {
            code: seconds(45),
            access_token: seconds(600),
            refresh_idle: seconds(1000),
            ..Tokens::default()
        };
        let mut profile = find("generic-oidc", None).unwrap();
        let completed = |profile: &Profile| {
            let mut settings = ClientSettings::default();
            profile.complete(&mut settings, &tokens);
            settings
        };
        let settings = completed(&profile);
        assert_eq!((settings.lifetimes, settings.refresh), (tokens.lifetimes(), tokens.refresh()));
        let own: toml::Table = toml::from_str("code_seconds = 30").unwrap();
        profile.client.insert("lifetimes".to_owned(), toml::Value::Table(own));
        let settings = completed(&profile);
        assert_eq!(
            settings.lifetimes.code_seconds,
            ClientSettings::default().lifetimes.code_seconds
        );
        assert_eq!(settings.lifetimes.access_token_seconds, 600);
        assert_eq!(settings.refresh, tokens.refresh());
    }

    #[test]
    fn an_unknown_profile_names_those_there_are() {
        let fault = find("unomedd", None).unwrap_err().to_string();
        assert!(fault.contains("unomed, healthie, generic-oidc, generic-oauth2"), "{fault}");
    }
}
