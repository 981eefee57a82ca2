//! The HTTP contract of `docs/api.md`, asked of the whole server.
mod operations;
