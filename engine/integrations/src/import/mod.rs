//! Importing a table of text as records: plan, rows to inputs, references found or made, written in small jobs.
pub mod cell;
mod chunk;
mod documents;
pub mod map;
pub mod plan;
pub mod report;
mod run;

pub use run::{Import, ImportError, run};
