//! `/admin/users/import` and `/admin/users/export`: users from and to files.

use std::io::Cursor;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use vestibule_protocol::admin::Permission;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;

use crate::admin::guard::{self, Admin, FRESH};
use crate::admin::layout;
use crate::admin::views::users::{ImportResult, ImportRow, UsersImport};
use crate::admin::views::{Choice, Field, FormPage, Section, Summary};
use crate::app::App;
use crate::attempt::Attempt;
use crate::flow::shown;
use crate::http::body::FormBounds;
use crate::http::multipart::{self, Upload};
use crate::http::{csp, forms};
use crate::services::export::{self, Content, Style};
use crate::services::import::report::{Counts, RowOutcome, RowReport};
use crate::services::import::{self, Format, Options};
use crate::services::{FieldFault, ServiceFault};

/// Largest file that comes through the browser.
const UPLOAD: FormBounds = FormBounds { bytes: 16 << 20, patience: Duration::from_secs(60) };
/// Most rows with something to say that are shown.
const MAX_SHOWN: usize = 200;

/// The form of an import.
pub async fn upload(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::UsersWrite).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    // Asked for before the file is chosen, which would be lost on the way.
    match admin.stale(&app, &http, FRESH) {
        Some(answer) => answer,
        None => form(&app, &http, &admin, Vec::new(), None),
    }
}

/// Imports, or tells what an import would do.
pub async fn import(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::UsersWrite).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    if let Some(answer) = admin.stale(&app, &http, FRESH * 6) {
        return answer;
    }
    let upload = match multipart::read(&http, payload, UPLOAD).await {
        Ok(upload) => upload,
        Err(fault) => return form(&app, &http, &admin, vec![fault.to_string()], None),
    };
    let browser = app.cookies.browser(&http);
    let csrf = upload.params.one("csrf");
    if !forms::is_ours(&app.digests, &app.issuer, &http, browser.as_ref(), csrf) {
        let attempt = Attempt::begin(&app);
        return shown::error(&app, &http, &attempt, &Reason::CrossSiteForm, None).await;
    }
    match imported(&app, &admin, upload).await {
        Ok(result) => form(&app, &http, &admin, Vec::new(), Some(result)),
        Err(ServiceFault::Invalid(faults)) => {
            let text = |fault: FieldFault| format!("{}: {}", fault.field, fault.problem);
            form(&app, &http, &admin, faults.into_iter().map(text).collect(), None)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

async fn imported(app: &App, admin: &Admin, upload: Upload) -> Result<ImportResult, ServiceFault> {
    let file = upload.file.filter(|file| !file.bytes.is_empty());
    let file =
        file.ok_or_else(|| ServiceFault::invalid("file", "choose a file that is not empty"))?;
    let format = Format::of_name(&file.name)
        .ok_or_else(|| ServiceFault::invalid("file", "its name ends in neither .csv nor .jsonl"))?;
    let dry_run = upload.params.one("import") != Some("on");
    let options = Options { format, dry_run, firebase: None };
    let (mut rows, mut more) = (Vec::new(), 0);
    let counts = import::run(admin.act(app), Cursor::new(file.bytes), &options, |row, _| {
        let lines = lines(row);
        match rows.len() + lines.len() <= MAX_SHOWN {
            true => rows.extend(lines),
            false => more += lines.len() as u64,
        }
    })
    .await?;
    Ok(ImportResult { dry_run, counts: words(&counts), rows, more })
}

/// What there is to say of a row: why it was refused, or what is worth knowing.
fn lines(report: &RowReport) -> Vec<ImportRow> {
    let said = report.faults.iter().chain(&report.notes);
    said.map(|fault| ImportRow {
        row: report.row,
        line: report.line,
        user: report.user.clone(),
        outcome: report.outcome.word(),
        column: fault.field.clone(),
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
    faults: Vec<String>,
    result: Option<ImportResult>,
) -> HttpResponse {
    let frame = layout::frame(app, http, admin, Section::Users);
    let write = Field::tick("import", "Write the users")
        .hint("Without it nothing is written, and you see what would happen to each row.");
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = UsersImport {
        form: frame.form("/admin/users/import"),
        fields: vec![write],
        frame: frame.below("Import", "/admin/users/import"),
        faults,
        result,
    };
    layout::show(app, http, admin, status, &page)
}

/// The form of an export.
pub async fn choose(app: Data<App>, http: HttpRequest) -> HttpResponse {
    let admin = match guard::entered(&app, &http, Permission::UsersRead).await {
        Ok(admin) => admin,
        Err(answer) => return answer,
    };
    match admin.stale(&app, &http, FRESH) {
        Some(answer) => answer,
        None => export_form(&app, &http, &admin, &Params::default(), &[]),
    }
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
            .hint("external_id, sub, e-mail, names, account type, organization: for a vendor that links accounts beforehand."),
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
            .typed(typed)
            .faults(faults),
        Field::radio("format", "Format", formats).value(or("format", "csv")),
    ];
    let frame = layout::frame(app, http, admin, Section::Users);
    let page = FormPage {
        form: frame.form("/admin/users/export"),
        title: "Export users".to_owned(),
        lead: "The event log keeps who took the data away.".to_owned(),
        summary: Summary::of(faults, &fields),
        fields,
        button: "Download".to_owned(),
        back: frame.path("/admin/users"),
        frame: frame.below("Export", "/admin/users/export"),
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    layout::show(app, http, admin, status, &page)
}

/// Sends the file.
pub async fn export(app: Data<App>, http: HttpRequest, payload: Payload) -> HttpResponse {
    let entered = guard::posted(&app, &http, payload, Permission::UsersRead).await;
    let (admin, params) = match entered {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    if let Some(answer) = admin.stale(&app, &http, FRESH) {
        return answer;
    }
    let client = params.one("client").map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    let content = match params.one("what") {
        Some("uid-map") => Content::UidMap { client },
        _ => Content::Users,
    };
    let format = if params.one("format") == Some("jsonl") { Format::Jsonl } else { Format::Csv };
    let style = Style { format, spreadsheet: true };
    let mut text = String::new();
    let ran = export::run(admin.act(&app), &content, style, |part| {
        text.push_str(&part);
        true
    });
    match ran.await {
        Ok(_) => download(&app, &export::file_name(&content, format), format, text),
        Err(ServiceFault::NotFound { .. }) => {
            let faults = [FieldFault::new("client", "there is no such client here")];
            export_form(&app, &http, &admin, &params, &faults)
        }
        Err(fault) => layout::fault(&app, &http, &admin, &fault),
    }
}

fn download(app: &App, name: &str, format: Format, text: String) -> HttpResponse {
    let media = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Jsonl => "application/jsonl; charset=utf-8",
    };
    let mut answer = HttpResponse::Ok();
    for header in csp::headers(csp::Policy::Page, app.transport) {
        answer.insert_header(header);
    }
    answer.insert_header((CONTENT_TYPE, media));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        answer.insert_header((CONTENT_DISPOSITION, value));
    }
    answer.body(text)
}
