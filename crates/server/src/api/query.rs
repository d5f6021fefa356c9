//! Query strings: parameters of a route, every one of which is known, and cursors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::value::{Error, MapDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use subtle::ConstantTimeEq as _;
use vestibule_keys::DigestKey;
use vestibule_protocol::params::Params;
use vestibule_store::PageRequest;

use super::problem::{Kind, Problem};
use crate::services::patch::misfit;

/// How many there are on a page, unless somebody asks for more or less.
const PAGE: u32 = 50;
const ID_BYTES: usize = 8;
const TAG_BYTES: usize = 8;

/// The parameters of a request.
pub(super) fn parse(query: &str) -> Result<Params, Problem> {
    Params::parse(query.as_bytes())
        .map_err(|error| Problem::new(Kind::Malformed, format!("the query: {error}")))
}

/// The parameters as a document of this type. An empty parameter counts as left out.
pub(super) fn typed<T: DeserializeOwned>(params: &Params) -> Result<T, Problem> {
    let pairs = params.iter().filter(|(_, value)| !value.is_empty());
    let texts = MapDeserializer::<_, Error>::new(pairs.map(|(name, value)| (name, Text(value))));
    serde_path_to_error::deserialize(texts).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        misfit(&path, &error.into_inner().to_string(), &[]).into()
    })
}

/// A text that is read as whatever the parameter's type wants.
struct Text<'a>(&'a str);

impl<'de> IntoDeserializer<'de, Error> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.parse() {
            Ok(number) => visitor.visit_u32(number),
            Err(_) => visitor.visit_borrowed_str(self.0),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => visitor.visit_borrowed_str(other),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        StrDeserializer::<Error>::new(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The page that `limit` and `cursor` ask for. `list` names the list that the cursor must be of.
pub(super) fn page(
    digests: &DigestKey,
    list: &str,
    limit: Option<u32>,
    cursor: Option<&str>,
    most: u32,
) -> Result<PageRequest, Problem> {
    let limit = limit.unwrap_or(PAGE.min(most));
    if limit == 0 || limit > most {
        let problem = format!("{limit} must lie between 1 and {most}");
        return Err(Problem::field("limit", problem));
    }
    let after = match cursor {
        Some(text) => read(digests, list, text).ok_or_else(|| {
            Problem::field("cursor", "not a cursor of this list; begin again without one")
        })?,
        None => 0,
    };
    Ok(PageRequest { after, limit })
}

/// A cursor: the last id of a page, and a keyed digest that binds it to its list. It means nothing
/// to anybody but us, and never becomes part of a statement but as a number.
pub(super) fn cursor(digests: &DigestKey, list: &str, last: i64) -> String {
    let mut bytes = last.to_be_bytes().to_vec();
    bytes.extend(tag(digests, list, last));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read(digests: &DigestKey, list: &str, text: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (id, found) = bytes.split_first_chunk::<ID_BYTES>()?;
    let last = i64::from_be_bytes(*id);
    let expected = tag(digests, list, last);
    (last > 0 && bool::from(expected.as_slice().ct_eq(found))).then_some(last)
}

fn tag(digests: &DigestKey, list: &str, last: i64) -> Vec<u8> {
    let whole = digests.derive("api cursor", format!("{list} {last}").as_bytes());
    whole.into_iter().take(TAG_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use vestibule_protocol::client::Status;

    use super::*;

    fn key() -> DigestKey {
        DigestKey::new([7; 32])
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        limit: Option<u32>,
        removed: Option<bool>,
        status: Option<Status>,
        text: Option<String>,
    }

    #[test]
    fn parameters_have_types() {
        let read = |text: &str| typed::<Wanted>(&parse(text).unwrap());
        assert_eq!(
            read("limit=5&removed=true&status=disabled&text=7&text=").unwrap(),
            Wanted {
                limit: Some(5),
                removed: Some(true),
                status: Some(Status::Disabled),
                text: Some("7".to_owned())
            }
        );
        for (query, field, said) in [
            ("limt=5", "limt", "did you mean limit?"),
            ("limit=five", "limit", "u32"),
            ("limit=-1", "limit", "u32"),
            ("limit=99999999999", "limit", "u32"),
            ("limit=1&limit=2", "limit", "twice"),
            ("removed=yes", "removed", "boolean"),
            ("status=on", "status", "active"),
        ] {
            let problem = format!("{:?}", read(query).unwrap_err());
            assert!(problem.contains(&format!("field: {field:?}")), "{query}: {problem}");
            assert!(problem.contains(said), "{query}: {problem}");
        }
    }

    #[test]
    fn a_cursor_is_of_its_list_and_of_this_installation() {
        let made = cursor(&key(), "listClients 1", 1 << 60);
        let at = |list: &str, text: &str| page(&key(), list, None, Some(text), 500);
        assert_eq!(at("listClients 1", &made).unwrap().after, 1 << 60);
        assert!(at("listUsers 1", &made).is_err());
        assert!(at("listClients 2", &made).is_err());
        assert!(page(&DigestKey::new([8; 32]), "listClients 1", None, Some(&made), 500).is_err());
        let shortened = made.get(1..).unwrap();
        for forged in ["", "0", "1; DROP TABLE clients", "AAAAAAAAAAAAAAAAAAAAAA", shortened] {
            assert!(at("listClients 1", forged).is_err(), "{forged}");
        }
        assert!(page(&key(), "x", Some(0), None, 500).is_err());
        assert!(page(&key(), "x", Some(501), None, 500).is_err());
    }
}
