//! Aggregates over lines and over records that refer to a row: sub-selects; null values are skipped.
use kontor_access::Action;
use kontor_definitions::{
    ColumnType, EntityId, Field, FieldId, FieldType,
    expr::{Aggregate, Expr, decimal::MAX_SCALE},
    model::field::RollupFunction,
};

use super::{
    number::{self, FUNCTIONS_SCHEMA},
    writer::{Place, Term, View, Writer},
};
use crate::{error::StorageError, store::Dialect, value::Reading};

/// What is combined: rows of an entity that point to a row.
struct Rows<'a> {
    entity: EntityId,
    /// The column of theirs that points.
    link: FieldId,
    view: View<'a>,
}

impl<'a> Writer<'a> {
    /// `lines.sum(|l| …)` in an expression.
    pub(super) fn lines_aggregate(
        &mut self,
        function: Aggregate,
        scope: u8,
        path: &[FieldId],
        body: Option<&'a Expr>,
        filter: Option<&'a Expr>,
    ) -> Result<Term, StorageError> {
        let (lines, references) = path.split_last().ok_or_else(|| StorageError::Bug("an empty path".to_owned()))?;
        let lines = *lines;
        self.along(scope, references, |writer, place| {
            let rows = writer.lines_of(place, lines)?;
            let shown = writer.shown(place, lines)?;
            writer.combined(function, place, &rows, |writer| {
                let value = match (function, body) {
                    (Aggregate::Any, Some(body)) => Some(Term::column(writer.condition(body)?, ColumnType::Boolean)),
                    (Aggregate::All, Some(body)) => {
                        Some(Term::column(format!("NOT {}", writer.certain(body)?), ColumnType::Boolean))
                    }
                    (_, Some(body)) => Some(writer.value(body)?),
                    (_, None) => None,
                };
                let mut conditions: Vec<String> = shown.into_iter().collect();
                if let Some(filter) = filter {
                    conditions.push(writer.condition(filter)?);
                }
                Ok((value, conditions))
            })
        })
    }

