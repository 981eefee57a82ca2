//! What can be asked of business tables: typed, by ids, already checked against the catalog.
use std::sync::{Arc, LazyLock};

use kontor_access::Rights;
use kontor_definitions::{
    Catalog, EntityId, FieldId, Value,
    expr::{Aggregate, Expr, eval::CompanyValues, function::date::Unit},
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
    /// `company.x` where records have no company of their own.
    pub company: &'a CompanyValues,
    /// The language in which a person sees translatable fields; without one they are as they are stored.
    pub locale: Option<&'a str>,
}

/// No company: for statements that definitions have no part in.
pub static NO_COMPANY: LazyLock<CompanyValues> = LazyLock::new(CompanyValues::default);

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

/// Words that must be found in a record: each of them in one of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The tokens of each word; all tokens of a word stand in the same field. Tokens are letters and digits only.
    pub words: Vec<Vec<String>>,
    /// The fields to look in, which the person may read somewhere; where on which rows follows from the permit.
    pub fields: Vec<FieldId>,
}

/// Groups of rows with measures. Answered columns are the groups' values, then the measures.
#[derive(Clone, Debug)]
pub struct Aggregation {
    /// The entity.
    pub entity: EntityId,
    /// What rows are grouped by.
    pub group: Vec<Group>,
    /// What is answered per group, behind the group's values.
    pub measures: Vec<Measure>,
    /// Only rows for which it holds.
    pub filter: Option<Arc<Expr>>,
    /// Only groups for which it holds; the parameter [`Aggregation::parameter`] stands for a column.
    pub having: Option<Arc<Expr>>,
    /// Order by columns; the groups' values are always added last, so that the order is total. Nulls as in [`Query::sort`].
    pub sort: Vec<ColumnSort>,
    /// What of the archive is seen.
    pub archived: Archived,
    /// At most so many groups.
    pub limit: u32,
    /// The zone (a name of the IANA database) that says on which day a moment falls.
    pub zone: String,
}

impl Aggregation {
    /// The parameter of `having` that stands for the column at this place; nobody can write its name.
    pub fn parameter(column: usize) -> String {
        format!("#{column}")
    }
}

/// What rows are grouped by: `status`, `month(order_date)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The field.
    pub path: Path,
    /// Days are put together, each group told by its first day.
    pub bucket: Option<Bucket>,
}

/// A stretch of the calendar as a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// A day.
    Day,
    /// Something longer.
    Unit(Unit),
}

/// A sort key of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSort {
    /// The place of the column.
    pub column: usize,
    /// Large before small.
    pub descending: bool,
}

/// A measure: `sum(total)`, `count()`, `count_distinct(customer)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// How.
    pub function: Aggregate,
    /// Equal values once; only with a count of something.
    pub distinct: bool,
    /// Of what; none for `count()`.
    pub path: Option<Path>,
}
