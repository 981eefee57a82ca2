//! Uploaded files and which records hold them; their content is kept elsewhere, found by tenant and hash.
//!
//! A file's row is locked by a change of its state before anything is said about its uses, so that a file can not be
//! taken by a record and removed as unused at the same time.
use std::collections::BTreeSet;

use kontor_definitions::{ColumnType, EntityId, FieldId, RecordId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, query::Row, tx::Tx};

/// Ids in one statement.
const CHUNK: usize = 500;

/// A file without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Its id.
    pub id: Uuid,
    /// SHA-256 of the content, in hexadecimal digits.
    pub hash: String,
    /// As it was called where it came from.
    pub name: String,
    /// The type of the content.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// When it was uploaded.
    pub made_at: OffsetDateTime,
    /// Who uploaded it.
    pub made_by: Uuid,
    /// How far it is.
    pub state: FileState,
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Its content is being put in its place.
    Pending,
    /// No record holds it.
    Stored,
    /// A record holds it.
    Used,
    /// Its content is being removed.
    Leaving,
}

/// A place that holds a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileUse {
    /// The entity of the record or line.
    pub entity: EntityId,
    /// The record or line.
    pub record: RecordId,
    /// The field.
    pub field: FieldId,
}

impl FileState {
    fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Stored => "stored",
            Self::Used => "used",
            Self::Leaving => "leaving",
        }
    }
    fn of(word: &str) -> Result<Self, StorageError> {
        let all = [Self::Pending, Self::Stored, Self::Used, Self::Leaving];
        let found = all.into_iter().find(|state| state.word() == word);
        found.ok_or_else(|| StorageError::Bug(format!("a file is {word}")))
    }
}

const COLUMNS: &str = "id, hash, name, media_type, size, made_at, made_by, state";
const INSERT: &str = "INSERT INTO {t}file (id, hash, name, media_type, size, made_at, made_by, state, since)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', ?6)";
// A file that a record holds has a content that nobody removes.
const HOLD: &str = "UPDATE {t}file SET state = state WHERE hash = ?1 AND state <> 'used'";
const TOTAL: &str = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM {t}file WHERE state <> 'leaving'";
const GIVE_UP: &str = "UPDATE {t}file SET state = 'leaving' WHERE id = ?1 AND state = 'pending'";
const PLACED: &str = "UPDATE {t}file SET state = 'stored' WHERE id = ?1 AND state = 'pending'";
const TAKE: &str = "UPDATE {t}file SET state = 'used' WHERE id = ?1 AND state IN ('stored', 'used')";
const USE: &str = "INSERT INTO {t}file_use (file, record, field, entity) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (file, record, field) DO NOTHING";
const LOCK: &str = "UPDATE {t}file SET state = state WHERE id = ?1";
const UNUSE: &str = "DELETE FROM {t}file_use WHERE file = ?1 AND record = ?2 AND field = ?3";
const FREE: &str = "UPDATE {t}file SET state = 'stored', since = ?2
WHERE id = ?1 AND state = 'used' AND NOT EXISTS (SELECT 1 FROM {t}file_use WHERE file = ?1)";
const FORGET_FIELD: &str = "DELETE FROM {t}file_use WHERE entity = ?1 AND field = ?2";
const FREE_ALL: &str = "UPDATE {t}file SET state = 'stored', since = ?1
WHERE state = 'used' AND NOT EXISTS (SELECT 1 FROM {t}file_use u WHERE u.file = {t}file.id)";
const USES: &str = "SELECT entity, record, field FROM {t}file_use WHERE file = ?1 ORDER BY record, field";
const OF_RECORD: &str = "SELECT file, field FROM {t}file_use WHERE record = ?1 ORDER BY file, field";
const EVERY_USE: &str = "SELECT file, entity, record, field FROM {t}file_use ORDER BY file, record, field";
const MISLED: &str = "SELECT id FROM {t}file f
WHERE (state = 'used') <> EXISTS (SELECT 1 FROM {t}file_use u WHERE u.file = f.id) ORDER BY id";
const RETIRE: &str = "UPDATE {t}file SET state = 'leaving' WHERE state IN ('pending', 'stored') AND since < ?1";
const KEEP: &str = "UPDATE {t}file SET state = 'used'
WHERE state = 'leaving' AND EXISTS (SELECT 1 FROM {t}file_use WHERE file = {t}file.id)";
const LEAVING: &str = "SELECT DISTINCT hash FROM {t}file WHERE state = 'leaving' ORDER BY hash";
const STAYS: &str = "SELECT COUNT(*) FROM {t}file WHERE hash = ?1 AND state <> 'leaving'";
const REMOVE: &str = "DELETE FROM {t}file WHERE hash = ?1 AND state = 'leaving'";
const HASHES: &str = "SELECT hash, MAX(size) FROM {t}file WHERE state IN ('stored', 'used') AND hash > ?1
GROUP BY hash ORDER BY hash LIMIT ?2";

