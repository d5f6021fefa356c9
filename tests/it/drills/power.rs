//! E5: the power goes. Of the database's files there is then what was synced, and nothing later; what
//! was acknowledged must be in it. PostgreSQL keeps its own files, and is refused without `fsync`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
use vestibule_tests::process::{Process, command};

use super::load::{Ledger, Load};

/// Compiles what keeps the synced contents of files beside them.
fn compiled(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/drills/power_cut.c");
    let library = folder.join("power_cut.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl");
    let status = compiler.status().expect("a C compiler, which building the program needs as well");
    assert!(status.success(), "{status}");
    library
}

/// The files of one SQLite database, and what was kept of each.
struct Disk {
    database: PathBuf,
    library: PathBuf,
}

impl Disk {
    fn file(&self, suffix: &str) -> PathBuf {
        PathBuf::from(format!("{}{suffix}", self.database.display()))
    }

    fn serve(&self, installation: &Installation) -> Process {
        let config = installation.config();
        let config = config.to_str().expect("temporary folders have plain names");
        let mut serve = command(&["serve", "--config", config]);
        serve.env("LD_PRELOAD", &self.library);
        Process::start(serve, &installation.issuer)
    }

    /// The process and all that only the kernel knew are gone.
    fn cut(&self, server: &mut Process) {
        server.kill();
        assert!(self.file("-wal.kept").exists(), "the log of what was committed was never synced");
        // Memory that processes share; it is built anew from the log.
        let _ = fs::remove_file(self.file("-shm"));
        for suffix in ["", "-wal"] {
            let kept = self.file(&format!("{suffix}.kept"));
            if kept.exists() {
                fs::copy(kept, self.file(suffix)).expect("our own folder");
            } else {
                let _ = fs::remove_file(self.file(suffix));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_p4_i5_a_power_cut_loses_and_revives_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let installation = Installation::new(Database::sqlite());
    let (rp, ada) = {
        let mut first = installation.serve();
        let prepared = (installation.client(&first), installation.person("ada@clinic.test"));
        assert!(first.terminate());
        prepared
    };
    let database = installation.database.path().expect("a SQLite file");
    let disk = Disk { database, library: compiled(folder.path()) };
    fs::copy(disk.file(""), disk.file(".kept")).expect("our own folder");
    let mut server = disk.serve(&installation);
    let mut ledger = Ledger::default();
    for round in 1..=3 {
        let mut load = Load::start(&rp.reconnected(), &ada, 8).await;
        load.until(&mut ledger, 20 + 13 * round).await;
        disk.cut(&mut server);
        load.end(&mut ledger).await;
        server = disk.serve(&installation);
        ledger.holds(&rp.reconnected()).await;
    }
    ledger.no_code_is_redeemed_again(&rp.reconnected()).await;
}
