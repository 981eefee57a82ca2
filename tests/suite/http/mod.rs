//! The HTTP contract of `docs/api.md`, asked of the whole server.
mod access;
mod access_log;
mod archive;
#[cfg(feature = "s3")]
mod bucket;
mod events;
mod files;
mod idempotency;
mod links;
mod operations;
mod problems;
mod process;
mod publishing;
mod purge;
mod reach;
mod roles;
mod schema;
mod seals;
mod search;
mod sensitive;
mod sign_in;
mod thumbnails;
mod translations;
mod unknown;
mod unused;
mod waiting;
