//! What is being received: a body taken down to a local file while it is hashed, before it goes to where contents are kept.
use std::{
    fs::{self, File},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
    pin::Pin,
    time::{Duration, SystemTime},
};

use axum::body::{Body, Bytes, HttpBody as _};
use kontor_definitions::TenantId;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Chunks, UNDER_WAY, blocking, entries, hex, kind};
use crate::http::DISCARD_LIMIT;

/// A client that sends nothing for so long is gone.
const STALL: Duration = Duration::from_secs(60);
/// So many first bytes tell what a file is.
const HEAD: usize = 8 * 1024;

/// The name of the folder below a tenant's.
pub(super) const FOLDER: &str = "incoming";

/// The folder.
pub(crate) struct Incoming {
    root: PathBuf,
}

/// What was received, in a file that goes away unless it is put in its place.
#[derive(Debug)]
pub(crate) struct Received {
    pub(super) path: PathBuf,
    /// SHA-256 in hexadecimal digits.
    pub(crate) hash: String,
    /// Bytes.
    pub(crate) size: u64,
    /// What its bytes are, where they tell.
    pub(crate) found: Option<&'static str>,
}

/// Why nothing was received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Receive {
    /// More bytes than were allowed.
    #[error("too large")]
    TooLarge,
    /// The client went away or fell silent.
    #[error("the connection broke")]
    Broken,
    /// The disk.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Drop for Received {
    fn drop(&mut self) {
        // Nothing is there any more once it is in its place.
        let _gone = fs::remove_file(&self.path);
    }
}

impl Incoming {
    /// In this folder, made when the first file comes.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where what comes for a tenant is written.
    pub(super) fn of(&self, tenant: TenantId) -> PathBuf {
        self.root.join(tenant.to_string()).join(FOLDER)
    }

    /// Takes a content down that comes from elsewhere, into a file without a name.
    pub(super) async fn copy(&self, tenant: TenantId, mut chunks: Chunks) -> io::Result<File> {
        let folder = self.of(tenant);
        blocking(move || {
            fs::create_dir_all(&folder)?;
            let path = folder.join(Uuid::new_v4().to_string());
            let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
            fs::remove_file(&path)?;
            while let Some(chunk) = chunks.blocking_recv() {
                file.write_all(&chunk?)?;
            }
            file.rewind()?;
            Ok(file)
        })
        .await
    }

    /// Removes what this process, or others that share the folder, left half received before a moment: they ended while it came.
    pub(crate) async fn clear_all(&self, before: SystemTime) -> io::Result<()> {
        let root = self.root.clone();
        blocking(move || entries(&root)?.iter().try_for_each(|tenant| clear(&tenant.join(FOLDER), before))).await
    }

    /// Takes a body down as it comes, at most so many bytes.
    pub(crate) async fn receive(&self, tenant: TenantId, mut body: Body, limit: u64) -> Result<Received, Receive> {
        let (send, chunks) = mpsc::channel(UNDER_WAY);
        let folder = self.of(tenant);
        let writing = tokio::task::spawn_blocking(move || write(&folder, chunks));
        let outcome = send_all(&mut body, &send, limit).await;
        drop(send);
        // Also after a refusal: what was written is gone when this answers.
        let written = writing.await.map_err(io::Error::other)?;
        outcome?;
        written?.ok_or(Receive::Broken)
    }

    /// Removes what was left half received for a tenant before a moment.
    pub(crate) async fn clear(&self, tenant: TenantId, before: SystemTime) -> io::Result<()> {
        let folder = self.of(tenant);
        blocking(move || clear(&folder, before)).await
    }
}

fn clear(folder: &Path, before: SystemTime) -> io::Result<()> {
    for path in entries(folder)? {
        let gone = fs::metadata(&path)
            .and_then(|found| found.modified())
            .and_then(|changed| if changed < before { fs::remove_file(&path) } else { Ok(()) });
        match gone {
            // It was put in its place meanwhile, or another process removes it too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

/// Hands a body on and says its end, or why it has none.
async fn send_all(body: &mut Body, send: &mpsc::Sender<Option<Bytes>>, limit: u64) -> Result<(), Receive> {
    let discard = u64::try_from(DISCARD_LIMIT).unwrap_or(u64::MAX);
    let mut seen = 0_u64;
    while let Some(data) = next(body).await? {
        seen = seen.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if seen > limit.saturating_add(discard) {
            break;
        }
        // A writer that is gone has its own error to tell.
        if seen <= limit && send.send(Some(data)).await.is_err() {
            return Ok(());
        }
    }
    if seen > limit {
        return Err(Receive::TooLarge);
    }
    let _heard = send.send(None).await;
    Ok(())
}

/// The next bytes of a body; none at its end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Receive> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        match tokio::time::timeout(STALL, frame).await {
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Ok(Some(Err(_))) | Err(_) => return Err(Receive::Broken),
        }
    }
}

/// Writes chunks to a new file until the end is said; nothing where the sender went away before it.
fn write(folder: &Path, mut chunks: mpsc::Receiver<Option<Bytes>>) -> io::Result<Option<Received>> {
    fs::create_dir_all(folder)?;
    let path = folder.join(Uuid::new_v4().to_string());
    let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
    // From here on the file goes away with this value.
    let mut received = Received { path, hash: String::new(), size: 0, found: None };
    let mut head = Vec::new();
    let mut hasher = Sha256::new();
    while let Some(chunk) = chunks.blocking_recv() {
        let Some(data) = chunk else {
            file.sync_all()?;
            received.found = kind::look(&head, &mut file);
            received.hash = hex(&hasher.finalize());
            return Ok(Some(received));
        };
        file.write_all(&data)?;
        hasher.update(&data);
        received.size = received.size.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        let wanted = HEAD.saturating_sub(head.len()).min(data.len());
        head.extend_from_slice(data.get(..wanted).unwrap_or_default());
    }
    Ok(None)
}
