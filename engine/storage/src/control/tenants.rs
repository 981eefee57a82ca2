//! The tenants of an instance.
use kontor_definitions::{ColumnType, TenantId};
use time::OffsetDateTime;

use crate::{bind::Bind, error::StorageError, query::Row, system::cells::Cells, tx::Tx};

/// A tenant's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRow {
    /// Names its file or schema.
    pub id: TenantId,
    /// Name in addresses and commands.
    pub name: String,
    /// Shown title.
    pub title: String,
    /// Whether it can be used.
    pub status: TenantStatus,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// Whether a tenant can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantStatus {
    /// Being set up: made again by the same command, not yet to be used.
    Making,
    /// In use.
    Active,
    /// Closed: nobody can sign in.
    Closed,
}

impl TenantStatus {
    fn name(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }
    fn of(text: &str) -> Result<Self, StorageError> {
        match text {
            "making" => Ok(Self::Making),
            "active" => Ok(Self::Active),
            "closed" => Ok(Self::Closed),
            other => Err(StorageError::Bug(format!("a tenant has the status {other}"))),
        }
    }
}

const INSERT: &str = "INSERT INTO {t}tenant (id, name, title, status, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
const LIST: &str = "SELECT id, name, title, status, created_at FROM {t}tenant ORDER BY name";
const FIND: &str = "SELECT id, name, title, status, created_at FROM {t}tenant WHERE name = ?1";
const GET: &str = "SELECT id, name, title, status, created_at FROM {t}tenant WHERE id = ?1";
const SET_STATUS: &str = "UPDATE {t}tenant SET status = ?2 WHERE id = ?1";
const TYPES: [ColumnType; 5] = [ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Instant];

/// Adds a tenant. `Unique` when the name is taken.
pub fn insert(tx: &mut Tx, tenant: &TenantRow) -> Result<(), StorageError> {
    let binds = [
        Bind::text(tenant.id.to_string()),
        Bind::text(tenant.name.as_str()),
        Bind::text(tenant.title.as_str()),
        Bind::text(tenant.status.name()),
        Bind::instant(tenant.created_at),
    ];
    tx.execute(INSERT, &binds).map(drop)
}

/// Every tenant, by name.
pub fn list(tx: &mut Tx) -> Result<Vec<TenantRow>, StorageError> {
    tx.query(LIST, &[], &TYPES)?.into_iter().map(decode).collect()
}

/// The tenant of that name.
pub fn find(tx: &mut Tx, name: &str) -> Result<Option<TenantRow>, StorageError> {
    tx.query(FIND, &[Bind::text(name)], &TYPES)?.into_iter().next().map(decode).transpose()
}

/// The tenant of that id.
pub fn get(tx: &mut Tx, id: TenantId) -> Result<Option<TenantRow>, StorageError> {
    tx.query(GET, &[Bind::text(id.to_string())], &TYPES)?.into_iter().next().map(decode).transpose()
}

/// Opens or closes a tenant.
pub fn set_status(tx: &mut Tx, id: TenantId, status: TenantStatus) -> Result<(), StorageError> {
    tx.execute(SET_STATUS, &[Bind::text(id.to_string()), Bind::text(status.name())]).map(drop)
}

fn decode(row: Row) -> Result<TenantRow, StorageError> {
    let mut cells = Cells::of(row);
    Ok(TenantRow {
        id: tenant_id(&cells.text()?)?,
        name: cells.text()?,
        title: cells.text()?,
        status: TenantStatus::of(&cells.text()?)?,
        created_at: cells.instant()?,
    })
}

/// The id in a stored text.
pub(super) fn tenant_id(text: &str) -> Result<TenantId, StorageError> {
    text.parse().map(TenantId).map_err(|bad| StorageError::Bug(format!("the control database: {bad}")))
}
