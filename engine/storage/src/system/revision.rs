//! Revisions: which documents were live together, since when and by whom.
use kontor_definitions::ColumnType;
use time::OffsetDateTime;
use uuid::Uuid;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, query::Row, tx::Tx};

/// A revision without its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub revision: i64,
    /// When it was published.
    pub made_at: OffsetDateTime,
    /// Who published it: a user's record, or nil for the engine itself.
    pub made_by: Uuid,
    /// What the person said about it.
    pub message: String,
    /// The revision it brings back.
    pub restored_from: Option<i64>,
}

/// A document of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionDocument {
    /// The app.
    pub app: String,
    /// The kind's name.
    pub kind: String,
    /// The document's name.
    pub name: String,
    /// The hash of its text.
    pub hash: String,
    /// Its text.
    pub body: String,
}

const ADD: &str = "INSERT INTO {t}revision (revision, made_at, made_by, message, restored_from) VALUES (?1, ?2, ?3, ?4, ?5)";
const ADD_DOCUMENT: &str = "INSERT INTO {t}revision_entry (revision, app, kind, name, hash) VALUES (?1, ?2, ?3, ?4, ?5)";
const LIST: &str = "SELECT revision, made_at, made_by, message, restored_from FROM {t}revision ORDER BY revision DESC";
const GET: &str = "SELECT revision, made_at, made_by, message, restored_from FROM {t}revision WHERE revision = ?1";
const DOCUMENTS: &str = "SELECT r.app, r.kind, r.name, r.hash, d.body
FROM {t}revision_entry r JOIN {t}document d ON d.hash = r.hash
WHERE r.revision = ?1 ORDER BY r.app, r.kind, r.name";
const TYPES: [ColumnType; 5] =
    [ColumnType::Integer, ColumnType::Instant, ColumnType::Uuid, ColumnType::Text, ColumnType::Integer];

/// Adds a revision; its documents follow with [`add_document`].
pub fn add(tx: &mut Tx, revision: &Revision) -> Result<(), StorageError> {
    let from = revision.restored_from.map_or(Bind::null(ColumnType::Integer), Bind::integer);
    let binds = [
        Bind::integer(revision.revision),
        Bind::instant(revision.made_at),
        Bind::id(revision.made_by),
        Bind::text(revision.message.as_str()),
        from,
    ];
    tx.execute(ADD, &binds).map(drop)
}

/// Adds a document to a revision; its text is kept with [`super::document::put`] before.
pub fn add_document(tx: &mut Tx, revision: i64, key: (&str, &str, &str), hash: &str) -> Result<(), StorageError> {
    let (app, kind, name) = key;
    let binds = [Bind::integer(revision), Bind::text(app), Bind::text(kind), Bind::text(name), Bind::text(hash)];
    tx.execute(ADD_DOCUMENT, &binds).map(drop)
}

/// Every revision, newest first.
pub fn list(tx: &mut Tx) -> Result<Vec<Revision>, StorageError> {
    tx.query(LIST, &[], &TYPES)?.into_iter().map(decode).collect()
}

/// One revision.
pub fn get(tx: &mut Tx, revision: i64) -> Result<Option<Revision>, StorageError> {
    tx.query(GET, &[Bind::integer(revision)], &TYPES)?.into_iter().next().map(decode).transpose()
}

/// The documents of a revision, ordered by app, kind and name.
pub fn documents(tx: &mut Tx, revision: i64) -> Result<Vec<RevisionDocument>, StorageError> {
    let rows = tx.query(DOCUMENTS, &[Bind::integer(revision)], &[ColumnType::Text; 5])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            Ok(RevisionDocument {
                app: cells.text()?,
                kind: cells.text()?,
                name: cells.text()?,
                hash: cells.text()?,
                body: cells.text()?,
            })
        })
        .collect()
}

fn decode(row: Row) -> Result<Revision, StorageError> {
    let mut cells = Cells::of(row);
    Ok(Revision {
        revision: cells.integer()?,
        made_at: cells.instant()?,
        made_by: cells.id()?,
        message: cells.text()?,
        restored_from: cells.optional_integer()?,
    })
}
