//! An empty database of one test: a folder for SQLite, a database of its own on the test cluster for PostgreSQL.
use std::path::PathBuf;

use kontor_storage::{Dialect, Store, StoreConfig};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use uuid::Uuid;

use super::{bucket::BucketServer, temporary::TemporaryFolder};

/// Where the suite finds PostgreSQL: the URL of a superuser on a cluster made for tests.
pub(super) const VARIABLE: &str = "KONTOR_TEST_POSTGRES";

/// A database that nobody else uses; gone when dropped.
pub(crate) struct Database {
    folder: TemporaryFolder,
    server: Option<Server>,
    bucket: Option<BucketServer>,
}

struct Server {
    cluster: String,
    name: String,
}

impl Database {
    /// An empty data directory.
    pub(crate) fn sqlite() -> Self {
        Self { folder: TemporaryFolder::new(), server: None, bucket: None }
    }

    /// A new database on the test cluster, and an empty data directory for what is kept in files.
    pub(crate) fn postgres() -> Self {
        let Ok(cluster) = std::env::var(VARIABLE) else {
            panic!("{VARIABLE} is not set: run the tests through `make test` or `scripts/with-postgres cargo nextest run`");
        };
        Self::on(&cluster)
    }

    /// The same on another server.
    pub(crate) fn on(cluster: &str) -> Self {
        let (cluster, name) = (cluster.to_owned(), format!("kontor_{}", Uuid::new_v4().simple()));
        on_cluster(&cluster, &format!("CREATE DATABASE {name}"));
        Self { folder: TemporaryFolder::new(), server: Some(Server { cluster, name }), bucket: None }
    }

    #[cfg(feature = "s3")]
    /// With an empty bucket for contents of files.
    pub(crate) fn with_bucket(mut self) -> Self {
        self.bucket = Some(BucketServer::start());
        self
    }

    #[cfg(feature = "s3")]
    /// The server of the bucket answers no more.
    pub(crate) fn lose_bucket(&mut self) {
        self.bucket = None;
    }

    /// The server of the bucket, where there is one.
    pub(crate) fn bucket(&self) -> Option<&BucketServer> {
        self.bucket.as_ref()
    }

    /// Where contents of files are on this machine's disk.
    pub(crate) fn contents(&self) -> PathBuf {
        self.bucket.as_ref().map_or_else(|| self.config().data.join("files"), BucketServer::objects)
    }

    /// Which database it is.
    pub(crate) fn dialect(&self) -> Dialect {
        if self.server.is_some() { Dialect::Postgres } else { Dialect::Sqlite }
    }

    /// What opens it. Every call answers the same, so that a test can close the store and open it again.
    pub(crate) fn config(&self) -> StoreConfig {
        StoreConfig { data: self.folder.path().join("data"), database: self.url(), key_file: None, readers: 2, writers: 2 }
    }

    /// The URL of the PostgreSQL database; `None` on SQLite.
    pub(crate) fn url(&self) -> Option<String> {
        let server = self.server.as_ref()?;
        let (cluster, _) = server.cluster.rsplit_once('/').expect("the cluster's URL ends with /postgres");
        Some(format!("{cluster}/{}", server.name))
    }

    /// The store in it, opened.
    pub(crate) fn open(&self) -> Store {
        Store::open(&self.config()).unwrap_or_else(|error| panic!("the store does not open: {error}"))
    }

    /// A folder for files that the test makes besides the database.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            on_cluster(&server.cluster, &format!("DROP DATABASE {} WITH (FORCE)", server.name));
        }
    }
}

/// One statement on the cluster.
fn on_cluster(url: &str, sql: &str) {
    with_connection(url, async |connection| {
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
    });
}

/// The one text that a statement answers.
pub(super) fn asked(url: &str, sql: &str) -> String {
    with_connection(url, async |connection| connection.fetch_one(AssertSqlSafe(sql)).await.unwrap().get(0))
}

/// On a thread of its own because a test may already run in a runtime.
fn with_connection<T: Send>(url: &str, work: impl AsyncFnOnce(&mut PgConnection) -> T + Send) -> T {
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(url).await.unwrap_or_else(|error| panic!("{VARIABLE}: {error}"));
                let answer = work(&mut connection).await;
                connection.close().await.unwrap();
                answer
            })
        });
        work.join().unwrap()
    })
}
