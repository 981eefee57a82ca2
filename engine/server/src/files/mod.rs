//! The content of uploaded files: received, told apart by its bytes, kept in a folder, removed when nobody needs it.
mod folder;
pub(crate) mod kind;
mod sweep;

pub(crate) use folder::{Folder, Receive, Received, body};
pub(crate) use sweep::{SweepError, sweep};
