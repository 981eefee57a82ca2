//! What a tenant's definitions are at one revision: immutable, taken whole by every request.
use std::sync::Arc;

use kontor_access::Rights;
use kontor_definitions::Catalog;
use kontor_storage::{Context, Physical, query::NO_COMPANY};
use time::{Date, OffsetDateTime};

use crate::sources::Sources;

/// The definitions of one revision, checked, with the tables that hold their records.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The revision.
    pub revision: i64,
    /// Every name resolved, every expression typed.
    pub catalog: Arc<Catalog>,
    /// The tables and columns.
    pub physical: Arc<Physical>,
    /// The documents as text.
    pub sources: Arc<Sources>,
    /// Stands for exactly these documents, in whatever tenant.
    pub fingerprint: Arc<str>,
}

impl Snapshot {
    /// What statements over business rows need to know, for these rights at this moment.
    pub fn context<'a>(&'a self, rights: &'a Rights, now: OffsetDateTime, today: Date) -> Context<'a> {
        Context { catalog: &self.catalog, physical: &self.physical, rights, now, today, company: &NO_COMPANY, locale: None }
    }
}