    fn lines_of(&self, place: &Place<'a>, lines: FieldId) -> Result<Rows<'a>, StorageError> {
        let field = self.find(place.entity, lines)?;
        let FieldType::Lines { entity, .. } = field.ty else {
            return Err(StorageError::Bug(format!("{} holds no lines", field.name)));
        };
        let refused = || StorageError::Bug(format!("the lines of {} may not be read and were asked for", field.name));
        let view = match place.view {
            View::Definer => View::Definer,
            View::Person(_) => View::Person(self.context.rights.permit(Action::Read, entity).ok_or_else(refused)?),
        };
        Ok(Rows { entity, link: FieldId::PARENT, view })
    }

    /// The condition on the row under which its lines are shown; `None` when always.
    fn shown(&mut self, place: &Place<'a>, lines: FieldId) -> Result<Option<String>, StorageError> {
        let View::Person(permit) = place.view else { return Ok(None) };
        match permit.reach(lines) {
            kontor_access::FieldReach::Always => Ok(None),
            kontor_access::FieldReach::Never => Err(StorageError::Bug("lines that may not be read were asked for".to_owned())),
            kontor_access::FieldReach::Grants(grants) => self.rows_of(permit, &grants, place).map(Some),
        }
    }

    /// A roll-up that is computed when read; its row is the innermost scope.
    pub(super) fn rollup(&mut self, field: &'a Field) -> Result<Term, StorageError> {
        let FieldType::Rollup { lines, of, function, field: value, filter, .. } = &field.ty else {
            return Err(StorageError::Bug(format!("{} is no roll-up", field.name)));
        };
        let place = self.place(0)?;
        let rows = match of {
            Some(entity) => Rows { entity: *entity, link: *lines, view: View::Definer },
            None => self.lines_of(&place, *lines)?,
        };
        let function = match function {
            RollupFunction::Sum => Aggregate::Sum,
            RollupFunction::Count => Aggregate::Count,
            RollupFunction::Min => Aggregate::Min,
            RollupFunction::Max => Aggregate::Max,
            RollupFunction::Average => Aggregate::Average,
        };
        self.combined(function, &place, &rows, |writer| {
            let inner = writer.innermost()?;
            let value = value.map(|value| writer.field(&inner, value)).transpose()?;
            let condition = match filter {
                // A roll-up's filter stands on the line itself.
                Some(filter) => Some(writer.standing_on(&inner, |writer| writer.condition(filter))?),
                None => None,
            };
            Ok((value, condition.into_iter().collect()))
        })
    }

    /// One sub-select over the rows that point to `place`.
    fn combined(
        &mut self,
        function: Aggregate,
        place: &Place<'a>,
        rows: &Rows<'a>,
        parts: impl FnOnce(&mut Self) -> Result<(Option<Term>, Vec<String>), StorageError>,
    ) -> Result<Term, StorageError> {
        let id = self.column(&place.alias, place.entity, FieldId::ID)?;
        let inner = self.open(rows.entity, rows.view);
        let (value, mut conditions) = parts(self)?;
        conditions.insert(0, format!("{} = {id}", self.column(&inner.alias, rows.entity, rows.link)?));
        if self.entity(rows.entity)?.field(FieldId::ARCHIVED_AT).is_some() {
            conditions.push(format!("{} IS NULL", self.column(&inner.alias, rows.entity, FieldId::ARCHIVED_AT)?));
        }
        if let View::Person(permit) = rows.view {
            conditions.extend(self.rows(permit, &inner)?);
        }
        let from = self.close()?;
        if let (Aggregate::Any | Aggregate::All, Some(value)) = (function, &value) {
            // Databases choose the order of a conjunction, and what is asked of a line may fail on one that is not meant.
            let link = conditions.first().cloned().unwrap_or_default();
            let asked = format!("CASE WHEN {} THEN {} END", conditions.join(" AND "), value.sql);
            let exists = format!("EXISTS (SELECT 1 FROM {from} WHERE {link} AND {asked})");
            let sql = if function == Aggregate::Any { exists } else { format!("(NOT {exists})") };
            return Ok(Term::column(sql, ColumnType::Boolean));
        }
        let conditions = conditions.join(" AND ");
        // An aggregate whose argument names no column of these rows would belong to the statement around it.
        let foreign = value.as_ref().filter(|value| !value.sql.contains(&format!("{}.", inner.alias))).cloned();
        let (value, source) = match foreign {
            Some(value) => {
                let alias = self.alias();
                let source = format!("(SELECT {} AS \"value\" FROM {from} WHERE {conditions}) AS {alias}", value.sql);
                (Some(Term { sql: format!("{alias}.\"value\""), ..value }), source)
            }
            None => (value, format!("{from} WHERE {conditions}")),
        };
        let combined = combined_term(self.dialect, function, value.as_ref())?;
        Ok(Term { sql: format!("(SELECT {} FROM {source})", combined.sql), ..combined })
    }
}

/// The aggregate function over a value of many rows.
pub(crate) fn combined_term(dialect: Dialect, function: Aggregate, value: Option<&Term>) -> Result<Term, StorageError> {
    let Some(value) = value else {
        return match function {
            Aggregate::Count => Ok(Term::column("COUNT(*)".to_owned(), ColumnType::Integer)),
            _ => Err(StorageError::Bug("an aggregate of nothing".to_owned())),
        };
    };
    let (sql, scale) = (&value.sql, value.scale());
    let numeric = number::numeric(value);
    let computed = |sql: String, scale: u8| Ok(Term { sql, reading: Reading::Computed { scale } });
    match (function, dialect) {
        (Aggregate::Sum, Dialect::Sqlite) => computed(format!("k_sum({sql}, {scale})"), scale),
        (Aggregate::Sum, Dialect::Postgres) => {
            computed(format!("{FUNCTIONS_SCHEMA}.fit(COALESCE(SUM({numeric}), 0), {scale})"), scale)
        }
        (Aggregate::Average, Dialect::Sqlite) => computed(format!("k_average({sql}, {scale})"), MAX_SCALE),
        (Aggregate::Average, Dialect::Postgres) => {
            computed(format!("{FUNCTIONS_SCHEMA}.divide(SUM({numeric}), COUNT({numeric}), {MAX_SCALE})"), MAX_SCALE)
        }
        (Aggregate::Min, _) => Ok(Term { sql: format!("MIN({sql})"), reading: value.reading }),
        (Aggregate::Max, _) => Ok(Term { sql: format!("MAX({sql})"), reading: value.reading }),
        (Aggregate::Count, _) => Ok(Term::column(format!("COUNT({sql})"), ColumnType::Integer)),
        (Aggregate::Any | Aggregate::All, _) => Err(StorageError::Bug("a condition is no measure".to_owned())),
    }
}
