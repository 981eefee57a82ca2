//! The tenant's record of its tables: `physical_table`, `physical_column`, `physical_index`, `physical_former`.
use indexmap::IndexMap;
use kontor_definitions::{Aspect, ColumnType, DefId, EntityId, FieldId, Value};
use rust_decimal::prelude::ToPrimitive as _;

use super::{ColumnInfo, IndexInfo, Physical, TableInfo, text::column_type};
use crate::{bind::Bind, error::StorageError, tx::Tx};

const TABLES: &str = "SELECT entity, name, retired, version FROM {t}physical_table ORDER BY entity";
const COLUMNS: &str =
    "SELECT entity, field, name, type, scale, target, retired FROM {t}physical_column ORDER BY entity, position";
const INDEXES: &str = "SELECT entity, name, is_unique, fields FROM {t}physical_index ORDER BY name";

const FORMER: &str = "SELECT entity, field, name, type, scale FROM {t}physical_former ORDER BY entity, name";

const FORGET: [&str; 4] = [
    "DELETE FROM {t}physical_former WHERE entity = ?1",
    "DELETE FROM {t}physical_index WHERE entity = ?1",
    "DELETE FROM {t}physical_column WHERE entity = ?1",
    "DELETE FROM {t}physical_table WHERE entity = ?1",
];
const KEEP_TABLE: &str = "INSERT INTO {t}physical_table (entity, name, retired, version) VALUES (?1, ?2, ?3, ?4)";
const KEEP_COLUMN: &str = "INSERT INTO {t}physical_column (entity, field, position, name, type, scale, target, retired)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const KEEP_FORMER: &str = "INSERT INTO {t}physical_former (entity, field, name, type, scale) VALUES (?1, ?2, ?3, ?4, ?5)";
const KEEP_INDEX: &str = "INSERT INTO {t}physical_index (name, entity, is_unique, fields) VALUES (?1, ?2, ?3, ?4)";

impl Tx {
    /// The tenant's tables as they are.
    pub fn physical(&mut self) -> Result<Physical, StorageError> {
        let mut physical = Physical::default();
        let types = [ColumnType::Text, ColumnType::Text, ColumnType::Boolean, ColumnType::Integer];
        for row in self.query(TABLES, &[], &types)? {
            let [entity, name, retired, version] = cells(row)?;
            physical.version = physical.version.max(integer(&version)?);
            let table = TableInfo {
                name: text(name)?,
                retired: retired == Value::Bool(true),
                columns: IndexMap::new(),
                indexes: IndexMap::new(),
                former: Vec::new(),
            };
            physical.tables.insert(EntityId(id(entity)?), table);
        }
        self.read_columns(&mut physical)?;
        self.read_indexes(&mut physical)?;
        self.read_former(&mut physical)?;
        physical.cipher = self.cipher()?;
        Ok(physical)
    }

    fn read_former(&mut self, physical: &mut Physical) -> Result<(), StorageError> {
        let (t, i) = (ColumnType::Text, ColumnType::Integer);
        for row in self.query(FORMER, &[], &[t, t, t, t, i])? {
            let [entity, field, name, ty, scale] = cells(row)?;
            let ty = column_type::named(&text(ty)?, scale_of(&scale)?).ok_or_else(broken)?;
            let column = ColumnInfo { name: text(name)?, ty, target: None, retired: true };
            let table = physical.tables.get_mut(&EntityId(id(entity)?)).ok_or_else(broken)?;
            table.former.push((field_id(&text(field)?)?, column));
        }
        Ok(())
    }

    fn read_columns(&mut self, physical: &mut Physical) -> Result<(), StorageError> {
        let (t, i) = (ColumnType::Text, ColumnType::Integer);
        for row in self.query(COLUMNS, &[], &[t, t, t, t, i, t, ColumnType::Boolean])? {
            let [entity, field, name, ty, scale, target, retired] = cells(row)?;
            let ty = column_type::named(&text(ty)?, scale_of(&scale)?).ok_or_else(broken)?;
            let target = match target {
                Value::Null => None,
                target => Some(EntityId(id(target)?)),
            };
            let column = ColumnInfo { name: text(name)?, ty, target, retired: retired == Value::Bool(true) };
            let table = physical.tables.get_mut(&EntityId(id(entity)?)).ok_or_else(broken)?;
            table.columns.insert(field_id(&text(field)?)?, column);
        }
        Ok(())
    }

