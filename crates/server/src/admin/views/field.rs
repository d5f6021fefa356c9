//! A field of a form with everything that belongs to it: label, hint, value, fault.

use std::collections::BTreeMap;

use askama::Template;
use vestibule_protocol::params::Params;

use crate::services::FieldFault;

/// A field. Its `name` is its id as well, and the word that faults name it by.
#[derive(Clone, Debug, Template)]
#[template(path = "admin/part/field.html")]
pub struct Field {
    name: String,
    label: String,
    hint: Option<String>,
    value: String,
    control: Control,
    faults: Vec<String>,
    optional: bool,
}

impl askama::filters::HtmlSafe for Field {}

/// What a field is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Control {
    Input { kind: &'static str, check: Option<String> },
    Area { rows: u8, check: Option<String> },
    Select(Vec<Choice>),
    Radio(Vec<Choice>),
    Ticks(Vec<Choice>),
    File { accept: &'static str },
    Tick,
}

/// What stands in the fields of a form, by their names.
pub type Values = BTreeMap<String, String>;

/// Fields that belong together, under a heading if they have one.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The heading.
    pub title: Option<&'static str>,
    /// What they are about.
    pub text: Option<&'static str>,
    /// The fields.
    pub fields: Vec<Field>,
}

impl Group {
    /// Fields without a heading.
    pub fn plain(fields: Vec<Field>) -> Self {
        Self { title: None, text: None, fields }
    }

    /// Fields under a heading.
    pub fn titled(title: &'static str, fields: Vec<Field>) -> Self {
        Self { title: Some(title), text: None, fields }
    }

    /// The same fields, each changed.
    #[must_use]
    pub fn map(self, change: impl FnMut(Field) -> Field) -> Self {
        Self { fields: self.fields.into_iter().map(change).collect(), ..self }
    }
}

