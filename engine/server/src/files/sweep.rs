//! Files that no record has held for a day are removed: row and content, in an order that a crash anywhere leaves whole.
use std::{collections::BTreeSet, io, sync::Arc, time::Duration};

use kontor_definitions::TenantId;
use kontor_storage::{Queue, StorageError, TenantDb, Tx, system::file};
use time::OffsetDateTime;
use tokio::{runtime::Handle, sync::oneshot};

use super::{Listed, Part, names};
use crate::engine::Engine;

/// So long a file may wait for a record.
const UNUSED: Duration = Duration::from_secs(24 * 3600);
/// Contents asked for in one statement.
const CHUNK: usize = 500;

/// Why files could not be removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The folder or bucket.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Removes the files of a tenant that no record has held since a day before this moment; answers how many contents.
pub(crate) async fn sweep(engine: &Arc<Engine>, tenant: TenantId, db: &TenantDb, now: OffsetDateTime) -> Result<u64, SweepError> {
    let before = now - UNUSED;
    let hashes = db.write(Queue::Background, move |tx| file::retire(tx, before)).await?;
    let mut removed = 0;
    for hash in hashes {
        let (engine, handle) = (Arc::clone(engine), Handle::current());
        db.write(Queue::Background, move |tx| remove(tx, (&engine, &handle), tenant, &hash)).await?;
        removed += 1;
    }
    thumbnails_of_nothing(engine, tenant, db).await?;
    engine.incoming().clear(tenant, before.into()).await?;
    Ok(removed)
}

/// Removes a content that no file has any more. Whoever uploads the same on any node waits for the end of this transaction, so
/// that their content is not removed; what a crash leaves is done at the next sweep.
fn remove(tx: &mut Tx, (engine, handle): (&Arc<Engine>, &Handle), tenant: TenantId, hash: &str) -> Result<(), SweepError> {
    file::hold_content(tx, hash)?;
    if !file::content_stays(tx, hash)? {
        let (contents, name) = (engine.contents().clone(), names::content(hash));
        let (tell, told) = oneshot::channel();
        drop(handle.spawn(async move {
            let _heard = tell.send(contents.remove(tenant, &name).await);
        }));
        told.blocking_recv().map_err(io::Error::other)??;
    }
    file::remove(tx, hash)?;
    Ok(())
}

/// Removes thumbnails of contents that no file has.
async fn thumbnails_of_nothing(engine: &Engine, tenant: TenantId, db: &TenantDb) -> Result<(), SweepError> {
    let mut listing = engine.contents().list(tenant, Part::Thumbnails);
    loop {
        let mut some: Vec<Listed> = Vec::with_capacity(CHUNK);
        while some.len() < CHUNK
            && let Some(listed) = listing.recv().await
        {
            some.push(listed?);
        }
        if some.is_empty() {
            return Ok(());
        }
        let hashes: BTreeSet<String> = some.iter().map(Listed::hash).collect();
        let known = db.read(move |tx| file::known_contents(tx, &hashes)).await?;
        for thumbnail in some.iter().filter(|thumbnail| !known.contains(&thumbnail.hash())) {
            engine.contents().remove(tenant, &thumbnail.name).await?;
        }
    }
}