/// Waits until nobody puts this content in its place or removes it, and lets nobody begin until the transaction ends.
pub fn hold_content(tx: &mut Tx, hash: &str) -> Result<(), StorageError> {
    tx.execute(HOLD, &[Bind::text(hash)]).map(drop)
}

/// Writes a file that is being put in its place (`pending`, whatever the row says). Waits while its content is being removed.
pub fn insert(tx: &mut Tx, file: &FileRow) -> Result<(), StorageError> {
    hold_content(tx, &file.hash)?;
    let binds = [
        Bind::id(file.id),
        Bind::text(file.hash.as_str()),
        Bind::text(file.name.as_str()),
        Bind::text(file.media_type.as_str()),
        Bind::integer(file.size),
        Bind::instant(file.made_at),
        Bind::id(file.made_by),
    ];
    tx.execute(INSERT, &binds).map(drop)
}

/// Bytes of all files of the tenant but those that are leaving.
pub fn total(tx: &mut Tx) -> Result<i64, StorageError> {
    let rows = tx.query(TOTAL, &[], &[ColumnType::Integer])?;
    Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())
}

/// Its content is in its place; false if the file was given up meanwhile.
pub fn placed(tx: &mut Tx, file: Uuid) -> Result<bool, StorageError> {
    Ok(tx.execute(PLACED, &[Bind::id(file)])? == 1)
}

/// Its content did not come to its place: the file is removed with what may be there of it.
pub fn give_up(tx: &mut Tx, file: Uuid) -> Result<(), StorageError> {
    tx.execute(GIVE_UP, &[Bind::id(file)]).map(drop)
}

/// The files with these ids, those that are there.
pub fn find(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<FileRow>, StorageError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let places: Vec<String> = (1..=chunk.len()).map(|place| format!("?{place}")).collect();
        let sql = format!("SELECT {COLUMNS} FROM {{t}}file WHERE id IN ({}) ORDER BY id", places.join(", "));
        let binds: Vec<Bind> = chunk.iter().map(|id| Bind::id(*id)).collect();
        for row in tx.query(&sql, &binds, &TYPES)? {
            found.push(decode(row)?);
        }
    }
    Ok(found)
}

const TYPES: [ColumnType; 8] = [
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Instant,
    ColumnType::Uuid,
    ColumnType::Text,
];

/// A record takes a file; false if there is no such file to take.
pub fn take(tx: &mut Tx, file: Uuid, by: FileUse) -> Result<bool, StorageError> {
    if tx.execute(TAKE, &[Bind::id(file)])? == 0 {
        return Ok(false);
    }
    let entity = Bind::text(by.entity.to_string());
    tx.execute(USE, &[Bind::id(file), Bind::id(by.record.0), Bind::text(by.field.to_string()), entity])?;
    Ok(true)
}

/// A record lets a file go.
pub fn release(tx: &mut Tx, file: Uuid, by: FileUse, at: OffsetDateTime) -> Result<(), StorageError> {
    tx.execute(LOCK, &[Bind::id(file)])?;
    tx.execute(UNUSE, &[Bind::id(file), Bind::id(by.record.0), Bind::text(by.field.to_string())])?;
    tx.execute(FREE, &[Bind::id(file), Bind::instant(at)]).map(drop)
}

/// A record or line that is removed for good lets all its files go.
pub fn release_record(tx: &mut Tx, entity: EntityId, record: RecordId, at: OffsetDateTime) -> Result<(), StorageError> {
    for row in tx.query(OF_RECORD, &[Bind::id(record.0)], &[ColumnType::Uuid, ColumnType::Text])? {
        let mut cells = Cells::of(row);
        let file = cells.id()?;
        let field = field_of(&cells.text()?)?;
        release(tx, file, FileUse { entity, record, field }, at)?;
    }
    Ok(())
}

/// A field is purged: what it held is held by it no longer. To be followed by [`free_all`].
pub fn forget_field(tx: &mut Tx, entity: EntityId, field: FieldId) -> Result<(), StorageError> {
    tx.execute(FORGET_FIELD, &[Bind::text(entity.to_string()), Bind::text(field.to_string())]).map(drop)
}

/// Lets every file go that nothing holds; nobody else may be writing.
pub fn free_all(tx: &mut Tx, at: OffsetDateTime) -> Result<(), StorageError> {
    tx.execute(FREE_ALL, &[Bind::instant(at)]).map(drop)
}

