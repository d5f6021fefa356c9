//! `/admin/users/import` and `/admin/users/export`: users from and to files.

use std::io::Cursor;
use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::params::Params;

use crate::admin::guard::{self, Admin, FRESH};
use crate::admin::layout;
use crate::admin::table::Answer;
use crate::admin::views::users::{ImportResult, ImportRow, UsersImport};
use crate::admin::views::{Button, Choice, Field, FormPage, Section, Summary};
use crate::app::App;
use crate::http::answer;
use crate::http::body::FormBounds;
use crate::http::chunks::produced;
use crate::http::multipart::Upload;
use crate::services::export::{self, Content, Style};
use crate::services::import::report::{Counts, RowOutcome, RowReport};
use crate::services::import::{self, Format, Options};
use crate::services::users::welcome;
use crate::services::{FieldFault, ServiceFault};

const IMPORT: &str = "/admin/users/import";
const EXPORT: &str = "/admin/users/export";
/// What a file may be.
const FILE: &str = "CSV or JSON Lines in UTF-8, at most 16 MiB. Columns: external_id, email, \
     email_verified, username, sub, name, given_name, family_name, groups, account_type, test, \
     status, password_hash, and all claims of OpenID Connect. Larger files go through the command \
     line.";
/// Largest file that comes through the browser.
const UPLOAD: FormBounds = FormBounds { bytes: 16 << 20, patience: Duration::from_secs(60) };
/// Most rows with something to say that are shown.
const MAX_SHOWN: usize = 200;

/// The form of an import.
pub async fn upload(app: Data<App>, http: HttpRequest) -> Answer {
    // The password is asked for before the file is chosen, which would be lost on the way.
    let admin = guard::entered_fresh(&app, &http, Permission::UsersWrite).await?;
    Ok(form(&app, &http, &admin, &[], None))
}

