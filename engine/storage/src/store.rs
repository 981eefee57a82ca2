//! The store: where the databases are, and the threads that work on them.
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use kontor_definitions::TenantId;
use sqlx::postgres::PgConnectOptions;

use crate::{
    cipher::KeyFile,
    control::key_file,
    error::StorageError,
    job::{ReadJob, WriteJob},
    lease::{Lease, Leases},
    server,
    tenant::{ControlDb, Database, TenantDb},
    threads::{
        guards::GuardKey,
        postgres,
        postgres_threads::{As, PostgresThreads},
        sqlite_readers::SqliteReaders,
        sqlite_writers::SqliteWriters,
    },
};

/// The key file, where settings name no other.
const KEY_FILE: &str = "kontor.key";

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
    /// The key file of sensitive fields; `None` stands for `kontor.key` in `data`.
    pub key_file: Option<PathBuf>,
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

/// Names one of the databases of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DatabaseKey {
    /// Accounts, tenants, sessions.
    Control,
    /// A tenant's data.
    Tenant(TenantId),
}

impl DatabaseKey {
    /// Its SQLite file.
    pub(crate) fn file(self, folder: &Path) -> PathBuf {
        match self {
            Self::Control => folder.join("control.sqlite"),
            Self::Tenant(id) => folder.join("tenants").join(format!("{id}.sqlite")),
        }
    }

    /// Its PostgreSQL schema.
    pub(crate) fn schema(self) -> String {
        match self {
            Self::Control => "kontor_control".to_owned(),
            Self::Tenant(id) => format!("t_{id}"),
        }
    }

    /// The PostgreSQL role that reaches only this schema.
    pub(crate) fn role(self) -> String {
        format!("kontor_{}", self.schema())
    }
}

/// All databases of an instance and the threads that work on them.
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

/// What every handle to a database shares; the threads stop when the last handle is gone.
pub(crate) struct Inner {
    backend: Backend,
    /// What wraps the data keys of the tenants.
    pub(crate) key_file: Arc<KeyFile>,
    /// What this process knows of each database it has met.
    met: Mutex<HashMap<DatabaseKey, Arc<Met>>>,
    makings: AtomicU64,
    leases: Leases,
}

/// What this process knows of a database.
pub(crate) struct Met {
    /// Its system tables are those of this engine.
    pub(crate) migrated: AtomicBool,
    /// Tells a database from one of the same name that was dropped before.
    pub(crate) making: u64,
}

enum Backend {
    Sqlite { folder: PathBuf, writers: SqliteWriters, readers: SqliteReaders },
    Postgres { threads: PostgresThreads, options: Box<PgConnectOptions>, roles: bool },
}

