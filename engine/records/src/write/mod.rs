//! The write pipeline, one file per step: load (lock) → coerce → references → permit → defaults → compute → validate →
//! numbers → store → permit on the new row → history → cascade. `pipeline.rs` has the order, `save.rs`, `action.rs` and `evaluate.rs` the doors.
mod action;
pub(crate) mod backfill;
pub(crate) mod cascade;
mod coerce;
pub(crate) mod company;
pub(crate) mod compute;
mod defaults;
pub(crate) mod difference;
pub(crate) mod draft;
mod evaluate;
mod events;
mod files;
mod history;
mod inbox;
mod index;
pub(crate) mod known;
pub(crate) mod load;
mod numbers;
mod permit;
mod pipeline;
mod purge;
mod rates;
mod references;
mod save;
pub(crate) mod store;
mod validate;
pub(crate) mod view;
