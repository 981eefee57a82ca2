//! The store: where the databases are, and the threads that work on them.
use std::path::PathBuf;

use kontor_definitions::TenantId;

use crate::{error::StorageError, tx::Tx};

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Files in the data directory.
    Sqlite,
    /// A server.
    Postgres,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The data directory: SQLite files, uploaded files, keys. Made if missing.
    pub data: PathBuf,
    /// `postgres://…`; `None` keeps everything in SQLite files in `data`.
    pub database: Option<String>,
    /// Threads that read; 0 chooses by the machine.
    pub readers: usize,
    /// Threads that write; 0 chooses by the machine.
    pub writers: usize,
}

/// Which of a tenant's two queues a job goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Somebody is waiting.
    Interactive,
    /// Imports, back-fills: runs when no interactive job waits.
    Background,
}

/// All databases of an instance and the threads that work on them.
pub struct Store {}

impl Store {
    /// Opens (and where missing makes) the control database, migrates it, starts the threads.
    pub fn open(_config: &StoreConfig) -> Result<Self, StorageError> {
        unimplemented!()
    }
    /// Which database.
    pub fn dialect(&self) -> Dialect {
        unimplemented!()
    }
    /// The control database.
    pub fn control(&self) -> ControlDb {
        unimplemented!()
    }
    /// Makes a tenant's file or schema with the system tables. Idempotent.
    pub fn create_tenant(&self, _tenant: TenantId) -> Result<TenantDb, StorageError> {
        unimplemented!()
    }
    /// A tenant's database, migrated to this engine's system tables; files are opened when first used and closed when long unused.
    pub fn tenant(&self, _tenant: TenantId) -> Result<TenantDb, StorageError> {
        unimplemented!()
    }
    /// Deletes a tenant's file or schema with everything in it.
    pub fn drop_tenant(&self, _tenant: TenantId) -> Result<(), StorageError> {
        unimplemented!()
    }
}

/// A tenant's database.
#[derive(Clone)]
pub struct TenantDb {}

/// The control database: accounts, tenants, sessions. A type of its own, so that no statement mixes the two.
#[derive(Clone)]
pub struct ControlDb {}

impl TenantDb {
    /// Runs a job in a write transaction and answers after COMMIT. The job may run more than once
    /// (serialisation failure, lost group), so it must only depend on what it is given and on the `Tx`.
    /// An `Err` rolls the job's writes back; other jobs of the same group commit are not touched.
    pub async fn write<T, E>(&self, _queue: Queue, _job: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        unimplemented!()
    }
    /// Runs a job in a read-only transaction: one consistent picture.
    pub async fn read<T, E>(&self, _job: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        unimplemented!()
    }
    /// `write` for the command line and tests: blocks the calling thread, which must not be an async worker.
    pub fn write_blocking<T, E>(&self, _queue: Queue, _job: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        unimplemented!()
    }
    /// `read` for the command line and tests.
    pub fn read_blocking<T, E>(&self, _job: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        unimplemented!()
    }
}
