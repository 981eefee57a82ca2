//! Words that must not appear: SQL outside storage, unfinished work, sleeping tests, machine paths, registry hosts.
use super::none;
use crate::harness::repository::{SourceFile, files};

/// This folder names the words it looks for.
const HERE: &str = "tests/suite/tidy/";

#[test]
fn sql_lives_in_storage() {
    const STATEMENTS: [&str; 9] = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "ALTER TABLE ",
        "DROP TABLE ",
        "CREATE INDEX ",
        "PRAGMA ",
    ];
    let findings: Vec<String> = files("engine", &[".rs"])
        .iter()
        .filter(|file| !file.path.starts_with("engine/storage/"))
        .flat_map(|file| lines_with(file, |code| STATEMENTS.iter().find(|word| quoted_begin(code, word)).copied()))
        .collect();
    none("SQL outside engine/storage", &findings);
}

#[test]
fn nothing_is_left_undone() {
    let words: [(&str, &[&str], &[&'static str]); 3] = [
        ("engine", &[".rs"], &["todo!(", "unimplemented!(", "#[ignore", "TODO", "FIXME"]),
        ("tests", &[".rs"], &["todo!(", "unimplemented!(", "#[ignore", "TODO", "FIXME"]),
        (
            "builder-ui",
            &[".ts", ".tsx"],
            &["TODO", "FIXME", "test.skip(", "test.only(", "it.skip(", "it.only(", "describe.only("],
        ),
    ];
    let findings: Vec<String> = words
        .into_iter()
        .flat_map(|(folder, endings, words)| {
            files(folder, endings)
                .iter()
                .filter(|file| !file.path.starts_with(HERE))
                .flat_map(|file| lines_with(file, |code| words.iter().find(|word| code.contains(**word)).copied()))
                .collect::<Vec<_>>()
        })
        .collect();
    none("unfinished work", &findings);
}

#[test]
fn tests_do_not_sleep() {
    let mut all = files("engine", &["tests.rs"]);
    all.extend(files("tests", &[".rs"]));
    all.extend(files("builder-ui", &[".test.ts", ".test.tsx", ".spec.ts"]));
    let findings: Vec<String> = all
        .iter()
        .filter(|file| !file.path.starts_with(HERE))
        .flat_map(|file| lines_with(file, |code| ["sleep(", "waitForTimeout("].into_iter().find(|word| code.contains(word))))
        .collect();
    none("tests that wait for time to pass", &findings);
}

#[test]
fn no_machine_is_named() {
    let findings: Vec<String> = files("", &[])
        .iter()
        .filter(|file| !file.path.starts_with(HERE))
        .flat_map(|file| {
            lines_with(file, |code| ["/work/", "/home/", "/Users/", "/root/"].into_iter().find(|word| names_a_path(code, word)))
        })
        .collect();
    none("absolute paths of some machine", &findings);
}

#[test]
fn locks_name_no_registry_host() {
    let mut findings: Vec<String> = files("builder-ui", &["package-lock.json", ".npmrc"])
        .iter()
        .flat_map(|file| {
            lines_with(file, |line| ["\"resolved\": \"http", "registry="].into_iter().find(|word| line.contains(word)))
        })
        .collect();
    findings.extend(files("", &["Cargo.lock"]).iter().flat_map(|file| {
        lines_with(file, |line| {
            (line.starts_with("source = ") && !line.contains("github.com/rust-lang/crates.io-index")).then_some("source")
        })
    }));
    none("lock files that only work at one place", &findings);
}

/// `file:line: word` of each line in which `find` finds a word; comments count only for undone work, so they are kept.
fn lines_with(file: &SourceFile, find: impl Fn(&str) -> Option<&'static str>) -> Vec<String> {
    file.text
        .lines()
        .enumerate()
        .filter_map(|(number, line)| Some(format!("{}:{}: {}", file.path, number + 1, find(line)?)))
        .collect()
}

/// Whether a text literal of the line begins with the word.
fn quoted_begin(line: &str, word: &str) -> bool {
    let code = line.trim_start();
    !code.starts_with("//") && code.split('"').skip(1).step_by(2).any(|literal| literal.trim_start().starts_with(word))
}

/// Whether the word begins a path: what stands before it is no part of a longer path or address.
fn names_a_path(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(place, _)| {
        line.get(..place).and_then(|before| before.chars().next_back()).is_none_or(|before| " \t\"'`(=:,[".contains(before))
    })
}
