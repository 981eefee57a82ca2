//! What each app of a tenant was installed from: version and documents, to tell what the tenant changed since.
use kontor_definitions::ColumnType;
use time::OffsetDateTime;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

/// A document of an installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageDocument {
    /// The kind's name.
    pub kind: String,
    /// The document's name.
    pub name: String,
    /// Its text.
    pub body: String,
}

const PUT: &str = "INSERT INTO {t}package (app, version, installed_at) VALUES (?1, ?2, ?3)
ON CONFLICT (app) DO UPDATE SET version = excluded.version, installed_at = excluded.installed_at";
const CLEAR: &str = "DELETE FROM {t}package_entry WHERE app = ?1";
const ADD_DOCUMENT: &str = "INSERT INTO {t}package_entry (app, kind, name, hash) VALUES (?1, ?2, ?3, ?4)";
const VERSION: &str = "SELECT version FROM {t}package WHERE app = ?1";
const DOCUMENTS: &str = "SELECT p.kind, p.name, d.body FROM {t}package_entry p JOIN {t}document d ON d.hash = p.hash
WHERE p.app = ?1 ORDER BY p.kind, p.name";

/// Notes that an app was installed in a version, and forgets the documents of the version before.
pub fn put(tx: &mut Tx, app: &str, version: &str, at: OffsetDateTime) -> Result<(), StorageError> {
    tx.execute(PUT, &[Bind::text(app), Bind::text(version), Bind::instant(at)])?;
    tx.execute(CLEAR, &[Bind::text(app)]).map(drop)
}

/// Adds a document of an installed app; its text is kept with [`super::document::put`] before.
pub fn add_document(tx: &mut Tx, app: &str, kind: &str, name: &str, hash: &str) -> Result<(), StorageError> {
    tx.execute(ADD_DOCUMENT, &[Bind::text(app), Bind::text(kind), Bind::text(name), Bind::text(hash)]).map(drop)
}

/// The version an app was installed in, if it came as a package.
pub fn version(tx: &mut Tx, app: &str) -> Result<Option<String>, StorageError> {
    let rows = tx.query(VERSION, &[Bind::text(app)], &[ColumnType::Text])?;
    Cells::first(rows).map(|mut cells| cells.text()).transpose()
}

/// The documents an app was installed with, ordered by kind and name.
pub fn documents(tx: &mut Tx, app: &str) -> Result<Vec<PackageDocument>, StorageError> {
    let rows = tx.query(DOCUMENTS, &[Bind::text(app)], &[ColumnType::Text; 3])?;
    rows.into_iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            Ok(PackageDocument { kind: cells.text()?, name: cells.text()?, body: cells.text()? })
        })
        .collect()
}
