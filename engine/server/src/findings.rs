//! Findings of a check as JSON: split by app, kind and name, texts in one language.
use kontor_definitions::{Diagnostic, Severity, model::Kind};
use serde_json::{Map, Value, json};

use crate::language::Language;

/// Findings in a language.
pub fn json(findings: &[Diagnostic], language: Language) -> Value {
    findings.iter().map(|finding| one(finding, language)).collect()
}

/// The name of a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn one(finding: &Diagnostic, language: Language) -> Value {
    let mut item = Map::new();
    item.insert("severity".to_owned(), json!(severity(finding.severity)));
    item.insert("code".to_owned(), json!(finding.code));
    let (app, path) = split(&finding.file);
    if let Some(app) = app {
        item.insert("app".to_owned(), json!(app));
    }
    if let Some((kind, name)) = Kind::of_path(path) {
        item.insert("kind".to_owned(), json!(kind.name()));
        item.insert("name".to_owned(), json!(name));
    }
    item.insert("file".to_owned(), json!(path));
    item.insert("pointer".to_owned(), json!(finding.pointer));
    item.insert("line".to_owned(), json!(finding.line));
    item.insert("column".to_owned(), json!(finding.column));
    item.insert("message".to_owned(), json!(language.pick(&finding.message)));
    if !finding.suggestion.is_empty() {
        item.insert("suggestion".to_owned(), json!(language.pick(&finding.suggestion)));
    }
    Value::Object(item)
}

/// The app and the path inside its folder; no app where one folder was checked alone.
pub fn split(file: &str) -> (Option<&str>, &str) {
    if Kind::of_path(file).is_some() {
        return (None, file);
    }
    match file.split_once('/') {
        Some((app, path)) if Kind::of_path(path).is_some() => (Some(app), path),
        Some(_) | None => (None, file),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn files_are_split_by_app() {
        assert_eq!(super::split("trade/entities/order.json"), (Some("trade"), "entities/order.json"));
        assert_eq!(super::split("trade/app.json"), (Some("trade"), "app.json"));
        assert_eq!(super::split("entities/order.json"), (None, "entities/order.json"));
        assert_eq!(super::split("odd.txt"), (None, "odd.txt"));
    }
}
