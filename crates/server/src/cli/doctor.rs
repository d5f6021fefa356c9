//! `vestibule doctor`: a running installation, looked at as relying parties see it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use vestibule_keys::Phase;
use vestibule_protocol::Timestamp;

use super::console::Console;
use super::fault::CliFault;
use super::session::block_on;
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::core::Core;
use crate::outbound::{Answer, Outbound, Reach};
use crate::signing_keys;

/// How far the clocks may stand apart before tokens are refused somewhere.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, ok: true, detail: detail.into(), fix: None }
    }

    fn bad(check: &'static str, detail: impl Into<String>, fix: &'static str) -> Self {
        Self { check, ok: false, detail: detail.into(), fix: Some(fix) }
    }
}

pub(super) fn run(sources: &Sources, console: &Console) -> Result<ExitCode, CliFault> {
    let config = Arc::new(Config::load(sources)?);
    let findings = block_on(async {
        let mut findings = vec![Finding::good("configuration", "no faults")];
        findings.extend(inside(&config).await);
        findings.extend(outside(&config).await);
        Ok(findings)
    })?;
    let ok = findings.iter().all(|finding| finding.ok);
    console.answer(&json!({ "ok": ok, "checks": findings }), || text(&findings));
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = if finding.ok { "ok  " } else { "FAIL" };
        text.push_str(&format!("{mark}  {:<14} {}\n", finding.check, finding.detail));
        if let Some(fix) = finding.fix {
            text.push_str(&format!("      {:<14} → {fix}\n", ""));
        }
    }
    text
}

/// What only this host can see: the database and the keys in it.
async fn inside(config: &Arc<Config>) -> Vec<Finding> {
    let clock = Clock::system();
    let core = match Core::open(Arc::clone(config), clock).await {
        Ok(core) => core,
        Err(fault) => {
            let fix = "check database.url, run `vestibule migrate`, and check the master key";
            return vec![Finding::bad("database", fault.to_string(), fix)];
        }
    };
    let backend = format!("{:?} answers, schema up to date", core.store.backend());
    let mut findings = vec![Finding::good("database", backend)];
    findings.push(keys(&core).await);
    core.store.close();
    findings
}

async fn keys(core: &Core) -> Finding {
    let rows = core.store.all_signing_keys().await.map_err(signing_keys::KeysFault::from);
    let records = match rows.and_then(|rows| signing_keys::records(&rows)) {
        Ok(records) => records,
        Err(fault) => {
            return Finding::bad("signing keys", fault.to_string(), "see `vestibule key list`");
        }
    };
    let signing =
        |alg| records.iter().any(|record| record.alg == alg && record.phase() == Phase::Signing);
    let wanted = core.config.keys.policy().wanted;
    let missing: Vec<String> =
        wanted.iter().filter(|(alg, _)| !signing(*alg)).map(|(alg, _)| alg.to_string()).collect();
    if missing.is_empty() {
        let algs: Vec<String> = wanted.iter().map(|(alg, _)| alg.to_string()).collect();
        return Finding::good("signing keys", format!("{} sign", algs.join(", ")));
    }
    let detail = format!("nothing signs {}", missing.join(", "));
    Finding::bad("signing keys", detail, "start the server: it brings new keys in, after notice")
}

/// What a relying party sees.
async fn outside(config: &Config) -> Vec<Finding> {
    let mut findings = vec![scheme(config)];
    let reach = if config.issuer.is_https() { Reach::Public } else { Reach::PublicAndLoopback };
    let outbound = match Outbound::new(reach) {
        Ok(outbound) => outbound,
        Err(fault) => {
            findings.push(Finding::bad("discovery", fault.to_string(), "check TLS on this host"));
            return findings;
        }
    };
    let before = Clock::system().now();
    let discovery = get(&outbound, &config.issuer.url("/.well-known/openid-configuration")).await;
    match discovery {
        Ok(answer) => {
            findings.push(same_issuer(config, &answer));
            findings.push(clock(&answer, before));
            findings.push(transport(config, &answer));
        }
        Err(problem) => {
            let fix = "is the server running, and does the proxy forward the issuer's host to it?";
            findings.push(Finding::bad("discovery", problem, fix));
            return findings;
        }
    }
    findings.push(jwks(&outbound, config).await);
    findings.push(cookies(&outbound, config).await);
    findings
}

