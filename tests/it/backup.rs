//! Backups: whole, out of either database and into either.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use vestibule_tests::databases::Database;
use vestibule_tests::installation::{Installation, PASSWORD};
use vestibule_tests::process;

fn on(installation: &Installation, arguments: &[&str]) -> std::process::Output {
    let config = installation.config().display().to_string();
    process::run(&[arguments, &["--config", &config]].concat())
}

fn filled(database: Database) -> Installation {
    let installation = Installation::new(database);
    for email in ["ada@clinic.test", "zoë@clinic.test"] {
        let given =
            ["user", "add", "--email", email, "--given-name", "\"Q\" \\ 'x'\u{2028}", "--json"];
        installation.cli(&given);
    }
    installation.cli(&["client", "add", "--profile", "unomed", "--json"]);
    installation.cli(&["admin", "grant", "--user", "ada@clinic.test", "owner", "--json"]);
    installation.cli(&["admin", "link", "--json"]);
    installation
}

fn backed_up(installation: &Installation, file: &Path) -> Value {
    installation.cli(&["backup", "create", "--out", &file.display().to_string(), "--json"])
}

/// The rows of each table, whatever their order and the order of the tables and columns.
fn rows(file: &Path) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut head: Option<(String, Vec<String>)> = None;
    for line in fs::read_to_string(file).unwrap().lines().skip(1) {
        match serde_json::from_str(line).unwrap() {
            Value::Array(values) => {
                let (table, columns) = head.as_ref().unwrap();
                let row: BTreeMap<&String, Value> = columns.iter().zip(values).collect();
                let row = serde_json::to_string(&row).unwrap();
                tables.get_mut(table).unwrap().push(row);
            }
            line if line["table"].is_string() => {
                let table = line["table"].as_str().unwrap().to_owned();
                let columns = line["columns"].as_array().unwrap().iter();
                let columns =
                    columns.map(|column| column["name"].as_str().unwrap().to_owned()).collect();
                tables.insert(table.clone(), Vec::new());
                head = Some((table, columns));
            }
            end => assert_eq!(end["end"], true),
        }
    }
    tables.values_mut().for_each(|rows| rows.sort());
    tables
}

fn round_trip(from: Database, to: Database) {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let source = filled(from);
    let made = backed_up(&source, &first);
    assert_eq!(made["tables"]["users"], 2, "{made}");
    let target = Installation::new(to);
    let file = first.display().to_string();
    let restored = target.cli(&["backup", "restore", &file, "--yes", "--json"]);
    assert_eq!(restored["rows"], made["rows"]);
    backed_up(&target, &second);
    assert_eq!(rows(&first), rows(&second));
    let shown = target.cli(&["user", "show", "zoë@clinic.test", "--json"]);
    assert!(shown.to_string().contains("zoë@clinic.test"), "{shown}");
    let again = on(&target, &["backup", "restore", &file, "--yes"]);
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("not empty") && said.contains("2 users"), "{said}");
}

#[test]
fn what_was_backed_up_is_restored_sqlite_to_postgres() {
    round_trip(Database::sqlite(), Database::postgres());
}

#[test]
fn what_was_backed_up_is_restored_postgres_to_sqlite() {
    round_trip(Database::postgres(), Database::sqlite());
}

#[test]
fn i16_a_backup_holds_no_secret_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup");
    let installation = filled(Database::sqlite());
    let client = installation.cli(&[
        "client",
        "add",
        "--name",
        "X",
        "--grant",
        "client_credentials",
        "--json",
    ]);
    backed_up(&installation, &file);
    let text = fs::read_to_string(&file).unwrap();
    let key = fs::read_to_string(installation.config().with_file_name("master.key")).unwrap();
    for secret in [client["client_secret"].as_str().unwrap(), key.trim(), PASSWORD] {
        assert!(!text.contains(secret));
    }
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let over = on(&installation, &["backup", "create", "--out", &file.display().to_string()]);
    assert_eq!(over.status.code(), Some(1), "nothing is overwritten");
}

#[test]
fn a_damaged_or_foreign_file_restores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup");
    backed_up(&filled(Database::sqlite()), &file);
    let whole = fs::read_to_string(&file).unwrap();
    let target = Installation::new(Database::sqlite());
    let mut lines: Vec<&str> = whole.lines().collect();
    let cut = &whole[..whole.len() / 2];
    let changed = whole.replace("zoë", "zoe");
    lines.remove(5);
    let fewer = lines.join("\n") + "\n";
    let injected = whole.replace("\"table\":\"users\"", "\"table\":\"users; DROP TABLE users\"");
    let newer = whole.replacen("20261121000000", "29991121000000", 1);
    let longer = format!("{whole}{}\n", "{\"table\":\"users\"}");
    for (name, text) in [
        ("cut", cut),
        ("longer", &longer),
        ("changed", &changed),
        ("fewer", &fewer),
        ("injected", &injected),
        ("newer", &newer),
        ("foreign", "{\"hello\":1}\n"),
        ("empty", ""),
        ("binary", "\u{0}\u{1}\n"),
    ] {
        let damaged = folder.path().join(name);
        fs::write(&damaged, text).unwrap();
        let damaged = damaged.display().to_string();
        let refused = on(&target, &["backup", "restore", &damaged, "--yes"]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("backup"), "{name}: {said}");
    }
    let users = target.cli(&["user", "list", "--json"]);
    assert_eq!(users["users"].as_array().unwrap().len(), 0);
    target.cli(&["backup", "restore", &file.display().to_string(), "--yes", "--json"]);
}
