//! Tests of the check: its parts, the cases in `tests/cases/check`, and properties over mutated documents.
mod cases;
mod catalog;
mod diff;
mod mutations;
mod parts;
