//! Forgets events a day after they happened: whoever comes back later looks at everything anew.
use kontor_storage::{Queue, system::event};
use time::Duration;

use super::{Did, HOUR, Job, Turn, Work};

/// How long events are kept.
const KEPT: Duration = Duration::hours(24);

pub(super) const JOB: Job =
    Job { name: "forget events", period: HOUR, idle: HOUR.saturating_mul(6), work: Work::Tenant(|turn| Box::pin(run(turn))) };

async fn run(turn: Turn) -> Result<Did, super::JobError> {
    let before = turn.now - KEPT;
    Ok(Did::so_many(turn.db.write(Queue::Background, move |tx| event::forget(tx, before)).await?))
}
