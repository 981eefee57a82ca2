//! Seals each minute what was written: history and the access log, at most a thousand rows of each in a transaction.
use std::time::Duration;

use super::{Did, Job, JobError, Turn, Work};

const MINUTE: Duration = Duration::from_secs(60);

pub(super) const JOB: Job =
    Job { name: "seal", period: MINUTE, idle: MINUTE.saturating_mul(10), work: Work::Tenant(|turn| Box::pin(run(turn))) };

async fn run(turn: Turn) -> Result<Did, JobError> {
    Ok(Did::so_many(kontor_records::seal(&turn.db, turn.now).await?))
}
