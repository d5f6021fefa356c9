//! `vestibule user import` and `export`.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use vestibule_keys::password::FirebaseProject;

use crate::cli::args::{FormatArg, UserExport, UserImport};
use crate::cli::console::{self, Console};
use crate::cli::fault::CliFault;
use crate::services::export::{self, Content, Style};
use crate::services::import::report::{CSV_HEAD, Counts, RowOutcome, RowReport};
use crate::services::import::{self, Format, Options};
use crate::services::{Act, ServiceFault};

/// How many refused rows are told at once; a report has all of them.
const TOLD: usize = 20;
/// How often progress is told.
const EVERY: Duration = Duration::from_secs(1);
/// Longest file of Firebase parameters.
const MAX_PARAMETERS: u64 = 16 * 1024;
/// There is something to do.
const DIFFERENCES: u8 = 3;

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Csv => Self::Csv,
            FormatArg::Jsonl => Self::Jsonl,
        }
    }
}

pub(super) async fn import(
    act: Act<'_>,
    args: &UserImport,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    let path = &args.file;
    let format = match args.format {
        Some(format) => format.into(),
        None => Format::of_name(&path.to_string_lossy()).ok_or_else(|| {
            CliFault::Usage("the file's name ends in neither .csv nor .jsonl; add --format".into())
        })?,
    };
    let firebase = args.firebase.as_deref().map(firebase).transpose()?;
    let options = Options { format, dry_run: args.dry_run, firebase, invite: args.invite };
    let file = File::open(path).map_err(CliFault::file(path))?;
    let mut report = Report::open(args.report.as_deref())?;
    let mut progress = Progress::new(console);
    let mut refused = Vec::new();
    let imported = import::run(act, file, &options, |row, counts| {
        report.write(row);
        progress.tell(counts);
        if row.outcome == RowOutcome::Refused && refused.len() < TOLD {
            refused.push(row.clone());
        }
    })
    .await?;
    let counts = imported.counts;
    report.finish()?;
    let answer = json!({
        "dry_run": args.dry_run,
        "counts": counts,
        "refused": refused,
        "report": args.report,
    });
    console.answer(&answer, || text(args, &counts, &refused));
    Ok(exit_code(args.dry_run, &counts))
}

/// Rows that were refused are a failure; in a dry run something to do is a difference.
fn exit_code(dry_run: bool, counts: &Counts) -> ExitCode {
    if counts.refused > 0 {
        return ExitCode::FAILURE;
    }
    let to_do = counts.created + counts.updated > 0;
    if dry_run && to_do { ExitCode::from(DIFFERENCES) } else { ExitCode::SUCCESS }
}

fn text(args: &UserImport, counts: &Counts, refused: &[RowReport]) -> String {
    let mut text = String::new();
    for row in refused {
        for fault in &row.faults {
            let (number, line) = (row.row, row.line);
            text.push_str(&format!(
                "row {number} (line {line}) {}: {}: {}\n",
                row.user, fault.field, fault.problem
            ));
        }
    }
    let more = counts.refused.saturating_sub(refused.len() as u64);
    if more > 0 {
        text.push_str(&format!("… and {more} more; --report FILE has all of them\n"));
    }
    let would = if args.dry_run { " would be" } else { "" };
    text.push_str(&format!(
        "{} rows:{would} {} created, {} updated, {} unchanged, {} refused.\n",
        counts.rows, counts.created, counts.updated, counts.unchanged, counts.refused
    ));
    if counts.earlier > 0 {
        text.push_str(&format!("{} of them were done by an earlier run.\n", counts.earlier));
    }
    text
}

/// Where the report goes, if anywhere. What cannot be written is told at the end: the import itself
/// goes on.
struct Report<'a> {
    path: Option<&'a Path>,
    file: Option<BufWriter<File>>,
    fault: Option<std::io::Error>,
}

impl<'a> Report<'a> {
    fn open(path: Option<&'a Path>) -> Result<Self, CliFault> {
        let file = path.map(|path| File::create(path).map_err(CliFault::file(path))).transpose()?;
        let mut report = Self { path, file: file.map(BufWriter::new), fault: None };
        report.put(CSV_HEAD);
        Ok(report)
    }

    fn write(&mut self, row: &RowReport) {
        if self.file.is_some() {
            self.put(&row.csv());
        }
    }

    fn put(&mut self, text: &str) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(text.as_bytes())
        {
            self.fault.get_or_insert(error);
        }
    }

    fn finish(mut self) -> Result<(), CliFault> {
        if let Some(file) = &mut self.file
            && let Err(error) = file.flush()
        {
            self.fault.get_or_insert(error);
        }
        match (self.fault, self.path) {
            (Some(error), Some(path)) => Err(CliFault::file(path)(error)),
            _ => Ok(()),
        }
    }
}

/// Tells on standard error how far it is, on one line where that can be rewritten.
struct Progress<'a> {
    console: &'a Console,
    began: Instant,
    told: Instant,
    rewrites: bool,
}

impl<'a> Progress<'a> {
    #[expect(clippy::disallowed_methods, reason = "progress is told by the wall, nothing decided")]
    fn new(console: &'a Console) -> Self {
        let now = Instant::now();
        let rewrites = std::io::stderr().is_terminal();
        Self { console, began: now, told: now, rewrites }
    }

    fn tell(&mut self, counts: &Counts) {
        if self.console.json || self.told.elapsed() < EVERY {
            return;
        }
        self.told += self.told.elapsed();
        let done = counts.rows - counts.earlier;
        let a_second = done as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let line = format!("{} rows, {a_second:.0} a second", counts.rows);
        let mut err = std::io::stderr().lock();
        // There is nowhere left to tell that this failed.
        let _untold = match self.rewrites {
            true => write!(err, "\r{line}        "),
            false => writeln!(err, "{line}"),
        };
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.rewrites && !self.console.json && self.told > self.began {
            let _untold = writeln!(std::io::stderr());
        }
    }
}

/// The parameters as Firebase's console shows them.
#[derive(Deserialize)]
struct Parameters {
    base64_signer_key: String,
    base64_salt_separator: String,
    rounds: u32,
    mem_cost: u32,
}

fn firebase(path: &Path) -> Result<FirebaseProject, CliFault> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_PARAMETERS).read_to_string(&mut text))
        .map_err(CliFault::file(path))?;
    // Neither fault quotes the file: it holds the signer key.
    let parameters: Parameters = serde_json::from_str(&text).map_err(|_| {
        let problem = "the file must be JSON with base64_signer_key, base64_salt_separator, rounds and mem_cost";
        ServiceFault::invalid("firebase", problem)
    })?;
    let Parameters { base64_signer_key, base64_salt_separator, rounds, mem_cost } = parameters;
    FirebaseProject::new(&base64_signer_key, &base64_salt_separator, rounds, mem_cost)
        .map_err(|fault| ServiceFault::invalid("firebase", fault.to_string()).into())
}

pub(super) async fn export(
    act: Act<'_>,
    args: UserExport,
    console: &Console,
) -> Result<(), CliFault> {
    let content = match args.uid_map {
        true => Content::UidMap { client: args.client },
        false => Content::Users,
    };
    let format = if console.json { Format::Jsonl } else { args.format.into() };
    let style = Style { format, spreadsheet: args.spreadsheet };
    export::run(act, &content, style, async |text: String| {
        console::print(&text);
        true
    })
    .await?;
    Ok(())
}
