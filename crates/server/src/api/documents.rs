//! What the documents of several rooms are made of.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vestibule_protocol::Timestamp;

use super::problem::{Kind, Problem};

/// A moment, written as RFC 3339 has it, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub Timestamp);

impl Moment {
    /// Of a moment that there may be.
    pub(super) fn maybe(at: Option<Timestamp>) -> Option<Self> {
        at.map(Self)
    }

    /// Of seconds since 1970.
    pub(super) fn seconds(at: i64) -> Self {
        Self(Timestamp::from_seconds(at))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanos = i128::from(self.0.as_millis()) * 1_000_000;
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok());
        serializer.serialize_str(text.as_deref().unwrap_or("9999-12-31T23:59:59Z"))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let moment = OffsetDateTime::parse(&text, &Rfc3339)
            .map_err(|_| D::Error::custom("expected a moment such as 2027-01-31T12:00:00Z"))?;
        let millis = i64::try_from(moment.unix_timestamp_nanos() / 1_000_000);
        Ok(Self(Timestamp::from_millis(millis.unwrap_or(i64::MAX))))
    }
}

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(super) struct PageOf<T> {
    /// What is on this page.
    items: Vec<T>,
    /// The cursor of the next page; null on the last one. The header `Link` holds its address.
    next: Option<String>,
}

/// A list that is always whole.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub(super) struct ListOf<T> {
    /// All of it.
    pub items: Vec<T>,
}

/// A document as an object, to which a merge patch can be applied.
pub(super) fn object(document: &impl Serialize) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(document) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Problem::new(Kind::Internal, "the server's log tells why, by request_id")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_moments_of_any_offset_are_told_in_utc() {
        for (text, told) in [
            ("\"2026-11-21T08:00:00+01:00\"", "\"2026-11-21T07:00:00Z\""),
            ("\"2026-11-21T07:00:00.123Z\"", "\"2026-11-21T07:00:00.123Z\""),
        ] {
            let moment: Moment = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&moment).unwrap(), told);
        }
        for bad in ["\"tomorrow\"", "\"2026-11-21\"", "1795233000", "\"2026-13-01T00:00:00Z\""] {
            assert!(serde_json::from_str::<Moment>(bad).is_err(), "{bad}");
        }
        let far = Moment(Timestamp::from_millis(i64::MAX));
        assert_eq!(serde_json::to_string(&far).unwrap(), "\"9999-12-31T23:59:59Z\"");
    }
}
