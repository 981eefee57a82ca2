//! Forgets answers kept for requests with an `Idempotency-Key`, a week after they were given.
use kontor_storage::{Queue, system::inbox};
use time::Duration;

use super::{Did, HOUR, Job, Turn, Work};

/// So long a request may be repeated and gets the same answer.
const KEPT: Duration = Duration::days(7);

pub(super) const JOB: Job =
    Job { name: "forget answers", period: HOUR, idle: HOUR.saturating_mul(6), work: Work::Tenant(|turn| Box::pin(run(turn))) };

async fn run(turn: Turn) -> Result<Did, super::JobError> {
    let before = turn.now - KEPT;
    Ok(Did::so_many(turn.db.write(Queue::Background, move |tx| inbox::delete_before(tx, before)).await?))
}
