//! The steps from the tables as they are to those that the definitions need: pure, printable, applied as it stands.
use std::collections::BTreeSet;

use indexmap::IndexMap;
use kontor_definitions::{
    Aspect, Catalog, ColumnType, Entity, EntityId, Field, FieldId, FieldType,
    catalog::{FieldClass, NumberFormat},
    convert::{self, Retype, Shape},
};
use serde::{Deserialize, Serialize};

use super::{ColumnInfo, Physical, TableInfo, names, text::Lock};
use crate::error::StorageError;

/// What a publish will do to the tables: data, printable, shown before it is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps in order.
    pub steps: Vec<PlanStep>,
}

impl Plan {
    /// Whether days become moments or moments days: then it must be said in which zone.
    pub fn tells_days(&self) -> bool {
        let mut conversions = self.steps.iter().filter_map(|step| step.action.days());
        conversions.next().is_some()
    }

    /// Days are told in this zone.
    pub fn in_zone(&mut self, name: &str) {
        for step in &mut self.steps {
            let PlanAction::RetypeColumn { conversion: Some((from, to)), .. } = &mut step.action else { continue };
            for shape in [from, to] {
                if let Shape::Moment { zone } = shape {
                    name.clone_into(zone);
                }
            }
        }
    }
}

impl PlanAction {
    /// The zone in which a conversion tells days, where it does.
    pub(super) fn days(&self) -> Option<&str> {
        match self {
            Self::RetypeColumn {
                conversion: Some((Shape::Date, Shape::Moment { zone }) | (Shape::Moment { zone }, Shape::Date)),
                ..
            } => Some(zone),
            _ => None,
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanStep {
    /// What is done.
    pub action: PlanAction,
    /// `app.entity`; of a removed entity the name its table was made with.
    pub entity: String,
    /// The entity's id.
    pub entity_id: EntityId,
    /// The field's name, where it is about one.
    pub field: Option<String>,
    /// Rows the step touches, filled in by [`Tx::measure`](crate::Tx::measure).
    pub rows: u64,
    /// Values that will no longer be reachable, filled in with `rows`.
    pub data_lost: u64,
    /// Restoring an older revision brings it back.
    pub reversible: bool,
    /// How long writers wait for it, estimated from `rows`; filled in with them.
    pub stall_ms: u64,
    /// Whom it keeps waiting; filled in with `rows`.
    pub lock: Lock,
}

/// The kinds of steps, with what each needs beyond names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum PlanAction {
    /// A new table with its columns, keys and indexes.
    CreateTable {
        /// All of it.
        table: TableSpec,
    },
    /// A new, empty column.
    AddColumn {
        /// It.
        column: ColumnSpec,
    },
    /// A field gets another type: its values are converted into another column, and the one it had is kept.
    RetypeColumn {
        /// The column from now on: a new one, or the one the field had when it was of this type before.
        column: ColumnSpec,
        /// The column was there before. Rows that still say what was converted from it get its value back.
        again: bool,
        /// What values are converted from and to; nothing for derived fields, which are computed anew, and for values that
        /// stay as they are.
        conversion: Option<(Shape, Shape)>,
    },
    /// The column of a removed field is kept but no longer used.
    RetireColumn {
        /// The field.
        id: FieldId,
    },
    /// A retired column is used again.
    RestoreColumn {
        /// The field.
        id: FieldId,
    },
    /// The table of a removed entity is kept but no longer used.
    RetireTable,
    /// A retired table is used again.
    RestoreTable,
    /// A unique or plain index is built.
    CreateIndex {
        /// It.
        index: IndexSpec,
    },
    /// An index is dropped.
    DropIndex {
        /// Its name.
        name: String,
    },
    /// A stored derived field is computed for existing rows, by the engine, after the tables have changed.
    Backfill,
    /// A field that becomes required gets its default in existing rows where it is empty, by the engine, with the back-fill.
    Fill {
        /// The field.
        id: FieldId,
    },
}

/// A table to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnSpec>,
    /// Its indexes.
    pub indexes: Vec<IndexSpec>,
}

/// A column to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnSpec {
    /// The field.
    pub id: FieldId,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(with = "super::text::column_type")]
    pub ty: ColumnType,
    /// The entity whose records a foreign key points to.
    pub target: Option<EntityId>,
}

/// An index to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexSpec {
    /// Its name.
    pub name: String,
    /// Values occur once.
    pub unique: bool,
    /// Archived records are left out of it.
    pub live_only: bool,
    /// What is indexed, in order.
    pub fields: Vec<FieldId>,
}

