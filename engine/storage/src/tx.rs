//! A transaction on one connection: synchronous, the same on both databases.
//!
//! Fixed SQL is written once, portably: `?1` for parameters, `{t}` before every table name (nothing on SQLite,
//! `"t_<id>".` on PostgreSQL), and only what both dialects understand. Business rows are read and written by the
//! functions in `sql/`.
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kontor_definitions::ColumnType;
use sea_query::Value as SqlValue;
use sha2::{Digest as _, Sha256};

use crate::{
    bind::Bind,
    cipher::{Cipher, KeyFile},
    error::StorageError,
    marking::Marking,
    query::Row,
    store::{DatabaseKey, Dialect},
    system::data_key,
    threads::{postgres::PostgresLink, sqlite::SqliteLink},
    value::{Reading, encode},
};

/// How long the statements of a publish wait for locks, all of one transaction together.
const PATIENCE: Duration = Duration::from_millis(500);

/// A transaction. Jobs are handed one that is open; it ends when the job ends.
pub struct Tx {
    link: Link,
    /// `"t_<id>".` on PostgreSQL, nothing on SQLite.
    prefix: String,
    /// Open savepoints.
    depth: usize,
    /// The transaction lost against another one and the job must be run again.
    lost: bool,
    /// Why SQLite rolled the transaction back; what the job still does is refused, or it would be kept statement by statement.
    broken: Option<StorageError>,
    home: Option<Home>,
    /// What is marked for a publish under way.
    marking: Option<Marking>,
    /// When the patience of a step of a publish ends.
    patience: Option<Instant>,
}

/// Which database a job works on, and what opens its data key.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) key_file: Arc<KeyFile>,
    pub(crate) database: DatabaseKey,
}

enum Link {
    Sqlite(Box<SqliteLink>),
    Postgres(Box<PostgresLink>),
}

impl Tx {
    /// Over a connection to a file.
    pub(crate) fn sqlite(link: SqliteLink) -> Self {
        Self::over(Link::Sqlite(Box::new(link)))
    }

    /// Over a connection to a server.
    pub(crate) fn postgres(link: PostgresLink) -> Self {
        Self::over(Link::Postgres(Box::new(link)))
    }

    fn over(link: Link) -> Self {
        Self { link, prefix: String::new(), depth: 0, lost: false, broken: None, home: None, marking: None, patience: None }
    }

    /// Which database it runs on.
    pub fn dialect(&self) -> Dialect {
        match self.link {
            Link::Sqlite(_) => Dialect::Sqlite,
            Link::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a part of a job so that its failure undoes only that part: the rows of an import, one by one.
    /// Without it a failed statement ends the whole transaction on PostgreSQL.
    pub fn attempt<T, E: From<StorageError>>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.savepoint()?;
        let depth = self.depth;
        let answer = part(self);
        if self.depth != depth {
            return Err(StorageError::Bug("a part of a job left its savepoint".to_owned()).into());
        }
        // A transaction that is gone has no savepoints.
        if self.broken.is_none() {
            self.end_savepoint(answer.is_ok())?;
        }
        answer
    }

    /// Fixed SQL that answers rows of these column types.
    pub(crate) fn query(&mut self, sql: &str, binds: &[Bind], types: &[ColumnType]) -> Result<Vec<Row>, StorageError> {
        let readings: Vec<Reading> = types.iter().map(|ty| Reading::Column(*ty)).collect();
        let (sql, values) = self.fixed(sql, binds)?;
        self.fetch(&sql, values, &readings)
    }

    /// Fixed SQL that changes rows or tables; answers how many rows.
    pub(crate) fn execute(&mut self, sql: &str, binds: &[Bind]) -> Result<u64, StorageError> {
        let (sql, values) = self.fixed(sql, binds)?;
        self.run(&sql, values)
    }

    /// Lets other transactions of the tenant that ask for the same key wait until this one ends, on every node. SQLite has one
    /// writer anyway.
    pub fn lock_key(&mut self, key: &str) -> Result<(), StorageError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let digest = Sha256::new().chain_update(&self.prefix).chain_update(key).finalize();
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let sql = "SELECT CAST(1 AS BIGINT) FROM pg_advisory_xact_lock(?1)";
        self.query(sql, &[Bind::integer(number.cast_signed())], &[ColumnType::Integer]).map(drop)
    }

