//! The writer threads of SQLite: every file has one writer at a time, jobs are committed in groups.
//!
//! A tenant with jobs is put on the line of ready tenants once; the thread that takes it off serves it alone until
//! its queues are empty or, after a group, others wait. Inside a group each job has a savepoint, so that one that
//! fails spoils nothing; whoever waits is answered only after COMMIT.
use std::{
    collections::{HashMap, HashSet, VecDeque},
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};
use lru::LruCache;

use crate::{
    error::StorageError,
    job::{Outcome, WriteJob},
    store::{DatabaseKey, Queue},
    threads::{
        join, spawn,
        sqlite::{SqliteLink, Use},
    },
    tx::Tx,
};

/// Jobs that share one COMMIT at most.
const GROUP_JOBS: usize = 64;
/// A group is committed when its jobs have run so long; so a slow job is committed at once.
const GROUP_TIME: Duration = Duration::from_millis(5);
/// Files kept open for writing.
const OPEN_FILES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(199);

type Job = Box<dyn WriteJob>;

#[derive(Default)]
struct Queues {
    interactive: VecDeque<Job>,
    background: VecDeque<Job>,
    /// On the line of ready tenants, or being served.
    active: bool,
}

impl Queues {
    fn take(&mut self) -> Option<Job> {
        self.interactive.pop_front().or_else(|| self.background.pop_front())
    }
}

/// What the threads and those who hand in jobs share.
struct Shared {
    folder: PathBuf,
    queues: Mutex<HashMap<DatabaseKey, Queues>>,
    open: Mutex<Open>,
    line: Sender<Turn>,
}

/// The open files. Lock order: `queues` before `open`.
struct Open {
    /// Those that no thread is using.
    idle: LruCache<DatabaseKey, Tx>,
    /// Those that a thread is using.
    busy: HashSet<DatabaseKey>,
    /// Those in use whose file is about to be deleted: no further job may see them.
    doomed: HashSet<DatabaseKey>,
}

/// What stands on the line of ready tenants.
enum Turn {
    Serve(DatabaseKey),
    Stop,
}

/// The writer threads.
pub(crate) struct SqliteWriters {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// A lock is poisoned only by a panic between two statements that cannot panic; what it guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SqliteWriters {
    /// Starts the threads for the files of a folder.
    pub(crate) fn start(folder: PathBuf, count: usize) -> Result<Self, StorageError> {
        let (line, turns) = crossbeam_channel::unbounded();
        let open = Open { idle: LruCache::new(OPEN_FILES), busy: HashSet::new(), doomed: HashSet::new() };
        let shared = Arc::new(Shared { folder, queues: Mutex::new(HashMap::new()), open: Mutex::new(open), line });
        let threads = (0..count).map(|number| {
            let (shared, turns) = (Arc::clone(&shared), turns.clone());
            spawn(format!("writer-{number}"), move || shared.serve(&turns))
        });
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { shared, threads })
    }

    /// Hands in a job.
    pub(crate) fn submit(&self, key: DatabaseKey, queue: Queue, job: Job) {
        let mut all = lock(&self.shared.queues);
        let queues = all.entry(key).or_default();
        match queue {
            Queue::Interactive => queues.interactive.push_back(job),
            Queue::Background => queues.background.push_back(job),
        }
        if !queues.active {
            queues.active = true;
            self.shared.wake(Turn::Serve(key));
        }
    }

    /// Closes a file that is about to be deleted.
    pub(crate) fn close(&self, key: DatabaseKey) {
        let mut open = lock(&self.shared.open);
        open.idle.pop(&key);
        if open.busy.contains(&key) {
            open.doomed.insert(key);
        }
    }
}

impl Drop for SqliteWriters {
    fn drop(&mut self) {
        for _thread in &self.threads {
            self.shared.wake(Turn::Stop);
        }
        join(self.threads.drain(..));
    }
}

impl Shared {
    fn wake(&self, turn: Turn) {
        // The line is unbounded and this struct keeps its threads' end alive.
        drop(self.line.send(turn));
    }

