//! Sizes and headers of files.
use super::none;
use crate::harness::repository::{SourceFile, files};

/// A Rust file of more lines says why in its header.
const EXPLAINED_ABOVE: usize = 500;
/// A Rust file of more lines fails.
const LIMIT: usize = 800;
/// A file of the web app of more lines fails.
const WEB_LIMIT: usize = 400;

#[test]
fn files_are_small() {
    let mut findings = Vec::new();
    for file in rust_files() {
        let lines = file.text.lines().count();
        if lines > LIMIT {
            findings.push(format!("{}: {lines} lines, at most {LIMIT}", file.path));
        } else if lines > EXPLAINED_ABOVE && !header(&file).to_lowercase().contains("long because") {
            findings.push(format!("{}: {lines} lines; above {EXPLAINED_ABOVE} the header says \"long because …\"", file.path));
        }
    }
    for file in files("builder-ui", &[".ts", ".tsx", ".css"]) {
        let lines = file.text.lines().count();
        if lines > WEB_LIMIT && !file.text.contains("@generated") {
            findings.push(format!("{}: {lines} lines, at most {WEB_LIMIT}", file.path));
        }
    }
    none("files that are too long", &findings);
}

#[test]
fn every_rust_file_says_what_it_is() {
    let findings: Vec<String> = rust_files()
        .iter()
        .filter(|file| file.text.lines().next().and_then(|line| line.strip_prefix("//! ")).is_none_or(|text| text.len() < 10))
        .map(|file| format!("{}: begin with one `//!` sentence", file.path))
        .collect();
    none("files without a header", &findings);
}

#[test]
fn folders_are_flat() {
    let findings: Vec<String> = files("engine", &[".rs"])
        .iter()
        .filter_map(|file| {
            let (_, inside) = file.path.split_once("/src/")?;
            (inside.matches('/').count() > 3).then(|| format!("{}: more than three folders under src/", file.path))
        })
        .collect();
    none("files that lie too deep", &findings);
}

fn header(file: &SourceFile) -> String {
    file.text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n")
}

fn rust_files() -> Vec<SourceFile> {
    let mut found = files("engine", &[".rs"]);
    found.extend(files("tests", &[".rs"]));
    found
}
