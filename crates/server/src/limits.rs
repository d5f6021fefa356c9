//! Rate limits by address, kept in memory on each node.
//!
//! They blunt floods; they are not what protects an account. That is the throttle by account in the
//! store, which holds over all nodes and addresses.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// How often one address may do something.
pub struct AddressLimit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
}

impl AddressLimit {
    /// At most `per_minute` a minute, and that many at once.
    pub fn per_minute(per_minute: NonZeroU32) -> Self {
        Self { limiter: RateLimiter::keyed(Quota::per_minute(per_minute)) }
    }

    /// Counts an act of `address`; the error says how long it should wait.
    ///
    /// Loopback is not limited: either it is the operator's own machine, or a proxy that was not
    /// declared, behind which all users would share one budget.
    pub fn admit(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        let Some(address) = address.filter(|a| !a.is_loopback()) else {
            return Ok(());
        };
        self.limiter
            .check_key(&site(address))
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()))
    }

    /// Forgets addresses that have been quiet, so that memory stays bounded.
    pub fn forget_quiet(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// What one subscriber holds: an IPv4 address, or an IPv6 /64.
pub(crate) fn site(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_one_ipv6_site_shares_a_budget_and_loopback_has_none() {
        let limit = AddressLimit::per_minute(NonZeroU32::MIN);
        let neighbour = |last: &str| Some(format!("2001:db8::{last}").parse().unwrap());
        assert!(limit.admit(neighbour("1")).is_ok());
        assert!(limit.admit(neighbour("2")).is_err(), "the same /64");
        for _ in 0..100 {
            assert!(limit.admit(Some("127.0.0.1".parse().unwrap())).is_ok());
        }
    }
}
