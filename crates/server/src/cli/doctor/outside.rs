//! What relying parties and browsers see of the issuer, whatever stands before the server.

use reqwest::Method;
use serde_json::Value;
use vestibule_protocol::Timestamp;

use super::inside::{CLOCK_TOLERANCE, Opened};
use super::{Finding, certificate};
use crate::clock::Clock;
use crate::config::Config;
use crate::endpoints::health::{self, Seen};
use crate::outbound::{Answer, Outbound};
use crate::services::Act;

/// Looks at the issuer as everybody else does. Only the issuer is reached, wherever its name leads:
/// inside a clinic mostly to a private address.
pub(super) async fn look(config: &Config, opened: Option<&Opened>) -> Vec<Finding> {
    let mut findings = vec![scheme(config)];
    let outbound = match Outbound::to_issuer(&config.issuer) {
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
            findings.extend(
                answer.certificate.as_ref().map(|der| {
                    certificate::judge("certificate", config.issuer.host(), der, before)
                }),
            );
        }
        Err(problem) => {
            let fix = "is the server running, is its certificate valid with its whole chain, and does the proxy forward the issuer's host to it?";
            findings.push(Finding::bad("discovery", problem, fix));
            return findings;
        }
    }
    findings.push(jwks(&outbound, config, opened).await);
    findings.push(cookies(&outbound, config).await);
    if let Some(opened) = opened {
        findings.extend(seen(&outbound, config, opened).await);
    }
    findings
}

fn scheme(config: &Config) -> Finding {
    let issuer = config.issuer.as_str();
    match config.issuer.is_https() {
        true => Finding::good("issuer", issuer),
        false => Finding::good("issuer", format!("{issuer} (plain http: for this machine alone)")),
    }
}

async fn get(outbound: &Outbound, url: &str) -> Result<Answer, String> {
    let url: url::Url = url.parse().map_err(|error| format!("{url}: {error}"))?;
    let request = outbound.request(Method::GET, url).build();
    let request = request.map_err(|error| error.without_url().to_string())?;
    outbound.send(request).await.map_err(|fault| fault.to_string())
}

