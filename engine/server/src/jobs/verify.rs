//! Part of `kontor verify`: leases that nobody can hold, and jobs that will not be done in their time.
use kontor_definitions::{LocalText, TenantId};
use kontor_records::verify::{Invariant, Report};
use kontor_storage::{
    StorageError,
    control::jobs::{self, JobRow, Scope},
};
use time::Duration;

use super::{
    Job, all,
    runner::{LATEST_RETRY, LEASE},
};
use crate::{engine::Engine, language::Text};

/// Leases and due times are set a moment before they are looked at.
const MARGIN: Duration = Duration::minutes(5);
/// So many failures in a row are told.
const FAILURES: i64 = 3;

/// Looks at the jobs of a tenant and of the instance, and adds what does not hold to a report. Blocks.
pub fn verify(engine: &Engine, tenant: TenantId, report: &mut Report) -> Result<(), StorageError> {
    let ours = engine.now();
    let look = move |tx: &mut kontor_storage::Tx| Ok::<_, StorageError>((jobs::clock(tx, ours)?, jobs::list(tx)?));
    let (now, rows) = engine.apps().store().control().read_blocking(look)?;
    let known = all();
    for row in rows.iter().filter(|row| row.scope == Scope::Tenant(tenant) || row.scope == Scope::Instance) {
        if row.leased_by.is_some() != row.leased_until.is_some() {
            let text = Text("任务“{0}”的租约不完整", "the lease of the job “{0}” is broken");
            report.tell(Invariant::Jobs, true, said(text, row));
        }
        if row.leased_until.is_some_and(|until| until > now + LEASE + MARGIN) {
            let text = Text("任务“{0}”被占用的时间过长，期间无人执行", "the job “{0}” is leased for longer than any lease lasts");
            report.tell(Invariant::Jobs, true, said(text, row));
        }
        let longest = known.iter().find(|job| job.name == row.name).map(longest);
        if longest.is_some_and(|longest| row.due_at > now + longest + MARGIN) {
            let text = Text("任务“{0}”被推迟得过晚", "the job “{0}” is due later than it ever should be");
            report.tell(Invariant::Jobs, true, said(text, row));
        }
        if row.failures >= FAILURES {
            let text = Text("任务“{0}”连续失败，原因见日志", "the job “{0}” fails again and again; the log has the cause");
            report.tell(Invariant::Jobs, false, said(text, row));
        }
    }
    Ok(())
}

/// So long after a run a job is due at the latest.
fn longest(job: &Job) -> std::time::Duration {
    job.period.max(job.idle).max(LATEST_RETRY)
}

fn said(text: Text, row: &JobRow) -> LocalText {
    text.with(&[&row.name])
}
