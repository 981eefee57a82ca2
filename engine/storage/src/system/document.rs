//! Definitions by the hash of their text.
use kontor_definitions::ColumnType;
use sha2::{Digest, Sha256};

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

const PUT: &str = "INSERT INTO {t}document (hash, body) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING";
const GET: &str = "SELECT body FROM {t}document WHERE hash = ?1";
const ALL: &str = "SELECT hash, body FROM {t}document ORDER BY hash";

/// The hash a document is kept under: SHA-256 of its bytes in hexadecimal digits.
pub fn hash(body: &str) -> String {
    super::hex(&Sha256::digest(body.as_bytes()))
}

/// Keeps a document and answers its hash.
pub fn put(tx: &mut Tx, body: &str) -> Result<String, StorageError> {
    let hash = hash(body);
    tx.execute(PUT, &[Bind::text(hash.as_str()), Bind::text(body)])?;
    Ok(hash)
}

/// The document of that hash.
pub fn get(tx: &mut Tx, hash: &str) -> Result<Option<String>, StorageError> {
    let rows = tx.query(GET, &[Bind::text(hash)], &[ColumnType::Text])?;
    Cells::first(rows).map(|mut cells| cells.text()).transpose()
}

/// The hashes of kept documents whose text is no longer the one they were kept with.
pub fn altered(tx: &mut Tx) -> Result<Vec<String>, StorageError> {
    let mut found = Vec::new();
    for row in tx.query(ALL, &[], &[ColumnType::Text, ColumnType::Text])? {
        let mut cells = Cells::of(row);
        let (kept, body) = (cells.text()?, cells.text()?);
        if hash(&body) != kept {
            found.push(kept);
        }
    }
    Ok(found)
}