/// A change that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// There is no conversion for the values of a field.
    #[error("there is no conversion for the values of {entity}.{field}")]
    TypeChange {
        /// `app.entity`
        entity: String,
        /// The field's name.
        field: String,
        /// Its id.
        id: FieldId,
    },
    /// Values that are encrypted stay so, and in their type; values that are not would stay readable in the column they had.
    #[error("the values of {entity}.{field} can neither become encrypted nor be converted while they are")]
    Encryption {
        /// `app.entity`
        entity: String,
        /// The field's name.
        field: String,
        /// Its id.
        id: FieldId,
    },
}

impl From<PlanError> for StorageError {
    fn from(error: PlanError) -> Self {
        Self::Plan(error)
    }
}

/// The steps from the tables as they are to those that the catalog needs; [`StorageError::Plan`] names a change that
/// cannot be done.
pub fn plan(physical: &Physical, catalog: &Catalog) -> Result<Plan, StorageError> {
    plan_from(physical, &Catalog::default(), catalog)
}

/// The same from the definitions that are live: they say what the values of a field mean, where columns do not.
pub fn plan_from(physical: &Physical, before: &Catalog, catalog: &Catalog) -> Result<Plan, StorageError> {
    plan_beside(physical, (before, catalog), &BTreeSet::new())
}

/// The same with another column for some fields, and aspects of fields, that could keep theirs: it is filled while the one they have is still used.
pub fn plan_beside(
    physical: &Physical,
    (before, catalog): (&Catalog, &Catalog),
    beside: &BTreeSet<(EntityId, FieldId)>,
) -> Result<Plan, StorageError> {
    let mut steps = Vec::new();
    for entity in catalog.entities.values() {
        match physical.tables.get(&entity.id) {
            None => steps.push(step(entity, None, PlanAction::CreateTable { table: table_spec(entity) })),
            Some(table) => {
                let old = before.entity(entity.id).map(AsRef::as_ref);
                change_table((table, old), (entity, beside), &mut steps)?;
            }
        }
    }
    for (id, table) in &physical.tables {
        if !table.retired && catalog.entity(*id).is_none() {
            let entity = names::readable(&table.name).to_owned();
            let action = PlanAction::RetireTable;
            steps.push(PlanStep {
                action,
                entity,
                entity_id: *id,
                field: None,
                rows: 0,
                data_lost: 0,
                reversible: true,
                stall_ms: 0,
                lock: Lock::None,
            });
        }
    }
    Ok(Plan { steps })
}

fn step(entity: &Entity, field: Option<&str>, action: PlanAction) -> PlanStep {
    PlanStep {
        action,
        entity: entity.full_name(),
        entity_id: entity.id,
        field: field.map(str::to_owned),
        rows: 0,
        data_lost: 0,
        reversible: true,
        stall_ms: 0,
        lock: Lock::None,
    }
}

fn change_table(
    (table, before): (&TableInfo, Option<&Entity>),
    (entity, beside): (&Entity, &BTreeSet<(EntityId, FieldId)>),
    steps: &mut Vec<PlanStep>,
) -> Result<(), PlanError> {
    if table.retired {
        steps.push(step(entity, None, PlanAction::RestoreTable));
    }
    let (mut derived, mut moved) = (Vec::new(), Vec::new());
    for field in &entity.fields {
        let Some(wanted) = column_spec(entity, field) else { continue };
        let old = before.and_then(|before| before.field(field.id));
        let action = match table.columns.get(&field.id) {
            None => PlanAction::AddColumn { column: ColumnSpec { name: names::free_column(table, field, &wanted), ..wanted } },
            Some(column) => match retyped(table, (column, old), (entity, field, beside), &wanted)? {
                Some(retype) => {
                    moved.push(field.id);
                    retype
                }
                None if column.retired => PlanAction::RestoreColumn { id: field.id },
                None => continue,
            },
        };
        steps.push(step(entity, Some(&field.name), action));
        if matches!(field.class, FieldClass::Row | FieldClass::Rollup) {
            derived.push(step(entity, Some(&field.name), PlanAction::Backfill));
        }
    }
    for id in &entity.aspects {
        let Some((wanted, field)) = aspect_spec(entity, *id) else { continue };
        let action = match table.columns.get(id) {
            None => PlanAction::AddColumn { column: wanted },
            Some(column) if column.retired => PlanAction::RestoreColumn { id: *id },
            Some(_) if beside.contains(&(entity.id, *id)) => {
                moved.push(*id);
                aspect_beside(table, field, &wanted)
            }
            Some(_) => continue,
        };
        steps.push(step(entity, Some(&field.name), action));
    }
    change_indexes(table, entity, &moved, steps);
    steps.extend(derived);
    Ok(())
}

