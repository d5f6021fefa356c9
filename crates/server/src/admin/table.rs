//! The console's part of the table of routes, as a list that can be read as well as served.

use actix_web::guard::Get;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Resource};
use futures_util::FutureExt as _;
use futures_util::future::Map;

/// What a handler comes to: its page, or what is answered instead of it, because somebody may not
/// enter, has to give their password first, or asked for what is not there.
pub type Answer = Result<HttpResponse, HttpResponse>;

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
        G: Handler<A, Output = Answer>,
        A: FromRequest + 'static,
    {
        self.paths.push(path);
        self.resources.push(web::resource(path).guard(Get()).route(web::get().to(Either(get))));
        self
    }

    /// A page that asks, and what is done when its form comes: it is posted to the same path.
    #[must_use]
    pub fn form<G, A, P, B>(mut self, path: &'static str, ask: G, act: P) -> Self
    where
        G: Handler<A, Output = Answer>,
        A: FromRequest + 'static,
        P: Handler<B, Output = Answer>,
        B: FromRequest + 'static,
    {
        self.paths.push(path);
        let (ask, act) = (web::get().to(Either(ask)), web::post().to(Either(act)));
        let both = web::resource(path).route(ask).route(act);
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

/// A handler as the framework takes it: it answers either way.
#[derive(Clone)]
struct Either<H>(H);

impl<H, A> Handler<A> for Either<H>
where
    H: Handler<A, Output = Answer>,
{
    type Output = HttpResponse;
    type Future = Map<H::Future, fn(Answer) -> HttpResponse>;

    fn call(&self, args: A) -> Self::Future {
        self.0.call(args).map(|answer| answer.unwrap_or_else(|instead| instead))
    }
}
