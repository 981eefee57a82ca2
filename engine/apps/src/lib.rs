//! Tenants and the definitions they live by: draft, check, plan, publish, revisions, packages.
//!
//! A [`Tenant`] holds one immutable [`Snapshot`] that is swapped whole when a revision goes live; a request takes
//! one `Arc<Snapshot>` and keeps it to the end. Nothing here touches business records beyond applying a plan's steps
//! and setting up a tenant's first people; stored derived fields are filled through [`Backfill`], the words by which
//! records are found by [`search`], sort keys and folded texts by [`aspects`].
//!
//! Start reading at `tenant.rs`, then `release.rs`: the one way in which definitions go live.
mod access;
mod act;
mod apps;
pub mod aspects;
mod backfill;
mod base;
pub mod companies;
mod compile;
mod derived;
pub mod draft;
mod duplicates;
mod error;
mod leftover;
mod losses;
mod moment;
mod outline;
pub mod package;
mod people;
mod phases;
mod reading;
mod recover;
mod release;
mod remembered;
mod required;
pub mod revisions;
mod rights;
pub mod search;
mod snapshot;
mod sources;
mod tenant;
#[cfg(test)]
mod tests;
mod unused;
mod upgrade;

pub use act::Act;
pub use apps::{Admin, Apps};
pub use backfill::{Backfill, BackfillWork, NoBackfill, Rows, Since, Stage, Totals, Was};
pub use base::base;
pub use companies::{Companies, Company};
pub use compile::{Compiled, compile, key_of_file};
pub use error::{AppError, PackageProblem};
pub use outline::Outline;
pub use people::NewUser;
pub use release::Publishing;
pub use required::Defaults;
pub use snapshot::Snapshot;
pub use sources::{DocumentKey, Sources};
pub use tenant::{Begin, Tenant};
pub use unused::{Purging, UnusedKind, UnusedPart};
