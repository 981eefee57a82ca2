//! The threads of PostgreSQL: each owns one connection and serves any tenant; readers and writers are apart, so that
//! a writer that waits for a lock never keeps a reader waiting.
use std::{sync::Arc, thread::JoinHandle, time::Duration};

use crossbeam_channel::Receiver;
use sqlx::postgres::PgConnectOptions;

use crate::{
    error::StorageError,
    job::{Outcome, ReadJob, WriteJob},
    store::{DatabaseKey, Queue},
    threads::{
        guards::GuardKey,
        hall::{Hall, ReadErrand, WriteErrand},
        join,
        postgres::PostgresLink,
        spawn,
    },
    tx::Tx,
};

/// How often a job that lost against another transaction is run again.
const ATTEMPTS: u32 = 5;
/// The pause before the first repetition; it doubles each time.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a job waits in line for others that are about the same thing.
const PATIENCE: Duration = Duration::from_secs(10);

/// In whose name a transaction works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum As {
    /// The tenant's own role, which reaches no other tenant and changes no table's shape.
    Tenant,
    /// The owner of the tables: migrations and publishing.
    Owner,
}

/// The threads.
pub(crate) struct PostgresThreads {
    hall: Arc<Hall>,
    threads: Vec<JoinHandle<()>>,
}

impl PostgresThreads {
    /// Starts the threads. `roles` says whether each tenant has a role of its own.
    pub(crate) fn start(options: &PgConnectOptions, roles: bool, readers: usize, writers: usize) -> Result<Self, StorageError> {
        // Whoever is about one thing leaves half of the connections to others.
        let (hall, doors) = Hall::open((writers / 2).max(1), PATIENCE);
        let mut threads = Vec::new();
        for number in 0..writers {
            let tx = Tx::postgres(PostgresLink::new(options.clone())?);
            let (interactive, background) = (doors.interactive.clone(), doors.background.clone());
            threads.push(spawn(format!("writer-{number}"), move || serve_writes(tx, roles, &interactive, &background))?);
        }
        for number in 0..readers {
            let tx = Tx::postgres(PostgresLink::new(options.clone())?);
            let reads = doors.reads.clone();
            threads.push(spawn(format!("reader-{number}"), move || serve_reads(tx, roles, &reads))?);
        }
        let of = Arc::clone(&hall);
        threads.push(spawn("writer-clock".to_owned(), move || of.watch(&doors.clock))?);
        Ok(Self { threads, hall })
    }

    /// Hands in a write job. One that waits in line for others with its keys and is not begun in time is answered that it was
    /// locked out. Jobs in the background wait for everybody anyway.
    pub(crate) fn write(&self, key: DatabaseKey, role: As, (queue, guards): (Queue, &[GuardKey]), job: Box<dyn WriteJob>) {
        let guards = if queue == Queue::Background { &[] } else { guards };
        self.hall.enter(WriteErrand { key, role, queue, job, pass: None }, guards);
    }

    /// Hands in a read job.
    pub(crate) fn read(&self, key: DatabaseKey, job: Box<dyn ReadJob>) {
        self.hall.read(ReadErrand { key, job });
    }
}

impl Drop for PostgresThreads {
    fn drop(&mut self) {
        self.hall.close();
        join(self.threads.drain(..));
    }
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
    let WriteErrand { key, role, mut job, pass: _until_the_end, .. } = errand;
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
