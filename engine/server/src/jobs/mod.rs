//! Periodic work: what is to be done for every tenant, one file per job, and the runner that does it on one node at a time.
//!
//! A job is added by a file here and a line in [`all`]. It may be cut off anywhere and run again, and a node that lost its
//! lease unawares may still be at it: each does only what is left to do, and two at once do no harm. Start reading at `runner.rs`.
mod accesses;
mod answers;
mod events;
mod files;
mod runner;
mod seal;
mod sessions;
#[cfg(test)]
mod tests;
mod touched;
mod verify;

use std::{io, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use kontor_apps::AppError;
use kontor_definitions::TenantId;
use kontor_records::RecordsError;
use kontor_storage::{StorageError, TenantDb, control::jobs::Scope};
use time::OffsetDateTime;

use crate::{engine::Engine, files::SweepError};
pub(crate) use runner::Runner;
pub(crate) use touched::Touched;
pub use verify::verify;

const HOUR: Duration = Duration::from_secs(3_600);

/// A piece of periodic work.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    /// Its name in the table of jobs: never given to another one.
    pub(crate) name: &'static str,
    /// So long after a run it runs again.
    pub(crate) period: Duration,
    /// So long after a run that found nothing to do, unless something is written in the tenant before.
    pub(crate) idle: Duration,
    /// What it does.
    pub(crate) work: Work,
}

/// What a job does.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Once for the whole instance.
    Instance(fn(Arc<Engine>, OffsetDateTime) -> Running),
    /// For each tenant.
    Tenant(fn(Turn) -> Running),
}

/// A job under way.
pub(crate) type Running = BoxFuture<'static, Result<Did, JobError>>;

/// Whether there was something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    /// There was; there may soon be more.
    Something,
    /// There was not.
    Nothing,
}

impl Did {
    /// By how much was done.
    pub(crate) fn so_many(count: u64) -> Self {
        if count == 0 { Self::Nothing } else { Self::Something }
    }
}

/// Why a job failed; it is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// The tenant or its definitions.
    #[error(transparent)]
    App(#[from] AppError),
    /// Its records.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Files.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl From<SweepError> for JobError {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Storage(error) => Self::Storage(error),
            SweepError::Disk(error) => Self::Disk(error),
        }
    }
}

/// One run of a job for one tenant. The tenant's definitions are loaded only by a job that asks the engine for them.
#[derive(Clone)]
pub(crate) struct Turn {
    /// The instance.
    pub(crate) engine: Arc<Engine>,
    /// Whose turn it is.
    pub(crate) tenant: TenantId,
    /// Its database.
    pub(crate) db: TenantDb,
    /// The moment of the run.
    pub(crate) now: OffsetDateTime,
}

/// Every job.
pub(crate) fn all() -> Vec<Job> {
    vec![accesses::JOB, answers::JOB, events::JOB, files::JOB, seal::JOB, sessions::JOB]
}

/// Runs one job for every tenant now, whether due or not, as if it were this moment; for tests and repairs.
pub async fn run_once(engine: &Arc<Engine>, name: &str, now: OffsetDateTime) -> Result<(), String> {
    let job = all().into_iter().find(|job| job.name == name).ok_or_else(|| format!("there is no job {name}"))?;
    let apps = Arc::clone(engine.apps());
    let tenants = tokio::task::spawn_blocking(move || apps.list()).await.map_err(|lost| lost.to_string())?;
    let scopes: Vec<Scope> = match job.work {
        Work::Instance(_) => vec![Scope::Instance],
        Work::Tenant(_) => tenants.map_err(|error| error.to_string())?.into_iter().map(|row| Scope::Tenant(row.id)).collect(),
    };
    for scope in scopes {
        let running = start(engine, job, scope, now).map_err(|error| error.to_string())?;
        running.await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Does everything that is due now, as `kontor work --once` does; answers how many runs that were.
pub async fn run_due(engine: &Arc<Engine>) -> Result<u64, StorageError> {
    Runner::new(Arc::clone(engine)).once().await
}

/// Begins a run.
fn start(engine: &Arc<Engine>, job: Job, scope: Scope, now: OffsetDateTime) -> Result<Running, JobError> {
    match (job.work, scope) {
        (Work::Instance(work), Scope::Instance) => Ok(work(Arc::clone(engine), now)),
        (Work::Tenant(work), Scope::Tenant(tenant)) => {
            let db = engine.apps().store().tenant(tenant)?;
            Ok(work(Turn { engine: Arc::clone(engine), tenant, db, now }))
        }
        (Work::Instance(_), Scope::Tenant(_)) | (Work::Tenant(_), Scope::Instance) => {
            Err(StorageError::Bug(format!("the job {} is leased for somebody it is not for", job.name)).into())
        }
    }
}
