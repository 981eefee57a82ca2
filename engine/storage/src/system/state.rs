//! The state of a tenant: which revision is live, and how often rights have changed.
use kontor_definitions::ColumnType;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, query::Row, store::Dialect, tx::Tx};

/// What every transaction reads first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The live revision; 0 before the first.
    pub revision: i64,
    /// Grows whenever somebody's rights may have changed.
    pub rights_version: i64,
}

const READ: &str = "SELECT revision, rights_version FROM {t}state WHERE id = 1";
const READ_FOR_SHARE: &str = "SELECT revision, rights_version FROM {t}state WHERE id = 1 FOR SHARE";
const READ_FOR_UPDATE: &str = "SELECT revision, rights_version FROM {t}state WHERE id = 1 FOR UPDATE";
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
        Dialect::Sqlite => READ,
        Dialect::Postgres => READ_FOR_SHARE,
    };
    let rows = tx.query(sql, &[], &TYPES)?;
    decode(rows)
}

/// The state, for a publish: waits for the writers under way and keeps new ones waiting.
pub fn read_for_update(tx: &mut Tx) -> Result<State, StorageError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => READ,
        Dialect::Postgres => READ_FOR_UPDATE,
    };
    let rows = tx.query(sql, &[], &TYPES)?;
    decode(rows)
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
