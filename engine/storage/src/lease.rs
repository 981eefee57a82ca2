//! The right to publish in phases: one per tenant at a time, on whatever node, gone with the process that holds it.
//!
//! On PostgreSQL it is a connection of its own that holds an advisory lock; indexes are built and dropped over it, outside of
//! transactions and beside writers. On SQLite one process has the file, so the process remembers who holds it.
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use kontor_definitions::{ColumnType, Value};

use crate::{
    error::StorageError,
    schema::{COMING, Ddl, GOING, Physical, PlanAction, PlanStep, column_names},
    store::{DatabaseKey, Dialect},
    threads::postgres::PostgresLink,
    value::Reading,
};

/// How often the build of an index is begun again that was broken off by something else than the values.
const ATTEMPTS: u32 = 3;
/// Tells our advisory locks from those of others.
const SEED: i64 = 7_275_620_176;
/// A build of an index takes the time it needs; a process that died is noticed within seconds.
const SETTINGS: &str = "SET statement_timeout = 0; SET lock_timeout = 0; SET tcp_keepalives_idle = 5;
SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET client_connection_check_interval = 2000";

/// The right to publish.
pub struct Lease(Kind);

enum Kind {
    Sqlite { _held: Leased },
    Postgres { link: Box<PostgresLink>, schema: String },
}

/// The databases whose right is taken in this process.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<HashSet<DatabaseKey>>>);

/// One of them; given back when dropped.
struct Leased {
    leases: Leases,
    key: DatabaseKey,
}

impl Leases {
    /// The right to publish in a file, unless somebody has it.
    pub(crate) fn take(&self, key: DatabaseKey) -> Option<Lease> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        taken.then(|| Lease(Kind::Sqlite { _held: Leased { leases: self.clone(), key } }))
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        self.leases.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Lease {
    /// The right to publish in a schema, unless somebody has it.
    pub(crate) fn take(mut link: PostgresLink, key: DatabaseKey) -> Result<Option<Self>, StorageError> {
        let schema = key.schema();
        link.connect()?;
        link.control(SETTINGS)?;
        let sql = format!("SELECT pg_try_advisory_lock(hashtextextended('{schema}', {SEED}))");
        let rows = link.query(&sql, Vec::new(), &[Reading::Column(ColumnType::Boolean)])?;
        let taken = rows.first().and_then(|row| row.first()) == Some(&Value::Bool(true));
        Ok(taken.then(|| Self(Kind::Postgres { link: Box::new(link), schema })))
    }

    /// Builds the index of a step beside those that are used, while writers go on. On SQLite it is built when the plan is settled.
    pub fn build(&mut self, settled: &Physical, step: &PlanStep) -> Result<(), StorageError> {
        let (PlanAction::CreateIndex { index }, Kind::Postgres { link, schema }) = (&step.action, &mut self.0) else {
            return Ok(());
        };
        let table = settled.table(step.entity_id)?;
        let prefix = format!("\"{schema}\".");
        let ddl = Ddl { dialect: Dialect::Postgres, prefix: &prefix };
        let mut beside = index.clone();
        beside.name = format!("{COMING}{}", index.name);
        let build = concurrently(&ddl.create_index(&table.name, &beside, &column_names(table, index)?));
        let drop = concurrently(&ddl.drop_index(&beside.name));
        for attempt in 0..=ATTEMPTS {
            link.control(&drop)?;
            match link.control(&build) {
                Ok(()) => return Ok(()),
                Err(StorageError::Serialisation | StorageError::LockTimeout | StorageError::Timeout) if attempt < ATTEMPTS => {}
                Err(StorageError::Unique { .. }) => return Err(StorageError::Unique { constraint: index.name.clone() }),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Drops the indexes that a publish no longer needs, or left behind where it was given up.
    pub fn clear(&mut self) -> Result<(), StorageError> {
        let Kind::Postgres { link, schema } = &mut self.0 else { return Ok(()) };
        let sql = format!(
            "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = '{schema}'
            AND (starts_with(indexname, '{COMING}') OR starts_with(indexname, '{GOING}'))"
        );
        let prefix = format!("\"{schema}\".");
        let ddl = Ddl { dialect: Dialect::Postgres, prefix: &prefix };
        for row in link.query(&sql, Vec::new(), &[Reading::Column(ColumnType::Text)])? {
            if let Some(Value::Text(name)) = row.first() {
                link.control(&concurrently(&ddl.drop_index(name)))?;
            }
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Kind::Postgres { link, .. } = &mut self.0 {
            // The server would notice the closed connection by itself, but somewhat later.
            drop(link.control("SELECT pg_advisory_unlock_all()"));
        }
    }
}

/// The statement that keeps no writer waiting.
fn concurrently(statement: &str) -> String {
    statement.replacen(" INDEX ", " INDEX CONCURRENTLY ", 1)
}