/// One of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// What it means.
    pub hint: Option<String>,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None }
    }

    /// The same, with what it means.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Field {
    fn of(name: &str, label: &str, control: Control) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            hint: None,
            value: String::new(),
            control,
            faults: Vec::new(),
            optional: false,
        }
    }

    /// A line of text.
    pub fn text(name: &str, label: &str) -> Self {
        Self::of(name, label, Control::Input { kind: "text", check: None })
    }

    /// Words to search for.
    pub fn search(name: &str, label: &str) -> Self {
        Self::of(name, label, Control::Input { kind: "search", check: None })
    }

    /// An email address.
    pub fn email(name: &str, label: &str) -> Self {
        Self::of(name, label, Control::Input { kind: "email", check: None })
    }

    /// An address on the web.
    pub fn url(name: &str, label: &str) -> Self {
        Self::of(name, label, Control::Input { kind: "url", check: None })
    }

    /// A whole number.
    pub fn number(name: &str, label: &str) -> Self {
        Self::of(name, label, Control::Input { kind: "number", check: None })
    }

    /// Several lines.
    pub fn area(name: &str, label: &str, rows: u8) -> Self {
        Self::of(name, label, Control::Area { rows, check: None })
    }

    /// One of several, folded.
    pub fn select(name: &str, label: &str, choices: Vec<Choice>) -> Self {
        Self::of(name, label, Control::Select(choices))
    }

    /// One of several, each in view.
    pub fn radio(name: &str, label: &str, choices: Vec<Choice>) -> Self {
        Self::of(name, label, Control::Radio(choices))
    }

    /// Any of several, each of which sends `on` under a name of its own: the choice's value.
    pub fn ticks(name: &str, label: &str, choices: Vec<Choice>) -> Self {
        Self::of(name, label, Control::Ticks(choices))
    }

    /// A file, of which the browser offers those that `accept` names.
    pub fn file(name: &str, label: &str, accept: &'static str) -> Self {
        Self::of(name, label, Control::File { accept })
    }

    /// Yes or no; it sends `on` for yes.
    pub fn tick(name: &str, label: &str) -> Self {
        Self::of(name, label, Control::Tick)
    }

    /// A secret, which nobody looks over a shoulder at.
    pub fn secret(name: &str, label: &str) -> Self {
        Self::of(name, label, Control::Input { kind: "password", check: None })
    }

    /// What helps to fill it in.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// It may be left empty, and says so.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// What stands in it.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// Whether it is ticked.
    #[must_use]
    pub fn ticked(self, ticked: bool) -> Self {
        self.value(if ticked { "on" } else { "" })
    }

    /// What was typed into it.
    #[must_use]
    pub fn typed(self, params: &Params) -> Self {
        let value = match &self.control {
            Control::Ticks(choices) => {
                let on = |choice: &&Choice| params.one(&choice.value) == Some("on");
                let ticked: Vec<&str> =
                    choices.iter().filter(on).map(|choice| choice.value.as_str()).collect();
                ticked.join(" ")
            }
            _ => params.one(&self.name).unwrap_or_default().to_owned(),
        };
        Self { value, ..self }
    }

    /// What stands in it, of these.
    #[must_use]
    pub fn filled(self, values: &Values) -> Self {
        let value = values.get(self.name.as_str()).cloned().unwrap_or_default();
        Self { value, ..self }
    }

    /// What is wrong with it; a fault of a part of it (`redirect_uris.0`) is one of it.
    #[must_use]
    pub fn faults(mut self, faults: &[FieldFault]) -> Self {
        let mine = faults.iter().filter(|fault| {
            fault.field == self.name
                || fault.field.strip_prefix(&self.name).is_some_and(|rest| rest.starts_with('.'))
        });
        self.faults = mine.map(|fault| sentence(&fault.problem)).collect();
        self
    }

    /// The path that a script asks about each line while it is typed.
    #[must_use]
    pub fn checked_by(mut self, path: impl Into<String>) -> Self {
        match &mut self.control {
            Control::Input { check, .. } | Control::Area { check, .. } => {
                *check = Some(path.into())
            }
            Control::Select(_)
            | Control::Radio(_)
            | Control::Ticks(_)
            | Control::File { .. }
            | Control::Tick => {}
        }
        self
    }

    /// What its label says.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its name, which is its id.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn is_chosen(&self, choice: &Choice) -> bool {
        choice.value == self.value
    }

    fn is_ticked(&self, choice: &Choice) -> bool {
        self.value.split(' ').any(|word| word == choice.value)
    }

    /// The ids of the texts that describe it.
    fn described_by(&self) -> Option<String> {
        let name = &self.name;
        let hint = self.hint.as_ref().map(|_| format!("{name}-hint"));
        let fault = (!self.faults.is_empty()).then(|| format!("{name}-fault"));
        let parts: Vec<String> = hint.into_iter().chain(fault).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// A problem as a sentence begins, unless it begins with what was typed or with a name of the
/// protocol: those are shown character for character.
pub(super) fn sentence(problem: &str) -> String {
    let first = problem.split(' ').next().unwrap_or_default();
    if !first.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return problem.to_owned();
    }
    let mut chars = problem.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_told_character_for_character() {
        for (problem, told) in [
            ("give it a name", "Give it a name"),
            ("javascript:alert(1): never allowed", "javascript:alert(1): never allowed"),
            ("http://rp.test/: use https", "http://rp.test/: use https"),
            ("\"yesterday\" is no day", "\"yesterday\" is no day"),
            ("redirect_uri is missing", "redirect_uri is missing"),
            ("", ""),
        ] {
            assert_eq!(sentence(problem), told);
        }
    }

    #[test]
    fn ticks_keep_what_was_ticked() {
        let choices = || vec![Choice::new("users:read", "r"), Choice::new("users:write", "w")];
        let params = Params::parse(b"users%3Awrite=on&users%3Aread=off").unwrap();
        let field = Field::ticks("may", "It may", choices()).typed(&params);
        let ticked: Vec<bool> = choices().iter().map(|choice| field.is_ticked(choice)).collect();
        assert_eq!(ticked, [false, true]);
    }
}
