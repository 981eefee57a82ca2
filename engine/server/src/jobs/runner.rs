//! Takes leases on jobs that are due, does a few at a time, and says when they are due again.
//!
//! What is due stands in one table of the control database, so that any number of idle tenants costs one short question
//! now and then. A lease is kept while its job runs; a node that dies loses it and another one takes over.
use std::{sync::Arc, time::Duration};

use kontor_storage::{
    Queue, StorageError,
    control::jobs::{self, Lease, Scope},
};
use rand::RngExt as _;
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use uuid::Uuid;

use super::{Did, Job, Work, all, start};
use crate::engine::Engine;

/// Jobs that one node does at a time.
const SLOTS: usize = 2;
/// A lease is lost when it was not renewed for so long.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// The table is asked at least so often, and after an error.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// New tenants get their jobs so often.
const ADD_EVERY: Duration = Duration::from_secs(30);
/// A job that failed is tried again after so long, then after twice as long, …
const RETRY: Duration = Duration::from_secs(10);
/// … and no later than this.
pub(super) const LATEST_RETRY: Duration = Duration::from_secs(3_600);

/// Does the periodic work of an instance, together with the runners of other nodes.
pub(crate) struct Runner {
    engine: Arc<Engine>,
    jobs: Vec<Job>,
    /// Tells this process from others in the table.
    node: String,
    running: JoinSet<()>,
    added: Option<Instant>,
    woken: Option<Instant>,
}

impl Runner {
    /// A runner of all jobs.
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self::of(engine, all())
    }

    /// A runner of these jobs.
    pub(super) fn of(engine: Arc<Engine>, jobs: Vec<Job>) -> Self {
        let node = format!("{}-{}", std::process::id(), Uuid::new_v4().simple());
        Self { engine, jobs, node, running: JoinSet::new(), added: None, woken: None }
    }

    /// Works until it is told to stop, and lets jobs under way finish. Dropping it cuts them off.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        loop {
            let pause = self.turn().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "jobs could not be looked at");
                LOOK_EVERY
            });
            tokio::select! {
                biased;
                // An error means that the sender is gone, which asks for the end as well.
                _asked = stopping.wait_for(|asked| *asked) => break,
                Some(ended) = self.running.join_next() => ended.unwrap_or_else(|lost| tracing::error!(%lost, "a job's end was lost")),
                () = tokio::time::sleep(pause) => {}
            }
        }
        while self.running.join_next().await.is_some() {}
    }

    /// Does everything that is due now and ends; answers how many runs that were.
    pub(crate) async fn once(mut self) -> Result<u64, StorageError> {
        self.add_missing().await?;
        let mut runs = 0;
        loop {
            let leases = self.lease(SLOTS).await?;
            if leases.is_empty() {
                return Ok(runs);
            }
            runs += u64::try_from(leases.len()).unwrap_or(u64::MAX);
            self.begin(leases);
            while self.running.join_next().await.is_some() {}
        }
    }

    /// Looks once at what is due and begins it; answers how long to wait for the next look.
    async fn turn(&mut self) -> Result<Duration, StorageError> {
        self.add_missing().await?;
        self.wake().await?;
        let free = SLOTS.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(LOOK_EVERY);
        }
        let wait = self.until_due().await?;
        if !wait.is_zero() {
            return Ok(wait.min(LOOK_EVERY));
        }
        let leases = self.lease(free).await?;
        // Another node was quicker, or has the rows locked at this moment.
        let pause = if leases.is_empty() { LOOK_EVERY / 10 } else { Duration::ZERO };
        self.begin(leases);
        Ok(pause)
    }

    fn begin(&mut self, leases: Vec<Lease>) {
        for lease in leases {
            if let Some(job) = self.jobs.iter().find(|job| job.name == lease.name) {
                self.running.spawn(carry_out(Arc::clone(&self.engine), *job, lease));
            }
        }
    }

    /// Makes the jobs of tenants that have none, spread over their period.
    async fn add_missing(&mut self) -> Result<(), StorageError> {
        if self.added.is_some_and(|at| at.elapsed() < ADD_EVERY) {
            return Ok(());
        }
        let control = self.engine.apps().store().control();
        let ours = self.engine.now();
        for job in self.jobs.clone() {
            let scopes: Vec<Scope> = match job.work {
                Work::Instance(_) => vec![Scope::Instance],
                Work::Tenant(_) => {
                    let missing =
                        control.read(move |tx| jobs::without(tx, job.name)).await.map_err(|error: StorageError| error)?;
                    missing.into_iter().map(Scope::Tenant).collect()
                }
            };
            if scopes.is_empty() {
                continue;
            }
            let offsets: Vec<Duration> = scopes.iter().map(|_| rand::rng().random_range(Duration::ZERO..job.period)).collect();
            let add = move |tx: &mut kontor_storage::Tx| {
                let now = jobs::clock(tx, ours)?;
                let mut spread = scopes.iter().zip(&offsets);
                spread.try_for_each(|(scope, offset)| jobs::add(tx, *scope, job.name, now + *offset))
            };
            control.write(Queue::Background, add).await?;
        }
        self.added = Some(Instant::now());
        Ok(())
    }

    /// Jobs that wait long because they found nothing to do look again where something was written.
    async fn wake(&mut self) -> Result<(), StorageError> {
        if self.woken.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        self.woken = Some(Instant::now());
        let touched = self.engine.touched().take();
        if touched.is_empty() {
            return Ok(());
        }
        let waiting: Vec<Job> = self.jobs.iter().copied().filter(|job| job.idle > job.period).collect();
        let (ours, again) = (self.engine.now(), touched.clone());
        let sooner = move |tx: &mut kontor_storage::Tx| {
            let now = jobs::clock(tx, ours)?;
            for tenant in &touched {
                for job in &waiting {
                    jobs::sooner(tx, Scope::Tenant(*tenant), job.name, now + job.period)?;
                }
            }
            Ok(())
        };
        let woken: Result<(), StorageError> = self.engine.apps().store().control().write(Queue::Background, sooner).await;
        if woken.is_err() {
            again.into_iter().for_each(|tenant| self.engine.touched().add(tenant));
        }
        woken
    }

    fn names(&self) -> Vec<&'static str> {
        self.jobs.iter().map(|job| job.name).collect()
    }

    /// How long until something is due.
    async fn until_due(&self) -> Result<Duration, StorageError> {
        let (names, ours) = (self.names(), self.engine.now());
        let control = self.engine.apps().store().control();
        let asked = move |tx: &mut kontor_storage::Tx| {
            let now = jobs::clock(tx, ours)?;
            Ok::<_, StorageError>(jobs::next_due(tx, &names, now)?.map(|due| due - now))
        };
        let until = control.read(asked).await?;
        Ok(until.map_or(LOOK_EVERY, |until| Duration::try_from(until).unwrap_or(Duration::ZERO)))
    }

    async fn lease(&self, most: usize) -> Result<Vec<Lease>, StorageError> {
        let (names, node, ours) = (self.names(), self.node.clone(), self.engine.now());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let take = move |tx: &mut kontor_storage::Tx| {
            let now = jobs::clock(tx, ours)?;
            jobs::lease(tx, &names, &node, (now, now + LEASE), most)
        };
        self.engine.apps().store().control().write(Queue::Background, take).await
    }
}

