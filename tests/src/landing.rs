//! A relying party's redirect URI with a page behind it, so that a real browser can arrive.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use std::sync::{Arc, Mutex, PoisonError};

/// A listening redirect URI.
pub struct Landing {
    /// Its origin, such as `http://127.0.0.1:40123`.
    pub origin: String,
    seen: Arc<Mutex<Vec<String>>>,
    server: ServerHandle,
}

impl Landing {
    /// Listens on a free loopback port.
    pub async fn start() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&seen);
        let answer = move |request: HttpRequest, body: web::Bytes| {
            let line = format!(
                "{} {} {}",
                request.method(),
                request.uri(),
                String::from_utf8_lossy(&body)
            );
            recorded.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            let page = "<!doctype html><html lang=en><title>Back</title>\
                        <link rel=icon href='data:,'><h1 id=landed>Back at the app</h1>";
            async move { HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page) }
        };
        let server = HttpServer::new(move || App::new().default_service(web::to(answer.clone())))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a loopback port is free");
        let address = *server.addrs().first().expect("a bound server has an address");
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { origin: format!("http://{address}"), seen, server: handle }
    }

    /// Each request that came: method, path with query, body.
    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops listening.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}
