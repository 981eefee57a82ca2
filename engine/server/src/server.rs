//! Starting and stopping an instance: the store, the socket, the service, the periodic work.
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use kontor_storage::{StorageError, Store};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{config::Config, engine::Engine, http, jobs::Runner};

/// Requests and jobs under way get so long to finish when the server stops.
const GRACE: Duration = Duration::from_secs(30);
/// No upload takes so long.
const HALF_RECEIVED: Duration = Duration::from_secs(24 * 3600);

/// Why an instance does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made or written.
    #[error("the data directory {0} cannot be used: {1}")]
    DataDirectory(PathBuf, #[source] io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[source] StorageError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// The bucket of files does not answer, is not there or is not opened by the keys.
    #[error("the bucket of files cannot be used: {0}")]
    Bucket(String),
    /// A thread of ours died.
    #[error("{0}")]
    Lost(String),
}

/// Where periodic work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// In this process, together with others that do.
    Here,
    /// In other processes only.
    Elsewhere,
}

/// The periodic work of this process.
pub struct Worker {
    stop: watch::Sender<bool>,
    ended: JoinHandle<()>,
}

impl Worker {
    /// Begins to work.
    pub fn start(engine: &Arc<Engine>) -> Self {
        let (stop, stopping) = watch::channel(false);
        Self { stop, ended: tokio::spawn(Runner::new(Arc::clone(engine)).run(stopping)) }
    }

    /// Begins nothing more, lets jobs under way finish, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.ended).await.is_err() {
            tracing::warn!("some jobs did not finish in time; another node goes on with them");
            self.ended.abort();
        }
    }
}

/// A running instance.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    engine: Arc<Engine>,
    stop: watch::Sender<bool>,
    served: JoinHandle<io::Result<()>>,
    worker: Option<Worker>,
}

/// Opens the store. Blocks; the data directory is made where it is missing.
pub fn open(config: &Config) -> Result<Store, StartError> {
    let bad = |error| StartError::DataDirectory(config.data.clone(), error);
    std::fs::create_dir_all(&config.data).map_err(bad)?;
    let probe = config.data.join(".writable");
    std::fs::write(&probe, b"").map_err(bad)?;
    match std::fs::remove_file(&probe) {
        // Another server that starts on the same directory was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed.map_err(bad)?,
    }
    Store::open(&config.store()).map_err(StartError::Database)
}

/// Takes the address.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))
}

/// Opens the store and serves it.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let listener = listen(config.listen).await?;
    let opened = tokio::task::spawn_blocking(move || open(&config).map(|store| Arc::new(Engine::new(config, store))));
    let engine = opened.await.map_err(|lost| StartError::Lost(lost.to_string()))??;
    prepare_files(&engine).await?;
    serve(engine, listener, Jobs::Here)
}

/// Looks whether the bucket of files can be used, and removes what an earlier process left half received.
pub async fn prepare_files(engine: &Engine) -> Result<(), StartError> {
    if let Some(bucket) = &engine.config().bucket {
        bucket.probe().await.map_err(StartError::Bucket)?;
    }
    if let Err(error) = engine.incoming().clear_all((engine.now() - HALF_RECEIVED).into()).await {
        tracing::warn!(%error, "files that were left half received could not be removed");
    }
    Ok(())
}

/// Serves an instance on a socket.
pub fn serve(engine: Arc<Engine>, listener: TcpListener, jobs: Jobs) -> Result<Running, StartError> {
    let addr = listener.local_addr().map_err(|error| StartError::Lost(error.to_string()))?;
    let (stop, mut stopping) = watch::channel(false);
    let service = http::service(&engine);
    let served = tokio::spawn(async move {
        let asked = async move {
            // An error means that the sender is gone, which asks for the end as well.
            let _gone = stopping.wait_for(|asked| *asked).await;
        };
        axum::serve(listener, service.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(asked).await
    });
    let worker = match jobs {
        Jobs::Here => Some(Worker::start(&engine)),
        Jobs::Elsewhere => None,
    };
    Ok(Running { addr, engine, stop, served, worker })
}

impl Running {
    /// The instance that is served.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Accepts no more requests, lets those under way finish, and ends.
    pub async fn stop(self) {
        self.engine.events().close();
        self.stop.send_replace(true);
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        if tokio::time::timeout(GRACE, self.served).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
    }
}
