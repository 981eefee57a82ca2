//! Physical tables: what there is, what a change of definitions needs, and doing it.
use indexmap::IndexMap;
use kontor_definitions::{Catalog, ColumnType, EntityId, FieldId};
use serde::{Deserialize, Serialize};

use crate::error::StorageError;

/// The tables of a tenant as they are. Stored in the tenant's `physical` system table, loaded with a snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Physical {
    /// Table by entity; retired entities included.
    pub tables: IndexMap<EntityId, TableInfo>,
}

/// One table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableInfo {
    /// Its name, fixed at creation: `order_k3v9x2ab`.
    pub name: String,
    /// Column by field; retired fields included.
    pub columns: IndexMap<FieldId, ColumnInfo>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnInfo {
    /// Its name, fixed at creation, never reused: `customer_p4s8d1aa`.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// The field was removed from the definitions; the values are kept until purged.
    pub retired: bool,
}

/// What a publish will do to the tables: data, printable, shown before it is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps in order.
    pub steps: Vec<PlanStep>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanStep {
    /// What is done.
    pub action: PlanAction,
    /// `app.entity`
    pub entity: String,
    /// The entity's id.
    pub entity_id: EntityId,
    /// The field's name, where it is about one.
    pub field: Option<String>,
    /// Rows the step touches, filled in by [`Tx::measure`](crate::Tx).
    pub rows: u64,
    /// Values that will no longer be reachable (retired column, narrowed type).
    pub data_lost: u64,
    /// Restoring an older revision brings it back.
    pub reversible: bool,
}

/// The kinds of steps. What a step needs beyond names is inside it, so that a plan can be applied as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum PlanAction {
    /// A new table with its columns, keys and indexes.
    CreateTable,
    /// A new, empty column.
    AddColumn,
    /// The column of a removed field is kept but no longer used.
    RetireColumn,
    /// A retired column is used again.
    RestoreColumn,
    /// The table of a removed entity is kept but no longer used.
    RetireTable,
    /// A retired table is used again.
    RestoreTable,
    /// A unique or plain index is built.
    CreateIndex,
    /// An index is dropped.
    DropIndex,
    /// A stored derived field is computed for existing rows.
    Backfill,
}

/// The steps from the tables as they are to those that the catalog needs. Pure. Errors name a change that cannot be done
/// (a change of type, until it is done by back-fill).
pub fn plan(_physical: &Physical, _catalog: &Catalog) -> Result<Plan, StorageError> {
    unimplemented!()
}