/// Who holds a file.
pub fn uses(tx: &mut Tx, file: Uuid) -> Result<Vec<FileUse>, StorageError> {
    let rows = tx.query(USES, &[Bind::id(file)], &[ColumnType::Text, ColumnType::Uuid, ColumnType::Text])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            let entity = cells.text()?.parse().map(EntityId).map_err(|bad| StorageError::Bug(format!("file_use: {bad}")))?;
            Ok(FileUse { entity, record: RecordId(cells.id()?), field: field_of(&cells.text()?)? })
        })
        .collect()
}

/// Every file that is held, with its holder.
pub fn every_use(tx: &mut Tx) -> Result<Vec<(Uuid, FileUse)>, StorageError> {
    let types = [ColumnType::Uuid, ColumnType::Text, ColumnType::Uuid, ColumnType::Text];
    let rows = tx.query(EVERY_USE, &[], &types)?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            let file = cells.id()?;
            let entity = cells.text()?.parse().map(EntityId).map_err(|bad| StorageError::Bug(format!("file_use: {bad}")))?;
            Ok((file, FileUse { entity, record: RecordId(cells.id()?), field: field_of(&cells.text()?)? }))
        })
        .collect()
}

/// Files that are called used and are held by nothing, or the other way round.
pub fn misled(tx: &mut Tx) -> Result<Vec<Uuid>, StorageError> {
    tx.query(MISLED, &[], &[ColumnType::Uuid])?.into_iter().map(|row| Cells::of(row).id()).collect()
}

/// Marks files that no record holds since before a moment as leaving; answers the hashes of all that are leaving.
pub fn retire(tx: &mut Tx, before: OffsetDateTime) -> Result<Vec<String>, StorageError> {
    tx.execute(RETIRE, &[Bind::instant(before)])?;
    // A record may have taken one while this statement waited for its row.
    tx.execute(KEEP, &[])?;
    tx.query(LEAVING, &[], &[ColumnType::Text])?.into_iter().map(|row| Cells::of(row).text()).collect()
}

/// Whether a file that is not leaving has this content.
pub fn content_stays(tx: &mut Tx, hash: &str) -> Result<bool, StorageError> {
    let rows = tx.query(STAYS, &[Bind::text(hash)], &[ColumnType::Integer])?;
    Ok(Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())? > 0)
}

/// Forgets the leaving files with this content.
pub fn remove(tx: &mut Tx, hash: &str) -> Result<u64, StorageError> {
    tx.execute(REMOVE, &[Bind::text(hash)])
}

/// Those of some contents that a file has, whatever its state.
pub fn known_contents(tx: &mut Tx, hashes: &BTreeSet<String>) -> Result<BTreeSet<String>, StorageError> {
    let hashes: Vec<&String> = hashes.iter().collect();
    let mut known = BTreeSet::new();
    for chunk in hashes.chunks(CHUNK) {
        let places: Vec<String> = (1..=chunk.len()).map(|place| format!("?{place}")).collect();
        let sql = format!("SELECT DISTINCT hash FROM {{t}}file WHERE hash IN ({}) ORDER BY hash", places.join(", "));
        let binds: Vec<Bind> = chunk.iter().map(|hash| Bind::text(hash.as_str())).collect();
        for row in tx.query(&sql, &binds, &[ColumnType::Text])? {
            known.insert(Cells::of(row).text()?);
        }
    }
    Ok(known)
}

/// The hash and size of contents that must be there, so many after a hash, in their order.
pub fn contents(tx: &mut Tx, after: &str, limit: usize) -> Result<Vec<(String, i64)>, StorageError> {
    let limit = Bind::integer(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = tx.query(HASHES, &[Bind::text(after), limit], &[ColumnType::Text, ColumnType::Integer])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            Ok((cells.text()?, cells.integer()?))
        })
        .collect()
}

/// A file that must have this content.
pub fn with_content(tx: &mut Tx, hash: &str) -> Result<Option<FileRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM {{t}}file WHERE hash = ?1 AND state IN ('stored', 'used') ORDER BY id LIMIT 1");
    tx.query(&sql, &[Bind::text(hash)], &TYPES)?.pop().map(decode).transpose()
}

fn field_of(text: &str) -> Result<FieldId, StorageError> {
    text.parse().map(FieldId).map_err(|bad| StorageError::Bug(format!("file_use: {bad}")))
}

fn decode(row: Row) -> Result<FileRow, StorageError> {
    let mut cells = Cells::of(row);
    Ok(FileRow {
        id: cells.id()?,
        hash: cells.text()?,
        name: cells.text()?,
        media_type: cells.text()?,
        size: cells.integer()?,
        made_at: cells.instant()?,
        made_by: cells.id()?,
        state: FileState::of(&cells.text()?)?,
    })
}
