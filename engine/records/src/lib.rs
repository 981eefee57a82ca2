//! The only door to business data: every read and write of a record, whoever asks, goes through [`Session`].
//!
//! A write runs the steps of the pipeline in one fixed order, one file per step under `write/`. Nothing here knows SQL or HTTP;
//! input arrives as [`Input`] or [`Params`], answers leave as JSON text.
//!
//! Start reading at `session.rs`, then `write/mod.rs`.
mod access;
mod coerce;
mod condition;
mod cursor;
mod entry;
mod error;
mod files;
mod finding;
mod frame;
mod guards;
mod ids;
mod input;
mod json;
mod names;
mod plan;
mod read;
mod seal;
mod session;
mod shared;
pub mod verify;
mod write;

pub use entry::{Caller, Who, dry_run_blocking, read, read_blocking, write, write_blocking, write_guarded};
pub use error::{Kind, RecordsError};
pub use files::NewFile;
pub use finding::{Class, FieldError, Findings, Other, Text};
pub use guards::{Doing, guards};
pub use input::Input;
pub use read::visible::Seen;
pub use seal::{seal, seal_blocking};
pub use session::{IdempotencyKey, Params, Session, Shown};
pub use write::backfill::Recompute;
