//! What only this host can see: the database and what is in it, certificate files, the mail relay.

use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use vestibule_keys::Phase;
use vestibule_protocol::Timestamp;
use vestibule_store::{Backend, Store, StoreError};

use super::{Finding, certificate};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::server::Tls;
use crate::core::{Core, OpenFault, open_store};
use crate::mail::{Way, smtp, way};
use crate::services::{Act, mail};
use crate::{signing_keys, tls};

/// How far the clocks may stand apart before tokens are refused somewhere.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);
/// A mail that has waited so long has a reason to.
const LONG_WAIT: Duration = Duration::from_secs(15 * 60);

/// What to do about a database that answers and cannot be worked with.
const UNUSABLE: &str = "it answers, so database.url is right: see what it says, and its own log";

/// What to do about a PostgreSQL that can only be read.
const STANDBY: &str = "database.url leads to a standby: name the primary, or all servers with \
                       ?target_session_attrs=read-write";

/// What to do about a database that refused what was asked of it.
fn unanswered(fault: &StoreError) -> &'static str {
    match fault.to_string().contains("read-only transaction") {
        true => STANDBY,
        false => "see the database's own log",
    }
}

/// What was found inside.
pub(super) struct Inside {
    /// What is to be said.
    pub findings: Vec<Finding>,
    /// The installation, if it opened.
    pub opened: Option<Opened>,
}

/// The installation, with what the outside is compared with.
pub(super) struct Opened {
    /// Opened.
    pub core: Core,
    /// The keys that sign at present.
    pub signing: Vec<String>,
}

/// Looks at the database, the keys, the certificate files and the relay.
pub(super) async fn look(config: &Arc<Config>, mail_to: Option<&str>) -> Inside {
    let mut findings = Vec::new();
    let now = Clock::system().now();
    match open_store(config) {
        Ok(store) => {
            findings.push(Finding::good("database", format!("{} answers", store.backend())));
            let schema = schema(&store);
            let is_current = schema.ok;
            findings.push(schema);
            findings.push(database_clock(&store).await);
            if is_current {
                findings.push(writes(&store).await);
            }
            store.close();
        }
        Err(fault) => {
            let fix = unopened(config, &fault);
            findings.push(Finding::bad("database", fault.to_string(), fix));
        }
    }
    let mut opened = None;
    if findings.iter().all(|finding| finding.ok) {
        match Core::open(Arc::clone(config), Clock::system()).await {
            Ok(core) => {
                findings.push(issuer(&core).await);
                let (finding, signing) = keys(&core).await;
                findings.push(finding);
                opened = Some(Opened { core, signing });
            }
            Err(OpenFault::Store(fault)) => {
                findings.push(Finding::bad("database", fault.to_string(), UNUSABLE));
            }
            Err(fault) => {
                let fix = "check that the master key is the one that belongs to this database";
                findings.push(Finding::bad("secrets", fault.to_string(), fix));
            }
        }
    }
    findings.extend(config.server.tls.iter().flat_map(|tls| certificate_files(tls, now)));
    findings.extend(relay(config, now).await);
    if let Some(opened) = &opened {
        findings.extend(queue(&opened.core, mail_to).await);
    }
    Inside { findings, opened }
}

/// What to do about a database that cannot be opened.
fn unopened(config: &Config, fault: &StoreError) -> &'static str {
    let is_file = config.database.url.expose().starts_with("sqlite:");
    match (fault, is_file) {
        (StoreError::Url(_), _) => "correct database.url",
        (StoreError::Schema(_), _) => "correct database.url, or run: vestibule migrate",
        (StoreError::Unavailable(_) | StoreError::Delayed(_), false) => {
            "check database.url, and that the server runs and lets this host in"
        }
        (StoreError::Unavailable(_) | StoreError::Delayed(_), true) => {
            "check database.url, that the disk can be written, and that the file and its folder belong to \
             the user that this runs as"
        }
        (_, false) => UNUSABLE,
        (_, true) => {
            "a damaged file is replaced by the last backup: keep it aside, and see Operating, Backup and restore"
        }
    }
}

/// A full disk and a standby can be read all the same.
async fn writes(store: &Store) -> Finding {
    match store.prove_writes().await {
        Ok(()) => Finding::good("database writes", "taken"),
        Err(fault) => Finding::bad(
            "database writes",
            fault.to_string(),
            match unanswered(&fault) {
                STANDBY => STANDBY,
                _ => "make room on the database's disk, and let this user write there",
            },
        ),
    }
}

fn schema(store: &Store) -> Finding {
    let status = match store.migration_status() {
        Ok(status) => status,
        Err(fault) => return Finding::bad("migrations", fault.to_string(), unanswered(&fault)),
    };
    match (status.pending.as_slice(), status.unknown.last()) {
        ([], None) => {
            Finding::good("migrations", format!("all {} are applied", status.applied.len()))
        }
        (_, Some(newest)) => Finding::bad(
            "migrations",
            format!("{newest} was made by a newer version"),
            "run the newer version of this program",
        ),
        (pending, None) => Finding::bad(
            "migrations",
            format!("{} are missing: {}", pending.len(), pending.join(", ")),
            "run: vestibule migrate",
        ),
    }
}

