//! A disk that fails on purpose: the layer of faults (`tests/fault_layer`) loaded into a process, and its control file.
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::temporary::TemporaryFolder;

/// The layer as Cargo builds it beside the suite.
const LAYER: &str = "libkontor_fault_layer.so";

/// What fails in the processes that it was loaded into.
pub(crate) struct Faults {
    folder: TemporaryFolder,
}

impl Faults {
    /// Nothing fails yet.
    pub(crate) fn new() -> Self {
        let folder = TemporaryFolder::new();
        // A copy, because servers of other users cannot read where it was built.
        let built = std::env::current_exe().unwrap().with_file_name(LAYER);
        fs::copy(&built, folder.path().join(LAYER)).unwrap_or_else(|error| panic!("{}: {error}", built.display()));
        Self { folder }
    }

    /// Loads the layer into the process that this command starts.
    pub(crate) fn loaded(&self, mut command: Command) -> Command {
        command.env("LD_PRELOAD", self.folder.path().join(LAYER)).env("KONTOR_FAULTS", self.control());
        command
    }

    fn control(&self) -> PathBuf {
        self.folder.path().join("control")
    }

    /// No byte can be written below a path and no file made, after so many more bytes.
    pub(crate) fn fill(&self, path: &Path, room: u64) {
        self.set(&format!("ENOSPC write,create {room} {}", path.display()));
    }

    /// Sets rules as `tests/fault_layer/src/rules.rs` reads them.
    pub(crate) fn set(&self, rules: &str) {
        let fresh = self.folder.path().join("fresh");
        fs::write(&fresh, rules).unwrap();
        fs::rename(fresh, self.control()).unwrap();
    }

    /// Nothing fails any more.
    pub(crate) fn end(&self) {
        fs::remove_file(self.control()).unwrap();
    }
}
