//! Licences and banned crates, by the rules of `deny.toml`, without installing cargo-deny.
//!
//! cargo-deny checks the same file and more; this reads the part that must never be broken between
//! two of its runs.

use std::collections::BTreeSet;
use std::fs;

use crate::{run, workspace};

/// Every crate that is built or linked has an allowed licence and is not banned.
pub fn check() -> Result<(), String> {
    let path = workspace::root().join("deny.toml");
    let rules =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let allowed = allowed(&rules);
    let banned = banned(&rules);
    let tree = run::output(
        &run::cargo(),
        &[
            "tree",
            "--workspace",
            "--locked",
            "--all-features",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}|{l}",
        ],
    )
    .ok_or("`cargo tree` failed")?;
    let crates: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    let mut faults = Vec::new();
    for line in &crates {
        let Some((package, licence)) = line.split_once('|') else { continue };
        // `cargo tree` marks what it has shown before.
        let licence = licence.trim_end_matches(" (*)");
        let name = package.split(' ').next().unwrap_or(package);
        if banned.contains(name) {
            faults.push(format!("{package} is banned by deny.toml"));
        }
        if !permits(licence, &allowed) {
            faults.push(format!("{package}: the licence {licence:?} is not in deny.toml"));
        }
    }
    println!(
        "{} crates, {} allowed licences, {} banned crates",
        crates.len(),
        allowed.len(),
        banned.len()
    );
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The entries of `allow = […]` in `[licenses]`.
fn allowed(rules: &str) -> BTreeSet<&str> {
    let list = rules.split("\nallow = [").nth(1).and_then(|rest| rest.split("\n]").next());
    list.unwrap_or_default().split('"').skip(1).step_by(2).collect()
}

/// The crates banned without exception in `[bans]`.
fn banned(rules: &str) -> BTreeSet<&str> {
    let entries =
        rules.lines().filter(|line| line.contains("{ name = ") && !line.contains("wrappers"));
    entries.filter_map(|line| line.split('"').nth(1)).collect()
}

/// Whether an SPDX expression leaves a choice that is allowed.
fn permits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.trim();
    // Some old crates write MIT/Apache-2.0.
    if let Some(parts) = split(expression, " OR ").or_else(|| split(expression, "/")) {
        return parts.iter().any(|part| permits(part, allowed));
    }
    if let Some(parts) = split(expression, " AND ") {
        return parts.iter().all(|part| permits(part, allowed));
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => permits(inner, allowed),
        None => allowed.contains(expression),
    }
}

/// The parts around an operator that stands outside all parentheses, if there is one.
fn split<'a>(expression: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, letter) in expression.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        let here = expression.get(at..).is_some_and(|rest| rest.starts_with(operator));
        if depth == 0 && here && at >= start {
            parts.push(expression.get(start..at)?);
            start = at + operator.len();
        }
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(expression.get(start..)?);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged_by_the_choice_they_leave() {
        let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-or-later", false),
            ("MIT OR GPL-2.0-only", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-2.0-only", false),
            ("(GPL-2.0-only OR ISC) AND MIT", true),
            ("(GPL-2.0-only OR AGPL-3.0-only) AND MIT", false),
            ("Apache-2.0 WITH LLVM-exception OR GPL-3.0-only", true),
            ("", false),
        ] {
            assert_eq!(permits(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn the_rules_are_read_from_deny_toml() {
        let rules = include_str!("../../deny.toml");
        assert!(allowed(rules).contains("MIT") && allowed(rules).contains("Unicode-3.0"));
        assert!(!allowed(rules).iter().any(|licence| licence.contains("GPL")));
        assert!(banned(rules).contains("ring") && !banned(rules).contains("openssl-sys"));
    }
}
