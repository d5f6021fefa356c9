//! Bodies: JSON within bounds, every member of which is known.
//!
//! A body is read in two steps. The first refuses what is not plain JSON: a member that is there
//! twice, a NUL that no database column takes, nesting and lists beyond every document of ours. The
//! second reads the document's type and names each value that does not fit.

use std::fmt;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use super::problem::{Kind, Problem};
use super::routes::{Body, BodyKind};
use crate::app::App;
use crate::http::body::declared_length;
use crate::services::patch::typed;
use crate::services::texts::cut;

/// Deepest nesting; the deepest document of ours has five levels.
const DEEPEST: usize = 16;
/// Most members of a list or an object.
const LONGEST: usize = 1000;

/// How long a file may take to arrive.
const FILE_TIMEOUT: Duration = Duration::from_secs(120);

/// A body.
pub(super) struct Input {
    /// Its bytes: a file, and what the digest of the request is made of.
    pub bytes: Bytes,
    /// Which of the media types it is of; nothing for no body.
    pub media_type: &'static str,
    value: Value,
}

impl Input {
    /// No body.
    pub(super) fn none() -> Self {
        Self { bytes: Bytes::new(), media_type: "", value: Value::Null }
    }

    /// Reads the body of a request as the route takes it.
    pub(super) async fn read(
        app: &App,
        http: &HttpRequest,
        payload: Payload,
        body: Body,
    ) -> Result<Self, Problem> {
        let limits = &app.config.limits;
        let (most, patience) = match body.kind {
            BodyKind::Document(_) => (limits.json_body, limits.body_timeout),
            BodyKind::File(most) => (most, FILE_TIMEOUT),
        };
        let said = says(http, body.media_types);
        let too_large =
            || Problem::new(Kind::TooLarge, format!("the body is larger than {most} bytes"));
        if declared_length(http).is_some_and(|length| length > most as u64) {
            return Err(too_large());
        }
        let read = tokio::time::timeout(patience, payload.to_bytes_limited(most));
        let bytes = match read.await {
            Err(_) => {
                let detail = format!("the body did not arrive within {} s", patience.as_secs());
                return Err(Problem::new(Kind::TooSlow, detail));
            }
            Ok(Err(_)) => return Err(too_large()),
            Ok(Ok(Err(_))) => {
                return Err(Problem::new(Kind::Malformed, "the body broke off"));
            }
            Ok(Ok(Ok(bytes))) => bytes,
        };
        if bytes.is_empty() {
            return Ok(Self::none());
        }
        let Some(media_type) = said else {
            let detail = format!("send the body as {}", body.media_types.join(" or "));
            return Err(Problem::new(Kind::UnsupportedMediaType, detail));
        };
        let value = match body.kind {
            BodyKind::Document(_) => strict(&bytes)?,
            BodyKind::File(_) => Value::Null,
        };
        Ok(Self { bytes, media_type, value })
    }

    /// The body as an object.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Problem> {
        match &self.value {
            Value::Object(object) => Ok(object.clone()),
            Value::Null => {
                Err(Problem::new(Kind::Malformed, "the body is empty; send a JSON object"))
            }
            _ => Err(Problem::new(Kind::Malformed, "the body is JSON, but no object")),
        }
    }

    /// The body as a document of this type.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        Ok(typed(Value::Object(self.object()?))?)
    }
}

/// Which of these media types a request says its body is of.
fn says(http: &HttpRequest, media_types: &[&'static str]) -> Option<&'static str> {
    let header = http.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = header.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    media_types.iter().copied().find(|known| media.eq_ignore_ascii_case(known))
}

/// Reads JSON, and refuses what its readers could take for different things.
fn strict(bytes: &[u8]) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }.deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        // The message ends with the line and column.
        Problem::new(Kind::Malformed, format!("the body is not JSON as we read it: {error}"))
    })
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth < DEEPEST {
            true => Ok(Self { depth: self.depth + 1 }),
            false => Err(E::custom(format_args!("nested more than {DEEPEST} levels deep"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match text.contains('\0') {
            true => Err(E::custom("a text holds the character NUL")),
            false => Ok(text.into()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            if list.len() == LONGEST {
                return Err(A::Error::custom(format_args!("a list of more than {LONGEST}")));
            }
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.contains('\0') {
                return Err(A::Error::custom("a member's name holds the character NUL"));
            }
            if object.len() == LONGEST {
                return Err(A::Error::custom(format_args!("an object of more than {LONGEST}")));
            }
            let value = members.next_value_seed(below)?;
            if object.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format_args!("{:?} is there twice", cut(&name))));
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, Problem> {
        strict(text.as_bytes())
    }

    #[test]
    fn i28_what_is_not_plain_json_is_refused_with_its_place() {
        let deep = "[".repeat(100_000);
        let long = format!("[{}1]", "1,".repeat(1000));
        for (text, said) in [
            ("{\"a\":1,\"a\":2}", "\"a\" is there twice"),
            ("{\n  \"a\": }", "line 2 column 8"),
            ("{\"a\":\"\\u0000\"}", "NUL"),
            ("{\"\\u0000\":1}", "NUL"),
            ("{\"a\":1e999}", "number out of range"),
            ("{\"a\":\"\\ud800\"}", "line 1"),
            ("{} {}", "trailing"),
            ("", "EOF"),
            (deep.as_str(), "16 levels"),
            (long.as_str(), "more than 1000"),
        ] {
            let problem = read(text).unwrap_err();
            assert_eq!(problem.kind, Kind::Malformed);
            assert!(
                format!("{problem:?}")
                    .contains(&format!("{said:?}").trim_matches('"').replace("\\\\", "\\")),
                "{said}: {problem:?}"
            );
        }
        assert!(strict(b"{\"a\":\"\xff\"}").is_err(), "invalid UTF-8");
    }
}
