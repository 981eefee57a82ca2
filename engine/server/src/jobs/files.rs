//! Removes files that no record has held for a day.
use super::{Did, HOUR, Job, Turn, Work};
use crate::files;

pub(super) const JOB: Job =
    Job { name: "remove files", period: HOUR, idle: HOUR.saturating_mul(6), work: Work::Tenant(|turn| Box::pin(run(turn))) };

async fn run(turn: Turn) -> Result<Did, super::JobError> {
    Ok(Did::so_many(files::sweep(&turn.engine, turn.tenant, &turn.db, turn.now).await?))
}
