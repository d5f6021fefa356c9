//! A relying party from npm: openid-client in a Node process of its own
//! (`tests/browser/openid_client.mjs`).

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::chromium::test_tools;
use crate::relying_party::RelyingParty;

/// openid-client in the middle of a sign-in.
pub struct OpenidClient {
    /// Where it sends the user's browser.
    pub request: String,
    child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl OpenidClient {
    /// Discovers the provider and begins a sign-in. `method` is how it authenticates: `basic`,
    /// `post`, `none`, or `default` for what it does unasked.
    pub async fn begin(rp: &RelyingParty, method: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/openid_client.mjs");
        let module = test_tools().join("browser/node_modules/openid-client/build/index.js");
        assert!(module.exists(), "{}: `cargo xtask test tools` brings it", module.display());
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts; `cargo xtask test tools` brings it");
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let mut party = Self { request: String::new(), child, stdin, stdout };
        let job = json!({
            "module": module,
            "issuer": rp.issuer,
            "client_id": rp.client_id,
            "client_secret": rp.client_secret,
            "method": method,
            "redirect_uri": rp.redirect_uri,
        });
        party.say(&job.to_string()).await;
        party.request = party.hear().await.as_str().expect("an address").to_owned();
        party
    }

    /// What it learns when the user's browser comes back to `address`.
    pub async fn finish(mut self, address: &str) -> Value {
        self.say(address).await;
        let told = self.hear().await;
        self.child.wait().await.expect("node ends");
        told
    }

    async fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.stdin.write_all(line.as_bytes()).await.expect("node reads");
    }

    async fn hear(&mut self) -> Value {
        let line = self.stdout.next_line().await.expect("node can be heard");
        let line = line.expect("node says something before it ends; its fault is above");
        serde_json::from_str(&line).expect("node tells JSON")
    }
}
