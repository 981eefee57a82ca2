//! The publish that is under way in phases, the rows that writers marked for it, and how the last one ended.
use std::collections::BTreeSet;

use kontor_definitions::{ColumnType, EntityId, RecordId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, tx::Tx};

/// How far a publish has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Tables, columns and values are made beside those that are used, and the indexes over them.
    Filling,
    /// The revision is live; indexes that are no longer used go, and words by which records are found follow.
    Finishing,
    /// It is live and nothing is left to do.
    Done,
    /// It was given up; the revision before is live.
    Failed,
}

/// The publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Whoever does it.
    pub token: Uuid,
    /// The revision it makes.
    pub revision: i64,
    /// How far it has come.
    pub phase: Phase,
    /// When it was begun.
    pub begun_at: OffsetDateTime,
    /// By whom.
    pub begun_by: RecordId,
    /// Rows filled.
    pub done: i64,
    /// Rows to be filled.
    pub total: i64,
    /// Why it was given up.
    pub problem: Option<String>,
}

/// A row that was written while a publish filled its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its place among all.
    pub number: i64,
    /// The entity.
    pub entity: EntityId,
    /// The record.
    pub record: RecordId,
    /// Somebody wrote it; otherwise only what it is computed from was filled again.
    pub written: bool,
}

/// As many marks are taken at once for each row that may be filled again.
const MARKS_OF_A_ROW: usize = 10;

const READ: &str = "SELECT token, revision, phase, begun_at, begun_by, done, total, problem FROM {t}publishing WHERE id = 1";
const REMOVE: &str = "DELETE FROM {t}publishing WHERE id = 1";
const PUT: &str = "INSERT INTO {t}publishing (id, token, revision, phase, begun_at, begun_by, done, total, problem)
VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const MOVE: &str = "UPDATE {t}publishing SET phase = ?2, problem = ?3 WHERE token = ?1";
const COUNT: &str = "UPDATE {t}publishing SET done = done + ?2 WHERE token = ?1 AND phase IN ('filling', 'finishing')";
const MARKS: &str = "SELECT number, entity, record, written FROM {t}publish_mark ORDER BY number LIMIT ";
const FORGET: &str = "DELETE FROM {t}publish_mark WHERE number IN ";
const FORGET_ALL: &str = "DELETE FROM {t}publish_mark";

impl Phase {
    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filling => "filling",
            Self::Finishing => "finishing",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Filling, Self::Finishing, Self::Done, Self::Failed].into_iter().find(|phase| phase.name() == name)
    }
}

impl Publish {
    /// Whether it is under way, or was broken off.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Filling | Phase::Finishing)
    }
}

/// The publish that is under way, or the last one.
pub fn read(tx: &mut Tx) -> Result<Option<Publish>, StorageError> {
    let (u, i, t, m) = (ColumnType::Uuid, ColumnType::Integer, ColumnType::Text, ColumnType::Instant);
    let rows = tx.query(READ, &[], &[u, i, t, m, u, i, i, t])?;
    let Some(mut cells) = Cells::first(rows) else { return Ok(None) };
    Ok(Some(Publish {
        token: cells.id()?,
        revision: cells.integer()?,
        phase: Phase::named(&cells.text()?).ok_or_else(|| StorageError::Bug("a publish is in no known phase".to_owned()))?,
        begun_at: cells.instant()?,
        begun_by: RecordId(cells.id()?),
        done: cells.integer()?,
        total: cells.integer()?,
        problem: cells.optional_text()?,
    }))
}

/// Notes a publish that begins; what is known of the last one is forgotten.
pub fn begin(tx: &mut Tx, publish: &Publish) -> Result<(), StorageError> {
    tx.execute(REMOVE, &[])?;
    tx.execute(FORGET_ALL, &[])?;
    let problem = publish.problem.as_deref().map_or(Bind::null(ColumnType::Text), Bind::text);
    let binds = [
        Bind::id(publish.token),
        Bind::integer(publish.revision),
        Bind::text(publish.phase.name()),
        Bind::instant(publish.begun_at),
        Bind::id(publish.begun_by.0),
        Bind::integer(publish.done),
        Bind::integer(publish.total),
        problem,
    ];
    tx.execute(PUT, &binds).map(drop)
}

/// Brings a publish to its next phase; answers whether it is still this one's.
pub fn advance(tx: &mut Tx, token: Uuid, phase: Phase, problem: Option<&str>) -> Result<bool, StorageError> {
    let problem = problem.map_or(Bind::null(ColumnType::Text), Bind::text);
    Ok(tx.execute(MOVE, &[Bind::id(token), Bind::text(phase.name()), problem])? > 0)
}

/// Counts rows that were filled; answers whether the publish is still under way and this one's.
pub fn count(tx: &mut Tx, token: Uuid, rows: usize) -> Result<bool, StorageError> {
    Ok(tx.execute(COUNT, &[Bind::id(token), Bind::integer(i64::try_from(rows).unwrap_or(i64::MAX))])? > 0)
}

/// Marks of so many rows at most, the first ones first; a row that many write has many marks.
pub fn marks(tx: &mut Tx, rows: usize) -> Result<Vec<Mark>, StorageError> {
    let types = [ColumnType::Integer, ColumnType::Text, ColumnType::Uuid, ColumnType::Boolean];
    let decode = |row| -> Result<Mark, StorageError> {
        let mut cells = Cells::of(row);
        let number = cells.integer()?;
        let entity = cells.text()?.parse().map_err(|_bad| StorageError::Bug("a mark names no entity".to_owned()))?;
        Ok(Mark { number, entity: EntityId(entity), record: RecordId(cells.id()?), written: cells.boolean()? })
    };
    let limit = rows * MARKS_OF_A_ROW;
    let mut marks =
        tx.query(&format!("{MARKS}{limit}"), &[], &types)?.into_iter().map(decode).collect::<Result<Vec<_>, StorageError>>()?;
    let mut seen = BTreeSet::new();
    let fits = |mark: &&Mark| {
        seen.insert((mark.entity, mark.record));
        seen.len() <= rows
    };
    let whole = marks.iter().take_while(fits).count();
    marks.truncate(whole);
    Ok(marks)
}

/// All marks, unless they are of more rows than that.
pub fn all_marks(tx: &mut Tx, rows: usize) -> Result<Option<Vec<Mark>>, StorageError> {
    let marks = marks(tx, rows + 1)?;
    Ok((marked_rows(&marks) <= rows && marks.len() < rows * MARKS_OF_A_ROW).then_some(marks))
}

/// How many rows some marks are of.
pub fn marked_rows(marks: &[Mark]) -> usize {
    marks.iter().map(|mark| (mark.entity, mark.record)).collect::<BTreeSet<_>>().len()
}

/// Takes marks away whose rows are filled again in this transaction.
pub fn forget(tx: &mut Tx, marks: &[Mark]) -> Result<(), StorageError> {
    if marks.is_empty() {
        return Ok(());
    }
    let wanted = (1..=marks.len()).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
    let binds: Vec<Bind> = marks.iter().map(|mark| Bind::integer(mark.number)).collect();
    tx.execute(&format!("{FORGET}({wanted})"), &binds).map(drop)
}

/// Takes all marks away.
pub fn forget_all(tx: &mut Tx) -> Result<(), StorageError> {
    tx.execute(FORGET_ALL, &[]).map(drop)
}
