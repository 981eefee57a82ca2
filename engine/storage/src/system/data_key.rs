//! `data_key`: the tenant's data key, wrapped.
use kontor_definitions::ColumnType;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

const GET: &str = "SELECT wrapped FROM {t}data_key WHERE number = 1";
const PUT: &str = "INSERT INTO {t}data_key (number, wrapped) VALUES (1, ?1)";
const REPLACE: &str = "UPDATE {t}data_key SET wrapped = ?1 WHERE number = 1";

/// The wrapped key, if the tenant has one.
pub(crate) fn get(tx: &mut Tx) -> Result<Option<String>, StorageError> {
    Cells::first(tx.query(GET, &[], &[ColumnType::Text])?).map(|mut cells| cells.text()).transpose()
}

/// Stores the key of a tenant that has none.
pub(crate) fn put(tx: &mut Tx, wrapped: &str) -> Result<(), StorageError> {
    tx.execute(PUT, &[Bind::text(wrapped)]).map(drop)
}

/// Stores the key of a tenant as it is wrapped now.
pub(crate) fn replace(tx: &mut Tx, wrapped: &str) -> Result<(), StorageError> {
    tx.execute(REPLACE, &[Bind::text(wrapped)]).map(drop)
}

/// Nobody else makes or wraps the key until the transaction ends.
pub(crate) fn lock(tx: &mut Tx) -> Result<(), StorageError> {
    tx.lock_key("data key")
}
