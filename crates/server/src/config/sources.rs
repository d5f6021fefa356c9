//! Files and variables, merged into one table that remembers where each value came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::catalogue::{self, Kind};
use super::faults::Fault;
use super::{Config, secret};
use crate::bounded;

/// Where a configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Files; of two that set the same key the later wins.
    pub files: Vec<PathBuf>,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// Variables of ours whose value is no text.
    pub unreadable: Vec<String>,
    /// The organization that a command works in, by its slug; without one, the root.
    pub organization: Option<String>,
}

/// The key of faults of a whole file.
pub(super) const UNREADABLE_FILE: &str = "file";
/// The origin of a key that should have been set.
pub(super) const NOT_SET: &str = "not set";
/// Largest configuration file.
const MAX_FILE: u64 = 1024 * 1024;
/// The variable that names the configuration file.
pub const CONFIG_VARIABLE: &str = "VESTIBULE_CONFIG";
/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "vestibule.toml";

impl Sources {
    /// These files, or `vestibule.toml` of the current folder when there are none and it exists;
    /// and the environment.
    pub fn of_process(files: Vec<PathBuf>) -> Self {
        let (mut variables, mut unreadable) = (Vec::new(), Vec::new());
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => variables.push((name, value)),
                Err(_) if is_ours(&name) => unreadable.push(name),
                Err(_) => {}
            }
        }
        let default = PathBuf::from(DEFAULT_FILE);
        let files = if files.is_empty() && default.exists() { vec![default] } else { files };
        Self { files, variables, unreadable, organization: None }
    }

    /// One file and no variables.
    pub fn file(path: PathBuf) -> Self {
        Self { files: vec![path], ..Self::default() }
    }
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In a file, at a line.
    File(PathBuf, usize),
    /// In a variable.
    Variable(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{} line {line}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
        }
    }
}

/// All values that were set, with their origins. Only known keys are in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    values: BTreeMap<String, (Value, Origin)>,
}

/// What the names of our own variables begin with.
const PREFIX: &str = "VESTIBULE_";

/// Where traces go.
const TRACES: &str = "telemetry.otlp_endpoint";

/// Conventional variables, and the keys they stand for; of two for one key the later wins.
const CONVENTIONAL: [(&str, &str); 3] = [
    ("DATABASE_URL", "database.url"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", TRACES),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", TRACES),
];

/// Variables by which OpenTelemetry is switched off, and the value that does it.
const UNTRACED: [(&str, &str); 2] =
    [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")];

/// Whether a variable can say something to us.
fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX)
        || name == "PORT"
        || CONVENTIONAL.iter().chain(&UNTRACED).any(|(ours, _)| *ours == name)
}

impl Merged {
    /// Reads all sources; the faults are of values that were left out.
    pub(crate) fn read(sources: &Sources) -> (Self, Vec<Fault>) {
        let mut merged = Self::default();
        let mut faults = Vec::new();
        for path in &sources.files {
            merged.add_file(path, &mut faults);
        }
        // A development file is whole in itself: variables that a shell holds for other programs
        // do not reach it.
        let development = merged.value("development") == Some(&Value::Boolean(true));
        if !development {
            merged.add_conventional(&sources.variables, &mut faults);
        }
        for (name, text) in &sources.variables {
            merged.add_variable(name, text, &mut faults);
        }
        let is_off = |(name, text): &(String, String)| {
            UNTRACED.iter().any(|(off, how)| name == off && text.eq_ignore_ascii_case(how))
        };
        if sources.variables.iter().any(is_off) {
            merged.values.remove(TRACES);
        }
        faults.extend(
            sources.unreadable.iter().map(|name| Fault {
                key: "variable".to_owned(),
                origin: name.clone(),
                came: None,
                problem: "its value is not UTF-8, so it cannot be used; set it again, or unset it"
                    .to_owned(),
            }),
        );
        (merged, faults)
    }

