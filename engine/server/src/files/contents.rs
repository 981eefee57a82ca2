//! Where contents and their thumbnails are kept, by tenant and name: a local folder, or a bucket of a service that speaks S3.
use std::{fs::File, io, ops::Range, sync::Arc, time::SystemTime};

use axum::body::Bytes;
use kontor_definitions::TenantId;
use tokio::sync::mpsc;

use super::{Bucket, Folder, Incoming, Part, Received};

/// A content as it is read.
pub(crate) type Chunks = mpsc::Receiver<io::Result<Bytes>>;
/// Contents as they are found.
pub(crate) type Listing = mpsc::Receiver<io::Result<Listed>>;

/// A content that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) name: String,
    /// When it was written.
    pub(crate) changed: SystemTime,
}

/// Where contents are kept. What is not there is an error of the kind `NotFound`; a service that does not do what it is asked,
/// one of the kind `NotConnected`.
#[derive(Clone)]
pub(crate) enum Contents {
    /// On this machine, or one whose folder is mounted.
    Folder(Arc<Folder>),
    /// Elsewhere.
    Bucket(Arc<Bucket>),
}

impl Contents {
    /// Puts a received file in its place, for good.
    pub(crate) async fn keep(&self, tenant: TenantId, name: &str, received: &Received) -> io::Result<()> {
        match self {
            Self::Folder(folder) => folder.keep(tenant, name, received).await,
            Self::Bucket(bucket) => bucket.keep(tenant, name, received).await,
        }
    }

    /// Puts a few bytes in their place that can be made again.
    pub(crate) async fn put(&self, tenant: TenantId, name: &str, bytes: Bytes) -> io::Result<()> {
        match self {
            Self::Folder(folder) => folder.put(tenant, name, bytes).await,
            Self::Bucket(bucket) => bucket.put(tenant, name, bytes).await,
        }
    }

    /// Reads something small as a whole.
    pub(crate) async fn get(&self, tenant: TenantId, name: &str) -> io::Result<Bytes> {
        match self {
            Self::Folder(folder) => folder.get(tenant, name).await,
            Self::Bucket(bucket) => bucket.get(tenant, name).await,
        }
    }

    /// Reads a part of a content, which is not empty.
    pub(crate) async fn read(&self, tenant: TenantId, name: &str, part: Range<u64>) -> io::Result<Chunks> {
        match self {
            Self::Folder(folder) => folder.read(tenant, name, part).await,
            Self::Bucket(bucket) => bucket.read(tenant, name, part).await,
        }
    }

    /// A content as a file of this machine; one from elsewhere has no name and is gone when it is closed.
    pub(crate) async fn open(&self, incoming: &Incoming, tenant: TenantId, name: &str) -> io::Result<File> {
        match self {
            Self::Folder(folder) => folder.open(tenant, name).await,
            Self::Bucket(bucket) => incoming.copy(tenant, bucket.read_all(tenant, name).await?).await,
        }
    }

    /// Bytes of a content; none where it is not there.
    pub(crate) async fn size(&self, tenant: TenantId, name: &str) -> io::Result<Option<u64>> {
        match self {
            Self::Folder(folder) => folder.size(tenant, name).await,
            Self::Bucket(bucket) => bucket.size(tenant, name).await,
        }
    }

    /// Removes what has this name; what is not there is removed already.
    pub(crate) async fn remove(&self, tenant: TenantId, name: &str) -> io::Result<()> {
        match self {
            Self::Folder(folder) => folder.remove(tenant, name).await,
            Self::Bucket(bucket) => bucket.remove(tenant, name).await,
        }
    }

    /// All that is kept of a tenant.
    pub(crate) fn list(&self, tenant: TenantId, part: Part) -> Listing {
        match self {
            Self::Folder(folder) => folder.list(tenant, part),
            Self::Bucket(bucket) => bucket.list(tenant, part),
        }
    }
}
