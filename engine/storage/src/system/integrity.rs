//! What `kontor verify` asks of the database itself: its files, its tables against the tenant's record of them, its references.
use std::collections::{BTreeMap, BTreeSet};

use kontor_definitions::{ColumnType, EntityId, FieldId, Plain, RecordId};
use uuid::Uuid;

use super::{cells::Cells, hex};
use crate::{
    bind::Bind,
    cipher::{Cell, Cipher, from_hex},
    error::StorageError,
    schema::{Physical, quoted},
    store::Dialect,
    tx::Tx,
};

const SQLITE_FILES: &str = "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
/// The check of the full-text index uses what the connection remembers of its segments, whoever wrote since; a search looks anew.
const SQLITE_SEGMENTS: &str = "SELECT rowid FROM search_index WHERE search_index MATCH '0' LIMIT 1";
/// A build of an index that was broken off leaves it behind, present and useless.
const POSTGRES_INDEXES: &str = "SELECT CAST(c.relname AS TEXT) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND NOT (i.indisvalid AND i.indisready) ORDER BY 1";
const SQLITE_COLUMNS: &str = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
const POSTGRES_COLUMNS: &str = "SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT) FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped";
const SQLITE_INDEXES: &str = "SELECT name FROM sqlite_master WHERE type = 'index'";
const POSTGRES_INDEX_NAMES: &str = "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = {schema}";

/// How the real tables differ from the tenant's record of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The table of an entity is not there.
    NoTable(EntityId),
    /// A column is not there.
    NoColumn(EntityId, FieldId),
    /// A column that nothing made.
    ForeignColumn(EntityId, String),
    /// An index is not there.
    NoIndex(EntityId, Vec<FieldId>),
}

/// What the database finds wrong with itself, in its own words: damaged pages on SQLite, invalid indexes on PostgreSQL.
pub fn database(tx: &mut Tx) -> Result<Vec<String>, StorageError> {
    if tx.dialect() == Dialect::Sqlite {
        tx.query(SQLITE_SEGMENTS, &[], &[ColumnType::Integer])?;
    }
    let sql = in_schema(tx, SQLITE_FILES, POSTGRES_INDEXES);
    tx.query(&sql, &[], &[ColumnType::Text])?.into_iter().map(|row| Cells::of(row).text()).collect()
}

/// Every table, column and index that is missing, and every column too many.
pub fn differences(tx: &mut Tx, physical: &Physical) -> Result<Vec<Difference>, StorageError> {
    let (columns, indexes) = (columns(tx)?, indexes(tx)?);
    let mut found = Vec::new();
    for (entity, table) in &physical.tables {
        let Some(real) = columns.get(&table.name) else {
            found.push(Difference::NoTable(*entity));
            continue;
        };
        let missing =
            table.columns.iter().filter(|(_, column)| !real.contains(&column.name) || !real.contains(&*column.found_by()));
        found.extend(missing.map(|(field, _)| Difference::NoColumn(*entity, *field)));
        let former = table.former.iter().map(|(_, column)| column);
        let columns = table.columns.values().chain(former);
        let known: BTreeSet<_> = columns.flat_map(|column| [column.name.as_str().into(), column.found_by()]).collect();
        let foreign = real.iter().filter(|name| !known.contains(name.as_str()));
        found.extend(foreign.map(|name| Difference::ForeignColumn(*entity, name.clone())));
        let lost = table.indexes.iter().filter(|(name, _)| !indexes.contains(name.as_str()));
        found.extend(lost.map(|(_, index)| Difference::NoIndex(*entity, index.fields.clone())));
    }
    Ok(found)
}

/// References that lead to no record, by entity and field, with how many there are.
pub fn dangling(tx: &mut Tx, physical: &Physical) -> Result<Vec<(EntityId, FieldId, i64)>, StorageError> {
    let mut found = Vec::new();
    for (entity, table) in &physical.tables {
        for (field, column) in &table.columns {
            let Some(target) = column.target.and_then(|target| physical.tables.get(&target)) else { continue };
            let (from, to, name) = (quoted(&table.name), quoted(&target.name), quoted(&column.name));
            let sql = format!(
                "SELECT COUNT(*) FROM {{t}}{from} f WHERE f.{name} IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM {{t}}{to} g WHERE g.\"id\" = f.{name})"
            );
            let rows = tx.query(&sql, &[], &[ColumnType::Integer])?;
            let count = Cells::first(rows).map_or(Ok(0), |mut cells| cells.integer())?;
            if count > 0 {
                found.push((*entity, *field, count));
            }
        }
    }
    Ok(found)
}

