//! Files that no record has held for a day are removed: row and content, in an order that a crash anywhere leaves whole.
use std::{io, sync::Arc, time::Duration};

use kontor_apps::{AppError, Tenant};
use kontor_storage::{Queue, StorageError, system::file};
use time::OffsetDateTime;

use crate::engine::Engine;

/// So long a file may wait for a record.
const UNUSED: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Removes the files of all tenants that no record has held since a day before this moment. What fails is logged and done
/// the next time.
pub async fn run_once(engine: &Arc<Engine>, now: OffsetDateTime) {
    let apps = Arc::clone(engine.apps());
    let tenants = match engine.blocking_raw(move || apps.list()).await {
        Ok(Ok(tenants)) => tenants,
        Ok(Err(error)) => return tracing::warn!(%error, "unused files were not looked for"),
        // Logged where it happened.
        Err(_problem) => return,
    };
    for row in tenants {
        // A tenant that does not load has been logged by who needs it.
        let Ok(tenant) = engine.tenant(row.id).await else { continue };
        if let Err(error) = of_tenant(engine, &tenant, now).await {
            tracing::warn!(%error, tenant = tenant.name(), "unused files were not removed");
        }
    }
}

async fn of_tenant(engine: &Engine, tenant: &Tenant, now: OffsetDateTime) -> Result<(), SweepError> {
    let before = now - UNUSED;
    let hashes = tenant.db().write(Queue::Background, move |tx| file::retire(tx, before)).await?;
    for hash in hashes {
        let _still = engine.files().still().await;
        let asked = hash.clone();
        if !tenant.db().read(move |tx| file::content_stays(tx, &asked)).await? {
            engine.files().remove(tenant.id(), &hash).await?;
        }
        tenant.db().write(Queue::Background, move |tx| file::remove(tx, &hash)).await?;
    }
    Ok(engine.files().clear_incoming(tenant.id(), before.into()).await?)
}
