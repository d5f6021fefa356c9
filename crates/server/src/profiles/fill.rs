//! From a profile and values to a client.

use std::collections::BTreeMap;

use vestibule_protocol::client::ClientSettings;

use crate::config::tokens::Tokens;

use super::{Fact, Profile, ProfileFault, Support, Variable};

/// A client as a profile describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// What people read.
    pub name: String,
    /// Its settings.
    pub settings: ClientSettings,
}

impl Profile {
    /// The client that these values make of the profile.
    pub fn fill(&self, values: &BTreeMap<String, String>) -> Result<Filled, ProfileFault> {
        if self.support == Support::Planned {
            let note = self.support_note.clone().unwrap_or_default();
            return Err(ProfileFault::Planned { profile: self.name.clone(), note });
        }
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
            _ => self.vendor.clone(),
        };
        let settings = client.try_into::<ClientSettings>().map_err(|error| ProfileFault::File {
            file: self.name.clone(),
            problem: error.message().to_owned(),
        })?;
        let settings = ClientSettings { vendor_profile: Some(self.name.clone()), ..settings };
        Ok(Filled { name, settings })
    }

    /// The client that the examples of the variables make of the profile.
    pub fn example(&self) -> Result<Filled, ProfileFault> {
        let values = self.variables.iter().map(|v| (v.name.clone(), v.example.clone())).collect();
        self.fill(&values)
    }

    /// What the vendor calls something of ours.
    pub fn label(&self, fact: Fact) -> Option<&str> {
        let field = self.handover.fields.iter().find(|field| field.fact == Some(fact));
        field.map(|field| field.label.as_str())
    }

    /// The client's texts as they are written, with the path of each below `client`.
    pub(super) fn client_texts(&self) -> Vec<(String, &str)> {
        let mut texts = Vec::new();
        for (key, value) in &self.client {
            texts_of(key, value, &mut texts);
        }
        texts
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
        let name = name.chars().take(80).collect();
        ProfileFault::NoVariable { profile: self.name.clone(), name, known }
    }
}

impl Variable {
    /// Refuses a value that does not fit.
    pub fn judge(&self, value: &str) -> Result<(), ProfileFault> {
        if self.pattern.fits(value) {
            return Ok(());
        }
        Err(ProfileFault::Value {
            name: self.name.clone(),
            value: value.chars().take(80).collect(),
            expected: self.pattern.words(),
            example: self.example.clone(),
        })
    }
}

fn fill_table(table: &mut toml::Table, values: &BTreeMap<String, String>) {
    for (_, value) in table.iter_mut() {
        fill_value(value, values);
    }
}

fn fill_value(value: &mut toml::Value, values: &BTreeMap<String, String>) {
    match value {
        toml::Value::String(text) => *text = filled(text, values),
        toml::Value::Array(items) => items.iter_mut().for_each(|item| fill_value(item, values)),
        toml::Value::Table(table) => fill_table(table, values),
        _ => {}
    }
}

/// One pass from left to right, so that a value that looks like a variable stays what it is.
fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after.split_once('}').and_then(|(name, rest)| Some((values.get(name)?, rest)));
        match known {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn texts_of<'a>(path: &str, value: &'a toml::Value, texts: &mut Vec<(String, &'a str)>) {
    match value {
        toml::Value::String(text) => texts.push((path.to_owned(), text)),
        toml::Value::Array(items) => items.iter().for_each(|item| texts_of(path, item, texts)),
        toml::Value::Table(table) => {
            table.iter().for_each(|(key, value)| texts_of(&format!("{path}.{key}"), value, texts));
        }
        _ => {}
    }
}
