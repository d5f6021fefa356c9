//! The functions of a program, and the names by which the linker finds them again.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use crate::run;

/// A function's place in the program.
pub struct Function {
    start: u64,
    size: u64,
    name: String,
}

/// All functions of a program, as `nm` lists them.
pub fn of(program: &Path) -> Result<Vec<Function>, String> {
    let path = program.to_string_lossy();
    let listed = run::output("nm", &["--defined-only", "--print-size", &*path])
        .ok_or("`nm` of the binutils could not list the server's symbols")?;
    Ok(listed.lines().filter_map(function).collect())
}

fn function(line: &str) -> Option<Function> {
    let mut words = line.splitn(4, ' ');
    let start = u64::from_str_radix(words.next()?, 16).ok()?;
    let size = u64::from_str_radix(words.next()?, 16).ok()?;
    matches!(words.next()?, "t" | "T" | "w" | "W").then(|| Function {
        start,
        size,
        name: words.next().unwrap_or_default().to_owned(),
    })
}

/// The names of those that ran, sorted; see the header of the list for `*`.
pub fn names(functions: &[Function], ran: &BTreeSet<u64>) -> Vec<String> {
    let has_run = |f: &Function| ran.range(f.start..f.start + f.size).next().is_some();
    let mut sizes: HashMap<String, (u64, u64)> = HashMap::new();
    for function in functions {
        let (all, used) = sizes.entry(without_hash(&function.name)).or_default();
        *all += function.size;
        *used += if has_run(function) { function.size } else { 0 };
    }
    let worth_all = |name: &str| {
        // A quarter more, and a little for the smallest: cheaper than a name that may not be found.
        sizes.get(name).is_some_and(|(all, used)| *all <= used + used / 4 + 256)
    };
    let name = |function: &Function| {
        let short = without_hash(&function.name);
        if worth_all(&short) { short } else { without_module(&function.name) }
    };
    let names: BTreeSet<String> = functions.iter().filter(|f| has_run(f)).map(name).collect();
    names.into_iter().collect()
}

/// `…17h` and sixteen hexadecimal digits end the name of a Rust function.
fn without_hash(name: &str) -> String {
    match name.rfind("17h") {
        Some(at) if name.starts_with("_ZN") => format!("{}*", &name[..at + 3]),
        _ => without_module(name),
    }
}

/// What the optimiser made visible to other modules carries a number that changes with the module, and the
/// functions of AWS-LC carry its version.
fn without_module(name: &str) -> String {
    let whole = match name.find(".llvm.") {
        Some(at) => format!("{}*", &name[..at]),
        None => name.to_owned(),
    };
    match whole.split_once("aws_lc_") {
        Some((before, rest)) => {
            let own = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
            format!("{before}aws_lc_*_{own}")
        }
        None => whole,
    }
}
