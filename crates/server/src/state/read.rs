//! From files to what they state.
//!
//! All faults of all files are told at once, each with line and column. What a file leaves out is
//! the default that every other door would give it.

pub(super) mod client;
mod others;
mod picture;
mod secret;
mod webhook;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

use super::Faults;
use super::document::{Documents, Ensure, Object, Place, Stated};
use super::table::{Source, Table, fault};
use crate::config::Fault;
use crate::core::Core;
use crate::services::FieldFault;

/// Largest file, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// Most files that are read together.
const MAX_FILES: usize = 32;
/// Most objects that are stated together.
const MAX_OBJECTS: usize = 5000;
/// The version of the format.
const VERSION: i64 = 1;
/// The keys at the top of a document.
const TOP: [&str; 7] = ["version", "name", "organization", "group", "client", "admin", "webhook"];

/// What documents are read with.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Profiles, defaults and the clock.
    pub core: &'a Core,
    /// The variables that secrets may be read from.
    pub variables: &'a [(String, String)],
}

/// Reads documents that are to hold together.
pub fn read(files: &[PathBuf], around: Surroundings<'_>) -> Result<Documents, Faults> {
    let mut reading = Reading {
        around,
        documents: Documents { objects: Vec::new(), sources: Vec::new(), warnings: Vec::new() },
    };
    let mut faults = Vec::new();
    if files.len() > MAX_FILES {
        let origin = "command line".to_owned();
        let problem = format!("{} files are too many; at most {MAX_FILES}", files.len());
        return Err(Faults(vec![Fault { key: "file".to_owned(), origin, came: None, problem }]));
    }
    for path in files {
        match text_of(path) {
            Ok(text) => faults.extend(reading.file(path, &text)),
            Err(problem) => faults.push(Fault {
                key: "file".to_owned(),
                origin: path.display().to_string(),
                came: None,
                problem,
            }),
        }
    }
    let mut documents = reading.documents;
    faults.extend(repeated(&documents.objects));
    if documents.objects.len() > MAX_OBJECTS {
        let origin = "all files".to_owned();
        let problem =
            format!("{} objects are too many; at most {MAX_OBJECTS}", documents.objects.len());
        faults.push(Fault { key: "file".to_owned(), origin, came: None, problem });
    }
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    // A parent is made before what belongs to it, so kinds have an order; within one it is the
    // order of the files.
    let depths = depths(&documents.objects);
    documents.objects.sort_by_key(|stated| {
        let depth = depths.get(&stated.id()).copied().unwrap_or_default();
        (stated.object.kind(), depth)
    });
    Ok(documents)
}

