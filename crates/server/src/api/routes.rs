//! The one table of the API's routes. The server, its OpenAPI document, the reference page and the
//! test of every route for every role are made from it.

use std::future::Future;
use std::pin::Pin;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::brand::image;

use super::problem::Problem;
use super::reply::Reply;
use super::serve::Call;

/// What a handler is: a call becomes a reply or a problem.
type Handle = for<'a> fn(Call<'a>) -> Answering<'a>;
/// A handler at work.
pub(super) type Answering<'a> = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + 'a>>;
/// Writes the schema of a type.
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A method (RFC 9110 §9.3, RFC 5789).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Where a route can act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the root organization, and below `/organizations/{org}` in any other.
    AnyOrganization,
    /// In the organization that its own path names.
    Itself,
    /// For the whole installation.
    Installation,
}

/// A body that a route takes.
#[derive(Clone, Copy)]
pub struct Body {
    /// What it is.
    pub kind: BodyKind,
    /// Its media types, the usual one first.
    pub media_types: &'static [&'static str],
    /// A body that works, of the usual media type.
    pub example: &'static str,
}

/// What a body is.
#[derive(Clone, Copy)]
pub enum BodyKind {
    /// JSON of this schema.
    Document(SchemaOf),
    /// A file of at most so many bytes, which the act reads.
    File(usize),
}

/// A route.
#[derive(Clone, Copy)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path below `/api/v1`, or below `/api/v1/organizations/{org}`.
    pub path: &'static str,
    /// Where it can act.
    pub place: Place,
    /// What the caller must be allowed to; none for what concerns the caller alone.
    pub permission: Option<Permission>,
    /// Its name in programs: OpenAPI `operationId`.
    pub id: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Its parameters in the query.
    pub query: Option<SchemaOf>,
    /// The body it takes.
    pub body: Option<Body>,
    /// The status when it went well.
    pub status: u16,
    /// The document that answers.
    pub answer: Option<SchemaOf>,
    /// The media type of the answer.
    pub media_type: &'static str,
    /// Whether the answer is one thing with an entity tag, or changes one.
    pub tagged: bool,
    pub(super) handle: Handle,
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const JSON: &[&str] = &["application/json"];
const PICTURES: &[&str] = &["image/png", "image/jpeg", "image/webp"];
const PATCHES: &[&str] = &["application/merge-patch+json", "application/json"];

