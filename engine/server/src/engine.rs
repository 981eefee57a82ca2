//! What every request works with: the tenants, the sign-in desk, the clock.
use std::sync::Arc;

use kontor_apps::{Act, AppError, Apps, Backfill, Tenant};
use kontor_definitions::{RecordId, TenantId};
use kontor_records::Recompute;
use kontor_storage::{
    Queue, StorageError, Store,
    system::access_log::{self, Access},
};
use time::{Date, OffsetDateTime};
use time_tz::{OffsetDateTimeExt as _, TimeZone as _, Tz};

use crate::{
    config::Config,
    events::{Hub, Looks},
    files::{Contents, Folder, Incoming, Thumbnails},
    jobs::Touched,
    language::{Language, Text},
    problem::Problem,
    screens::ScreenCache,
    sign_in::{password::Passwords, sessions::SignInDesk},
};

/// A running instance without its sockets.
pub struct Engine {
    config: Config,
    apps: Arc<Apps>,
    desk: SignInDesk,
    screens: ScreenCache,
    contents: Contents,
    incoming: Incoming,
    thumbnails: Thumbnails,
    events: Arc<Hub>,
    touched: Touched,
    backfill: Arc<dyn Backfill>,
}

impl Engine {
    /// An instance on an opened store.
    pub fn new(config: Config, store: Store) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let desk = SignInDesk::new(store.control(), Passwords::new(cores));
        let folder = config.data.join("files");
        let contents = match &config.bucket {
            Some(bucket) => Contents::Bucket(Arc::clone(bucket)),
            None => Contents::Folder(Arc::new(Folder::new(folder.clone()))),
        };
        let (incoming, thumbnails) = (Incoming::new(folder), Thumbnails::default());
        let apps = Arc::new(Apps::open(store).in_zone(config.zone.name()));
        let (screens, events, backfill) = (ScreenCache::default(), Arc::default(), Arc::new(Recompute));
        Self { config, apps, desk, screens, contents, incoming, thumbnails, events, touched: Touched::default(), backfill }
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// Its tenants.
    pub fn apps(&self) -> &Arc<Apps> {
        &self.apps
    }
    /// Where people sign in.
    pub(crate) fn desk(&self) -> &SignInDesk {
        &self.desk
    }
    /// Answers of `GET /api/definitions` that were made before.
    pub(crate) fn screens(&self) -> &ScreenCache {
        &self.screens
    }

    /// Where the content of files is kept.
    pub(crate) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Where files are received.
    pub(crate) fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    /// Small pictures of images.
    pub(crate) fn thumbnails(&self) -> &Thumbnails {
        &self.thumbnails
    }

    /// Who follows what changes.
    pub(crate) fn events(&self) -> &Arc<Hub> {
        &self.events
    }

    /// How often this process asked the database what others changed in a tenant; nothing while nobody follows it.
    pub fn looks(&self, tenant: TenantId) -> Option<Looks> {
        self.events.looks(tenant)
    }

    /// Where something was written that jobs may have to look at.
    pub(crate) fn touched(&self) -> &Touched {
        &self.touched
    }

    /// Something was written in a tenant: those who follow are told, and its jobs look again soon.
    pub(crate) fn wrote(&self, tenant: TenantId) {
        self.events.wake(tenant);
        self.touched.add(tenant);
    }

    /// Writes an access down, before the answer leaves that it is about.
    pub(crate) async fn note(&self, tenant: &Tenant, access: Access) -> Result<(), StorageError> {
        tenant.db().write(Queue::Interactive, move |tx| access_log::append(tx, &access)).await?;
        self.touched.add(tenant.id());
        Ok(())
    }

    /// Who computes derived fields of rows that are there already when definitions go live.
    pub fn backfill(&self) -> Arc<dyn Backfill> {
        Arc::clone(&self.backfill)
    }

    /// An act of a person, now.
    pub fn act(&self, by: RecordId) -> Act {
        Act { by, at: now(), seed: rand::random(), from: None }
    }

    /// An act of the engine itself, now.
    pub fn own_act(&self) -> Act {
        Act::of_engine(now(), rand::random())
    }

    /// Now, to the microsecond, as the databases keep it.
    pub fn now(&self) -> OffsetDateTime {
        now()
    }

    /// Now, and the day in the business zone.
    pub fn moment(&self) -> (OffsetDateTime, Date) {
        let now = now();
        (now, today(now, self.config.zone))
    }

    /// A tenant in use; loading one for the first time does not block the async threads.
    pub(crate) async fn tenant(&self, id: TenantId) -> Result<Arc<Tenant>, Problem> {
        if let Some(known) = self.apps.loaded_already(id) {
            if known.wants_recovery() {
                let tenant = Arc::clone(&known);
                drop(tokio::task::spawn_blocking(move || {
                    if let Err(error) = tenant.recover() {
                        tracing::warn!(%error, "what a publish left behind could not be cleared away yet");
                    }
                }));
            }
            return Ok(known);
        }
        let apps = Arc::clone(&self.apps);
        self.blocking(move || apps.tenant(id)).await
    }

    /// Runs work of `apps` that blocks (publish, install) away from the async threads, to its end even when the client
    /// goes away.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.blocking_raw(work).await??)
    }

    /// The same for callers that look at the error themselves.
    pub(crate) async fn blocking_raw<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
    ) -> Result<Result<T, AppError>, Problem> {
        tokio::task::spawn_blocking(work).await.map_err(|lost| crate::error::bug(&lost))
    }

    /// Why it cannot serve now; empty when it can.
    pub async fn reasons_not_ready(&self, language: Language) -> Vec<String> {
        let control = self.apps.store().control();
        let answered = control.read(|tx| kontor_storage::control::tenants::list(tx).map(drop)).await;
        match answered {
            Ok(()) => Vec::new(),
            Err(error) => {
                tracing::warn!(%error, "not ready");
                vec![language.of(Text("数据库暂时无法访问", "the database does not answer")).to_owned()]
            }
        }
    }
}

/// Now, to the microsecond.
pub fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_microsecond(now.microsecond()).unwrap_or(now)
}

/// The day in a zone.
pub fn today(now: OffsetDateTime, zone: &Tz) -> Date {
    now.to_timezone(zone).date()
}
