//! Signed-in browsers, by the hash of their token.
use kontor_definitions::{ColumnType, RecordId, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::tenants::tenant_id;
use crate::{bind::Bind, error::StorageError, query::Row, system::cells::Cells, tx::Tx};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The hash of the cookie's value.
    pub token_hash: String,
    /// Who.
    pub login: Uuid,
    /// Where.
    pub tenant: TenantId,
    /// The person's `base.user` record there.
    pub user: RecordId,
    /// What unsafe requests must carry.
    pub csrf: String,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// When it was last used.
    pub seen_at: OffsetDateTime,
}

const CREATE: &str = "INSERT INTO {t}session
(token_hash, login, tenant, user_id, csrf, created_at, expires_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const FIND: &str = "SELECT s.token_hash, s.login, s.tenant, s.user_id, s.csrf, s.created_at, s.expires_at, s.seen_at
FROM {t}session s JOIN {t}tenant t ON t.id = s.tenant
WHERE s.token_hash = ?1 AND s.expires_at > ?2 AND t.status = 'active'";
const TOUCH: &str = "UPDATE {t}session SET seen_at = ?2, expires_at = ?3 WHERE token_hash = ?1";
const DELETE: &str = "DELETE FROM {t}session WHERE token_hash = ?1";
const DELETE_OF_LOGIN: &str = "DELETE FROM {t}session WHERE login = ?1";
const EXPIRED: &str = "SELECT token_hash, login, tenant, user_id, csrf, created_at, expires_at, seen_at FROM {t}session
WHERE expires_at <= ?1 AND tenant = ?2 ORDER BY expires_at, token_hash LIMIT ?3";
const WHERE_EXPIRED: &str = "SELECT DISTINCT tenant FROM {t}session WHERE expires_at <= ?1 ORDER BY tenant";
const DELETE_EXPIRED: &str = "DELETE FROM {t}session WHERE token_hash = ?1 AND expires_at <= ?2";
const TYPES: [ColumnType; 8] = [
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Instant,
    ColumnType::Instant,
    ColumnType::Instant,
];

/// Begins a session.
pub fn create(tx: &mut Tx, session: &SessionRow) -> Result<(), StorageError> {
    let binds = [
        Bind::text(session.token_hash.as_str()),
        Bind::id(session.login),
        Bind::text(session.tenant.to_string()),
        Bind::id(session.user.0),
        Bind::text(session.csrf.as_str()),
        Bind::instant(session.created_at),
        Bind::instant(session.expires_at),
        Bind::instant(session.seen_at),
    ];
    tx.execute(CREATE, &binds).map(drop)
}

/// The session of a token that has not ended, in a tenant that is in use.
pub fn find(tx: &mut Tx, token_hash: &str, now: OffsetDateTime) -> Result<Option<SessionRow>, StorageError> {
    let rows = tx.query(FIND, &[Bind::text(token_hash), Bind::instant(now)], &TYPES)?;
    rows.into_iter().next().map(decode).transpose()
}

/// The tenants in which sessions have ended that are there still.
pub fn with_expired(tx: &mut Tx, now: OffsetDateTime) -> Result<Vec<TenantId>, StorageError> {
    let rows = tx.query(WHERE_EXPIRED, &[Bind::instant(now)], &[ColumnType::Text])?;
    rows.into_iter().map(|row| tenant_id(&Cells::of(row).text()?)).collect()
}

/// Sessions of a tenant that have ended, so many, the first to end first.
pub fn expired(tx: &mut Tx, tenant: TenantId, now: OffsetDateTime, limit: i64) -> Result<Vec<SessionRow>, StorageError> {
    let binds = [Bind::instant(now), Bind::text(tenant.to_string()), Bind::integer(limit)];
    tx.query(EXPIRED, &binds, &TYPES)?.into_iter().map(decode).collect()
}

fn decode(row: Row) -> Result<SessionRow, StorageError> {
    let mut cells = Cells::of(row);
    Ok(SessionRow {
        token_hash: cells.text()?,
        login: cells.id()?,
        tenant: tenant_id(&cells.text()?)?,
        user: RecordId(cells.id()?),
        csrf: cells.text()?,
        created_at: cells.instant()?,
        expires_at: cells.instant()?,
        seen_at: cells.instant()?,
    })
}

/// Notes that a session was used and when it now ends.
pub fn touch(tx: &mut Tx, token_hash: &str, seen: OffsetDateTime, expires: OffsetDateTime) -> Result<(), StorageError> {
    tx.execute(TOUCH, &[Bind::text(token_hash), Bind::instant(seen), Bind::instant(expires)]).map(drop)
}

/// Ends a session.
pub fn delete(tx: &mut Tx, token_hash: &str) -> Result<(), StorageError> {
    tx.execute(DELETE, &[Bind::text(token_hash)]).map(drop)
}

/// Ends every session of a login: its password changed.
pub fn delete_of_login(tx: &mut Tx, login: Uuid) -> Result<(), StorageError> {
    tx.execute(DELETE_OF_LOGIN, &[Bind::id(login)]).map(drop)
}

/// Removes sessions, those that have ended.
pub fn delete_expired(tx: &mut Tx, token_hashes: &[String], now: OffsetDateTime) -> Result<(), StorageError> {
    token_hashes
        .iter()
        .try_for_each(|hash| tx.execute(DELETE_EXPIRED, &[Bind::text(hash.as_str()), Bind::instant(now)]).map(drop))
}
