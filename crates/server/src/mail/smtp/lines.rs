//! A connection that hands over one line at a time.
//!
//! Whoever sits between could send more answers right behind the one to STARTTLS. Read in one go
//! they would wait in the reader's buffer, and be taken for what the relay says inside TLS
//! (CVE-2011-0411, turned around). Handed over line by line, what came behind goes where it belongs:
//! into the handshake, which then fails.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The connection, and what was read of it and not handed over.
#[derive(Debug)]
pub(super) struct LineByLine {
    stream: TcpStream,
    waiting: Vec<u8>,
}

impl LineByLine {
    /// Connects to the first address of a host that answers.
    pub(super) async fn connect(host: &str, port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((host, port)).await?;
        Ok(Self { stream, waiting: Vec::new() })
    }
}

impl AsyncRead for LineByLine {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.waiting.is_empty() {
            let mut chunk = [0; 4096];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            this.waiting.extend_from_slice(read.filled());
        }
        let line = this.waiting.iter().position(|byte| *byte == b'\n');
        let end = line.map_or(this.waiting.len(), |place| place + 1).min(out.remaining());
        let line: Vec<u8> = this.waiting.drain(..end).collect();
        out.put_slice(&line);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
