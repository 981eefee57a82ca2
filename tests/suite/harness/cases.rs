//! Cases as data and expected outputs as files.
use std::{fs, path::PathBuf};

use super::repository;

/// A file of `tests/cases/<area>/`.
pub(crate) struct Case {
    /// File name without its ending.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Content.
    pub(crate) text: String,
}

/// The cases of an area with this file ending, sorted by name. An area without cases is a mistake.
pub(crate) fn cases(area: &str, ending: &str) -> Vec<Case> {
    let folder = repository::path(&format!("tests/cases/{area}"));
    let mut found: Vec<Case> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .map(|path| Case {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            text: fs::read_to_string(&path).unwrap(),
            path,
        })
        .collect();
    assert!(!found.is_empty(), "{} has no *.{ending}", folder.display());
    found.sort_by(|left, right| left.name.cmp(&right.name));
    found
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