    /// The value of a key, if it was set.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key).map(|(value, _)| value)
    }

    /// Where a key was set; a key that was not has its default.
    pub(crate) fn origin(&self, key: &str) -> String {
        match self.values.get(key) {
            Some((_, origin)) => origin.to_string(),
            None => "default".to_owned(),
        }
    }

    /// A fault of a key as it stands.
    pub(crate) fn fault(&self, key: &str, problem: impl Into<String>) -> Fault {
        Fault {
            key: key.to_owned(),
            origin: self.origin(key),
            came: self.value(key).map(|value| shown(key, value)),
            problem: problem.into(),
        }
    }

    fn add_file(&mut self, path: &Path, faults: &mut Vec<Fault>) {
        let mut whole = |problem: String| {
            let origin = path.display().to_string();
            faults.push(Fault { key: UNREADABLE_FILE.to_owned(), origin, came: None, problem });
        };
        let text = match bounded::text(path, MAX_FILE) {
            Ok(text) => text,
            Err(error) => {
                return whole(format!(
                    "cannot be read: {error}; name an existing file with --config, or make one with `vestibule init`"
                ));
            }
        };
        let table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(&text, span.start));
                return whole(format!("is not TOML: line {line}: {}", error.message()));
            }
        };
        let lines = key_lines(&text);
        self.add_table(path, &lines, "", table, faults);
    }

    fn add_table(
        &mut self,
        file: &Path,
        lines: &BTreeMap<String, usize>,
        prefix: &str,
        table: Table,
        faults: &mut Vec<Fault>,
    ) {
        for (name, value) in table {
            let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            let origin =
                Origin::File(file.to_owned(), lines.get(&path).copied().unwrap_or_default());
            match value {
                Value::Table(inner) if catalogue::is_section(&path) => {
                    self.add_table(file, lines, &path, inner, faults);
                }
                value => self.set(path, value, origin, faults),
            }
        }
    }

    fn set(&mut self, path: String, value: Value, origin: Origin, faults: &mut Vec<Fault>) {
        let Some(key) = catalogue::find(&path) else {
            return faults.push(unknown(&path, &origin));
        };
        let value = match (&value, &origin, key.kind) {
            (Value::String(text), Origin::File(file, _), Kind::Path) => {
                Value::String(beside(file, text).display().to_string())
            }
            (Value::String(text), Origin::File(file, _), _) if path == "database.url" => {
                Value::String(beside_sqlite(file, text))
            }
            _ => value,
        };
        self.values.insert(path, (value, origin));
    }

    fn add_conventional(&mut self, variables: &[(String, String)], faults: &mut Vec<Fault>) {
        let told = |name: &str| {
            let mut set = variables.iter().filter(|(_, text)| !text.is_empty());
            let text = set.find(|(known, _)| known == name).map(|(_, text)| text.clone());
            text.map(|text| (text, Origin::Variable(name.to_owned())))
        };
        for (name, key) in CONVENTIONAL {
            if let Some((text, origin)) = told(name) {
                self.set(key.to_owned(), Value::String(text), origin, faults);
            }
        }
        if let Some((text, origin)) = told("PORT") {
            let bind = self.value("server.bind").and_then(Value::as_str);
            let host = bind.and_then(|b| b.rsplit_once(':')).map_or("127.0.0.1", |(h, _)| h);
            let value = Value::String(format!("{host}:{text}"));
            self.set("server.bind".to_owned(), value, origin, faults);
        }
    }

    fn add_variable(&mut self, name: &str, text: &str, faults: &mut Vec<Fault>) {
        let Some(rest) = name.strip_prefix(PREFIX).filter(|_| name != CONFIG_VARIABLE) else {
            return;
        };
        let path = rest.to_lowercase().replace("__", ".");
        let origin = Origin::Variable(name.to_owned());
        match catalogue::find(&path) {
            Some(key) => self.set(path, typed(key.kind, text), origin, faults),
            None => faults.push(unknown(&path, &origin)),
        }
    }

    /// Deserializes what was merged. A value that cannot be read is told and left out, and the
    /// rest is read again, so that one round finds all faults.
    pub(crate) fn parse(&self) -> (Option<Config>, Vec<Fault>) {
        let mut values = self.values.clone();
        let mut faults = Vec::new();
        if !values.contains_key("issuer") {
            faults.push(Fault {
                key: "issuer".to_owned(),
                origin: NOT_SET.to_owned(),
                came: None,
                problem: "the issuer is missing; write issuer = \"https://id.clinic.example\" at the top of the file, or set VESTIBULE_ISSUER".to_owned(),
            });
        }
        // Something must stand there while the other keys are looked at.
        let stand_in =
            || (Value::String("http://localhost".to_owned()), Origin::Variable(String::new()));
        values.entry("issuer".to_owned()).or_insert_with(stand_in);
        loop {
            let table = Value::Table(nest(&values));
            let error = match serde_path_to_error::deserialize::<_, Config>(table) {
                Ok(config) => return (Some(config), faults),
                Err(error) => error,
            };
            let path = path_of(error.path());
            let before = values.len();
            let problem = error.inner().message().to_owned();
            values.retain(|key, _| *key != path && !key.starts_with(&format!("{path}.")));
            faults.push(self.fault(&path, explain(&path, problem)));
            values.entry("issuer".to_owned()).or_insert_with(stand_in);
            if values.len() == before && path != "issuer" {
                return (None, faults);
            }
        }
    }
}

