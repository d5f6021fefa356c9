//! The one way out: every request that we send goes through this client (invariant I25).
//!
//! https only, no redirects, no address of our own networks (checked after the name was resolved,
//! and that very address is the one connected to), bounded in size and time. Development may open
//! loopback, for relying parties that run beside the server.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::tls::TlsInfo;
use url::{Host, Url};

use crate::issuer::Issuer;

/// Most bytes that are read of an answer.
const MAX_ANSWER: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// Which addresses may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, by https.
    Public,
    /// Loopback as well, by http too: development and probes of this very server.
    PublicAndLoopback,
}

/// Where a request may go.
#[derive(Clone, Debug)]
enum Fence {
    /// Addresses of this reach.
    Within(Reach),
    /// The configured issuer, wherever its name leads: inside a clinic mostly to a private address.
    Issuer { origin: String, host: String },
}

/// Why a request was not sent, or its answer not read.
#[derive(Debug, thiserror::Error)]
pub enum OutboundFault {
    /// Not https.
    #[error("{0} is not reached by https")]
    Scheme(String),
    /// An address of a private or otherwise closed range.
    #[error("{0} is an address inside our own networks")]
    ClosedAddress(String),
    /// Another place than the issuer, for a request to ourselves.
    #[error("{0} is not where the configured issuer is")]
    NotOurs(String),
    /// More than we read.
    #[error("the answer of {0} is larger than 1 MiB")]
    TooLarge(String),
    /// The exchange failed.
    #[error("no answer from {host}: {cause}")]
    Exchange {
        /// Whom we asked.
        host: String,
        /// What went wrong, without the URL, which may hold secrets.
        cause: String,
    },
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Header fields.
    pub headers: reqwest::header::HeaderMap,
    /// Body.
    pub body: Vec<u8>,
    /// The certificate (DER) of whoever answered, where TLS was spoken.
    pub certificate: Option<Vec<u8>>,
}

/// The guarded client.
#[derive(Clone)]
pub struct Outbound {
    client: reqwest::Client,
    fence: Fence,
}

impl Outbound {
    /// A client that may reach this far.
    pub fn new(reach: Reach) -> Result<Self, OutboundFault> {
        Self::within(Fence::Within(reach))
    }

    /// A client for ourselves: it reaches the origin of the issuer and nothing else.
    pub fn to_issuer(issuer: &Issuer) -> Result<Self, OutboundFault> {
        let (origin, host) = (issuer.origin().to_owned(), issuer.host().to_owned());
        Self::within(Fence::Issuer { origin, host })
    }

    fn within(fence: Fence) -> Result<Self, OutboundFault> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .dns_resolver(Arc::new(OpenAddresses(fence.clone())))
            .tls_info(true)
            .build()
            .map_err(|error| OutboundFault::Exchange {
                host: "tls".to_owned(),
                cause: cause(error),
            })?;
        Ok(Self { client, fence })
    }

    /// Starts a request; it is sent by [`Outbound::send`].
    pub fn request(&self, method: reqwest::Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads its answer within the bounds.
    pub async fn send(&self, request: reqwest::Request) -> Result<Answer, OutboundFault> {
        let host = request.url().host_str().unwrap_or_default().to_owned();
        match &self.fence {
            Fence::Within(reach) => admit(request.url(), *reach)?,
            Fence::Issuer { origin, .. } => {
                if request.url().origin().ascii_serialization() != *origin {
                    return Err(OutboundFault::NotOurs(host));
                }
            }
        }
        let broken = |error: reqwest::Error| OutboundFault::Exchange {
            host: host.clone(),
            cause: cause(error),
        };
        let mut response = self.client.execute(request).await.map_err(broken)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let certificate =
            response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        let certificate = certificate.map(<[u8]>::to_vec);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(OutboundFault::TooLarge(host));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body, certificate })
    }
}

/// What is at the bottom of it, such as a name without an address or a certificate that nobody here
/// trusts; without the URL, which may hold secrets.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Judges a URL before any name is resolved: an address literal never reaches the resolver.
fn admit(url: &Url, reach: Reach) -> Result<(), OutboundFault> {
    let host = url.host().ok_or_else(|| OutboundFault::Scheme(url.scheme().to_owned()))?;
    let literal = match &host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    };
    let loopback = match literal {
        Some(address) => address.to_canonical().is_loopback(),
        None => matches!(host, Host::Domain("localhost")),
    };
    let may_be_plain = loopback && reach == Reach::PublicAndLoopback;
    if url.scheme() != "https" && !may_be_plain {
        return Err(OutboundFault::Scheme(host.to_string()));
    }
    match literal {
        Some(address) if !is_open(address, reach) => {
            Err(OutboundFault::ClosedAddress(address.to_string()))
        }
        _ => Ok(()),
    }
}

/// Resolves names and keeps only the addresses that may be reached.
struct OpenAddresses(Fence);

