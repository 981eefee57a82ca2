//! The threads of PostgreSQL: each owns one connection and serves any tenant; readers and writers are apart, so that
//! a writer that waits for a lock never keeps a reader waiting.
use std::{thread::JoinHandle, time::Duration};

use crossbeam_channel::{Receiver, Sender};
use sqlx::postgres::PgConnectOptions;

use crate::{
    error::StorageError,
    job::{Outcome, ReadJob, WriteJob},
    store::{DatabaseKey, Queue},
    threads::{join, postgres::PostgresLink, spawn},
    tx::Tx,
};

/// How often a job that lost against another transaction is run again.
const ATTEMPTS: u32 = 5;
/// The pause before the first repetition; it doubles each time.
const PAUSE: Duration = Duration::from_millis(5);

/// In whose name a transaction works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum As {
    /// The tenant's own role, which reaches no other tenant and changes no table's shape.
    Tenant,
    /// The owner of the tables: migrations and publishing.
    Owner,
}

struct WriteErrand {
    key: DatabaseKey,
    role: As,
    job: Box<dyn WriteJob>,
}

struct ReadErrand {
    key: DatabaseKey,
    job: Box<dyn ReadJob>,
}

/// The ends of the channels; dropping them stops the threads.
struct Lines {
    interactive: Sender<WriteErrand>,
    background: Sender<WriteErrand>,
    reads: Sender<ReadErrand>,
}

/// The threads.
pub(crate) struct PostgresThreads {
    lines: Option<Lines>,
    threads: Vec<JoinHandle<()>>,
}

impl PostgresThreads {
    /// Starts the threads. `roles` says whether each tenant has a role of its own.
    pub(crate) fn start(options: &PgConnectOptions, roles: bool, readers: usize, writers: usize) -> Result<Self, StorageError> {
        let (interactive, from_interactive) = crossbeam_channel::unbounded();
        let (background, from_background) = crossbeam_channel::unbounded();
        let (reads, from_reads) = crossbeam_channel::unbounded();
        let mut threads = Vec::new();
        for number in 0..writers {
            let tx = Tx::postgres(PostgresLink::new(options.clone())?);
            let (interactive, background) = (from_interactive.clone(), from_background.clone());
            threads.push(spawn(format!("writer-{number}"), move || serve_writes(tx, roles, &interactive, &background))?);
        }
        for number in 0..readers {
            let tx = Tx::postgres(PostgresLink::new(options.clone())?);
            let reads = from_reads.clone();
            threads.push(spawn(format!("reader-{number}"), move || serve_reads(tx, roles, &reads))?);
        }
        Ok(Self { threads, lines: Some(Lines { interactive, background, reads }) })
    }

    /// Hands in a write job.
    pub(crate) fn write(&self, key: DatabaseKey, role: As, queue: Queue, job: Box<dyn WriteJob>) {
        let errand = WriteErrand { key, role, job };
        let refused = match (&self.lines, queue) {
            (Some(lines), Queue::Interactive) => lines.interactive.send(errand).err().map(|returned| returned.0),
            (Some(lines), Queue::Background) => lines.background.send(errand).err().map(|returned| returned.0),
            (None, _) => Some(errand),
        };
        if let Some(errand) = refused {
            errand.job.finish(Err(closing()));
        }
    }

    /// Hands in a read job.
    pub(crate) fn read(&self, key: DatabaseKey, job: Box<dyn ReadJob>) {
        let errand = ReadErrand { key, job };
        let refused = match &self.lines {
            Some(lines) => lines.reads.send(errand).err().map(|returned| returned.0),
            None => Some(errand),
        };
        if let Some(errand) = refused {
            errand.job.fail(closing());
        }
    }
}

impl Drop for PostgresThreads {
    fn drop(&mut self) {
        self.lines = None;
        join(self.threads.drain(..));
    }
}

fn closing() -> StorageError {
    StorageError::Unavailable("the store is closing".to_owned())
}

fn serve_writes(mut tx: Tx, roles: bool, interactive: &Receiver<WriteErrand>, background: &Receiver<WriteErrand>) {
    while let Some(errand) = next(interactive, background) {
        write(&mut tx, roles, errand);
    }
}

/// The next job: whoever waits for an answer goes before imports and back-fills.
fn next(interactive: &Receiver<WriteErrand>, background: &Receiver<WriteErrand>) -> Option<WriteErrand> {
    if let Ok(errand) = interactive.try_recv() {
        return Some(errand);
    }
    crossbeam_channel::select! {
        recv(interactive) -> errand => errand.ok().or_else(|| background.recv().ok()),
        recv(background) -> errand => errand.ok().or_else(|| interactive.recv().ok()),
    }
}

/// Runs a job until it is through, at most so often, and answers.
fn write(tx: &mut Tx, roles: bool, errand: WriteErrand) {
    let WriteErrand { key, role, mut job } = errand;
    let text = begin("BEGIN", key, role == As::Tenant && roles);
    for attempt in 0..=ATTEMPTS {
        if let Err(error) = open(tx, key, &text) {
            return job.finish(Err(error));
        }
        let kept = job.run(tx) == Outcome::Keep && !tx.is_lost();
        let ended = if kept {
            tx.commit()
        } else {
            tx.rollback();
            Ok(())
        };
        if attempt < ATTEMPTS && (tx.is_lost() || matches!(ended, Err(StorageError::Serialisation))) {
            std::thread::sleep(PAUSE * 2_u32.pow(attempt));
            continue;
        }
        let ended = if tx.is_lost() { Err(StorageError::Serialisation) } else { ended };
        return job.finish(ended);
    }
}

fn serve_reads(mut tx: Tx, roles: bool, reads: &Receiver<ReadErrand>) {
    while let Ok(ReadErrand { key, job }) = reads.recv() {
        let text = begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", key, roles);
        match open(&mut tx, key, &text) {
            Ok(()) => {
                job.run(&mut tx);
                tx.rollback();
            }
            Err(error) => job.fail(error),
        }
    }
}

/// BEGIN and the transaction's settings, sent in one round trip.
fn begin(begin: &str, key: DatabaseKey, own_role: bool) -> String {
    let settings = format!("{begin}; SET LOCAL statement_timeout = 5000; SET LOCAL lock_timeout = 2000");
    match key {
        DatabaseKey::Tenant(_) if own_role => format!("{settings}; SET LOCAL ROLE \"{}\"", key.role()),
        DatabaseKey::Tenant(_) | DatabaseKey::Control => settings,
    }
}

fn open(tx: &mut Tx, key: DatabaseKey, text: &str) -> Result<(), StorageError> {
    let server = tx.server().ok_or_else(|| StorageError::Bug("a file on a thread for servers".to_owned()))?;
    server.begin(text)?;
    tx.opened(format!("\"{}\".", key.schema()));
    Ok(())
}
