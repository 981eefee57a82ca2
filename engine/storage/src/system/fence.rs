//! What keeps a job from writing whose lease went to another node while it was held up.
use kontor_definitions::ColumnType;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

const PASS: &str = "INSERT INTO {t}fence AS known (job, fence) VALUES (?1, ?2)
ON CONFLICT (job) DO UPDATE SET fence = excluded.fence WHERE known.fence <= excluded.fence";
const ALL: &str = "SELECT job, fence FROM {t}fence ORDER BY job";

/// First in every transaction of a job that must not run twice at once: whether this is still the newest lease. Holds
/// back a newer one until the transaction ends.
pub fn pass(tx: &mut Tx, job: &str, fence: i64) -> Result<bool, StorageError> {
    Ok(tx.execute(PASS, &[Bind::text(job), Bind::integer(fence)])? > 0)
}

/// The highest fence of every job that wrote here.
pub fn list(tx: &mut Tx) -> Result<Vec<(String, i64)>, StorageError> {
    let rows = tx.query(ALL, &[], &[ColumnType::Text, ColumnType::Integer])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            Ok((cells.text()?, cells.integer()?))
        })
        .collect()
}
