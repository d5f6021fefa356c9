//! `vestibule healthcheck`: for images that have no shell and no curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::console::Console;
use super::fault::CliFault;
use super::session::block_on;
use crate::config::{Config, Sources};

const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn run(sources: &Sources, console: &Console) -> Result<ExitCode, CliFault> {
    let config = Config::load(sources)?;
    let (bind, mount) = match config.server.management_bind {
        Some(bind) => (bind, ""),
        None if config.server.tls.is_none() => (config.server.bind, config.issuer.mount()),
        None => {
            return Err(CliFault::Refused(
                "the management listener is off and the public one speaks TLS for its own name \
                 only; set server.management_bind to an address"
                    .to_owned(),
            ));
        }
    };
    let address = reachable(bind);
    let status = block_on(ask(address, mount))?;
    console.answer(&json!({ "ready": true, "status": status }), || "ready".to_owned());
    Ok(ExitCode::SUCCESS)
}

/// Asks our own listener directly: not through the guarded way out, which does not lead inside.
async fn ask(address: SocketAddr, mount: &str) -> Result<u16, CliFault> {
    let failed = |error: reqwest::Error| {
        let what =
            if error.is_timeout() { "it took longer than 3 seconds" } else { "is it running?" };
        CliFault::Refused(format!("no answer from {address}: {what}"))
    };
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().map_err(failed)?;
    let url = format!("http://{address}{mount}/health/ready");
    let status = client.get(url).send().await.map_err(failed)?.status();
    if status.is_success() {
        return Ok(status.as_u16());
    }
    Err(CliFault::Refused(format!("the server at {address} is not ready: it answers {status}")))
}

/// Listening everywhere includes loopback.
pub(super) fn reachable(bind: SocketAddr) -> SocketAddr {
    let address = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(address, bind.port())
}
