//! Runs the app folders under `tests/cases/check` and compares their findings with `findings.txt` beside them.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    check::{CheckOptions, Checked, canonical, check, document},
    diagnostic::Severity,
    model::Kind,
    source::AppSource,
};

pub(super) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reads an app folder as the command line does: every file but data and the expectations.
pub(super) fn folder(root: &Path) -> AppSource {
    let mut files = BTreeMap::new();
    collect(root, root, &mut files);
    AppSource { files: files.into_iter().collect() }
}

fn collect(root: &Path, at: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        let inside = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            if inside != "data" {
                collect(root, &path, files);
            }
        } else if inside != "findings.txt" && !inside.ends_with(".md") {
            files.insert(inside, fs::read_to_string(&path).unwrap());
        }
    }
}

/// Checks an app together with `base`.
pub(super) fn with_base(name: &str, source: &AppSource) -> Checked {
    let base = folder(&repository().join("engine/apps/base"));
    check(&[("base".to_owned(), &base), (name.to_owned(), source)], &CheckOptions::default())
}

/// One line per finding: place, severity, code, pointer, message in English.
fn listing(checked: &Checked) -> String {
    let line = |found: &crate::Diagnostic| {
        let severity = if found.severity == Severity::Error { "error" } else { "warning" };
        let message = found.message.get("en").unwrap_or_default();
        format!("{}:{}:{} {severity} {} {} | {message}\n", found.file, found.line, found.column, found.code, found.pointer)
    };
    checked.findings.iter().map(line).collect()
}

#[test]
fn every_case_yields_its_findings() {
    let mut wrong = Vec::new();
    let mut cases: Vec<PathBuf> =
        fs::read_dir(repository().join("tests/cases/check")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 3, "the cases are not there");
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let checked = with_base(&name, &folder(&case));
        let expected = fs::read_to_string(case.join("findings.txt")).unwrap_or_default();
        let found = listing(&checked);
        if std::env::var_os("KONTOR_WRITE_CASES").is_some() && !found.is_empty() {
            fs::write(case.join("findings.txt"), &found).unwrap();
        }
        assert_eq!(checked.catalog.is_some(), !checked.has_errors(), "{name}: a catalogue exactly where there is no error");
        if found != expected {
            wrong.push(format!("== {name}: found\n{found}== expected\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_twenty_mistakes_are_twenty_findings() {
    let checked = with_base("mistakes", &folder(&repository().join("tests/cases/check/mistakes")));
    let errors = checked.findings.iter().filter(|found| found.severity == Severity::Error).count();
    assert_eq!((errors, checked.findings.len()), (19, 20));
    assert!(checked.findings.iter().all(|found| found.message.0.len() == 2));
}

#[test]
fn the_apps_of_the_repository_are_healthy_and_canonical() {
    for (name, path) in [("base", "engine/apps/base"), ("trade", "templates-trade"), ("expenses", "examples/expenses")] {
        let root = repository().join(path);
        if !root.is_dir() {
            continue;
        }
        let source = folder(&root);
        let checked = if name == "base" {
            check(&[(name.to_owned(), &source)], &CheckOptions::default())
        } else {
            with_base(name, &source)
        };
        assert_eq!(listing(&checked), "", "{name}");
        for (path, text) in &source.files {
            let (kind, _) = Kind::of_path(path).unwrap();
            let value = document(kind, path, text).0.unwrap();
            assert_eq!(&canonical(kind, &value).unwrap(), text, "{name}/{path}");
        }
    }
}
