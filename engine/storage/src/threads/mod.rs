//! The threads that own the connections: a fixed set per store, jobs come by channel, never a thread per tenant.
pub(crate) mod functions;
pub(crate) mod guards;
mod hall;
pub(crate) mod postgres;
pub(crate) mod postgres_threads;
pub(crate) mod sqlite;
pub(crate) mod sqlite_readers;
pub(crate) mod sqlite_writers;

use std::thread::JoinHandle;

use crate::error::StorageError;

/// Deep expressions and scripts run on these threads, on a stack that holds them.
const STACK: usize = 8 << 20;

/// Starts a database thread.
fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StorageError> {
    std::thread::Builder::new()
        .name(name)
        .stack_size(STACK)
        .spawn(work)
        .map_err(|error| StorageError::Unavailable(format!("no thread can be started: {error}")))
}

/// Waits for threads that were told to stop. The store can be let go of last by a job on one of them, which must not
/// wait for itself.
fn join(threads: impl Iterator<Item = JoinHandle<()>>) {
    for thread in threads {
        if thread.thread().id() != std::thread::current().id() {
            // A job's panic is caught on its thread, so there is none to hand on.
            drop(thread.join());
        }
    }
}
