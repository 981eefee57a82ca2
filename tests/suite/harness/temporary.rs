//! A folder of one test, removed when the test ends.
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// A folder that exists as long as this value.
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// A new empty folder.
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("kontor-test-{}", Uuid::new_v4().simple()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            assert!(std::thread::panicking(), "{} stays behind: {error}", self.0.display());
        }
    }
}
