//! Somewhere for webhooks to arrive.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::Value;

/// What came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The signature header.
    pub signature: String,
    /// The body, byte for byte.
    pub body: String,
}

impl Received {
    /// The body, read.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a webhook's body is JSON")
    }
}

#[derive(Default)]
struct Inside {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<u16>>,
}

/// A receiver that answers as it is told, and else 204.
pub struct Receiver {
    inside: Arc<Inside>,
    /// Where it listens.
    pub url: String,
    handle: actix_web::dev::ServerHandle,
}

impl Receiver {
    /// Starts one that gives these answers first.
    pub async fn start(answers: &[u16]) -> Self {
        let inside = Arc::new(Inside::default());
        inside.answers.lock().expect("not poisoned").extend(answers);
        let data = Data::from(Arc::clone(&inside));
        let server = HttpServer::new(move || {
            App::new().app_data(data.clone()).default_service(web::to(receive))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .expect("a free port");
        let url = format!("http://{}/hook", server.addrs().first().expect("it listens"));
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { inside, url, handle }
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        self.inside.received.lock().expect("not poisoned").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

async fn receive(inside: Data<Inside>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = request.headers().get("x-webhook-signature");
    let signature = header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(&body).into_owned();
    inside.received.lock().expect("not poisoned").push(Received { signature, body });
    let answer = inside.answers.lock().expect("not poisoned").pop_front().unwrap_or(204);
    HttpResponse::build(StatusCode::from_u16(answer).expect("a status")).finish()
}
