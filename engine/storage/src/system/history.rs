//! The history of records: the changed fields of each revision, chained by hash per record.
use kontor_definitions::{ColumnType, EntityId, RecordId};
use serde_json::Value as Json;
use time::OffsetDateTime;

use super::{cells::Cells, digest};
use crate::{bind::Bind, error::StorageError, query::Row, tx::Tx};

/// A revision of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The record.
    pub record: RecordId,
    /// Its entity.
    pub entity: EntityId,
    /// The record's revision, from 1.
    pub revision: i64,
    /// When.
    pub made_at: OffsetDateTime,
    /// Who: a user's record, or nil for the engine itself.
    pub made_by: RecordId,
    /// `create`, `update`, `delete`, the name of a transition.
    pub action: String,
    /// What changed, by id of the field.
    pub changes: Json,
}

const LAST_HASH: &str = "SELECT hash FROM {t}history WHERE record = ?1 ORDER BY revision DESC LIMIT 1";
const HASH: &str = "SELECT hash FROM {t}history WHERE record = ?1 AND revision = ?2";
const APPEND: &str = "INSERT INTO {t}history (record, revision, entity, made_at, made_by, action, changes, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const LIST: &str = "SELECT record, revision, entity, made_at, made_by, action, changes, hash FROM {t}history
WHERE record = ?1 AND revision < ?2 ORDER BY revision DESC LIMIT ?3";
const WALK: &str = "SELECT record, revision, entity, made_at, made_by, action, changes, hash FROM {t}history
WHERE (record, revision) > (?1, ?2) ORDER BY record, revision LIMIT ?3";
const TYPES: [ColumnType; 8] = [
    ColumnType::Uuid,
    ColumnType::Integer,
    ColumnType::Text,
    ColumnType::Instant,
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Text,
];

/// Adds a revision to a record's history.
pub fn append(tx: &mut Tx, entry: &Entry) -> Result<(), StorageError> {
    let previous = if entry.revision == 1 { String::new() } else { last_hash(tx, entry.record)? };
    let changes = entry.changes.to_string();
    let hash = chain(&previous, entry, &changes);
    let binds = [
        Bind::id(entry.record.0),
        Bind::integer(entry.revision),
        Bind::text(entry.entity.to_string()),
        Bind::instant(entry.made_at),
        Bind::id(entry.made_by.0),
        Bind::text(entry.action.as_str()),
        Bind::text(changes),
        Bind::text(hash),
    ];
    tx.execute(APPEND, &binds).map(drop)
}

/// Revisions of a record before `before` (all of them: `i64::MAX`), newest first.
pub fn list(tx: &mut Tx, record: RecordId, before: i64, limit: i64) -> Result<Vec<Entry>, StorageError> {
    let rows = tx.query(LIST, &[Bind::id(record.0), Bind::integer(before), Bind::integer(limit)], &TYPES)?;
    rows.into_iter().map(|row| decode(row).map(|(entry, _, _)| entry)).collect()
}

/// The first revision of a record whose hash does not follow from the one before; none when the chain is whole.
pub fn first_broken(tx: &mut Tx, record: RecordId) -> Result<Option<i64>, StorageError> {
    let rows = tx.query(LIST, &[Bind::id(record.0), Bind::integer(i64::MAX), Bind::integer(i64::MAX)], &TYPES)?;
    let mut previous = String::new();
    for row in rows.into_iter().rev() {
        let (entry, changes, hash) = decode(row)?;
        if chain(&previous, &entry, &changes) != hash {
            return Ok(Some(entry.revision));
        }
        previous = hash;
    }
    Ok(None)
}

/// A walk through the history of all records, each one's revisions in order.
#[derive(Debug)]
pub struct Walk {
    record: RecordId,
    revision: i64,
    hash: String,
}

/// One revision met on a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The record.
    pub record: RecordId,
    /// Its entity.
    pub entity: EntityId,
    /// The revision.
    pub revision: i64,
    /// It follows the one before without a gap, and its hash follows from that one's and from what it says.
    pub whole: bool,
}

impl Default for Walk {
    fn default() -> Self {
        Self { record: RecordId(uuid::Uuid::nil()), revision: 0, hash: String::new() }
    }
}

impl Walk {
    /// The next revisions, at most `limit`; none at the end.
    pub fn next(&mut self, tx: &mut Tx, limit: i64) -> Result<Vec<Link>, StorageError> {
        let binds = [Bind::id(self.record.0), Bind::integer(self.revision), Bind::integer(limit)];
        tx.query(WALK, &binds, &TYPES)?.into_iter().map(|row| self.step(row)).collect()
    }

    fn step(&mut self, row: Row) -> Result<Link, StorageError> {
        let (entry, changes, hash) = decode(row)?;
        let first = entry.record != self.record;
        // History may begin late: an entity can come to be tracked when its records are there already.
        let follows = first || entry.revision == self.revision + 1;
        let previous = if first { "" } else { self.hash.as_str() };
        let whole = follows && chain(previous, &entry, &changes) == hash;
        (self.record, self.revision, self.hash) = (entry.record, entry.revision, hash);
        Ok(Link { record: entry.record, entity: entry.entity, revision: entry.revision, whole })
    }
}

/// The hash that closes a record's history so far; empty where it has none.
pub fn last_hash(tx: &mut Tx, record: RecordId) -> Result<String, StorageError> {
    let rows = tx.query(LAST_HASH, &[Bind::id(record.0)], &[ColumnType::Text])?;
    Cells::first(rows).map_or(Ok(String::new()), |mut cells| cells.text())
}

/// The hash of a revision, if it is there.
pub fn hash(tx: &mut Tx, record: RecordId, revision: i64) -> Result<Option<String>, StorageError> {
    let rows = tx.query(HASH, &[Bind::id(record.0), Bind::integer(revision)], &[ColumnType::Text])?;
    Cells::first(rows).map(|mut cells| cells.text()).transpose()
}

/// The hash of a revision: of the one before and of everything the row says, each part with its length before it.
fn chain(previous: &str, entry: &Entry, changes: &str) -> String {
    digest::of_parts(&[
        previous,
        &entry.record.to_string(),
        &entry.revision.to_string(),
        &entry.entity.to_string(),
        &digest::moment(entry.made_at),
        &entry.made_by.to_string(),
        &entry.action,
        changes,
    ])
}

fn decode(row: Row) -> Result<(Entry, String, String), StorageError> {
    let mut cells = Cells::of(row);
    let record = RecordId(cells.id()?);
    let revision = cells.integer()?;
    let entity = cells.text()?.parse().map(EntityId).map_err(|bad| StorageError::Bug(format!("history: {bad}")))?;
    let made_at = cells.instant()?;
    let made_by = RecordId(cells.id()?);
    let action = cells.text()?;
    let text = cells.text()?;
    let changes = serde_json::from_str(&text).map_err(|bad| StorageError::Bug(format!("history: {bad}")))?;
    let hash = cells.text()?;
    Ok((Entry { record, entity, revision, made_at, made_by, action, changes }, text, hash))
}
