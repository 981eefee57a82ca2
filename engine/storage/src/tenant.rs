//! Handles to databases: they hand jobs to the threads and wait for the answers.
use std::sync::{Arc, atomic::Ordering};

use tokio::sync::oneshot;

use crate::{
    control::key_file,
    error::StorageError,
    job,
    lease::Lease,
    migrations,
    store::{DatabaseKey, Inner, Met, Queue},
    threads::{guards::GuardKey, postgres_threads::As},
    tx::{Home, Tx},
};

/// A tenant's database.
#[derive(Clone)]
pub struct TenantDb(pub(crate) Database);

/// The control database: accounts, tenants, sessions. A type of its own, so that no statement mixes the two.
#[derive(Clone)]
pub struct ControlDb(pub(crate) Database);

/// What both handles are.
#[derive(Clone)]
pub(crate) struct Database {
    inner: Arc<Inner>,
    key: DatabaseKey,
    met: Arc<Met>,
}

fn gone<E: From<StorageError>>() -> E {
    StorageError::Unavailable("the store was closed before the job was answered".to_owned()).into()
}

impl Database {
    pub(crate) fn new(inner: Arc<Inner>, key: DatabaseKey, met: Arc<Met>) -> Self {
        Self { inner, key, met }
    }

    fn home(&self) -> Home {
        Home { key_file: Arc::clone(&self.inner.key_file), database: self.key }
    }

    /// Notes in the control database that data keys are wrapped with this key file; an error if they are with another one.
    /// To be called before definitions with sensitive fields go live. Blocks.
    fn claim_key_file(&self) -> Result<(), StorageError> {
        let file = &self.inner.key_file;
        file.ensure()?;
        file.refresh();
        let own = file.fingerprint()?;
        let control = Self::new(Arc::clone(&self.inner), DatabaseKey::Control, self.inner.met(DatabaseKey::Control));
        let noted = {
            let own = own.clone();
            control.write_blocking(Queue::Interactive, As::Tenant, move |tx| key_file::claim(tx, &own))?
        };
        // While a key takes the place of another one, either may be noted.
        let held = file.fingerprints()?;
        if noted.is_some_and(|noted| held.contains(&noted)) { Ok(()) } else { Err(file.wrong()) }
    }

    fn hand_in_write<T, E>(
        &self,
        (queue, guards): (Queue, &[GuardKey]),
        role: As,
        work: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, E>>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let home = self.home();
        let (job, answer) = job::Write::new(move |tx: &mut Tx| {
            tx.enter(&home);
            work(tx)
        });
        self.inner.write(self.key, role, (queue, guards), Box::new(job));
        answer
    }

    fn hand_in_read<T, E>(&self, work: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> oneshot::Receiver<Result<T, E>>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let home = self.home();
        let (job, answer) = job::Read::new(move |tx: &mut Tx| {
            tx.enter(&home);
            work(tx)
        });
        self.inner.read(self.key, self.met.making, Box::new(job));
        answer
    }

    /// The job that brings the system tables to this engine's state, unless that was done.
    fn hand_in_migration(&self) -> Option<oneshot::Receiver<Result<(), StorageError>>> {
        if self.met.migrated.load(Ordering::Acquire) {
            return None;
        }
        let key = self.key;
        Some(self.hand_in_write((Queue::Interactive, &[]), As::Owner, move |tx| match key {
            DatabaseKey::Control => migrations::migrate_control(tx),
            DatabaseKey::Tenant(_) => migrations::migrate_tenant(tx),
        }))
    }

    async fn migrate(&self) -> Result<(), StorageError> {
        if let Some(answer) = self.hand_in_migration() {
            answer.await.unwrap_or_else(|_closed| Err(gone()))?;
            self.met.migrated.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Brings the system tables to this engine's state. Blocks.
    pub(crate) fn migrate_blocking(&self) -> Result<(), StorageError> {
        if let Some(answer) = self.hand_in_migration() {
            answer.blocking_recv().unwrap_or_else(|_closed| Err(gone()))?;
            self.met.migrated.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn write<T, E>(
        &self,
        (queue, guards): (Queue, &[GuardKey]),
        work: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.migrate().await?;
        self.hand_in_write((queue, guards), As::Tenant, work).await.unwrap_or_else(|_closed| Err(gone()))
    }

    async fn read<T, E>(&self, work: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.migrate().await?;
        self.hand_in_read(work).await.unwrap_or_else(|_closed| Err(gone()))
    }

    /// `write`, blocking, in this name; the control database's own set-up goes through it too.
    pub(crate) fn write_blocking<T, E>(
        &self,
        queue: Queue,
        role: As,
        work: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.migrate_blocking()?;
        self.hand_in_write((queue, &[]), role, work).blocking_recv().unwrap_or_else(|_closed| Err(gone()))
    }

    fn lease(&self) -> Result<Option<Lease>, StorageError> {
        self.migrate_blocking()?;
        self.inner.lease(self.key)
    }

    fn read_blocking<T, E>(&self, work: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.migrate_blocking()?;
        self.hand_in_read(work).blocking_recv().unwrap_or_else(|_closed| Err(gone()))
    }
}

macro_rules! handle {
    ($name:ident) => {
        impl $name {
            /// Runs a job in a write transaction and answers after COMMIT. The job may run more than once
            /// (serialisation failure, lost group), so it must only depend on what it is given and on the `Tx`.
            /// An `Err` rolls the job's writes back; other jobs of the same group commit are not touched.
            pub async fn write<T, E>(&self, queue: Queue, job: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
            where
                T: Send + 'static,
                E: From<StorageError> + Send + 'static,
            {
                self.0.write((queue, &[]), job).await
            }
            /// Runs a job in a read-only transaction: one consistent picture.
            pub async fn read<T, E>(&self, job: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
            where
                T: Send + 'static,
                E: From<StorageError> + Send + 'static,
            {
                self.0.read(job).await
            }
            /// `write` for the command line and tests: blocks the calling thread, which must not be an async worker.
            pub fn write_blocking<T, E>(
                &self,
                queue: Queue,
                job: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static,
            ) -> Result<T, E>
            where
                T: Send + 'static,
                E: From<StorageError> + Send + 'static,
            {
                self.0.write_blocking(queue, As::Tenant, job)
            }
            /// `read` for the command line and tests.
            pub fn read_blocking<T, E>(&self, job: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
            where
                T: Send + 'static,
                E: From<StorageError> + Send + 'static,
            {
                self.0.read_blocking(job)
            }
        }
    };
}

impl TenantDb {
    /// `write` of a job that is about these things: others about the same wait in line before they take a connection.
    pub async fn write_guarded<T, E>(
        &self,
        (queue, guards): (Queue, &[GuardKey]),
        job: impl Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.0.write((queue, guards), job).await
    }

    /// Before definitions with sensitive fields go live: the key file is the one of all tenants. Blocks.
    pub fn claim_key_file(&self) -> Result<(), StorageError> {
        self.0.claim_key_file()
    }

    /// The right to publish in phases, unless somebody has it. Blocks: not for an async worker.
    pub fn lease(&self) -> Result<Option<Lease>, StorageError> {
        self.0.lease()
    }
}

handle!(TenantDb);
handle!(ControlDb);
