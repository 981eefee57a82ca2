//! What changed in a tenant, without values, written in the transaction that changed it and read by who wants to follow.
//!
//! A reader keeps a [`Cursor`] and never misses a row. On SQLite rows are committed in the order of their numbers, so the
//! last number is enough. On PostgreSQL a lower number may be committed later: there the cursor is the snapshot of the last
//! reading, and the next one takes the rows whose writing transaction that snapshot did not see. A horizon
//! (`pg_snapshot_xmin`) would hold back everything behind the slowest transaction of the whole cluster, and a window of
//! time would lose what a transaction longer than the window wrote; a difference of snapshots does neither.
use kontor_definitions::{ColumnType, EntityId, RecordId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, query::Row, store::Dialect, tx::Tx};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A record was made.
    Created,
    /// A record was changed.
    Updated,
    /// A record was archived.
    Archived,
    /// A record was brought back from the archive.
    Restored,
    /// A revision of the definitions went live.
    Published,
    /// Somebody's rights may have changed.
    Rights,
    /// A record was removed for good.
    Purged,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Created, Self::Updated, Self::Archived, Self::Restored, Self::Published, Self::Rights, Self::Purged];

    /// Its name in the table and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Archived => "archived",
            Self::Restored => "restored",
            Self::Published => "published",
            Self::Rights => "rights",
            Self::Purged => "purged",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: Kind,
    /// To which record; none for a publish and for rights.
    pub record: Option<(EntityId, RecordId)>,
    /// The revision of the record or of the definitions that it led to; 0 for rights.
    pub revision: i64,
    /// Whose the record was before, where that changed or the record is gone.
    pub was: Option<Belonged>,
}

/// Whose a record was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belonged {
    /// Its owner.
    pub owner: Option<Uuid>,
    /// Its department.
    pub department: Option<Uuid>,
    /// Under which version of rights that was.
    pub rights_version: i64,
}

impl Event {
    /// One that is about no record.
    pub fn of_tenant(kind: Kind, revision: i64) -> Self {
        Self { kind, record: None, revision, was: None }
    }
}

/// How far a reader has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The last number seen.
    Number(i64),
    /// `xmin:xmax:xip,…` with its first part.
    Snapshot { oldest: i64, text: String },
}

/// What a reading found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// In the order of their numbers.
    pub events: Vec<(i64, Event)>,
    /// There was more than the limit: the reader must look at everything anew.
    pub truncated: bool,
    /// Where the next reading begins.
    pub cursor: Cursor,
}

/// Snapshots name the transactions under way; more than this fit no sensible server.
const LONGEST_CURSOR: usize = 4_000;

const APPEND: &str =
    "INSERT INTO {t}event (writer, kind, entity, record, revision, made_at, was_owner, was_department, was_rights)
VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const APPEND_POSTGRES: &str =
    "INSERT INTO {t}event (writer, kind, entity, record, revision, made_at, was_owner, was_department, was_rights)
VALUES (CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const NEWEST: &str = "SELECT COALESCE(MAX(seq), 0) FROM {t}event";
const SNAPSHOT: &str = "SELECT CAST(pg_current_snapshot() AS TEXT)";
const AFTER: &str = "SELECT seq, kind, entity, record, revision, was_owner, was_department, was_rights FROM {t}event
WHERE seq > ?1 ORDER BY seq LIMIT ?2";
const UNSEEN: &str = "SELECT seq, kind, entity, record, revision, was_owner, was_department, was_rights FROM {t}event
WHERE writer >= ?1 AND NOT pg_visible_in_snapshot(CAST(CAST(writer AS TEXT) AS xid8), CAST(CAST(?2 AS TEXT) AS pg_snapshot))
ORDER BY seq LIMIT ?3";
// The newest row stays, so that SQLite, which counts from the highest number, never gives a number twice.
const FORGET: &str = "DELETE FROM {t}event WHERE made_at < ?1 AND seq < (SELECT MAX(seq) FROM {t}event)";
const TYPES: [ColumnType; 8] = [
    ColumnType::Integer,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Integer,
    ColumnType::Uuid,
    ColumnType::Uuid,
    ColumnType::Integer,
];

/// Writes down what the transaction does.
pub fn append(tx: &mut Tx, event: Event, at: OffsetDateTime) -> Result<(), StorageError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => APPEND,
        Dialect::Postgres => APPEND_POSTGRES,
    };
    let (entity, record) = match event.record {
        Some((entity, record)) => (Bind::text(entity.to_string()), Bind::id(record.0)),
        None => (Bind::null(ColumnType::Text), Bind::null(ColumnType::Uuid)),
    };
    let id = |id: Option<Uuid>| id.map_or(Bind::null(ColumnType::Uuid), Bind::id);
    let rights = event.was.map_or(Bind::null(ColumnType::Integer), |was| Bind::integer(was.rights_version));
    let binds = [
        Bind::text(event.kind.name()),
        entity,
        record,
        Bind::integer(event.revision),
        Bind::instant(at),
        id(event.was.and_then(|was| was.owner)),
        id(event.was.and_then(|was| was.department)),
        rights,
    ];
    tx.execute(sql, &binds).map(drop)
}