impl Route {
    const fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        handle: Handle,
    ) -> Self {
        Self {
            method,
            path,
            place: Place::AnyOrganization,
            permission: None,
            id,
            summary,
            query: None,
            body: None,
            status: 200,
            answer: None,
            media_type: super::reply::JSON,
            tagged: false,
            handle,
        }
    }

    pub(super) const fn get(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        handle: Handle,
    ) -> Self {
        Self::new(Method::Get, path, id, summary, handle)
    }

    pub(super) const fn post(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        handle: Handle,
    ) -> Self {
        Self::new(Method::Post, path, id, summary, handle)
    }

    pub(super) const fn put(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        handle: Handle,
    ) -> Self {
        Self::new(Method::Put, path, id, summary, handle)
    }

    pub(super) const fn patch(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        handle: Handle,
    ) -> Self {
        Self::new(Method::Patch, path, id, summary, handle)
    }

    pub(super) const fn delete(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        handle: Handle,
    ) -> Self {
        Self { status: 204, ..Self::new(Method::Delete, path, id, summary, handle) }
    }

    /// What the caller must be allowed to.
    pub(super) const fn needs(self, permission: Permission) -> Self {
        Self { permission: Some(permission), ..self }
    }

    /// It acts for the whole installation.
    pub(super) const fn everywhere(self) -> Self {
        Self { place: Place::Installation, ..self }
    }

    /// It acts on the organization that its path names.
    pub(super) const fn itself(self) -> Self {
        Self { place: Place::Itself, ..self }
    }

    /// It reads these parameters of the query.
    pub(super) const fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(schema::<T>), ..self }
    }

    /// It takes a body of this type.
    pub(super) const fn takes<T: JsonSchema>(self, example: &'static str) -> Self {
        let media_types = match self.method {
            Method::Patch => PATCHES,
            _ => JSON,
        };
        let body = Body { kind: BodyKind::Document(schema::<T>), media_types, example };
        Self { body: Some(body), ..self }
    }

    /// It takes a file of one of these media types, of at most so many bytes.
    pub(super) const fn takes_file(
        self,
        media_types: &'static [&'static str],
        most: usize,
        example: &'static str,
    ) -> Self {
        let body = Body { kind: BodyKind::File(most), media_types, example };
        Self { body: Some(body), ..self }
    }

    /// It takes a picture.
    pub(super) const fn takes_picture(self) -> Self {
        self.takes_file(PICTURES, image::MAX_BYTES, "the bytes of the file")
    }

    /// It answers with a file of this media type.
    pub(super) const fn gives_file(self, media_type: &'static str) -> Self {
        Self { answer: Some(schema::<String>), media_type, ..self }
    }

    /// It answers with a document of this type.
    pub(super) const fn gives<T: JsonSchema>(self) -> Self {
        Self { answer: Some(schema::<T>), ..self }
    }

    /// It makes something, and answers with a document of this type.
    pub(super) const fn makes<T: JsonSchema>(self) -> Self {
        Self { answer: Some(schema::<T>), status: 201, ..self }
    }

    /// What it answers with, or changes, has an entity tag.
    pub(super) const fn tagged(self) -> Self {
        Self { tagged: true, ..self }
    }

    /// It answers with JSON Lines.
    pub(super) const fn lines(self) -> Self {
        Self { media_type: super::reply::LINES, ..self }
    }

    /// The body that works, where it takes one; a file as a text.
    pub fn example(&self) -> Option<Value> {
        let body = self.body?;
        match body.kind {
            BodyKind::Document(_) => serde_json::from_str(body.example).ok(),
            BodyKind::File(_) => Some(body.example.into()),
        }
    }

    /// The names of the parameters in its path.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// What it is about, as a heading.
    pub fn noun(&self) -> &'static str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
}

/// Every route.
pub fn all() -> impl Iterator<Item = &'static Route> {
    [
        super::me::ROUTES,
        super::clients::ROUTES,
        super::secrets::ROUTES,
        super::handover::ROUTES,
        super::trials::ROUTES,
        super::profiles::ROUTES,
        super::users::ROUTES,
        super::users::ACCESS,
        super::files::ROUTES,
        super::groups::ROUTES,
        super::organizations::ROUTES,
        super::admins::ROUTES,
        super::tokens::ROUTES,
        super::keys::ROUTES,
        super::events::ROUTES,
        super::cases::ROUTES,
        super::webhooks::ROUTES,
        super::mail::ROUTES,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_named_once_and_its_example_is_json() {
        let mut ids = BTreeSet::new();
        let mut lines = BTreeSet::new();
        for route in all() {
            assert!(ids.insert(route.id), "{} is there twice", route.id);
            let line = (route.method, route.path);
            assert!(lines.insert(line), "{line:?} is there twice");
            assert!(route.path.starts_with('/') && !route.path.ends_with('/'), "{}", route.path);
            assert!(route.summary.ends_with('.'), "{}: {}", route.id, route.summary);
            assert_eq!(route.body.is_some(), route.example().is_some(), "{}", route.id);
        }
    }

    #[test]
    fn a_word_never_stands_where_another_route_has_a_name() {
        // The first of two patterns that both match would hide the other's methods.
        let fixed = |part: &str| !part.starts_with('{');
        for one in all() {
            for other in all().filter(|other| other.path != one.path) {
                let (a, b): (Vec<_>, Vec<_>) =
                    (one.path.split('/').collect(), other.path.split('/').collect());
                let same = a.len() == b.len()
                    && a.iter().zip(&b).all(|(x, y)| x == y || !fixed(x) || !fixed(y));
                assert!(!same, "{} and {}", one.path, other.path);
            }
        }
    }
}
