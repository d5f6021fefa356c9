//! Users from and to files: importing, how far an import has come, taking everybody's data away.

use std::io::Cursor;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vestibule_protocol::admin::Permission as P;

use super::documents::Moment;
use super::problem::Problem;
use super::reply::{File, Reply};
use super::routes::Route;
use super::serve::Call;
use crate::http::chunks::produced;
use crate::services::export::{self, Content, Style};
use crate::services::import::report::{Counts, RowReport};
use crate::services::import::{self, Format, Options};
use crate::services::texts::cut;

/// Largest file that one request brings: a hundred thousand users with their hashes.
const MOST_BYTES: usize = 32 << 20;
/// Most rows that one answer tells of.
const MOST_ROWS: usize = 1000;
const CSV: &str = "text/csv";

pub(super) const ROUTES: &[Route] = &[
    Route::post(
        "/imports/users",
        "importUsers",
        "Imports users from CSV or JSON Lines, or tells in a dry run what would become of each row. The same file sent again goes on where it was broken off.",
        |call| Box::pin(import_users(call)),
    )
    .needs(P::UsersWrite)
    .query::<ImportQuery>()
    .takes_file(
        &[CSV, "application/jsonl"],
        MOST_BYTES,
        "external_id,email,given_name,family_name\np-17,ada@clinic.example,Ada,Lovelace\n",
    )
    .gives::<ImportDocument>(),
    Route::get(
        "/imports/users/{file}",
        "readImport",
        "Tells how far the import of a file has come that runs, or was broken off.",
        |call| Box::pin(progress(call)),
    )
    .needs(P::UsersWrite)
    .gives::<ImportProgress>(),
    Route::get(
        "/exports/users",
        "exportUsers",
        "Takes all users away in a file, with everything but passwords; an import reads it again.",
        |call| Box::pin(export_users(call)),
    )
    .needs(P::UsersExport)
    .query::<ExportQuery>()
    .gives_file(CSV),
    Route::get(
        "/exports/uid-map",
        "exportUidMap",
        "Takes the map of identifiers away (external_id, sub, email, names, account_type, org), by which a vendor links accounts beforehand.",
        |call| Box::pin(export_map(call)),
    )
    .needs(P::UsersExport)
    .query::<UidMapQuery>()
    .gives_file(CSV),
];

/// How a file is imported.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// Whether nothing is written, and only told what would be.
    #[serde(default)]
    dry_run: bool,
    /// Whether new users without a password are invited by mail.
    #[serde(default)]
    invite: bool,
}

/// What became of a file of users.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Import")]
struct ImportDocument {
    /// Whether nothing was written.
    dry_run: bool,
    /// The SHA-256 of the file: by it a broken-off import is found again.
    file: String,
    /// How many rows came to what.
    counts: Counts,
    /// The rows of which there is something to say, in their order: why they were refused, or what is
    /// worth knowing.
    rows: Vec<RowReport>,
    /// How many more such rows there are.
    more: u64,
}

/// How far an import has come.
#[derive(Serialize, JsonSchema)]
struct ImportProgress {
    /// The SHA-256 of the file.
    file: String,
    /// How many rows came to what so far.
    counts: Counts,
    /// When its latest rows were written.
    updated_at: Moment,
}

/// How users are written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// `csv`, or `jsonl` for exactly what is kept.
    #[serde(default)]
    format: Written,
    /// Whether cells of CSV that a spreadsheet would take for a formula get an apostrophe in front.
    #[serde(default)]
    spreadsheet: bool,
}

/// Whose identifiers, and how they are written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UidMapQuery {
    /// Only users whom this client admits.
    client_id: Option<String>,
    /// `csv` or `jsonl`.
    #[serde(default)]
    format: Written,
    /// Whether cells of CSV that a spreadsheet would take for a formula get an apostrophe in front.
    #[serde(default)]
    spreadsheet: bool,
}

/// How a file is written.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(rename = "FileFormat")]
#[serde(rename_all = "lowercase")]
enum Written {
    /// RFC 4180, with a line of column names.
    #[default]
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl From<Written> for Format {
    fn from(written: Written) -> Self {
        match written {
            Written::Csv => Self::Csv,
            Written::Jsonl => Self::Jsonl,
        }
    }
}

async fn import_users(call: Call<'_>) -> Result<Reply, Problem> {
    let ImportQuery { dry_run, invite } = call.query()?;
    let input = call.input();
    if input.bytes.is_empty() {
        return Err(Problem::field("file", "the body is empty; send the file"));
    }
    let format = if input.media_type == CSV { Format::Csv } else { Format::Jsonl };
    let options = Options { format, dry_run, firebase: None, invite };
    let (mut rows, mut more) = (Vec::new(), 0);
    let file = Cursor::new(input.bytes.clone());
    let imported = import::run(call.act, file, &options, |row, _| {
        if row.faults.is_empty() && row.notes.is_empty() {
            return;
        }
        match rows.len() < MOST_ROWS {
            true => rows.push(row.clone()),
            false => more += 1,
        }
    })
    .await?;
    let import::Imported { file, counts } = imported;
    Reply::json(&ImportDocument { dry_run, file, counts, rows, more })
}

async fn progress(call: Call<'_>) -> Result<Reply, Problem> {
    let file = call.path("file");
    let found = import::progress(call.act, file).await?;
    let (counts, at) = found.ok_or_else(|| Problem::not_found("unfinished import", &cut(file)))?;
    Reply::json(&ImportProgress { file: file.to_owned(), counts, updated_at: Moment(at) })
}

async fn export_users(call: Call<'_>) -> Result<Reply, Problem> {
    let ExportQuery { format, spreadsheet } = call.query()?;
    exported(call, Content::Users, format.into(), spreadsheet).await
}

async fn export_map(call: Call<'_>) -> Result<Reply, Problem> {
    let UidMapQuery { client_id, format, spreadsheet } = call.query()?;
    exported(call, Content::UidMap { client: client_id }, format.into(), spreadsheet).await
}

async fn exported(
    call: Call<'_>,
    content: Content,
    format: Format,
    spreadsheet: bool,
) -> Result<Reply, Problem> {
    let begun = export::begin(call.act, &content, Style { format, spreadsheet }).await?;
    let app = call.app.clone();
    let body = produced(async move |source| {
        begun.write(&app, async |text| source.give(text).await).await.map(drop)
    });
    let name = export::file_name(&content, format);
    Ok(Reply::file(File { name, media_type: format.media_type(), body }))
}
