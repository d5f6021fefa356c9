//! The OpenAPI 3.1 document, made from the table of routes and the types that they read and write.
//!
//! `schemars` writes the schemas: it is here for the configuration's already, keeps to the JSON
//! Schema dialect that OpenAPI 3.1 refers to, and reads serde's attributes, so that a document and
//! its description cannot drift apart. The rest is put together here.

pub mod book;

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};
use vestibule_protocol::admin::Permission;

use super::problem::{self, Kind, ProblemDocument};
use super::routes::{self, Body, BodyKind, Method, Place, Route};
use super::{BASE, ORGANIZATION};
use crate::app::App;

/// Where the schemas of answers are.
const GIVEN: &str = "#/components/schemas/";
/// Where the schemas of bodies are, until the two are put together.
const TAKEN: &str = "#/components/taken/";

/// What ends the name of an operation that acts in another organization than the root.
const ELSEWHERE: &str = "InOrganization";

/// `/api/openapi.json`.
pub async fn get(app: Data<App>) -> HttpResponse {
    let text = document(app.issuer.as_str()).to_string();
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(text)
}

/// The document of the installation of this issuer.
pub fn document(issuer: &str) -> Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let mut document = DOCUMENT.get_or_init(assemble).clone();
    let url = issuer.trim_end_matches('/');
    if let Some(document) = document.as_object_mut() {
        document.insert("servers".to_owned(), json!([{ "url": url }]));
        let token_url = json!(format!("{url}/oauth/token"));
        let flow = document.get_mut("components").and_then(|it| {
            it.pointer_mut("/securitySchemes/clientCredentials/flows/clientCredentials")
        });
        if let Some(flow) = flow.and_then(Value::as_object_mut) {
            flow.insert("tokenUrl".to_owned(), token_url);
        }
    }
    document
}

/// Two generators: what is sent to us may leave out whatever has a default, what we send is whole.
struct Schemas {
    given: SchemaGenerator,
    taken: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = |path: &'static str, contract: Contract| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = path.trim_start_matches('#').into();
                settings.contract = contract;
            })
        };
        Self {
            given: settings(GIVEN, Contract::Serialize).into_generator(),
            taken: settings(TAKEN, Contract::Deserialize).into_generator(),
        }
    }
}

fn assemble() -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for route in routes::all() {
        for prefix in ["", ORGANIZATION] {
            if prefix.is_empty() || route.place == Place::AnyOrganization {
                let path = format!("{BASE}{prefix}{}", route.path);
                let item = paths.entry(path).or_insert_with(|| json!({}));
                if let Some(item) = item.as_object_mut() {
                    let method = route.method.as_str().to_lowercase();
                    item.insert(method, operation(route, !prefix.is_empty(), &mut schemas));
                }
            }
        }
    }
    let problem = schemas.given.subschema_for::<ProblemDocument>().to_value();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vestibule administration API",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "What an administrator can do, for programs.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "responses": { "Problem": {
                "description": "Why it was not done (RFC 9457).",
                "content": { (problem::MEDIA_TYPE): { "schema": problem } },
            } },
            "parameters": parameters(),
        },
    });
    join(&mut document, &mut schemas);
    document
}

/// Puts the schemas of both directions together. A name that means two things is told apart.
fn join(document: &mut Value, schemas: &mut Schemas) {
    let mut given = schemas.given.take_definitions(true);
    let taken = schemas.taken.take_definitions(true);
    let name_of = |name: &str, given: &Map<String, Value>, schema: &Value| {
        let other = given.get(name);
        let mut plain = schema.clone();
        rewrite(&mut plain, &|it| it.replace(TAKEN, GIVEN));
        if other.is_some_and(|other| *other != plain) {
            format!("{name}Input")
        } else {
            name.to_owned()
        }
    };
    let names: Vec<(String, String)> =
        taken.iter().map(|(name, schema)| (name.clone(), name_of(name, &given, schema))).collect();
    let rename = |reference: &str| match reference.strip_prefix(TAKEN) {
        Some(old) => {
            let found = names.iter().find(|(name, _)| name == old);
            format!("{GIVEN}{}", found.map_or(old, |(_, new)| new.as_str()))
        }
        None => reference.to_owned(),
    };
    for (old, mut schema) in taken {
        rewrite(&mut schema, &rename);
        if let Some((_, new)) = names.iter().find(|(name, _)| *name == old) {
            given.insert(new.clone(), schema);
        }
    }
    rewrite(document, &rename);
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("schemas".to_owned(), Value::Object(given));
    }
}

