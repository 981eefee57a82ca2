//! Doing what a plan says: in one transaction, or in steps that keep nobody waiting.
//!
//! A plan is done in two moves. *Make*: new tables and columns, which nobody uses yet; the tenant's record of its tables
//! keeps them as a retired table or a former column. *Settle*: the record says that they are used, and indexes change places.
//! Between the two a publish fills what it made. A small plan does all of it at once ([`Tx::apply`]).
use kontor_definitions::{ColumnType, EntityId, FieldId};

use super::{
    ColumnInfo, IndexInfo, Physical, TableInfo,
    ddl::{Ddl, missing},
    names,
    plan::{ColumnSpec, IndexSpec, Plan, PlanAction, PlanStep, TableSpec},
};
use crate::{error::StorageError, store::Dialect, tx::Tx};

/// What is done about indexes when a plan is settled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Indexes {
    /// They are built and dropped in this transaction.
    Now,
    /// They were built beside; those that go are dropped afterwards ([`Lease`](crate::Lease)).
    Beside,
}

impl Tx {
    /// Applies a plan's steps in this transaction and answers the new tables, stored with it. Back-fill steps are the caller's.
    pub fn apply(&mut self, plan: &Plan) -> Result<Physical, StorageError> {
        self.become_owner()?;
        let before = self.physical()?;
        let mut physical = before.clone();
        self.make_tables_in(&mut physical, plan)?;
        for step in &plan.steps {
            self.make_column(&mut physical, step)?;
        }
        for step in plan.steps.iter().filter(|step| matches!(step.action, PlanAction::RetypeColumn { .. })) {
            self.each_chunk(&before, step.entity_id, |tx, ids| tx.convert(&before, step, ids).map(drop))?;
        }
        self.settle_in(physical, plan, Indexes::Now)
    }

    /// Makes the new tables of a plan, retired for the time being; answers whether there were any.
    pub fn make_tables(&mut self, plan: &Plan) -> Result<bool, StorageError> {
        self.become_owner()?;
        let mut physical = self.physical()?;
        let known = physical.tables.len();
        self.make_tables_in(&mut physical, plan)?;
        if physical.tables.len() == known {
            return Ok(false);
        }
        self.keep(&mut physical, plan.steps.iter().map(|step| step.entity_id).collect())?;
        Ok(true)
    }

    /// Makes the new columns of one entity, former ones for the time being.
    pub fn make_columns(&mut self, plan: &Plan, entity: EntityId) -> Result<(), StorageError> {
        self.become_owner()?;
        let mut physical = self.physical()?;
        for step in plan.steps.iter().filter(|step| step.entity_id == entity) {
            self.make_column(&mut physical, step)?;
        }
        self.keep(&mut physical, vec![entity])
    }

    /// From now on what was made is used; answers the tables as they are then, stored with it. On PostgreSQL indexes were
    /// built beside and only change their names; on SQLite they are built here.
    pub fn settle(&mut self, plan: &Plan) -> Result<Physical, StorageError> {
        self.become_owner()?;
        let physical = self.physical()?;
        let indexes = if self.dialect() == Dialect::Sqlite { Indexes::Now } else { Indexes::Beside };
        self.settle_in(physical, plan, indexes)
    }

    fn settle_in(&mut self, mut physical: Physical, plan: &Plan, indexes: Indexes) -> Result<Physical, StorageError> {
        for step in &plan.steps {
            become_step(&mut physical, step)?;
            for statement in self.index_statements(&physical, step, indexes)? {
                self.wait_for_locks()?;
                self.run(&statement, Vec::new())?;
            }
        }
        self.keep(&mut physical, plan.steps.iter().map(|step| step.entity_id).collect())?;
        Ok(physical)
    }