/// Imports, or tells what an import would do.
pub async fn import(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let admin = guard::entered(&app, &http, Permission::UsersWrite).await?;
    admin.fresh(&app, &http, FRESH * 6)?;
    let upload = match guard::uploaded(&app, &http, payload, &admin, UPLOAD).await? {
        Ok(upload) => upload,
        Err(fault) => {
            let faults = [FieldFault::new("file", fault.to_string())];
            return Ok(form(&app, &http, &admin, &faults, None));
        }
    };
    Ok(match imported(&app, &admin, upload).await {
        Ok(result) => form(&app, &http, &admin, &[], Some(result)),
        Err(ServiceFault::Invalid(faults)) => form(&app, &http, &admin, &faults, None),
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}

async fn imported(app: &App, admin: &Admin, upload: Upload) -> Result<ImportResult, ServiceFault> {
    let file = upload.file.filter(|file| !file.bytes.is_empty());
    let file =
        file.ok_or_else(|| ServiceFault::invalid("file", "choose a file that is not empty"))?;
    let format = Format::of_name(&file.name)
        .ok_or_else(|| ServiceFault::invalid("file", "its name ends in neither .csv nor .jsonl"))?;
    let dry_run = upload.params.one("import") != Some("on");
    let invite = upload.params.one("invite") == Some("on");
    let options = Options { format, dry_run, firebase: None, invite };
    let (mut rows, mut more) = (Vec::new(), 0);
    let imported = import::run(admin.act(app), Cursor::new(file.bytes), &options, |row, _| {
        let lines = lines(row);
        match rows.len() + lines.len() <= MAX_SHOWN {
            true => rows.extend(lines),
            false => more += lines.len() as u64,
        }
    })
    .await?;
    Ok(ImportResult { dry_run, counts: words(&imported.counts), rows, more })
}

/// What there is to say of a row: why it was refused, or what is worth knowing.
fn lines(report: &RowReport) -> Vec<ImportRow> {
    let said = report.faults.iter().chain(&report.notes);
    said.map(|fault| ImportRow {
        row: report.row,
        line: report.line,
        user: report.user.clone(),
        outcome: report.outcome.word(),
        column: fault.field.strip_prefix("claims.").unwrap_or(&fault.field).to_owned(),
        problem: fault.problem.clone(),
    })
    .collect()
}

fn words(counts: &Counts) -> Vec<(&'static str, u64)> {
    vec![
        ("rows", counts.rows),
        (RowOutcome::Created.word(), counts.created),
        (RowOutcome::Updated.word(), counts.updated),
        (RowOutcome::Unchanged.word(), counts.unchanged),
        (RowOutcome::Refused.word(), counts.refused),
    ]
}

fn form(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    faults: &[FieldFault],
    result: Option<ImportResult>,
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Users);
    let mut fields = vec![
        Field::file("file", "File", ".csv,.tsv,.jsonl,.ndjson,text/csv").hint(FILE).faults(faults),
        Field::tick("import", "Import the users")
            .hint("Without it nothing is written, and you see what would happen to each row."),
    ];
    if welcome::mail_is_there(app) {
        fields.push(
            Field::tick("invite", "Invite new users by mail")
                .hint("Each who has an address and no password gets a link to choose one."),
        );
    }
    let page = UsersImport {
        form: frame.form(IMPORT),
        summary: Summary::of(faults, &fields),
        fields,
        frame: frame.below("Import", IMPORT),
        result,
    };
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// The form of an export.
pub async fn choose(app: Data<App>, http: HttpRequest) -> Answer {
    let admin = guard::entered_fresh(&app, &http, Permission::UsersExport).await?;
    Ok(export_form(&app, &http, &admin, &Params::default(), &[]))
}

fn export_form(
    app: &App,
    http: &HttpRequest,
    admin: &Admin,
    typed: &Params,
    faults: &[FieldFault],
) -> HttpResponse {
    let what = vec![
        Choice::new("users", "All users").hint("Everything but passwords; an import reads it again."),
        Choice::new("uid-map", "Map of identifiers")
            .hint("For a vendor that links accounts beforehand: external_id, sub, email, names, account type, organization."),
    ];
    let formats = vec![
        Choice::new("csv", "CSV")
            .hint("Opens in a spreadsheet: cells that it would take for a formula get an apostrophe in front."),
        Choice::new("jsonl", "JSON Lines").hint("Exactly as it is kept."),
    ];
    let or = |name: &str, usual: &str| typed.one(name).unwrap_or(usual).to_owned();
    let fields = vec![
        Field::radio("what", "What", what).value(or("what", "users")),
        Field::text("client", "Only users of this client")
            .hint("A client id; for the map of identifiers.")
            .optional()
            .typed(typed),
        Field::radio("format", "Format", formats).value(or("format", "csv")),
    ];
    let frame = layout::frame(app, http, admin, Section::Users);
    let page = FormPage {
        title: "Export users".to_owned(),
        text: vec!["The event log records who exported what.".to_owned()],
        button: Button::send("Download"),
        ..FormPage::at(frame.below("Export", EXPORT), EXPORT, "/admin/users")
    }
    .asking(fields, faults);
    layout::show(app, http, admin, page.summary.status(), &page)
}

/// Sends the file.
pub async fn export(app: Data<App>, http: HttpRequest, payload: Payload) -> Answer {
    let (admin, params) =
        guard::posted_fresh(&app, &http, payload, Permission::UsersExport).await?;
    let client = params.one("client").map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    let content = match params.one("what") {
        Some("uid-map") => Content::UidMap { client },
        _ => Content::Users,
    };
    let format = if params.one("format") == Some("jsonl") { Format::Jsonl } else { Format::Csv };
    let style = Style { format, spreadsheet: true };
    Ok(match export::begin(admin.act(&app), &content, style).await {
        Ok(begun) => {
            let mut answer =
                answer::attachment(&app, format.media_type(), &export::file_name(&content, format));
            answer.body(produced(async move |source| {
                begun.write(&app, async |text| source.give(text).await).await.map(drop)
            }))
        }
        Err(ServiceFault::NotFound { .. }) => {
            let faults = [FieldFault::new("client", "there is no such client here")];
            export_form(&app, &http, &admin, &params, &faults)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    })
}
