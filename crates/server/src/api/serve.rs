//! A request's way through the API: who calls, in which organization, may they; then the body, the
//! act, the answer.

use std::collections::BTreeMap;

use actix_web::http::header::HeaderMap;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, rt};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Rights;
use vestibule_protocol::ids::OrgId;
use vestibule_protocol::params::Params;
use vestibule_store::{Page, PageRequest};

use super::input::Input;
use super::problem::{Kind, Problem};
use super::reply::{self, Reply};
use super::routes::{self, Method, Place, Route};
use super::{ORGANIZATION, caller, idempotency, query};
use crate::app::App;
use crate::attempt::Attempt;
use crate::services::Act;
use crate::services::callers::Caller;
use crate::services::texts::cut;

/// Mounts every route of the table, in the root organization and, where that means something, in
/// any other.
pub(super) fn mount(config: &mut ServiceConfig) {
    let mut paths: Vec<(&str, &Route)> = Vec::new();
    for route in routes::all() {
        if !paths.iter().any(|(path, _)| *path == route.path) {
            paths.push((route.path, route));
        }
    }
    for (path, first) in paths {
        config.service(resource("", path));
        if first.place == Place::AnyOrganization {
            config.service(resource(ORGANIZATION, path));
        }
    }
}

fn resource(prefix: &str, path: &'static str) -> actix_web::Resource {
    let mut resource = web::resource(format!("{prefix}{path}"));
    let mut allowed = Vec::new();
    for route in routes::all().filter(|route| route.path == path) {
        let handler = move |app: Data<App>, http: HttpRequest, payload: Payload| {
            answer(route, app, http, payload)
        };
        allowed.push(route.method.as_str());
        resource = match route.method {
            Method::Get => {
                allowed.push("HEAD");
                resource.route(web::get().to(handler)).route(web::head().to(handler))
            }
            Method::Post => resource.route(web::post().to(handler)),
            Method::Put => resource.route(web::put().to(handler)),
            Method::Patch => resource.route(web::patch().to(handler)),
            Method::Delete => resource.route(web::delete().to(handler)),
        };
    }
    let allowed = allowed.join(", ");
    resource.default_service(web::to(move |app: Data<App>, http: HttpRequest| {
        let response = wrong_method(&app, &http, &allowed);
        async move { response }
    }))
}

fn wrong_method(app: &App, http: &HttpRequest, allowed: &str) -> HttpResponse {
    let detail = format!("{} is not one of {allowed}", http.method());
    Problem::new(Kind::MethodNotAllowed, detail).allowing(allowed).response(&app.issuer, http)
}

/// A path that is only read.
pub(super) async fn wrong_method_get(app: Data<App>, http: HttpRequest) -> HttpResponse {
    wrong_method(&app, &http, "GET")
}

/// There is no such path.
pub(super) async fn no_such_path(app: Data<App>, http: HttpRequest) -> HttpResponse {
    nowhere().response(&app.issuer, &http)
}

fn nowhere() -> Problem {
    let detail = "there is no such path; /api/openapi.json names those there are";
    Problem::new(Kind::NotFound, detail)
}

async fn answer(
    route: &'static Route,
    app: Data<App>,
    http: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    match carry_out(route, &app, &http, payload).await {
        Ok(reply) => reply.response(&http),
        Err(problem) => problem.response(&app.issuer, &http),
    }
}

async fn carry_out(
    route: &'static Route,
    app: &Data<App>,
    http: &HttpRequest,
    payload: Payload,
) -> Result<Reply, Problem> {
    let caller = caller::authenticate(app, http).await?;
    let path = path(http).ok_or_else(nowhere)?;
    let (org, rights) = place(app, path.get("org").map(String::as_str), &caller).await?;
    permit(route, app, &caller, rights).await?;
    let params = query::parse(http.query_string())?;
    let input = match route.body {
        Some(body) => Input::read(app, http, payload, body).await?,
        None => Input::none(),
    };
    let exchange = Exchange {
        route,
        app: app.clone(),
        caller,
        org,
        rights,
        now: app.clock.now(),
        target: http.uri().to_string(),
        path,
        params,
        headers: http.headers().clone(),
        input,
    };
    match idempotency::key(route.method, http)? {
        None => exchange.run().await,
        // A caller who hangs up does not stop what it began; its next request asks for the answer.
        Some(key) => rt::spawn(idempotency::once(exchange, key)).await.unwrap_or_else(|_| {
            Err(Problem::new(Kind::Internal, "the server's log tells why, by request_id"))
        }),
    }
}

