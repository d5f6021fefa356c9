//! `[server]`: listeners, proxies, TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;
use crate::http::caller::AddressRange;

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Server {
    /// The address that relying parties and browsers (or the proxy before them) reach.
    #[serde(with = "units::bind")]
    #[schemars(with = "String")]
    pub bind: SocketAddr,
    /// The address of health and metrics, or "off". Keep it away from the public.
    #[serde(with = "units::bind_or_off")]
    #[schemars(with = "String")]
    pub management_bind: Option<SocketAddr>,
    /// How many threads serve requests; 0 means one per processor core.
    #[schemars(range(max = 1024))]
    pub workers: usize,
    /// Proxies whose X-Forwarded-For is believed, as addresses or ranges such as "10.0.0.0/8".
    #[serde(with = "units::ranges")]
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<AddressRange>,
    /// Whether HTTP/2 is offered beside HTTP/1.1.
    pub http2: bool,
    /// A number from 0 to 1023 that no other running node of this database has. Without one, ids
    /// are kept apart by chance, which is enough.
    #[schemars(range(max = 1023))]
    pub node: Option<u16>,
    /// How long everything goes on after the signal to stop while `/health/ready` says that it stops, for a
    /// load balancer that asks there: longer than it takes to find out.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub shutdown_delay: Duration,
    /// How long running requests may take to finish after the signal to stop.
    #[serde(with = "units::span")]
    #[schemars(with = "String")]
    pub shutdown_grace: Duration,
    /// Built-in TLS; without it a proxy must provide https.
    pub tls: Option<Tls>,
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tls {
    /// The certificate chain, PEM, our own certificate first.
    #[schemars(extend("format" = "path"))]
    pub certificate_file: PathBuf,
    /// Its private key, PEM.
    #[schemars(extend("format" = "path"))]
    pub key_file: PathBuf,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            management_bind: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 9000))),
            workers: 0,
            trusted_proxies: Vec::new(),
            http2: false,
            node: None,
            shutdown_delay: Duration::ZERO,
            shutdown_grace: Duration::from_secs(25),
            tls: None,
        }
    }
}
