//! What must leave the process, written in the transaction that caused it and done by a worker.
use kontor_definitions::{ColumnType, RecordId};
use serde_json::Value as Json;
use time::OffsetDateTime;

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, query::Row, store::Dialect, tx::Tx};

/// An effect to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Its key: the same effect is done once, however often it is asked for.
    pub effect: String,
    /// What kind of work it is.
    pub topic: String,
    /// The record it is about.
    pub record: Option<RecordId>,
    /// What the worker needs.
    pub payload: Json,
    /// When it is due.
    pub due_at: OffsetDateTime,
}

/// An effect that a worker has taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What to do.
    pub effect: Effect,
    /// How often it was tried before.
    pub attempts: i64,
    /// Proves the claim: a worker that lost its claim cannot finish it.
    pub fence: i64,
}

const APPEND: &str = "INSERT INTO {t}outbox
(effect, topic, record, payload, created_at, due_at, attempts, fence, claimed_until, problem)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, NULL, NULL) ON CONFLICT (effect) DO NOTHING";
const DUE: &str = "SELECT effect, topic, record, payload, due_at, attempts, fence FROM {t}outbox
WHERE due_at <= ?1 AND (claimed_until IS NULL OR claimed_until < ?1) ORDER BY due_at, effect LIMIT ?2";
const DUE_UNLOCKED: &str = "SELECT effect, topic, record, payload, due_at, attempts, fence FROM {t}outbox
WHERE due_at <= ?1 AND (claimed_until IS NULL OR claimed_until < ?1) ORDER BY due_at, effect LIMIT ?2 FOR UPDATE SKIP LOCKED";
const CLAIM: &str = "UPDATE {t}outbox SET fence = fence + 1, attempts = attempts + 1, claimed_until = ?2 WHERE effect = ?1";
const DONE: &str = "DELETE FROM {t}outbox WHERE effect = ?1 AND fence = ?2";
const RETRY: &str = "UPDATE {t}outbox SET claimed_until = NULL, due_at = ?3, problem = ?4 WHERE effect = ?1 AND fence = ?2";
const TYPES: [ColumnType; 7] = [
    ColumnType::Text,
    ColumnType::Text,
    ColumnType::Uuid,
    ColumnType::Json,
    ColumnType::Instant,
    ColumnType::Integer,
    ColumnType::Integer,
];

/// Adds an effect; does nothing if one with its key is waiting already.
pub fn append(tx: &mut Tx, effect: &Effect, at: OffsetDateTime) -> Result<(), StorageError> {
    let binds = [
        Bind::text(effect.effect.as_str()),
        Bind::text(effect.topic.as_str()),
        effect.record.map_or(Bind::null(ColumnType::Uuid), |record| Bind::id(record.0)),
        Bind(ColumnType::Json, kontor_definitions::Value::Json(Box::new(effect.payload.clone()))),
        Bind::instant(at),
        Bind::instant(effect.due_at),
    ];
    tx.execute(APPEND, &binds).map(drop)
}

/// Takes effects that are due; nobody else gets them before `until`.
pub fn claim(tx: &mut Tx, now: OffsetDateTime, until: OffsetDateTime, limit: i64) -> Result<Vec<Claim>, StorageError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => DUE,
        Dialect::Postgres => DUE_UNLOCKED,
    };
    let rows = tx.query(sql, &[Bind::instant(now), Bind::integer(limit)], &TYPES)?;
    let claims: Vec<Claim> = rows.into_iter().map(decode).collect::<Result<_, _>>()?;
    for claim in &claims {
        tx.execute(CLAIM, &[Bind::text(claim.effect.effect.as_str()), Bind::instant(until)])?;
    }
    Ok(claims)
}

/// Removes an effect that was done; false when the claim was lost meanwhile.
pub fn done(tx: &mut Tx, effect: &str, fence: i64) -> Result<bool, StorageError> {
    Ok(tx.execute(DONE, &[Bind::text(effect), Bind::integer(fence)])? > 0)
}

/// Gives an effect back to be tried again later; false when the claim was lost meanwhile.
pub fn retry(tx: &mut Tx, effect: &str, fence: i64, due: OffsetDateTime, problem: &str) -> Result<bool, StorageError> {
    let binds = [Bind::text(effect), Bind::integer(fence), Bind::instant(due), Bind::text(problem)];
    Ok(tx.execute(RETRY, &binds)? > 0)
}

fn decode(row: Row) -> Result<Claim, StorageError> {
    let mut cells = Cells::of(row);
    let effect = Effect {
        effect: cells.text()?,
        topic: cells.text()?,
        record: cells.optional_id()?.map(RecordId),
        payload: cells.json()?,
        due_at: cells.instant()?,
    };
    // The claim made right after this reading raises the fence by one.
    Ok(Claim { effect, attempts: cells.integer()?, fence: cells.integer()? + 1 })
}
