//! `vestibule init`: a configuration file and a master key, for production.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use vestibule_keys::MasterKey;

use super::args::Init;
use super::console::Console;
use super::fault::CliFault;
use crate::config::secret::mask_url;
use crate::issuer::Issuer;
use crate::random;

const CONFIG_FILE: &str = "vestibule.toml";
const KEY_FILE: &str = "vestibule.key";

pub(super) fn run(args: &Init, console: &Console) -> Result<ExitCode, CliFault> {
    let issuer = Issuer::parse(&args.issuer)
        .map_err(|fault| CliFault::Usage(format!("--issuer: {fault}")))?;
    if mask_url(&args.database) != args.database {
        return Err(CliFault::Usage(
            "--database: a password does not belong in an argument, which other processes can read; \
             leave it out, and name a file in database.url_file"
                .to_owned(),
        ));
    }
    std::fs::create_dir_all(&args.dir).map_err(CliFault::file(&args.dir))?;
    let (config, key) = (args.dir.join(CONFIG_FILE), args.dir.join(KEY_FILE));
    for path in [&config, &key] {
        if path.exists() {
            return Err(CliFault::Refused(format!(
                "{} exists already and is not overwritten; name another folder with --dir",
                path.display()
            )));
        }
    }
    MasterKey::new(random::secret_bytes()).write_file(&key)?;
    write_private(&config, &text(&issuer, &args.database))?;
    let (config, key) = (config.display().to_string(), key.display().to_string());
    console.answer(&json!({ "config": config, "master_key_file": key }), || {
        format!(
            "Wrote {config} and {key} (both readable by you alone). Keep a copy of the key apart \
             from the database: without it nothing sealed can be opened.\n\n\
             Next:\n  \
             vestibule config check --config {config}\n  \
             vestibule migrate --config {config}\n  \
             vestibule serve --config {config}\n  \
             vestibule admin link --config {config}\n  \
             vestibule doctor --config {config}"
        )
    });
    Ok(ExitCode::SUCCESS)
}

fn text(issuer: &Issuer, database: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        "issuer = {}\n\n[database]\nurl = {}\n\n[secrets]\nmaster_key_file = {}\n",
        quoted(issuer.as_str()),
        quoted(database),
        quoted(KEY_FILE)
    )
}

/// Writes a new file that its owner alone can read.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), CliFault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(CliFault::file(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(CliFault::file(path))
}
