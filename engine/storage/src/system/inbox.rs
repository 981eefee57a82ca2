//! Answers already given, by idempotency key: the same request again gets the same answer.
use kontor_definitions::ColumnType;
use time::OffsetDateTime;
use uuid::Uuid;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

/// What a key stands for: who asked, which route, which key they chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxKey {
    /// The user or API key that asked.
    pub subject: Uuid,
    /// Method and path.
    pub route: String,
    /// The `Idempotency-Key`.
    pub key: String,
}

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The hash of the request's body; another body under the same key is refused.
    pub request_hash: String,
    /// The answer, in the caller's own encoding.
    pub answer: String,
}

const FIND: &str = "SELECT request_hash, answer FROM {t}inbox WHERE subject = ?1 AND route = ?2 AND idempotency_key = ?3";
const PUT: &str = "INSERT INTO {t}inbox (subject, route, idempotency_key, request_hash, answer, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const DELETE_BEFORE: &str = "DELETE FROM {t}inbox WHERE created_at < ?1";

/// The answer given before, if there was one.
pub fn find(tx: &mut Tx, key: &InboxKey) -> Result<Option<Stored>, StorageError> {
    let binds = [Bind::id(key.subject), Bind::text(key.route.as_str()), Bind::text(key.key.as_str())];
    let rows = tx.query(FIND, &binds, &[ColumnType::Text; 2])?;
    Cells::first(rows).map(|mut cells| Ok(Stored { request_hash: cells.text()?, answer: cells.text()? })).transpose()
}

/// Stores an answer. `StorageError::Unique` when the same request won the race.
pub fn put(tx: &mut Tx, key: &InboxKey, stored: &Stored, at: OffsetDateTime) -> Result<(), StorageError> {
    let binds = [
        Bind::id(key.subject),
        Bind::text(key.route.as_str()),
        Bind::text(key.key.as_str()),
        Bind::text(stored.request_hash.as_str()),
        Bind::text(stored.answer.as_str()),
        Bind::instant(at),
    ];
    tx.execute(PUT, &binds).map(drop)
}

/// Forgets answers from before a moment; says how many.
pub fn delete_before(tx: &mut Tx, moment: OffsetDateTime) -> Result<u64, StorageError> {
    tx.execute(DELETE_BEFORE, &[Bind::instant(moment)])
}
