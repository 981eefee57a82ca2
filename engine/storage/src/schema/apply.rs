//! Doing what a plan says, and counting beforehand what it touches.
use indexmap::IndexMap;
use kontor_definitions::{ColumnType, EntityId, FieldId, Value};
use rust_decimal::prelude::ToPrimitive as _;

use super::{
    ColumnInfo, IndexInfo, Physical, TableInfo,
    ddl::{Ddl, missing, quoted},
    plan::{ColumnSpec, IndexSpec, Plan, PlanAction, PlanStep, TableSpec},
};
use crate::{error::StorageError, tx::Tx, value::Reading};

impl Tx {
    /// Applies a plan's steps in this transaction and answers the new tables, stored with it. Back-fill steps are the caller's.
    pub fn apply(&mut self, plan: &Plan) -> Result<Physical, StorageError> {
        self.become_owner()?;
        let mut physical = self.physical()?;
        physical.version += 1;
        // Every name is known before the first statement: new tables refer to each other.
        for step in &plan.steps {
            if let PlanAction::CreateTable { table } = &step.action {
                physical.tables.insert(step.entity_id, table_info(table));
            }
        }
        for step in &plan.steps {
            self.apply_step(&mut physical, step)?;
        }
        for step in &plan.steps {
            self.add_foreign_keys(&physical, step)?;
        }
        let mut columns = physical.tables.values().flat_map(|table| table.columns.values());
        if physical.cipher.is_none() && columns.any(|column| matches!(column.ty, ColumnType::Encrypted(_))) {
            physical.cipher = Some(self.make_cipher()?);
        }
        let mut changed: Vec<EntityId> = plan.steps.iter().map(|step| step.entity_id).collect();
        changed.sort_unstable();
        changed.dedup();
        for entity in changed {
            let version = physical.version;
            if let Some(table) = physical.tables.get(&entity) {
                self.keep_table(entity, table, version)?;
            }
        }
        Ok(physical)
    }

    fn apply_step(&mut self, physical: &mut Physical, step: &PlanStep) -> Result<(), StorageError> {
        let prefix = self.prefix().to_owned();
        let ddl = Ddl { dialect: self.dialect(), prefix: &prefix };
        let entity = step.entity_id;
        let statements = match &step.action {
            PlanAction::CreateTable { table } => create_table(&ddl, physical, entity, table)?,
            PlanAction::AddColumn { column } => {
                let target = column.target.map(|id| physical.table(id).map(|table| table.name.clone())).transpose()?;
                let table = table_mut(physical, entity)?;
                table.columns.insert(column.id, column_info(column));
                let mut statements = vec![ddl.add_column(entity, &table.name, column, target.as_deref())];
                statements.extend(ddl.add_fingerprint(&table.name, column));
                statements
            }
            PlanAction::RetypeColumn { column, again, conversion } => {
                let table = table_mut(physical, entity)?;
                let from = replace_column(table, column)?;
                if !*again {
                    self.run(&ddl.add_column(entity, &table.name, column, None), Vec::new())?;
                }
                if let Some((was, becomes)) = conversion {
                    self.convert(table, column.id, &from, (*again, (was, becomes)))?;
                }
                Vec::new()
            }
            PlanAction::RetireColumn { id } => retire_column(physical, entity, *id, true)?,
            PlanAction::RestoreColumn { id } => retire_column(physical, entity, *id, false)?,
            PlanAction::RetireTable => retire_table(physical, entity, true)?,
            PlanAction::RestoreTable => retire_table(physical, entity, false)?,
            PlanAction::CreateIndex { index } => {
                let table = table_mut(physical, entity)?;
                table.indexes.insert(index.name.clone(), index_info(index));
                vec![ddl.create_index(&table.name, index, &column_names(table, index)?)]
            }
            PlanAction::DropIndex { name } => {
                table_mut(physical, entity)?.indexes.shift_remove(name);
                vec![ddl.drop_index(name)]
            }
            PlanAction::Backfill | PlanAction::Fill { .. } => Vec::new(),
        };
        statements.iter().try_for_each(|statement| self.run(statement, Vec::new()).map(|_rows| ()))
    }

    fn add_foreign_keys(&mut self, physical: &Physical, step: &PlanStep) -> Result<(), StorageError> {
        let columns: &[ColumnSpec] = match &step.action {
            PlanAction::CreateTable { table } => &table.columns,
            PlanAction::AddColumn { column } => std::slice::from_ref(column),
            PlanAction::RetypeColumn { .. }
            | PlanAction::RetireColumn { .. }
            | PlanAction::RestoreColumn { .. }
            | PlanAction::RetireTable
            | PlanAction::RestoreTable
            | PlanAction::CreateIndex { .. }
            | PlanAction::DropIndex { .. }
            | PlanAction::Backfill
            | PlanAction::Fill { .. } => &[],
        };
        let prefix = self.prefix().to_owned();
        let ddl = Ddl { dialect: self.dialect(), prefix: &prefix };
        let table = &physical.table(step.entity_id)?.name;
        for column in columns {
            let Some(target) = column.target else { continue };
            let target = physical.tables.get(&target).ok_or_else(|| missing(target))?;
            if let Some(statement) = ddl.add_foreign_key(step.entity_id, table, column, &target.name) {
                self.run(&statement, Vec::new())?;
            }
        }
        Ok(())
    }

