//! The write pipeline, one file per step: load (lock) → coerce → references → permit → defaults → compute → validate →
//! numbers → store → permit on the new row → history. `pipeline.rs` has the order, `save.rs`, `action.rs` and `evaluate.rs` the doors.
mod action;
pub(crate) mod backfill;
mod coerce;
mod compute;
mod defaults;
mod draft;
mod evaluate;
mod history;
mod inbox;
mod known;
mod load;
mod numbers;
mod permit;
mod pipeline;
mod references;
mod save;
mod store;
mod validate;
mod view;
