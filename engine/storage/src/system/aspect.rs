//! Which stored aspects of fields are filled, and in which way; their columns filled for rows that are there.
use kontor_access::Permit;
use kontor_definitions::{Aspect, ColumnType, EntityId, FieldId, RecordId, Value, aspect};

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, query::Context, schema::quoted, sql::Writer, tx::Tx};

/// A stored aspect of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filled {
    /// The entity's id.
    pub entity: String,
    /// The field's id.
    pub field: String,
    /// The aspect's name.
    pub aspect: String,
    /// What its values depend on besides those of the field.
    pub way: String,
}

const ALL: &str = "SELECT entity, field, aspect, way FROM {t}aspect ORDER BY entity, field, aspect";
const PUT: &str = "INSERT INTO {t}aspect (entity, field, aspect, way) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (entity, field, aspect) DO UPDATE SET way = excluded.way";
const REMOVE: &str = "DELETE FROM {t}aspect WHERE entity = ?1 AND field = ?2 AND aspect = ?3";

/// The aspects that are filled, in order.
pub fn all(tx: &mut Tx) -> Result<Vec<Filled>, StorageError> {
    let decode = |row| {
        let mut cells = Cells::of(row);
        Ok(Filled { entity: cells.text()?, field: cells.text()?, aspect: cells.text()?, way: cells.text()? })
    };
    tx.query(ALL, &[], &[ColumnType::Text; 4])?.into_iter().map(decode).collect()
}

/// Remembers that an aspect is filled.
pub fn put(tx: &mut Tx, filled: &Filled) -> Result<(), StorageError> {
    let Filled { entity, field, aspect, way } = filled;
    let binds = [entity, field, aspect, way].map(|text| Bind::text(text.as_str()));
    tx.execute(PUT, &binds).map(drop)
}

/// Remembers that an aspect is filled no longer.
pub fn remove(tx: &mut Tx, filled: &Filled) -> Result<(), StorageError> {
    let Filled { entity, field, aspect, .. } = filled;
    let binds = [entity, field, aspect].map(|text| Bind::text(text.as_str()));
    tx.execute(REMOVE, &binds).map(drop)
}

/// The way in which an aspect of a field is filled: the version of its making, and the column it is made of, which is another
/// one after a change of type. `None` where one of the columns is not there.
pub fn way(context: Context<'_>, entity: EntityId, of: FieldId, aspect: Aspect) -> Option<String> {
    let columns = &context.physical.tables.get(&entity)?.columns;
    let made_of = columns.get(&of)?;
    columns.get(&of.aspect(aspect)).map(|_| format!("{} {}", aspect::version(aspect), made_of.name))
}

/// Fills an aspect of a field for rows with these values.
pub fn fill(
    tx: &mut Tx,
    context: Context<'_>,
    _permit: &Permit,
    (entity, of, aspect): (EntityId, FieldId, Aspect),
    values: &[(RecordId, &Value)],
) -> Result<(), StorageError> {
    if values.is_empty() {
        return Ok(());
    }
    let column = context.physical.table(entity)?.column(of.aspect(aspect))?;
    let mut writer = Writer::new(context, tx.dialect(), tx.prefix());
    let mut rows = Vec::with_capacity(values.len());
    for (record, value) in values {
        let made = writer.bind(&Bind(column.ty, aspect::stored(aspect, value)))?;
        rows.push(format!("({}, {made})", writer.bind(&Bind::id(record.0))?));
    }
    let (table, column) = (writer.table(entity)?, quoted(&column.name));
    let sql = format!(
        "UPDATE {table} SET {column} = v.column2 FROM (VALUES {}) AS v WHERE {table}.\"id\" = v.column1",
        rows.join(", ")
    );
    let (sql, bound) = writer.finish(&sql);
    tx.run(&sql, bound).map(drop)
}
