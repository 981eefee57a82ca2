//! Seals over history and the access log: a chain of hash trees, whose newest hash stands for everything sealed so far.
//!
//! Which rows a seal covers is said by the rows themselves: one statement takes those that are committed and carry no number
//! yet, so a transaction that commits late is covered by the next seal, and none is skipped or taken twice. Whoever seals
//! holds the row of the newest seal, on however many nodes.
use kontor_definitions::{ColumnType, RecordId};
use time::OffsetDateTime;

use super::{
    access_log,
    cells::Cells,
    digest::{self, Hash, Step},
    hex,
};
use crate::{bind::Bind, error::StorageError, query::Row, store::Dialect, tx::Tx};

/// Rows of each table that one seal covers at most, so that sealing keeps nobody waiting.
pub const MOST: i64 = 1_000;

/// A seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// From 1, without a gap.
    pub number: i64,
    /// Hash of the seal before; empty in the first.
    pub previous: String,
    /// Root over its revisions; empty without any.
    pub root: String,
    /// How many revisions.
    pub revisions: i64,
    /// Root over its rows of the access log; empty without any.
    pub access_root: String,
    /// How many rows of the access log.
    pub accesses: i64,
    /// When the oldest of its rows was made.
    pub first_at: OffsetDateTime,
    /// When the newest of its rows was made.
    pub last_at: OffsetDateTime,
    /// When it was sealed.
    pub sealed_at: OffsetDateTime,
    /// Hash of all of this.
    pub hash: String,
}

impl Seal {
    /// It could have covered more rows: there were no more.
    pub fn has_room(&self) -> bool {
        self.revisions < MOST && self.accesses < MOST
    }
}

/// The newest seal: kept elsewhere, it proves later that nothing before it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 before the first.
    pub number: i64,
    /// Its hash.
    pub hash: String,
}

/// That a revision is covered by a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The revision's hash in history.
    pub hash: String,
    /// The leaf made of it.
    pub leaf: Hash,
    /// The way from the leaf to the root.
    pub path: Vec<Step>,
    /// The seal.
    pub seal: Seal,
}

/// What the rows say that carry a seal's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Root over its revisions; empty without any.
    pub root: String,
    /// How many revisions.
    pub revisions: i64,
    /// Root over its rows of the access log; empty without any.
    pub access_root: String,
    /// How many rows of the access log.
    pub accesses: i64,
}

const HEAD: &str = "SELECT number, hash FROM {t}seal_head WHERE id = 1";
const HEAD_FOR_UPDATE: &str = "SELECT number, hash FROM {t}seal_head WHERE id = 1 FOR UPDATE";
const SET_HEAD: &str = "UPDATE {t}seal_head SET number = ?1, hash = ?2 WHERE id = 1";
const TAKE_REVISIONS: &str = "UPDATE {t}history SET seal = ?1 WHERE (record, revision) IN
(SELECT record, revision FROM {t}history WHERE seal IS NULL ORDER BY record, revision LIMIT ?2)
RETURNING record, revision, made_at, hash";
const TAKE_ACCESSES: &str = "UPDATE {t}access_log SET seal = ?1 WHERE seq IN
(SELECT seq FROM {t}access_log WHERE seal IS NULL ORDER BY seq LIMIT ?2)
RETURNING seq, made_at, kind, person, address, entity, record, number, detail";
const INSERT: &str =
    "INSERT INTO {t}seal (number, previous, root, revisions, access_root, accesses, first_at, last_at, sealed_at, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const LIST: &str =
    "SELECT number, previous, root, revisions, access_root, accesses, first_at, last_at, sealed_at, hash FROM {t}seal
WHERE number > ?1 ORDER BY number LIMIT ?2";
const REVISIONS_OF: &str = "SELECT record, revision, made_at, hash FROM {t}history WHERE seal = ?1 ORDER BY record, revision";
const ACCESSES_OF: &str =
    "SELECT seq, made_at, kind, person, address, entity, record, number, detail FROM {t}access_log WHERE seal = ?1 ORDER BY seq";
