//! The content of uploaded files: received, told apart by its bytes, kept in a folder, removed when nobody needs it; and the
//! thumbnails of images.
mod folder;
pub(crate) mod kind;
mod sweep;
mod thumbnail;
mod thumbnails;

pub(crate) use folder::{Folder, Receive, Received, body};
pub(crate) use sweep::{SweepError, sweep};
pub(crate) use thumbnail::{LARGEST_FILE, LARGEST_IMAGE, NoThumbnail, Size, format_of};
pub(crate) use thumbnails::{Thumbnails, media_type};
