//! `cargo xtask …`: the developer's commands.
//!
//! `test` is the one gate (`.ci/run` calls it), `bench` measures the server beside this machine's
//! limits, `order` says what of it a start runs. Everything they download goes under `target/`.

mod bench;
mod console;
mod licences;
mod order;
mod run;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <command>

Commands:
  test [PART]...   Everything a change must pass, in this order when no part is named:
                     tools        bring or check chromium, postgresql, packages of Python and npm
                     format       cargo fmt --check
                     lint         cargo clippy, warnings are errors
                     licences     each crate's licence, and banned crates, by deny.toml
                     build        the server binary and every test binary
                     tests        cargo test --workspace: unit, integration on SQLite and
                                  PostgreSQL, python relying parties, browser
                   Parts of `tests` can be run alone:
                     unit         the crates' own tests
                     integration  tests/it without the browser and the python relying parties
                     python       Authlib and django-allauth as relying parties
                     browser      headless Chromium, and relying parties from npm; screenshots go to
                                  target/screenshots
                   After `--`, words go to the test binary: cargo xtask test integration -- token
  bench [OPTION]...  The release server measured beside this machine's own limits;
                   `cargo xtask bench --help` lists the options.
  order            Writes which functions a start of the server runs, for the linker to put beside
                   each other: crates/server/link/start-order. Needs valgrind.
  help             This text.
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next();
    let rest: Vec<String> = words.collect();
    match command.as_deref() {
        Some("test") => test::main(&rest),
        Some("bench") => bench::main(&rest),
        Some("order") => order::main(&rest),
        Some("help" | "--help" | "-h") | None => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Some(other) => {
            eprintln!("unknown command `{other}`; expected test, bench, order or help\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}
