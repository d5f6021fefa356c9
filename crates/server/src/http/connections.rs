//! Connections: how many one address holds, and those on which nothing goes on.
//!
//! The HTTP library times the head of a connection's first request. A later head that never ends, and
//! what is left of a chunked body when its request was answered, it waits for as long as its peer
//! likes: a stranger who sends a few bytes on each of many connections would hold all of them for good
//! (invariant I28). So every connection is known here, and closed when for too long no request was
//! going on, whatever its peer sends meanwhile. And no address holds more than its share of them.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::TcpStream as Socket;
use std::net::{IpAddr, Shutdown};
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use parking_lot::Mutex;

use super::caller::{AddressRange, is_trusted};
use crate::clock::Stopwatch;
use crate::limits::site;

/// The open connections of a server.
pub struct Connections {
    open: Mutex<Vec<Weak<Connection>>>,
    patience: Duration,
    shares: Arc<Shares>,
    proxies: Vec<AddressRange>,
    /// How many there have been.
    noted: AtomicU64,
}

/// One of them.
struct Connection {
    /// The same socket once more, to close it from the side.
    socket: Socket,
    began: Stopwatch,
    /// Requests that are going on.
    requests: AtomicU32,
    /// Milliseconds after `began`: when the last of them ended; 0 before there was one.
    quiet_since: AtomicU64,
    _seat: Option<Seat>,
}

impl Connections {
    /// Connections that are closed when no request was going on for `patience`, and of which an
    /// address holds `most`: loopback and these proxies, behind which is everybody, any number.
    pub fn new(patience: Duration, most: usize, proxies: Vec<AddressRange>) -> Self {
        let shares = Arc::new(Shares { held: Mutex::default(), most });
        let noted = AtomicU64::new(0);
        Self { open: Mutex::default(), patience, shares, proxies, noted }
    }

    /// Takes note of a connection, for the requests that come by it; closes it when its address holds
    /// too many.
    pub fn note(&self, stream: &dyn Any, of_connection: &mut Extensions) {
        self.noted.fetch_add(1, Ordering::Relaxed);
        let plain = stream.downcast_ref::<TcpStream>();
        let tls = || stream.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0);
        // Without one more file for the process the connection is served, and not looked after.
        let Some(Ok(socket)) = plain.or_else(tls).map(|it| it.as_fd().try_clone_to_owned()) else {
            return;
        };
        let socket = Socket::from(socket);
        let Ok(seat) = self.seat(&socket) else {
            tracing::debug!("an address holds as many connections as it may");
            let _gone = socket.shutdown(Shutdown::Both);
            return;
        };
        let connection = Arc::new(Connection {
            socket,
            began: Stopwatch::start(),
            requests: AtomicU32::new(0),
            quiet_since: AtomicU64::new(0),
            _seat: seat,
        });
        self.open.lock().push(Arc::downgrade(&connection));
        of_connection.insert(connection);
    }

    /// Its place in the share of its address; none for those who hold any number.
    fn seat(&self, socket: &Socket) -> Result<Option<Seat>, TooMany> {
        let Ok(peer) = socket.peer_addr() else { return Ok(None) };
        let address = peer.ip().to_canonical();
        if address.is_loopback() || is_trusted(address, &self.proxies) {
            return Ok(None);
        }
        self.shares.take(site(address)).map(Some)
    }

    /// How many have come so far.
    pub fn noted(&self) -> u64 {
        self.noted.load(Ordering::Relaxed)
    }

    /// Whether any is open by which no request has come yet.
    pub fn any_unused(&self) -> bool {
        let unused =
            |connection: &Weak<Connection>| connection.upgrade().is_some_and(|it| it.is_unused());
        self.open.lock().iter().any(unused)
    }

    /// Whether any is open.
    pub fn any(&self) -> bool {
        self.open.lock().iter().any(|connection| connection.strong_count() > 0)
    }

    /// Closes those that have been quiet for too long, and forgets those that have ended.
    pub fn close_quiet(&self) {
        self.open.lock().retain(|connection| match connection.upgrade() {
            Some(connection) => {
                if connection.quiet() > self.patience {
                    // Its own task sees the end and tidies up.
                    let _gone = connection.socket.shutdown(Shutdown::Both);
                }
                true
            }
            None => false,
        });
    }
}

impl Connection {
    fn age(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_unused(&self) -> bool {
        self.requests.load(Ordering::Acquire) == 0 && self.quiet_since.load(Ordering::Relaxed) == 0
    }

    /// For how long no request has been going on.
    fn quiet(&self) -> Duration {
        if self.requests.load(Ordering::Acquire) > 0 {
            return Duration::ZERO;
        }
        let since = self.quiet_since.load(Ordering::Relaxed);
        Duration::from_millis(self.age().saturating_sub(since))
    }
}

/// An address holds its share already.
#[derive(Debug)]
struct TooMany;

/// How many connections each address holds.
struct Shares {
    held: Mutex<HashMap<IpAddr, usize>>,
    most: usize,
}

impl Shares {
    fn take(self: &Arc<Self>, address: IpAddr) -> Result<Seat, TooMany> {
        let mut held = self.held.lock();
        let count = held.entry(address).or_default();
        if *count >= self.most {
            return Err(TooMany);
        }
        *count += 1;
        Ok(Seat { shares: Arc::clone(self), address })
    }
}

/// One connection of an address.
struct Seat {
    shares: Arc<Shares>,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.shares.held.lock().entry(self.address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// A request that is going on.
pub struct Busy(Arc<Connection>);

impl Busy {
    /// It begins; nothing on a connection that is not looked after.
    pub fn begin(request: &ServiceRequest) -> Option<Self> {
        let connection = Arc::clone(request.conn_data::<Arc<Connection>>()?);
        connection.requests.fetch_add(1, Ordering::Relaxed);
        Some(Self(connection))
    }

    /// It ends when its answer is ready, or, where that is made while it is sent, has been made.
    pub fn until_answered(self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        match response.response().body().size() {
            BodySize::Stream => {
                response.map_body(|_, body| BoxBody::new(Lasting { body, _busy: self }))
            }
            _ => response,
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.quiet_since.store(self.0.age().max(1), Ordering::Relaxed);
        self.0.requests.fetch_sub(1, Ordering::Release);
    }
}

/// A body that keeps its connection busy.
struct Lasting {
    body: BoxBody,
    _busy: Busy,
}

impl MessageBody for Lasting {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_an_address_holds_no_more_connections_than_its_share() {
        let shares = Arc::new(Shares { held: Mutex::default(), most: 2 });
        let address = |last: u8| IpAddr::from([203, 0, 113, last]);
        let first = shares.take(address(7)).expect("one");
        let _second = shares.take(address(7)).expect("two");
        assert!(shares.take(address(7)).is_err(), "a third");
        let other = shares.take(address(8)).expect("another address has its own");
        drop(first);
        assert!(shares.take(address(7)).is_ok(), "a closed one makes room");
        drop(other);
        assert_eq!(shares.held.lock().len(), 1, "who holds none takes no memory");
    }
}
