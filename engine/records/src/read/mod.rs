//! Reading: parameters to typed queries, rows to JSON.
pub(crate) mod aggregate;
pub(crate) mod answer;
pub(crate) mod filter;
mod find;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod proof;
pub(crate) mod search;
pub(crate) mod selection;
mod sorting;
pub(crate) mod visible;