    /// Statements of this transaction may take the time they need: `kontor verify` reads everything.
    pub fn be_patient(&mut self) -> Result<(), StorageError> {
        match &self.link {
            Link::Sqlite(link) => {
                link.be_patient();
                Ok(())
            }
            Link::Postgres(_) => self.control("SET LOCAL statement_timeout = 0"),
        }
    }

    /// Changes of tables are made by their owner and take the time they need.
    pub(crate) fn become_owner(&mut self) -> Result<(), StorageError> {
        match self.link {
            Link::Sqlite(_) => Ok(()),
            Link::Postgres(_) => self.control("RESET ROLE; SET LOCAL statement_timeout = 0"),
        }
    }

    /// A job begins: the database it works on.
    pub(crate) fn enter(&mut self, home: &Home) {
        self.home = Some(home.clone());
    }

    /// What encrypts the tenant's sensitive values, if it has a key; an error if the key file does not open it.
    pub(crate) fn cipher(&mut self) -> Result<Option<Arc<Cipher>>, StorageError> {
        let Some(wrapped) = data_key::get(self)? else { return Ok(None) };
        let home = self.home()?;
        Cipher::unwrap(&home.key_file, &home.database.schema(), wrapped).map(Some)
    }

    /// Gives the tenant a data key.
    pub(crate) fn make_cipher(&mut self) -> Result<Arc<Cipher>, StorageError> {
        let home = self.home()?;
        home.key_file.ensure()?;
        data_key::lock(self)?;
        let cipher = Cipher::make(&home.key_file, &home.database.schema())?;
        data_key::put(self, cipher.wrapped())?;
        Ok(cipher)
    }

    fn home(&self) -> Result<Home, StorageError> {
        self.home.clone().ok_or_else(|| StorageError::Bug("a job does not know its database".to_owned()))
    }

    /// What writes of this job mark, as the state said; a publish itself marks nothing.
    pub(crate) fn mark_by(&mut self, marking: Option<Marking>) {
        self.marking = marking;
    }

    pub(crate) fn marking(&self) -> Option<&Marking> {
        self.marking.as_ref()
    }

    /// A step of a publish makes writers wait behind it while it waits for locks itself: all of its waiting together ends
    /// after half a second, and the step is tried again later. Called before every statement that may wait.
    pub(crate) fn wait_for_locks(&mut self) -> Result<(), StorageError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let ends = *self.patience.get_or_insert_with(|| Instant::now() + PATIENCE);
        // Zero would be for ever.
        let left = ends.saturating_duration_since(Instant::now()).as_millis().max(1);
        self.control(&format!("SET LOCAL lock_timeout = {left}"))
    }

    /// What stands before a table's name.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Rows of a statement in this database's dialect.
    pub(crate) fn fetch(&mut self, sql: &str, values: Vec<SqlValue>, readings: &[Reading]) -> Result<Vec<Row>, StorageError> {
        self.demand_whole()?;
        let answer = match &mut self.link {
            Link::Sqlite(link) => link.query(sql, values, readings),
            Link::Postgres(link) => link.query(sql, values, readings),
        };
        self.watched(answer)
    }

    /// Runs a statement in this database's dialect.
    pub(crate) fn run(&mut self, sql: &str, values: Vec<SqlValue>) -> Result<u64, StorageError> {
        self.demand_whole()?;
        let answer = match &mut self.link {
            Link::Sqlite(link) => link.execute(sql, values),
            Link::Postgres(link) => link.execute(sql, values),
        };
        self.watched(answer)
    }

    fn control(&mut self, sql: &str) -> Result<(), StorageError> {
        self.demand_whole()?;
        let answer = match &mut self.link {
            Link::Sqlite(link) => link.control(sql),
            Link::Postgres(link) => link.control(sql),
        };
        self.watched(answer)
    }

    fn watched<T>(&mut self, answer: Result<T, StorageError>) -> Result<T, StorageError> {
        self.lost |= matches!(answer, Err(StorageError::Serialisation));
        if let (Err(error), Link::Sqlite(link)) = (&answer, &self.link)
            && link.is_autocommit()
        {
            self.broken = Some(error.clone());
        }
        answer
    }

    fn demand_whole(&self) -> Result<(), StorageError> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// Why SQLite rolled the transaction back, if it did.
    pub(crate) fn broken(&self) -> Option<StorageError> {
        self.broken.clone()
    }

    fn fixed(&self, sql: &str, binds: &[Bind]) -> Result<(String, Vec<SqlValue>), StorageError> {
        let dialect = self.dialect();
        let sql = sql.replace("{t}", &self.prefix);
        let sql = match dialect {
            Dialect::Sqlite => sql,
            Dialect::Postgres => dollar_parameters(&sql),
        };
        let values = binds.iter().map(|bind| encode(dialect, bind)).collect::<Result<Vec<_>, _>>()?;
        Ok((sql, values))
    }
}

