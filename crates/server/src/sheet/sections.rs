//! Sections of Markdown that sheets and vendor guides have alike.

use std::fmt::Write as _;

use super::markup::{block, markdown};
use crate::profiles::TestStep;

/// A list under a title; nothing for no items.
pub fn bullets(page: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(page, "## {title}\n");
    for item in items {
        let _ = writeln!(page, "- {}", markdown(item));
    }
    page.push('\n');
}

/// Steps to be tried in their order, each with what is to be seen then; nothing for no steps.
pub fn steps(page: &mut String, title: &str, steps: &[TestStep]) {
    if steps.is_empty() {
        return;
    }
    let _ = writeln!(page, "## {title}\n");
    for (index, test) in steps.iter().enumerate() {
        let (step, expect) = (markdown(&test.step), markdown(&test.expect));
        let _ = writeln!(page, "{}. {step}. Expect: {expect}.", index + 1);
        if let Some(command) = &test.command {
            let block = block("sh", command);
            let indented: String = block.lines().map(|line| format!("   {line}\n")).collect();
            let _ = writeln!(page, "\n{indented}");
        }
    }
    page.push('\n');
}
