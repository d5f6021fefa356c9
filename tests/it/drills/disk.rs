//! E8: the disk is full. Nothing is issued, reads go on, and it is over when there is room again.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vestibule_tests::browser::{Browser, Return};
use vestibule_tests::databases::Database;
use vestibule_tests::eventually;
use vestibule_tests::installation::Installation;
use vestibule_tests::process::{self, Process};
use vestibule_tests::relying_party::Tokens;

/// How a test takes a running server's room away.
trait Scarcity {
    fn serve(&self, installation: &Installation) -> Process;
    fn fill(&self, server: &Process);
    fn free(&self, server: &Process);
}

/// A small file system that only the server's process sees.
struct SmallFileSystem(PathBuf);

impl SmallFileSystem {
    /// Whether this system lets us mount one.
    fn is_allowed() -> bool {
        let mut probe = Command::new("unshare");
        probe.args(["--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/tmp"]);
        probe.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// As we see the file system of the server.
    fn filler(&self, server: &Process) -> PathBuf {
        let inside = self.0.strip_prefix("/").expect("an absolute path").join("filler");
        Path::new(&format!("/proc/{}/root", server.id())).join(inside)
    }
}

impl Scarcity for SmallFileSystem {
    fn serve(&self, installation: &Installation) -> Process {
        const SCRIPT: &str = "mount -t tmpfs -o size=8m tmpfs \"$1\" && cp \"$2\" \"$1/vestibule.db\" \
            && VESTIBULE_DATABASE__URL=\"sqlite:$1/vestibule.db\" exec \"$3\" serve --config \"$4\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", SCRIPT, "sh"]).arg(&self.0);
        command.arg(installation.database.path().expect("a SQLite file"));
        command.arg(process::program()).arg(installation.config());
        Process::start(command, &installation.issuer)
    }

    fn fill(&self, server: &Process) {
        let mut filler = fs::File::create(self.filler(server)).expect("the server's folder");
        let page = [b'x'; 4096];
        while filler.write_all(&page).is_ok() {}
    }

    fn free(&self, server: &Process) {
        fs::remove_file(self.filler(server)).expect("the filler is there");
    }
}

/// A bound on the size of the files that the process writes: for where nothing can be mounted.
struct FileSizeLimit;

impl FileSizeLimit {
    fn set(server: &Process, bytes: &str) {
        let mut limit = Command::new("prlimit");
        limit.arg(format!("--pid={}", server.id())).arg(format!("--fsize={bytes}:unlimited"));
        assert!(limit.status().is_ok_and(|status| status.success()), "prlimit is in util-linux");
    }
}

impl Scarcity for FileSizeLimit {
    fn serve(&self, installation: &Installation) -> Process {
        // Ignored, the signal becomes an error of the write, as a full disk is.
        const SCRIPT: &str = "trap '' XFSZ; exec \"$1\" serve --config \"$2\"";
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(process::program()).arg(installation.config());
        Process::start(command, &installation.issuer)
    }

    fn fill(&self, server: &Process) {
        Self::set(server, "1");
    }

    fn free(&self, server: &Process) {
        Self::set(server, "unlimited");
    }
}

async fn drill(scarcity: &dyn Scarcity) {
    let installation = Installation::new(Database::sqlite());
    let (rp, ada) = {
        let mut first = installation.serve();
        let prepared = (installation.client(&first), installation.person("ada@clinic.test"));
        assert!(first.terminate());
        prepared
    };
    let server = scarcity.serve(&installation);
    let rp = rp.reconnected();
    let mut browser = Browser::new();
    let kept =
        Tokens::read(&rp.redeem(browser.authorize(&rp.request(&[]), &ada).await.code()).await);
    for round in 1..=3 {
        let unredeemed = browser.authorize(&rp.request(&[]), &ada).await;
        scarcity.fill(&server);

        let refused = rp.redeem(unredeemed.code()).await;
        assert_eq!(refused.status, 503, "round {round}: {}", refused.text());
        assert!(refused.header("retry-after").is_some(), "it says when to come back");
        let answer = browser.open(&rp.request(&[])).await;
        let back = Return::read(answer.onward().expect("an answer for the client").as_str());
        assert_eq!(back.get("error"), Some("temporarily_unavailable"), "{}", back.url);
        assert_eq!(back.get("code"), None, "no code without its row");
        let asked = browser.open(&rp.at("/oauth/logout")).await;
        let form = asked.page().form_with("logout-confirm").expect("a session that can end");
        let stays = browser.submit(&asked.url, &form.press("logout-confirm")).await;
        assert_eq!(stays.status, 503, "{}", stays.text());
        assert!(stays.header("retry-after").is_some(), "a page says when to come back as well");
        assert_eq!(rp.userinfo(kept.access()).await.status, 200, "reads go on");
        assert_eq!(rp.get("/.well-known/jwks.json").await.status, 200);
        let unready = rp.get("/health/ready").await;
        assert_eq!(unready.status, 503);
        assert_eq!(unready.json()["because"][0], "database_writes", "{}", unready.text());
        assert_eq!(rp.get("/health/live").await.status, 200);

        scarcity.free(&server);
        eventually(async || rp.get("/health/ready").await.status == 200).await;
        let redeemed = rp.redeem(unredeemed.code()).await;
        let tokens = Tokens::read(&redeemed);
        assert_eq!(rp.userinfo(tokens.access()).await.status, 200);
        let again = rp.redeem(unredeemed.code()).await;
        assert_eq!(again.json()["error"], "invalid_grant", "i1: it was good once");
    }
}

#[tokio::test]
async fn e8_a_full_file_system_is_503_and_issues_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    if SmallFileSystem::is_allowed() {
        drill(&SmallFileSystem(folder.path().to_owned())).await;
    } else {
        eprintln!("nothing may be mounted here: the size of files is limited instead");
        drill(&FileSizeLimit).await;
    }
}

#[tokio::test]
async fn e8_a_file_that_may_not_grow_is_503_and_issues_nothing() {
    drill(&FileSizeLimit).await;
}