/// Nodes compare moments that other nodes have written.
async fn database_clock(store: &Store) -> Finding {
    if store.backend() == Backend::Sqlite {
        return Finding::good("database clock", "the database has this host's");
    }
    let before = Clock::system().now();
    match store.database_time().await {
        Ok(told) => {
            let apart = told.since(before).max(before.since(told));
            let detail = format!("{} ms apart from this host's", apart.as_millis());
            match apart <= CLOCK_TOLERANCE {
                true => Finding::good("database clock", detail),
                false => Finding::warning(
                    "database clock",
                    detail,
                    "let this host and the database's keep time by NTP",
                ),
            }
        }
        Err(fault) => Finding::bad("database clock", fault.to_string(), unanswered(&fault)),
    }
}

/// Nodes of one installation need the same.
async fn issuer(core: &Core) -> Finding {
    let configured = core.config.issuer.as_str();
    match core.store.issuer().await {
        Ok(Some(served)) if served != configured => Finding::warning(
            "issuer",
            format!("{configured} is configured, and the server that started last is {served}"),
            "set the same issuer on every node; after a move, restart the server",
        ),
        Ok(_) => Finding::good("issuer", configured),
        Err(fault) => Finding::bad("database", fault.to_string(), UNUSABLE),
    }
}

async fn keys(core: &Core) -> (Finding, Vec<String>) {
    let rows = core.store.all_signing_keys().await.map_err(signing_keys::KeysFault::from);
    let records = match rows.and_then(|rows| signing_keys::records(&rows)) {
        Ok(records) => records,
        Err(fault) => {
            let fix = "see `vestibule key list`";
            return (Finding::bad("signing keys", fault.to_string(), fix), Vec::new());
        }
    };
    let signing = || records.iter().filter(|record| record.phase() == Phase::Signing);
    let kids = signing().map(|record| record.kid.clone()).collect();
    let wanted = core.config.key_policy().wanted;
    let signs = |alg| signing().any(|record| record.alg == alg);
    let missing: Vec<String> =
        wanted.iter().filter(|(alg, _)| !signs(*alg)).map(|(alg, _)| alg.to_string()).collect();
    if missing.is_empty() {
        let algs: Vec<String> = wanted.iter().map(|(alg, _)| alg.to_string()).collect();
        return (Finding::good("signing keys", format!("{} sign", algs.join(", "))), kids);
    }
    let detail = format!("nothing signs {}", missing.join(", "));
    let fix = "start the server: it brings new keys in, after notice";
    (Finding::bad("signing keys", detail, fix), kids)
}

/// The chain that the built-in TLS offers, certificate by certificate.
fn certificate_files(tls: &Tls, now: Timestamp) -> Vec<Finding> {
    if let Err(fault) = tls::server_config(tls) {
        let fix = "server.tls needs the chain and the key of its first certificate, in PEM";
        return vec![Finding::bad("certificate file", fault.to_string(), fix)];
    }
    let read = CertificateDer::pem_file_iter(&tls.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = read.unwrap_or_default();
    let path = tls.certificate_file.display();
    let judge = |(place, der): (usize, &CertificateDer<'_>)| {
        certificate::judge("certificate file", &format!("{path}, number {}", place + 1), der, now)
    };
    chain.iter().enumerate().map(judge).collect()
}

async fn relay(config: &Config, now: Timestamp) -> Vec<Finding> {
    match way(config) {
        Way::Off => return vec![Finding::good("mail", "off: links are handed over by hand")],
        Way::Captured => return vec![Finding::good("mail", "stays in the mailbox at /dev/mail")],
        Way::Relay => {}
    }
    match smtp::probe(config).await {
        Ok(found) => {
            let safe = if found.certificate.is_some() { "TLS" } else { "in clear, on loopback" };
            let name = if found.signed_in { ", signed in" } else { "" };
            let good = Finding::good("mail", format!("{} answers, {safe}{name}", found.relay));
            let what = found.relay.to_string();
            let certificate =
                found.certificate.map(|der| certificate::judge("mail", &what, &der, now));
            std::iter::once(good).chain(certificate).collect()
        }
        Err(fault) => {
            let fix = "check [mail], and that this host may reach the relay's port";
            vec![Finding::bad("mail", fault.to_string(), fix)]
        }
    }
}

/// What waits to be sent; and a mail that is sent now, if one is wanted.
async fn queue(core: &Core, mail_to: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let act = Act::begin(core, "doctor");
    if let Some(to) = mail_to {
        findings.push(match mail::send_test(act, to).await {
            Ok(()) => Finding::good("test mail", format!("was taken for {to}")),
            Err(fault) => {
                Finding::bad("test mail", fault.to_string(), "what the relay says tells the way")
            }
        });
    }
    if way(&core.config) != Way::Relay {
        return findings;
    }
    findings.push(match mail::status(act).await {
        Ok(status) => {
            let queue = status.queue;
            let long = queue.oldest.is_some_and(|oldest| act.now.since(oldest) > LONG_WAIT);
            let why = queue.last_failure.map(|failure| format!("; last: {}", failure.error));
            match long {
                true => Finding::warning(
                    "mail queue",
                    format!(
                        "{} wait, for longer than they should{}",
                        queue.waiting,
                        why.unwrap_or_default()
                    ),
                    "is the server running? see `vestibule mail status`",
                ),
                false => Finding::good("mail queue", format!("{} wait", queue.waiting)),
            }
        }
        Err(fault) => Finding::bad("mail queue", fault.to_string(), "see the database's own log"),
    });
    findings
}
