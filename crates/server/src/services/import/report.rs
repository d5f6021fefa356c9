//! What became of each row of an import.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::services::FieldFault;

/// What became of a row, or in a dry run would become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// There was no such user.
    Created,
    /// The user differed.
    Updated,
    /// The user was like this already.
    Unchanged,
    /// Nothing of it was done.
    Refused,
}

impl RowOutcome {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ImportRow")]
pub struct RowReport {
    /// Which, counted from 1 without the line of column names.
    pub row: u64,
    /// The line of the file that it begins in.
    pub line: u64,
    /// What became of it.
    pub outcome: RowOutcome,
    /// By what the row names its user: external id, email address or user name.
    pub user: String,
    /// Why it was refused: the columns and what is wrong with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FieldFault>,
    /// What is worth knowing although it was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<FieldFault>,
}

/// How many rows came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImportCounts")]
#[serde(default)]
pub struct Counts {
    /// All that were read.
    pub rows: u64,
    /// Users who did not exist.
    pub created: u64,
    /// Users who differed.
    pub updated: u64,
    /// Users who were like this already.
    pub unchanged: u64,
    /// Rows that were not done.
    pub refused: u64,
    /// Of all these, how many an earlier run had done.
    pub earlier: u64,
}

impl Counts {
    /// The counts of an earlier run, as its checkpoint keeps them.
    pub(super) fn resumed(state: &str) -> Self {
        let before = Self::kept(state);
        Self { earlier: before.rows, ..before }
    }

    /// The counts that a checkpoint keeps.
    pub(super) fn kept(state: &str) -> Self {
        serde_json::from_str(state).unwrap_or_default()
    }

    pub(super) fn state(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn position(&self) -> i64 {
        i64::try_from(self.rows).unwrap_or(i64::MAX)
    }

    pub(super) fn add(&mut self, report: &RowReport) {
        self.rows += 1;
        match report.outcome {
            RowOutcome::Created => self.created += 1,
            RowOutcome::Updated => self.updated += 1,
            RowOutcome::Unchanged => self.unchanged += 1,
            RowOutcome::Refused => self.refused += 1,
        }
    }

    pub(super) fn with(mut self, reports: &[RowReport]) -> Self {
        reports.iter().for_each(|report| self.add(report));
        self
    }
}

/// The first line of a report as CSV.
pub const CSV_HEAD: &str = "row,line,outcome,user,column,problem\n";

impl RowReport {
    /// The row's lines of a report as CSV: one for each fault and note, or one.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        let mut said = self.faults.iter().chain(&self.notes).peekable();
        let mut line = |column: &str, problem: &str| {
            let (row, line) = (self.row.to_string(), self.line.to_string());
            let cells = [&row, &line, self.outcome.word(), &self.user, column, problem];
            text.push_str(&crate::services::export::csv_line(cells));
        };
        if said.peek().is_none() {
            line("", "");
        }
        said.for_each(|fault| line(&fault.field, &fault.problem));
        text
    }
}
