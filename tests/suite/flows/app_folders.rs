//! Every app folder of the repository checks without a finding and is written in the canonical form.
use std::fmt::Write as _;

use indexmap::IndexMap;
use kontor_definitions::{
    Diagnostic,
    check::{CheckOptions, canonical, check},
    model::Kind,
    source::AppSource,
};

use crate::harness::repository;

/// The app folders: the template and every example.
fn folders() -> Vec<(String, AppSource)> {
    let mut folders = vec!["templates-trade".to_owned()];
    let examples = std::fs::read_dir(repository::path("examples")).into_iter().flatten();
    folders.extend(
        examples
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("app.json").exists())
            .map(|entry| format!("examples/{}", entry.file_name().to_string_lossy())),
    );
    folders.sort();
    folders.into_iter().map(|folder| (folder.clone(), source(&folder))).collect()
}

/// The documents of a folder, as the engine reads them.
fn source(folder: &str) -> AppSource {
    let files: IndexMap<String, String> = repository::files(folder, &[".json"])
        .into_iter()
        .map(|file| (file.path.strip_prefix(folder).unwrap().trim_start_matches('/').to_owned(), file.text))
        .filter(|(path, _)| !path.starts_with("data/"))
        .collect();
    AppSource { files }
}

#[test]
fn check_without_a_finding() {
    let base = source("engine/apps/base");
    for (folder, source) in folders() {
        let app =
            serde_json::from_str::<serde_json::Value>(&source.files["app.json"]).unwrap()["name"].as_str().unwrap().to_owned();
        let checked = check(&[("base".to_owned(), &base), (app, &source)], &CheckOptions::default());
        assert!(checked.findings.is_empty(), "{folder} has findings:\n{}", listed(&checked.findings));
    }
}

#[test]
fn are_in_canonical_form() {
    for (folder, source) in folders() {
        for (path, text) in &source.files {
            let (kind, _) = Kind::of_path(path).unwrap_or_else(|| panic!("{folder}/{path} is no document"));
            let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{folder}/{path}: {error}"));
            assert_eq!(
                &canonical(kind, &value).unwrap(),
                text,
                "{folder}/{path} is not in canonical form: kontor app check --fix {folder}"
            );
        }
    }
}

fn listed(findings: &[Diagnostic]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let message = finding.message.get("en").unwrap_or_default();
        writeln!(text, "  {}:{}:{} {} {message}", finding.file, finding.line, finding.column, finding.code).unwrap();
        text
    })
}
