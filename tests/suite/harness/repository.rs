//! The repository's tree: its root and its text files.
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What tools made (`.git` is a file in a linked working tree).
const MADE_BY_TOOLS: [&str; 7] = ["target", "node_modules", "dist", ".git", "kontor-data", "test-results", "playwright-report"];

/// A file of the repository.
pub(crate) struct SourceFile {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// Content.
    pub(crate) text: String,
}

/// A path inside the repository.
pub(crate) fn path(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests package lies in the repository").join(inside)
}

/// The text of a file that must be there.
pub(crate) fn read(inside: &str) -> String {
    let path = path(inside);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text files below a folder with one of these endings, sorted by path; binary files are left out.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    walk(&path(folder), &mut found);
    let root = path("");
    let mut files: Vec<SourceFile> = found
        .into_iter()
        .filter(|path| endings.is_empty() || endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)))
        .filter_map(|path| {
            let text = fs::read_to_string(&path).ok()?;
            let inside = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            Some(SourceFile { path: inside, text })
        })
        .collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if MADE_BY_TOOLS.iter().any(|made| name == *made) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}
