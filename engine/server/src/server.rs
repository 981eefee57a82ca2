//! Starting and stopping an instance: the store, the socket, the service, the sweeper.
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use kontor_storage::{StorageError, Store};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{config::Config, engine::Engine, events, files, http};

/// Sessions that have ended are removed so often.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// Requests under way get so long to finish when the server stops.
const GRACE: Duration = Duration::from_secs(30);

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
    /// A thread of ours died.
    #[error("{0}")]
    Lost(String),
}

/// A running instance.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    engine: Arc<Engine>,
    stop: watch::Sender<bool>,
    served: JoinHandle<io::Result<()>>,
    sweeper: JoinHandle<()>,
}

/// Opens the store. Blocks; the data directory is made where it is missing.
pub fn open(config: &Config) -> Result<Store, StartError> {
    let bad = |error| StartError::DataDirectory(config.data.clone(), error);
    std::fs::create_dir_all(&config.data).map_err(bad)?;
    let probe = config.data.join(".writable");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(bad)?;
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
    serve(engine, listener)
}

/// Serves an instance on a socket.
pub fn serve(engine: Arc<Engine>, listener: TcpListener) -> Result<Running, StartError> {
    let addr = listener.local_addr().map_err(|error| StartError::Lost(error.to_string()))?;
    let (stop, mut stopping) = watch::channel(false);
    let service = http::service(&engine);
    let served = tokio::spawn(async move {
        let asked = async move {
            // An error means that the sender is gone, which asks for the end as well.
            let _gone = stopping.wait_for(|asked| *asked).await;
        };
        axum::serve(listener, service).with_graceful_shutdown(asked).await
    });
    let sweeper = tokio::spawn(sweep(Arc::clone(&engine)));
    Ok(Running { addr, engine, stop, served, sweeper })
}

impl Running {
    /// The instance that is served.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Accepts no more requests, lets those under way finish, and ends.
    pub async fn stop(self) {
        self.sweeper.abort();
        self.engine.events().close();
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, self.served).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
    }
}

async fn sweep(engine: Arc<Engine>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = engine.desk().sweep(engine.now()).await {
            tracing::warn!(%error, "sessions were not swept");
        }
        files::run_once(&engine, engine.now()).await;
        if let Err(error) = events::forget_old(engine.apps(), engine.now()).await {
            tracing::warn!(%error, "old events were not removed");
        }
    }
}
