//! An installation on a throw-away SQLite file, and who acts in it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use vestibule_keys::password::Params;
use vestibule_keys::{PasswordPool, PoolConfig};
use vestibule_protocol::ids::OrgId;

use super::callers::Caller;
use super::{Act, ServiceFault};
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::core::{Core, create_store};

/// The installation; its folder goes with it.
pub(crate) struct Installation {
    /// Opened.
    pub core: Core,
    folder: PathBuf,
}

impl Installation {
    /// A fresh one.
    pub(crate) async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir()
            .join(format!("vestibule-services-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("vestibule.toml");
        let key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
        let text = format!(
            "issuer = \"https://id.example\"\n[database]\nurl = \"sqlite:v.db\"\n[secrets]\nmaster_key = \"{key}\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let config = Arc::new(Config::load(&Sources::file(file)).unwrap());
        let store = create_store(&config).unwrap();
        store.migrate().unwrap();
        store.close();
        let core = Core::open(config, Clock::system()).await.unwrap();
        Self { core, folder }
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// An act that begins now.
    pub(crate) fn act(&self) -> Act<'_> {
        Act::begin(&self.core, "test")
    }
}

impl Caller {
    /// An act of theirs in an organization, as the doors make one; `None` where they may do nothing.
    pub(crate) async fn act<'a>(
        &'a self,
        core: &'a Core,
        org: OrgId,
    ) -> Result<Option<Act<'a>>, ServiceFault> {
        let rights = self.rights(core, org).await?;
        let now = core.clock.now();
        Ok((!rights.is_empty()).then_some(Act { core, now, org, by: &self.by, rights }))
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.core.store.close();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Hashes as cheaply as the library allows.
pub(crate) fn passwords() -> PasswordPool {
    let params = Params { memory_kib: 7168, passes: 1, lanes: 1 };
    let wait = Duration::from_secs(30);
    PasswordPool::start(PoolConfig { params, wait, ..PoolConfig::new(1) }).unwrap()
}
