//! `vestibule backup`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_store::backup::{self, Contents, Header};

use super::args::BackupVerb;
use super::console::{Console, moment, pairs, table};
use super::fault::CliFault;
use super::session::with_core;
use crate::config::{Config, Sources};
use crate::core::create_store;
use crate::services::{ServiceFault, backups};

/// Standard output.
const STANDARD_OUTPUT: &str = "-";

pub(super) fn run(
    verb: BackupVerb,
    sources: &Sources,
    console: &Console,
) -> Result<ExitCode, CliFault> {
    match verb {
        BackupVerb::Create { out } => create(sources, out, console)?,
        BackupVerb::Verify { file } => {
            let (header, contents) = backup::verify(&mut open(&file)?)?;
            say("is whole", &file, &header, &contents, console);
        }
        BackupVerb::Restore { file, yes } => restore(sources, &file, yes, console)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn create(sources: &Sources, out: Option<PathBuf>, console: &Console) -> Result<(), CliFault> {
    with_core(sources, async |act| {
        let out = out.unwrap_or_else(|| {
            PathBuf::from(format!("vestibule-{}.backup.jsonl", act.now.as_seconds()))
        });
        let to_output = out.as_os_str() == STANDARD_OUTPUT;
        if to_output && io::stdout().is_terminal() {
            let problem = "a backup is not for a terminal; send it to a file or a program";
            return Err(CliFault::Usage(problem.to_owned()));
        }
        let file = if to_output { None } else { Some(new_file(&out)?) };
        let mut writer: Box<dyn Write + Send + '_> = match &file {
            None => Box::new(BufWriter::new(io::stdout())),
            Some(file) => Box::new(BufWriter::new(file)),
        };
        let made = match backups::create(act, &mut writer).await {
            Ok(made) => made,
            Err(fault) => {
                // A part of a backup is none, and would stand in the way of the next.
                if file.is_some() && matches!(fault, ServiceFault::Backup(_)) {
                    let _gone = std::fs::remove_file(&out);
                }
                return Err(fault.into());
            }
        };
        let answer = json!({ "file": out, "rows": made.rows(), "tables": counts(&made) });
        let Some(file) = &file else {
            console.note(&format!("{} rows", made.rows()));
            return Ok(());
        };
        // Whoever is told of a backup may switch the machine off.
        file.sync_all().map_err(CliFault::file(&out))?;
        console.answer(&answer, || {
            format!(
                "{} rows are in {}. Keep the master key as well, somewhere else: without it the \
                 secrets in the backup cannot be opened.",
                made.rows(),
                out.display()
            )
        });
        Ok(())
    })
}

/// A new file that only its owner reads: it holds everybody's data.
fn new_file(path: &Path) -> Result<File, CliFault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path).map_err(CliFault::file(path))
}

fn open(path: &Path) -> Result<BufReader<File>, CliFault> {
    Ok(BufReader::new(File::open(path).map_err(CliFault::file(path))?))
}

fn restore(sources: &Sources, file: &Path, yes: bool, console: &Console) -> Result<(), CliFault> {
    let config = Arc::new(Config::load(sources)?);
    let (header, contents) = backup::verify(&mut open(file)?)?;
    console.note(&format!(
        "{} rows of {} go into the database of database.url, which must be empty.",
        contents.rows(),
        moment(header.made_at.div_euclid(1000))
    ));
    super::key::agree(yes)?;
    let store = create_store(&config)?;
    let restored = store.restore(&mut open(file)?);
    store.close();
    let (header, contents) = restored?;
    say("is restored", file, &header, &contents, console);
    Ok(())
}

fn say(what: &str, file: &Path, header: &Header, contents: &Contents, console: &Console) {
    let made_at = header.made_at.div_euclid(1000);
    let answer = json!({
        "file": file,
        "made_at": made_at,
        "from": header.from,
        "sealed_under": header.sealed_under,
        "rows": contents.rows(),
        "tables": counts(contents),
    });
    console.answer(&answer, || {
        let lines = [
            ("Made", moment(made_at)),
            ("From", header.from.clone()),
            ("Sealed under master key", header.sealed_under.clone()),
        ];
        let rows = contents.tables.iter().filter(|(_, rows)| *rows > 0);
        let rows: Vec<Vec<String>> =
            rows.map(|(name, rows)| vec![name.clone(), rows.to_string()]).collect();
        format!("{} {what}.\n{}{}", file.display(), pairs(&lines), table(&rows))
    });
}

fn counts(contents: &Contents) -> Value {
    contents.tables.iter().map(|(name, rows)| (name.clone(), json!(rows))).collect()
}
