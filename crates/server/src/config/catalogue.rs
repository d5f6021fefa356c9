//! The list of all keys, taken from the types by their JSON Schema, so that parsing, documentation
//! and suggestions never disagree.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// One key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// `section.key`.
    pub path: String,
    /// What it is for.
    pub description: String,
    /// What a value looks like.
    pub kind: Kind,
    /// Its default, when it has one.
    pub default: Option<Value>,
    /// Smallest and largest number or length that is accepted.
    pub range: (Option<u64>, Option<u64>),
    /// Whether its value is never shown.
    pub secret: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, which a type may judge further.
    Text,
    /// The path of a file; a relative one starts at the configuration file's folder.
    Path,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A list of texts.
    List,
}

impl Kind {
    /// The word in messages and in the reference.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "path",
            Self::Number => "whole number",
            Self::Flag => "true or false",
            Self::List => "list of texts",
        }
    }
}

impl Key {
    /// The variable that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("VESTIBULE_{}", self.path.to_uppercase().replace('.', "__"))
    }
}

/// The JSON Schema of the configuration, as editors use it.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), "Vestibule configuration".into());
    schema.insert("$id".to_owned(), "https://vestibule.invalid/config.schema.json".into());
    let mut schema = schema.to_value();
    close(&mut schema);
    schema
}

/// Unknown keys are faults, so the schema says so as well.
fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.contains_key("properties") {
        object.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    for child in object.values_mut() {
        match child {
            Value::Array(items) => items.iter_mut().for_each(close),
            child => close(child),
        }
    }
}

/// All keys, in the order of the types.
pub(crate) fn keys() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let mut keys = Vec::new();
        let schema = schema();
        collect(&schema, "", None, &mut keys);
        keys
    });
    &KEYS
}

/// The key of this path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    keys().iter().find(|key| key.path == path)
}

/// Whether some key lies below this path.
pub(crate) fn is_section(path: &str) -> bool {
    keys().iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

fn collect(schema: &Value, prefix: &str, defaults: Option<&Value>, keys: &mut Vec<Key>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, property) in properties {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        // The section's default is the whole of its values; a key's own default is more precise.
        let default = property.get("default").or_else(|| defaults.and_then(|d| d.get(name)));
        match object_in(property) {
            Some(object) => collect(object, &path, default, keys),
            None => keys.push(key(path, property, default)),
        }
    }
}

/// A subsection, also when it is optional.
fn object_in(property: &Value) -> Option<&Value> {
    if property.get("properties").is_some() {
        return Some(property);
    }
    let choices = property.get("anyOf")?.as_array()?;
    choices.iter().find(|choice| choice.get("properties").is_some())
}

fn key(path: String, property: &Value, default: Option<&Value>) -> Key {
    // An optional value is either a list of types or a choice with null.
    let inner = property
        .get("anyOf")
        .and_then(Value::as_array)
        .and_then(|choices| choices.iter().find(|c| c.get("type") != Some(&"null".into())))
        .unwrap_or(property);
    let number = |name: &str| {
        inner.get(name).or_else(|| property.get(name)).and_then(Value::as_f64).map(|n| n as u64)
    };
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
    Key {
        path,
        description: description.split_whitespace().collect::<Vec<_>>().join(" "),
        kind: kind(property, inner),
        default: default.filter(|value| !value.is_null()).cloned(),
        range: (
            number("minimum").or_else(|| number("minLength")),
            number("maximum").or_else(|| number("maxLength")),
        ),
        secret: [property, inner].iter().any(|s| s.get("x-secret") == Some(&Value::Bool(true))),
    }
}

fn kind(property: &Value, inner: &Value) -> Kind {
    let types = match inner.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |name: &str| types.contains(&name);
    if property.get("format") == Some(&"path".into()) {
        Kind::Path
    } else if is("integer") {
        Kind::Number
    } else if is("boolean") {
        Kind::Flag
    } else if is("array") {
        Kind::List
    } else {
        Kind::Text
    }
}

/// The known word nearest to `word`, when it is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
