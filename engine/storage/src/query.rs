//! What can be asked of business tables: typed, by ids, already checked against the catalog.
use std::sync::Arc;

use kontor_access::Rights;
use kontor_definitions::{
    Catalog, EntityId, FieldId, Value,
    expr::{Aggregate, Expr},
};
use time::{Date, OffsetDateTime};

use crate::schema::Physical;

/// References to follow from the queried entity, then the field: `customer.country`.
pub type Path = Vec<FieldId>;

/// One answered row: the values of the asked columns, in order.
pub type Row = Vec<Value>;

/// What statements over business rows depend on besides themselves.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The definitions the request began with.
    pub catalog: &'a Catalog,
    /// Where their tables and columns are.
    pub physical: &'a Physical,
    /// Whose rights hold: the read permit of every entity that a path, filter or sort touches is applied from here.
    pub rights: &'a Rights,
    /// `now()`
    pub now: OffsetDateTime,
    /// `today()`: the day in the company's zone.
    pub today: Date,
}

/// Rows of one entity.
#[derive(Clone, Debug)]
pub struct Query {
    /// The entity.
    pub entity: EntityId,
    /// What is answered per row; a column the person may not read is refused by the caller, never here silently dropped.
    pub columns: Vec<Path>,
    /// Only rows for which it holds.
    pub filter: Option<Arc<Expr>>,
    /// Order; the id is always added last, so that the order is total. Nulls sort first upwards, on both databases.
    pub sort: Vec<Sort>,
    /// Continue behind this place: the values of the sort keys of the last row seen, its id last.
    pub after: Option<Vec<Value>>,
    /// At most so many rows.
    pub limit: u32,
    /// What of the archive is seen.
    pub archived: Archived,
}

/// One sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What is compared.
    pub path: Path,
    /// Large before small.
    pub descending: bool,
}

/// What of the archive is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Archived {
    /// Live records only.
    #[default]
    Without,
    /// All.
    With,
    /// Archived ones only.
    Only,
}

/// Groups of rows with measures.
#[derive(Clone, Debug)]
pub struct Aggregation {
    /// The entity.
    pub entity: EntityId,
    /// What rows are grouped by.
    pub group: Vec<Path>,
    /// What is answered per group, behind the group's values.
    pub measures: Vec<Measure>,
    /// Only rows for which it holds.
    pub filter: Option<Arc<Expr>>,
    /// What of the archive is seen.
    pub archived: Archived,
    /// At most so many groups, ordered by the group's values.
    pub limit: u32,
}

/// A measure: `sum(total)`, `count()`.
#[derive(Clone, Debug)]
pub struct Measure {
    /// How.
    pub function: Aggregate,
    /// Of what; none for `count()`.
    pub path: Option<Path>,
}
