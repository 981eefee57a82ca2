//! Which login is which user of which tenant.
use kontor_definitions::{ColumnType, RecordId, TenantId};
use uuid::Uuid;

use super::tenants::tenant_id;
use crate::{bind::Bind, error::StorageError, query::Row, system::cells::Cells, tx::Tx};

/// A login's place in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The login.
    pub login: Uuid,
    /// The tenant.
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// The tenant's title.
    pub tenant_title: String,
    /// The person's `base.user` record there.
    pub user: RecordId,
}

const PUT: &str = "INSERT INTO {t}membership (login, tenant, user_id) VALUES (?1, ?2, ?3)
ON CONFLICT (login, tenant) DO NOTHING";
const LIST: &str = "SELECT m.login, m.tenant, t.name, t.title, m.user_id
FROM {t}membership m JOIN {t}tenant t ON t.id = m.tenant
WHERE m.login = ?1 AND t.status = 'active' ORDER BY t.name";
const FIND: &str = "SELECT m.login, m.tenant, t.name, t.title, m.user_id
FROM {t}membership m JOIN {t}tenant t ON t.id = m.tenant
WHERE m.login = ?1 AND m.tenant = ?2";
const LOGIN_OF: &str = "SELECT login FROM {t}membership WHERE tenant = ?1 AND user_id = ?2";
const DELETE: &str = "DELETE FROM {t}membership WHERE login = ?1 AND tenant = ?2";
const TYPES: [ColumnType; 5] = [ColumnType::Uuid, ColumnType::Text, ColumnType::Text, ColumnType::Text, ColumnType::Uuid];

/// Makes a login a user of a tenant; does nothing when it is one already.
pub fn put(tx: &mut Tx, login: Uuid, tenant: TenantId, user: RecordId) -> Result<(), StorageError> {
    tx.execute(PUT, &[Bind::id(login), Bind::text(tenant.to_string()), Bind::id(user.0)]).map(drop)
}

/// The tenants in use that a login belongs to, by name.
pub fn list(tx: &mut Tx, login: Uuid) -> Result<Vec<Membership>, StorageError> {
    tx.query(LIST, &[Bind::id(login)], &TYPES)?.into_iter().map(decode).collect()
}

/// A login's place in one tenant, in whatever state the tenant is.
pub fn find(tx: &mut Tx, login: Uuid, tenant: TenantId) -> Result<Option<Membership>, StorageError> {
    let rows = tx.query(FIND, &[Bind::id(login), Bind::text(tenant.to_string())], &TYPES)?;
    rows.into_iter().next().map(decode).transpose()
}

/// The login behind a tenant's user.
pub fn login_of(tx: &mut Tx, tenant: TenantId, user: RecordId) -> Result<Option<Uuid>, StorageError> {
    let rows = tx.query(LOGIN_OF, &[Bind::text(tenant.to_string()), Bind::id(user.0)], &[ColumnType::Uuid])?;
    Cells::first(rows).map(|mut cells| cells.id()).transpose()
}

/// Takes a login out of a tenant, its sessions and API keys there with it.
pub fn delete(tx: &mut Tx, login: Uuid, tenant: TenantId) -> Result<(), StorageError> {
    tx.execute(DELETE, &[Bind::id(login), Bind::text(tenant.to_string())]).map(drop)
}

fn decode(row: Row) -> Result<Membership, StorageError> {
    let mut cells = Cells::of(row);
    Ok(Membership {
        login: cells.id()?,
        tenant: tenant_id(&cells.text()?)?,
        tenant_name: cells.text()?,
        tenant_title: cells.text()?,
        user: RecordId(cells.id()?),
    })
}
