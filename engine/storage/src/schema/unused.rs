//! What definitions no longer use: retired tables and columns, and columns of former types. Counted, and dropped for good.
use std::collections::BTreeSet;

use kontor_definitions::{ColumnType, EntityId, FieldId, RecordId, Value};
use rust_decimal::prelude::ToPrimitive as _;

use super::{ColumnInfo, Physical, TableInfo, ddl::quoted, names};
use crate::{
    error::StorageError,
    store::Dialect,
    system::{file, sequence, tombstone},
    tx::Tx,
    value::Reading,
};
use time::OffsetDateTime;

/// Something of the tables that no live definition uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unused {
    /// The table of a removed entity.
    Table {
        /// The entity.
        entity: EntityId,
    },
    /// A column of an entity that is there: of a removed field, or of a type that a field had before.
    Column {
        /// The entity.
        entity: EntityId,
        /// The field.
        field: FieldId,
        /// The column's name.
        name: String,
        /// The field has another column now.
        former: bool,
    },
}

impl Unused {
    /// The entity.
    pub fn entity(&self) -> EntityId {
        match self {
            Self::Table { entity } | Self::Column { entity, .. } => *entity,
        }
    }

    /// The name the table or column was made with.
    pub fn readable(&self, physical: &Physical) -> String {
        match self {
            Self::Table { entity } => physical.tables.get(entity).map(|table| names::readable(&table.name)),
            Self::Column { name, .. } => Some(names::readable(name)),
        }
        .unwrap_or_default()
        .to_owned()
    }
}

impl Physical {
    /// Everything that is no longer used; of a removed entity the table as a whole.
    pub fn unused(&self) -> Vec<Unused> {
        let mut unused = Vec::new();
        for (id, table) in &self.tables {
            if table.retired {
                unused.push(Unused::Table { entity: *id });
                continue;
            }
            let column = |field: FieldId, column: &ColumnInfo, former| Unused::Column {
                entity: *id,
                field,
                name: column.name.clone(),
                former,
            };
            let retired = table.columns.iter().filter(|(_, column)| column.retired);
            unused.extend(retired.map(|(field, info)| column(*field, info, false)));
            unused.extend(table.former.iter().map(|(field, info)| column(*field, info, true)));
        }
        unused
    }

    /// The same with what cannot stay without them: lines go with their entity, and so does whatever refers to it.
    pub fn with_referring(&self, unused: &[Unused]) -> Vec<Unused> {
        let mut all: BTreeSet<Unused> = unused.iter().cloned().collect();
        let every = self.unused();
        loop {
            let tables: Vec<EntityId> =
                all.iter().filter(|one| matches!(one, Unused::Table { .. })).map(Unused::entity).collect();
            let refers = |one: &&Unused| self.targets(one).iter().any(|target| tables.contains(target));
            let more: Vec<Unused> = every.iter().filter(refers).filter(|one| !all.contains(one)).cloned().collect();
            if more.is_empty() {
                return all.into_iter().collect();
            }
            all.extend(more);
        }
    }

    /// The entities that a table or column refers to.
    fn targets(&self, unused: &Unused) -> Vec<EntityId> {
        let Some(table) = self.tables.get(&unused.entity()) else { return Vec::new() };
        match unused {
            Unused::Table { .. } => table.columns.values().filter_map(|column| column.target).collect(),
            Unused::Column { name, .. } => {
                let former = table.former.iter().map(|(_, column)| column);
                let named = table.columns.values().chain(former).find(|column| column.name == *name);
                named.and_then(|column| column.target).into_iter().collect()
            }
        }
    }
}

