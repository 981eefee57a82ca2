//! Findings on a terminal: file:line:column, code, what is wrong, the way out.
use std::path::Path;

use kontor_definitions::{Diagnostic, Severity};
use serde_json::json;

use super::{Console, Outcome};
use crate::{findings, language::Text};

/// Prints findings of a folder, as lines or as JSON; what the command ends with.
pub(super) fn print(console: Console, folder: &Path, found: &[Diagnostic], as_json: bool) -> Outcome {
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    if as_json {
        console.print(&json!({"findings": findings::json(found, console.language)}).to_string());
    } else {
        for finding in found {
            line(console, folder, finding);
        }
        summary(console, errors, found.len() - errors);
    }
    if errors > 0 { Outcome::Problems } else { Outcome::Good }
}

fn line(console: Console, folder: &Path, finding: &Diagnostic) {
    let (_, path) = findings::split(&finding.file);
    let severity = match finding.severity {
        Severity::Error => Text("错误", "error"),
        Severity::Warning => Text("警告", "warning"),
    };
    console.print(&format!(
        "{}:{}:{}: {} {}: {}",
        folder.join(path).display(),
        finding.line,
        finding.column,
        console.language.of(severity),
        finding.code,
        console.language.pick(&finding.message),
    ));
    if !finding.suggestion.is_empty() {
        console.print(&format!("    {}", console.language.pick(&finding.suggestion)));
    }
}

fn summary(console: Console, errors: usize, warnings: usize) {
    if errors + warnings == 0 {
        console.tell(Text("没有发现问题。", "No problems found."), &[]);
    } else {
        console
            .tell(Text("{0} 个错误，{1} 个警告。", "{0} errors, {1} warnings."), &[&errors.to_string(), &warnings.to_string()]);
    }
}
