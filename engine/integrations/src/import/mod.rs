//! Importing a table of text as records: plan, rows to inputs, references found or made, written in small jobs.
pub mod cell;
pub mod chunk;
pub mod documents;
pub mod map;
pub mod plan;
pub mod report;
