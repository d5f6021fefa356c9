//! Section headers while a command runs, and one closing summary.

use std::time::{Duration, Instant};

/// What became of one section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran and succeeded.
    Passed,
    /// It ran, or could not run, and the sentence says why it did not succeed.
    Failed(String),
    /// It was not run because an earlier section it needs had failed.
    NotRun(String),
}

/// Collects the outcome of each section and prints them together at the end.
#[derive(Default)]
pub struct Summary {
    sections: Vec<(String, Outcome, Duration)>,
}

impl Summary {
    /// Runs one section under a header.
    pub fn section(&mut self, name: &str, work: impl FnOnce() -> Result<(), String>) -> bool {
        println!("\n── {name} {}", "─".repeat(72_usize.saturating_sub(name.len())));
        let start = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(reason) => {
                eprintln!("{name}: {reason}");
                Outcome::Failed(reason)
            }
        };
        let passed = outcome == Outcome::Passed;
        self.sections.push((name.to_owned(), outcome, start.elapsed()));
        passed
    }

    /// Records a section that could not start.
    pub fn not_run(&mut self, name: &str, reason: &str) {
        self.sections.push((name.to_owned(), Outcome::NotRun(reason.to_owned()), Duration::ZERO));
    }

    /// Prints every section with its outcome; true when all passed.
    pub fn close(&self) -> bool {
        println!("\n── summary {}", "─".repeat(65));
        for (name, outcome, took) in &self.sections {
            let seconds = took.as_secs_f32();
            match outcome {
                Outcome::Passed => println!("  passed   {name:<12} {seconds:>7.1} s"),
                Outcome::Failed(why) => println!("  FAILED   {name:<12} {seconds:>7.1} s  {why}"),
                Outcome::NotRun(why) => println!("  NOT RUN  {name:<12}            {why}"),
            }
        }
        let passed = self.sections.iter().all(|(_, outcome, _)| *outcome == Outcome::Passed);
        println!("{}", if passed { "all passed" } else { "FAILED" });
        passed
    }
}
