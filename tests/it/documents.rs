//! What the documents say of these tests is true, and nothing is left without its test.

use std::collections::BTreeSet;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The sources below a folder.
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(&path).expect("a source"));
        }
    }
    found
}

/// The word that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The names of all functions of the workspace.
fn functions() -> BTreeSet<String> {
    let texts = ["crates", "tests"].map(|folder| sources(&root().join(folder))).concat();
    let names = texts.iter().flat_map(|text| text.split("fn ").skip(1).map(word));
    names.map(str::to_owned).collect()
}

/// The numbers of the requirements `AS-nn` that a name tells of: `as_05_to_as_12_…`, `as_22_…`,
/// `as_106_110_111_…`, `…_as_92_and_93_…`.
fn requirements(name: &str) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut range_from = None;
    for word in name.split('_').skip_while(|word| *word != "as") {
        match (word, word.parse::<u32>()) {
            ("as" | "and", _) => {}
            ("to", _) => range_from = found.last().copied(),
            (_, Ok(number)) => found.extend(range_from.take().unwrap_or(number)..=number),
            _ => break,
        }
    }
    found
}

#[test]
fn every_requirement_of_the_protocol_has_a_test_that_is_named_after_it() {
    let named: BTreeSet<u32> = functions().iter().flat_map(|name| requirements(name)).collect();
    // What the endpoints of this version answer for; the others come with theirs.
    let wanted = (1..=48).chain(67..=79).chain(83..=95).chain(106..=112);
    let missing: Vec<String> =
        wanted.filter(|number| !named.contains(number)).map(|n| format!("AS-{n:02}")).collect();
    assert_eq!(missing, Vec::<String>::new(), "no test is named after these");
}

/// The contract of the store (`it/store`) is kept on both databases by every operation there is.
#[test]
fn every_operation_of_the_store_is_in_its_contract() {
    let calls = sources(&root().join("tests/it/store")).concat();
    let mut operations = BTreeSet::new();
    for text in sources(&root().join("crates/store/src")) {
        for kind in ["\nimpl Store {\n", "\nimpl Transaction<'_> {\n"] {
            let blocks = text.split(kind).skip(1);
            let bodies = blocks.map(|rest| rest.split("\n}\n").next().unwrap_or(rest));
            for line in bodies.flat_map(str::lines) {
                let name = line.strip_prefix("    pub fn ");
                let name = name.or_else(|| line.strip_prefix("    pub async fn "));
                operations.extend(name.map(|name| word(name).to_owned()));
            }
        }
    }
    assert!(operations.len() > 150, "{}", operations.len());
    let missing: Vec<&String> = operations
        .iter()
        .filter(|name| ![".", "::"].iter().any(|by| calls.contains(&format!("{by}{name}("))))
        .collect();
    assert_eq!(missing, Vec::<&String>::new(), "it/store calls none of these");
}

#[test]
fn every_test_that_the_threats_name_is_there() {
    let found = functions();
    let page = std::fs::read_to_string(root().join("docs/threats.md")).expect("the threats");
    // A name of a test has words enough to tell it from settings and columns.
    let is_name = |text: &&str| {
        text.matches('_').count() >= 3
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let named: Vec<&str> = page.split('`').filter(is_name).collect();
    assert!(named.len() > 100, "{}", named.len());
    for name in named {
        assert!(found.contains(name), "docs/threats.md names {name}, which is nowhere");
    }
}
