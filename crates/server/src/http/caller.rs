//! Who is calling: the peer's address behind trusted proxies, and the request's name in our logs.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

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
    // Byte by byte: what a peer wrote on the left, in whatever letters, takes nothing from what our
    // proxy wrote behind it.
    let forwarded = request.headers().get_all("x-forwarded-for");
    let hops: Vec<&[u8]> =
        forwarded.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).collect();
    for hop in hops.iter().rev() {
        match hop_address(hop.trim_ascii()) {
            Some(address) if is_trusted(address, trusted) => {}
            Some(address) => return Some(address),
            None => break,
        }
    }
    Some(peer)
}

/// The address of a hop. Some proxies write the port as well, and IPv6 in brackets then; without its
/// address everybody behind such a proxy would share the proxy's budgets.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?;
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

/// Whether one of our own proxies has this address.
pub(super) fn is_trusted(address: IpAddr, trusted: &[AddressRange]) -> bool {
    trusted.iter().any(|range| range.contains(address))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: Option<&str>, trusted: &[&str]) -> String {
        let lines: Vec<&[u8]> = forwarded.map(str::as_bytes).into_iter().collect();
        seen_in(peer, &lines, trusted)
    }

    fn seen_in(peer: &str, forwarded: &[&[u8]], trusted: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for line in forwarded {
            let value = HeaderValue::from_bytes(line).unwrap();
            request = request.append_header(("x-forwarded-for", value));
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
        // With the port that the peer came from, as some proxies write it.
        assert_eq!(seen("10.0.0.1", Some("1.2.3.4:5678"), &["10.0.0.0/8"]), "1.2.3.4");
        assert_eq!(
            seen("10.0.0.1", Some("9.9.9.9, [2001:db8::1]:443, 10.0.0.2:80"), &["10.0.0.0/8"]),
            "2001:db8::1"
        );
        assert_eq!(seen("10.0.0.1", None, &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn i28_no_byte_that_a_peer_wrote_hides_its_address() {
        for lines in [
            &[b"\xff, 1.2.3.4".as_slice()] as &[&[u8]],
            &[b"\xc3\x28,\xff\xfe , 1.2.3.4"],
            &[b"\xff", b"1.2.3.4"],
            &[b"5.6.7.8, \xff", b"1.2.3.4, 10.0.0.2"],
        ] {
            assert_eq!(seen_in("10.0.0.1", lines, &["10.0.0.0/8"]), "1.2.3.4", "{lines:?}");
        }
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
