//! Contents in a bucket of a service that speaks S3: objects `<prefix>/<tenant>/<name>`.
//!
//! A file of any size takes the memory of one part. What is said to be stored has been acknowledged by the service whole.
use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    ops::Range,
    time::Duration,
};

use axum::body::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use kontor_definitions::TenantId;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload,
    RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use tokio::sync::mpsc;

use super::{Chunks, Listed, Listing, Part, UNDER_WAY, blocking, incoming::Received, names};
use crate::config::BucketConfig;

/// Bytes of a part; services take 10,000 of them, none but the last below 5 MB.
const PART: usize = 8 * 1024 * 1024;
/// A service that does not take a connection for so long, or says nothing for so long, does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A request is tried again so often, where that can help, and for so long.
const RETRIES: usize = 3;

/// The bucket.
pub struct Bucket {
    store: AmazonS3,
    prefix: Path,
}

impl Bucket {
    /// The bucket of these settings; whether it answers is not asked.
    pub fn new(config: &BucketConfig) -> Result<Self, String> {
        // Another part of the process may have said the same before.
        let _said = rustls::crypto::ring::default_provider().install_default();
        let client = ClientOptions::new()
            .with_allow_http(config.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://")))
            .with_connect_timeout(PATIENCE)
            .with_read_timeout(PATIENCE)
            // A large file takes as long as it takes.
            .with_timeout_disabled();
        let retry =
            RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: PATIENCE.saturating_mul(3) };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(&config.secret_access_key)
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { store, prefix: Path::from(config.prefix.as_str()) })
    }

    /// Asks the service for one name in the bucket: whether it answers, the bucket is there and the keys open it.
    pub(crate) async fn probe(&self) -> Result<(), String> {
        let mut found = self.store.list(Some(&self.prefix));
        found.next().await.transpose().map(drop).map_err(|error| error.to_string())
    }

    fn of(&self, tenant: TenantId) -> Path {
        self.prefix.clone().join(tenant.to_string())
    }

    fn place_of(&self, tenant: TenantId, name: &str) -> Path {
        name.split('/').fold(self.of(tenant), |path, part| path.join(part))
    }

    /// Sends a received file to its place, in parts where it is large.
    pub(super) async fn keep(&self, tenant: TenantId, name: &str, received: &Received) -> io::Result<()> {
        let place = self.place_of(tenant, name);
        let path = received.path.clone();
        let file = blocking(move || File::open(path)).await?;
        let (file, first) = next_part(file).await?;
        if received.size <= u64::try_from(PART).unwrap_or(u64::MAX) {
            return self.store.put(&place, PutPayload::from(first)).await.map(drop).map_err(as_io);
        }
        let mut upload = self.store.put_multipart(&place).await.map_err(as_io)?;
        let sent = send_parts(upload.as_mut(), file, first).await;
        if sent.is_err() {
            // Parts that are left behind cost room; that they cannot be removed either changes nothing of the error.
            let _gone = upload.abort().await;
        }
        sent
    }

    /// Puts a few bytes in their place.
    pub(super) async fn put(&self, tenant: TenantId, name: &str, bytes: Bytes) -> io::Result<()> {
        self.store.put(&self.place_of(tenant, name), PutPayload::from(bytes)).await.map(drop).map_err(as_io)
    }

    /// Reads something small.
    pub(super) async fn get(&self, tenant: TenantId, name: &str) -> io::Result<Bytes> {
        let found = self.store.get(&self.place_of(tenant, name)).await.map_err(as_io)?;
        found.bytes().await.map_err(as_io)
    }

    /// Reads a part of a content.
    pub(super) async fn read(&self, tenant: TenantId, name: &str, part: Range<u64>) -> io::Result<Chunks> {
        self.stream(tenant, name, GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() }).await
    }

    /// Reads a content.
    pub(super) async fn read_all(&self, tenant: TenantId, name: &str) -> io::Result<Chunks> {
        self.stream(tenant, name, GetOptions::default()).await
    }

    async fn stream(&self, tenant: TenantId, name: &str, options: GetOptions) -> io::Result<Chunks> {
        let found = self.store.get_opts(&self.place_of(tenant, name), options).await.map_err(as_io)?;
        Ok(passed_on(found.into_stream().map(|chunk| chunk.map_err(as_io)).boxed()))
    }

    /// Bytes of a content; none where it is not there.
    pub(super) async fn size(&self, tenant: TenantId, name: &str) -> io::Result<Option<u64>> {
        match self.store.head(&self.place_of(tenant, name)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(as_io(error)),
        }
    }

    /// Removes a content; one that is not there is removed already.
    pub(super) async fn remove(&self, tenant: TenantId, name: &str) -> io::Result<()> {
        match self.store.delete(&self.place_of(tenant, name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(as_io(error)),
        }
    }

    /// All that is kept of a tenant.
    pub(super) fn list(&self, tenant: TenantId, part: Part) -> Listing {
        let root = self.of(tenant);
        let thumbnails = root.clone().join(names::THUMBNAILS);
        let folder = if part == Part::Thumbnails { thumbnails.clone() } else { root.clone() };
        let found = self.store.list(Some(&folder)).filter_map(move |object| {
            let listed = object.map_err(as_io).map(|object| {
                let skipped = part == Part::Contents && object.location.prefix_matches(&thumbnails);
                let name: Option<Vec<String>> =
                    object.location.prefix_match(&root).map(|parts| parts.map(|part| part.as_ref().to_owned()).collect());
                let listed = Listed { name: name.unwrap_or_default().join("/"), changed: object.last_modified.into() };
                (!skipped).then_some(listed)
            });
            std::future::ready(listed.transpose())
        });
        passed_on(found.boxed())
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its settings have keys.
        f.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Passes a stream on as it comes, until nobody listens.
fn passed_on<T: Send + 'static>(mut stream: BoxStream<'static, io::Result<T>>) -> mpsc::Receiver<io::Result<T>> {
    let (send, passed) = mpsc::channel(UNDER_WAY);
    drop(tokio::spawn(async move {
        while let Some(item) = stream.next().await {
            if send.send(item).await.is_err() {
                break;
            }
        }
    }));
    passed
}

async fn send_parts(upload: &mut dyn MultipartUpload, mut file: File, first: Bytes) -> io::Result<()> {
    let mut part = first;
    while !part.is_empty() {
        upload.put_part(PutPayload::from(part)).await.map_err(as_io)?;
        (file, part) = next_part(file).await?;
    }
    upload.complete().await.map(drop).map_err(as_io)
}

/// The next bytes of a file; none at its end.
async fn next_part(file: File) -> io::Result<(File, Bytes)> {
    blocking(move || {
        let mut part = Vec::with_capacity(PART);
        let limit = u64::try_from(PART).unwrap_or(u64::MAX);
        (&file).take(limit).read_to_end(&mut part)?;
        Ok((file, Bytes::from(part)))
    })
    .await
}

/// Every error of the service but a missing object means that it cannot be used now.
fn as_io(error: object_store::Error) -> io::Error {
    let kind = match &error {
        object_store::Error::NotFound { .. } => io::ErrorKind::NotFound,
        _ => io::ErrorKind::NotConnected,
    };
    io::Error::new(kind, error)
}
