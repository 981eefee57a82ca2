//! The access log: who came, who took data out or in, who changed rights. Rows are only added, and sealed like history.
use kontor_definitions::{ColumnType, EntityId, RecordId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{cells::Cells, digest};
use crate::{bind::Bind, error::StorageError, query::Row, tx::Tx};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person signed in.
    SignIn,
    /// A wrong password for a person who exists.
    SignInFailed,
    /// A person signed out.
    SignOut,
    /// A session ended because it was not used, or because it was as long as one may be.
    SessionExpired,
    /// Data or definitions were taken out.
    Export,
    /// Data or definitions were brought in.
    Import,
    /// A record with sensitive values was opened.
    Open,
    /// Somebody's roles, or what a role may do, changed.
    Rights,
    /// The access log was read.
    LogRead,
    /// Old rows of the access log were removed.
    LogForgotten,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::SignIn,
        Self::SignInFailed,
        Self::SignOut,
        Self::SessionExpired,
        Self::Export,
        Self::Import,
        Self::Open,
        Self::Rights,
        Self::LogRead,
        Self::LogForgotten,
    ];

    /// Its name in the table and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignOut => "sign_out",
            Self::SessionExpired => "session_expired",
            Self::Export => "export",
            Self::Import => "import",
            Self::Open => "open",
            Self::Rights => "rights",
            Self::LogRead => "log_read",
            Self::LogForgotten => "log_forgotten",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub made_at: OffsetDateTime,
    /// What.
    pub kind: Kind,
    /// Who: a `base.user` record; none for the engine itself.
    pub person: Option<RecordId>,
    /// From where, as the server knows it; empty for the command line.
    pub address: String,
    /// Of which entity.
    pub entity: Option<EntityId>,
    /// Which record.
    pub record: Option<RecordId>,
    /// How many.
    pub number: Option<i64>,
    /// What else tells one access from another: names of definitions, never values of records.
    pub detail: String,
}

/// What is asked for; everything that is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Rows before this number.
    pub before: Option<i64>,
    /// Not older than this.
    pub from: Option<OffsetDateTime>,
    /// Older than this.
    pub until: Option<OffsetDateTime>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// By this person.
    pub person: Option<RecordId>,
    /// About this record.
    pub record: Option<RecordId>,
}

const APPEND: &str = "INSERT INTO {t}access_log (made_at, kind, person, address, entity, record, number, detail)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const COLUMNS: &str = "seq, made_at, kind, person, address, entity, record, number, detail";
const FORGET: &str = "DELETE FROM {t}access_log WHERE seal <= (SELECT MAX(number) FROM {t}seal WHERE sealed_at < ?1)";
pub(super) const TYPES: [ColumnType; 9] = [
    ColumnType::Integer,
    ColumnType::Instant,
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Integer,
    ColumnType::Text,
];

/// Writes an access down.
pub fn append(tx: &mut Tx, access: &Access) -> Result<(), StorageError> {
    let id = |id: Option<RecordId>| id.map_or_else(|| Bind::null(ColumnType::Uuid), |id| Bind::id(id.0));
    let binds = [
        Bind::instant(access.made_at),
        Bind::text(access.kind.name()),
        id(access.person),
        Bind::text(access.address.as_str()),
        access.entity.map_or_else(|| Bind::null(ColumnType::Text), |entity| Bind::text(entity.to_string())),
        id(access.record),
        access.number.map_or_else(|| Bind::null(ColumnType::Integer), Bind::integer),
        Bind::text(access.detail.as_str()),
    ];
    tx.execute(APPEND, &binds).map(drop)
}

/// Accesses with their numbers, newest first.
pub fn list(tx: &mut Tx, wanted: &Wanted, limit: i64) -> Result<Vec<(i64, Access)>, StorageError> {
    let mut conditions = Vec::new();
    let mut binds = Vec::new();
    let mut ask = |condition: &str, bind: Bind| {
        binds.push(bind);
        conditions.push(format!("{condition} ?{}", binds.len()));
    };
    if let Some(before) = wanted.before {
        ask("seq <", Bind::integer(before));
    }
    if let Some(from) = wanted.from {
        ask("made_at >=", Bind::instant(from));
    }
    if let Some(until) = wanted.until {
        ask("made_at <", Bind::instant(until));
    }
    if let Some(kind) = wanted.kind {
        ask("kind =", Bind::text(kind.name()));
    }
    if let Some(person) = wanted.person {
        ask("person =", Bind::id(person.0));
    }
    if let Some(record) = wanted.record {
        ask("record =", Bind::id(record.0));
    }
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    binds.push(Bind::integer(limit));
    let sql = format!("SELECT {COLUMNS} FROM {{t}}access_log{filter} ORDER BY seq DESC LIMIT ?{}", binds.len());
    tx.query(&sql, &binds, &TYPES)?.into_iter().map(decode).collect()
}

/// Removes the rows of all seals that are older than a moment; answers how many.
pub fn forget(tx: &mut Tx, before: OffsetDateTime) -> Result<u64, StorageError> {
    tx.execute(FORGET, &[Bind::instant(before)])
}

/// A row's number, its moment and its hash.
pub(super) fn hashed(row: Row) -> Result<(i64, OffsetDateTime, String), StorageError> {
    let (number, access) = decode(row)?;
    let hash = hash(number, &access);
    Ok((number, access.made_at, hash))
}

fn hash(number: i64, access: &Access) -> String {
    let optional = |part: Option<String>| part.map_or_else(|| "-".to_owned(), |part| format!("+{part}"));
    digest::of_parts(&[
        &number.to_string(),
        &digest::moment(access.made_at),
        access.kind.name(),
        &optional(access.person.map(|id| id.to_string())),
        &access.address,
        &optional(access.entity.map(|id| id.to_string())),
        &optional(access.record.map(|id| id.to_string())),
        &optional(access.number.map(|number| number.to_string())),
        &access.detail,
    ])
}

fn decode(row: Row) -> Result<(i64, Access), StorageError> {
    let mut cells = Cells::of(row);
    let (number, made_at, kind) = (cells.integer()?, cells.instant()?, cells.text()?);
    let kind = Kind::named(&kind).ok_or_else(|| StorageError::Bug("an access of an unknown kind".to_owned()))?;
    let (person, address, entity) = (cells.optional_id()?, cells.text()?, cells.optional_text()?);
    let entity = entity.map(|id| id.parse().map(EntityId)).transpose();
    let entity = entity.map_err(|_no_id| StorageError::Bug("an access to something that is no entity".to_owned()))?;
    let (record, count, detail): (Option<Uuid>, _, _) = (cells.optional_id()?, cells.optional_integer()?, cells.text()?);
    let (person, record) = (person.map(RecordId), record.map(RecordId));
    Ok((number, Access { made_at, kind, person, address, entity, record, number: count, detail }))
}