fn text_of(path: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("cannot be read: {error}; name an existing file");
    let file = std::fs::File::open(path).map_err(told)?;
    if !file.metadata().map_err(told)?.is_file() {
        return Err("is not a file; name a TOML file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("is larger than {MAX_FILE} bytes; split it into several files"));
    }
    String::from_utf8(bytes)
        .map_err(|error| format!("is not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}

/// How many stated organizations each stated organization lies below. A circle, of which none can be
/// made, ends at its length.
fn depths(objects: &[Stated]) -> HashMap<String, usize> {
    let parents: HashMap<&str, &str> = objects
        .iter()
        .filter_map(|stated| match &stated.object {
            Object::Organization(slug, Some(wanted)) => {
                Some((slug.as_str(), wanted.parent.as_deref()?))
            }
            _ => None,
        })
        .collect();
    let depth = |slug: &str| {
        let above = std::iter::successors(parents.get(slug), |parent| parents.get(**parent));
        above.take(parents.len()).count()
    };
    parents.keys().map(|slug| ((*slug).to_owned(), depth(slug))).collect()
}

/// Objects that are stated twice.
fn repeated(objects: &[Stated]) -> Vec<Fault> {
    let mut first = HashMap::<(&str, String), &Place>::new();
    let mut faults = Vec::new();
    for stated in objects {
        let kind = stated.object.kind().as_str();
        match first.entry((kind, stated.id())) {
            std::collections::hash_map::Entry::Occupied(earlier) => {
                let problem = format!("{} is stated at {} already", earlier.key().1, earlier.get());
                faults.push(fault(kind, &stated.place, problem));
            }
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(&stated.place);
            }
        }
    }
    faults
}

/// What was read so far.
struct Reading<'a> {
    around: Surroundings<'a>,
    documents: Documents,
}

impl Reading<'_> {
    fn file(&mut self, path: &Path, text: &str) -> Vec<Fault> {
        let mut source = Source::new(path.display().to_string().into(), text);
        let (parsed, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            source.fault("file", at, format!("is not TOML: {}", error.message()));
        }
        if !errors.is_empty() {
            return source.faults;
        }
        let top = Table { path: String::new(), at: 0, table: parsed.get_ref() };
        top.only(&mut source, TOP.into_iter());
        self.version(&top, &mut source);
        let name = self.name(&top, &mut source, path);
        if !self.documents.sources.contains(&name) {
            self.documents.sources.push(Arc::clone(&name));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        for table in source.tables(top.table, "organization", "") {
            let read = others::organization(&table, &mut source, folder);
            self.keep(read, &table, &source, &name);
        }
        for table in source.tables(top.table, "group", "") {
            let read = others::group(&table, &mut source);
            self.keep(read, &table, &source, &name);
        }
        for table in source.tables(top.table, "client", "") {
            let warnings = &mut self.documents.warnings;
            let read = client::client(&table, &mut source, self.around, folder, warnings);
            self.keep(read, &table, &source, &name);
        }
        for table in source.tables(top.table, "admin", "") {
            let read = others::admin(&table, &mut source);
            self.keep(read, &table, &source, &name);
        }
        for table in source.tables(top.table, "webhook", "") {
            let warnings = &mut self.documents.warnings;
            let read = webhook::webhook(&table, &mut source, self.around, folder, warnings);
            self.keep(read, &table, &source, &name);
        }
        source.faults
    }

    fn keep(
        &mut self,
        read: Option<Read>,
        table: &Table<'_>,
        source: &Source<'_>,
        name: &Arc<str>,
    ) {
        let Some((organization, object)) = read else { return };
        let place = source.place(table.at);
        self.documents.objects.push(Stated {
            place,
            source: Arc::clone(name),
            organization,
            object,
        });
    }

    fn version(&self, top: &Table<'_>, source: &mut Source<'_>) {
        let what = format!("write version = {VERSION}");
        let version = top.require::<i64>(source, "version", &what);
        if version.is_some_and(|version| version != VERSION) {
            let problem = format!("this program reads version {VERSION}");
            source.fault("version", top.at("version"), problem);
        }
    }

    /// By which name the file manages what it states: its own, or where it lies. A path keeps two
    /// files of the same name in different folders apart, so that neither prunes the other's.
    fn name(&self, top: &Table<'_>, source: &mut Source<'_>, path: &Path) -> Arc<str> {
        let Some(name) = top.read::<String>(source, "name") else {
            let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            return whole.display().to_string().into();
        };
        let fits = (1..=100).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !fits {
            let problem = "a name has 1 to 100 of the characters A-Z a-z 0-9 - _ .";
            source.fault("name", top.at("name"), problem);
        }
        name.into()
    }
}

/// An object with the slug of its organization.
type Read = (Option<String>, super::document::Object);

/// `ensure` and `organization`, which most objects have.
fn common(table: &Table<'_>, source: &mut Source<'_>) -> (Ensure, Option<String>) {
    let ensure = table.read(source, "ensure").unwrap_or_default();
    let organization = table.read::<String>(source, "organization");
    (ensure, organization)
}

/// A fault of the service, where the key stands that it is about.
fn tell(table: &Table<'_>, source: &mut Source<'_>, fault: &FieldFault) {
    let top = fault.field.split('.').next().unwrap_or(&fault.field);
    source.fault(&table.key(&fault.field), table.at(top), fault.problem.clone());
}
