use serde_json::{Value, json};

use super::{ClientSettings, Kept};

/// As the first version wrote it.
const FIRST: &str = include_str!("first_settings.json");

fn kept(settings: &ClientSettings) -> Value {
    serde_json::to_value(Kept(settings)).unwrap()
}

#[test]
fn p7_settings_that_say_nothing_new_are_kept_as_the_first_version_keeps_them() {
    let first: Value = serde_json::from_str(FIRST).unwrap();
    assert_eq!(kept(&ClientSettings::default()), first);
    let read: ClientSettings = serde_json::from_value(first).unwrap();
    assert_eq!(read, ClientSettings::default());
}

#[test]
fn p7_a_later_setting_that_was_set_is_kept_and_read_again() {
    for (name, value) in [
        ("organizations", json!(["ward"])),
        ("accent", json!("#1a73e8")),
        ("logo", json!(format!("sha256:{}", "0".repeat(64)))),
        (
            "claims",
            json!({ "rules": [{ "claim": "upn", "from": "email", "places": ["id_token"] }] }),
        ),
        ("jwks_uri", json!("https://rp.example/jwks")),
        ("reasons", json!({ "pkce_optional": "their library" })),
    ] {
        let mut whole = serde_json::to_value(ClientSettings::default()).unwrap();
        let place = whole.get_mut(name).unwrap();
        assert_ne!(*place, value);
        *place = value.clone();
        let settings: ClientSettings = serde_json::from_value(whole).unwrap();
        let kept = kept(&settings);
        assert_eq!(kept.get(name), Some(&value));
        assert_eq!(serde_json::from_value::<ClientSettings>(kept).unwrap(), settings);
    }
}
