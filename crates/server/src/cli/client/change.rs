//! `vestibule client update` and `remove`.

use serde_json::{Map, Value, json};

use super::client_json;
use crate::cli::args::ClientUpdate;
use crate::cli::console::Console;
use crate::cli::fault::CliFault;
use crate::services::Act;
use crate::services::clients::{self, patch};
use crate::services::texts::cut;

/// Deepest name of a setting; the deepest of a client has three parts.
const DEEPEST: usize = 8;

pub(super) async fn update(
    act: Act<'_>,
    args: ClientUpdate,
    console: &Console,
) -> Result<(), CliFault> {
    let client_id = args.client_id.clone();
    let client = patch::patch(act, &client_id, wanted(args)?).await?;
    console.answer(&client_json(&client, act.now), || {
        let mut text = format!("{} ({}) is changed.", client.name, client.client_id);
        for (point, reason) in client.settings.relaxations() {
            let why = reason.unwrap_or("no reason is on record; give one with --reason");
            text.push_str(&format!("\n  trusted more: {} ({why})", point.summary()));
        }
        text
    });
    Ok(())
}

/// What the flags say, as one merge patch.
fn wanted(args: ClientUpdate) -> Result<Map<String, Value>, CliFault> {
    let mut patch = Map::new();
    for (name, text) in args.settings {
        // What is no JSON is a text, which so needs no second pair of quotes.
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        put(&mut patch, &name, value)?;
    }
    for name in args.defaults {
        put(&mut patch, &name, Value::Null)?;
    }
    for (point, why) in args.reasons {
        put(&mut patch, &format!("reasons.{point}"), why.into())?;
    }
    if let Some(name) = args.name {
        put(&mut patch, "name", name.into())?;
    }
    Ok(patch)
}

/// Puts a value under a name such as `lifetimes.code_seconds`.
fn put(patch: &mut Map<String, Value>, name: &str, value: Value) -> Result<(), CliFault> {
    let mut parts: Vec<&str> = name.split('.').collect();
    if parts.len() > DEEPEST || parts.contains(&"") {
        let fault = format!("{}: no setting is called so", cut(name));
        return Err(CliFault::Usage(fault));
    }
    let last = parts.pop().unwrap_or_default();
    let mut place = patch;
    for part in parts {
        let below = place.entry(part).or_insert_with(|| Map::new().into());
        place = below.as_object_mut().ok_or_else(|| {
            CliFault::Usage(format!("{} and what is above it are both given", cut(name)))
        })?;
    }
    place.insert(last.to_owned(), value);
    Ok(())
}

pub(super) async fn remove(
    act: Act<'_>,
    client_id: &str,
    confirm: &str,
    console: &Console,
) -> Result<(), CliFault> {
    if client_id != confirm {
        let problem = "--confirm is not the same client; nothing was removed";
        return Err(CliFault::Usage(problem.to_owned()));
    }
    let client = clients::remove(act, client_id).await?;
    let answer = json!({ "client_id": client.client_id, "removed": true });
    console.answer(&answer, || {
        format!("{} ({}) is removed, with all that it was issued.", client.name, client.client_id)
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(settings: &[(&str, &str)], defaults: &[&str]) -> Result<Value, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let args = ClientUpdate {
            client_id: "app".to_owned(),
            name: None,
            settings: settings.iter().map(owned).collect(),
            defaults: defaults.iter().map(|name| (*name).to_owned()).collect(),
            reasons: vec![("pkce_optional".to_owned(), "its library sends none".to_owned())],
        };
        wanted(args).map(Value::Object).map_err(|fault| fault.to_string())
    }

    #[test]
    fn flags_become_one_merge_patch() {
        let settings = [
            ("pkce", "optional"),
            ("lifetimes.code_seconds", "120"),
            ("lifetimes.id_token_seconds", "300"),
            ("contact", "\"123\""),
            ("frame_ancestors", "[\"https://portal.example\"]"),
        ];
        let expected = json!({
            "pkce": "optional",
            "lifetimes": { "code_seconds": 120, "id_token_seconds": 300 },
            "contact": "123",
            "frame_ancestors": ["https://portal.example"],
            "refresh": null,
            "reasons": { "pkce_optional": "its library sends none" },
        });
        assert_eq!(patch(&settings, &["refresh"]), Ok(expected));
    }

    #[test]
    fn i28_names_of_no_setting_are_refused() {
        let deep = "a.".repeat(50_000);
        for name in ["", ".", "a..b", ".a", "a.", deep.as_str()] {
            assert!(patch(&[(name, "1")], &[]).is_err(), "{name:.20}");
        }
        assert!(patch(&[("lifetimes", "1"), ("lifetimes.code_seconds", "1")], &[]).is_err());
    }
}
