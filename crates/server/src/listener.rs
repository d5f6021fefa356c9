//! A listening socket, and how it is closed without losing anybody.
//!
//! The HTTP library closes its listener and drops what no worker has begun with in one moment. Whoever
//! had connected by then, and mostly had sent a request, is reset: a proxy does not know whether what is
//! no GET was carried out, and answers 502. So the listener lets nobody in any more for a moment before
//! it is closed, in which those who are inside come into the hands of a worker.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that wait for a worker.
const BACKLOG: i32 = 1024;

/// A socket that listens; the server that accepts has the same one.
pub struct Listener(Socket);

impl Listener {
    /// Listens at an address.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(Self(socket))
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        let address = self.0.local_addr()?.as_socket();
        address.ok_or_else(|| io::Error::other("it has no address"))
    }

    /// The same socket, for the server that accepts.
    pub fn for_server(&self) -> io::Result<TcpListener> {
        Ok(self.0.try_clone()?.into())
    }

    /// Lets nobody in any more: the system drops what asks for a connection (SYN), as if it had been lost
    /// on the way. Who is inside stays, and who is at the door comes in. A peer asks again after a second,
    /// hears that nobody listens, and may send its request elsewhere, since it has sent none.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn shut(self) -> io::Result<()> {
        use socket2::SockFilter;
        /// Where a TCP header has its flags, and which of them asks for a connection (RFC 9293 §3.1).
        const FLAGS: u32 = 13;
        const SYN: u32 = 0x02;
        // In the words of the kernel's packet filter: load a byte, skip what follows unless a bit is set,
        // let nothing through, let all through.
        const NO_SYN: [SockFilter; 4] = [
            SockFilter::new(0x30, 0, 0, FLAGS),
            SockFilter::new(0x45, 0, 1, SYN),
            SockFilter::new(0x06, 0, 0, 0),
            SockFilter::new(0x06, 0, 0, u32::MAX),
        ];
        self.0.attach_filter(&NO_SYN)
    }

    /// Elsewhere who knocks at the last moment is reset.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub fn shut(self) -> io::Result<()> {
        Ok(())
    }
}
