//! Every finding a check can make is explained in `docs/findings.md`.
use std::collections::BTreeSet;

use super::none;
use crate::harness::repository::{self, files};

#[test]
fn every_finding_is_explained() {
    let Ok(docs) = std::fs::read_to_string(repository::path("docs/findings.md")) else {
        let made = codes();
        assert!(made.is_empty(), "docs/findings.md is missing; it explains {made:?}");
        return;
    };
    let explained: BTreeSet<&str> = docs.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
    let made = codes();
    let mut findings: Vec<String> = made
        .iter()
        .filter(|code| !explained.contains(code.as_str()))
        .map(|code| format!("{code}: add a paragraph \"## `{code}`\" to docs/findings.md"))
        .collect();
    findings.extend(
        explained
            .iter()
            .filter(|code| !made.contains(**code))
            .map(|code| format!("{code}: docs/findings.md explains it, nothing makes it")),
    );
    none("findings and their explanations differ", &findings);
}

/// The codes in `engine/definitions/src/check`: text literals behind `code("…")`.
fn codes() -> BTreeSet<String> {
    files("engine/definitions/src", &[".rs"])
        .iter()
        .flat_map(|file| {
            file.text.split("code(\"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect::<Vec<_>>()
        })
        .collect()
}
