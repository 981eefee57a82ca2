//! How a session begins: one transaction, one snapshot, one person's rights, run again when definitions change under it.
use std::sync::{Arc, Mutex, PoisonError};

use kontor_access::{Actor, Rights};
use kontor_apps::{Snapshot, Tenant};
use kontor_definitions::{Locale, RecordId};
use kontor_storage::{GuardKey, Queue, Tx, system::access_log::Access};
use time::{Date, OffsetDateTime};

use crate::{access, error::RecordsError, frame::Frame, session::Session, shared};

/// Who acts.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// A person with their rights of today: a `base.user` record.
    User(RecordId),
    /// The engine itself, with every right, for a person who is named in history (nil for nobody): installation of data.
    Engine(RecordId),
}

/// All that a session depends on besides the data: who, when, in which language, with which luck.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who acts.
    pub who: Who,
    /// `now()`
    pub now: OffsetDateTime,
    /// The day in the server's zone, which is that of companies without a zone of their own.
    pub today: Date,
    /// Where random ids begin; the same job run again makes the same ids.
    pub seed: u64,
    /// Language of texts inside answers.
    pub locale: Locale,
}

/// Runs a job in a write transaction and answers after COMMIT. It may run more than once.
pub async fn write<T: Send + 'static>(
    tenant: &Arc<Tenant>,
    queue: Queue,
    caller: Caller,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, RecordsError> {
    write_guarded(tenant, (queue, &[]), caller, job).await
}

/// `write` of a job that is about these things ([`guards`](crate::guards)): others about the same wait in line before they take a
/// connection.
pub async fn write_guarded<T: Send + 'static>(
    tenant: &Arc<Tenant>,
    (queue, guards): (Queue, &[GuardKey]),
    caller: Caller,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, RecordsError> {
    let of = Arc::clone(tenant);
    let run = move |snapshot: &Arc<Snapshot>, version, tx: &mut Tx| whole(begin(&of, &caller, snapshot, version, tx)?, &job);
    tenant.write_guarded((queue, guards), run).await
}

/// `write` for the command line and tests: blocks the calling thread, which must not be an async worker.
pub fn write_blocking<T: Send + 'static>(
    tenant: &Arc<Tenant>,
    queue: Queue,
    caller: Caller,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, RecordsError> {
    let of = Arc::clone(tenant);
    tenant.write_blocking(queue, move |snapshot, version, tx| whole(begin(&of, &caller, snapshot, version, tx)?, &job))
}

/// Runs a job in a read-only transaction: one consistent picture.
pub async fn read<T: Send + 'static>(
    tenant: &Arc<Tenant>,
    caller: Caller,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, RecordsError> {
    let of = Arc::clone(tenant);
    let read = tenant.read(move |snapshot, version, tx| noted(begin(&of, &caller, snapshot, version, tx)?, &job));
    let (answer, accesses): (T, Vec<Access>) = read.await?;
    if !accesses.is_empty() {
        tenant.db().write(Queue::Interactive, move |tx| access::append(tx, &accesses)).await?;
    }
    Ok(answer)
}

/// `read` for the command line and tests.
pub fn read_blocking<T: Send + 'static>(
    tenant: &Arc<Tenant>,
    caller: Caller,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, RecordsError> {
    let of = Arc::clone(tenant);
    let read = tenant.read_blocking(move |snapshot, version, tx| noted(begin(&of, &caller, snapshot, version, tx)?, &job));
    let (answer, accesses): (T, Vec<Access>) = read?;
    if !accesses.is_empty() {
        tenant.db().write_blocking(Queue::Interactive, move |tx| access::append(tx, &accesses))?;
    }
    Ok(answer)
}

/// `write_blocking` whose writes are taken back: the same answer and the same findings, and nothing is written.
pub fn dry_run_blocking<T: Send + 'static>(
    tenant: &Arc<Tenant>,
    queue: Queue,
    caller: Caller,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, RecordsError> {
    let answer = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&answer);
    let run = write_blocking(tenant, queue, caller, move |session| {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(job(session)?);
        // An error is what takes the writes back.
        Err::<T, _>(RecordsError::DryRun)
    });
    match run {
        Err(RecordsError::DryRun) => {
            let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
            answer.ok_or_else(|| RecordsError::Bug("a dry run ended without an answer".to_owned()))
        }
        other => other,
    }
}

/// Runs a job and writes what it noted for the access log in the same transaction.
fn whole<T>(mut session: Session<'_>, job: &impl Fn(&mut Session<'_>) -> Result<T, RecordsError>) -> Result<T, RecordsError> {
    let answer = job(&mut session)?;
    session.write_accesses()?;
    Ok(answer)
}

/// Runs a job that only reads; what it noted is written after it, and before its answer is given away.
fn noted<T>(
    mut session: Session<'_>,
    job: &impl Fn(&mut Session<'_>) -> Result<T, RecordsError>,
) -> Result<(T, Vec<Access>), RecordsError> {
    let answer = job(&mut session)?;
    Ok((answer, session.accesses))
}

fn begin<'t>(
    tenant: &Tenant,
    caller: &Caller,
    snapshot: &Arc<Snapshot>,
    rights_version: i64,
    tx: &'t mut Tx,
) -> Result<Session<'t>, RecordsError> {
    let shared = shared::shared(snapshot);
    let companies = tenant.companies(tx, snapshot, rights_version, caller.now)?;
    let (Who::User(person) | Who::Engine(person)) = &caller.who;
    let today = companies.of_person(*person).and_then(|company| company.day(caller.now)).unwrap_or(caller.today);
    let rights = match &caller.who {
        Who::User(user) => tenant.rights(tx, snapshot, rights_version, *user, (caller.now, today))?,
        Who::Engine(person) if person.0.is_nil() => Arc::clone(&shared.definer),
        Who::Engine(person) => {
            let actor = Actor { user: *person, name: String::new(), department: None, below: Vec::new(), roles: Vec::new() };
            Arc::new(Rights::clone(&shared.definer).on_behalf_of(actor))
        }
    };
    let frame = Frame {
        catalog: Arc::clone(&snapshot.catalog),
        physical: Arc::clone(&snapshot.physical),
        rights,
        rights_version,
        definer: shared.definer,
        now: caller.now,
        today,
        server_today: caller.today,
        companies,
        locale: caller.locale.clone(),
        speaks: matches!(caller.who, Who::User(_)).then(|| caller.locale.clone()),
        plans: shared.plans,
    };
    Ok(Session::new(frame, tx, caller.seed))
}
