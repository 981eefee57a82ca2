//! A tenant: its database, its live snapshot, and the rights of its people.
//!
//! Every transaction begins by reading the tenant's state. One that finds its snapshot out of date drops its work,
//! takes the new snapshot and runs again; [`Tenant::write`] and [`Tenant::read`] do this for their jobs.
use std::sync::{Arc, PoisonError, RwLock};

use kontor_access::Rights;
use kontor_definitions::{RecordId, TenantId};
use kontor_storage::{GuardKey, Queue, StorageError, TenantDb, Tx, control::tenants::TenantRow, system::revision, system::state};
use time::{Date, OffsetDateTime};

use crate::{
    companies::{Companies, CompaniesCache},
    compile::Catalogs,
    error::AppError,
    leftover::Leftover,
    rights::{self, RightsCache},
    snapshot::Snapshot,
    sources::{DocumentKey, Sources},
};

/// How often a job is run again because definitions were published while it ran.
const ATTEMPTS: usize = 8;

/// A tenant in use.
pub struct Tenant {
    id: TenantId,
    name: String,
    title: String,
    db: TenantDb,
    current: RwLock<Arc<Snapshot>>,
    rights: RightsCache,
    companies: CompaniesCache,
    catalogs: Arc<Catalogs>,
    pub(crate) leftover: Leftover,
    zone: Arc<str>,
}

/// How a transaction finds its snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Up to date.
    Fresh {
        /// For [`Tenant::rights`].
        rights_version: i64,
    },
    /// Another revision is live: drop the work, [`Tenant::reload`], run again.
    Stale {
        /// The live revision.
        live: i64,
    },
}

/// A run of a job in a transaction.
type OneRun<T, E> = Box<dyn Fn(&mut Tx) -> Result<T, Run<E>> + Send>;

/// The end of one run of a job.
enum Run<E> {
    Stale,
    Failed(E),
}

impl<E: From<StorageError>> From<StorageError> for Run<E> {
    fn from(error: StorageError) -> Self {
        Self::Failed(E::from(error))
    }
}

impl Tenant {
    pub(crate) fn load(row: TenantRow, db: TenantDb, (catalogs, zone): (Arc<Catalogs>, Arc<str>)) -> Result<Self, AppError> {
        let raw = db.read_blocking(Raw::read)?;
        let current = RwLock::new(Arc::new(raw.into_snapshot(&catalogs)?));
        let (rights, companies) = (RightsCache::default(), CompaniesCache::default());
        let leftover = Leftover::default();
        let (id, name, title) = (row.id, row.name, row.title);
        let tenant = Self { id, name, title, db, current, rights, companies, catalogs, leftover, zone };
        match tenant.recover() {
            // Another node is publishing; or it is done when there is room, and what is there can be read meanwhile.
            Ok(()) | Err(AppError::Publishing | AppError::Storage(StorageError::DiskFull)) => Ok(tenant),
            Err(error) => Err(error),
        }
    }

    /// Its id.
    pub fn id(&self) -> TenantId {
        self.id
    }
    /// Its name in addresses and commands.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }
    /// Its database.
    pub fn db(&self) -> &TenantDb {
        &self.db
    }
    /// The zone in which days are told where no company has its own.
    pub(crate) fn zone(&self) -> &Arc<str> {
        &self.zone
    }
    pub(crate) fn catalogs(&self) -> &Arc<Catalogs> {
        &self.catalogs
    }

    /// The definitions that this node knows as live. A request takes them once and keeps them to its end.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a snapshot as live, unless a newer one is known already; answers the newest.
    pub(crate) fn swap(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // A publish that was given up may have left columns.
        let place = |snapshot: &Snapshot| (snapshot.revision, snapshot.physical.version);
        if place(&current) < place(&snapshot) {
            *current = snapshot;
        }
        Arc::clone(&current)
    }

