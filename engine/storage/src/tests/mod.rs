//! The same cases on both databases: files in a folder of their own, and a private PostgreSQL cluster.
pub(crate) mod catalog;
pub(crate) mod cluster;
mod guards;
mod rows;
mod schema;
mod seal;
mod store;
mod vectors;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use kontor_definitions::TenantId;

use crate::store::{Store, StoreConfig};

/// A folder that is deleted at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kontor-storage-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Runs a case on SQLite, then on PostgreSQL.
pub(crate) fn on_both(case: impl Fn(&Store)) {
    on_sqlite(&case);
    cluster::on_postgres(&case);
}

pub(crate) fn on_sqlite(case: impl Fn(&Store)) {
    let folder = Folder::new();
    case(&Store::open(&config(&folder, None)).expect("the store opens"));
}

pub(crate) fn config(folder: &Folder, database: Option<String>) -> StoreConfig {
    StoreConfig { data: folder.0.clone(), database, key_file: None, readers: 2, writers: 2 }
}

pub(crate) fn tenant_id(text: &str) -> TenantId {
    TenantId(text.parse().expect("eight characters"))
}
