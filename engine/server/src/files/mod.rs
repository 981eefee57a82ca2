//! The content of uploaded files: received, told apart by its bytes, kept in a folder or a bucket, removed when nobody needs it;
//! and the thumbnails of images.
mod body;
#[cfg(feature = "s3")]
mod bucket;
#[cfg(not(feature = "s3"))]
#[path = "no_bucket.rs"]
mod bucket;
mod contents;
mod folder;
mod incoming;
pub(crate) mod kind;
mod names;
mod office;
mod sweep;
mod thumbnail;
mod thumbnails;
mod verify;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(crate) use body::body;
pub use bucket::Bucket;
pub(crate) use contents::{Chunks, Contents, Listed, Listing};
pub(crate) use folder::Folder;
pub(crate) use incoming::{Incoming, Receive, Received};
pub(crate) use names::{Part, content as name_of_content};
pub(crate) use sweep::{SweepError, sweep};
pub(crate) use thumbnail::{LARGEST_FILE, LARGEST_IMAGE, NoThumbnail, Size, format_of};
pub(crate) use thumbnails::{Thumbnails, media_type};
pub use verify::{Look, VerifyError, verify};

/// Chunks on their way between a socket and where contents are kept; memory for a file of any size.
const UNDER_WAY: usize = 8;

/// Bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Runs what blocks away from the async threads, to its end even when nobody waits for it any more.
async fn blocking<T: Send + 'static, E: From<io::Error> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Whether it is room that is lacking.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