    /// Reads the live revision from the database; blocks.
    pub fn reload_blocking(&self) -> Result<Arc<Snapshot>, AppError> {
        let raw = self.db.read_blocking(Raw::read)?;
        Ok(self.swap(Arc::new(raw.into_snapshot(&self.catalogs)?)))
    }

    /// Reads the live revision from the database.
    pub async fn reload(&self) -> Result<Arc<Snapshot>, AppError> {
        let raw = self.db.read(Raw::read).await?;
        Ok(self.swap(Arc::new(raw.into_snapshot(&self.catalogs)?)))
    }

    /// The first statement of a transaction that writes: no other revision goes live before it ends.
    pub fn begin_write(snapshot: &Snapshot, tx: &mut Tx) -> Result<Begin, StorageError> {
        Ok(begin(snapshot, state::read_for_share(tx)?))
    }

    /// The first statement of a transaction that reads.
    pub fn begin_read(snapshot: &Snapshot, tx: &mut Tx) -> Result<Begin, StorageError> {
        Ok(begin(snapshot, state::read(tx)?))
    }

    /// Runs a job in a write transaction under the live snapshot; it gets the snapshot and the version of rights.
    pub async fn write<T, E>(
        &self,
        queue: Queue,
        job: impl Fn(&Arc<Snapshot>, i64, &mut Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + From<AppError> + Send + 'static,
    {
        self.write_guarded((queue, &[]), job).await
    }

    /// `write` of a job that is about these things: others about the same wait in line before they take a connection.
    pub async fn write_guarded<T, E>(
        &self,
        (queue, guards): (Queue, &[GuardKey]),
        job: impl Fn(&Arc<Snapshot>, i64, &mut Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + From<AppError> + Send + 'static,
    {
        let run = runs(job, Self::begin_write);
        self.until_fresh(|snapshot| self.db.write_guarded((queue, guards), run(snapshot))).await
    }

    /// `write` for the command line and tests: blocks the calling thread, which must not be an async worker.
    pub fn write_blocking<T, E>(
        &self,
        queue: Queue,
        job: impl Fn(&Arc<Snapshot>, i64, &mut Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + From<AppError> + Send + 'static,
    {
        let run = runs(job, Self::begin_write);
        self.until_fresh_blocking(|snapshot| self.db.write_blocking(queue, run(snapshot)))
    }

    /// Runs a job in a read-only transaction under the live snapshot; it gets the snapshot and the version of rights.
    pub async fn read<T, E>(
        &self,
        job: impl Fn(&Arc<Snapshot>, i64, &mut Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + From<AppError> + Send + 'static,
    {
        let run = runs(job, Self::begin_read);
        self.until_fresh(|snapshot| self.db.read(run(snapshot))).await
    }

    /// `read` for the command line and tests.
    pub fn read_blocking<T, E>(
        &self,
        job: impl Fn(&Arc<Snapshot>, i64, &mut Tx) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + From<AppError> + Send + 'static,
    {
        let run = runs(job, Self::begin_read);
        self.until_fresh_blocking(|snapshot| self.db.read_blocking(run(snapshot)))
    }

    /// Runs until the snapshot that was given is the live one.
    async fn until_fresh<T, E: From<AppError>, F: Future<Output = Result<T, Run<E>>>>(
        &self,
        run: impl Fn(Arc<Snapshot>) -> F,
    ) -> Result<T, E> {
        for _ in 0..ATTEMPTS {
            match run(self.snapshot()).await {
                Ok(answer) => return Ok(answer),
                Err(Run::Failed(error)) => return Err(error),
                Err(Run::Stale) => drop(self.reload().await?),
            }
        }
        Err(E::from(AppError::ChangedMeanwhile))
    }

    fn until_fresh_blocking<T, E: From<AppError>>(&self, run: impl Fn(Arc<Snapshot>) -> Result<T, Run<E>>) -> Result<T, E> {
        for _ in 0..ATTEMPTS {
            match run(self.snapshot()) {
                Ok(answer) => return Ok(answer),
                Err(Run::Failed(error)) => return Err(error),
                Err(Run::Stale) => drop(self.reload_blocking()?),
            }
        }
        Err(E::from(AppError::ChangedMeanwhile))
    }

    /// The rights of a person today, from the roles assigned to them. A deactivated or missing person has none.
    /// Cached until the revision, the version of rights or the day changes.
    pub fn rights(
        &self,
        tx: &mut Tx,
        snapshot: &Snapshot,
        rights_version: i64,
        user: RecordId,
        (now, today): (OffsetDateTime, Date),
    ) -> Result<Arc<Rights>, AppError> {
        let key = (snapshot.revision, rights_version, today);
        if let Some(known) = self.rights.get(key, user) {
            return Ok(known);
        }
        let rights = Arc::new(rights::read(tx, snapshot, user, now, today)?);
        self.rights.put(key, user, &rights);
        Ok(rights)
    }

    /// The companies as they are now; `rights_version` as for [`Self::rights`].
    pub fn companies(
        &self,
        tx: &mut Tx,
        snapshot: &Snapshot,
        rights_version: i64,
        now: OffsetDateTime,
    ) -> Result<Arc<Companies>, AppError> {
        let key = (snapshot.revision, rights_version);
        if let Some(known) = self.companies.get(key) {
            return Ok(known);
        }
        let companies = Arc::new(Companies::read(tx, snapshot, now)?);
        self.companies.put(key, &companies);
        Ok(companies)
    }
}

fn begin(snapshot: &Snapshot, state: state::State) -> Begin {
    if state.revision == snapshot.revision {
        Begin::Fresh { rights_version: state.rights_version }
    } else {
        Begin::Stale { live: state.revision }
    }
}

/// Runs of a job, each with a snapshot: its transaction begins by asking whether that is the live one.
fn runs<T, E: From<StorageError>>(
    job: impl Fn(&Arc<Snapshot>, i64, &mut Tx) -> Result<T, E> + Send + Sync + 'static,
    begin: fn(&Snapshot, &mut Tx) -> Result<Begin, StorageError>,
) -> impl Fn(Arc<Snapshot>) -> OneRun<T, E> {
    let job = Arc::new(job);
    move |snapshot| {
        let job = Arc::clone(&job);
        Box::new(move |tx| match begin(&snapshot, tx)? {
            Begin::Fresh { rights_version } => job(&snapshot, rights_version, tx).map_err(Run::Failed),
            Begin::Stale { .. } => Err(Run::Stale),
        })
    }
}

/// A revision as it is stored, before the check, which does not run on a database thread.
struct Raw {
    revision: i64,
    sources: Sources,
    physical: kontor_storage::Physical,
}

impl Raw {
    fn read(tx: &mut Tx) -> Result<Self, AppError> {
        let revision = state::read(tx)?.revision;
        let sources = stored_sources(tx, revision)?;
        Ok(Self { revision, sources, physical: tx.physical()? })
    }

    fn into_snapshot(self, catalogs: &Catalogs) -> Result<Snapshot, AppError> {
        let sources = Arc::new(self.sources);
        let fingerprint = sources.fingerprint();
        // A tenant that is being made has no definitions yet.
        let catalog = if self.revision == 0 { Arc::default() } else { catalogs.of_live(&sources, &fingerprint)? };
        let (revision, physical) = (self.revision, Arc::new(self.physical));
        Ok(Snapshot { revision, catalog, physical, sources, fingerprint: Arc::from(fingerprint) })
    }
}

/// The documents of a stored revision.
pub(crate) fn stored_sources(tx: &mut Tx, number: i64) -> Result<Sources, AppError> {
    let mut sources = Sources::default();
    for document in revision::documents(tx, number)? {
        let key = DocumentKey::of_names(&document.app, &document.kind, &document.name)
            .ok_or_else(|| AppError::Bug(format!("revision {number} holds a document of the kind {}", document.kind)))?;
        sources.insert(key, document.body.into());
    }
    Ok(sources)
}
