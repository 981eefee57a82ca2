//! `key_file`: which key file the data keys of the tenants are wrapped with.
use kontor_definitions::ColumnType;

use crate::{bind::Bind, error::StorageError, system::cells::Cells, tx::Tx};

const GET: &str = "SELECT fingerprint FROM {t}key_file WHERE number = 1";
const CLAIM: &str = "INSERT INTO {t}key_file (number, fingerprint) VALUES (1, ?1) ON CONFLICT (number) DO NOTHING";

const REPLACE: &str = "UPDATE {t}key_file SET fingerprint = ?2 WHERE number = 1 AND fingerprint = ?1";

/// What stands for the key file in use; nothing before the first data key is made.
pub(crate) fn get(tx: &mut Tx) -> Result<Option<String>, StorageError> {
    Cells::first(tx.query(GET, &[], &[ColumnType::Text])?).map(|mut cells| cells.text()).transpose()
}

/// Notes the key file in use unless one is; answers the one that is in use.
pub(crate) fn claim(tx: &mut Tx, fingerprint: &str) -> Result<Option<String>, StorageError> {
    tx.execute(CLAIM, &[Bind::text(fingerprint)])?;
    get(tx)
}

/// Notes another key file in place of this one, where one is noted.
pub(crate) fn replace(tx: &mut Tx, before: &str, now: &str) -> Result<(), StorageError> {
    tx.execute(REPLACE, &[Bind::text(before), Bind::text(now)]).map(drop)
}
