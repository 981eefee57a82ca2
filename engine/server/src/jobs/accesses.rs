//! Removes rows of the access log that are older than the instance keeps them, whole seals at a time, and notes that it did.
use kontor_storage::{
    Queue, Tx,
    system::access_log::{self, Access, Kind},
};
use time::Duration;

use super::{Did, HOUR, Job, JobError, Turn, Work};

pub(super) const JOB: Job = Job {
    name: "forget accesses",
    period: HOUR.saturating_mul(24),
    idle: HOUR.saturating_mul(24),
    work: Work::Tenant(|turn| Box::pin(run(turn))),
};

async fn run(turn: Turn) -> Result<Did, JobError> {
    let now = turn.now;
    let before = now - Duration::days(turn.engine.config().access_log_days);
    let work = move |tx: &mut Tx| {
        let removed = access_log::forget(tx, before)?;
        if removed > 0 {
            let noted = Access {
                made_at: now,
                kind: Kind::LogForgotten,
                person: None,
                address: String::new(),
                entity: None,
                record: None,
                number: i64::try_from(removed).ok(),
                detail: String::new(),
            };
            access_log::append(tx, &noted)?;
        }
        Ok::<_, kontor_storage::StorageError>(removed)
    };
    Ok(Did::so_many(turn.db.write(Queue::Background, work).await?))
}
