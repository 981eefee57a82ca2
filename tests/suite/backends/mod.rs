//! What must be the same on SQLite and PostgreSQL.
mod expressions;
mod fingerprint;
mod harness_itself;
mod large;
mod large_waits;
mod phases;
mod publishing;
mod records;
mod stalls;
