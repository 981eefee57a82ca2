//! Numbers of documents: the last one given, by sequence and period.
use kontor_definitions::ColumnType;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

const NEXT: &str = "INSERT INTO {t}sequence AS counter (name, period, value) VALUES (?1, ?2, 1)
ON CONFLICT (name, period) DO UPDATE SET value = counter.value + 1 RETURNING value";
const RAISE: &str = "INSERT INTO {t}sequence AS counter (name, period, value) VALUES (?1, ?2, ?3)
ON CONFLICT (name, period) DO UPDATE SET value = excluded.value WHERE counter.value < excluded.value";
const FORGET: &str = "DELETE FROM {t}sequence WHERE name = ?1";
const TOTALS: &str = "SELECT name, CAST(SUM(value) AS BIGINT) FROM {t}sequence GROUP BY name ORDER BY name";

/// The next number of a sequence in a period, from 1. Its row is locked until the transaction ends: ask for it last.
pub fn next(tx: &mut Tx, name: &str, period: &str) -> Result<i64, StorageError> {
    let rows = tx.query(NEXT, &[Bind::text(name), Bind::text(period)], &[ColumnType::Integer])?;
    Cells::first(rows).ok_or_else(|| StorageError::Bug("a sequence gave no number".to_owned()))?.integer()
}

/// Makes sure that the next number is larger than one that came from outside (an import with its own numbers).
pub fn raise(tx: &mut Tx, name: &str, period: &str, used: i64) -> Result<(), StorageError> {
    tx.execute(RAISE, &[Bind::text(name), Bind::text(period), Bind::integer(used)]).map(drop)
}

/// Forgets a sequence whose numbers are purged.
pub fn forget(tx: &mut Tx, name: &str) -> Result<(), StorageError> {
    tx.execute(FORGET, &[Bind::text(name)]).map(drop)
}

/// How many numbers each sequence has given in all its periods.
pub fn totals(tx: &mut Tx) -> Result<Vec<(String, i64)>, StorageError> {
    let rows = tx.query(TOTALS, &[], &[ColumnType::Text, ColumnType::Integer])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            Ok((cells.text()?, cells.integer()?))
        })
        .collect()
}
