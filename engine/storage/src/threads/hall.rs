//! Where write jobs for a server wait for those that are about the same thing, before they take a thread and its connection.
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};

use crate::{
    error::StorageError,
    job::{ReadJob, WriteJob},
    store::{DatabaseKey, Queue},
    threads::{
        guards::{GuardKey, Guards, Ticket},
        postgres_threads::As,
    },
};

/// A write job with what its transaction begins with.
pub(super) struct WriteErrand {
    pub(super) key: DatabaseKey,
    pub(super) role: As,
    pub(super) queue: Queue,
    pub(super) job: Box<dyn WriteJob>,
    /// Its place in the lines of its keys; given back when the errand is dropped, however that comes about.
    pub(super) pass: Option<Pass>,
}

/// The same of a read job.
pub(super) struct ReadErrand {
    pub(super) key: DatabaseKey,
    pub(super) job: Box<dyn ReadJob>,
}

/// The ends of the channels; dropping them stops the threads.
struct Lines {
    interactive: Sender<WriteErrand>,
    background: Sender<WriteErrand>,
    reads: Sender<ReadErrand>,
    /// Somebody waits in line: the clock looks when their time is over.
    clock: Sender<()>,
}

/// The other ends, where the threads take jobs.
pub(super) struct Doors {
    pub(super) interactive: Receiver<WriteErrand>,
    pub(super) background: Receiver<WriteErrand>,
    pub(super) reads: Receiver<ReadErrand>,
    pub(super) clock: Receiver<()>,
}

/// The lines of those who wait, and the ways to the threads.
pub(super) struct Hall {
    guards: Mutex<Guards<WriteErrand>>,
    lines: Mutex<Option<Lines>>,
    patience: Duration,
}

/// A job's place in the lines of its keys.
pub(super) struct Pass {
    hall: Arc<Hall>,
    ticket: Ticket,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let ready = lock(&self.hall.guards).leave(self.ticket);
        self.hall.send_all(ready);
    }
}

impl Hall {
    /// At most so many jobs of one key run at once; none waits longer than that.
    pub(super) fn open(widest: usize, patience: Duration) -> (Arc<Self>, Doors) {
        let (interactive, from_interactive) = crossbeam_channel::unbounded();
        let (background, from_background) = crossbeam_channel::unbounded();
        let (reads, from_reads) = crossbeam_channel::unbounded();
        let (clock, told) = crossbeam_channel::bounded(1);
        let lines = Mutex::new(Some(Lines { interactive, background, reads, clock }));
        let hall = Self { guards: Mutex::new(Guards::new(widest)), lines, patience };
        (Arc::new(hall), Doors { interactive: from_interactive, background: from_background, reads: from_reads, clock: told })
    }

    /// A write job comes: to the threads, or into the lines of its keys.
    pub(super) fn enter(self: &Arc<Self>, errand: WriteErrand, keys: &[GuardKey]) {
        if keys.is_empty() {
            return self.send(errand);
        }
        let places = keys.iter().map(|key| (errand.key, *key)).collect();
        let ready = lock(&self.guards).enter(places, Instant::now() + self.patience, errand);
        if let Some(ready) = ready {
            return self.send_all(vec![ready]);
        }
        if let Some(lines) = &*lock(&self.lines) {
            // A clock that was told already needs not be told again.
            let _full: Result<(), TrySendError<()>> = lines.clock.try_send(());
        }
    }

    /// A read job comes.
    pub(super) fn read(&self, errand: ReadErrand) {
        let line = lock(&self.lines).as_ref().map(|lines| lines.reads.clone());
        let refused = match line {
            Some(line) => line.send(errand).err().map(|returned| returned.0),
            None => Some(errand),
        };
        if let Some(errand) = refused {
            errand.job.fail(closing());
        }
    }

    /// The clock: lets those go whose time in line is over, and sleeps while nobody waits.
    pub(super) fn watch(self: &Arc<Self>, told: &Receiver<()>) {
        loop {
            let first = lock(&self.guards).first_late();
            let goes_on = match first {
                None => told.recv().is_ok(),
                Some(first) => !matches!(told.recv_deadline(first), Err(RecvTimeoutError::Disconnected)),
            };
            if !goes_on {
                return;
            }
            let (over, ready) = lock(&self.guards).late(Instant::now());
            self.send_all(ready);
            over.into_iter().for_each(|errand| errand.job.finish(Err(StorageError::LockTimeout)));
        }
    }

    /// No job comes any more; those in line are answered.
    pub(super) fn close(&self) {
        *lock(&self.lines) = None;
        let waiting = lock(&self.guards).clear();
        waiting.into_iter().for_each(|errand| errand.job.finish(Err(closing())));
    }

    fn send_all(self: &Arc<Self>, ready: Vec<(Ticket, WriteErrand)>) {
        for (ticket, errand) in ready {
            let pass = Some(Pass { hall: Arc::clone(self), ticket });
            self.send(WriteErrand { pass, ..errand });
        }
    }

    fn send(&self, errand: WriteErrand) {
        let line = lock(&self.lines).as_ref().map(|lines| match errand.queue {
            Queue::Interactive => lines.interactive.clone(),
            Queue::Background => lines.background.clone(),
        });
        let refused = match line {
            Some(line) => line.send(errand).err().map(|returned| returned.0),
            None => Some(errand),
        };
        if let Some(WriteErrand { job, .. }) = refused {
            job.finish(Err(closing()));
        }
    }
}

fn closing() -> StorageError {
    StorageError::Unavailable("the store is closing".to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use kontor_definitions::RecordId;
    use uuid::Uuid;

    use super::*;
    use crate::{job::Outcome, tx::Tx};

    /// Tells how it ended.
    struct Told(&'static str, mpsc::Sender<(&'static str, Result<(), StorageError>)>);

    impl WriteJob for Told {
        fn run(&mut self, _tx: &mut Tx) -> Outcome {
            Outcome::Keep
        }

        fn finish(self: Box<Self>, committed: Result<(), StorageError>) {
            self.1.send((self.0, committed)).unwrap();
        }
    }

    #[test]
    fn who_waits_too_long_is_answered_while_the_first_one_still_runs() {
        let (hall, doors) = Hall::open(1, Duration::from_millis(20));
        let (tell, told) = mpsc::channel();
        let key = [GuardKey::Record(RecordId(Uuid::from_u128(1)))];
        let errand = |name| WriteErrand {
            key: DatabaseKey::Control,
            role: As::Tenant,
            queue: Queue::Interactive,
            job: Box::new(Told(name, tell.clone())),
            pass: None,
        };
        let clock = std::thread::spawn({
            let (hall, clock) = (Arc::clone(&hall), doors.clock.clone());
            move || hall.watch(&clock)
        });
        hall.enter(errand("first"), &key);
        hall.enter(errand("late"), &key);
        let first = doors.interactive.recv().unwrap();
        let (name, ended) = told.recv().unwrap();
        assert!(name == "late" && matches!(ended, Err(StorageError::LockTimeout)), "{name} {ended:?}");
        drop(first);
        hall.enter(errand("next"), &key);
        let next = doors.interactive.recv().unwrap();
        hall.enter(errand("waits"), &key);
        hall.close();
        let (name, ended) = told.recv().unwrap();
        assert!(name == "waits" && matches!(ended, Err(StorageError::Unavailable(_))), "{name} {ended:?}");
        drop(next);
        clock.join().unwrap();
    }
}