fn same_issuer(config: &Config, answer: &Answer) -> Finding {
    let wanted = config.issuer.as_str();
    if let 300..=399 = answer.status {
        let onward = answer.headers.get("location").and_then(|to| to.to_str().ok());
        let detail = format!("status {}, sent on to {:?}", answer.status, onward.unwrap_or("?"));
        let fix = "relying parties follow no redirect here: let the proxy pass the request on, or make the address that it sends to the issuer";
        return Finding::bad("discovery", detail, fix);
    }
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let told = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
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

/// The published keys must hold every key that signs, or its tokens are refused everywhere.
async fn jwks(outbound: &Outbound, config: &Config, opened: Option<&Opened>) -> Finding {
    let fix = "the key set is what every relying party verifies with; look at the server's log";
    let answer = match get(outbound, &config.issuer.url("/.well-known/jwks.json")).await {
        Ok(answer) => answer,
        Err(problem) => return Finding::bad("key set", problem, fix),
    };
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let keys = document.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    if answer.status != 200 || keys.is_empty() {
        return Finding::bad("key set", format!("status {}, no keys", answer.status), fix);
    }
    let published = |kid: &String| {
        keys.iter().any(|key| key.get("kid").and_then(Value::as_str) == Some(kid.as_str()))
    };
    let signing = opened.map(|opened| opened.signing.as_slice()).unwrap_or_default();
    match signing.iter().find(|kid| !published(kid)) {
        Some(kid) => Finding::bad(
            "key set",
            format!("the key {kid} signs and is not among the {} published", keys.len()),
            "something between keeps an old answer, or the server works on another database",
        ),
        None => Finding::good(
            "key set",
            format!("{} keys are published, each that signs among them", keys.len()),
        ),
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
    if set.is_empty() {
        let detail = format!("status {}, the sign-in page sets none", answer.status);
        return Finding::bad("cookies", detail, "the proxy takes Set-Cookie away; let it through");
    }
    let faults = |cookie: &&str| cookie_fault(cookie, config.issuer.is_https());
    match set.iter().find_map(faults) {
        Some(detail) => {
            Finding::bad("cookies", detail, "the proxy rewrites cookies; let them through")
        }
        None => Finding::good("cookies", format!("{} set, as they should be", set.len())),
    }
}

/// What is wrong with a cookie as a browser gets it (RFC 6265bis §4.1.2). `__Host-` means: secure, for
/// this host alone, for every path of it.
fn cookie_fault(cookie: &str, https: bool) -> Option<String> {
    let mut parts = cookie.split(';').map(str::trim);
    let name = parts.next().and_then(|pair| pair.split('=').next()).unwrap_or_default();
    let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
    let wrong = if https && !name.starts_with("__Host-") {
        "came without the prefix __Host-"
    } else if https && !has("secure") {
        "came without Secure"
    } else if https && !has("path=/") {
        "came for another path than /"
    } else if https && attributes.iter().any(|attribute| attribute.starts_with("domain=")) {
        "came with a Domain"
    } else if !has("httponly") {
        "came without HttpOnly"
    } else if !attributes.iter().any(|attribute| attribute.starts_with("samesite=")) {
        "came without SameSite"
    } else {
        return None;
    };
    Some(format!("{name} {wrong}"))
}

/// Asks the server how this very request reached it: behind a proxy it sees what the proxy tells.
async fn seen(outbound: &Outbound, config: &Config, opened: &Opened) -> Vec<Finding> {
    const FIX: &str = "look at the proxy's rules for /health, and at the server's log";
    let act = Act::begin(&opened.core, "doctor");
    let link = match health::make_probe(act).await {
        Ok(link) => link,
        Err(fault) => return vec![Finding::bad("proxy", fault.to_string(), FIX)],
    };
    let answer = match get(outbound, &link.url).await {
        Ok(answer) => answer,
        Err(problem) => return vec![Finding::bad("proxy", problem, FIX)],
    };
    let Ok(seen) = serde_json::from_slice::<Seen>(&answer.body) else {
        let detail =
            format!("status {}: the server does not know what was made here", answer.status);
        let fix = "the server that answers works on another database than this configuration names";
        return vec![Finding::bad("proxy", detail, fix)];
    };
    through(config, &seen)
}

/// What the server saw, against what it should see.
fn through(config: &Config, seen: &Seen) -> Vec<Finding> {
    let peer = &seen.peer;
    let mut findings = Vec::new();
    findings.push(match (&seen.forwarded_for, seen.trusted) {
        (Some(_), false) => Finding::warning(
            "proxy",
            format!("{peer} forwards for others and is not trusted: all its users count as one address"),
            format!("if {peer} is your proxy, add it to server.trusted_proxies; if not, nobody else should reach the server"),
        ),
        (None, true) => Finding::warning(
            "proxy",
            format!("{peer} is a trusted proxy and sends no X-Forwarded-For"),
            "let the proxy set X-Forwarded-For; all its users count as one address otherwise",
        ),
        _ => Finding::good("proxy", format!("the server saw {} come by {peer}", seen.address)),
    });
    if config.issuer.is_https() {
        let proto = seen.forwarded_proto.as_deref();
        findings.push(match (seen.tls, proto) {
            (true, _) => Finding::good("scheme", "https up to the server"),
            (false, Some("https")) => Finding::good("scheme", "https up to the proxy, which says so"),
            (false, None) => Finding::good("scheme", "https up to the proxy"),
            (false, Some(other)) => Finding::warning(
                "scheme",
                format!("the proxy says that browsers come by {other}"),
                "is there a way to the proxy without TLS? The server takes its own scheme from the issuer",
            ),
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_a_proxy_has_changed_is_told_by_its_name() {
        let good = "__Host-vestibule-session=x; Path=/; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(cookie_fault(good, true), None);
        for (taken, put, told) in [
            ("__Host-", "", "vestibule-session came without the prefix __Host-"),
            ("; Secure", "", "__Host-vestibule-session came without Secure"),
            ("Path=/", "Path=/app", "__Host-vestibule-session came for another path than /"),
            ("; Secure", "; Secure; Domain=a.test", "__Host-vestibule-session came with a Domain"),
            ("; HttpOnly", "", "__Host-vestibule-session came without HttpOnly"),
            ("; SameSite=Lax", "", "__Host-vestibule-session came without SameSite"),
        ] {
            assert_eq!(cookie_fault(&good.replace(taken, put), true).as_deref(), Some(told));
        }
        assert_eq!(
            cookie_fault("vestibule-session=x; Path=/; HttpOnly; SameSite=Lax", false),
            None
        );
    }
}
