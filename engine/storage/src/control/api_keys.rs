//! Keys of programs, by hash; a key acts with its person's rights.
use kontor_definitions::{ColumnType, RecordId, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::tenants::tenant_id;
use crate::{bind::Bind, error::StorageError, query::Row, system::cells::Cells, tx::Tx};

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Id.
    pub id: Uuid,
    /// The hash of the key.
    pub key_hash: String,
    /// Whose it is.
    pub login: Uuid,
    /// Where.
    pub tenant: TenantId,
    /// The person's `base.user` record there.
    pub user: RecordId,
    /// What it is for.
    pub name: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
}

const CREATE: &str = "INSERT INTO {t}api_key (id, key_hash, login, tenant, user_id, name, created_at, expires_at, seen_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)";
const FIND: &str = "SELECT k.id, k.key_hash, k.login, k.tenant, k.user_id, k.name, k.created_at, k.expires_at
FROM {t}api_key k JOIN {t}tenant t ON t.id = k.tenant
WHERE k.key_hash = ?1 AND (k.expires_at IS NULL OR k.expires_at > ?2) AND t.status = 'active'";
const LIST: &str = "SELECT id, key_hash, login, tenant, user_id, name, created_at, expires_at FROM {t}api_key
WHERE login = ?1 AND tenant = ?2 ORDER BY created_at, id";
const DELETE: &str = "DELETE FROM {t}api_key WHERE id = ?1 AND login = ?2";
const TYPES: [ColumnType; 8] = [
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Instant,
    ColumnType::Instant,
];

/// Adds a key.
pub fn create(tx: &mut Tx, key: &ApiKey) -> Result<(), StorageError> {
    let binds = [
        Bind::id(key.id),
        Bind::text(key.key_hash.as_str()),
        Bind::id(key.login),
        Bind::text(key.tenant.to_string()),
        Bind::id(key.user.0),
        Bind::text(key.name.as_str()),
        Bind::instant(key.created_at),
        key.expires_at.map_or(Bind::null(ColumnType::Instant), Bind::instant),
    ];
    tx.execute(CREATE, &binds).map(drop)
}

/// The key of that hash that has not ended, in a tenant that is in use.
pub fn find(tx: &mut Tx, key_hash: &str, now: OffsetDateTime) -> Result<Option<ApiKey>, StorageError> {
    tx.query(FIND, &[Bind::text(key_hash), Bind::instant(now)], &TYPES)?.into_iter().next().map(decode).transpose()
}

/// The keys of a person in a tenant, oldest first.
pub fn list(tx: &mut Tx, login: Uuid, tenant: TenantId) -> Result<Vec<ApiKey>, StorageError> {
    let binds = [Bind::id(login), Bind::text(tenant.to_string())];
    tx.query(LIST, &binds, &TYPES)?.into_iter().map(decode).collect()
}

/// Ends a key of a person; false when they have no such key.
pub fn delete(tx: &mut Tx, id: Uuid, login: Uuid) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, &[Bind::id(id), Bind::id(login)])? > 0)
}

fn decode(row: Row) -> Result<ApiKey, StorageError> {
    let mut cells = Cells::of(row);
    Ok(ApiKey {
        id: cells.id()?,
        key_hash: cells.text()?,
        login: cells.id()?,
        tenant: tenant_id(&cells.text()?)?,
        user: RecordId(cells.id()?),
        name: cells.text()?,
        created_at: cells.instant()?,
        expires_at: cells.optional_instant()?,
    })
}
