//! Tenants and the definitions they live by: draft, check, plan, publish, revisions, packages.
//!
//! A [`Tenant`] holds one immutable [`Snapshot`] that is swapped whole when a revision goes live; a request takes
//! one `Arc<Snapshot>` and keeps it to the end. Nothing here touches business records beyond applying a plan's steps.
//!
//! Start reading at `tenant.rs`, then `publish.rs`.
