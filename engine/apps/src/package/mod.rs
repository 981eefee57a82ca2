//! Apps as folders and as packages (`.kapp`, the same folder zipped): reading, writing, installing, exporting.
pub mod folder;
mod install;
pub mod kapp;

use std::collections::BTreeMap;

use kontor_definitions::source::AppSource;

use crate::{
    error::{AppError, PackageProblem},
    snapshot::Snapshot,
};

/// At most so many files in an app.
pub const MAX_FILES: usize = 2_000;
/// No file of an app is larger, in bytes.
pub const MAX_FILE: u64 = 4 << 20;
/// All files of an app together are not larger, in bytes.
pub const MAX_TOTAL: u64 = 64 << 20;

/// An app outside a tenant: its documents, and data to be imported when it is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// The documents by path.
    pub source: AppSource,
    /// Data files by path inside the app folder: `data/currency.csv`, `data/sample/order.json`.
    pub data: BTreeMap<String, Vec<u8>>,
}

impl Package {
    /// The app's name and version, from `app.json`.
    pub fn app(&self) -> Result<(String, String), AppError> {
        let head = self.source.files.get("app.json").ok_or(PackageProblem::NoApp)?;
        let head: serde_json::Value = serde_json::from_str(head).map_err(|_unreadable| PackageProblem::NoApp)?;
        let text = |name: &str| head.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        Ok((text("name").ok_or(PackageProblem::NoApp)?, text("version").unwrap_or_default()))
    }

    /// Puts a file where it belongs; files that are neither documents nor data are left out.
    fn take(&mut self, path: String, bytes: Vec<u8>) -> Result<(), PackageProblem> {
        if path.starts_with("data/") {
            self.data.insert(path, bytes);
        } else if std::path::Path::new(&path).extension().is_some_and(|ending| ending == "json") {
            match String::from_utf8(bytes) {
                Ok(text) => drop(self.source.files.insert(path, text)),
                Err(_not_text) => return Err(PackageProblem::Encoding(path)),
            }
        }
        Ok(())
    }

    fn sorted(mut self) -> Self {
        self.source.files.sort_unstable_keys();
        self
    }
}

/// Takes an app of a snapshot out as a package; data stays where it is.
pub fn export(snapshot: &Snapshot, app: &str) -> Result<Package, AppError> {
    install::export(snapshot, app)
}

/// Counts what is read against the limits.
#[derive(Default)]
struct Budget {
    files: usize,
    bytes: u64,
}

impl Budget {
    fn take(&mut self, bytes: u64) -> Result<(), PackageProblem> {
        self.files += 1;
        self.bytes += bytes;
        let fits = self.files <= MAX_FILES && bytes <= MAX_FILE && self.bytes <= MAX_TOTAL;
        if fits { Ok(()) } else { Err(PackageProblem::TooLarge) }
    }
}

/// Whether a path inside an app is written plainly: relative, `/` between parts, nothing hidden, nothing upward.
fn is_plain(path: &str) -> bool {
    let part_is_plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && part.chars().all(|c| !c.is_control() && !r#"\:*?"<>|"#.contains(c))
    };
    path.len() <= 200 && path.split('/').count() <= 8 && path.split('/').all(part_is_plain)
}

#[cfg(test)]
mod tests;
