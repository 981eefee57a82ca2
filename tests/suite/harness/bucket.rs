//! A server that speaks S3 on a socket of this machine, checks signatures and keeps its objects in a folder.
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use kontor_server::{config::BucketConfig, files::Bucket};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use super::temporary::TemporaryFolder;

const NAME: &str = "company";
const PREFIX: &str = "kontor/files";

/// The server; it is gone when dropped.
pub(crate) struct BucketServer {
    folder: TemporaryFolder,
    addr: SocketAddr,
    refuses_parts: Arc<AtomicBool>,
    _runtime: Runtime,
}

impl BucketServer {
    /// A server with one empty bucket.
    pub(crate) fn start() -> Self {
        let folder = TemporaryFolder::new();
        std::fs::create_dir_all(folder.path().join(NAME)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single("test-id", "test-secret"));
        let service = builder.build();
        let refuses_parts = Arc::new(AtomicBool::new(false));
        let refuses = Arc::clone(&refuses_parts);
        let answer = move |request: Request| {
            let refused =
                refuses.load(Ordering::SeqCst) && request.uri().query().is_some_and(|query| query.contains("partNumber=2"));
            let service = service.clone();
            async move {
                if refused {
                    return StatusCode::FORBIDDEN.into_response();
                }
                let answer = service.oneshot(request).await.unwrap_or_else(|error| panic!("the bucket failed: {error:?}"));
                Response::into_response(answer.map(axum::body::Body::new))
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let addr = listener.local_addr().unwrap();
        drop(runtime.spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await }));
        Self { folder, addr, refuses_parts, _runtime: runtime }
    }

    /// What a client is told of it.
    pub(crate) fn config(&self) -> BucketConfig {
        BucketConfig {
            bucket: NAME.to_owned(),
            prefix: PREFIX.to_owned(),
            endpoint: Some(format!("http://{}", self.addr)),
            region: "us-east-1".to_owned(),
            access_key_id: "test-id".to_owned(),
            secret_access_key: "test-secret".to_owned(),
        }
    }

    /// A client.
    pub(crate) fn bucket(&self) -> Arc<Bucket> {
        Arc::new(Bucket::new(&self.config()).unwrap())
    }

    /// The second part of every upload is refused from now on, or no longer.
    pub(crate) fn refuse_parts(&self, refuses: bool) {
        self.refuses_parts.store(refuses, Ordering::SeqCst);
    }

    /// Where the objects are on this machine's disk.
    pub(crate) fn objects(&self) -> PathBuf {
        self.folder.path().join(NAME).join(PREFIX)
    }

    /// What the server keeps besides whole objects, such as parts of uploads that were not finished.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.contains("upload")).collect()
    }
}
