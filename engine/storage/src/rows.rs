//! Business rows read: every function demands a permit and ANDs it into its statement.
use kontor_access::Permit;
use kontor_definitions::{FieldId, Value};
use rust_decimal::prelude::ToPrimitive as _;

use crate::{
    error::StorageError,
    query::{Archived, Context, Query, Row, Search, Sort},
    sql::{Place, Term, View, Writer},
    store::Dialect,
    system::search::often,
    tx::Tx,
    value::Reading,
};

impl Tx {
    /// Reads rows under the person's read permits (`context.rights`), or under `permit` for the queried entity where given
    /// (update and delete permits, when an action looks for the rows it may touch).
    pub fn select(&mut self, context: Context<'_>, permit: &Permit, query: &Query) -> Result<Vec<Row>, StorageError> {
        self.read(context, permit, query, None, false)
    }

    /// The same, and nobody purges these rows before the transaction ends; they may still be changed.
    pub fn select_held(&mut self, context: Context<'_>, permit: &Permit, query: &Query) -> Result<Vec<Row>, StorageError> {
        self.read(context, permit, query, None, self.dialect() == Dialect::Postgres)
    }

    /// The same, and only rows in which words are found.
    pub fn select_found(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        query: &Query,
        search: Option<&Search>,
    ) -> Result<Vec<Row>, StorageError> {
        self.read(context, permit, query, search, false)
    }

    fn read(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        query: &Query,
        search: Option<&Search>,
        hold: bool,
    ) -> Result<Vec<Row>, StorageError> {
        let often = match (search, self.dialect()) {
            (Some(search), Dialect::Sqlite) => often(self, &search.words)?,
            (Some(_), Dialect::Postgres) | (None, _) => Vec::new(),
        };
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let place = writer.open(query.entity, View::Person(permit));
        let mut terms = query.columns.iter().map(|path| writer.path(0, path)).collect::<Result<Vec<_>, _>>()?;
        let opening = writer.opening(&query.columns, 0, &mut terms)?;
        let mut conditions = conditions(&mut writer, permit, &place, query)?;
        if let Some(search) = search {
            conditions.extend(writer.found(permit, &place, search, &often)?);
        }
        let keys = sort_keys(&mut writer, &query.sort)?;
        if let Some(after) = &query.after {
            conditions.push(behind(&mut writer, &keys, after)?);
        }
        let order: Vec<String> = keys.iter().map(Key::order).collect();
        let from = writer.close()?;
        let columns: Vec<&str> = terms.iter().map(|term| term.sql.as_str()).collect();
        let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let hold = if hold { format!(" FOR KEY SHARE OF {}", place.alias) } else { String::new() };
        let (limit, order) = (query.limit, order.join(", "));
        let sql = format!("SELECT {columns} FROM {from}{} ORDER BY {order} LIMIT {limit}{hold}", all_of(&conditions));
        let readings: Vec<Reading> = terms.iter().map(|term| term.reading).collect();
        let (sql, values) = writer.finish(&sql);
        let mut rows = self.fetch(&sql, values, &readings)?;
        opening.open(context.physical, &mut rows)?;
        Ok(rows)
    }

    /// Counts the rows a query would answer without its limit and place.
    pub fn count(&mut self, context: Context<'_>, permit: &Permit, query: &Query) -> Result<u64, StorageError> {
        self.count_found(context, permit, query, None)
    }