/// How the threads begin and end transactions.
impl Tx {
    /// Opens a transaction on a file.
    pub(crate) fn begin(&mut self) -> Result<(), StorageError> {
        self.depth = 0;
        self.lost = false;
        self.broken = None;
        self.marking = None;
        self.patience = None;
        let begin = match &self.link {
            Link::Sqlite(link) => link.begin(),
            Link::Postgres(_) => return Err(StorageError::Bug("a server's transaction names its schema".to_owned())),
        };
        self.control(begin)
    }

    /// The connection to a server.
    pub(crate) fn server(&mut self) -> Option<&mut PostgresLink> {
        match &mut self.link {
            Link::Sqlite(_) => None,
            Link::Postgres(link) => Some(link),
        }
    }

    /// A transaction was opened in this schema.
    pub(crate) fn opened(&mut self, prefix: String) {
        self.prefix = prefix;
        self.depth = 0;
        self.lost = false;
        self.broken = None;
        self.marking = None;
        self.patience = None;
    }

    /// Ends the transaction; what was written is durable when this answers `Ok`.
    pub(crate) fn commit(&mut self) -> Result<(), StorageError> {
        let committed = self.control("COMMIT");
        if committed.is_err() {
            self.rollback();
        }
        committed
    }

    /// Ends the transaction without its writes.
    pub(crate) fn rollback(&mut self) {
        if self.is_open()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction could not be rolled back");
        }
        self.depth = 0;
    }

    /// Whether the transaction is still there: SQLite rolls everything back on some errors.
    pub(crate) fn is_open(&self) -> bool {
        match &self.link {
            Link::Sqlite(link) => !link.is_autocommit(),
            Link::Postgres(link) => link.in_transaction(),
        }
    }

    /// Whether the job must run again.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Opens a savepoint.
    pub(crate) fn savepoint(&mut self) -> Result<(), StorageError> {
        self.control(&format!("SAVEPOINT s{}", self.depth))?;
        self.depth += 1;
        Ok(())
    }

    fn end_savepoint(&mut self, keep: bool) -> Result<(), StorageError> {
        self.depth = self.depth.saturating_sub(1);
        let name = self.depth;
        if !keep {
            self.control(&format!("ROLLBACK TO SAVEPOINT s{name}"))?;
        }
        self.control(&format!("RELEASE SAVEPOINT s{name}"))
    }

    /// Ends all savepoints down to the transaction itself; a job that panicked can have left some open.
    pub(crate) fn end_savepoints(&mut self, keep: bool) -> Result<(), StorageError> {
        self.depth = 1;
        self.end_savepoint(keep)
    }
}

/// `?1` as PostgreSQL writes it; our fixed SQL has no question marks but these.
fn dollar_parameters(sql: &str) -> String {
    sql.replace('?', "$")
}
