//! References of columns and tables that no definition uses: they must not hold back what is purged.
use kontor_definitions::{ColumnType, EntityId, FieldId, RecordId, Value};
use time::OffsetDateTime;

use super::{Physical, ddl::quoted};
use crate::{
    bind::Bind,
    error::StorageError,
    query::Row,
    system::{file, search},
    tx::Tx,
};

/// Where a foreign key that stands beside the columns of a SQLite table ends.
const END: &str = " ON DELETE RESTRICT";

impl Tx {
    /// A record goes for good: references to it in unused columns are emptied, and lines that it has in tables of removed
    /// entities, and links to it in those of removed `links` fields, go with it. Nothing that is in use is touched.
    pub fn unbind(
        &mut self,
        physical: &Physical,
        entity: EntityId,
        id: RecordId,
        at: OffsetDateTime,
    ) -> Result<(), StorageError> {
        for (owner, table) in &physical.tables {
            let former = table.former.iter().map(|(field, column)| (field, column, true));
            let columns = table.columns.iter().map(|(field, column)| (field, column, table.retired || column.retired));
            for (field, column, unused) in columns.chain(former) {
                if !unused || column.target != Some(entity) {
                    continue;
                }
                let (table_name, column_name) = (quoted(&table.name), quoted(&column.name));
                // A link is its reference: without it there is nothing left of the row.
                let is_link = field.0 == owner.0;
                if *field == FieldId::PARENT || is_link {
                    let sql = format!("SELECT \"id\" FROM {{t}}{table_name} WHERE {column_name} = ?1");
                    for row in self.query(&sql, &[Bind::id(id.0)], &[ColumnType::Uuid])? {
                        self.remove_unused(physical, *owner, id_of(&row)?, at)?;
                    }
                } else {
                    let sql = format!("UPDATE {{t}}{table_name} SET {column_name} = NULL WHERE {column_name} = ?1");
                    self.execute(&sql, &[Bind::id(id.0)])?;
                }
            }
        }
        Ok(())
    }

    /// Removes a row of a removed entity, with what holds it and what it holds.
    fn remove_unused(
        &mut self,
        physical: &Physical,
        entity: EntityId,
        id: RecordId,
        at: OffsetDateTime,
    ) -> Result<(), StorageError> {
        self.unbind(physical, entity, id, at)?;
        file::release_record(self, entity, id, at)?;
        search::remove(self, entity, id)?;
        let sql = format!("DELETE FROM {{t}}{} WHERE \"id\" = ?1", quoted(&physical.table(entity)?.name));
        self.execute(&sql, &[Bind::id(id.0)]).map(drop)
    }

    /// Takes the foreign key of a column out of the statement of a SQLite table, where it stands beside the columns: SQLite drops
    /// no column that such a key names. Tables of earlier versions have them; what is stored does not change by it.
    pub(super) fn free_of_foreign_key(&mut self, table: &str, column: &str) -> Result<(), StorageError> {
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let rows = self.query(sql, &[Bind::text(table)], &[ColumnType::Text])?;
        let Some(Value::Text(statement)) = rows.first().and_then(|row| row.first()) else { return Ok(()) };
        let Some(without) = without_key(statement, column) else { return Ok(()) };
        let rows = self.query("PRAGMA schema_version", &[], &[ColumnType::Integer])?;
        let Some(Value::Number(version)) = rows.first().and_then(|row| row.first()) else {
            return Err(StorageError::Bug("SQLite does not tell the version of its schema".to_owned()));
        };
        let next = version + rust_decimal::Decimal::ONE;
        self.execute("PRAGMA writable_schema = ON", &[])?;
        let changed = "UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2";
        self.execute(changed, &[Bind::text(without), Bind::text(table)])?;
        self.execute(&format!("PRAGMA schema_version = {next}"), &[])?;
        self.execute("PRAGMA writable_schema = RESET", &[]).map(drop)
    }
}

fn id_of(row: &Row) -> Result<RecordId, StorageError> {
    match row.first() {
        Some(Value::Id(id)) => Ok(RecordId(*id)),
        _ => Err(StorageError::Bug("a row has no id".to_owned())),
    }
}

/// A table's statement without the foreign key of a column; none where there is no such key beside the columns.
fn without_key(statement: &str, column: &str) -> Option<String> {
    let (before, rest) = statement.split_once(&format!(" FOREIGN KEY ({}) REFERENCES ", quoted(column)))?;
    let (before, _name) = before.rsplit_once(", CONSTRAINT ")?;
    let (_key, after) = rest.split_once(END)?;
    Some(format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::without_key;

    #[test]
    fn a_foreign_key_beside_the_columns_is_taken_out() {
        let key = |name: &str, column: &str| {
            format!(", CONSTRAINT \"{name}\" FOREIGN KEY (\"{column}\") REFERENCES \"c\" (\"id\") ON DELETE RESTRICT")
        };
        let [start, end] = ["CREATE TABLE \"t\" (\"id\" BLOB, CONSTRAINT \"p\" PRIMARY KEY (\"id\")", ") STRICT"];
        let both = format!("{start}{}{}{end}", key("f1", "a"), key("f2", "b"));
        assert_eq!(without_key(&both, "a").unwrap(), format!("{start}{}{end}", key("f2", "b")));
        assert_eq!(without_key(&both, "b").unwrap(), format!("{start}{}{end}", key("f1", "a")));
        assert_eq!(without_key(&both, "c"), None);
        let column = "CREATE TABLE \"t\" (\"a\" BLOB CONSTRAINT \"f\" REFERENCES \"c\" (\"id\") ON DELETE RESTRICT) STRICT";
        assert_eq!(without_key(column, "a"), None);
    }
}
