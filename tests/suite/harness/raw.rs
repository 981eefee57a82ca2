//! A connection past the engine to a tenant's database, for tests that damage it on purpose.
use kontor_apps::Tenant;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use tokio::runtime::Runtime;

use super::database::Database;

/// A connection that no rule of the engine and no foreign key stands in the way of.
pub(crate) enum Raw {
    /// To the tenant's file.
    Sqlite(rusqlite::Connection),
    /// To the server, with what stands before the tenant's table names.
    Postgres(Runtime, Box<PgConnection>, String),
}

impl Raw {
    /// A connection to the tenant's tables.
    pub(crate) fn open(database: &Database, tenant: &Tenant) -> Self {
        let Some(url) = database.url() else {
            let file = database.config().data.join("tenants").join(format!("{}.sqlite", tenant.id()));
            let connection = rusqlite::Connection::open(file).unwrap();
            connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
            return Self::Sqlite(connection);
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            connection.execute("SET session_replication_role = replica").await.unwrap();
            connection
        });
        Self::Postgres(runtime, Box::new(connection), format!("\"t_{}\".", tenant.id()))
    }

    /// Runs a statement; `{t}` stands before table names.
    pub(crate) fn run(&mut self, sql: &str) {
        match self {
            Self::Sqlite(connection) => {
                connection.execute_batch(&sql.replace("{t}", "")).unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
            Self::Postgres(runtime, connection, prefix) => {
                let sql = sql.replace("{t}", prefix);
                runtime.block_on(connection.execute(AssertSqlSafe(sql.clone()))).unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
        }
    }

    /// Reads all rows of a question and says how many there are.
    pub(crate) fn count(&mut self, sql: &str) -> usize {
        match self {
            Self::Sqlite(connection) => {
                let sql = sql.replace("{t}", "");
                let mut statement = connection.prepare_cached(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
                let mut rows = statement.query([]).unwrap();
                let mut count = 0;
                while rows.next().unwrap().is_some() {
                    count += 1;
                }
                count
            }
            Self::Postgres(runtime, connection, prefix) => {
                let sql = sql.replace("{t}", prefix);
                runtime
                    .block_on(connection.fetch_all(AssertSqlSafe(sql.clone())))
                    .unwrap_or_else(|error| panic!("{sql}: {error}"))
                    .len()
            }
        }
    }

    /// A record's id as it stands in a statement.
    pub(crate) fn literal(&self, id: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("x'{}'", id.replace('-', "")),
            Self::Postgres(..) => format!("'{id}'"),
        }
    }

    /// What an insert says that brings the numbers which the database counts up by itself.
    pub(crate) fn with_numbers(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(..) => "OVERRIDING SYSTEM VALUE",
        }
    }

    /// Every row of every table of the server's database as text; of a file nothing, its bytes are there to be read.
    pub(crate) fn everything(&mut self) -> Vec<String> {
        let Self::Postgres(runtime, connection, _) = self else { return Vec::new() };
        runtime.block_on(async {
            let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
            let mut found = Vec::new();
            for table in connection.fetch_all(tables).await.unwrap() {
                let table: String = table.get(0);
                let rows = format!("SELECT CAST(r AS TEXT) FROM {table} r");
                let rows = connection.fetch_all(AssertSqlSafe(rows)).await.unwrap();
                found.extend(rows.into_iter().map(|row| row.get::<String, _>(0)));
            }
            found
        })
    }
}