    fn index_statements(&self, physical: &Physical, step: &PlanStep, indexes: Indexes) -> Result<Vec<String>, StorageError> {
        let ddl = Ddl { dialect: self.dialect(), prefix: self.prefix() };
        let renamed = |name: &str| (format!("{}{name}", names::COMING), format!("{}{name}", names::GOING));
        Ok(match &step.action {
            PlanAction::CreateIndex { index } => match indexes {
                Indexes::Now => {
                    let table = physical.table(step.entity_id)?;
                    vec![ddl.create_index(&table.name, index, &column_names(table, index)?)]
                }
                Indexes::Beside => vec![ddl.rename_index(&renamed(&index.name).0, &index.name)],
            },
            PlanAction::DropIndex { name } => match indexes {
                Indexes::Now => vec![ddl.drop_index(name)],
                Indexes::Beside => vec![ddl.rename_index(name, &renamed(name).1)],
            },
            PlanAction::CreateTable { .. }
            | PlanAction::AddColumn { .. }
            | PlanAction::RetypeColumn { .. }
            | PlanAction::RetireColumn { .. }
            | PlanAction::RestoreColumn { .. }
            | PlanAction::RetireTable
            | PlanAction::RestoreTable
            | PlanAction::Backfill
            | PlanAction::Fill { .. } => Vec::new(),
        })
    }

    fn make_tables_in(&mut self, physical: &mut Physical, plan: &Plan) -> Result<(), StorageError> {
        // Every name is known before the first statement: new tables refer to each other.
        let made: Vec<(EntityId, &TableSpec)> = plan
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                PlanAction::CreateTable { table } => Some((step.entity_id, table)),
                _ => None,
            })
            .collect();
        for (entity, table) in &made {
            physical.tables.insert(*entity, TableInfo { retired: true, ..table_info(table) });
        }
        let prefix = self.prefix().to_owned();
        let ddl = Ddl { dialect: self.dialect(), prefix: &prefix };
        let mut statements = Vec::new();
        for (entity, spec) in &made {
            statements.append(&mut create_table(&ddl, physical, *entity, spec)?);
        }
        for (entity, spec) in &made {
            for column in &spec.columns {
                let Some(target) = column.target else { continue };
                let target = physical.tables.get(&target).ok_or_else(|| missing(target))?;
                statements.extend(ddl.add_foreign_key(*entity, &spec.name, column, &target.name));
            }
        }
        for statement in statements {
            self.wait_for_locks()?;
            self.run(&statement, Vec::new())?;
        }
        Ok(())
    }

    /// Makes the column of a step, unless a publish that was given up, or the type the field had before, has left it.
    fn make_column(&mut self, physical: &mut Physical, step: &PlanStep) -> Result<(), StorageError> {
        let (PlanAction::AddColumn { column } | PlanAction::RetypeColumn { column, .. }) = &step.action else { return Ok(()) };
        let entity = step.entity_id;
        let target = column.target.map(|id| physical.table(id).map(|table| table.name.clone())).transpose()?;
        let table = table_mut(physical, entity)?;
        if table.former.iter().any(|(_, former)| former.name == column.name) {
            return Ok(());
        }
        let prefix = self.prefix().to_owned();
        let ddl = Ddl { dialect: self.dialect(), prefix: &prefix };
        let mut statements = vec![ddl.add_column(entity, &table.name, column, target.as_deref())];
        statements.extend(ddl.add_fingerprint(&table.name, column));
        keep_former(table, column.id, ColumnInfo { target: None, retired: true, ..column_info(column) });
        for statement in statements {
            self.wait_for_locks()?;
            self.run(&statement, Vec::new())?;
        }
        Ok(())
    }

    /// Writes the changed tables down.
    fn keep(&mut self, physical: &mut Physical, mut changed: Vec<EntityId>) -> Result<(), StorageError> {
        let is_encrypted = |column: &ColumnInfo| matches!(column.ty, ColumnType::Encrypted(_));
        let encrypted = |table: &TableInfo| {
            let former = table.former.iter().map(|(_, column)| column);
            table.columns.values().chain(former).any(is_encrypted)
        };
        if physical.cipher.is_none() && physical.tables.values().any(encrypted) {
            physical.cipher = Some(self.make_cipher()?);
        }
        physical.version += 1;
        changed.sort_unstable();
        changed.dedup();
        for entity in changed {
            if let Some(table) = physical.tables.get(&entity) {
                self.keep_table(entity, table, physical.version)?;
            }
        }
        Ok(())
    }
}

