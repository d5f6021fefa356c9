use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The keys of a catalogue, and for each the names of its arguments.
fn messages(source: &Source) -> Vec<(String, BTreeSet<String>)> {
    let mut messages = Vec::new();
    for text in source.texts {
        let mut key: Option<String> = None;
        let mut arguments = BTreeSet::new();
        for line in text.lines() {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                messages.extend(key.take().map(|key| (key, std::mem::take(&mut arguments))));
                key = line.split_once('=').map(|(key, _)| key.trim().to_owned());
            }
            for piece in line.split('$').skip(1) {
                let name = piece.split(|c: char| !(c.is_alphanumeric() || c == '-')).next();
                arguments.insert(name.unwrap_or_default().to_owned());
            }
        }
        messages.extend(key.take().map(|key| (key, arguments)));
    }
    messages.sort();
    messages
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

#[test]
fn every_catalogue_is_well_formed_and_says_nothing_twice() {
    for source in SOURCES {
        for text in source.texts {
            let faults = FluentResource::try_new((*text).to_owned()).err().map(|(_, e)| e);
            assert!(faults.is_none(), "{}: {faults:?}", source.tag);
        }
        let keys: Vec<String> = messages(source).into_iter().map(|(key, _)| key).collect();
        let unique: BTreeSet<&String> = keys.iter().collect();
        assert_eq!(keys.len(), unique.len(), "{} has a key twice", source.tag);
    }
}

#[test]
fn every_catalogue_has_every_text_with_the_same_values() {
    let english = messages(&SOURCES[0]);
    assert!(english.len() > 100, "the reader of catalogues found only {}", english.len());
    for source in &SOURCES[1..] {
        assert_eq!(messages(source), english, "{} differs from English", source.tag);
    }
}

#[test]
fn every_text_that_is_used_exists_and_every_text_that_exists_is_used() {
    let mut sources = Vec::new();
    files(&root().join("templates"), "html", &mut sources);
    files(&root().join("templates/mail"), "txt", &mut sources);
    for code in ["pages/views", "mail"] {
        files(&root().join("crates/server/src").join(code), "rs", &mut sources);
    }
    let code: String = sources.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let keys: BTreeSet<String> = messages(&SOURCES[0]).into_iter().map(|(key, _)| key).collect();
    for call in [".t(\"", ".with(\"", ".count(\"", ".t1(\"", ".t2(\""] {
        for rest in code.split(call).skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(keys.contains(key), "a page says {key}, which no catalogue has");
        }
    }
    for key in &keys {
        assert!(code.contains(&format!("\"{key}\"")), "nothing says {key}");
    }
}

#[test]
fn texts_carry_values_and_plurals() {
    let english = Tr::default();
    let german = Tr::of("de").unwrap();
    assert_eq!(english.with("sign-in-for-app", &[("app", "Clinic")]), "to continue to Clinic");
    assert_eq!(german.with("sign-in-for-app", &[("app", "Klinik")]), "um mit Klinik fortzufahren");
    assert_eq!(english.count("wait-minutes", 1), "1 minute");
    assert_eq!(english.count("wait-minutes", 5), "5 minutes");
    assert_eq!(german.count("wait-minutes", 5), "5 Minuten");
    assert_eq!(english.t("no-such-text"), "⟦no-such-text⟧");
}

#[test]
fn the_language_is_chosen_from_request_then_cookie_then_browser_then_default() {
    let german = Tr::of("de").unwrap();
    let english = Tr::default();
    type Row<'a> = (&'a [&'a str], Option<&'a str>, Option<&'a str>, Tr, Tr);
    let rows: &[Row<'_>] = &[
        (&["de"], Some("en"), Some("en"), english, german),
        (&["fr-CA", "de-CH-1996"], None, None, english, german),
        (&["xx"], Some("de"), Some("en"), english, german),
        (&[], Some("nonsense;;"), Some("fr, de;q=0.8, en;q=0.9"), german, english),
        (&[], None, Some("fr, DE-at;q=0.9, en;q=0.8"), english, german),
        (&[], None, Some("de;q=0, en;q=0.1"), german, english),
        (&[], None, Some("de;q=many, ,;;;=,en;q=0.5"), german, english),
        (&[], None, Some("de;q=0.5, en;q=0.50001"), english, german),
        (&[], None, Some("de;q=0.25, en;q=0.3"), german, english),
        (&[], None, Some("de;q=0.+1, en;q=0.001"), german, english),
        (&[], None, Some("de;q=2, en;q=1.000"), german, english),
        (&[], None, Some("*"), german, german),
        (&[], None, None, german, german),
    ];
    for (ui_locales, cookie, accept_language, default, expected) in rows {
        let ui_locales: Vec<String> = ui_locales.iter().map(|tag| (*tag).to_owned()).collect();
        let preferences = Preferences {
            ui_locales: &ui_locales,
            cookie: *cookie,
            accept_language: *accept_language,
            default: *default,
        };
        assert_eq!(negotiate(&preferences), *expected, "{preferences:?}");
    }
}

#[test]
fn as_41_a_language_nobody_speaks_is_no_error() {
    let ui_locales: Vec<String> = (0..10_000).map(|n| format!("{}-{n}", "x-".repeat(50))).collect();
    let preferences = Preferences { ui_locales: &ui_locales, ..Preferences::default() };
    assert_eq!(negotiate(&preferences), Tr::default());
}
