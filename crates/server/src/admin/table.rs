//! The console's part of the table of routes, as a list that can be read as well as served.

use actix_web::guard::Get;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, Resource, Responder};

/// Pages in the order in which they are matched.
#[derive(Default)]
pub struct Table {
    resources: Vec<Resource>,
    paths: Vec<&'static str>,
}

impl Table {
    /// A page that only shows.
    #[must_use]
    pub fn page<G, A>(mut self, path: &'static str, get: G) -> Self
    where
        G: Handler<A>,
        A: FromRequest + 'static,
        G::Output: Responder + 'static,
    {
        self.paths.push(path);
        self.resources.push(web::resource(path).guard(Get()).route(web::get().to(get)));
        self
    }

    /// A page that asks, and what is done when its form comes: it is posted to the same path.
    #[must_use]
    pub fn form<G, A, P, B>(mut self, path: &'static str, ask: G, act: P) -> Self
    where
        G: Handler<A>,
        A: FromRequest + 'static,
        G::Output: Responder + 'static,
        P: Handler<B>,
        B: FromRequest + 'static,
        P::Output: Responder + 'static,
    {
        self.paths.push(path);
        let both = web::resource(path).route(web::get().to(ask)).route(web::post().to(act));
        self.resources.push(both);
        self
    }

    /// Serves all of them.
    pub fn serve(self, config: &mut ServiceConfig) {
        for resource in self.resources {
            config.service(resource);
        }
    }

    /// The path of each, all of which answer to GET.
    pub fn paths(self) -> Vec<&'static str> {
        self.paths
    }
}
