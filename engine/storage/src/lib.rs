//! The only place that knows SQL, drivers and dialects.
//!
//! [`Store`] opens the data directory (SQLite: one control file, one file per tenant) or the PostgreSQL database
//! (a control schema, one schema per tenant) and owns the database threads. [`TenantDb`] hands jobs to them;
//! a job gets a [`Tx`] and is ordinary synchronous code. Business rows are read and written through the
//! `rows` functions of `Tx`, which demand an `access::Permit` and AND it into the statement.
//! System tables have one file of fixed SQL each under `system/`; tables come and go by [`schema::plan`].
//!
//! Start reading at `store.rs`, then `tenant.rs` (handing jobs in), `threads/` (running them), `tx.rs` and `rows.rs`.
mod bind;
pub mod cipher;
pub mod control;
mod error;
mod groups;
mod job;
mod lease;
mod lines;
mod marking;
mod migrations;
pub mod query;
mod rollups;
mod rotation;
mod rows;
pub mod schema;
mod server;
mod sql;
mod store;
pub mod system;
mod tenant;
#[cfg(test)]
mod tests;
mod threads;
mod tx;
mod value;
mod writes;
pub mod zone;

pub use bind::Bind;
pub use error::{Kind, StorageError};
pub use lease::Lease;
pub use marking::{Link, Marking};
pub use query::{Aggregation, Archived, Bucket, ColumnSort, Context, Group, Measure, Path, Query, Row, Search, Sort};
pub use rotation::Rotation;
pub use schema::{Physical, Plan, PlanError, PlanStep};
pub use store::{Dialect, Queue, Store, StoreConfig};
pub use tenant::{ControlDb, TenantDb};
pub use threads::guards::GuardKey;
pub use tx::Tx;
