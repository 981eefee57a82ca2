//! An app as a folder on disk.
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use super::{Budget, MAX_FILE, Package, is_plain};
use crate::error::{AppError, PackageProblem};

/// Reads an app folder: documents are the `.json` files outside `data/`; hidden files, links and other files are left out.
pub fn read(folder: &Path) -> Result<Package, AppError> {
    let mut package = Package::default();
    let mut budget = Budget::default();
    let mut waiting = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| disk(&folder, &error))? {
            let entry = entry.map_err(|error| disk(&folder, &error))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(|error| disk(&entry.path(), &error))?;
            if !is_plain(&path) {
                continue;
            }
            if kind.is_dir() {
                waiting.push((entry.path(), format!("{path}/")));
            } else if kind.is_file() && (path.starts_with("data/") || name.ends_with(".json")) {
                let bytes = read_file(&entry.path())?;
                budget.take(bytes.len() as u64)?;
                package.take(path, bytes)?;
            }
        }
    }
    Ok(package.sorted())
}

/// Writes an app folder; documents that are there already and not in the package are removed, other files are left alone.
pub fn write(package: &Package, folder: &Path) -> Result<(), AppError> {
    fs::create_dir_all(folder).map_err(|error| disk(folder, &error))?;
    for old in read(folder)?.source.files.keys() {
        if !package.source.files.contains_key(old) && kontor_definitions::model::Kind::of_path(old).is_some() {
            let path = folder.join(old);
            fs::remove_file(&path).map_err(|error| disk(&path, &error))?;
        }
    }
    let documents = package.source.files.iter().map(|(path, text)| (path, text.as_bytes()));
    let data = package.data.iter().map(|(path, bytes)| (path, bytes.as_slice()));
    for (path, bytes) in documents.chain(data) {
        if !is_plain(path) {
            return Err(PackageProblem::Path(path.clone()).into());
        }
        let path = folder.join(path);
        let parent: PathBuf = path.parent().map(Path::to_path_buf).unwrap_or_default();
        fs::create_dir_all(&parent).map_err(|error| disk(&parent, &error))?;
        fs::write(&path, bytes).map_err(|error| disk(&path, &error))?;
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<u8>, AppError> {
    let file = fs::File::open(path).map_err(|error| disk(path, &error))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| disk(path, &error))?;
    Ok(bytes)
}

fn disk(path: &Path, error: &std::io::Error) -> AppError {
    PackageProblem::Disk(format!("{}: {error}", path.display())).into()
}