fn rewrite(schema: &mut Value, rename: &impl Fn(&str) -> String) {
    match schema {
        Value::Object(object) => {
            for (name, child) in object {
                match child {
                    Value::String(text) if name == "$ref" => *text = rename(text),
                    child => rewrite(child, rename),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, rename)),
        _ => {}
    }
}

fn operation(route: &Route, elsewhere: bool, schemas: &mut Schemas) -> Value {
    let mut operation = Map::new();
    let id = if elsewhere { format!("{}{ELSEWHERE}", route.id) } else { route.id.to_owned() };
    operation.insert("operationId".to_owned(), id.into());
    operation.insert("summary".to_owned(), route.summary.into());
    operation.insert("tags".to_owned(), json!([route.noun()]));
    operation.insert("parameters".to_owned(), parameters_of(route, elsewhere, schemas).into());
    if let Some(body) = &route.body {
        operation.insert("requestBody".to_owned(), body_of(route, body, schemas));
    }
    operation.insert("responses".to_owned(), responses(route, schemas));
    let scopes: Vec<&str> = route.permission.iter().map(|it| it.as_str()).collect();
    let security = json!([{ "apiToken": [] }, { "clientCredentials": scopes }]);
    operation.insert("security".to_owned(), security);
    operation.insert("x-permission".to_owned(), json!(route.permission));
    Value::Object(operation)
}

fn parameters_of(route: &Route, elsewhere: bool, schemas: &mut Schemas) -> Vec<Value> {
    let shared = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
    let mut parameters = Vec::new();
    if elsewhere {
        parameters.push(shared("org"));
    }
    parameters.extend(route.path_parameters().map(shared));
    if let Some(query) = route.query {
        let schema = query(&mut schemas.taken);
        let name = schema.as_value().get("$ref").and_then(Value::as_str);
        let name = name.and_then(|it| it.strip_prefix(TAKEN)).unwrap_or_default();
        let found = schemas.taken.definitions().get(name).cloned().unwrap_or_default();
        parameters.extend(in_query(&found));
    }
    match route.method {
        Method::Post => parameters.push(shared("Idempotency-Key")),
        Method::Get if route.tagged => parameters.push(shared("If-None-Match")),
        _ if route.tagged => parameters.push(shared("If-Match")),
        _ => {}
    }
    parameters
}

fn in_query(schema: &Value) -> Vec<Value> {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    let parameter = |(name, property): (&String, &Value)| {
        let mut property = property.clone();
        let text = property.as_object_mut().and_then(|it| it.remove("description"));
        json!({
            "name": name,
            "in": "query",
            "description": text,
            "required": required.contains(&json!(name)),
            "schema": property,
        })
    };
    properties.into_iter().flatten().map(parameter).collect()
}

fn body_of(route: &Route, body: &Body, schemas: &mut Schemas) -> Value {
    let schema = match body.kind {
        BodyKind::Document(schema) => schema(&mut schemas.taken).to_value(),
        BodyKind::File(_) => json!({ "type": "string" }),
    };
    let usual = body.media_types.first();
    let content: Map<String, Value> = body
        .media_types
        .iter()
        .map(|media| {
            let mut content = json!({ "schema": schema });
            // A file of one media type is no example of another.
            let fits = matches!(body.kind, BodyKind::Document(_)) || Some(media) == usual;
            if let (true, Some(content)) = (fits, content.as_object_mut()) {
                content.insert("example".to_owned(), json!(route.example()));
            }
            ((*media).to_owned(), content)
        })
        .collect();
    json!({ "required": true, "content": content })
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    let mut well = json!({ "description": if route.status == 201 { "Made." } else { "Done." } });
    if let (Some(answer), Some(well)) = (route.answer, well.as_object_mut()) {
        let schema = answer(&mut schemas.given).to_value();
        well.insert("content".to_owned(), json!({ (route.media_type): { "schema": schema } }));
        let headers = match (route.status, route.tagged) {
            (201, _) => json!({ "Location": { "schema": { "type": "string" } } }),
            (_, true) => json!({ "ETag": { "schema": { "type": "string" } } }),
            _ => json!({}),
        };
        well.insert("headers".to_owned(), headers);
    }
    responses.insert(route.status.to_string(), well);
    if route.tagged && route.method == Method::Get {
        responses.insert("304".to_owned(), json!({ "description": "It is still what you have." }));
    }
    for kind in Kind::ALL.iter().filter(|kind| can_meet(route, **kind)) {
        let problem = json!({ "$ref": "#/components/responses/Problem" });
        responses.insert(kind.status().to_string(), problem);
    }
    Value::Object(responses)
}

/// Whether a route can answer with this kind of problem.
fn can_meet(route: &Route, kind: Kind) -> bool {
    match kind {
        Kind::Conflict => route.method != Method::Get,
        Kind::InProgress | Kind::Unfinished | Kind::KeyReused => route.method == Method::Post,
        Kind::PreconditionFailed => route.tagged && route.method != Method::Get,
        Kind::TooSlow | Kind::TooLarge | Kind::UnsupportedMediaType => route.body.is_some(),
        Kind::Invalid => route.body.is_some() || route.query.is_some(),
        Kind::MethodNotAllowed => false,
        _ => true,
    }
}

fn tags() -> Vec<Value> {
    let mut nouns = Vec::new();
    for route in routes::all() {
        if !nouns.contains(&route.noun()) {
            nouns.push(route.noun());
        }
    }
    nouns.into_iter().map(|noun| json!({ "name": noun })).collect()
}

fn security_schemes() -> Value {
    let scopes: Map<String, Value> = Permission::ALL
        .iter()
        .map(|permission| (permission.as_str().to_owned(), permission.summary().into()))
        .collect();
    json!({
        "apiToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that an administrator made (vestibule token add): it may at most what its administrator may, and ends.",
        },
        "clientCredentials": {
            "type": "oauth2",
            "description": "A client's own access token; the client needs a role (vestibule admin grant --client), and the scopes of the token are a ceiling.",
            "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": scopes } },
        },
    })
}

