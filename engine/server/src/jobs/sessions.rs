//! Removes sessions that have ended.
use std::sync::Arc;

use time::OffsetDateTime;

use super::{Did, HOUR, Job, Work};
use crate::engine::Engine;

pub(super) const JOB: Job =
    Job { name: "remove sessions", period: HOUR, idle: HOUR, work: Work::Instance(|engine, now| Box::pin(run(engine, now))) };

async fn run(engine: Arc<Engine>, now: OffsetDateTime) -> Result<Did, super::JobError> {
    Ok(Did::so_many(engine.desk().sweep(now).await?))
}
