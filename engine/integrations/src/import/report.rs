//! What an import did: a verdict per record, and everything that was odd on the way.
use std::fmt::Write as _;

use indexmap::IndexMap;
use kontor_definitions::LocalText;
use serde::Serialize;

/// The result of an import or of its dry run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Nothing was written.
    pub dry_run: bool,
    /// Rows of the file.
    pub rows: usize,
    /// Records made.
    pub created: usize,
    /// Records changed.
    pub updated: usize,
    /// Records that exist and stay as they are.
    pub skipped: usize,
    /// Records refused; nothing of them was written.
    pub failed: usize,
    /// Records of other entities made because the map says so, by entity.
    pub created_references: IndexMap<String, usize>,
    /// Odd things by code, with how often and the first places.
    pub odd: IndexMap<String, OddCount>,
    /// One verdict per record, in the order of the file.
    pub verdicts: Vec<Verdict>,
}

/// How often something odd was met.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OddCount {
    /// How often.
    pub count: usize,
    /// The first lines of the file where it was met, at most ten.
    pub lines: Vec<u64>,
}

/// What became of one record.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// First line of the record in the file.
    pub line: u64,
    /// Its key, as in the file.
    pub key: String,
    /// What was done.
    pub outcome: Outcome,
    /// The record, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why it was refused: all reasons at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RowError>,
}

/// What was done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Outcome {
    Created,
    Updated,
    Skipped,
    Failed,
}

/// One reason why a record was refused.
#[derive(Clone, Debug, Serialize)]
pub struct RowError {
    /// Line of the file.
    pub line: u64,
    /// The field path it is about; empty for the record as a whole.
    pub field: String,
    /// Stable code.
    pub code: String,
    /// What is wrong and what to do.
    pub message: LocalText,
}

impl Report {
    /// Notes something odd at a line.
    pub fn note(&mut self, code: impl Into<String>, line: u64) {
        let odd = self.odd.entry(code.into()).or_default();
        odd.count += 1;
        if odd.lines.len() < 10 {
            odd.lines.push(line);
        }
    }

    /// Notes a verdict and counts it.
    pub fn push(&mut self, verdict: Verdict) {
        match verdict.outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Failed => self.failed += 1,
        }
        self.verdicts.push(verdict);
    }

    /// The verdicts as CSV: line, key, outcome, field, code, message. Safe to open in a spreadsheet.
    pub fn to_csv(&self, locale: &str) -> String {
        let mut out = String::from("line,key,outcome,field,code,message\r\n");
        let mut row = |line: u64, key: &str, outcome: &str, rest: [&str; 3]| {
            let cells = [key, outcome, rest[0], rest[1], rest[2]].map(csv_cell).join(",");
            // Writing to a String does not fail.
            let _infallible = write!(out, "{line},{cells}\r\n");
        };
        for verdict in &self.verdicts {
            let outcome = match verdict.outcome {
                Outcome::Created => "created",
                Outcome::Updated => "updated",
                Outcome::Skipped => "skipped",
                Outcome::Failed => "failed",
            };
            if verdict.errors.is_empty() {
                row(verdict.line, &verdict.key, outcome, ["", "", ""]);
            }
            for error in &verdict.errors {
                row(
                    error.line,
                    &verdict.key,
                    outcome,
                    [&error.field, &error.code, error.message.get(locale).unwrap_or_default()],
                );
            }
        }
        for (code, odd) in &self.odd {
            for line in &odd.lines {
                row(*line, "", "odd", ["", code, &format!("{} ×", odd.count)]);
            }
        }
        out
    }
}

/// A cell as CSV; what a spreadsheet would take for a formula is led by an apostrophe (CWE-1236).
fn csv_cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<rust_decimal::Decimal>().is_err();
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
