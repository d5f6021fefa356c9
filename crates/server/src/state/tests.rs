//! Declarative files: from documents to what stands, room by room.

mod ahead;
mod differences;
mod documents;
mod exporting;
mod managing;
mod organizations;
mod secrets;
mod webhooks;

use std::path::{Path, PathBuf};

use vestibule_protocol::client::Status;
use vestibule_store::PageRequest;
use vestibule_store::clients::ClientFilter;
use vestibule_store::events::EventQuery;

use super::apply::{Delivery, Outcome, apply};
use super::document::Documents;
use super::export::{Wanted, export};
use super::plan::{Plan, Prune, Verb, plan};
use super::read::{Surroundings, read};
use super::{Faults, render};
use crate::services::clients::{self, ClientChange, NewClient};
use crate::services::testing::Installation;
use crate::services::{Act, ServiceFault, events};

/// An installation and a folder of documents.
struct Desk {
    installation: Installation,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Desk {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let folder = installation.folder().join("state");
        std::fs::create_dir_all(&folder).unwrap();
        Self { installation, folder, variables: Vec::new() }
    }

    fn act(&self) -> Act<'_> {
        self.installation.act()
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, text: &str) -> Result<Documents, Faults> {
        let path = self.put("clinic.toml", text);
        read(&[path], Surroundings { core: &self.installation.core, variables: &self.variables })
    }

    async fn plan(&self, text: &str, prune: Prune) -> Plan {
        plan(self.act(), self.read(text).unwrap(), prune).await.unwrap()
    }

    async fn apply(&self, text: &str, prune: Prune) -> Vec<Outcome> {
        let plan = self.plan(text, prune).await;
        assert!(plan.problems.is_empty(), "{:?}", plan.problems);
        apply(self.act(), plan).await
    }

    async fn done(&self, text: &str) -> Vec<Verb> {
        let outcomes = self.apply(text, Prune::Tell).await;
        let verbs = outcomes.iter().map(|outcome| {
            assert!(outcome.result.is_ok(), "{outcome:?}");
            outcome.step.verb
        });
        verbs.collect()
    }

    fn faults(&self, text: &str) -> Vec<String> {
        let faults = self.read(text).err().map(|faults| faults.0).unwrap_or_default();
        faults.iter().map(ToString::to_string).collect()
    }
}

const APP: &str = r#"version = 1
[[client]]
client_id = "app"
name = "App"
redirect_uris = ["https://app.example/cb"]
"#;