impl Store {
    /// Opens (and where missing makes) the control database, migrates it, starts the threads. Blocks.
    pub fn open(config: &StoreConfig) -> Result<Self, StorageError> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let backend = match &config.database {
            None => Backend::sqlite(config, cores)?,
            Some(url) => Backend::postgres(config, url, cores)?,
        };
        let key_file = config.key_file.clone().unwrap_or_else(|| config.data.join(KEY_FILE));
        let inner = Inner {
            backend,
            key_file: Arc::new(KeyFile::at(key_file)),
            met: Mutex::new(HashMap::new()),
            makings: AtomicU64::new(0),
            leases: Leases::default(),
        };
        let store = Self { inner: Arc::new(inner) };
        store.control().0.migrate_blocking()?;
        store.check_key_file()?;
        Ok(store)
    }

    /// The key file is made at the first start and must be the same from the first encrypted field on.
    fn check_key_file(&self) -> Result<(), StorageError> {
        let file = &self.inner.key_file;
        match self.control().read_blocking(key_file::get)? {
            None => file.ensure(),
            Some(known) if file.fingerprints()?.contains(&known) => Ok(()),
            Some(_) => Err(file.wrong()),
        }
    }

    /// Which database.
    pub fn dialect(&self) -> Dialect {
        match self.inner.backend {
            Backend::Sqlite { .. } => Dialect::Sqlite,
            Backend::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// The control database.
    pub fn control(&self) -> ControlDb {
        ControlDb(self.database(DatabaseKey::Control))
    }

    /// Makes a tenant's file or schema with the system tables. Idempotent. Blocks: not for an async worker.
    pub fn create_tenant(&self, tenant: TenantId) -> Result<TenantDb, StorageError> {
        let key = DatabaseKey::Tenant(tenant);
        if let Backend::Postgres { roles, .. } = &self.inner.backend {
            self.as_owner(server::create_schema(key, *roles))?;
        }
        let tenant = TenantDb(self.database(key));
        tenant.0.migrate_blocking()?;
        Ok(tenant)
    }

    /// A tenant's database. Its system tables are brought to this engine's state, and a file is opened, when it is
    /// first used; a file long unused is closed.
    pub fn tenant(&self, tenant: TenantId) -> Result<TenantDb, StorageError> {
        let key = DatabaseKey::Tenant(tenant);
        if let Backend::Sqlite { folder, .. } = &self.inner.backend
            && !key.file(folder).is_file()
        {
            return Err(StorageError::Unavailable(format!("the tenant {tenant} has no database")));
        }
        Ok(TenantDb(self.database(key)))
    }

    /// Deletes a tenant's file or schema with everything in it. Blocks: not for an async worker.
    pub fn drop_tenant(&self, tenant: TenantId) -> Result<(), StorageError> {
        let key = DatabaseKey::Tenant(tenant);
        let dropped = match &self.inner.backend {
            Backend::Sqlite { folder, writers, .. } => {
                writers.close(key);
                remove_files(&key.file(folder))
            }
            Backend::Postgres { .. } => self.as_owner(server::drop_schema(key)),
        };
        lock(&self.inner.met).remove(&key);
        dropped
    }

    fn as_owner(&self, statements: Vec<String>) -> Result<(), StorageError> {
        self.control().0.write_blocking(Queue::Interactive, As::Owner, move |tx| {
            statements.iter().try_for_each(|statement| tx.execute(statement, &[]).map(|_rows| ()))
        })
    }

    fn database(&self, key: DatabaseKey) -> Database {
        Database::new(Arc::clone(&self.inner), key, self.inner.met(key))
    }
}

impl Inner {
    /// What is known of a database.
    pub(crate) fn met(&self, key: DatabaseKey) -> Arc<Met> {
        let mut met = lock(&self.met);
        let met = met.entry(key).or_insert_with(|| {
            let making = self.makings.fetch_add(1, Ordering::Relaxed);
            Arc::new(Met { migrated: AtomicBool::new(false), making })
        });
        Arc::clone(met)
    }

    /// Hands a write job to the threads.
    pub(crate) fn write(&self, key: DatabaseKey, role: As, (queue, guards): (Queue, &[GuardKey]), job: Box<dyn WriteJob>) {
        match &self.backend {
            // One writer does them one by one.
            Backend::Sqlite { writers, .. } => writers.submit(key, queue, job),
            Backend::Postgres { threads, .. } => threads.write(key, role, (queue, guards), job),
        }
    }

    /// The right to publish in a database, unless somebody has it. Blocks.
    pub(crate) fn lease(&self, key: DatabaseKey) -> Result<Option<Lease>, StorageError> {
        match &self.backend {
            Backend::Sqlite { .. } => Ok(self.leases.take(key)),
            Backend::Postgres { options, .. } => Lease::take(postgres::PostgresLink::new((**options).clone())?, key),
        }
    }

    /// Hands a read job to the threads.
    pub(crate) fn read(&self, key: DatabaseKey, making: u64, job: Box<dyn ReadJob>) {
        match &self.backend {
            Backend::Sqlite { readers, .. } => readers.submit((key, making), job),
            Backend::Postgres { threads, .. } => threads.read(key, job),
        }
    }
}

impl Backend {
    fn sqlite(config: &StoreConfig, cores: usize) -> Result<Self, StorageError> {
        let folder = config.data.clone();
        std::fs::create_dir_all(folder.join("tenants")).map_err(|error| {
            StorageError::Unavailable(format!("the data folder {} cannot be made: {error}", folder.display()))
        })?;
        let readers = chosen(config.readers, cores.max(2));
        let writers = chosen(config.writers, cores.max(2));
        Ok(Self::Sqlite {
            readers: SqliteReaders::start(&folder, readers)?,
            writers: SqliteWriters::start(folder.clone(), writers)?,
            folder,
        })
    }

    fn postgres(config: &StoreConfig, url: &str, cores: usize) -> Result<Self, StorageError> {
        let options = postgres::options(url)?;
        let roles = server::prepare(&options)?;
        let readers = chosen(config.readers, (cores * 2).clamp(4, 32));
        let writers = chosen(config.writers, (cores * 2).clamp(4, 32));
        let threads = PostgresThreads::start(&options, roles, readers, writers)?;
        Ok(Self::Postgres { threads, options: Box::new(options), roles })
    }
}

fn chosen(asked: usize, otherwise: usize) -> usize {
    if asked == 0 { otherwise } else { asked }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Deletes a database file with its log.
fn remove_files(file: &Path) -> Result<(), StorageError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(StorageError::Unavailable(format!("the tenant's file cannot be deleted: {error}"))),
        }
    }
    Ok(())
}