    fn read_indexes(&mut self, physical: &mut Physical) -> Result<(), StorageError> {
        let types = [ColumnType::Text, ColumnType::Text, ColumnType::Boolean, ColumnType::Text];
        for row in self.query(INDEXES, &[], &types)? {
            let [entity, name, unique, fields] = cells(row)?;
            let fields = text(fields)?.split(' ').map(field_id).collect::<Result<Vec<_>, _>>()?;
            let table = physical.tables.get_mut(&EntityId(id(entity)?)).ok_or_else(broken)?;
            table.indexes.insert(text(name)?, IndexInfo { unique: unique == Value::Bool(true), fields });
        }
        Ok(())
    }

    /// Takes a table out of the record.
    pub(super) fn forget_table(&mut self, entity: EntityId) -> Result<(), StorageError> {
        for statement in FORGET {
            self.execute(statement, &[Bind::text(entity.0.as_str())])?;
        }
        Ok(())
    }

    /// Writes down a table that was changed by the plan of this version.
    pub(super) fn keep_table(&mut self, entity: EntityId, table: &TableInfo, version: i64) -> Result<(), StorageError> {
        let key = || Bind::text(entity.0.as_str());
        self.forget_table(entity)?;
        let binds = [key(), Bind::text(&table.name), Bind::boolean(table.retired), Bind::integer(version)];
        self.execute(KEEP_TABLE, &binds)?;
        for (position, (field, column)) in (0_i64..).zip(&table.columns) {
            let (ty, scale) = column_type::name(column.ty);
            let binds = [
                key(),
                Bind::text(written(*field)),
                Bind::integer(position),
                Bind::text(&column.name),
                Bind::text(ty),
                scale.map_or(Bind::null(ColumnType::Integer), |scale| Bind::integer(i64::from(scale))),
                column.target.map_or(Bind::null(ColumnType::Text), |target| Bind::text(target.0.as_str())),
                Bind::boolean(column.retired),
            ];
            self.execute(KEEP_COLUMN, &binds)?;
        }
        for (field, column) in &table.former {
            let (ty, scale) = column_type::name(column.ty);
            let scale = scale.map_or(Bind::null(ColumnType::Integer), |scale| Bind::integer(i64::from(scale)));
            let binds = [key(), Bind::text(written(*field)), Bind::text(&column.name), Bind::text(ty), scale];
            self.execute(KEEP_FORMER, &binds)?;
        }
        for (name, index) in &table.indexes {
            let fields: Vec<String> = index.fields.iter().map(|field| written(*field)).collect();
            let binds = [Bind::text(name), key(), Bind::boolean(index.unique), Bind::text(fields.join(" "))];
            self.execute(KEEP_INDEX, &binds)?;
        }
        Ok(())
    }
}

fn broken() -> StorageError {
    StorageError::Bug("the tenant's record of its tables cannot be read".to_owned())
}

fn cells<const N: usize>(row: Vec<Value>) -> Result<[Value; N], StorageError> {
    row.try_into().map_err(|_wrong_length| broken())
}

fn text(value: Value) -> Result<String, StorageError> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(broken()),
    }
}

fn integer(value: &Value) -> Result<i64, StorageError> {
    match value {
        Value::Number(number) => number.to_i64().ok_or_else(broken),
        _ => Err(broken()),
    }
}

fn scale_of(value: &Value) -> Result<Option<u8>, StorageError> {
    if value.is_null() { Ok(None) } else { Ok(u8::try_from(integer(value)?).ok()) }
}

fn id(value: Value) -> Result<DefId, StorageError> {
    text(value)?.parse().map_err(|_bad| broken())
}

/// A field as it is written down; an aspect of one as `k3v9x2ab.sort`.
fn written(field: FieldId) -> String {
    match field.aspect_of() {
        Some((aspect, field)) => format!("{field}.{}", aspect.name()),
        None => field.to_string(),
    }
}

fn field_id(text: &str) -> Result<FieldId, StorageError> {
    if let Some((field, name)) = text.split_once('.') {
        let aspect = Aspect::ALL.into_iter().find(|aspect| aspect.name() == name).ok_or_else(broken)?;
        return Ok(field_id(field)?.aspect(aspect));
    }
    let id = match text.strip_prefix('_') {
        Some(system) => DefId::system(system.trim_end_matches('_')),
        None => text.parse().map_err(|_bad| broken())?,
    };
    Ok(FieldId(id))
}
