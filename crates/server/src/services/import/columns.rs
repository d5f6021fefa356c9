//! Which columns a file can have.

use std::collections::BTreeMap;

use super::csv::RawRow;
use super::row::{Cell, Record};
use crate::services::FieldFault;
use crate::services::texts::cut;
use crate::services::users::claims::is_standard;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Email address: claim and name to sign in with.
    Email,
    /// Whether it is known to be the user's.
    EmailVerified,
    /// User name: claim `preferred_username` and name to sign in with.
    Username,
    /// What the other system calls the user; by it users are found again.
    ExternalId,
    /// The subject that clients are to know the user by; for new users alone.
    Sub,
    /// Names of groups, separated by semicolons.
    Groups,
    /// What kind of account it is.
    AccountType,
    /// Whether it is a test user.
    Test,
    /// `active` or `disabled`.
    Status,
    /// A password hash.
    PasswordHash,
    /// The salt of a Firebase hash.
    PasswordSalt,
    /// A claim.
    Claim(String),
}

/// The columns that are not claims.
const OWN: [(&str, Column); 12] = [
    ("email", Column::Email),
    ("email_verified", Column::EmailVerified),
    ("username", Column::Username),
    ("preferred_username", Column::Username),
    ("external_id", Column::ExternalId),
    ("sub", Column::Sub),
    ("groups", Column::Groups),
    ("account_type", Column::AccountType),
    ("test", Column::Test),
    ("status", Column::Status),
    ("password_hash", Column::PasswordHash),
    ("password_salt", Column::PasswordSalt),
];

/// The claims that "did you mean" thinks of.
const USUAL_CLAIMS: [&str; 17] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "birthdate",
    "gender",
    "locale",
    "zoneinfo",
    "picture",
    "profile",
    "website",
    "address.formatted",
    "address.street_address",
    "address.locality",
];

/// What people call these columns elsewhere.
const ELSEWHERE: [(&str, &str); 12] = [
    ("mail", "email"),
    ("e-mail", "email"),
    ("firstname", "given_name"),
    ("first_name", "given_name"),
    ("lastname", "family_name"),
    ("last_name", "family_name"),
    ("surname", "family_name"),
    ("phone", "phone_number"),
    ("id", "external_id"),
    ("password", "password_hash"),
    ("passwordhash", "password_hash"),
    ("salt", "password_salt"),
];

impl Column {
    /// The column of this name, or what was probably meant.
    pub(super) fn read(name: &str) -> Result<Self, FieldFault> {
        if let Some((_, column)) = OWN.iter().find(|(own, _)| *own == name) {
            return Ok(column.clone());
        }
        if is_standard(name) {
            return Ok(Self::Claim(name.to_owned()));
        }
        // What is wrong with the name of a claim is told with its value.
        match name.strip_prefix("claims.") {
            Some(claim) if is_standard(claim) || OWN.iter().any(|(own, _)| *own == claim) => {
                Err(FieldFault::new(cut(name), format!("it has a column of its own: {claim}")))
            }
            Some(claim) if !claim.is_empty() => Ok(Self::Claim(claim.to_owned())),
            _ => Err(FieldFault::new(cut(name), unknown(name))),
        }
    }
}

fn unknown(name: &str) -> String {
    let plain = name.trim().to_lowercase().replace([' ', '-'], "_");
    let elsewhere = ELSEWHERE.iter().find(|(there, _)| there.replace('-', "_") == plain);
    let known = OWN.iter().map(|(own, _)| *own).chain(USUAL_CLAIMS);
    let nearest = known
        .map(|known| (strsim::damerau_levenshtein(known, &plain), known))
        .filter(|(distance, known)| *distance <= 2.max(known.len() / 4))
        .min();
    match elsewhere.map(|(_, known)| *known).or(nearest.map(|(_, known)| known)) {
        Some(known) => format!("there is no such column; did you mean {known}?"),
        None => "there is no such column; a claim of your own is written claims.NAME".to_owned(),
    }
}

/// The line of column names.
#[derive(Debug)]
pub(super) struct Header(Vec<Column>);

impl Header {
    /// Reads it; all that is wrong with it is told, and then nothing of the file is done.
    pub(super) fn read(row: &RawRow) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        if let Some((_, problem)) = &row.fault {
            return Err(vec![FieldFault::new("file", format!("the column names: {problem}"))]);
        }
        let mut columns = Vec::new();
        for cell in &row.cells {
            let name = String::from_utf8_lossy(cell);
            match Column::read(name.trim()) {
                Ok(column) if columns.contains(&column) => {
                    let problem = "the column is there twice; take one of them out";
                    faults.push(FieldFault::new(cut(&name), problem));
                }
                Ok(column) => columns.push(column),
                Err(fault) => faults.push(fault),
            }
        }
        let names = [Column::Email, Column::Username, Column::ExternalId];
        if faults.is_empty() && !names.iter().any(|name| columns.contains(name)) {
            let problem = "no column says whose row it is: email, username or external_id";
            faults.push(FieldFault::new("file", problem));
        }
        if faults.is_empty() { Ok(Self(columns)) } else { Err(faults) }
    }

    /// A row under these names. An empty cell says nothing.
    pub(super) fn record(&self, number: u64, row: RawRow) -> Record {
        let line = row.line;
        let refused = |field: &str, problem: String| Record {
            number,
            line,
            cells: Err(vec![FieldFault::new(field, problem)]),
        };
        if let Some((place, problem)) = &row.fault {
            let column = self.0.get(*place).map_or_else(|| "row".to_owned(), name_of);
            return refused(&column, problem.clone());
        }
        if row.cells.len() != self.0.len() {
            let (found, expected) = (row.cells.len(), self.0.len());
            let problem = format!(
                "it has {found} cells, and there are {expected} columns; a cell with a comma in it needs quotes"
            );
            return refused("row", problem);
        }
        let texts = row.cells.into_iter().map(String::from_utf8);
        let mut cells = BTreeMap::new();
        for (column, text) in self.0.iter().zip(texts) {
            match text {
                Ok(text) if text.is_empty() => {}
                Ok(text) => _ = cells.insert(column.clone(), Cell::Text(text)),
                Err(_) => return refused(&name_of(column), "it is not UTF-8".to_owned()),
            }
        }
        Record { number, line, cells: Ok(cells) }
    }
}

/// What a column is called in a report.
pub(super) fn name_of(column: &Column) -> String {
    match column {
        Column::Claim(claim) if is_standard(claim) => claim.clone(),
        Column::Claim(claim) => format!("claims.{claim}"),
        own => {
            let found = OWN.iter().find(|(_, column)| column == own);
            found.map_or_else(String::new, |(name, _)| (*name).to_owned())
        }
    }
}
