//! Thumbnails that were made before, beside the contents: `<tenant>/thumbnails/ab/cdef….<pixels>`, and the making of new ones.
//!
//! They can be lost at any time: what is not there is made again.
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use kontor_definitions::TenantId;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    Folder,
    thumbnail::{self, NoThumbnail, Size},
};

/// Images decoded at the same time; each may take as much memory as its pixels.
const AT_ONCE: usize = 2;

/// The folder of thumbnails.
pub(crate) struct Thumbnails {
    root: PathBuf,
    making: Arc<Semaphore>,
}

impl Thumbnails {
    /// Beside contents in this folder.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, making: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    fn of(&self, tenant: TenantId) -> PathBuf {
        self.root.join(tenant.to_string()).join("thumbnails")
    }

    /// The thumbnail of a content of this type, made now unless it was made before.
    pub(crate) async fn get(
        &self,
        contents: &Folder,
        tenant: TenantId,
        (hash, media_type): (&str, &str),
        size: Size,
    ) -> Result<Vec<u8>, NoThumbnail> {
        let format = thumbnail::format_of(media_type).ok_or(NoThumbnail::NoImage)?;
        let (first, rest) = hash.split_at_checked(2).unwrap_or(("", hash));
        let place = self.of(tenant).join(first).join(format!("{rest}.{}", size.pixels()));
        let known = place.clone();
        if let Some(bytes) = blocking(move || kept(&known)).await? {
            return Ok(bytes);
        }
        let turn = Arc::clone(&self.making).acquire_owned().await.map_err(io::Error::other)?;
        let content = contents.open(tenant, hash).await?;
        let draft = self.root.join(tenant.to_string()).join("incoming");
        // To its end even when the client is gone, so that the turn is held as long as the memory.
        blocking(move || {
            let _turn = turn;
            if let Some(bytes) = kept(&place)? {
                return Ok(bytes);
            }
            let bytes = thumbnail::draw(io::BufReader::new(content), format, size)?;
            keep(&draft, &place, &bytes)?;
            Ok(bytes)
        })
        .await
    }

    /// The contents that thumbnails of a tenant are of, one set for each shelf that has any.
    pub(crate) async fn shelves(&self, tenant: TenantId) -> io::Result<Vec<PathBuf>> {
        let folder = self.of(tenant);
        blocking(move || entries(&folder)).await
    }

    /// The contents that the thumbnails on a shelf are of.
    pub(crate) async fn on_shelf(&self, shelf: PathBuf) -> io::Result<BTreeSet<String>> {
        blocking(move || Ok(entries(&shelf)?.iter().filter_map(|path| hash_of(path)).collect())).await
    }

    /// Removes all thumbnails of these contents from a shelf.
    pub(crate) async fn remove(&self, shelf: PathBuf, of: BTreeSet<String>) -> io::Result<()> {
        blocking(move || {
            for path in entries(&shelf)? {
                if hash_of(&path).is_none_or(|hash| of.contains(&hash)) {
                    fs::remove_file(path)?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// A thumbnail that was made before; one that a crash left unfinished does not count.
fn kept(place: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(place) {
        Ok(bytes) => Ok(media_type(&bytes).is_some().then_some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The type of a thumbnail.
pub(crate) fn media_type(thumbnail: &[u8]) -> Option<&'static str> {
    image::guess_format(thumbnail).ok().map(|format| format.to_mime_type())
}

fn keep(draft: &Path, place: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(shelf) = place.parent() else { return Err(io::Error::other("a place without a folder")) };
    fs::create_dir_all(draft)?;
    fs::create_dir_all(shelf)?;
    let draft = draft.join(Uuid::new_v4().to_string());
    fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, place)).inspect_err(|_| {
        let _gone = fs::remove_file(&draft);
    })
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The content that the thumbnail in a place is of.
fn hash_of(place: &Path) -> Option<String> {
    let shelf = place.parent()?.file_name()?.to_str()?;
    Some(format!("{shelf}{}", place.file_stem()?.to_str()?))
}

async fn blocking<T: Send + 'static, E: From<io::Error> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