    /// The same, and only rows in which words are found.
    pub fn count_found(
        &mut self,
        context: Context<'_>,
        permit: &Permit,
        query: &Query,
        search: Option<&Search>,
    ) -> Result<u64, StorageError> {
        let mut writer = Writer::new(context, self.dialect(), self.prefix());
        let place = writer.open(query.entity, View::Person(permit));
        let mut conditions = conditions(&mut writer, permit, &place, query)?;
        if let Some(search) = search {
            // Every row counts, so none is walked to.
            conditions.extend(writer.found(permit, &place, search, &[])?);
        }
        let from = writer.close()?;
        let (sql, values) = writer.finish(&format!("SELECT COUNT(*) FROM {from}{}", all_of(&conditions)));
        let rows = self.fetch(&sql, values, &[Reading::Column(kontor_definitions::ColumnType::Integer)])?;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Number(count)) => Ok(count.to_u64().unwrap_or_default()),
            _ => Err(StorageError::Bug("a count answered no number".to_owned())),
        }
    }
}

/// ` WHERE …`, or nothing.
pub(crate) fn all_of(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

/// The permit's rows, what of the archive is seen, the filter.
pub(crate) fn conditions<'a>(
    writer: &mut Writer<'a>,
    permit: &'a Permit,
    place: &Place<'a>,
    query: &'a Query,
) -> Result<Vec<String>, StorageError> {
    let mut all: Vec<String> = writer.rows(permit, place)?.into_iter().collect();
    if writer.entity(query.entity)?.field(FieldId::ARCHIVED_AT).is_some() {
        let archived = writer.column(&place.alias, place.entity, FieldId::ARCHIVED_AT)?;
        match query.archived {
            Archived::Without => all.push(format!("{archived} IS NULL")),
            Archived::Only => all.push(format!("{archived} IS NOT NULL")),
            Archived::With => {}
        }
    }
    if let Some(filter) = &query.filter {
        all.push(format!("({})", writer.condition(filter)?));
    }
    Ok(all)
}

/// One key of an ORDER BY: nulls come first upwards and last downwards, on both databases.
pub(crate) fn ordered(term: &Term, descending: bool) -> String {
    format!("{} {}", term.sql, if descending { "DESC NULLS LAST" } else { "ASC NULLS FIRST" })
}

/// What rows are ordered by.
struct Key {
    term: Term,
    descending: bool,
}

impl Key {
    fn order(&self) -> String {
        ordered(&self.term, self.descending)
    }
}

/// The asked keys and, unless it is among them, the id: the order is total.
fn sort_keys(writer: &mut Writer<'_>, sorts: &[Sort]) -> Result<Vec<Key>, StorageError> {
    let mut keys = Vec::new();
    for sort in sorts {
        keys.push(Key { term: writer.path(0, &sort.path)?, descending: sort.descending });
        if sort.path == [FieldId::ID] {
            return Ok(keys);
        }
    }
    keys.push(Key { term: writer.path(0, &[FieldId::ID])?, descending: false });
    Ok(keys)
}

/// The rows behind a place: equal in the keys before one, and behind in that one.
fn behind(writer: &mut Writer<'_>, keys: &[Key], after: &[Value]) -> Result<String, StorageError> {
    if keys.len() != after.len() {
        return Err(StorageError::Bug(format!("a place of {} values for {} sort keys", after.len(), keys.len())));
    }
    let mut ways = Vec::new();
    let mut equal: Vec<String> = Vec::new();
    for (Key { term, descending }, value) in keys.iter().zip(after) {
        let sql = &term.sql;
        let (same, further) = match (value, descending) {
            (Value::Null, false) => (format!("({sql}) IS NULL"), format!("({sql}) IS NOT NULL")),
            (Value::Null, true) => (format!("({sql}) IS NULL"), "FALSE".to_owned()),
            (value, false) => {
                let bound = writer.bind_like(term, value)?;
                (format!("({sql}) = {bound}"), format!("({sql}) > {bound}"))
            }
            (value, true) => {
                let bound = writer.bind_like(term, value)?;
                (format!("({sql}) = {bound}"), format!("(({sql}) < {bound} OR ({sql}) IS NULL)"))
            }
        };
        let mut way = equal.clone();
        way.push(further);
        ways.push(format!("({})", way.join(" AND ")));
        equal.push(same);
    }
    Ok(format!("({})", ways.join(" OR ")))
}