const SEAL_OF: &str = "SELECT seal FROM {t}history WHERE record = ?1 AND revision = ?2 AND seal IS NOT NULL";
const ASTRAY: &str = "SELECT DISTINCT seal FROM {t}history h WHERE seal IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM {t}seal s WHERE s.number = h.seal)
UNION SELECT DISTINCT seal FROM {t}access_log a WHERE seal IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM {t}seal s WHERE s.number = a.seal)";
const WAITING: &str = "SELECT (SELECT COUNT(*) FROM {t}history WHERE seal IS NULL AND made_at < ?1)
+ (SELECT COUNT(*) FROM {t}access_log WHERE seal IS NULL AND made_at < ?1)";
const REVISION_TYPES: [ColumnType; 4] = [ColumnType::Uuid, ColumnType::Integer, ColumnType::Instant, ColumnType::Text];
const TYPES: [ColumnType; 10] = [
    ColumnType::Integer,
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Instant,
    ColumnType::Instant,
    ColumnType::Instant,
    ColumnType::Text,
];

/// Seals rows that are not sealed yet, at most [`MOST`] of each table; none when there is nothing to seal.
pub fn next(tx: &mut Tx, now: OffsetDateTime) -> Result<Option<Seal>, StorageError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => HEAD,
        Dialect::Postgres => HEAD_FOR_UPDATE,
    };
    let before = head_of(tx.query(sql, &[], &[ColumnType::Integer, ColumnType::Text])?)?;
    let number = before.number + 1;
    let take = [Bind::integer(number), Bind::integer(MOST)];
    let mut revisions = revisions(tx.query(TAKE_REVISIONS, &take, &REVISION_TYPES)?)?;
    let mut accesses = accesses(tx.query(TAKE_ACCESSES, &take, &access_log::TYPES)?)?;
    revisions.sort_unstable_by_key(|row| row.key);
    accesses.sort_unstable_by_key(|row| row.key);
    let moments = || revisions.iter().map(|row| row.made_at).chain(accesses.iter().map(|row| row.made_at));
    let (Some(first_at), Some(last_at)) = (moments().min(), moments().max()) else { return Ok(None) };
    let mut seal = Seal {
        number,
        previous: before.hash,
        root: root(&revisions),
        revisions: count(&revisions),
        access_root: root(&accesses),
        accesses: count(&accesses),
        first_at,
        last_at,
        sealed_at: now,
        hash: String::new(),
    };
    seal.hash = hash(&seal);
    insert(tx, &seal)?;
    tx.execute(SET_HEAD, &[Bind::integer(number), Bind::text(seal.hash.as_str())])?;
    Ok(Some(seal))
}

/// The newest seal.
pub fn head(tx: &mut Tx) -> Result<Head, StorageError> {
    head_of(tx.query(HEAD, &[], &[ColumnType::Integer, ColumnType::Text])?)
}