/// The indexes that go, the columns that are retired between, the indexes that come: an index goes before the column it
/// is on, and comes after it. One on a column that `moved` is built anew.
fn change_indexes(table: &TableInfo, entity: &Entity, moved: &[FieldId], steps: &mut Vec<PlanStep>) {
    let wanted: IndexMap<String, IndexSpec> = index_specs(entity).into_iter().map(|index| (index.name.clone(), index)).collect();
    let stays = |name: &String| {
        let index = table.indexes.get(name);
        wanted.contains_key(name) && index.is_some_and(|index| !index.fields.iter().any(|field| moved.contains(field)))
    };
    for name in table.indexes.keys().filter(|name| !stays(name)) {
        steps.push(step(entity, None, PlanAction::DropIndex { name: name.clone() }));
    }
    for (id, column) in &table.columns {
        let stays = has_column(entity, *id);
        if !column.retired && !stays {
            let field = id.aspect_of().map_or(*id, |(_, field)| field);
            let name = entity.field(field).map_or_else(|| names::readable(&column.name), |field| &field.name);
            steps.push(step(entity, Some(name), PlanAction::RetireColumn { id: *id }));
        }
    }
    let missing: Vec<IndexSpec> = wanted.values().filter(|index| !stays(&index.name)).cloned().collect();
    steps.extend(missing.into_iter().map(|index| step(entity, None, PlanAction::CreateIndex { index })));
}

/// The change of type of a field that has a column, where it has one.
fn retyped(
    table: &TableInfo,
    (column, old): (&ColumnInfo, Option<&Field>),
    (entity, field, beside): (&Entity, &Field, &BTreeSet<(EntityId, FieldId)>),
    wanted: &ColumnSpec,
) -> Result<Option<PlanAction>, PlanError> {
    let beside = beside.contains(&(entity.id, field.id));
    let stored_alike = column.ty == wanted.ty && (column.target.is_none() || column.target == wanted.target);
    let encrypted = |ty| matches!(ty, ColumnType::Encrypted(_));
    if column.ty != wanted.ty && (encrypted(column.ty) || encrypted(wanted.ty)) {
        let (entity, field, id) = (entity.full_name(), field.name.clone(), field.id);
        return Err(PlanError::Encryption { entity, field, id });
    }
    let derived = matches!(field.class, FieldClass::Row | FieldClass::Rollup);
    let former = table.former.iter().find(|(id, former)| *id == field.id && former.ty == wanted.ty).map(|(_, former)| former);
    // The foreign key that a column once had is not known.
    let former = former.filter(|_| wanted.target.is_none());
    let generic;
    let from = match old.filter(|old| old.column() == Some(column.ty)) {
        Some(old) => Some(&old.ty),
        // Of a field that was removed nothing but its column is known.
        None => {
            generic = plain_type(column.ty);
            generic.as_ref()
        }
    };
    let conversion = match from.map(|from| (convert::retype(from, &field.ty), from)) {
        _ if stored_alike && beside => None,
        _ if stored_alike && (old.is_none() || derived) => return Ok(None),
        _ if derived => None,
        Some((Retype::Keep, from)) if stored_alike => match former.and(convert::shapes(from, &field.ty)) {
            // What could not be converted then is still in the column of then.
            Some(shapes) if convert::narrower(from, &field.ty) => Some(shapes),
            _ => return Ok(None),
        },
        Some((Retype::Convert { from, to }, _)) if wanted.target.is_none() && !field.id.0.is_system() => Some((from, to)),
        _ => {
            let (entity, field, id) = (entity.full_name(), field.name.clone(), field.id);
            return Err(PlanError::TypeChange { entity, field, id });
        }
    };
    let again = former.is_some();
    let name = former.map_or_else(|| names::next_column(table, field), |former| former.name.clone());
    Ok(Some(PlanAction::RetypeColumn { column: ColumnSpec { name, ..*wanted }, again, conversion }))
}

/// Another column for an aspect whose column is in use.
fn aspect_beside(table: &TableInfo, field: &Field, wanted: &ColumnSpec) -> PlanAction {
    let name = wanted.id.aspect_of().map_or_else(|| wanted.name.clone(), |(what, _)| names::next_aspect(table, field, what));
    let again = table.former.iter().any(|(_, former)| former.name == name);
    PlanAction::RetypeColumn { column: ColumnSpec { name, ..wanted.clone() }, again, conversion: None }
}

