//! A local folder: `<tenant>/<name>`.
//!
//! What is said to be stored is on the disk: file and folders are synchronised, and an error of that fails the upload.
use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use kontor_definitions::TenantId;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    Chunks, Listed, Listing, Part, UNDER_WAY, blocking, entries,
    incoming::{self, Received},
    names,
};

/// Bytes read from a file at once.
const CHUNK: usize = 64 * 1024;

/// The folder.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A folder, made when the first file comes.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn of(&self, tenant: TenantId) -> PathBuf {
        self.root.join(tenant.to_string())
    }

    fn place_of(&self, tenant: TenantId, name: &str) -> PathBuf {
        self.of(tenant).join(name)
    }

    /// Puts a received file in its place, for good.
    pub(super) async fn keep(&self, tenant: TenantId, name: &str, received: &Received) -> io::Result<()> {
        let (from, to) = (received.path.clone(), self.place_of(tenant, name));
        blocking(move || {
            let Some(shelf) = to.parent() else { return Err(io::Error::other("a place without a folder")) };
            fs::create_dir_all(shelf)?;
            fs::rename(&from, &to)?;
            // The folder, and the one that the folder itself is new in.
            shelf.ancestors().take(2).try_for_each(synchronise)
        })
        .await
    }

    /// Puts a few bytes in their place. A crash may lose them, and leaves no part of them.
    pub(super) async fn put(&self, tenant: TenantId, name: &str, bytes: Bytes) -> io::Result<()> {
        let (draft, place) = (self.of(tenant).join(incoming::FOLDER), self.place_of(tenant, name));
        blocking(move || {
            let Some(shelf) = place.parent() else { return Err(io::Error::other("a place without a folder")) };
            fs::create_dir_all(&draft)?;
            fs::create_dir_all(shelf)?;
            let draft = draft.join(Uuid::new_v4().to_string());
            fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, &place)).inspect_err(|_| {
                let _gone = fs::remove_file(&draft);
            })
        })
        .await
    }

    /// Reads something small.
    pub(super) async fn get(&self, tenant: TenantId, name: &str) -> io::Result<Bytes> {
        let path = self.place_of(tenant, name);
        blocking(move || fs::read(path).map(Bytes::from)).await
    }

    /// Opens a content.
    pub(super) async fn open(&self, tenant: TenantId, name: &str) -> io::Result<File> {
        let path = self.place_of(tenant, name);
        blocking(move || File::open(path)).await
    }

    /// Reads a part of a content.
    pub(super) async fn read(&self, tenant: TenantId, name: &str, part: Range<u64>) -> io::Result<Chunks> {
        let file = self.open(tenant, name).await?;
        let (send, chunks) = mpsc::channel(UNDER_WAY);
        // It ends with the file, or when the client is gone.
        drop(tokio::task::spawn_blocking(move || send_part(file, part, &send)));
        Ok(chunks)
    }

    /// Bytes of a content; none where it is not there.
    pub(super) async fn size(&self, tenant: TenantId, name: &str) -> io::Result<Option<u64>> {
        let path = self.place_of(tenant, name);
        blocking(move || match fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Removes a content; one that is not there is removed already.
    pub(super) async fn remove(&self, tenant: TenantId, name: &str) -> io::Result<()> {
        let path = self.place_of(tenant, name);
        blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        })
        .await
    }

    /// All that is kept of a tenant.
    pub(super) fn list(&self, tenant: TenantId, part: Part) -> Listing {
        let root = self.of(tenant);
        let (send, listed) = mpsc::channel(UNDER_WAY);
        drop(tokio::task::spawn_blocking(move || {
            let told = match part {
                Part::Contents => list_below(&root, "", &send),
                Part::Thumbnails => list_below(&root, &format!("{}/", names::THUMBNAILS), &send),
            };
            if let Err(error) = told {
                let _heard = send.blocking_send(Err(error));
            }
        }));
        listed
    }
}

/// Tells what is below a folder, until nobody listens. What is being received and thumbnails are no contents.
fn list_below(root: &Path, folder: &str, send: &mpsc::Sender<io::Result<Listed>>) -> io::Result<()> {
    for path in entries(&root.join(folder))? {
        let Some(name) = path.file_name().map(|name| format!("{folder}{}", name.to_string_lossy())) else { continue };
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            // Removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if found.is_dir() {
            if ![incoming::FOLDER, names::THUMBNAILS].contains(&name.as_str()) {
                list_below(root, &format!("{name}/"), send)?;
            }
        } else if send.blocking_send(Ok(Listed { name, changed: found.modified()? })).is_err() {
            break;
        }
    }
    Ok(())
}

fn send_part(mut file: File, part: Range<u64>, send: &mpsc::Sender<io::Result<Bytes>>) {
    let mut left = part.end.saturating_sub(part.start);
    let mut moved = file.seek(SeekFrom::Start(part.start)).map(drop);
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
