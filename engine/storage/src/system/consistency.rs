//! Events and tombstones against the records they speak of: what `kontor verify` asks the database.
use kontor_definitions::{ColumnType, FieldId, RecordId};

use super::cells::Cells;
use crate::{
    bind::Bind,
    error::StorageError,
    schema::{Physical, quoted},
    tx::Tx,
};

/// Something that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// Two events tell of the same revision of a record.
    EventTwice,
    /// An event tells of a revision that its record does not have yet.
    EventAhead,
    /// An event tells of a record that neither exists nor has a tombstone.
    EventOfNothing,
    /// An event that should be about a record is about none, or the other way round.
    EventWithoutSubject,
    /// A record has a tombstone and exists.
    StoneOfLiving,
    /// A tombstone does not hold the hash that closed the record's history.
    StoneHash,
    /// A record was purged and has no tombstone.
    NoStone,
}

const TWICE: &str = "SELECT record FROM {t}event WHERE record IS NOT NULL GROUP BY entity, record, revision HAVING COUNT(*) > 1";
const WITHOUT_SUBJECT: &str = "SELECT record FROM {t}event
WHERE (kind IN ('published', 'rights')) <> (record IS NULL) OR (entity IS NULL) <> (record IS NULL)";
const STONE_HASH: &str = "SELECT record FROM {t}tombstone t WHERE history_hash <> COALESCE(
(SELECT hash FROM {t}history h WHERE h.record = t.record ORDER BY revision DESC LIMIT 1), '')";
const NO_STONE: &str = "SELECT record FROM {t}history h
WHERE action = 'purge' AND NOT EXISTS (SELECT 1 FROM {t}tombstone t WHERE t.record = h.record)";

/// Every event and tombstone that does not fit, with the record it is about.
pub fn misfits(tx: &mut Tx, physical: &Physical) -> Result<Vec<(Misfit, Option<RecordId>)>, StorageError> {
    let mut found = Vec::new();
    for (misfit, sql) in [
        (Misfit::EventTwice, TWICE),
        (Misfit::EventWithoutSubject, WITHOUT_SUBJECT),
        (Misfit::StoneHash, STONE_HASH),
        (Misfit::NoStone, NO_STONE),
    ] {
        found.extend(records(tx, sql, &[])?.into_iter().map(|record| (misfit, record)));
    }
    for (entity, table) in &physical.tables {
        // Lines have no revision of their own and no events.
        let Some(revision) = table.columns.get(&FieldId::REVISION) else { continue };
        let (name, revision, of) = (quoted(&table.name), quoted(&revision.name), [Bind::text(entity.to_string())]);
        let ahead = format!(
            "SELECT e.record FROM {{t}}event e JOIN {{t}}{name} r ON r.\"id\" = e.record
            WHERE e.entity = ?1 AND e.revision > r.{revision}"
        );
        let nothing = format!(
            "SELECT DISTINCT e.record FROM {{t}}event e WHERE e.entity = ?1
            AND NOT EXISTS (SELECT 1 FROM {{t}}{name} r WHERE r.\"id\" = e.record)
            AND NOT EXISTS (SELECT 1 FROM {{t}}tombstone t WHERE t.record = e.record)"
        );
        let living = format!("SELECT t.record FROM {{t}}tombstone t JOIN {{t}}{name} r ON r.\"id\" = t.record");
        found.extend(records(tx, &ahead, &of)?.into_iter().map(|record| (Misfit::EventAhead, record)));
        found.extend(records(tx, &nothing, &of)?.into_iter().map(|record| (Misfit::EventOfNothing, record)));
        found.extend(records(tx, &living, &[])?.into_iter().map(|record| (Misfit::StoneOfLiving, record)));
    }
    Ok(found)
}

fn records(tx: &mut Tx, sql: &str, binds: &[Bind]) -> Result<Vec<Option<RecordId>>, StorageError> {
    let rows = tx.query(sql, binds, &[ColumnType::Uuid])?;
    rows.into_iter().map(|row| Ok(Cells::of(row).optional_id()?.map(RecordId))).collect()
}