    fn serve(&self, turns: &Receiver<Turn>) {
        while let Ok(Turn::Serve(key)) = turns.recv() {
            let found = {
                let mut open = lock(&self.open);
                open.busy.insert(key);
                open.idle.pop(&key)
            };
            let opened = found.map_or_else(|| self.open_file(key), Ok);
            match opened {
                Ok(mut tx) => {
                    self.work(key, &mut tx, !turns.is_empty());
                    self.put_back(key, Some(tx));
                }
                Err(error) => {
                    self.refuse(key, &error);
                    self.put_back(key, None);
                }
            }
            self.leave(key);
        }
    }

    /// A file that was deleted meanwhile is not kept open: one of its name may be made again.
    fn put_back(&self, key: DatabaseKey, tx: Option<Tx>) {
        let mut open = lock(&self.open);
        open.busy.remove(&key);
        if let (false, Some(tx)) = (open.doomed.remove(&key), tx) {
            open.idle.put(key, tx);
        }
    }

    fn open_file(&self, key: DatabaseKey) -> Result<Tx, StorageError> {
        Ok(Tx::sqlite(SqliteLink::open(&key.file(&self.folder), Use::Write)?))
    }

    /// Commits groups until the tenant has no more jobs or others wait for a thread.
    fn work(&self, key: DatabaseKey, tx: &mut Tx, others_wait: bool) {
        while self.group(key, tx) && !others_wait && self.line.is_empty() {}
    }

    /// The file cannot be opened: all that wait are told.
    fn refuse(&self, key: DatabaseKey, error: &StorageError) {
        while let Some(job) = self.take(key) {
            job.finish(Err(error.clone()));
        }
    }

    fn take(&self, key: DatabaseKey) -> Option<Job> {
        let mut queues = lock(&self.queues);
        // Jobs handed in after the file was given up are for the one that is made in its place.
        if lock(&self.open).doomed.contains(&key) {
            return None;
        }
        queues.get_mut(&key).and_then(Queues::take)
    }

    /// Puts the tenant back on the line if it has jobs, otherwise forgets it.
    fn leave(&self, key: DatabaseKey) {
        let mut all = lock(&self.queues);
        if all.get(&key).is_some_and(|queues| queues.interactive.is_empty() && queues.background.is_empty()) {
            all.remove(&key);
        } else {
            self.wake(Turn::Serve(key));
        }
    }

    /// Runs one group and commits it; false if there was nothing to do.
    fn group(&self, key: DatabaseKey, tx: &mut Tx) -> bool {
        let Some(first) = self.take(key) else {
            return false;
        };
        if let Err(error) = tx.begin() {
            first.finish(Err(error));
            return true;
        }
        let (mut done, mut next, started) = (Vec::new(), Some(first), Instant::now());
        while let Some(mut job) = next {
            let alive = run_in_savepoint(tx, &mut job);
            done.push(job);
            if !alive {
                tx.rollback();
                tracing::warn!(jobs = done.len(), "SQLite rolled a group back; its jobs run again one by one");
                done.into_iter().for_each(|job| alone(tx, job));
                return true;
            }
            let full = done.len() >= GROUP_JOBS || started.elapsed() >= GROUP_TIME;
            next = if full { None } else { self.take(key) };
        }
        let committed = tx.commit();
        for job in done {
            job.finish(committed.clone());
        }
        true
    }
}

/// Runs a job so that a failure undoes only its own writes; false if SQLite rolled the whole transaction back.
fn run_in_savepoint(tx: &mut Tx, job: &mut Job) -> bool {
    if tx.savepoint().is_err() {
        return false;
    }
    let kept = job.run(tx) == Outcome::Keep;
    if !tx.is_open() {
        return false;
    }
    tx.end_savepoints(kept).is_ok() && tx.is_open()
}

/// Runs a job in a transaction of its own.
fn alone(tx: &mut Tx, mut job: Job) {
    if let Err(error) = tx.begin() {
        return job.finish(Err(error));
    }
    let kept = job.run(tx) == Outcome::Keep;
    if !tx.is_open() {
        let why = tx.broken().unwrap_or_else(|| StorageError::Unavailable("the transaction was lost".to_owned()));
        tx.rollback();
        return job.finish(Err(why));
    }
    let ended = if kept {
        tx.commit()
    } else {
        tx.rollback();
        Ok(())
    };
    job.finish(ended);
}
