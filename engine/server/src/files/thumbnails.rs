//! Thumbnails that were drawn before, kept beside the contents, and the drawing of new ones.
//!
//! They can be lost at any time: what is not there is drawn again.
use std::{io, sync::Arc};

use axum::body::Bytes;
use image::ImageFormat;
use kontor_definitions::TenantId;
use tokio::sync::Semaphore;

use super::{
    Contents, Incoming, blocking, names,
    thumbnail::{self, NoThumbnail, Size},
};

/// Images decoded at the same time; each may take as much memory as its pixels.
const AT_ONCE: usize = 2;

/// Who draws.
pub(crate) struct Thumbnails {
    turns: Arc<Semaphore>,
}

impl Default for Thumbnails {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Thumbnails {
    /// The thumbnail of a content, drawn now unless it was drawn before.
    pub(crate) async fn get(
        &self,
        (contents, incoming): (&Contents, &Incoming),
        tenant: TenantId,
        (hash, format): (&str, ImageFormat),
        size: Size,
    ) -> Result<Bytes, NoThumbnail> {
        let name = names::thumbnail(hash, size);
        if let Some(drawn) = drawn_before(contents, tenant, &name).await? {
            return Ok(drawn);
        }
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(io::Error::other)?;
        // Somebody else may have waited for the same one.
        if let Some(drawn) = drawn_before(contents, tenant, &name).await? {
            return Ok(drawn);
        }
        let content = contents.open(incoming, tenant, &names::content(hash)).await?;
        // The turn is held as long as the memory, also when the client is gone.
        let drawn = blocking(move || {
            let _turn = turn;
            thumbnail::draw(io::BufReader::new(content), format, size)
        });
        let drawn = Bytes::from(drawn.await?);
        // Without room for it, it is drawn again the next time.
        if let Err(error) = contents.put(tenant, &name, drawn.clone()).await {
            tracing::warn!(%error, "a thumbnail could not be kept");
        }
        Ok(drawn)
    }
}

/// A thumbnail that is there and whole.
async fn drawn_before(contents: &Contents, tenant: TenantId, name: &str) -> io::Result<Option<Bytes>> {
    match contents.get(tenant, name).await {
        Ok(bytes) => Ok(media_type(&bytes).is_some().then_some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The type of a thumbnail.
pub(crate) fn media_type(thumbnail: &[u8]) -> Option<&'static str> {
    image::guess_format(thumbnail).ok().map(|format| format.to_mime_type())
}
