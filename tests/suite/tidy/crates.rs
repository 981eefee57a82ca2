//! The arrows between crates, the lints every crate inherits, and which crate may know which library.
use std::collections::BTreeMap;

use toml::Table;

use super::none;
use crate::harness::repository;

const UP_TO_RECORDS: &[&str] = &["definitions", "rules", "access", "storage", "apps", "records"];

/// Each crate of `engine/` and the crates it may import. Drawn in `engine/README.md`.
const ARROWS: [(&str, &[&str]); 11] = [
    ("definitions", &[]),
    ("rules", &["definitions"]),
    ("access", &["definitions"]),
    ("storage", &["definitions", "access"]),
    ("apps", &["definitions", "rules", "access", "storage"]),
    ("records", &["definitions", "rules", "access", "storage", "apps"]),
    ("workflow", UP_TO_RECORDS),
    ("reports", UP_TO_RECORDS),
    ("documents", UP_TO_RECORDS),
    ("integrations", UP_TO_RECORDS),
    ("server", &["definitions", "access", "storage", "apps", "records", "workflow", "reports", "documents", "integrations"]),
];

/// Libraries that only the crates named beside them may use.
const LIBRARIES: [(&str, &[&str]); 11] = [
    ("rusqlite", &["storage"]),
    ("sqlx", &["storage"]),
    ("sea-query", &["storage"]),
    ("rhai", &["rules"]),
    ("tokio", &["storage", "server"]),
    ("axum", &["server"]),
    ("tower", &["server"]),
    ("tower-http", &["server"]),
    ("clap", &["server"]),
    ("argon2", &["server"]),
    ("image", &["server"]),
];

#[test]
fn arrows_point_one_way() {
    let mut findings = Vec::new();
    for (name, manifest) in engine_crates() {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            findings.push(format!("engine/{name}: not in the map of crates (tests/suite/tidy/crates.rs, engine/README.md)"));
            continue;
        };
        for dependency in dependencies(&manifest) {
            if let Some(target) = dependency.strip_prefix("kontor-")
                && !allowed.contains(&target)
            {
                findings.push(format!("engine/{name} must not import engine/{target}"));
            }
            if let Some((library, owners)) = LIBRARIES.iter().find(|(library, _)| *library == dependency)
                && !owners.contains(&name.as_str())
            {
                findings.push(format!("engine/{name} must not use {library}: only {} may", owners.join(", ")));
            }
        }
    }
    none("crates import against the arrows", &findings);
}

#[test]
fn every_crate_inherits_the_lints() {
    let mut manifests: BTreeMap<String, Table> =
        engine_crates().into_iter().map(|(name, manifest)| (format!("engine/{name}"), manifest)).collect();
    manifests.insert("tests".to_owned(), repository::read("tests/Cargo.toml").parse().unwrap());
    let findings: Vec<String> = manifests
        .iter()
        .filter(|(_, manifest)| {
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) != Some(true)
        })
        .map(|(name, _)| format!("{name}/Cargo.toml lacks `[lints] workspace = true`"))
        .collect();
    none("crates without the lints of the workspace", &findings);
}

#[test]
fn versions_live_in_the_workspace() {
    let mut findings = Vec::new();
    for (name, manifest) in engine_crates() {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
            for (dependency, value) in table {
                if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                    findings.push(format!("engine/{name}: {dependency} names a version of its own"));
                }
            }
        }
    }
    none("dependencies belong to [workspace.dependencies]", &findings);
}

fn engine_crates() -> Vec<(String, Table)> {
    repository::files("engine", &["/Cargo.toml"])
        .into_iter()
        .map(|file| {
            let name = file.path.trim_start_matches("engine/").trim_end_matches("/Cargo.toml").to_owned();
            (name, file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path)))
        })
        .collect()
}

fn dependencies(manifest: &Table) -> Vec<String> {
    ["dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .collect()
}
