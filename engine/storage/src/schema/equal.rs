//! Records with equal values in fields that shall become unique: counted before the index is built.
use kontor_definitions::{ColumnType, FieldId, Value};
use rust_decimal::prelude::ToPrimitive;

use super::{IndexSpec, Physical, PlanAction, PlanStep, ddl::quoted};
use crate::{error::StorageError, tx::Tx};

/// Records with equal values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Equal {
    /// All records that have the values of another one.
    pub rows: u64,
    /// A few of the values that occur more than once, each with how often; the most frequent first.
    pub examples: Vec<(Vec<Value>, u64)>,
}

impl Tx {
    /// What keeps the unique index of a step from being built. Nothing for other steps, and nothing where one of the fields
    /// has no values yet or gets its values by the same plan.
    pub fn equal(&mut self, physical: &Physical, step: &PlanStep, moved: &[FieldId]) -> Result<Equal, StorageError> {
        let PlanAction::CreateIndex { index } = &step.action else { return Ok(Equal::default()) };
        let Some(table) = physical.tables.get(&step.entity_id).filter(|_| index.unique) else { return Ok(Equal::default()) };
        let columns: Option<Vec<_>> = index.fields.iter().map(|field| table.columns.get(field)).collect();
        let Some(columns) = columns.filter(|_| !index.fields.iter().any(|field| moved.contains(field))) else {
            return Ok(Equal::default());
        };
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.found_by())).collect();
        let types: Vec<ColumnType> = columns.iter().map(|column| column.ty).collect();
        self.count_equal(&quoted(&table.name), index, &names, types)
    }

    fn count_equal(
        &mut self,
        table: &str,
        index: &IndexSpec,
        names: &[String],
        mut types: Vec<ColumnType>,
    ) -> Result<Equal, StorageError> {
        let mut conditions: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        if index.live_only {
            conditions.push("\"archived_at\" IS NULL".to_owned());
        }
        let (list, conditions) = (names.join(", "), conditions.join(" AND "));
        let groups =
            format!("SELECT {list}, count(*) AS n FROM {{t}}{table} WHERE {conditions} GROUP BY {list} HAVING count(*) > 1");
        let total = format!("SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM ({groups}) AS g");
        let rows = self.query(&total, &[], &[ColumnType::Integer])?;
        let rows = rows.first().and_then(|row| row.first()).map_or(Ok(0), count)?;
        if rows == 0 {
            return Ok(Equal::default());
        }
        types.push(ColumnType::Integer);
        let shown = self.query(&format!("{groups} ORDER BY n DESC, {list} LIMIT 3"), &[], &types)?;
        let hidden = |(value, ty): (Value, &ColumnType)| match ty {
            ColumnType::Encrypted(_) => Value::Text("••••••".to_owned()),
            _ => value,
        };
        let shown = shown.into_iter().map(|row| row.into_iter().zip(&types).map(hidden).collect::<Vec<_>>());
        let examples = shown.filter_map(|mut row| row.pop().map(|n| count(&n).map(|n| (row, n))));
        Ok(Equal { rows, examples: examples.collect::<Result<_, _>>()? })
    }
}

fn count(value: &Value) -> Result<u64, StorageError> {
    match value {
        Value::Number(number) => Ok(number.to_u64().unwrap_or_default()),
        _ => Err(StorageError::Bug("a count answered no number".to_owned())),
    }
}
