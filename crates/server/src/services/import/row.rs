//! What one row wants: its cells, read by their types.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_keys::password::{FirebaseProject, from_keycloak, recognise};
use vestibule_protocol::client::Status;
use vestibule_protocol::identifiers;
use zeroize::Zeroizing;

use super::columns::{Column, name_of};
use super::report::RowReport;
use crate::services::FieldFault;
use crate::services::texts::cut;
use crate::services::users::update::{Edit, UserChange};

/// Longest `sub` (OIDC Core §2).
const MAX_SUBJECT: usize = 255;

/// A cell that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// A text.
    Text(String),
    /// A list of texts, as JSON Lines can have it.
    List(Vec<String>),
}

/// A row, by its columns; or why it cannot be read.
#[derive(Debug)]
pub(super) struct Record {
    /// Which, counted from 1.
    pub number: u64,
    /// The line it begins in.
    pub line: u64,
    /// Its cells that say something.
    pub cells: Result<BTreeMap<Column, Cell>, Vec<FieldFault>>,
}

/// What a row wants. Its `Debug` would show a hash, so there is none.
#[derive(Default)]
pub(super) struct Wanted {
    pub number: u64,
    pub line: u64,
    /// What a user is to be like.
    pub change: UserChange,
    /// The normal form of the email address.
    pub email: Option<String>,
    /// The normal form of the user name.
    pub username: Option<String>,
    /// The external id.
    pub external_id: Option<String>,
    /// The subject, for a new user.
    pub sub: Option<String>,
    /// Whether the user takes part.
    pub status: Option<Status>,
    /// The password hash, in the form that is kept.
    pub hash: Option<Zeroizing<String>>,
}

impl Wanted {
    /// By what the row names its user, each with its column.
    pub(super) fn keys(&self) -> Vec<(&'static str, String)> {
        let keys = [
            ("external_id", &self.external_id),
            ("email", &self.email),
            ("username", &self.username),
            ("sub", &self.sub),
        ];
        let given = keys.into_iter().filter_map(|(column, key)| Some((column, key.clone()?)));
        given.collect()
    }

    /// By what people find the user.
    pub(super) fn name(&self) -> String {
        let names = [&self.external_id, &self.email, &self.username, &self.sub];
        cut(names.into_iter().flatten().next().map_or("", String::as_str))
    }

    /// The report of this row if nothing of it is done.
    pub(super) fn refused(&self, faults: Vec<FieldFault>) -> RowReport {
        RowReport::of_faults(self.number, self.line, self.name(), faults)
    }
}

/// Reads the cells; what is wrong with any of them refuses the row.
pub(super) fn read(
    record: Record,
    firebase: Option<&FirebaseProject>,
) -> Result<Wanted, RowReport> {
    let mut wanted = Wanted { number: record.number, line: record.line, ..Wanted::default() };
    let mut cells = match record.cells {
        Ok(cells) => cells,
        Err(faults) => return Err(wanted.refused(faults)),
    };
    let mut faults = Vec::new();
    let salt = cells.remove(&Column::PasswordSalt);
    for (column, cell) in cells {
        let name = name_of(&column);
        let read = match (column, cell) {
            (Column::Groups, cell) => {
                wanted.change.groups = Some(groups(cell));
                Ok(())
            }
            (_, Cell::List(_)) => Err("a text is expected, not a list".to_owned()),
            (Column::PasswordHash, Cell::Text(text)) => {
                hash(&text, salt.as_ref(), firebase).map(|hash| wanted.hash = Some(hash))
            }
            (column, Cell::Text(text)) => wanted.take(column, text),
        };
        faults.extend(read.err().map(|problem| FieldFault::new(name, problem)));
    }
    if wanted.keys().iter().all(|(column, _)| *column == "sub") && faults.is_empty() {
        let problem = "nothing says whose row it is: email, username or external_id";
        faults.push(FieldFault::new("row", problem));
    }
    if faults.is_empty() { Ok(wanted) } else { Err(wanted.refused(faults)) }
}

impl Wanted {
    fn take(&mut self, column: Column, text: String) -> Result<(), String> {
        let change = &mut self.change;
        match column {
            Column::Email => {
                self.email = Some(identifiers::email(&text).map_err(|fault| fault.to_string())?);
                change.email = Edit::of(&text);
            }
            Column::Username => {
                let normal = identifiers::username(&text).map_err(|fault| fault.to_string())?;
                self.username = Some(normal);
                change.username = Edit::of(&text);
            }
            Column::EmailVerified => change.email_verified = Some(flag(&text)?),
            Column::Test => change.test = Some(flag(&text)?),
            Column::ExternalId => {
                self.external_id = Some(text.clone());
                change.external_id = Edit::Set(text);
            }
            Column::AccountType => change.account_type = Edit::of(&text),
            Column::Sub => self.sub = Some(subject(text)?),
            Column::Status => self.status = Some(status(&text)?),
            Column::Claim(claim) => change.claims.push((claim, Some(lower_flag(text)))),
            Column::Groups | Column::PasswordHash | Column::PasswordSalt => {}
        }
        Ok(())
    }
}

fn groups(cell: Cell) -> BTreeSet<String> {
    let names = match cell {
        Cell::Text(text) => text.split(';').map(str::to_owned).collect(),
        Cell::List(names) => names,
    };
    let names = names.iter().map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Spreadsheets write TRUE and FALSE.
fn lower_flag(text: String) -> String {
    match text.as_str() {
        "TRUE" | "True" => "true".to_owned(),
        "FALSE" | "False" => "false".to_owned(),
        _ => text,
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(format!("{:?} is neither true nor false", cut(text))),
    }
}

fn status(text: &str) -> Result<Status, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "active" | "enabled" => Ok(Status::Active),
        "disabled" | "inactive" => Ok(Status::Disabled),
        _ => Err(format!("{:?} is neither active nor disabled", cut(text))),
    }
}

fn subject(text: String) -> Result<String, String> {
    let fits = text.len() <= MAX_SUBJECT && text.bytes().all(|byte| byte.is_ascii_graphic());
    match fits {
        true => Ok(text),
        false => Err(format!("a subject has 1 to {MAX_SUBJECT} visible ASCII characters")),
    }
}

/// The hash in the form that is kept. No fault quotes it.
fn hash(
    text: &str,
    salt: Option<&Cell>,
    firebase: Option<&FirebaseProject>,
) -> Result<Zeroizing<String>, String> {
    let text = text.trim();
    let kept = match (salt, firebase) {
        (Some(Cell::Text(salt)), Some(project)) => project.hash(text, salt.trim()),
        (Some(_), _) => {
            return Err("a hash with a salt beside it is Firebase's; give the project's parameters along with the file".to_owned());
        }
        (None, _) if text.starts_with('{') => from_keycloak(text),
        (None, _) => recognise(text).map(|_| text.to_owned()),
    };
    kept.map(Zeroizing::new).map_err(|fault| fault.to_string())
}