impl Resolve for OpenAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let fence = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may = |address: &SocketAddr| match &fence {
                Fence::Within(reach) => is_open(address.ip(), *reach),
                Fence::Issuer { host, .. } => host.eq_ignore_ascii_case(name.as_str()),
            };
            let open: Vec<SocketAddr> = found.filter(may).collect();
            if open.is_empty() {
                return Err(OutboundFault::ClosedAddress(name.as_str().to_owned()).into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

fn is_open(address: IpAddr, reach: Reach) -> bool {
    match address.to_canonical() {
        address if address.is_loopback() => reach == Reach::PublicAndLoopback,
        IpAddr::V4(v4) => {
            let [first, second, third, _] = v4.octets();
            // Where some clouds keep their metadata as well (192.0.0.192).
            let assigned = (first, second, third) == (192, 0, 0);
            let shared = first == 100 && (64..128).contains(&second);
            let benchmark = first == 198 && (second == 18 || second == 19);
            let closed = v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation();
            !(closed || assigned || shared || benchmark || first == 0 || first >= 240)
        }
        IpAddr::V6(v6) => is_open_v6(v6, reach),
    }
}

fn is_open_v6(address: Ipv6Addr, reach: Reach) -> bool {
    let [first, second, ..] = address.segments();
    // Addresses that carry an IPv4 one inside (NAT64, 6to4) lead where that one leads.
    let inner = match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(address.to_bits() as u32),
        [0x2002, ..] => Some((address.to_bits() >> 80) as u32),
        _ => None,
    };
    if let Some(bits) = inner {
        return is_open(IpAddr::V4(bits.into()), reach);
    }
    // What is public is within 2000::/3; of that, 2001::/23 are tunnels and identifiers.
    let global = (0x2000..0x4000).contains(&first);
    let special = first == 0x2001 && second < 0x200;
    let documentation =
        (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    global && !special && !documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i25_addresses_inside_are_refused_in_every_spelling() {
        for inside in [
            "http://example.com/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://192.0.0.192/opc/v1/instance/",
            "https://[64:ff9b:1::a00:1]/",
            "https://[fec0::1]/",
            "https://[100::1]/",
            "https://[::7f00:1]/",
            "https://[2001::1]/",
            "https://[2001:db8::1]/",
            "https://[3fff::1]/",
            "https://[5f00::1]/",
            "https://[ff02::1]/",
            "ftp://example.com/",
        ] {
            let url = Url::parse(inside).unwrap();
            assert!(admit(&url, Reach::Public).is_err(), "{inside}");
        }
        for open in ["https://example.com/", "https://93.184.215.14/", "https://[2606:2800::1]/"] {
            assert!(admit(&Url::parse(open).unwrap(), Reach::Public).is_ok(), "{open}");
        }
    }

    #[test]
    fn i25_development_opens_loopback_and_nothing_else() {
        let admitted =
            |text: &str| admit(&Url::parse(text).unwrap(), Reach::PublicAndLoopback).is_ok();
        assert!(admitted("http://localhost:8080/"));
        assert!(admitted("http://127.0.0.1:8080/"));
        assert!(!admitted("http://10.0.0.1/"));
        assert!(!admitted("http://example.com/"));
        assert!(!admitted("https://169.254.169.254/"));
    }

    #[tokio::test]
    async fn i25_a_request_to_ourselves_goes_nowhere_else() {
        let issuer = Issuer::parse("https://id.clinic.example").unwrap();
        let outbound = Outbound::to_issuer(&issuer).unwrap();
        for other in [
            "https://id.clinic.example:8443/",
            "http://id.clinic.example/",
            "https://example.com/",
            "https://169.254.169.254/",
        ] {
            let url = Url::parse(other).unwrap();
            let request = outbound.request(reqwest::Method::GET, url).build().unwrap();
            let fault = outbound.send(request).await.unwrap_err();
            assert!(matches!(fault, OutboundFault::NotOurs(_)), "{other}: {fault}");
        }
    }

    #[tokio::test]
    async fn i25_a_name_that_leads_inside_is_refused_after_resolving() {
        let outbound = Outbound::new(Reach::Public).unwrap();
        let url = Url::parse("https://localhost:1/").unwrap();
        let request = outbound.request(reqwest::Method::GET, url).build().unwrap();
        let fault = outbound.send(request).await.unwrap_err();
        assert!(matches!(fault, OutboundFault::Exchange { .. } | OutboundFault::ClosedAddress(_)));
        assert!(fault.to_string().contains("inside our own networks"), "{fault}");
    }

    #[tokio::test]
    async fn a_broken_exchange_tells_what_is_at_the_bottom_of_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = listener.local_addr().unwrap();
        drop(listener);
        let outbound = Outbound::new(Reach::PublicAndLoopback).unwrap();
        let url = Url::parse(&format!("http://{closed}/?code=secret")).unwrap();
        let request = outbound.request(reqwest::Method::GET, url).build().unwrap();
        let fault = outbound.send(request).await.unwrap_err().to_string();
        assert!(fault.contains("refused") && !fault.contains("secret"), "{fault}");
    }
}
