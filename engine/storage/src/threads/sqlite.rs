//! One SQLite connection: how it is opened, what it can do, what its errors mean.
use std::{
    cell::Cell,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};
use sea_query::Value as SqlValue;
use uuid::Uuid;

use crate::{
    error::StorageError,
    query::Row,
    threads::functions,
    value::{Reading, from_sqlite, to_rusqlite},
};

/// Statements kept prepared per connection.
const STATEMENTS: usize = 256;
/// The driver asks so many virtual machine steps apart whether the statement ran too long.
const PROGRESS_STEPS: i32 = 20_000;
/// How long a reading statement may run.
const STATEMENT_LIMIT: Duration = Duration::from_secs(5);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The one writer of a file; makes the file if it is missing.
    Write,
    /// Reads only.
    Read,
}

/// An open connection.
pub(crate) struct SqliteLink {
    connection: Connection,
    /// Where its file is.
    folder: PathBuf,
    usage: Use,
    /// Statements of the running transaction may take the time they need.
    patient: Cell<bool>,
}

impl SqliteLink {
    /// Opens a file and sets what durability and safety depend on.
    pub(crate) fn open(path: &Path, usage: Use) -> Result<Self, StorageError> {
        let access = match usage {
            Use::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Use::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let folder = path.parent().unwrap_or(path).to_owned();
        let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| from_rusqlite(&error, "", &folder))?;
        let link = Self { connection, folder, usage, patient: Cell::new(false) };
        link.configure().map_err(|error| link.failed(&error, ""))?;
        link.assert_durable()?;
        functions::register(&link.connection).map_err(|error| link.failed(&error, ""))?;
        Ok(link)
    }

    fn configure(&self) -> rusqlite::Result<()> {
        self.connection.set_prepared_statement_cache_capacity(STATEMENTS);
        self.connection.busy_timeout(Duration::from_secs(10))?;
        let cache = match self.usage {
            Use::Write => "PRAGMA journal_mode = WAL; PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;",
            Use::Read => "PRAGMA cache_size = -4000; PRAGMA query_only = ON;",
        };
        self.connection.execute_batch(cache)?;
        self.connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
        )?;
        if self.usage == Use::Read {
            self.limit_statements()?;
        }
        Ok(())
    }

    /// A reading statement past its limit is interrupted; a writing one never is, because that would roll back
    /// the whole transaction and with it the other jobs of its group.
    fn limit_statements(&self) -> rusqlite::Result<()> {
        // `query` notes when its statement began.
        self.connection.progress_handler(
            PROGRESS_STEPS,
            Some(|| STARTED.with(|started| started.get().is_some_and(|at| at.elapsed() > STATEMENT_LIMIT))),
        )
    }

    /// An acknowledged transaction must survive a power cut: WAL with synchronous=FULL, or we do not start.
    fn assert_durable(&self) -> Result<(), StorageError> {
        let pragma = |name: &str| -> Result<i64, StorageError> {
            self.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).map_err(|error| self.failed(&error, ""))
        };
        let journal: String =
            self.connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(|error| self.failed(&error, ""))?;
        if journal != "wal" {
            return Err(StorageError::Unavailable(format!("the file cannot be used with a write-ahead log ({journal})")));
        }
        if pragma("synchronous")? != 2 || pragma("foreign_keys")? != 1 {
            return Err(StorageError::Bug("SQLite refused synchronous=FULL or foreign keys".to_owned()));
        }
        Ok(())
    }

    /// Rows of a statement.
    pub(crate) fn query(&self, sql: &str, values: Vec<SqlValue>, readings: &[Reading]) -> Result<Vec<Row>, StorageError> {
        let began = if self.patient.get() { None } else { Some(std::time::Instant::now()) };
        STARTED.with(|started| started.set(began));
        let fail = |error: rusqlite::Error| self.failed(&error, sql);
        let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
        let values = values.into_iter().map(to_rusqlite).collect::<Result<Vec<_>, _>>()?;
        let mut found = statement.query(params_from_iter(values)).map_err(fail)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(fail)? {
            let cells = readings.iter().enumerate().map(|(index, reading)| from_sqlite(row, index, *reading));
            rows.push(cells.collect::<Result<Row, _>>()?);
        }
        Ok(rows)
    }

    /// Runs a statement that answers no rows; how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, values: Vec<SqlValue>) -> Result<u64, StorageError> {
        let fail = |error: rusqlite::Error| self.failed(&error, sql);
        let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
        let values = values.into_iter().map(to_rusqlite).collect::<Result<Vec<_>, _>>()?;
        let changed = statement.execute(params_from_iter(values)).map_err(fail)?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// How a transaction begins: a writer takes the file at once, so that it never fails half-way for another writer.
    pub(crate) fn begin(&self) -> &'static str {
        self.patient.set(false);
        match self.usage {
            Use::Write => "BEGIN IMMEDIATE",
            Use::Read => "BEGIN",
        }
    }

    /// The statements of the running transaction may take the time they need.
    pub(crate) fn be_patient(&self) {
        self.patient.set(true);
    }

    /// Runs one of our own control statements (`BEGIN IMMEDIATE`, `SAVEPOINT a`).
    pub(crate) fn control(&self, sql: &str) -> Result<(), StorageError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.failed(&error, sql))?;
        statement.raw_execute().map(|_rows| ()).map_err(|error| self.failed(&error, sql))
    }

    fn failed(&self, error: &rusqlite::Error, sql: &str) -> StorageError {
        from_rusqlite(error, sql, &self.folder)
    }

    /// Whether no transaction is open: true inside a job means that SQLite rolled everything back.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }
}

