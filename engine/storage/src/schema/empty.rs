//! How many records have no value in a field: asked before a field becomes required.
use kontor_definitions::{ColumnType, EntityId, FieldId, Value};
use rust_decimal::prelude::ToPrimitive;

use super::{Physical, ddl::quoted};
use crate::{error::StorageError, tx::Tx, value::Reading};

impl Tx {
    /// Counts live records without a value in a field. Where the field has no column yet these are all of them; where the
    /// entity has no table yet there are none.
    pub fn count_empty(&mut self, physical: &Physical, entity: EntityId, field: FieldId) -> Result<u64, StorageError> {
        let Some(table) = physical.tables.get(&entity) else { return Ok(0) };
        let mut conditions = Vec::new();
        if let Some(column) = table.columns.get(&field) {
            conditions.push(format!("{} IS NULL", quoted(&column.name)));
        }
        if let Some(archived) = table.columns.get(&FieldId::ARCHIVED_AT) {
            conditions.push(format!("{} IS NULL", quoted(&archived.name)));
        }
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let sql = format!("SELECT count(*) FROM {}{}{filter}", self.prefix(), quoted(&table.name));
        let rows = self.fetch(&sql, Vec::new(), &[Reading::Column(ColumnType::Integer)])?;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Number(count)) => Ok(count.to_u64().unwrap_or_default()),
            _ => Err(StorageError::Bug("a count answered no number".to_owned())),
        }
    }
}
