//! Removes sessions that have ended, and notes in the access log of their tenants that they did.
use std::sync::Arc;

use kontor_definitions::TenantId;
use kontor_storage::{
    Queue, StorageError, Tx,
    control::sessions::{self, SessionRow},
    system::access_log::{self, Access, Kind, Wanted},
};
use time::{Duration, OffsetDateTime};

use super::{Did, HOUR, Job, JobError, Work};
use crate::engine::Engine;

pub(super) const JOB: Job =
    Job { name: "remove sessions", period: HOUR, idle: HOUR, work: Work::Instance(|engine, now| Box::pin(run(engine, now))) };

/// Sessions that are noted and removed together.
const AT_ONCE: i64 = 200;

async fn run(engine: Arc<Engine>, now: OffsetDateTime) -> Result<Did, JobError> {
    let tenants = engine.apps().store().control().read(move |tx| sessions::with_expired(tx, now)).await?;
    let (mut removed, mut failed) = (0, None);
    for tenant in tenants {
        match of_tenant(&engine, tenant, now).await {
            Ok(count) => removed += count,
            // The other tenants do not wait for it.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(Did::so_many(removed)), |error| Err(error.into()))
}

async fn of_tenant(engine: &Engine, tenant: TenantId, now: OffsetDateTime) -> Result<u64, StorageError> {
    let (control, db) = (engine.apps().store().control(), engine.apps().store().tenant(tenant)?);
    let mut removed = 0;
    loop {
        let ended = control.read(move |tx| sessions::expired(tx, tenant, now, AT_ONCE)).await?;
        if ended.is_empty() {
            return Ok(removed);
        }
        let hashes: Vec<String> = ended.iter().map(|session| session.token_hash.clone()).collect();
        removed += u64::try_from(ended.len()).unwrap_or_default();
        let note = move |tx: &mut Tx| ended.iter().try_for_each(|session| noted(tx, session));
        db.write::<_, StorageError>(Queue::Background, note).await?;
        control.write::<_, StorageError>(Queue::Background, move |tx| sessions::delete_expired(tx, &hashes, now)).await?;
    }
}

/// Notes the end of a session, unless a run that was cut off before it removed the session has noted it.
fn noted(tx: &mut Tx, session: &SessionRow) -> Result<(), StorageError> {
    let at = session.expires_at;
    let same = Wanted {
        from: Some(at),
        until: Some(at + Duration::microseconds(1)),
        kind: Some(Kind::SessionExpired),
        person: Some(session.user),
        ..Wanted::default()
    };
    if !access_log::list(tx, &same, 1)?.is_empty() {
        return Ok(());
    }
    let ended = Access {
        made_at: at,
        kind: Kind::SessionExpired,
        person: Some(session.user),
        address: String::new(),
        entity: None,
        record: None,
        number: None,
        detail: String::new(),
    };
    access_log::append(tx, &ended)
}
