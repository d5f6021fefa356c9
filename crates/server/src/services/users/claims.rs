//! Claims as `name=value` texts.

use serde_json::{Map, Value};
use time::Date;
use time::macros::format_description;
use vestibule_protocol::claims;
use vestibule_protocol::user::StandardClaims;

use crate::services::FieldFault;
use crate::services::texts::cut;

const MAX_CLAIMS: usize = 100;
const MAX_NAME: usize = 128;
const MAX_VALUE: usize = 4096;

/// Standard claims that are true or false.
const FLAGS: [&str; 2] = ["email_verified", "phone_number_verified"];
/// All other standard claims (OIDC Core §5.1).
const TEXTS: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "email",
    "phone_number",
];
/// Members of `address` (OIDC Core §5.1.1), written `address.locality`.
const ADDRESS: [&str; 6] =
    ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// Reads claims; standard ones by their type, others as they are.
pub(super) fn read(given: &[(String, String)]) -> (StandardClaims, Vec<FieldFault>) {
    apply(&StandardClaims::default(), given.iter().map(|(name, value)| (name, Some(value))))
}

/// These claims with some of them changed; `None` takes one away.
pub(super) fn apply<'a>(
    claims: &StandardClaims,
    changes: impl IntoIterator<Item = (&'a String, Option<&'a String>)>,
) -> (StandardClaims, Vec<FieldFault>) {
    let mut faults = Vec::new();
    let mut standard = match serde_json::to_value(claims) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let mut address = member(&mut standard, "address");
    let mut other = member(&mut standard, "other");
    for (count, (name, value)) in changes.into_iter().enumerate() {
        if count == MAX_CLAIMS {
            faults.push(FieldFault::new("claims", format!("at most {MAX_CLAIMS}")));
            break;
        }
        if let Some(problem) = value.and_then(|value| problem(name, value)) {
            faults.push(FieldFault::new(format!("claims.{}", cut(name)), problem));
            continue;
        }
        let (map, key) = match name.strip_prefix("address.") {
            Some(member) => (&mut address, member),
            None if FLAGS.contains(&name.as_str()) || TEXTS.contains(&name.as_str()) => {
                (&mut standard, name.as_str())
            }
            None => (&mut other, name.as_str()),
        };
        match value {
            None => _ = map.remove(key),
            Some(value) if FLAGS.contains(&key) => {
                map.insert(key.to_owned(), Value::Bool(value == "true"));
            }
            Some(value) => _ = map.insert(key.to_owned(), Value::String(value.clone())),
        }
    }
    if other.len() > MAX_CLAIMS {
        faults.push(FieldFault::new("claims", format!("at most {MAX_CLAIMS}")));
    }
    for (name, map) in [("address", address), ("other", other)] {
        if !map.is_empty() {
            standard.insert(name.to_owned(), Value::Object(map));
        }
    }
    match serde_json::from_value::<StandardClaims>(Value::Object(standard)) {
        Ok(claims) => (claims, faults),
        Err(error) => {
            faults.push(FieldFault::new("claims", error.to_string()));
            (claims.clone(), faults)
        }
    }
}

fn member(map: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match map.remove(name) {
        Some(Value::Object(member)) => member,
        _ => Map::new(),
    }
}

/// Whether this is a claim of OIDC Core §5.1, or a member of its address.
pub(crate) fn is_standard(name: &str) -> bool {
    let member = name.strip_prefix("address.");
    FLAGS.contains(&name)
        || TEXTS.contains(&name)
        || member.is_some_and(|member| ADDRESS.contains(&member))
}

