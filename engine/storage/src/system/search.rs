//! The words by which records are found: tokens of each indexed field, and which fields are indexed in which way.
use kontor_definitions::{ColumnType, EntityId, FieldId, RecordId};

use super::cells::Cells;
use crate::{bind::Bind, error::StorageError, sql::asked, store::Dialect, tx::Tx};

/// The tokens of one field of one record, separated by blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The record.
    pub record: RecordId,
    /// The field's id.
    pub field: String,
    /// Its tokens.
    pub tokens: String,
}

/// A field that is indexed: entity, field, way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexedField {
    /// The entity's id.
    pub entity: String,
    /// The field's id.
    pub field: String,
    /// What its tokens depend on besides the value.
    pub way: String,
}

const PUT: &str = "INSERT INTO {t}search (entity, record, field, tokens) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (entity, record, field) DO UPDATE SET tokens = excluded.tokens";
const REMOVE_ONE: &str = "DELETE FROM {t}search WHERE entity = ?1 AND record = ?2 AND field = ?3";
const REMOVE: &str = "DELETE FROM {t}search WHERE entity = ?1 AND record = ?2";
const CLEAR: &str = "DELETE FROM {t}search WHERE entity = ?1 AND field = ?2";
const CLEAR_SOME: &str = "DELETE FROM {t}search WHERE entity = ?1 AND field = ?2 AND record IN (
SELECT record FROM {t}search WHERE entity = ?1 AND field = ?2 LIMIT ";
const OF_RECORDS: &str = "SELECT record, field, tokens FROM {t}search
WHERE entity = ?1 AND record > ?2 AND record <= ?3 ORDER BY record, field";
/// A word in more fields of records than this stands in many.
const MANY: u32 = 20_000;
const OFTEN_SQLITE: &str = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM search_index WHERE search_index MATCH ?1 LIMIT ";
const OFTEN_POSTGRES: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM {t}search
WHERE array_to_tsvector(string_to_array(tokens, ' ')) @@ (?1)::tsquery LIMIT ";
const COUNT: &str = "SELECT COUNT(*) FROM {t}search";
const FIELDS: &str = "SELECT entity, field, way FROM {t}searchfield ORDER BY entity, field";
const PUT_FIELD: &str = "INSERT INTO {t}searchfield (entity, field, way) VALUES (?1, ?2, ?3)
ON CONFLICT (entity, field) DO UPDATE SET way = excluded.way";
const REMOVE_FIELD: &str = "DELETE FROM {t}searchfield WHERE entity = ?1 AND field = ?2";

/// Stores the tokens of a field of a record; without tokens it is not found by this field.
pub fn put(tx: &mut Tx, (entity, record, field): (EntityId, RecordId, FieldId), tokens: &str) -> Result<(), StorageError> {
    let mut binds = vec![Bind::text(entity.to_string()), Bind::id(record.0), Bind::text(field.to_string())];
    if tokens.is_empty() {
        return tx.execute(REMOVE_ONE, &binds).map(drop);
    }
    binds.push(Bind::text(tokens));
    tx.execute(PUT, &binds).map(drop)
}

/// Takes a record out of the index.
pub fn remove(tx: &mut Tx, entity: EntityId, record: RecordId) -> Result<(), StorageError> {
    tx.execute(REMOVE, &[Bind::text(entity.to_string()), Bind::id(record.0)]).map(drop)
}

/// The tokens of the records of an entity whose ids are greater than one and not greater than another.
pub fn of_records(tx: &mut Tx, entity: EntityId, after: RecordId, up_to: RecordId) -> Result<Vec<Indexed>, StorageError> {
    let binds = [Bind::text(entity.to_string()), Bind::id(after.0), Bind::id(up_to.0)];
    let rows = tx.query(OF_RECORDS, &binds, &[ColumnType::Uuid, ColumnType::Text, ColumnType::Text])?;
    let decode = |row| {
        let mut cells = Cells::of(row);
        Ok(Indexed { record: RecordId(cells.id()?), field: cells.text()?, tokens: cells.text()? })
    };
    rows.into_iter().map(decode).collect()
}

/// How many fields of records are indexed in all.
pub fn count(tx: &mut Tx) -> Result<i64, StorageError> {
    let rows = tx.query(COUNT, &[], &[ColumnType::Integer])?;
    Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())
}

/// Which of these words, each with all its tokens, stand in many fields of records, whatever of them somebody may read.
pub fn often(tx: &mut Tx, words: &[Vec<String>]) -> Result<Vec<bool>, StorageError> {
    let dialect = tx.dialect();
    let question = match dialect {
        Dialect::Sqlite => OFTEN_SQLITE,
        Dialect::Postgres => OFTEN_POSTGRES,
    };
    let sql = format!("{question}{}) AS places", MANY + 1);
    let mut all = Vec::with_capacity(words.len());
    for word in words {
        if word.is_empty() {
            all.push(false);
            continue;
        }
        let rows = tx.query(&sql, &[Bind::text(asked(dialect, word))], &[ColumnType::Integer])?;
        let count = Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())?;
        all.push(count > i64::from(MANY));
    }
    Ok(all)
}

/// The fields that are indexed, in order.
pub fn fields(tx: &mut Tx) -> Result<Vec<IndexedField>, StorageError> {
    let rows = tx.query(FIELDS, &[], &[ColumnType::Text, ColumnType::Text, ColumnType::Text])?;
    let decode = |row| {
        let mut cells = Cells::of(row);
        Ok(IndexedField { entity: cells.text()?, field: cells.text()?, way: cells.text()? })
    };
    rows.into_iter().map(decode).collect()
}

/// Remembers that a field is indexed.
pub fn put_field(tx: &mut Tx, of: &IndexedField) -> Result<(), StorageError> {
    let binds = [Bind::text(of.entity.as_str()), Bind::text(of.field.as_str()), Bind::text(of.way.as_str())];
    tx.execute(PUT_FIELD, &binds).map(drop)
}

/// Takes at most so many words of a field out of the index; the field is forgotten with the last of them. Answers whether
/// some are left.
pub fn clear_some(tx: &mut Tx, of: &IndexedField, at_most: usize) -> Result<bool, StorageError> {
    let binds = [Bind::text(of.entity.as_str()), Bind::text(of.field.as_str())];
    let left = tx.execute(&format!("{CLEAR_SOME}{at_most})"), &binds)? > 0;
    if !left {
        remove_field(tx, &of.entity, &of.field)?;
    }
    Ok(left)
}

/// Forgets that a field is indexed.
pub fn remove_field(tx: &mut Tx, entity: &str, field: &str) -> Result<(), StorageError> {
    tx.execute(REMOVE_FIELD, &[Bind::text(entity), Bind::text(field)]).map(drop)
}

/// Takes a field out of the index, with the tokens of all its records.
pub fn clear_field(tx: &mut Tx, of: &IndexedField) -> Result<(), StorageError> {
    let binds = [Bind::text(of.entity.as_str()), Bind::text(of.field.as_str())];
    tx.execute(CLEAR, &binds)?;
    tx.execute(REMOVE_FIELD, &binds).map(drop)
}
