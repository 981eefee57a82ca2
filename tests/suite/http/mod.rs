//! The HTTP contract of `docs/api.md`, asked of the whole server.
mod access;
mod idempotency;
mod operations;
mod problems;
mod process;
mod publishing;
mod sign_in;
mod unknown;
