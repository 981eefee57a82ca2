//! The structure of the repository, read from its files: arrows between crates, sizes, headers, words that must not appear.
//!
//! Each test collects every finding before it fails, so that one run shows them all.
mod crates;
mod definer;
mod findings;
mod shape;
mod words;

/// Fails with the list of findings, if there are any.
fn none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
