//! An app as one file: the folder, zipped. What is read may come from anybody.
use std::io::{Cursor, Read as _, Write as _};

use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{Budget, MAX_FILE, MAX_FILES, Package, is_plain};
use crate::error::{AppError, PackageProblem};

/// Reads a package. Every path must be plain and relative, every file a regular one, each path there once; sizes are
/// counted as they are unpacked, whatever the file says of itself.
pub fn read(bytes: &[u8]) -> Result<Package, AppError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_damaged| PackageProblem::Unreadable)?;
    if archive.len() > MAX_FILES {
        return Err(PackageProblem::TooLarge.into());
    }
    let mut package = Package::default();
    let mut budget = Budget::default();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|_damaged| PackageProblem::Unreadable)?;
        let path = file.name().to_owned();
        if file.is_dir() {
            let plain = is_plain(path.trim_end_matches('/'));
            if plain { continue } else { return Err(PackageProblem::Path(shown(&path)).into()) }
        }
        let known = package.source.files.contains_key(&path) || package.data.contains_key(&path);
        if !is_plain(&path) || !file.is_file() || known {
            return Err(PackageProblem::Path(shown(&path)).into());
        }
        let mut content = Vec::new();
        (&mut file).take(MAX_FILE + 1).read_to_end(&mut content).map_err(|_damaged| PackageProblem::Unreadable)?;
        budget.take(content.len() as u64)?;
        package.take(path, content)?;
    }
    Ok(package.sorted())
}

/// Writes a package; the same app gives the same bytes.
pub fn write(package: &Package) -> Result<Vec<u8>, AppError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let documents = package.source.files.iter().map(|(path, text)| (path.as_str(), text.as_bytes()));
    let data = package.data.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    for (path, bytes) in documents.chain(data) {
        writer.start_file(path, options).map_err(|error| AppError::Bug(format!("a package cannot be written: {error}")))?;
        writer.write_all(bytes).map_err(|error| AppError::Bug(format!("a package cannot be written: {error}")))?;
    }
    let cursor = writer.finish().map_err(|error| AppError::Bug(format!("a package cannot be written: {error}")))?;
    Ok(cursor.into_inner())
}

/// A path from outside, fit to be shown.
fn shown(path: &str) -> String {
    path.chars().filter(|c| !c.is_control()).take(80).collect()
}
