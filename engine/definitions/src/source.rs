//! The files of an app as text, before anything is known about them.
use indexmap::IndexMap;

/// The files of one app folder: path inside the folder (`entities/order.json`) to content.
///
/// Data files (`data/…`) are not part of it; they are read when an app is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppSource {
    /// Files sorted by path.
    pub files: IndexMap<String, String>,
}