/// The type whose values a column of a removed field is read as.
fn plain_type(ty: ColumnType) -> Option<FieldType> {
    Some(match ty {
        ColumnType::Text => FieldType::LongText { rich: false },
        ColumnType::Integer => FieldType::Integer { rating: None },
        ColumnType::Decimal { scale } => {
            FieldType::Decimal { format: NumberFormat::Plain, precision: 18, scale, unit_field: None }
        }
        ColumnType::Boolean => FieldType::Boolean,
        ColumnType::Date => FieldType::Date,
        ColumnType::Time => FieldType::Time,
        ColumnType::Instant => FieldType::DateTime,
        ColumnType::Uuid | ColumnType::Json | ColumnType::Encrypted(_) => return None,
    })
}

fn table_spec(entity: &Entity) -> TableSpec {
    let aspects = entity.aspects.iter().filter_map(|id| aspect_spec(entity, *id)).map(|(column, _)| column);
    TableSpec {
        name: names::table(entity),
        columns: entity.fields.iter().filter_map(|field| column_spec(entity, field)).chain(aspects).collect(),
        indexes: index_specs(entity),
    }
}

fn column_spec(entity: &Entity, field: &Field) -> Option<ColumnSpec> {
    let ty = field.column()?;
    Some(ColumnSpec { id: field.id, name: names::column(field), ty, target: foreign_key(entity, field) })
}

/// The column of an aspect of a field, and the field.
fn aspect_spec(entity: &Entity, id: FieldId) -> Option<(ColumnSpec, &Field)> {
    let (aspect, of) = id.aspect_of()?;
    let field = entity.field(of)?;
    // Of texts in several languages it has one value per language.
    let ty = if matches!(field.ty, FieldType::Json(_)) { ColumnType::Json } else { ColumnType::Text };
    Some((ColumnSpec { id, name: names::aspect(field, aspect), ty, target: None }, field))
}

fn has_column(entity: &Entity, id: FieldId) -> bool {
    entity.aspects.contains(&id) || entity.field(id).is_some_and(|field| field.column().is_some())
}

/// References have foreign keys, except the engine's own marks of who did something: those may name the engine itself.
fn foreign_key(entity: &Entity, field: &Field) -> Option<EntityId> {
    match &field.ty {
        _ if field.id == FieldId::PARENT => entity.parent.map(|(parent, _lines)| parent),
        FieldType::Reference { entity, .. } if !field.id.0.is_system() || field.id == FieldId::COMPANY => Some(*entity),
        _ => None,
    }
}

/// Unique sets, an index per reference, the declared ones, their orders, what duplicates are told by, the parent of lines.
fn index_specs(entity: &Entity) -> Vec<IndexSpec> {
    let archives = entity.field(FieldId::ARCHIVED_AT).is_some();
    let mut specs: Vec<IndexSpec> = Vec::new();
    let mut add = |unique: bool, live_only: bool, fields: Vec<FieldId>| {
        let name = names::index(unique, entity.id, &fields);
        let stored = fields.iter().all(|field| has_column(entity, *field));
        if stored && !fields.is_empty() && specs.iter().all(|other| other.name != name && other.fields != fields) {
            specs.push(IndexSpec { name, unique, live_only, fields });
        }
    };
    for fields in &entity.unique {
        // Numbers of documents hold among all records, everything else among live ones.
        let numbers =
            fields.iter().all(|field| entity.field(*field).is_some_and(|field| matches!(field.ty, FieldType::AutoNumber { .. })));
        add(true, archives && !numbers, fields.clone());
    }
    if entity.field(FieldId::PARENT).is_some() {
        add(false, false, vec![FieldId::PARENT, FieldId::POSITION]);
    }
    if entity.field(FieldId::OWNER).is_some() {
        add(false, false, vec![FieldId::OWNER]);
    }
    if entity.field(FieldId::COMPANY).is_some() {
        add(false, false, vec![FieldId::COMPANY]);
    }
    for field in entity.fields.iter().filter(|field| !field.id.0.is_system() && field.ty.reference().is_some()) {
        add(false, false, vec![field.id]);
    }
    for fields in &entity.indexes {
        add(false, false, fields.clone());
    }
    // Lists sort texts by their sort keys, so what is indexed for an order is indexed by those too.
    for fields in entity.unique.iter().chain(&entity.indexes) {
        let sorted = fields.iter().map(|field| Some(field.aspect(Aspect::SortKey)).filter(|key| entity.aspects.contains(key)));
        let sorted: Vec<Option<FieldId>> = sorted.collect();
        if sorted.iter().any(Option::is_some) {
            add(false, false, fields.iter().zip(sorted).map(|(field, key)| key.unwrap_or(*field)).collect());
        }
    }
    for rule in &entity.duplicates {
        add(false, archives, rule.fields.clone());
    }
    specs
}
