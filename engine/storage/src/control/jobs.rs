//! Periodic work: what is due, and which node has the lease on it.
//!
//! A lease is proved by its fence. Whoever let theirs run out is overtaken by a higher one: they can neither renew nor end
//! it. What they still write in a tenant does no harm: every job may run twice.
use kontor_definitions::{ColumnType, TenantId};
use time::OffsetDateTime;

use super::tenants::tenant_id;
use crate::{bind::Bind, error::StorageError, query::Row, store::Dialect, system::cells::Cells, tx::Tx};

/// Whose work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The instance's own.
    Instance,
    /// A tenant's.
    Tenant(TenantId),
}

/// A job that this node has the lease on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// For whom.
    pub scope: Scope,
    /// Which job.
    pub name: String,
    /// Proves the lease.
    pub fence: i64,
    /// How often it failed since it last went well.
    pub failures: i64,
}

/// A lease as it is stored, for `kontor verify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// For whom.
    pub scope: Scope,
    /// Which job.
    pub name: String,
    /// When it is due.
    pub due_at: OffsetDateTime,
    /// The node that has the lease.
    pub leased_by: Option<String>,
    /// When the lease runs out.
    pub leased_until: Option<OffsetDateTime>,
    /// Failures since it last went well.
    pub failures: i64,
    /// The last of them.
    pub problem: Option<String>,
}

// To the microsecond, as both databases keep a moment.
const CLOCK: &str = "SELECT date_trunc('microseconds', clock_timestamp())";
const WITHOUT: &str = "SELECT id FROM {t}tenant
WHERE status = 'active' AND NOT EXISTS (SELECT 1 FROM {t}job WHERE tenant = {t}tenant.id AND name = ?1) ORDER BY id";
const ADD: &str = "INSERT INTO {t}job (tenant, name, due_at, fence, leased_by, leased_until, woken, failures, problem)
VALUES (?1, ?2, ?3, 0, NULL, NULL, FALSE, 0, NULL) ON CONFLICT (tenant, name) DO NOTHING";
const FREE: &str = "(leased_until IS NULL OR leased_until < ?1)
AND (tenant = '' OR EXISTS (SELECT 1 FROM {t}tenant WHERE id = {t}job.tenant AND status = 'active'))";
const LEASE: &str = "UPDATE {t}job SET fence = fence + 1, leased_by = ?3, leased_until = ?4, woken = FALSE
WHERE tenant = ?1 AND name = ?2";
const RENEW: &str =
    "UPDATE {t}job SET leased_until = ?4 WHERE tenant = ?1 AND name = ?2 AND fence = ?3 AND leased_by IS NOT NULL";
const DONE: &str = "UPDATE {t}job SET leased_by = NULL, leased_until = NULL, failures = 0, problem = NULL,
due_at = CASE WHEN woken THEN ?4 ELSE ?5 END WHERE tenant = ?1 AND name = ?2 AND fence = ?3 AND leased_by IS NOT NULL";
const FAILED: &str = "UPDATE {t}job SET leased_by = NULL, leased_until = NULL, due_at = ?4, failures = failures + 1, problem = ?5
WHERE tenant = ?1 AND name = ?2 AND fence = ?3 AND leased_by IS NOT NULL";
const SOONER: &str = "UPDATE {t}job SET due_at = CASE WHEN due_at > ?3 THEN ?3 ELSE due_at END, woken = TRUE
WHERE tenant = ?1 AND name = ?2 AND (due_at > ?3 OR (leased_by IS NOT NULL AND NOT woken))";
const ALL: &str = "SELECT tenant, name, due_at, leased_by, leased_until, failures, problem FROM {t}job ORDER BY tenant, name";

/// The moment by which leases are judged: the server's own on PostgreSQL, where nodes may disagree; ours where the
/// database is a file.
pub fn clock(tx: &mut Tx, ours: OffsetDateTime) -> Result<OffsetDateTime, StorageError> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(ours),
        Dialect::Postgres => {
            let rows = tx.query(CLOCK, &[], &[ColumnType::Instant])?;
            Cells::first(rows).map_or(Ok(ours), |mut cells| cells.instant())
        }
    }
}

/// The tenants in use that do not have this job yet.
pub fn without(tx: &mut Tx, name: &str) -> Result<Vec<TenantId>, StorageError> {
    let rows = tx.query(WITHOUT, &[Bind::text(name)], &[ColumnType::Text])?;
    rows.into_iter().map(|row| tenant_id(&Cells::of(row).text()?)).collect()
}

/// Makes a job, due then; does nothing when it is there.
pub fn add(tx: &mut Tx, scope: Scope, name: &str, due: OffsetDateTime) -> Result<(), StorageError> {
    tx.execute(ADD, &[key(scope), Bind::text(name), Bind::instant(due)]).map(drop)
}

