//! The reader threads of SQLite: each keeps read-only connections to the files it was asked for lately.
use std::{num::NonZeroUsize, path::Path, thread::JoinHandle};

use crossbeam_channel::{Receiver, Sender};
use lru::LruCache;

use crate::{
    error::StorageError,
    job::ReadJob,
    store::DatabaseKey,
    threads::{
        join, spawn,
        sqlite::{SqliteLink, Use},
    },
    tx::Tx,
};

/// Files that each thread keeps open.
const OPEN_FILES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99);

/// Names a file and which making of it is meant: one that was deleted and made again is another file.
type FileKey = (DatabaseKey, u64);

struct Errand {
    file: FileKey,
    job: Box<dyn ReadJob>,
}

/// The reader threads.
pub(crate) struct SqliteReaders {
    errands: Option<Sender<Errand>>,
    threads: Vec<JoinHandle<()>>,
}

impl SqliteReaders {
    /// Starts the threads for the files of a folder.
    pub(crate) fn start(folder: &Path, count: usize) -> Result<Self, StorageError> {
        let (errands, line) = crossbeam_channel::unbounded();
        let threads = (0..count).map(|number| {
            let (folder, line) = (folder.to_owned(), line.clone());
            spawn(format!("reader-{number}"), move || serve(&folder, &line))
        });
        Ok(Self { threads: threads.collect::<Result<Vec<_>, _>>()?, errands: Some(errands) })
    }

    /// Hands in a job.
    pub(crate) fn submit(&self, file: FileKey, job: Box<dyn ReadJob>) {
        let refused = match &self.errands {
            Some(line) => line.send(Errand { file, job }).err().map(|returned| returned.0.job),
            None => Some(job),
        };
        if let Some(job) = refused {
            job.fail(StorageError::Unavailable("the store is closing".to_owned()));
        }
    }
}

impl Drop for SqliteReaders {
    fn drop(&mut self) {
        self.errands = None;
        join(self.threads.drain(..));
    }
}

fn serve(folder: &Path, line: &Receiver<Errand>) {
    let mut open: LruCache<FileKey, Tx> = LruCache::new(OPEN_FILES);
    while let Ok(Errand { file, job }) = line.recv() {
        let opened = open
            .try_get_or_insert_mut(file, || SqliteLink::open(&file.0.file(folder), Use::Read).map(Tx::sqlite))
            .and_then(|tx| tx.begin().map(|()| tx));
        match opened {
            Ok(tx) => {
                job.run(tx);
                tx.rollback();
            }
            Err(error) => {
                open.pop(&file);
                job.fail(error);
            }
        }
    }
}
