//! The only door to business data: every read and write of a record, whoever asks, goes through [`Session`].
//!
//! A write runs the steps of the pipeline in one fixed order, one file per step under `write/`.
//!
//! Start reading at `session.rs`, then `write/mod.rs`.
