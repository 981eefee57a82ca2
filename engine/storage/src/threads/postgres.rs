//! One PostgreSQL connection with the runtime that drives it, owned by one thread.
use std::{str::FromStr as _, time::Duration};

use sea_query::Value as SqlValue;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgDatabaseError},
};
use tokio::runtime::Runtime;

use crate::{
    error::StorageError,
    query::Row,
    value::{Reading, from_postgres, to_sqlx},
};

/// Statements kept prepared per connection.
const STATEMENTS: usize = 1000;
/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A connection that is made when first used and again after it was lost.
pub(crate) struct PostgresLink {
    runtime: Runtime,
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    in_transaction: bool,
}

/// Reads the address of a database.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, StorageError> {
    // The text of the parser's error could quote the password.
    let options = PgConnectOptions::from_str(url).map_err(|_may_quote_the_password| {
        StorageError::Unavailable("the database address is not of the form postgres://user:password@host:port/name".to_owned())
    })?;
    Ok(options.statement_cache_capacity(STATEMENTS).application_name("kontor").disable_statement_logging())
}

impl PostgresLink {
    /// Makes the runtime; connects later.
    pub(crate) fn new(options: PgConnectOptions) -> Result<Self, StorageError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StorageError::Unavailable(format!("no runtime for the database: {error}")))?;
        Ok(Self { runtime, options, connection: None, in_transaction: false })
    }

    /// Opens a transaction with its settings in one round trip; a connection that died meanwhile is made anew.
    pub(crate) fn begin(&mut self, text: &str) -> Result<(), StorageError> {
        let known = self.connection.is_some();
        let first = self.try_begin(text);
        if known && matches!(first, Err(StorageError::Unavailable(_))) {
            return self.try_begin(text);
        }
        first
    }

    fn try_begin(&mut self, text: &str) -> Result<(), StorageError> {
        self.connect()?;
        self.control(text)?;
        self.in_transaction = true;
        Ok(())
    }

    /// Connects unless it is.
    pub(crate) fn connect(&mut self) -> Result<(), StorageError> {
        if self.connection.is_some() {
            return Ok(());
        }
        let connecting = async { tokio::time::timeout(CONNECT_LIMIT, PgConnection::connect_with(&self.options)).await };
        let connection = match self.runtime.block_on(connecting) {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(self.unreachable(&reason(&error))),
            Err(_elapsed) => return Err(self.unreachable("no answer within 10 seconds")),
        };
        self.connection = Some(connection);
        Ok(())
    }

    /// Says which database it is about, never the password.
    fn unreachable(&self, reason: &str) -> StorageError {
        StorageError::Unavailable(format!(
            "PostgreSQL at {}:{}, database {}, user {}: {reason}",
            self.options.get_host(),
            self.options.get_port(),
            self.options.get_database().unwrap_or("(default)"),
            self.options.get_username()
        ))
    }

    /// Rows of a statement.
    pub(crate) fn query(&mut self, sql: &str, values: Vec<SqlValue>, readings: &[Reading]) -> Result<Vec<Row>, StorageError> {
        let arguments = to_sqlx(values)?;
        let fetched = match &mut self.connection {
            Some(connection) => {
                self.runtime.block_on(sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments).fetch_all(connection))
            }
            None => return Err(self.unreachable("the connection was lost")),
        };
        let rows = self.checked(fetched, sql)?;
        let read = |row| {
            let cells = readings.iter().enumerate().map(|(index, reading)| from_postgres(row, index, *reading));
            cells.collect::<Result<Row, _>>()
        };
        rows.iter().map(read).collect()
    }

    /// Runs a statement that answers no rows; how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, values: Vec<SqlValue>) -> Result<u64, StorageError> {
        let arguments = to_sqlx(values)?;
        let done = match &mut self.connection {
            Some(connection) => {
                self.runtime.block_on(sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments).execute(connection))
            }
            None => return Err(self.unreachable("the connection was lost")),
        };
        Ok(self.checked(done, sql)?.rows_affected())
    }

    /// Runs one of our own control statements, without parameters.
    pub(crate) fn control(&mut self, sql: &str) -> Result<(), StorageError> {
        let done = match &mut self.connection {
            Some(connection) => self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection)),
            None => return Err(self.unreachable("the connection was lost")),
        };
        self.checked(done, sql)?;
        if matches!(sql, "COMMIT" | "ROLLBACK") {
            self.in_transaction = false;
        }
        Ok(())
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    fn checked<T>(&mut self, answer: Result<T, sqlx::Error>, sql: &str) -> Result<T, StorageError> {
        answer.map_err(|error| match &error {
            sqlx::Error::Database(database) => match from_database(database.downcast_ref(), sql) {
                StorageError::Unavailable(reason) => {
                    self.forget();
                    self.unreachable(&reason)
                }
                mapped => mapped,
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
                self.forget();
                self.unreachable(&reason(&error))
            }
            other => StorageError::Bug(format!("{other}; {sql}")),
        })
    }

    /// The connection is of no more use; the next transaction makes a new one.
    fn forget(&mut self) {
        self.connection = None;
        self.in_transaction = false;
    }
}

fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        other => other.to_string(),
    }
}

/// What the caller can do about an error, by SQLSTATE only.
fn from_database(error: &PgDatabaseError, sql: &str) -> StorageError {
    let constraint = || error.constraint().unwrap_or_default().to_owned();
    match error.code() {
        // Two nodes that make the same table at once collide in the server's own catalog: run again.
        "23505" if constraint().starts_with("pg_") => StorageError::Serialisation,
        "23505" => StorageError::Unique { constraint: constraint() },
        "23503" | "23001" => StorageError::ForeignKey { constraint: constraint() },
        // 0A000: a prepared statement met a table changed under it; the driver prepares it anew next time.
        "40001" | "40P01" | "0A000" => StorageError::Serialisation,
        "55P03" => StorageError::LockTimeout,
        "57014" => StorageError::Timeout,
        "22012" => StorageError::Computation("division_by_zero".to_owned()),
        "22003" | "22008" => StorageError::Computation("overflow".to_owned()),
        "53100" => StorageError::DiskFull,
        // No memory, no connection left, a limit of its settings; its disk fails (58030).
        "53200" | "53300" | "53400" | "58030" | "57P01" | "57P02" | "57P03" => {
            StorageError::Unavailable(error.message().to_owned())
        }
        // A protocol violation is our own mistake, the other codes of its class are the network's.
        code if code.starts_with("08") && code != "08P01" => StorageError::Unavailable(error.message().to_owned()),
        code => StorageError::Bug(format!("{code} {}; {sql}", error.message())),
    }
}
