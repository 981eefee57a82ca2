//! Expected outputs as files.
use std::fs;

use super::repository;

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