/// Does a job under its lease and ends the lease. Nothing that goes wrong in it leaves this function.
async fn carry_out(engine: Arc<Engine>, job: Job, lease: Lease) {
    let Some(ended) = under_lease(&engine, job, &lease).await else {
        return tracing::warn!(job = job.name, scope = ?lease.scope, "the lease was lost; another node goes on");
    };
    if let Err(problem) = &ended {
        tracing::warn!(job = job.name, scope = ?lease.scope, failures = lease.failures + 1, problem, "a job failed and is tried again");
    }
    let (ours, control) = (engine.now(), engine.apps().store().control());
    let finish = move |tx: &mut kontor_storage::Tx| {
        let now = jobs::clock(tx, ours)?;
        match &ended {
            Ok(Did::Something) => jobs::done(tx, &lease, (now + job.period, now + job.period)),
            Ok(Did::Nothing) => jobs::done(tx, &lease, (now + job.period, now + job.idle)),
            Err(problem) => jobs::failed(tx, &lease, now + back_off(lease.failures), problem),
        }
    };
    let done: Result<bool, StorageError> = control.write(Queue::Background, finish).await;
    match done {
        Ok(true) => {}
        Ok(false) => tracing::warn!(job = job.name, "the lease was lost at its end"),
        // It runs out by itself.
        Err(error) => tracing::warn!(job = job.name, %error, "a lease could not be ended"),
    }
}

/// The end of a job, or nothing when its lease was lost before.
async fn under_lease(engine: &Arc<Engine>, job: Job, lease: &Lease) -> Option<Result<Did, String>> {
    let now: OffsetDateTime = engine.now();
    let running = match start(engine, job, lease.scope, now) {
        Ok(running) => running,
        Err(error) => return Some(Err(error.to_string())),
    };
    // A task of its own: a panic ends it and nothing else; cut off with this function.
    let mut task = JoinSet::new();
    task.spawn(running);
    let mut beats = tokio::time::interval_at(Instant::now() + LEASE / 3, LEASE / 3);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = task.join_next() => return match ended {
                None => None,
                Some(Ok(ended)) => Some(ended.map_err(|error| error.to_string())),
                Some(Err(lost)) => Some(Err(lost.to_string())),
            },
            _beat = beats.tick() => if !renewed(engine, lease).await { return None },
        }
    }
}

/// Whether the lease is still ours. A database that does not answer has not given it away yet.
async fn renewed(engine: &Arc<Engine>, lease: &Lease) -> bool {
    let (ours, lease) = (engine.now(), lease.clone());
    let renew = move |tx: &mut kontor_storage::Tx| {
        let now = jobs::clock(tx, ours)?;
        jobs::renew(tx, &lease, now + LEASE)
    };
    let answer: Result<bool, StorageError> = engine.apps().store().control().write(Queue::Background, renew).await;
    answer.unwrap_or(true)
}

fn back_off(failures: i64) -> Duration {
    let doubled = u32::try_from(failures.clamp(0, 16)).map_or(u32::MAX, |times| 2_u32.pow(times));
    RETRY.saturating_mul(doubled).min(LATEST_RETRY)
}
