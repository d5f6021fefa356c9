//! The addresses that ran, from callgrind's output.
//!
//! Its format: `ob=(1) path` opens an object file, later `ob=(1)` alone. A line of costs begins with the address
//! of its instruction, whole (`0x1f`), as a difference to the line before (`+3`, `-3`) or as the same (`*`).

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

/// Addresses inside `program` of the instructions that ran.
pub fn addresses(profile: &Path, program: &Path) -> Result<BTreeSet<u64>, String> {
    let text = fs::read_to_string(profile)
        .map_err(|error| format!("{} cannot be read: {error}", profile.display()))?;
    let mut objects: HashMap<&str, &str> = HashMap::new();
    let mut inside = false;
    let mut address = 0_u64;
    let mut ran = BTreeSet::new();
    for line in text.lines() {
        if let Some(object) = line.strip_prefix("ob=").or_else(|| line.strip_prefix("cob=")) {
            let (number, path) = object.split_once(' ').unwrap_or((object, ""));
            if !path.is_empty() {
                objects.insert(number, path);
            }
            if line.starts_with("ob=") {
                inside = objects.get(number).is_some_and(|path| Path::new(path) == program);
            }
        } else if let Some(next) = next_address(line, address) {
            address = next;
            if inside {
                ran.insert(address);
            }
        }
    }
    if ran.is_empty() {
        return Err(format!("{} tells of no instruction of the server", profile.display()));
    }
    Ok(ran)
}

/// The address that a line of costs begins with; `None` for any other line.
fn next_address(line: &str, last: u64) -> Option<u64> {
    let word = line.split(' ').next()?;
    let number = |digits: &str| match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    match word.chars().next()? {
        '+' => number(word.get(1..)?).map(|more| last + more),
        '-' => number(word.get(1..)?).and_then(|less| last.checked_sub(less)),
        '*' => Some(last),
        '0'..='9' => number(word),
        _ => None,
    }
}
