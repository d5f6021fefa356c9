//! `cargo xtask test`: the one gate.
//!
//! Clippy, the build and the tests select the same packages and targets, so that they share one
//! resolution of features and therefore one compilation of every dependency.

use std::process::ExitCode;

use crate::console::Summary;
use crate::{licences, run, tools};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Tools,
    Format,
    Lint,
    Licences,
    Build,
    Tests,
    Unit,
    Integration,
    Python,
    Browser,
}

const WHOLE: [Part; 6] =
    [Part::Tools, Part::Format, Part::Lint, Part::Licences, Part::Build, Part::Tests];

impl Part {
    fn parse(word: &str) -> Result<Self, String> {
        Ok(match word {
            "tools" => Self::Tools,
            "format" => Self::Format,
            "lint" => Self::Lint,
            "licences" => Self::Licences,
            "build" => Self::Build,
            "tests" => Self::Tests,
            "unit" => Self::Unit,
            "integration" => Self::Integration,
            "python" => Self::Python,
            "browser" => Self::Browser,
            other => {
                return Err(format!(
                    "unknown part `{other}`; expected tools, format, lint, licences, build, tests, unit, \
                     integration, python or browser"
                ));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Licences => "licences",
            Self::Build => "build",
            Self::Tests => "tests",
            Self::Unit => "unit",
            Self::Integration => "integration",
            Self::Python => "python",
            Self::Browser => "browser",
        }
    }

    /// What a part needs on the machine when it is run alone.
    fn tools(self) -> &'static [tools::Tool] {
        use tools::Tool::{Chromedriver, Chromium, Npm, Postgres, Python};
        match self {
            Self::Tools => &[Chromium, Chromedriver, Postgres, Python, Npm],
            Self::Integration => &[Postgres],
            Self::Python => &[Postgres, Python],
            Self::Browser => &[Chromium, Chromedriver, Npm],
            Self::Format | Self::Lint | Self::Licences | Self::Build | Self::Tests | Self::Unit => {
                &[]
            }
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Tools | Self::Licences => &[],
            Self::Format => &["fmt", "--all", "--check"],
            Self::Lint => {
                &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]
            }
            Self::Build => &["build", "--workspace", "--all-targets", "--locked"],
            Self::Tests => &["test", "--workspace", "--locked", "--no-fail-fast", "--"],
            Self::Unit => {
                &["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--"]
            }
            Self::Integration => &[
                "test",
                "--workspace",
                "--locked",
                "--test",
                "it",
                "--",
                "--skip",
                "browser::",
                "--skip",
                "relying_parties::python::",
            ],
            Self::Python => &["test", "--workspace", "--locked", "--test", "it", "--", "python::"],
            Self::Browser => {
                &["test", "--workspace", "--locked", "--test", "it", "--", "browser::"]
            }
        }
    }

    /// Whether words after `--` are passed on.
    fn takes_filters(self) -> bool {
        matches!(self, Self::Tests | Self::Unit | Self::Integration | Self::Python | Self::Browser)
    }

    fn work(self, filters: &[String]) -> Result<(), String> {
        tools::bring(self.tools())?;
        match self {
            Self::Tools => return Ok(()),
            Self::Licences => return licences::check(),
            _ => {}
        }
        if matches!(self, Self::Integration | Self::Python | Self::Browser) {
            // These start the program as a process of its own.
            run::shown(&run::cargo(), Self::Build.arguments())?;
        }
        let mut arguments: Vec<&str> = self.arguments().to_vec();
        if self.takes_filters() {
            arguments.extend(filters.iter().map(String::as_str));
        }
        run::shown(&run::cargo(), &arguments)
    }
}

/// Runs the named parts, or all of them.
pub fn main(words: &[String]) -> ExitCode {
    let (named, filters) = match words.iter().position(|word| word == "--") {
        Some(at) => (words.get(..at).unwrap_or(&[]), words.get(at + 1..).unwrap_or(&[])),
        None => (words, [].as_slice()),
    };
    let parts: Result<Vec<Part>, String> = named.iter().map(|word| Part::parse(word)).collect();
    let parts = match parts {
        Ok(parts) if parts.is_empty() => WHOLE.to_vec(),
        Ok(parts) => parts,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let mut summary = Summary::default();
    let mut missing = None;
    for part in parts {
        match missing {
            Some(needed) if part.takes_filters() => {
                summary.not_run(part.name(), &format!("`{needed}` failed"));
            }
            _ => {
                let passed = summary.section(part.name(), || part.work(filters));
                if !passed && matches!(part, Part::Tools | Part::Build) {
                    missing = Some(part.name());
                }
            }
        }
    }
    if summary.close() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
