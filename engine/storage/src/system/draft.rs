//! The draft of a tenant: the revision it was begun on and the documents that differ from it.
use kontor_definitions::ColumnType;
use time::OffsetDateTime;
use uuid::Uuid;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, query::Row, store::Dialect, tx::Tx};

/// The head of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftHead {
    /// The revision the changes were made on.
    pub base_revision: i64,
    /// Grows with every change.
    pub version: i64,
}

/// A changed document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftChange {
    /// The app.
    pub app: String,
    /// The kind's name.
    pub kind: String,
    /// The document's name.
    pub name: String,
    /// Its text; none when it is removed.
    pub body: Option<String>,
    /// Stands for this text in `If-Match`.
    pub etag: String,
    /// When it was changed.
    pub changed_at: OffsetDateTime,
    /// Who changed it.
    pub changed_by: Uuid,
}

const HEAD: &str = "SELECT base_revision, version FROM {t}draft WHERE id = 1";
const LOCK: &str = "SELECT base_revision, version FROM {t}draft WHERE id = 1 FOR UPDATE";
const TOUCH: &str = "UPDATE {t}draft SET base_revision = ?1, version = version + 1 WHERE id = 1";
const LIST: &str = "SELECT app, kind, name, body, etag, changed_at, changed_by FROM {t}draft_change ORDER BY app, kind, name";
const PUT: &str = "INSERT INTO {t}draft_change (app, kind, name, body, etag, changed_at, changed_by)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (app, kind, name) DO UPDATE SET body = excluded.body, etag = excluded.etag,
changed_at = excluded.changed_at, changed_by = excluded.changed_by";
const REMOVE: &str = "DELETE FROM {t}draft_change WHERE app = ?1 AND kind = ?2 AND name = ?3";
const CLEAR: &str = "DELETE FROM {t}draft_change";
const TYPES: [ColumnType; 7] = [
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Instant,
    ColumnType::Uuid,
];

/// The head of the draft.
pub fn head(tx: &mut Tx) -> Result<DraftHead, StorageError> {
    let rows = tx.query(HEAD, &[], &[ColumnType::Integer; 2])?;
    decode_head(rows)
}

/// The head of the draft, kept from everybody else until the transaction ends.
pub fn lock(tx: &mut Tx) -> Result<DraftHead, StorageError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => HEAD,
        Dialect::Postgres => LOCK,
    };
    let rows = tx.query(sql, &[], &[ColumnType::Integer; 2])?;
    decode_head(rows)
}

/// Notes that the draft was changed and on which revision it stands.
pub fn touch(tx: &mut Tx, base_revision: i64) -> Result<(), StorageError> {
    tx.execute(TOUCH, &[Bind::integer(base_revision)]).map(drop)
}

/// The changed documents, ordered by app, kind and name.
pub fn list(tx: &mut Tx) -> Result<Vec<DraftChange>, StorageError> {
    tx.query(LIST, &[], &TYPES)?.into_iter().map(decode).collect()
}

/// Stores a changed or removed document.
pub fn put(tx: &mut Tx, change: &DraftChange) -> Result<(), StorageError> {
    let body = change.body.as_deref().map_or(Bind::null(ColumnType::Text), Bind::text);
    let binds = [
        Bind::text(change.app.as_str()),
        Bind::text(change.kind.as_str()),
        Bind::text(change.name.as_str()),
        body,
        Bind::text(change.etag.as_str()),
        Bind::instant(change.changed_at),
        Bind::id(change.changed_by),
    ];
    tx.execute(PUT, &binds).map(drop)
}

/// Takes a document out of the draft: the live one holds again.
pub fn remove(tx: &mut Tx, app: &str, kind: &str, name: &str) -> Result<(), StorageError> {
    tx.execute(REMOVE, &[Bind::text(app), Bind::text(kind), Bind::text(name)]).map(drop)
}

/// Empties the draft.
pub fn clear(tx: &mut Tx) -> Result<(), StorageError> {
    tx.execute(CLEAR, &[]).map(drop)
}

fn decode_head(rows: Vec<Row>) -> Result<DraftHead, StorageError> {
    let mut cells = Cells::first(rows).ok_or_else(|| StorageError::Bug("the tenant has no draft row".to_owned()))?;
    Ok(DraftHead { base_revision: cells.integer()?, version: cells.integer()? })
}

fn decode(row: Row) -> Result<DraftChange, StorageError> {
    let mut cells = Cells::of(row);
    Ok(DraftChange {
        app: cells.text()?,
        kind: cells.text()?,
        name: cells.text()?,
        body: cells.optional_text()?,
        etag: cells.text()?,
        changed_at: cells.instant()?,
        changed_by: cells.id()?,
    })
}