/// Parameters that several routes have.
fn parameters() -> Value {
    let mut parameters = Map::new();
    let mut add = |name: &str, place: &str, text: &str| {
        let parameter = json!({
            "name": name,
            "in": place,
            "description": text,
            "required": place == "path",
            "schema": { "type": "string" },
        });
        parameters.insert(name.to_owned(), parameter);
    };
    add("org", "path", "The organization: its number or its short name.");
    for (name, text) in PATH_PARAMETERS {
        add(name, "path", text);
    }
    add(
        "Idempotency-Key",
        "header",
        "A value of your own, such as a UUID: sent again under it within 24 hours, the same request gets the first one's answer and nothing is done twice.",
    );
    add("If-Match", "header", "Entity tags: it is only changed if it is what one of them names.");
    add("If-None-Match", "header", "Entity tags: nothing is sent if it is what one of them names.");
    Value::Object(parameters)
}

/// What the parameters of paths mean.
const PATH_PARAMETERS: &[(&str, &str)] = &[
    ("client_id", "What the client calls itself on the wire."),
    ("secret_id", "The number of the secret."),
    ("link_id", "The number of the link."),
    ("file", "The SHA-256 of the file, in hexadecimal."),
    ("test_id", "The number of the test."),
    ("profile", "The name of the profile."),
    ("user", "The subject of the user, or a name to sign in with."),
    ("case", "The case code, as it is typed: letter case and the dash do not matter."),
    ("group", "The name of the group."),
    ("session_id", "The number of the session."),
    ("role_id", "The number of the role."),
    ("token_id", "The number of the token."),
    ("webhook_id", "The number of the webhook."),
    ("kid", "The id of the key in the JWK set."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                for (name, child) in object {
                    match child.as_str() {
                        Some(text) if name == "$ref" => _ = found.insert(text.to_owned()),
                        _ => references(child, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document("https://id.example");
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 20, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_route_is_described_with_its_permission() {
        let document = document("https://id.example/clinic/");
        assert_eq!(document["servers"][0]["url"], "https://id.example/clinic");
        for route in routes::all() {
            let path = format!("{BASE}{}", route.path);
            let operation = &document["paths"][&path][route.method.as_str().to_lowercase()];
            assert_eq!(operation["operationId"], route.id);
            assert_eq!(operation["x-permission"], json!(route.permission), "{}", route.id);
            let elsewhere = format!("{BASE}{ORGANIZATION}{}", route.path);
            let there = document["paths"].get(&elsewhere).is_some();
            assert_eq!(there, route.place == Place::AnyOrganization, "{}", route.id);
        }
        let ids: Vec<&Value> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|item| item.as_object().unwrap().values())
            .map(|operation| &operation["operationId"])
            .collect();
        let unique: BTreeSet<String> = ids.iter().map(|id| id.to_string()).collect();
        assert_eq!(ids.len(), unique.len(), "operationIds are unique");
    }

    #[test]
    fn what_has_a_default_may_be_left_out_and_is_always_answered() {
        let document = document("https://id.example");
        let required = |name: &str| document["components"]["schemas"][name]["required"].clone();
        assert!(required("Client").as_array().unwrap().contains(&json!("redirect_uris")));
        assert_eq!(required("NewClient"), Value::Null);
        assert!(required("Lifetimes").as_array().is_some(), "as we send it");
        assert_eq!(required("LifetimesInput"), Value::Null, "as it is sent to us");
    }
}
