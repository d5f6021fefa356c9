//! Relying parties from PyPI: a Django site run in a process of its own (`tests/python`).

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::chromium::test_tools;

/// Runs one sign-in and returns what the site learnt.
pub async fn sign_in(job: &Value) -> Value {
    let python = test_tools().join("python/bin/python");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let mut child = Command::new(&python)
        .arg("relying_party.py")
        .current_dir(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo xtask test tools` brings it", python.display())
        });
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(job.to_string().as_bytes()).await.expect("the site reads its job");
    drop(stdin);
    let output = child.wait_with_output().await.expect("the site ends");
    assert!(
        output.status.success(),
        "the site ended with {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the site prints JSON")
}