/// A fault's text as people read it: a wrong type is told in words, not in Rust's.
fn explain(path: &str, problem: String) -> String {
    match catalogue::find(path) {
        Some(key)
            if problem.starts_with("invalid type") || problem.starts_with("invalid value") =>
        {
            let bounds = match key.range {
                (Some(least), Some(most)) => format!(" from {least} to {most}"),
                _ => String::new(),
            };
            format!("expected a {}{bounds}", key.kind.word())
        }
        _ => problem.lines().collect::<Vec<_>>().join(" "),
    }
}

fn unknown(path: &str, origin: &Origin) -> Fault {
    // A word that stands alone is a section, or a key at the top.
    let whole = path.contains('.');
    let top = |path: &'static str| path.split_once('.').map_or(path, |(section, _)| section);
    let known = catalogue::keys().iter().map(|key| key.path.as_str());
    let meant = catalogue::nearest(path, known.map(|path| if whole { path } else { top(path) }));
    let meant = match (meant, origin) {
        (Some(meant), Origin::Variable(_)) => catalogue::find(meant).map(catalogue::Key::variable),
        (meant, _) => meant.map(str::to_owned),
    };
    let problem = match meant {
        Some(meant) => format!("there is no such key; did you mean {meant}?"),
        None => "there is no such key; `vestibule config schema` lists all".to_owned(),
    };
    Fault { key: path.to_owned(), origin: origin.to_string(), came: None, problem }
}

/// What a variable's text says, given what the key wants; what does not fit stays text, and is
/// refused with all others.
fn typed(kind: Kind, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    match kind {
        Kind::Text | Kind::Path => as_text(),
        Kind::Number => text.parse().map_or_else(|_| as_text(), Value::Integer),
        Kind::Flag => text.parse().map_or_else(|_| as_text(), Value::Boolean),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
        }
    }
}

fn nest(values: &BTreeMap<String, (Value, Origin)>) -> Table {
    let mut root = Table::new();
    for (path, (value, _)) in values {
        let mut table = &mut root;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                table.insert(name.to_owned(), value.clone());
                break;
            }
            let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else { break };
            table = inner;
        }
    }
    root
}

fn path_of(path: &serde_path_to_error::Path) -> String {
    let names: Vec<&str> = path
        .iter()
        .map_while(|segment| match segment {
            serde_path_to_error::Segment::Map { key } => Some(key.as_str()),
            _ => None,
        })
        .collect();
    names.join(".")
}

fn beside(file: &Path, text: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(text)
}

fn beside_sqlite(file: &Path, url: &str) -> String {
    match url.strip_prefix("sqlite:") {
        Some(path) if !path.starts_with("//") && !path.starts_with(':') => {
            format!("sqlite:{}", beside(file, path).display())
        }
        _ => url.to_owned(),
    }
}

/// A value for messages; secrets are masked.
pub(crate) fn shown(path: &str, value: &Value) -> String {
    match (catalogue::find(path), value) {
        (Some(key), Value::String(url))
            if key.secret && matches!(path, "database.url" | "mail.url") =>
        {
            format!("{:?}", secret::mask_url(url))
        }
        (Some(key), _) if key.secret => "\"…\"".to_owned(),
        _ => value.to_string(),
    }
}

fn key_lines(text: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    if let Ok(table) = toml::de::DeTable::parse(text) {
        walk(table.get_ref(), "", text, &mut lines);
    }
    lines
}

fn walk(
    table: &toml::de::DeTable<'_>,
    prefix: &str,
    text: &str,
    lines: &mut BTreeMap<String, usize>,
) {
    for (name, value) in table {
        let name_text = name.get_ref();
        let path =
            if prefix.is_empty() { name_text.to_string() } else { format!("{prefix}.{name_text}") };
        if let toml::de::DeValue::Table(inner) = value.get_ref() {
            walk(inner, &path, text, lines);
        }
        lines.insert(path, line_of(text, name.span().start));
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
