//! Files that no record has held for a day are removed: row and content, in an order that a crash anywhere leaves whole.
use std::{collections::BTreeSet, io, time::Duration};

use kontor_definitions::TenantId;
use kontor_storage::{Queue, StorageError, TenantDb, system::file};
use time::OffsetDateTime;

use crate::engine::Engine;

/// So long a file may wait for a record.
const UNUSED: Duration = Duration::from_secs(24 * 3600);

/// Why files could not be removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The folder.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Removes the files of a tenant that no record has held since a day before this moment; answers how many contents.
pub(crate) async fn sweep(engine: &Engine, tenant: TenantId, db: &TenantDb, now: OffsetDateTime) -> Result<u64, SweepError> {
    let before = now - UNUSED;
    let hashes = db.write(Queue::Background, move |tx| file::retire(tx, before)).await?;
    let mut removed = 0;
    for hash in hashes {
        let _still = engine.files().still().await;
        let asked = hash.clone();
        if !db.read(move |tx| file::content_stays(tx, &asked)).await? {
            engine.files().remove(tenant, &hash).await?;
        }
        db.write(Queue::Background, move |tx| file::remove(tx, &hash)).await?;
        removed += 1;
    }
    thumbnails_of_nothing(engine, tenant, db).await?;
    engine.files().clear_incoming(tenant, before.into()).await?;
    Ok(removed)
}

/// Removes thumbnails of contents that no file has.
async fn thumbnails_of_nothing(engine: &Engine, tenant: TenantId, db: &TenantDb) -> Result<(), SweepError> {
    for shelf in engine.thumbnails().shelves(tenant).await? {
        let on_shelf = engine.thumbnails().on_shelf(shelf.clone()).await?;
        let asked = on_shelf.clone();
        let known = db.read(move |tx| file::known_contents(tx, &asked)).await?;
        let gone: BTreeSet<String> = on_shelf.difference(&known).cloned().collect();
        if !gone.is_empty() {
            engine.thumbnails().remove(shelf, gone).await?;
        }
    }
    Ok(())
}
