//! Who is calling: the peer's address behind trusted proxies, and the request's name in our logs.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use actix_web::{HttpMessage as _, HttpRequest};

/// Names a request in logs and in the `X-Request-Id` header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The name of the request, as [`crate::http::observe`] gave it.
pub fn request_id(request: &HttpRequest) -> String {
    let id = request.extensions().get::<RequestId>().copied();
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// A range of addresses, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    base: Ipv6Addr,
    prefix: u8,
}

/// A text that is no address range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address or a range such as 10.0.0.0/8 or fd00::/8")]
pub struct InvalidRange(String);

impl std::str::FromStr for AddressRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let fault = || InvalidRange(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| fault())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        // IPv4 is kept as ::ffff:a.b.c.d, so that one comparison serves both.
        let (width, shift) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let prefix = prefix.unwrap_or(width);
        if prefix > width {
            return Err(fault());
        }
        Ok(Self { base: mapped(address), prefix: prefix + shift })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base.to_canonical() {
            IpAddr::V4(v4) if self.prefix >= 96 => write!(f, "{v4}/{}", self.prefix - 96),
            _ => write!(f, "{}/{}", self.base, self.prefix),
        }
    }
}

impl AddressRange {
    /// Whether `address` lies within.
    pub fn contains(&self, address: IpAddr) -> bool {
        let mask = match self.prefix {
            0 => 0,
            bits => u128::MAX << (128 - u32::from(bits)),
        };
        (mapped(address).to_bits() & mask) == (self.base.to_bits() & mask)
    }
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// The address a request comes from. `X-Forwarded-For` counts only as far as trusted proxies wrote
/// it: it is read from the right until the first address that is not theirs.
pub fn address(request: &HttpRequest, trusted: &[AddressRange]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !is_trusted(peer, trusted) {
        return Some(peer);
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        match hop.parse::<IpAddr>() {
            Ok(address) if is_trusted(address.to_canonical(), trusted) => {}
            Ok(address) => return Some(address.to_canonical()),
            Err(_) => break,
        }
    }
    Some(peer)
}

/// Whether one of our own proxies has this address.
pub(super) fn is_trusted(address: IpAddr, trusted: &[AddressRange]) -> bool {
    trusted.iter().any(|range| range.contains(address))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: Option<&str>, trusted: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        if let Some(value) = forwarded {
            request = request.insert_header(("x-forwarded-for", value));
        }
        let trusted: Vec<AddressRange> = trusted.iter().map(|t| t.parse().unwrap()).collect();
        address(&request.to_http_request(), &trusted).unwrap().to_string()
    }

    #[test]
    fn forwarded_addresses_count_only_from_trusted_proxies() {
        assert_eq!(seen("9.9.9.9", Some("1.2.3.4"), &[]), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", Some("1.2.3.4"), &["10.0.0.0/8"]), "1.2.3.4");
        // What the peer itself wrote on the left is not believed.
        assert_eq!(
            seen("10.0.0.1", Some("6.6.6.6, 1.2.3.4, 10.0.0.2"), &["10.0.0.0/8"]),
            "1.2.3.4"
        );
        assert_eq!(seen("10.0.0.1", Some("nonsense"), &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", None, &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn ranges_are_read_strictly() {
        assert!("10.0.0.0/33".parse::<AddressRange>().is_err());
        assert!("::/129".parse::<AddressRange>().is_err());
        assert!("ten".parse::<AddressRange>().is_err());
        assert!("::/0".parse::<AddressRange>().unwrap().contains("1.2.3.4".parse().unwrap()));
        assert!("fd00::/8".parse::<AddressRange>().unwrap().contains("fd12::1".parse().unwrap()));
        assert!(!"10.1.2.3".parse::<AddressRange>().unwrap().contains("10.1.2.4".parse().unwrap()));
    }
}
