//! The state of a tenant: which revision is live, and how often rights have changed.
use kontor_definitions::{ColumnType, Value};

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, marking::Marking, query::Row, store::Dialect, tx::Tx};

/// What every transaction reads first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The live revision; 0 before the first.
    pub revision: i64,
    /// Grows whenever somebody's rights may have changed.
    pub rights_version: i64,
}

const READ: &str = "SELECT revision, rights_version FROM {t}state WHERE id = 1";
const READ_MARKING: &str = "SELECT revision, rights_version, marking FROM {t}state WHERE id = 1";
const READ_FOR_SHARE: &str = "SELECT revision, rights_version, marking FROM {t}state WHERE id = 1 FOR SHARE";
/// A lock of the whole table stands in line with those that FOR SHARE takes of it, so writers that follow one another without
/// a gap cannot keep a publish waiting for ever; those who only read the row pass.
const CLOSE: &str = "LOCK TABLE {t}state IN EXCLUSIVE MODE";
const SET_MARKING: &str = "UPDATE {t}state SET marking = ?1 WHERE id = 1";
const SET_REVISION: &str = "UPDATE {t}state SET revision = ?1 WHERE id = 1";
const BUMP_RIGHTS: &str = "UPDATE {t}state SET rights_version = rights_version + 1 WHERE id = 1";
const TYPES: [ColumnType; 2] = [ColumnType::Integer, ColumnType::Integer];

/// The state, for a transaction that only reads.
pub fn read(tx: &mut Tx) -> Result<State, StorageError> {
    let rows = tx.query(READ, &[], &TYPES)?;
    decode(rows)
}

/// The state, for a transaction that writes: no publish goes live before it ends.
pub fn read_for_share(tx: &mut Tx) -> Result<State, StorageError> {
    // SQLite has one writer at a time: the lock is there already.
    let sql = match tx.dialect() {
        Dialect::Sqlite => READ_MARKING,
        Dialect::Postgres => READ_FOR_SHARE,
    };
    let rows = tx.query(sql, &[], &[ColumnType::Integer, ColumnType::Integer, ColumnType::Text])?;
    let marking = match rows.first().and_then(|row| row.get(2)) {
        Some(Value::Text(text)) => Some(Marking::read(text)?),
        _ => None,
    };
    tx.mark_by(marking);
    decode(rows)
}

/// The state, for a step of a publish: waits for the writers under way, keeps new ones waiting and marks nothing itself.
pub fn close(tx: &mut Tx) -> Result<State, StorageError> {
    if tx.dialect() == Dialect::Postgres {
        tx.wait_for_locks()?;
        tx.execute(CLOSE, &[])?;
    }
    tx.mark_by(None);
    read(tx)
}

/// Tells writers what to mark from now on; the gate is closed.
pub fn set_marking(tx: &mut Tx, marking: Option<&Marking>) -> Result<(), StorageError> {
    let text = marking.map(Marking::text).transpose()?;
    tx.execute(SET_MARKING, &[text.map_or(Bind::null(ColumnType::Text), Bind::text)]).map(drop)
}

/// Whether writers mark what they write.
pub fn is_marking(tx: &mut Tx) -> Result<bool, StorageError> {
    let rows = tx.query(READ_MARKING, &[], &[ColumnType::Integer, ColumnType::Integer, ColumnType::Text])?;
    Ok(rows.first().and_then(|row| row.get(2)).is_some_and(|marking| !marking.is_null()))
}

/// Makes a revision the live one.
pub fn set_revision(tx: &mut Tx, revision: i64) -> Result<(), StorageError> {
    tx.execute(SET_REVISION, &[Bind::integer(revision)]).map(drop)
}

/// Tells everybody that cached rights are out of date.
pub fn bump_rights(tx: &mut Tx) -> Result<(), StorageError> {
    tx.execute(BUMP_RIGHTS, &[]).map(drop)
}

fn decode(rows: Vec<Row>) -> Result<State, StorageError> {
    let mut cells = Cells::first(rows).ok_or_else(|| StorageError::Bug("the tenant has no state row".to_owned()))?;
    Ok(State { revision: cells.integer()?, rights_version: cells.integer()? })
}
