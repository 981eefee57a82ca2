//! What stays of purged records: that they were there, who purged them, and the hash that closed their history.
use kontor_definitions::{ColumnType, EntityId, RecordId};
use time::OffsetDateTime;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, schema::quoted, tx::Tx};

/// A purged record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The record.
    pub record: RecordId,
    /// Its entity.
    pub entity: EntityId,
    /// When.
    pub purged_at: OffsetDateTime,
    /// Who.
    pub purged_by: RecordId,
    /// The hash of its last revision; empty where its entity keeps no history.
    pub history_hash: String,
}

const PUT: &str = "INSERT INTO {t}tombstone (record, entity, purged_at, purged_by, history_hash) VALUES (?1, ?2, ?3, ?4, ?5)";
const PUT_ALL: &str = "INSERT INTO {t}tombstone (record, entity, purged_at, purged_by, history_hash)
SELECT r.\"id\", ?1, ?2, ?3, COALESCE((SELECT h.hash FROM {t}history h WHERE h.record = r.\"id\" ORDER BY h.revision DESC LIMIT 1), '')
FROM {t}{table} r";
const GET: &str = "SELECT record, entity, purged_at, purged_by, history_hash FROM {t}tombstone WHERE record = ?1";
const TYPES: [ColumnType; 5] = [ColumnType::Uuid, ColumnType::Text, ColumnType::Instant, ColumnType::Uuid, ColumnType::Text];

/// Sets the tombstone of a record.
pub fn put(tx: &mut Tx, tombstone: &Tombstone) -> Result<(), StorageError> {
    let binds = [
        Bind::id(tombstone.record.0),
        Bind::text(tombstone.entity.to_string()),
        Bind::instant(tombstone.purged_at),
        Bind::id(tombstone.purged_by.0),
        Bind::text(tombstone.history_hash.as_str()),
    ];
    tx.execute(PUT, &binds).map(drop)
}

/// Sets a tombstone for every record of a table that is about to be dropped.
pub(crate) fn put_all(
    tx: &mut Tx,
    entity: EntityId,
    table: &str,
    (by, at): (RecordId, OffsetDateTime),
) -> Result<(), StorageError> {
    let sql = PUT_ALL.replace("{table}", &quoted(table));
    tx.execute(&sql, &[Bind::text(entity.to_string()), Bind::instant(at), Bind::id(by.0)]).map(drop)
}

/// The tombstone of a record, if it was purged.
pub fn get(tx: &mut Tx, record: RecordId) -> Result<Option<Tombstone>, StorageError> {
    let rows = tx.query(GET, &[Bind::id(record.0)], &TYPES)?;
    let Some(mut cells) = Cells::first(rows) else { return Ok(None) };
    let record = RecordId(cells.id()?);
    let entity = cells.text()?.parse().map(EntityId).map_err(|bad| StorageError::Bug(format!("tombstone: {bad}")))?;
    let (purged_at, purged_by) = (cells.instant()?, RecordId(cells.id()?));
    Ok(Some(Tombstone { record, entity, purged_at, purged_by, history_hash: cells.text()? }))
}
