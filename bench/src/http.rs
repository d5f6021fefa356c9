//! One keep-alive HTTP/1.1 connection on loopback.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An answer, read to its end.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header field's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON, of an answer that must be 200.
    pub fn json(&self) -> Result<serde_json::Value, String> {
        if self.status != 200 {
            return Err(format!("status {}: {}", self.status, self.text()));
        }
        serde_json::from_slice(&self.body).map_err(|error| format!("{error}: {}", self.text()))
    }

    /// The body as text, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(600).collect()
    }
}

/// A connection that is opened again when the server closes it.
pub struct Connection {
    address: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// A connection to be opened at its first use.
    pub fn to(address: &str) -> Self {
        Self { address: address.to_owned(), sender: None }
    }

    /// Closes it; the next request opens a new one.
    pub fn close(&mut self) {
        self.sender = None;
    }

    /// Sends one request and reads the answer.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, String> {
        let mut request =
            Request::builder().method(method).uri(path).header("host", self.address.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| format!("{method} {path}: {error}"))?;
        let sender = self.sender().await?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| format!("{method} {path}: {error}"))?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| format!("{method} {path}: {error}"))?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, String> {
        let usable = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            self.sender = Some(connect(&self.address).await?);
        }
        self.sender.as_mut().ok_or_else(|| "not connected".to_owned())
    }
}

async fn connect(address: &str) -> Result<SendRequest<Full<Bytes>>, String> {
    let fault = |error: &dyn std::fmt::Display| format!("{address}: {error}");
    let stream = TcpStream::connect(address).await.map_err(|error| fault(&error))?;
    stream.set_nodelay(true).map_err(|error| fault(&error))?;
    let (sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| fault(&error))?;
    tokio::spawn(async move {
        // Its end shows at the next request.
        let _ = connection.await;
    });
    Ok(sender)
}