/// Where a reader begins who wants to hear of what comes from now on.
pub fn now(tx: &mut Tx) -> Result<Cursor, StorageError> {
    match tx.dialect() {
        Dialect::Sqlite => {
            let rows = tx.query(NEWEST, &[], &[ColumnType::Integer])?;
            Ok(Cursor(Place::Number(Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())?)))
        }
        Dialect::Postgres => {
            let rows = tx.query(SNAPSHOT, &[], &[ColumnType::Text])?;
            let text = Cells::first(rows).map_or_else(|| Ok(String::new()), |mut cells| cells.text())?;
            snapshot(&text).ok_or_else(|| StorageError::Bug("the server's snapshot cannot be read".to_owned()))
        }
    }
}

/// What was committed since, at most so many. The transaction must read one consistent picture.
pub fn since(tx: &mut Tx, cursor: &Cursor, limit: i64) -> Result<News, StorageError> {
    let next = now(tx)?;
    let rows = match &cursor.0 {
        Place::Number(last) => tx.query(AFTER, &[Bind::integer(*last), Bind::integer(limit + 1)], &TYPES)?,
        Place::Snapshot { oldest, text } => {
            let binds = [Bind::integer(*oldest), Bind::text(text.as_str()), Bind::integer(limit + 1)];
            tx.query(UNSEEN, &binds, &TYPES)?
        }
    };
    let mut events = rows.into_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let truncated = events.len() > limit;
    events.truncate(limit);
    Ok(News { events, truncated, cursor: next })
}

/// Removes what is older.
pub fn forget(tx: &mut Tx, before: OffsetDateTime) -> Result<u64, StorageError> {
    tx.execute(FORGET, &[Bind::instant(before)])
}

impl Cursor {
    /// As text, for a reader that comes back.
    pub fn text(&self) -> String {
        match &self.0 {
            Place::Number(last) => last.to_string(),
            Place::Snapshot { text, .. } => text.clone(),
        }
    }

    /// The cursor of such a text on this kind of database.
    pub fn parse(dialect: Dialect, text: &str) -> Option<Self> {
        match dialect {
            Dialect::Sqlite => number(text).map(|last| Self(Place::Number(last))),
            Dialect::Postgres => snapshot(text),
        }
    }
}

fn number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Only what the server itself would accept: `xmin ≤ xip < xmax`, in rising order.
fn snapshot(text: &str) -> Option<Cursor> {
    if text.len() > LONGEST_CURSOR {
        return None;
    }
    let mut parts = text.split(':');
    let (oldest, next, running) = (number(parts.next()?)?, number(parts.next()?)?, parts.next()?);
    let mut below = oldest;
    let mut listed = if running.is_empty() { Vec::new() } else { running.split(',').collect() };
    let in_order = listed.drain(..).all(|one| {
        let fits = number(one).is_some_and(|one| one >= below && one < next);
        below = number(one).map_or(below, |one| one + 1);
        fits
    });
    let good = parts.next().is_none() && oldest > 0 && next >= oldest && in_order;
    good.then(|| Cursor(Place::Snapshot { oldest, text: text.to_owned() }))
}

fn decode(row: Row) -> Result<(i64, Event), StorageError> {
    let mut cells = Cells::of(row);
    let (seq, kind, entity, record, revision) =
        (cells.integer()?, cells.text()?, cells.optional_text()?, cells.optional_id()?, cells.integer()?);
    let (owner, department, rights) = (cells.optional_id()?, cells.optional_id()?, cells.optional_integer()?);
    let was = rights.map(|rights_version| Belonged { owner, department, rights_version });
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind);
    let kind = kind.ok_or_else(|| StorageError::Bug("an event of an unknown kind".to_owned()))?;
    let entity = entity.map(|id| id.parse().map(EntityId)).transpose();
    let entity = entity.map_err(|_no_id| StorageError::Bug("an event of something that is no entity".to_owned()))?;
    Ok((seq, Event { kind, record: entity.zip(record.map(RecordId)), revision, was }))
}

#[cfg(test)]
mod tests {
    use super::Cursor;
    use crate::store::Dialect;

    #[test]
    fn only_cursors_of_the_servers_own_making_are_taken() {
        for good in ["10:20:", "10:20:10,14,19", "748:748:"] {
            assert_eq!(Cursor::parse(Dialect::Postgres, good).map(|cursor| cursor.text()).as_deref(), Some(good));
        }
        let bad = [
            "",
            "10",
            "10:20",
            "0:1:",
            "20:10:",
            "10:20:9",
            "10:20:20",
            "10:20:14,12",
            "10:20:12,12",
            "10:20::",
            "10:20:x",
            "-1:2:",
        ];
        for bad in bad {
            assert_eq!(Cursor::parse(Dialect::Postgres, bad), None, "{bad}");
        }
        assert!(Cursor::parse(Dialect::Sqlite, "17").is_some());
        assert_eq!(Cursor::parse(Dialect::Sqlite, "+17"), None);
    }
}