    /// Counts what each step of a plan touches and what would no longer be reachable.
    pub fn measure(&mut self, physical: &Physical, plan: &mut Plan) -> Result<(), StorageError> {
        let dialect = self.dialect();
        let mut sizes: IndexMap<EntityId, u64> = IndexMap::new();
        for step in &mut plan.steps {
            let Some(table) = physical.tables.get(&step.entity_id) else { continue };
            let rows = match sizes.get(&step.entity_id) {
                Some(rows) => *rows,
                None => self.count_of("*", &table.name)?,
            };
            sizes.insert(step.entity_id, rows);
            step.rows = rows;
            step.data_lost = match &step.action {
                PlanAction::RetireColumn { id } => self.count_of(&quoted(&table.column(*id)?.name), &table.name)?,
                PlanAction::RetireTable => rows,
                PlanAction::Fill { id } => {
                    let filled = table.columns.get(id).map_or(Ok(0), |column| self.count_of(&quoted(&column.name), &table.name))?;
                    step.rows = rows.saturating_sub(filled);
                    0
                }
                PlanAction::CreateTable { .. }
                | PlanAction::AddColumn { .. }
                // Its caller asks for `losses`, with examples.
                | PlanAction::RetypeColumn { .. }
                | PlanAction::RestoreColumn { .. }
                | PlanAction::RestoreTable
                | PlanAction::CreateIndex { .. }
                | PlanAction::DropIndex { .. }
                | PlanAction::Backfill => 0,
            };
            step.stall_ms = stall_ms(&step.action, step.rows);
            step.lock = step.action.lock(dialect);
        }
        Ok(())
    }

    fn count_of(&mut self, what: &str, table: &str) -> Result<u64, StorageError> {
        let sql = format!("SELECT count({what}) FROM {}{}", self.prefix(), quoted(table));
        let rows = self.fetch(&sql, Vec::new(), &[Reading::Column(ColumnType::Integer)])?;
        match rows.first().and_then(|row| row.first()) {
            Some(Value::Number(count)) => Ok(count.to_u64().unwrap_or_default()),
            _ => Err(StorageError::Bug("a count answered no number".to_owned())),
        }
    }
}

/// A statement that changes a table without looking at its rows, with the wait for its lock.
const STATEMENT_MS: u64 = 5;
/// An index, per row: read, sorted, written.
const INDEX_US: u64 = 3;
/// A converted value, per row: read twice, to count what is lost and to convert it, and written.
const RETYPE_US: u64 = 30;
/// A derived field, per row: read with what it depends on, computed, written.
const BACKFILL_US: u64 = 150;

/// How long writers wait for a step, from what steps have taken on an ordinary machine of today.
fn stall_ms(action: &PlanAction, rows: u64) -> u64 {
    let per_row = match action {
        PlanAction::CreateTable { .. } | PlanAction::AddColumn { .. } | PlanAction::DropIndex { .. } => 0,
        PlanAction::RetireColumn { .. }
        | PlanAction::RestoreColumn { .. }
        | PlanAction::RetireTable
        | PlanAction::RestoreTable => return 0,
        PlanAction::CreateIndex { .. } => INDEX_US,
        PlanAction::RetypeColumn { .. } => RETYPE_US,
        PlanAction::Backfill | PlanAction::Fill { .. } => BACKFILL_US,
    };
    STATEMENT_MS + rows.saturating_mul(per_row) / 1000
}

/// Puts another column in a field's place and keeps the one it had; answers that one.
fn replace_column(table: &mut TableInfo, column: &ColumnSpec) -> Result<ColumnInfo, StorageError> {
    let missing = || StorageError::Bug(format!("the plan is about a column {} that is not there", column.id));
    let place = table.columns.get_mut(&column.id).ok_or_else(missing)?;
    let from = std::mem::replace(place, column_info(column));
    table.former.retain(|(_, former)| former.name != column.name);
    table.former.push((column.id, ColumnInfo { target: None, retired: true, ..from.clone() }));
    table.former.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    Ok(from)
}

fn table_mut(physical: &mut Physical, entity: EntityId) -> Result<&mut TableInfo, StorageError> {
    physical.tables.get_mut(&entity).ok_or_else(|| missing(entity))
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

fn retire_column(physical: &mut Physical, entity: EntityId, field: FieldId, retired: bool) -> Result<Vec<String>, StorageError> {
    let table = table_mut(physical, entity)?;
    let missing = || StorageError::Bug(format!("the plan is about a column {field} that is not there"));
    table.columns.get_mut(&field).ok_or_else(missing)?.retired = retired;
    Ok(Vec::new())
}

fn retire_table(physical: &mut Physical, entity: EntityId, retired: bool) -> Result<Vec<String>, StorageError> {
    table_mut(physical, entity)?.retired = retired;
    Ok(Vec::new())
}

fn column_names(table: &TableInfo, index: &IndexSpec) -> Result<Vec<String>, StorageError> {
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
