//! A local folder of contents: `<tenant>/ab/cdef…` by SHA-256, `<tenant>/incoming/` for what is being received.
//!
//! What is said to be stored is on the disk: file and folders are synchronised, and an error of that fails the upload.
use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use kontor_definitions::TenantId;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, MutexGuard, mpsc};
use uuid::Uuid;

use crate::http::DISCARD_LIMIT;

/// A client that sends nothing for so long is gone.
const STALL: Duration = Duration::from_secs(60);
/// Bytes read from a file at once.
const CHUNK: usize = 64 * 1024;
/// Chunks on their way between a socket and the disk; memory for a file of any size.
const UNDER_WAY: usize = 8;
/// So many first bytes tell what a file is.
const HEAD: usize = 8 * 1024;

/// The folder.
pub(crate) struct Folder {
    root: PathBuf,
    /// Held while content is put in its place and made known, or found unneeded and removed.
    moving: Mutex<()>,
}

/// What was received, in a file that goes away unless it is put in its place.
#[derive(Debug)]
pub(crate) struct Received {
    path: PathBuf,
    /// SHA-256 in hexadecimal digits.
    pub(crate) hash: String,
    /// Bytes.
    pub(crate) size: u64,
    /// The first bytes.
    pub(crate) head: Vec<u8>,
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

impl Folder {
    /// A folder, made when the first file comes.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, moving: Mutex::new(()) }
    }

    /// Nothing is put in its place or removed by others while the guard lives.
    pub(crate) async fn still(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().await
    }

    fn of(&self, tenant: TenantId) -> PathBuf {
        self.root.join(tenant.to_string())
    }

    fn place_of(&self, tenant: TenantId, hash: &str) -> PathBuf {
        let (first, rest) = hash.split_at_checked(2).unwrap_or(("", hash));
        self.of(tenant).join(first).join(rest)
    }

    /// Takes a body down as it comes, at most so many bytes.
    pub(crate) async fn receive(&self, tenant: TenantId, mut body: Body, limit: u64) -> Result<Received, Receive> {
        let (send, chunks) = mpsc::channel(UNDER_WAY);
        let folder = self.of(tenant).join("incoming");
        let writing = tokio::task::spawn_blocking(move || write(&folder, chunks));
        let outcome = send_all(&mut body, &send, limit).await;
        drop(send);
        // Also after a refusal: what was written is gone when this answers.
        let written = writing.await.map_err(io::Error::other)?;
        outcome?;
        written?.ok_or(Receive::Broken)
    }

    /// Puts a received file in its place, for good.
    pub(crate) async fn keep(&self, tenant: TenantId, received: &Received) -> io::Result<()> {
        let (from, to) = (received.path.clone(), self.place_of(tenant, &received.hash));
        blocking(move || {
            let Some(shelf) = to.parent() else { return Err(io::Error::other("a place without a folder")) };
            fs::create_dir_all(shelf)?;
            fs::rename(&from, &to)?;
            // The folder, and the one that the folder itself is new in.
            shelf.ancestors().take(2).try_for_each(synchronise)
        })
        .await
    }

    /// Opens a content.
    pub(crate) async fn open(&self, tenant: TenantId, hash: &str) -> io::Result<File> {
        let path = self.place_of(tenant, hash);
        blocking(move || File::open(path)).await
    }

    /// Removes a content; one that is not there is removed already.
    pub(crate) async fn remove(&self, tenant: TenantId, hash: &str) -> io::Result<()> {
        let path = self.place_of(tenant, hash);
        blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        })
        .await
    }

    /// Removes what was left half received before a moment: the process ended while it came.
    pub(crate) async fn clear_incoming(&self, tenant: TenantId, before: SystemTime) -> io::Result<()> {
        let folder = self.of(tenant).join("incoming");
        blocking(move || {
            let entries = match fs::read_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                other => other?,
            };
            for entry in entries {
                let entry = entry?;
                if entry.metadata()?.modified()? < before {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// A part of an opened file as a body, read while it is sent.
pub(crate) fn body(mut file: File, from: u64, length: u64) -> Body {
    let (send, chunks) = mpsc::channel(UNDER_WAY);
    // It ends with the file, or when the client is gone.
    drop(tokio::task::spawn_blocking(move || {
        let mut left = length;
        let mut moved = file.seek(SeekFrom::Start(from)).map(drop);
        while left > 0 {
            let mut buffer = vec![0; usize::try_from(left).unwrap_or(CHUNK).min(CHUNK)];
            let chunk = std::mem::replace(&mut moved, Ok(())).and_then(|()| file.read(&mut buffer)).and_then(|count| {
                buffer.truncate(count);
                if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(Bytes::from(std::mem::take(&mut buffer))) }
            });
            left = left.saturating_sub(chunk.as_ref().map_or(left, |bytes| u64::try_from(bytes.len()).unwrap_or(left)));
            if send.blocking_send(chunk).is_err() {
                break;
            }
        }
    }));
    Body::new(FileBody { chunks, left: length })
}

struct FileBody {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.chunks.poll_recv(context).map(|chunk| {
            let chunk = chunk?;
            if let Ok(bytes) = &chunk {
                self.left = self.left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            }
            Some(chunk.map(Frame::data))
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
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
    let mut file = File::create_new(&path)?;
    // From here on the file goes away with this value.
    let mut received = Received { path, hash: String::new(), size: 0, head: Vec::new() };
    let mut hasher = Sha256::new();
    while let Some(chunk) = chunks.blocking_recv() {
        let Some(data) = chunk else {
            file.sync_all()?;
            received.hash = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Some(received));
        };
        file.write_all(&data)?;
        hasher.update(&data);
        received.size = received.size.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        let wanted = HEAD.saturating_sub(received.head.len()).min(data.len());
        received.head.extend_from_slice(data.get(..wanted).unwrap_or_default());
    }
    Ok(None)
}

#[cfg(unix)]
fn synchronise(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened; the system writes them itself.
#[cfg(not(unix))]
fn synchronise(_folder: &Path) -> io::Result<()> {
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
