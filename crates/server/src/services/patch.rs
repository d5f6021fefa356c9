//! Documents whose values are named when they do not fit, and merge patches (RFC 7396).

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::FieldFault;
use super::texts::cut;
use crate::config::catalogue::nearest;

/// Applies a merge patch (RFC 7396 §2).
pub fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => _ = target.remove(&name),
            Value::Object(patch) => {
                let below = target.entry(name).or_insert(Value::Null);
                if !below.is_object() {
                    *below = Value::Object(Map::new());
                }
                if let Value::Object(below) = below {
                    merge(below, patch);
                }
            }
            value => _ = target.insert(name, value),
        }
    }
}

/// A document of this type; what does not fit is named with its path.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, FieldFault> {
    typed_beside(value, &[])
}

/// The same for what is left of a document whose members `beside` were taken out before.
pub fn typed_beside<T: DeserializeOwned>(value: Value, beside: &[&str]) -> Result<T, FieldFault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        misfit(&path, &error.into_inner().to_string(), beside)
    })
}

/// What serde says of a value, as a fault of its field. An unknown member is its own field.
pub fn misfit(path: &str, said: &str, beside: &[&str]) -> FieldFault {
    let mut quoted = said.split('`').skip(1).step_by(2);
    let below = |name: &str| match path.strip_suffix(name) {
        // The path of an unknown member ends with its name already.
        Some(_) => cut(path),
        None if path.is_empty() => cut(name),
        None => cut(&format!("{path}.{name}")),
    };
    if said.starts_with("unknown field") {
        let name = quoted.next().unwrap_or_default();
        let meant = nearest(name, quoted.chain(beside.iter().copied()))
            .map_or_else(|| "see /api/openapi.json".to_owned(), |it| format!("did you mean {it}?"));
        return FieldFault::new(below(name), format!("there is no such field; {meant}"));
    }
    if said.starts_with("missing field") || said.starts_with("duplicate field") {
        let name = quoted.next().unwrap_or_default();
        let problem =
            if said.starts_with("missing") { "it is needed" } else { "it is there twice" };
        return FieldFault::new(below(name), problem);
    }
    let field = if path.is_empty() { "body".to_owned() } else { cut(path) };
    FieldFault::new(field, said.chars().take(300).collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[test]
    fn rfc7396_appendix_a() {
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let (Value::Object(mut target), Value::Object(patch)) = (target, patch) else {
                panic!()
            };
            merge(&mut target, patch);
            assert_eq!(Value::Object(target), result);
        }
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_path() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Inner {
            #[expect(dead_code, reason = "only its reading matters")]
            seconds: u64,
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Outer {
            #[expect(dead_code, reason = "only its reading matters")]
            name: String,
            #[expect(dead_code, reason = "only its reading matters")]
            inner: Option<Inner>,
        }
        for (value, field, said) in [
            (json!({"nam": "x"}), "nam", "did you mean name?"),
            (json!({"name": "x", "inner": {"secons": 1}}), "inner.secons", "did you mean seconds?"),
            (json!({"name": "x", "inner": {"seconds": -1}}), "inner.seconds", "invalid value"),
            (json!({"name": "x", "inner": {}}), "inner.seconds", "it is needed"),
            (json!({"name": 7}), "name", "expected a string"),
            (json!({}), "name", "it is needed"),
        ] {
            let problem = format!("{:?}", typed::<Outer>(value).unwrap_err());
            assert!(problem.contains(&format!("field: {field:?}")), "{field}: {problem}");
            assert!(problem.contains(said), "{said}: {problem}");
        }
    }
}
