//! Whether and how many records have no value in a field: asked before a field becomes required.
use kontor_definitions::{ColumnType, EntityId, FieldId, Value};
use rust_decimal::prelude::ToPrimitive;

use super::{Physical, ddl::quoted};
use crate::{error::StorageError, rows::all_of, tx::Tx, value::Reading};

impl Tx {
    /// Whether a record, archived ones included, has no value in a field. A field without a column yet has none anywhere.
    pub fn has_empty(&mut self, physical: &Physical, entity: EntityId, field: FieldId) -> Result<bool, StorageError> {
        let Some(table) = physical.tables.get(&entity) else { return Ok(false) };
        let filter =
            table.columns.get(&field).map_or_else(String::new, |column| format!(" WHERE {} IS NULL", quoted(&column.name)));
        let sql = format!("SELECT CAST(1 AS BIGINT) FROM {}{}{filter} LIMIT 1", self.prefix(), quoted(&table.name));
        Ok(!self.fetch(&sql, Vec::new(), &[Reading::Column(ColumnType::Integer)])?.is_empty())
    }

    /// Counts live records of an entity without a single line of another. Where lines have no table yet these are all of them.
    pub fn count_without_lines(&mut self, physical: &Physical, entity: EntityId, lines: EntityId) -> Result<u64, StorageError> {
        let Some(table) = physical.tables.get(&entity) else { return Ok(0) };
        let mut conditions = Vec::new();
        if let Some(archived) = table.columns.get(&FieldId::ARCHIVED_AT) {
            conditions.push(format!("above.{} IS NULL", quoted(&archived.name)));
        }
        if let Some(lines) = physical.tables.get(&lines) {
            let (id, parent) = (table.column(FieldId::ID)?, lines.column(FieldId::PARENT)?);
            conditions.push(format!(
                "NOT EXISTS (SELECT 1 FROM {}{} AS line WHERE line.{} = above.{})",
                self.prefix(),
                quoted(&lines.name),
                quoted(&parent.name),
                quoted(&id.name)
            ));
        }
        let sql = format!("SELECT count(*) FROM {}{} AS above{}", self.prefix(), quoted(&table.name), all_of(&conditions));
        let rows = self.fetch(&sql, Vec::new(), &[Reading::Column(ColumnType::Integer)])?;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Number(count)) => Ok(count.to_u64().unwrap_or_default()),
            _ => Err(StorageError::Bug("a count answered no number".to_owned())),
        }
    }

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