/// The parameters of the path, decoded to the end: actix leaves `%2F`, `%2B` and `%25` as they came.
/// A text with a NUL names nothing, and PostgreSQL takes none.
fn path(http: &HttpRequest) -> Option<BTreeMap<String, String>> {
    let decoded = http.match_info().iter().map(|(name, value)| {
        let value = percent_decode_str(value).decode_utf8().ok()?;
        (!value.contains('\0')).then(|| (name.to_owned(), value.into_owned()))
    });
    decoded.collect()
}

/// The organization of a request, and what the caller may do there. Where that is nothing, there is
/// no such organization (invariant I26).
async fn place(
    app: &App,
    named: Option<&str>,
    caller: &Caller,
) -> Result<(OrgId, Rights), Problem> {
    let Some(named) = named else {
        return Ok((OrgId::ROOT, caller.rights(app, OrgId::ROOT).await?));
    };
    let store = &app.store;
    let found = match named.parse() {
        Ok(id) => store.organization(OrgId(id)).await,
        Err(_) => store.organization_by_slug(named.to_owned()).await,
    };
    if let Some(organization) = found.map_err(crate::services::ServiceFault::from)? {
        let rights = caller.rights(app, organization.id).await?;
        if !rights.is_empty() {
            return Ok((organization.id, rights));
        }
    }
    Err(Problem::not_found("organization", &cut(named)))
}

/// Whether the caller may take this route; a refusal is recorded.
async fn permit(route: &Route, app: &App, caller: &Caller, rights: Rights) -> Result<(), Problem> {
    let Some(permission) = route.permission.filter(|permission| !rights.allow(*permission)) else {
        return Ok(());
    };
    let attempt = Attempt::begin(app);
    let facts = json!({ "by": caller.by, "operation": route.id, "permission": permission });
    let why = "insufficient_permission";
    app.record(vec![attempt.refused_because(app, "api.refused", why, facts)]).await;
    Err(Problem::forbidden(permission).recorded(attempt.case))
}

/// A request that may be carried out, whole: it outlives the connection it came by.
pub(super) struct Exchange {
    pub(super) route: &'static Route,
    pub(super) app: Data<App>,
    pub(super) caller: Caller,
    org: OrgId,
    pub(super) rights: Rights,
    pub(super) now: Timestamp,
    pub(super) target: String,
    path: BTreeMap<String, String>,
    params: Params,
    headers: HeaderMap,
    pub(super) input: Input,
}

impl Exchange {
    /// Carries it out.
    pub(super) async fn run(&self) -> Result<Reply, Problem> {
        let act = Act {
            core: &self.app,
            now: self.now,
            org: self.org,
            by: &self.caller.by,
            rights: self.rights,
        };
        (self.route.handle)(Call { app: &self.app, act, caller: &self.caller, exchange: self })
            .await
    }
}

/// A request as a handler sees it.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// The server.
    pub app: &'a Data<App>,
    /// The act, in the organization of the request.
    pub act: Act<'a>,
    /// Who calls.
    pub caller: &'a Caller,
    exchange: &'a Exchange,
}

impl<'a> Call<'a> {
    /// A parameter of the path.
    pub(super) fn path(&self, name: &str) -> &'a str {
        self.exchange.path.get(name).map_or("", String::as_str)
    }

    /// A parameter of the path that is the number of a row.
    pub(super) fn id(&self, name: &str, what: &str) -> Result<i64, Problem> {
        let text = self.path(name);
        text.parse().map_err(|_| Problem::not_found(what, &cut(text)))
    }

    /// The parameters of the query.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        query::typed(&self.exchange.params)
    }

    /// The body.
    pub(super) fn input(&self) -> &'a Input {
        &self.exchange.input
    }

    /// The page that is asked for; at most `most` lines long.
    pub(super) fn page(
        &self,
        limit: Option<u32>,
        cursor: Option<&str>,
        most: u32,
    ) -> Result<PageRequest, Problem> {
        query::page(&self.act.core.digests, &self.list(), limit, cursor, most)
    }

    /// A cursor behind a row of this list.
    pub(super) fn cursor(&self, last: i64) -> String {
        query::cursor(&self.act.core.digests, &self.list(), last)
    }

    /// A page as an answer.
    pub(super) fn paged<T, D: Serialize>(
        &self,
        page: Page<T>,
        document: impl Fn(&T) -> D,
    ) -> Result<Reply, Problem> {
        let items: Vec<D> = page.items.iter().map(document).collect();
        let next = page.next.map(|last| self.cursor(last));
        let mut reply = Reply::json(&json!({ "items": items, "next": next }))?;
        reply.next = next;
        Ok(reply)
    }

    /// Refuses to change what is not any more what the caller has read.
    pub(super) fn unchanged(&self, current: &impl Serialize) -> Result<(), Problem> {
        reply::unchanged(&self.exchange.headers, current)
    }

    fn list(&self) -> String {
        format!("{} {}", self.exchange.route.id, self.act.org.0)
    }
}