fn problem(name: &str, value: &str) -> Option<String> {
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(|b| b.is_ascii_graphic()) {
        return Some(format!("a claim's name has 1 to {MAX_NAME} visible ASCII characters"));
    }
    if claims::is_reserved(name) || name == "updated_at" {
        return Some("the server states this claim itself; an account cannot carry it".to_owned());
    }
    if value.is_empty() {
        return Some("it is empty; leave the claim out instead".to_owned());
    }
    if value.len() > MAX_VALUE || value.chars().any(|c| c.is_control() && c != '\n') {
        return Some(format!("at most {MAX_VALUE} bytes, without control characters"));
    }
    if FLAGS.contains(&name) && !matches!(value, "true" | "false") {
        return Some(format!("{:?} is neither true nor false", cut(value)));
    }
    let member = name.strip_prefix("address.");
    if name == "address" || member.is_some_and(|member| !ADDRESS.contains(&member)) {
        return Some(format!("an address has the members {}", ADDRESS.join(", ")));
    }
    let https = |value: &str| {
        url::Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
    };
    if matches!(name, "profile" | "picture" | "website") && !https(value) {
        return Some(format!("{:?} is not a URL", cut(value)));
    }
    if name == "birthdate" && !is_birthdate(value) {
        return Some(format!("{:?} is not YYYY-MM-DD, 0000-MM-DD or YYYY", cut(value)));
    }
    // Relying parties that know the database refuse a sign-in for any other word.
    if name == "zoneinfo" && !is_zone(value) {
        return Some(format!(
            "{:?} is no time zone of the IANA database, such as Europe/London",
            cut(value)
        ));
    }
    None
}

/// OIDC Core §5.1: a date of ISO 8601, the year 0000 for one without a year, or a year alone.
fn is_birthdate(text: &str) -> bool {
    let day = format_description!("[year]-[month]-[day]");
    match text.len() {
        4 => text.bytes().all(|b| b.is_ascii_digit()),
        10 => Date::parse(text, day).is_ok(),
        _ => false,
    }
}

/// OIDC Core §5.1: a name of the IANA time zone database.
fn is_zone(text: &str) -> bool {
    const ZONES: &str = include_str!("zones.txt");
    ZONES.lines().any(|zone| zone == text && !zone.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> (StandardClaims, Vec<FieldFault>) {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        read(&pairs)
    }

    #[test]
    fn oidc_core_5_1_claims_have_their_types() {
        let (claims, faults) = given(&[
            ("given_name", "Ada"),
            ("email_verified", "true"),
            ("address.locality", "London"),
            ("birthdate", "0000-02-29"),
            ("zoneinfo", "America/Argentina/Buenos_Aires"),
            ("nhs_number", "9434765919"),
        ]);
        assert_eq!(faults, []);
        assert_eq!(claims.given_name.as_deref(), Some("Ada"));
        assert!(claims.email_verified);
        assert_eq!(claims.address.unwrap().locality.as_deref(), Some("London"));
        assert_eq!(claims.other.get("nhs_number"), Some(&Value::from("9434765919")));
    }

    #[test]
    fn oidc_core_5_1_a_birthdate_is_a_day_of_the_calendar_or_a_year() {
        for day in ["1816-02-29", "0000-02-29", "1815"] {
            assert_eq!(given(&[("birthdate", day)]).1, [], "{day}");
        }
    }

    #[test]
    fn i27_claims_that_the_server_states_and_malformed_ones_are_refused() {
        for (name, value) in [
            ("sub", "x"),
            ("iss", "x"),
            ("acr", "x"),
            ("act", "x"),
            ("events", "x"),
            ("updated_at", "1"),
            ("email_verified", "yes"),
            ("birthdate", "10.12.1815"),
            ("birthdate", "1815-13-10"),
            ("birthdate", "1815-02-29"),
            ("birthdate", "-815-02-20"),
            ("birthdate", "+1815-2-20"),
            ("birthdate", "1815-12-00"),
            ("birthdate", "+815-12-10"),
            ("birthdate", "181"),
            ("zoneinfo", "Europe/Nowhere"),
            ("zoneinfo", "europe/london"),
            ("zoneinfo", "# Names"),
            ("picture", "javascript:alert(1)"),
            ("address", "London"),
            ("address.planet", "Earth"),
            ("name", ""),
            ("name", "a\u{0}b"),
            ("", "x"),
            ("na me", "x"),
        ] {
            let (_, faults) = given(&[(name, value)]);
            assert_eq!(faults.len(), 1, "{name}={value:?}");
        }
    }
}
