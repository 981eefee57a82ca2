//! The only place that knows SQL, drivers and dialects.
//!
//! [`Store`] opens the data directory (SQLite: one control file, one file per tenant) or the PostgreSQL database
//! (a control schema, one schema per tenant) and owns the database threads. [`TenantDb`] hands jobs to them;
//! a job gets a [`Tx`] and is ordinary synchronous code. Business rows are read and written through the
//! `rows` functions of `Tx`, which demand an `access::Permit` and AND it into the statement.
//! System tables have one file of fixed SQL each under `system/`; tables come and go by [`schema::plan`].
//!
//! Start reading at `store.rs`, then `tx.rs`.
mod bind;
pub mod control;
mod error;
mod migrations;
pub mod query;
pub mod schema;
mod store;
pub mod system;
mod tx;

pub use bind::Bind;
pub use error::{Kind, StorageError};
pub use query::{Aggregation, Archived, Context, Measure, Path, Query, Row, Sort};
pub use schema::{Physical, Plan, PlanStep};
pub use store::{ControlDb, Dialect, Queue, Store, StoreConfig, TenantDb};
pub use tx::Tx;