fn columns(tx: &mut Tx) -> Result<BTreeMap<String, BTreeSet<String>>, StorageError> {
    let sql = in_schema(tx, SQLITE_COLUMNS, POSTGRES_COLUMNS);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in tx.query(&sql, &[], &[ColumnType::Text, ColumnType::Text])? {
        let mut cells = Cells::of(row);
        found.entry(cells.text()?).or_default().insert(cells.text()?);
    }
    Ok(found)
}

fn indexes(tx: &mut Tx) -> Result<BTreeSet<String>, StorageError> {
    let sql = in_schema(tx, SQLITE_INDEXES, POSTGRES_INDEX_NAMES);
    tx.query(&sql, &[], &[ColumnType::Text])?.into_iter().map(|row| Cells::of(row).text()).collect()
}

/// The statement of this database; the catalogue of a server is asked about the tenant's own schema, whose name is made of
/// hexadecimal digits.
fn in_schema(tx: &Tx, sqlite: &str, postgres: &str) -> String {
    match tx.dialect() {
        Dialect::Sqlite => sqlite.to_owned(),
        Dialect::Postgres => {
            let schema = tx.prefix().trim_end_matches('.').trim_matches('"');
            postgres.replace("{schema}", &format!("'{schema}'"))
        }
    }
}

/// A sensitive value that cannot be opened where it stands, or whose fingerprint is another one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The entity.
    pub entity: EntityId,
    /// The field.
    pub field: FieldId,
    /// The record.
    pub record: RecordId,
}

/// Encrypted values looked at in one statement.
const CHUNK: usize = 1000;

/// Every encrypted value of the tables in use that is not what was written there.
pub fn damaged(tx: &mut Tx, physical: &Physical) -> Result<Vec<Damaged>, StorageError> {
    let mut found = Vec::new();
    for (entity, table) in &physical.tables {
        for (field, column) in &table.columns {
            let ColumnType::Encrypted(plain) = column.ty else { continue };
            let (value, print) = (quoted(&column.name), quoted(&column.found_by()));
            let mut after: Option<Uuid> = None;
            loop {
                let (behind, binds) = match after {
                    Some(id) => ("\"id\" > ?1 AND ", vec![Bind::id(id)]),
                    None => ("", Vec::new()),
                };
                let sql = format!(
                    "SELECT \"id\", {value}, {print} FROM {{t}}{} WHERE {behind}({value} IS NOT NULL OR {print} IS NOT NULL)
                    ORDER BY \"id\" LIMIT {CHUNK}",
                    quoted(&table.name)
                );
                let rows = tx.query(&sql, &binds, &[ColumnType::Uuid, column.ty, column.ty])?;
                let last = rows.len() < CHUNK;
                for row in rows {
                    let mut cells = Cells::of(row);
                    let record = cells.id()?;
                    after = Some(record);
                    let cell = Cell { entity: *entity, field: *field, record };
                    let (sealed, print) = (cells.optional_text()?, cells.optional_text()?);
                    if !is_whole(physical.demand_cipher()?, cell, plain, (sealed, print))? {
                        found.push(Damaged { entity: *entity, field: *field, record: RecordId(record) });
                    }
                }
                if last {
                    break;
                }
            }
        }
    }
    Ok(found)
}

fn is_whole(
    cipher: &Cipher,
    cell: Cell,
    plain: Plain,
    (sealed, print): (Option<String>, Option<String>),
) -> Result<bool, StorageError> {
    let (Some(sealed), Some(print)) = (sealed.as_deref().and_then(from_hex), print) else { return Ok(false) };
    let Some(value) = cipher.open(cell, &sealed, plain) else { return Ok(false) };
    Ok(hex(&cipher.fingerprint(cell.entity, cell.field, &value)?) == print)
}
