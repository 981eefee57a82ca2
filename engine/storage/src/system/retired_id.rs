//! Ids that once named a definition or a part of one, and what they named: never given to anything else.
use kontor_definitions::ColumnType;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

/// A remembered id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredId {
    /// The app.
    pub app: String,
    /// The id.
    pub id: String,
    /// What it names: the kind of the part and the id of its owner, `field of k3v9x2ab`.
    pub what: String,
}

const PUT: &str = "INSERT INTO {t}retired_id (app, id, what, revision) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (app, id) DO NOTHING";
const LIST: &str = "SELECT app, id, what FROM {t}retired_id ORDER BY app, id";

/// Remembers an id that a revision no longer uses.
pub fn put(tx: &mut Tx, retired: &RetiredId, revision: i64) -> Result<(), StorageError> {
    let binds = [
        Bind::text(retired.app.as_str()),
        Bind::text(retired.id.as_str()),
        Bind::text(retired.what.as_str()),
        Bind::integer(revision),
    ];
    tx.execute(PUT, &binds).map(drop)
}

/// Every remembered id, ordered by app and id.
pub fn list(tx: &mut Tx) -> Result<Vec<RetiredId>, StorageError> {
    let rows = tx.query(LIST, &[], &[ColumnType::Text; 3])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            Ok(RetiredId { app: cells.text()?, id: cells.text()?, what: cells.text()? })
        })
        .collect()
}