impl Physical {
    /// The tables as they will be when a plan whose tables and columns are made is settled.
    pub fn settled(&self, plan: &Plan) -> Result<Self, StorageError> {
        let mut physical = self.clone();
        plan.steps.iter().try_for_each(|step| become_step(&mut physical, step))?;
        physical.version += 1;
        Ok(physical)
    }
}

/// What the tenant's record of its tables says after a step.
fn become_step(physical: &mut Physical, step: &PlanStep) -> Result<(), StorageError> {
    if let PlanAction::CreateTable { table } = &step.action {
        physical.tables.entry(step.entity_id).or_insert_with(|| table_info(table));
    }
    let table = table_mut(physical, step.entity_id)?;
    match &step.action {
        PlanAction::CreateTable { .. } | PlanAction::RestoreTable => table.retired = false,
        PlanAction::RetireTable => table.retired = true,
        PlanAction::AddColumn { column } => {
            table.former.retain(|(_, former)| former.name != column.name);
            table.columns.insert(column.id, column_info(column));
        }
        PlanAction::RetypeColumn { column, .. } => replace_column(table, column)?,
        PlanAction::RetireColumn { id } => column_mut(table, *id)?.retired = true,
        PlanAction::RestoreColumn { id } => column_mut(table, *id)?.retired = false,
        PlanAction::CreateIndex { index } => {
            table.indexes.insert(index.name.clone(), index_info(index));
        }
        PlanAction::DropIndex { name } => {
            table.indexes.shift_remove(name);
        }
        PlanAction::Backfill | PlanAction::Fill { .. } => {}
    }
    Ok(())
}

/// Puts another column in a field's place and keeps the one it had.
fn replace_column(table: &mut TableInfo, column: &ColumnSpec) -> Result<(), StorageError> {
    let from = std::mem::replace(column_mut(table, column.id)?, column_info(column));
    table.former.retain(|(_, former)| former.name != column.name);
    keep_former(table, column.id, ColumnInfo { target: None, retired: true, ..from });
    Ok(())
}

fn keep_former(table: &mut TableInfo, field: FieldId, column: ColumnInfo) {
    table.former.push((field, column));
    table.former.sort_by(|a, b| a.1.name.cmp(&b.1.name));
}

fn table_mut(physical: &mut Physical, entity: EntityId) -> Result<&mut TableInfo, StorageError> {
    physical.tables.get_mut(&entity).ok_or_else(|| missing(entity))
}

fn column_mut(table: &mut TableInfo, field: FieldId) -> Result<&mut ColumnInfo, StorageError> {
    let missing = || StorageError::Bug(format!("the plan is about a column {field} that is not there"));
    table.columns.get_mut(&field).ok_or_else(missing)
}

fn create_table(ddl: &Ddl<'_>, physical: &Physical, entity: EntityId, spec: &TableSpec) -> Result<Vec<String>, StorageError> {
    let name_of = |id: EntityId| physical.tables.get(&id).map(|table| table.name.clone());
    let mut statements = vec![ddl.create_table(entity, spec, name_of)?];
    let table = physical.table(entity)?;
    for index in &spec.indexes {
        statements.push(ddl.create_index(&spec.name, index, &column_names(table, index)?));
    }
    Ok(statements)
}

/// The columns of an index, in order.
pub(crate) fn column_names(table: &TableInfo, index: &IndexSpec) -> Result<Vec<String>, StorageError> {
    index.fields.iter().map(|field| table.column(*field).map(|column| column.found_by().into_owned())).collect()
}

fn table_info(spec: &TableSpec) -> TableInfo {
    TableInfo {
        name: spec.name.clone(),
        retired: false,
        columns: spec.columns.iter().map(|column| (column.id, column_info(column))).collect(),
        indexes: spec.indexes.iter().map(|index| (index.name.clone(), index_info(index))).collect(),
        former: Vec::new(),
    }
}

fn column_info(spec: &ColumnSpec) -> ColumnInfo {
    ColumnInfo { name: spec.name.clone(), ty: spec.ty, target: spec.target, retired: false }
}

fn index_info(spec: &IndexSpec) -> IndexInfo {
    IndexInfo { unique: spec.unique, fields: spec.fields.clone() }
}
