//! Rows of a table page by page and taken into the hand: how a publish goes through a table without keeping writers waiting.
use kontor_definitions::{ColumnType, EntityId, RecordId, Value};

use super::{AT_ONCE, Physical, ddl::quoted};
use crate::{bind::Bind, error::StorageError, query::Row, store::Dialect, system::cells::Cells, tx::Tx};

/// Rows that were asked for by id and are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Locked until the transaction ends.
    pub held: Vec<RecordId>,
    /// Locked by somebody else.
    pub busy: Vec<RecordId>,
}

impl Tx {
    /// Goes through all rows of a table, archived ones included, by their ids, a chunk at a time.
    pub fn each_chunk<E: From<StorageError>>(
        &mut self,
        physical: &Physical,
        entity: EntityId,
        mut work: impl FnMut(&mut Self, &[RecordId]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = None;
        loop {
            let ids = self.ids_within(physical, entity, (after, None), AT_ONCE)?;
            let Some(last) = ids.last() else { return Ok(()) };
            work(self, &ids)?;
            after = Some(*last);
        }
    }

    /// The ids of the rows behind one and up to another, archived ones included, in order. Whoever goes through a table while others write takes
    /// [`Self::last_id`] for the other: behind rows that are added faster than they are read there is no end.
    pub fn ids_within(
        &mut self,
        physical: &Physical,
        entity: EntityId,
        (after, until): (Option<RecordId>, Option<RecordId>),
        limit: usize,
    ) -> Result<Vec<RecordId>, StorageError> {
        let table = quoted(&physical.table(entity)?.name);
        let (mut conditions, mut binds) = (Vec::new(), Vec::new());
        for (operator, edge) in [(">", after), ("<=", until)] {
            if let Some(id) = edge {
                binds.push(Bind::id(id.0));
                conditions.push(format!("\"id\" {operator} ?{}", binds.len()));
            }
        }
        let within = if conditions.is_empty() { String::new() } else { format!("WHERE {} ", conditions.join(" AND ")) };
        let sql = format!("SELECT \"id\" FROM {{t}}{table} {within}ORDER BY \"id\" LIMIT {limit}");
        self.query(&sql, &binds, &[ColumnType::Uuid])?.into_iter().map(id).collect()
    }

    /// The largest id of a table; nothing if it is empty.
    pub fn last_id(&mut self, physical: &Physical, entity: EntityId) -> Result<Option<RecordId>, StorageError> {
        let table = quoted(&physical.table(entity)?.name);
        let sql = format!("SELECT \"id\" FROM {{t}}{table} ORDER BY \"id\" DESC LIMIT 1");
        self.query(&sql, &[], &[ColumnType::Uuid])?.into_iter().map(id).next().transpose()
    }

    /// Locks those of some rows that nobody else has locked, without waiting: no deadlock can come of it.
    pub fn claim(&mut self, physical: &Physical, entity: EntityId, ids: &[RecordId]) -> Result<Claim, StorageError> {
        if ids.is_empty() {
            return Ok(Claim::default());
        }
        let table = quoted(&physical.table(entity)?.name);
        let binds: Vec<Bind> = ids.iter().map(|id| Bind::id(id.0)).collect();
        let wanted = (1..=ids.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT \"id\" FROM {{t}}{table} WHERE \"id\" IN ({wanted}) ORDER BY \"id\"");
        let read = |tx: &mut Self, sql: &str| -> Result<Vec<RecordId>, StorageError> {
            tx.query(sql, &binds, &[ColumnType::Uuid])?.into_iter().map(id).collect()
        };
        let there = read(self, &sql)?;
        if self.dialect() == Dialect::Sqlite {
            return Ok(Claim { held: there, busy: Vec::new() });
        }
        let held = read(self, &format!("{sql} FOR NO KEY UPDATE SKIP LOCKED"))?;
        let busy = there.into_iter().filter(|id| !held.contains(id)).collect();
        Ok(Claim { held, busy })
    }

    /// How many rows a table has.
    pub fn count_rows(&mut self, physical: &Physical, entity: EntityId) -> Result<i64, StorageError> {
        let Some(table) = physical.tables.get(&entity) else { return Ok(0) };
        let rows = self.query(&format!("SELECT COUNT(*) FROM {{t}}{}", quoted(&table.name)), &[], &[ColumnType::Integer])?;
        Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())
    }

    /// Whether a table has more rows than that.
    pub fn has_more_than(&mut self, physical: &Physical, entity: EntityId, rows: usize) -> Result<bool, StorageError> {
        let Some(table) = physical.tables.get(&entity) else { return Ok(false) };
        let sql = format!("SELECT \"id\" FROM {{t}}{} LIMIT 1 OFFSET {rows}", quoted(&table.name));
        Ok(!self.query(&sql, &[], &[ColumnType::Uuid])?.is_empty())
    }
}

fn id(row: Row) -> Result<RecordId, StorageError> {
    match row.into_iter().next() {
        Some(Value::Id(id)) => Ok(RecordId(id)),
        _ => Err(StorageError::Bug("a row has no id".to_owned())),
    }
}