/// Seals after a number, in order.
pub fn list(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<Seal>, StorageError> {
    tx.query(LIST, &[Bind::integer(after), Bind::integer(limit)], &TYPES)?.into_iter().map(decode).collect()
}

/// What the rows say that carry a seal's number.
pub fn covered(tx: &mut Tx, number: i64) -> Result<Covered, StorageError> {
    let revisions = revisions(tx.query(REVISIONS_OF, &[Bind::integer(number)], &REVISION_TYPES)?)?;
    let accesses = accesses(tx.query(ACCESSES_OF, &[Bind::integer(number)], &access_log::TYPES)?)?;
    Ok(Covered { root: root(&revisions), revisions: count(&revisions), access_root: root(&accesses), accesses: count(&accesses) })
}

/// The hash a seal must have.
pub fn hash(seal: &Seal) -> String {
    digest::of_parts(&[
        &seal.number.to_string(),
        &seal.previous,
        &seal.root,
        &seal.revisions.to_string(),
        &seal.access_root,
        &seal.accesses.to_string(),
        &digest::moment(seal.first_at),
        &digest::moment(seal.last_at),
        &digest::moment(seal.sealed_at),
    ])
}

/// The proof that a revision is sealed; none while it is not.
pub fn prove(tx: &mut Tx, record: RecordId, revision: i64) -> Result<Option<Proof>, StorageError> {
    let rows = tx.query(SEAL_OF, &[Bind::id(record.0), Bind::integer(revision)], &[ColumnType::Integer])?;
    let Some(mut cells) = Cells::first(rows) else { return Ok(None) };
    let number = cells.integer()?;
    let Some(seal) = list(tx, number - 1, 1)?.into_iter().find(|seal| seal.number == number) else { return Ok(None) };
    let rows = revisions(tx.query(REVISIONS_OF, &[Bind::integer(number)], &REVISION_TYPES)?)?;
    let Some(index) = rows.iter().position(|row| row.key == (record.0, revision)) else { return Ok(None) };
    let leaves: Vec<Hash> = rows.iter().map(|row| digest::leaf(&row.hash)).collect();
    let Some(row) = rows.into_iter().nth(index) else { return Ok(None) };
    Ok(Some(Proof { leaf: digest::leaf(&row.hash), hash: row.hash, path: digest::path(&leaves, index), seal }))
}

/// Numbers that rows carry and no seal has.
pub fn astray(tx: &mut Tx) -> Result<Vec<i64>, StorageError> {
    let mut numbers = Vec::new();
    for row in tx.query(ASTRAY, &[], &[ColumnType::Integer])? {
        numbers.push(Cells::of(row).integer()?);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Rows made before a moment that no seal covers.
pub fn waiting(tx: &mut Tx, before: OffsetDateTime) -> Result<i64, StorageError> {
    let rows = tx.query(WAITING, &[Bind::instant(before)], &[ColumnType::Integer])?;
    Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())
}

/// A row as its seal sees it.
struct Sealed<K> {
    key: K,
    made_at: OffsetDateTime,
    hash: String,
}

fn revisions(rows: Vec<Row>) -> Result<Vec<Sealed<(uuid::Uuid, i64)>>, StorageError> {
    let sealed = |row| {
        let mut cells = Cells::of(row);
        Ok(Sealed { key: (cells.id()?, cells.integer()?), made_at: cells.instant()?, hash: cells.text()? })
    };
    rows.into_iter().map(sealed).collect()
}

fn accesses(rows: Vec<Row>) -> Result<Vec<Sealed<i64>>, StorageError> {
    let sealed = |row| access_log::hashed(row).map(|(key, made_at, hash)| Sealed { key, made_at, hash });
    rows.into_iter().map(sealed).collect()
}

fn root<K>(rows: &[Sealed<K>]) -> String {
    let leaves: Vec<Hash> = rows.iter().map(|row| digest::leaf(&row.hash)).collect();
    digest::root(&leaves).map(|root| hex(&root)).unwrap_or_default()
}

fn count<K>(rows: &[Sealed<K>]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

fn insert(tx: &mut Tx, seal: &Seal) -> Result<(), StorageError> {
    let binds = [
        Bind::integer(seal.number),
        Bind::text(seal.previous.as_str()),
        Bind::text(seal.root.as_str()),
        Bind::integer(seal.revisions),
        Bind::text(seal.access_root.as_str()),
        Bind::integer(seal.accesses),
        Bind::instant(seal.first_at),
        Bind::instant(seal.last_at),
        Bind::instant(seal.sealed_at),
        Bind::text(seal.hash.as_str()),
    ];
    tx.execute(INSERT, &binds).map(drop)
}

fn head_of(rows: Vec<Row>) -> Result<Head, StorageError> {
    let mut cells =
        Cells::first(rows).ok_or_else(|| StorageError::Bug("the tenant has no row for its newest seal".to_owned()))?;
    Ok(Head { number: cells.integer()?, hash: cells.text()? })
}

fn decode(row: Row) -> Result<Seal, StorageError> {
    let mut cells = Cells::of(row);
    Ok(Seal {
        number: cells.integer()?,
        previous: cells.text()?,
        root: cells.text()?,
        revisions: cells.integer()?,
        access_root: cells.text()?,
        accesses: cells.integer()?,
        first_at: cells.instant()?,
        last_at: cells.instant()?,
        sealed_at: cells.instant()?,
        hash: cells.text()?,
    })
}
