//! Expected outputs as files, and cases worked out by scripts.
use std::{ffi::OsStr, fs, process::Command};

use serde_json::Value as Json;

use super::repository;

/// The worked cases of `tests/cases/<area>/cases.json`.
pub(crate) fn worked(area: &str) -> Json {
    serde_json::from_str(&repository::read(&format!("tests/cases/{area}/cases.json"))).unwrap()
}

/// The script beside worked cases, run again, says what they say.
pub(crate) fn assert_script_says(area: &str, arguments: &[&OsStr]) {
    let script = repository::path(&format!("tests/cases/{area}/cases.py"));
    let run = Command::new("python3").arg(script).args(arguments).output().unwrap_or_else(|error| panic!("python3: {error}"));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let said: Json = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(said, worked(area));
}

/// Compares with `tests/golden/<name>`; `KONTOR_GOLDEN=write` writes the file instead, to be read before it is committed.
pub(crate) fn golden(name: &str, actual: &str) {
    let path = repository::path(&format!("tests/golden/{name}"));
    if std::env::var("KONTOR_GOLDEN").is_ok_and(|mode| mode == "write") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run once with KONTOR_GOLDEN=write and read what it wrote", path.display()));
    if let Some((line, (old, new))) = expected.lines().zip(actual.lines()).enumerate().find(|(_, (old, new))| old != new) {
        panic!("{} line {}:\n  expected {old}\n  is       {new}", path.display(), line + 1);
    }
    assert!(
        expected == actual,
        "{} has {} lines, the output {}",
        path.display(),
        expected.lines().count(),
        actual.lines().count()
    );
}
