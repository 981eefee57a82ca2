//! Sealing what was written since the last time: history and the access log, in steps so small that nobody waits for them.
use kontor_storage::{
    Queue, StorageError, TenantDb,
    system::seal::{self, Head, Seal},
};
use time::OffsetDateTime;

use crate::error::RecordsError;

/// Seals everything that is committed and not sealed yet; answers how many seals that took. Any number of nodes may do it
/// at once.
pub async fn seal(db: &TenantDb, now: OffsetDateTime) -> Result<u64, RecordsError> {
    let mut seals = 0;
    loop {
        let sealed = db.write(Queue::Background, move |tx| seal::next(tx, now)).await?;
        seals += u64::from(sealed.is_some());
        if is_last(sealed) {
            return Ok(seals);
        }
    }
}

/// `seal` for the command line and tests, answering the newest seal: blocks the calling thread, which must not be an async
/// worker.
pub fn seal_blocking(db: &TenantDb, now: OffsetDateTime) -> Result<Head, RecordsError> {
    loop {
        let sealed = db.write_blocking::<_, StorageError>(Queue::Background, move |tx| seal::next(tx, now))?;
        if is_last(sealed) {
            return Ok(db.read_blocking(seal::head)?);
        }
    }
}

/// It had room for more rows: there were no more.
fn is_last(sealed: Option<Seal>) -> bool {
    sealed.is_none_or(|seal| seal.has_room())
}