impl Drop for SqliteLink {
    fn drop(&mut self) {
        if self.usage == Use::Write {
            // Only statistics for the planner: nothing is lost where it fails.
            drop(self.connection.execute_batch("PRAGMA optimize"));
        }
    }
}

thread_local! {
    /// When the running statement of this thread began.
    static STARTED: std::cell::Cell<Option<std::time::Instant>> = const { std::cell::Cell::new(None) };
}

/// What the caller can do about an error of a file in this folder.
fn from_rusqlite(error: &rusqlite::Error, sql: &str, folder: &Path) -> StorageError {
    let rusqlite::Error::SqliteFailure(code, text) = error else {
        return StorageError::Bug(format!("{error}; {sql}"));
    };
    let text = text.as_deref().unwrap_or_default();
    if let Some(computation) = text.strip_prefix(functions::COMPUTATION) {
        return StorageError::Computation(computation.to_owned());
    }
    match (code.code, code.extended_code) {
        (_, rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            StorageError::Unique { constraint: unique_constraint(text) }
        }
        // ON DELETE RESTRICT is reported as a trigger's doing.
        (_, rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY | rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER) => {
            StorageError::ForeignKey { constraint: String::new() }
        }
        (ErrorCode::DiskFull, _) => StorageError::DiskFull,
        // A file beside the database that could not be made or could not grow, or a quota: SQLite does not say why.
        (ErrorCode::CannotOpen | ErrorCode::SystemIoFailure, _) if is_full(folder) => StorageError::DiskFull,
        (ErrorCode::OperationInterrupted, _) => StorageError::Timeout,
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StorageError::LockTimeout,
        (ErrorCode::TooBig, _) => StorageError::Computation("overflow".to_owned()),
        (ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::PermissionDenied, _)
        | (ErrorCode::ReadOnly | ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory, _) => {
            StorageError::Unavailable(format!("{error}"))
        }
        _ if text.contains("integer overflow") => StorageError::Computation("overflow".to_owned()),
        _ => StorageError::Bug(format!("{error}; {sql}")),
    }
}

/// `UNIQUE constraint failed: index 'u_…'` names an index of expressions; columns are named as `table.column, …`.
fn unique_constraint(text: &str) -> String {
    let rest = text.split_once("failed: ").map_or(text, |(_, rest)| rest);
    rest.trim_start_matches("index ").trim_matches('\'').to_owned()
}

/// Whether nothing can be written in a folder because there is no room: tried, since no number tells of quotas.
fn is_full(folder: &Path) -> bool {
    let probe = folder.join(format!(".room-{}", Uuid::new_v4().simple()));
    let written = std::fs::write(&probe, [0; 4096]);
    // One that could not be made is not there.
    let _removed = std::fs::remove_file(&probe);
    written.is_err_and(|error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
}