/// When the next of these jobs that nobody does is due.
pub fn next_due(tx: &mut Tx, names: &[&str], now: OffsetDateTime) -> Result<Option<OffsetDateTime>, StorageError> {
    let (places, names) = listed(names, 2);
    let binds: Vec<Bind> = std::iter::once(Bind::instant(now)).chain(names).collect();
    let sql = format!("SELECT MIN(due_at) FROM {{t}}job WHERE {FREE} AND name IN ({places})");
    let rows = tx.query(&sql, &binds, &[ColumnType::Instant])?;
    Cells::first(rows).map_or(Ok(None), |mut cells| cells.optional_instant())
}

/// Takes leases on those of these jobs that are due, at most so many; nobody else gets them before `until`.
pub fn lease(
    tx: &mut Tx,
    names: &[&str],
    node: &str,
    (now, until): (OffsetDateTime, OffsetDateTime),
    limit: i64,
) -> Result<Vec<Lease>, StorageError> {
    // Two nodes that look at once take different ones.
    let lock = match tx.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR UPDATE SKIP LOCKED",
    };
    let (places, names) = listed(names, 3);
    let sql = format!(
        "SELECT tenant, name, fence, failures FROM {{t}}job WHERE due_at <= ?1 AND {FREE} AND name IN ({places})
ORDER BY due_at, tenant, name LIMIT ?2{lock}"
    );
    let binds: Vec<Bind> = [Bind::instant(now), Bind::integer(limit)].into_iter().chain(names).collect();
    let types = [ColumnType::Text, ColumnType::Text, ColumnType::Integer, ColumnType::Integer];
    let mut leases = Vec::new();
    for row in tx.query(&sql, &binds, &types)? {
        let mut cells = Cells::of(row);
        let (scope, name) = (scope(&cells.text()?)?, cells.text()?);
        // Taking it raises the fence by one.
        let lease = Lease { scope, name, fence: cells.integer()? + 1, failures: cells.integer()? };
        tx.execute(LEASE, &[key(scope), Bind::text(lease.name.as_str()), Bind::text(node), Bind::instant(until)])?;
        leases.push(lease);
    }
    Ok(leases)
}

fn listed(names: &[&str], first: usize) -> (String, Vec<Bind>) {
    let places: Vec<String> = (first..first + names.len()).map(|place| format!("?{place}")).collect();
    (places.join(", "), names.iter().map(|name| Bind::text(*name)).collect())
}

/// Keeps a lease longer; false when it was lost.
pub fn renew(tx: &mut Tx, lease: &Lease, until: OffsetDateTime) -> Result<bool, StorageError> {
    Ok(tx.execute(RENEW, &proved(lease, until))? > 0)
}

/// Ends a job that went well; it is due again at the first moment if it was woken meanwhile, otherwise at the second.
/// False when the lease was lost.
pub fn done(tx: &mut Tx, lease: &Lease, (woken, due): (OffsetDateTime, OffsetDateTime)) -> Result<bool, StorageError> {
    let mut binds = proved(lease, woken).to_vec();
    binds.push(Bind::instant(due));
    Ok(tx.execute(DONE, &binds)? > 0)
}

/// Ends a job that failed and says when it is tried again; false when the lease was lost meanwhile.
pub fn failed(tx: &mut Tx, lease: &Lease, due: OffsetDateTime, problem: &str) -> Result<bool, StorageError> {
    let mut binds = proved(lease, due).to_vec();
    binds.push(Bind::text(problem));
    Ok(tx.execute(FAILED, &binds)? > 0)
}

/// Makes a job due no later than then, and if it is being done, again soon after.
pub fn sooner(tx: &mut Tx, scope: Scope, name: &str, due: OffsetDateTime) -> Result<(), StorageError> {
    tx.execute(SOONER, &[key(scope), Bind::text(name), Bind::instant(due)]).map(drop)
}

/// Every job, for `kontor verify`.
pub fn list(tx: &mut Tx) -> Result<Vec<JobRow>, StorageError> {
    let types = [
        ColumnType::Text,
        ColumnType::Text,
        ColumnType::Instant,
        ColumnType::Text,
        ColumnType::Instant,
        ColumnType::Integer,
        ColumnType::Text,
    ];
    tx.query(ALL, &[], &types)?.into_iter().map(decode).collect()
}

fn decode(row: Row) -> Result<JobRow, StorageError> {
    let mut cells = Cells::of(row);
    Ok(JobRow {
        scope: scope(&cells.text()?)?,
        name: cells.text()?,
        due_at: cells.instant()?,
        leased_by: cells.optional_text()?,
        leased_until: cells.optional_instant()?,
        failures: cells.integer()?,
        problem: cells.optional_text()?,
    })
}

fn proved(lease: &Lease, at: OffsetDateTime) -> [Bind; 4] {
    [key(lease.scope), Bind::text(lease.name.as_str()), Bind::integer(lease.fence), Bind::instant(at)]
}

fn key(scope: Scope) -> Bind {
    match scope {
        Scope::Instance => Bind::text(""),
        Scope::Tenant(tenant) => Bind::text(tenant.to_string()),
    }
}

fn scope(text: &str) -> Result<Scope, StorageError> {
    if text.is_empty() { Ok(Scope::Instance) } else { tenant_id(text).map(Scope::Tenant) }
}