impl Tx {
    /// Records of a table, or records with a value in a column.
    pub fn count_unused(&mut self, physical: &Physical, unused: &Unused) -> Result<u64, StorageError> {
        let table = quoted(&physical.table(unused.entity())?.name);
        let what = match unused {
            Unused::Table { .. } => "*".to_owned(),
            Unused::Column { name, .. } => quoted(name),
        };
        let sql = format!("SELECT count({what}) FROM {}{table}", self.prefix());
        let rows = self.fetch(&sql, Vec::new(), &[Reading::Column(ColumnType::Integer)])?;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Number(count)) => Ok(count.to_u64().unwrap_or_default()),
            _ => Err(StorageError::Bug("a count answered no number".to_owned())),
        }
    }

    /// Drops what is not used, with the marks of the files it holds and the numbers it has given. Files that nothing else
    /// holds are let go, records leave tombstones. Answers the tables as they are then.
    pub fn drop_unused(&mut self, unused: &[Unused], (by, at): (RecordId, OffsetDateTime)) -> Result<Physical, StorageError> {
        self.become_owner()?;
        let mut physical = self.physical()?;
        physical.version += 1;
        let known = physical.unused();
        if let Some(stranger) = unused.iter().find(|one| !known.contains(one)) {
            return Err(StorageError::Bug(format!("{stranger:?} is in use")));
        }
        let mut tables = Vec::new();
        for one in unused {
            match one {
                Unused::Table { entity } => tables.push(*entity),
                Unused::Column { entity, field, name, former } => {
                    self.drop_column(&mut physical, *entity, name)?;
                    if !*former {
                        self.forget_field(*entity, *field)?;
                    }
                }
            }
        }
        self.drop_tables(&mut physical, &tables, (by, at))?;
        file::free_all(self, at)?;
        self.keep_dropped(&physical, unused)?;
        Ok(physical)
    }

    fn drop_column(&mut self, physical: &mut Physical, entity: EntityId, name: &str) -> Result<(), StorageError> {
        let missing = || StorageError::Bug(format!("entity {entity} has no table"));
        let table = physical.tables.get_mut(&entity).ok_or_else(missing)?;
        // An encrypted one goes with its fingerprints.
        let former = table.former.iter().map(|(_, column)| column);
        let beside =
            table.columns.values().chain(former).find(|column| column.name == name).map(|column| column.found_by().into_owned());
        if self.dialect() == Dialect::Sqlite {
            self.free_of_foreign_key(&table.name, name)?;
        }
        for column in BTreeSet::from([name.to_owned(), beside.unwrap_or_else(|| name.to_owned())]) {
            let sql = format!("ALTER TABLE {}{} DROP COLUMN {}", self.prefix(), quoted(&table.name), quoted(&column));
            self.run(&sql, Vec::new())?;
        }
        table.columns.retain(|_, column| column.name != name);
        table.former.retain(|(_, column)| column.name != name);
        Ok(())
    }

    fn drop_tables(
        &mut self,
        physical: &mut Physical,
        entities: &[EntityId],
        act: (RecordId, OffsetDateTime),
    ) -> Result<(), StorageError> {
        let dropped: Vec<(EntityId, TableInfo)> =
            entities.iter().filter_map(|id| physical.tables.shift_remove(id).map(|table| (*id, table))).collect();
        // Lines have no history of their own.
        for (entity, table) in dropped.iter().filter(|(_, table)| !table.columns.contains_key(&FieldId::PARENT)) {
            tombstone::put_all(self, *entity, &table.name, act)?;
        }
        let prefix = self.prefix().to_owned();
        let named = |table: &TableInfo| format!("{prefix}{}", quoted(&table.name));
        match self.dialect() {
            // In one statement they may refer to each other.
            Dialect::Postgres if !dropped.is_empty() => {
                let names: Vec<String> = dropped.iter().map(|(_, table)| named(table)).collect();
                self.run(&format!("DROP TABLE {}", names.join(", ")), Vec::new())?;
            }
            Dialect::Postgres => {}
            Dialect::Sqlite => {
                for (_, table) in &dropped {
                    let referring = table.columns.values().filter(|column| column.target.is_some());
                    let emptied: Vec<String> = referring.map(|column| format!("{} = NULL", quoted(&column.name))).collect();
                    if !emptied.is_empty() {
                        self.run(&format!("UPDATE {} SET {}", named(table), emptied.join(", ")), Vec::new())?;
                    }
                }
                for (_, table) in &dropped {
                    self.run(&format!("DROP TABLE {}", named(table)), Vec::new())?;
                }
            }
        }
        for (entity, table) in &dropped {
            for field in table.columns.keys() {
                self.forget_field(*entity, *field)?;
            }
        }
        Ok(())
    }

    fn forget_field(&mut self, entity: EntityId, field: FieldId) -> Result<(), StorageError> {
        file::forget_field(self, entity, field)?;
        sequence::forget(self, &field.to_string())
    }

    /// Writes down the tables that are left. The count of changes stands with a table, so one is written in any case.
    fn keep_dropped(&mut self, physical: &Physical, unused: &[Unused]) -> Result<(), StorageError> {
        let mut changed: BTreeSet<EntityId> = unused.iter().map(Unused::entity).collect();
        changed.extend(physical.tables.keys().next());
        for entity in changed {
            match physical.tables.get(&entity) {
                Some(table) => self.keep_table(entity, table, physical.version)?,
                None => self.forget_table(entity)?,
            }
        }
        Ok(())
    }
}