fn scheme(config: &Config) -> Finding {
    let issuer = config.issuer.as_str();
    if config.issuer.is_https() {
        Finding::good("issuer", issuer)
    } else {
        Finding::good("issuer", format!("{issuer} (plain http: for this machine alone)"))
    }
}

async fn get(outbound: &Outbound, url: &str) -> Result<Answer, String> {
    let url: url::Url = url.parse().map_err(|error| format!("{url}: {error}"))?;
    let request = outbound.request(reqwest::Method::GET, url).build();
    let request = request.map_err(|error| error.without_url().to_string())?;
    outbound.send(request).await.map_err(|fault| fault.to_string())
}

fn same_issuer(config: &Config, answer: &Answer) -> Finding {
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let told = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    let wanted = config.issuer.as_str();
    if answer.status == 200 && told == wanted {
        return Finding::good("discovery", "answers, with the configured issuer");
    }
    let detail = format!("status {}, issuer {told:?}, expected {wanted:?}", answer.status);
    Finding::bad("discovery", detail, "another server or another configuration answers there")
}

/// Compares our clock with the `Date` of the answer, which has whole seconds.
fn clock(answer: &Answer, before: Timestamp) -> Finding {
    use time::format_description::well_known::Rfc2822;
    let date = answer.headers.get("date").and_then(|value| value.to_str().ok());
    let told = date
        .map(|text| text.replace("GMT", "+0000"))
        .and_then(|text| time::OffsetDateTime::parse(&text, &Rfc2822).ok());
    let Some(told) = told else {
        return Finding::good("clock", "the answer has no date to compare with");
    };
    let apart = (told.unix_timestamp() - before.as_seconds()).unsigned_abs();
    if apart <= CLOCK_TOLERANCE.as_secs() {
        return Finding::good("clock", format!("{apart} s apart from the server's"));
    }
    let detail = format!("this host and the server are {apart} s apart");
    Finding::bad("clock", detail, "let both keep time by NTP; tokens are refused otherwise")
}

fn transport(config: &Config, answer: &Answer) -> Finding {
    let hsts = answer.headers.contains_key("strict-transport-security");
    match (config.issuer.is_https(), hsts) {
        (true, true) => Finding::good("https", "with Strict-Transport-Security"),
        (true, false) => Finding::bad(
            "https",
            "the answer has no Strict-Transport-Security",
            "the proxy takes the header away; let it through",
        ),
        (false, _) => Finding::good("https", "not used on loopback"),
    }
}

async fn jwks(outbound: &Outbound, config: &Config) -> Finding {
    let fix = "the key set is what every relying party verifies with; look at the server's log";
    match get(outbound, &config.issuer.url("/.well-known/jwks.json")).await {
        Ok(answer) => {
            let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            match document.get("keys").and_then(Value::as_array).map(Vec::len) {
                Some(count) if answer.status == 200 && count > 0 => {
                    Finding::good("key set", format!("{count} keys are published"))
                }
                _ => Finding::bad("key set", format!("status {}, no keys", answer.status), fix),
            }
        }
        Err(problem) => Finding::bad("key set", problem, fix),
    }
}

/// A cookie that a proxy has changed no longer binds a browser.
async fn cookies(outbound: &Outbound, config: &Config) -> Finding {
    let answer = match get(outbound, &config.issuer.url("/login")).await {
        Ok(answer) => answer,
        Err(problem) => {
            return Finding::bad("cookies", problem, "the sign-in page must be reachable");
        }
    };
    let set: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok()).collect();
    let https = config.issuer.is_https();
    let sound = |cookie: &&str| {
        !https
            || (cookie.starts_with("__Host-") && cookie.to_ascii_lowercase().contains("; secure"))
    };
    match set.iter().find(|cookie| !sound(cookie)) {
        Some(cookie) => {
            let name = cookie.split('=').next().unwrap_or_default();
            let detail = format!("{name} came without __Host- or Secure");
            Finding::bad("cookies", detail, "the proxy rewrites cookies; let them through")
        }
        None => Finding::good("cookies", format!("{} set, as they should be", set.len())),
    }
}
