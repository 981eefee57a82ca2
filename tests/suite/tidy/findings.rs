//! Every finding a check can make is explained in the documentation.
use std::collections::BTreeSet;

use super::none;
use crate::harness::repository::{self, files};

#[test]
fn every_finding_is_explained() {
    for (codes, document) in [(check_codes(), "docs/findings.md"), (expression_codes(), "docs/expressions.md")] {
        // A document that is missing explains nothing.
        let text = std::fs::read_to_string(repository::path(document)).unwrap_or_default();
        let findings: Vec<String> = codes.into_iter().filter(|code| !text.contains(&format!("`{code}`"))).collect();
        none(&format!("codes of findings that {document} does not explain"), &findings);
    }
}

/// The codes in the table of the check: lines of the form `UnknownKind "unknown_kind" Error`.
fn check_codes() -> BTreeSet<String> {
    files("engine/definitions/src/check", &["/codes.rs"])
        .iter()
        .flat_map(|file| file.text.lines())
        .filter(|line| line.ends_with(" Error") || line.ends_with(" Warning"))
        .filter_map(|line| line.split('"').nth(1).map(str::to_owned))
        .collect()
}

/// The codes of the expression language: `ExprError::new("unknown_name", …)`.
fn expression_codes() -> BTreeSet<String> {
    files("engine/definitions/src/expr", &[".rs"])
        .iter()
        .filter(|file| !file.path.ends_with("/tests.rs"))
        .flat_map(|file| after(&file.text, "ExprError::new("))
        .collect()
}

/// The text literals that directly follow a call.
fn after(text: &str, call: &str) -> Vec<String> {
    text.split(call)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned))
        .collect()
}
