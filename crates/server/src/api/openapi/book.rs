//! The OpenAPI document as people read it: nouns, their operations, and the documents.
//!
//! It is read from the document and from nothing else; so whatever a person finds, a program does.

use serde_json::Value;

use super::ELSEWHERE;
use crate::api::{BASE, ORGANIZATION};

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// What there are operations on.
    pub nouns: Vec<Noun>,
    /// What they read and write.
    pub documents: Vec<Document>,
}

/// Operations on one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noun {
    /// Its name, the first word of the paths.
    pub name: String,
    /// What can be done.
    pub operations: Vec<Operation>,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name in programs.
    pub id: String,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Whether it exists in every organization, below `/organizations/{org}`.
    pub anywhere: bool,
    /// What it does.
    pub summary: String,
    /// What the caller must be allowed to.
    pub permission: Option<String>,
    /// Parameters of the query.
    pub parameters: Vec<Field>,
    /// The document it takes.
    pub takes: Option<String>,
    /// A body that works.
    pub example: Option<String>,
    /// The status when it went well.
    pub status: String,
    /// The document it answers with.
    pub gives: Option<String>,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// What it is.
    pub text: String,
    /// The words it can be, where it is a word.
    pub words: Vec<Field>,
    /// Its members, where it is an object.
    pub fields: Vec<Field>,
}

/// A member, a parameter or a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether it must be there.
    pub needed: bool,
    /// What it means.
    pub text: String,
}

impl Book {
    /// Reads the OpenAPI document.
    pub fn read(document: &Value) -> Self {
        let mut nouns: Vec<Noun> = Vec::new();
        for tag in list(document, "/tags") {
            nouns.push(Noun { name: text(tag, "name"), operations: Vec::new() });
        }
        for (path, item) in members(document.get("paths")) {
            for (method, operation) in members(Some(item)) {
                if text(operation, "operationId").ends_with(ELSEWHERE) {
                    continue;
                }
                let noun = list(operation, "/tags").next().and_then(Value::as_str);
                let read = Operation::read(document, path, method, operation);
                if let Some(noun) = nouns.iter_mut().find(|it| Some(it.name.as_str()) == noun) {
                    noun.operations.push(read);
                }
            }
        }
        let schemas = members(document.pointer("/components/schemas"));
        let documents = schemas.map(|(name, schema)| Document::read(document, name, schema));
        // Parameters stand with their operation.
        let documents = documents.filter(|it| !it.name.ends_with("Query"));
        Self { nouns, documents: documents.collect() }
    }
}

impl Operation {
    fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = list(operation, "/parameters").filter(|it| text(it, "in") == "query");
        let body = operation.pointer("/requestBody/content").and_then(Value::as_object);
        let body = body.and_then(|content| {
            let exemplary = content.values().find(|media| media.get("example").is_some());
            exemplary.or(content.values().next())
        });
        let well = members(operation.get("responses")).find(|(status, _)| status.starts_with('2'));
        let (status, answer) = well.unwrap_or(("", &Value::Null));
        let answer = answer.get("content").and_then(Value::as_object);
        let answer = answer.and_then(|content| content.values().next());
        let below = path.strip_prefix(BASE).unwrap_or(path);
        let elsewhere = format!("{}{}{below}", BASE, ORGANIZATION);
        Self {
            id: text(operation, "operationId"),
            method: method.to_uppercase(),
            path: path.to_owned(),
            anywhere: document.get("paths").is_some_and(|paths| paths.get(&elsewhere).is_some()),
            summary: text(operation, "summary"),
            permission: operation.get("x-permission").and_then(Value::as_str).map(str::to_owned),
            parameters: parameters
                .map(|parameter| Field {
                    name: text(parameter, "name"),
                    kind: kind(parameter.get("schema").unwrap_or(&Value::Null)),
                    needed: parameter.get("required") == Some(&Value::Bool(true)),
                    text: text(parameter, "description"),
                })
                .collect(),
            takes: body.and_then(|body| body.get("schema")).map(|schema| match kind(schema) {
                file if file == "string" => media_types(operation),
                document => document,
            }),
            example: body.and_then(|body| body.get("example")).map(|example| match example {
                Value::String(file) => file.trim_end().to_owned(),
                document => document.to_string(),
            }),
            status: status.to_owned(),
            gives: answer.and_then(|answer| answer.get("schema")).map(|schema| {
                match kind(schema) {
                    file if file == "string" => "a file".to_owned(),
                    document => document,
                }
            }),
        }
    }
}

impl Document {
    fn read(document: &Value, name: &str, schema: &Value) -> Self {
        let mut fields = Vec::new();
        collect(document, schema, &mut fields);
        let words = list(schema, "/oneOf").filter_map(|word| {
            let name = word.get("const")?.as_str()?.to_owned();
            Some(Field {
                name,
                kind: String::new(),
                needed: false,
                text: text(word, "description"),
            })
        });
        let mut words: Vec<Field> = words.collect();
        words.extend(list(schema, "/enum").filter_map(Value::as_str).map(|name| Field {
            name: name.to_owned(),
            kind: String::new(),
            needed: false,
            text: String::new(),
        }));
        Self { name: name.to_owned(), text: text(schema, "description"), words, fields }
    }
}

/// The members of an object, and of those it is put together from.
fn collect(document: &Value, schema: &Value, fields: &mut Vec<Field>) {
    let required: Vec<&str> = list(schema, "/required").filter_map(Value::as_str).collect();
    for (name, property) in members(schema.get("properties")) {
        fields.push(Field {
            name: name.to_owned(),
            kind: kind(property),
            needed: required.contains(&name),
            text: text(property, "description"),
        });
    }
    let parts = schema.get("$ref").into_iter().filter_map(Value::as_str);
    for part in parts {
        if let Some(part) = part.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) {
            collect(document, part, fields);
        }
    }
    for part in list(schema, "/allOf") {
        collect(document, part, fields);
    }
    let objects = |it: &&Value| it.get("properties").is_some() || it.get("$ref").is_some();
    for part in list(schema, "/oneOf").filter(objects) {
        collect(document, part, fields);
    }
}

/// The media types of a file that an operation takes.
fn media_types(operation: &Value) -> String {
    let content = members(operation.pointer("/requestBody/content"));
    let media: Vec<String> = content.map(|(media, _)| media.to_owned()).collect();
    format!("a file, {}", media.join(" or "))
}

/// A type in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let choices: Vec<String> = list(schema, "/anyOf").map(kind).collect();
    if !choices.is_empty() {
        return choices.join(" or ");
    }
    if let Some(word) = schema.get("const") {
        return word.to_string();
    }
    let name = match schema.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
        }
        _ => return "anything".to_owned(),
    };
    match (schema.get("items"), schema.get("format").and_then(Value::as_str)) {
        (Some(items), _) => format!("list of {}", kind(items)),
        (None, Some(format)) if format.starts_with("date") => name.replacen("string", format, 1),
        _ => name,
    }
}

fn text(value: &Value, name: &str) -> String {
    let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let object = value.and_then(Value::as_object);
    object.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
