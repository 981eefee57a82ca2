//! Which stored aspects of fields are filled, and in which way; their columns filled for rows that are there.
use kontor_definitions::{Aspect, ColumnType, EntityId, FieldId, RecordId, Value, aspect};

use super::cells::Cells;
use crate::{
    bind::Bind,
    error::StorageError,
    schema::{Physical, quoted},
    tx::Tx,
};

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
pub fn way(physical: &Physical, entity: EntityId, of: FieldId, aspect: Aspect) -> Option<String> {
    let columns = &physical.tables.get(&entity)?.columns;
    let made_of = columns.get(&of)?;
    columns.get(&of.aspect(aspect)).map(|_| format!("{} {}", aspect::version(aspect), made_of.name))
}

/// Fills aspects of fields for some rows from the values that stand there; what they hold already is left alone.
pub fn fill(
    tx: &mut Tx,
    physical: &Physical,
    (entity, aspects): (EntityId, &[(FieldId, Aspect)]),
    ids: &[RecordId],
) -> Result<(), StorageError> {
    if aspects.is_empty() || ids.is_empty() {
        return Ok(());
    }
    let table = physical.table(entity)?;
    let (mut columns, mut types) = ("\"id\"".to_owned(), vec![ColumnType::Uuid]);
    let mut changes = Vec::with_capacity(aspects.len());
    for (place, (of, what)) in (2..).zip(aspects) {
        let (value, made) = (table.column(*of)?, table.column(of.aspect(*what))?);
        columns.push_str(&format!(", {}, {}", quoted(&value.name), quoted(&made.name)));
        types.extend([value.ty, made.ty]);
        changes.push(format!("{} = v.column{place}", quoted(&made.name)));
    }
    let (table, wanted) =
        (quoted(&table.name), (1..=ids.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", "));
    let binds: Vec<Bind> = ids.iter().map(|id| Bind::id(id.0)).collect();
    let rows = tx.query(&format!("SELECT {columns} FROM {{t}}{table} WHERE \"id\" IN ({wanted})"), &binds, &types)?;
    let (mut binds, mut tuples) = (Vec::new(), Vec::new());
    for row in rows {
        let mut cells = row.into_iter();
        let Some(id) = cells.next() else { continue };
        let rest: Vec<Value> = cells.collect();
        let made: Vec<Value> = aspects
            .iter()
            .zip(rest.chunks(2))
            .map(|((_, what), pair)| aspect::stored(*what, pair.first().unwrap_or(&Value::Null)))
            .collect();
        if made.iter().zip(rest.chunks(2)).all(|(made, pair)| pair.get(1) == Some(made)) {
            continue;
        }
        let first = binds.len() + 1;
        binds.push(Bind(ColumnType::Uuid, id));
        let of_columns = types.iter().skip(2).step_by(2);
        binds.extend(made.into_iter().zip(of_columns).map(|(made, ty)| Bind(*ty, made)));
        let places = (first..=binds.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
        tuples.push(format!("({places})"));
    }
    if tuples.is_empty() {
        return Ok(());
    }
    let (changes, tuples) = (changes.join(", "), tuples.join(", "));
    let sql = format!("UPDATE {{t}}{table} AS r SET {changes} FROM (VALUES {tuples}) AS v WHERE r.\"id\" = v.column1");
    tx.execute(&sql, &binds).map(drop)
}
