//! Which stored fields must be computed anew or filled for rows that are there already.
use std::collections::BTreeSet;

use kontor_definitions::{
    Catalog, Entity, EntityId, FieldId, FieldType,
    catalog::{Field, FieldClass},
    expr::{converts, reads},
};
use kontor_storage::{
    Plan, PlanStep,
    schema::{Lock, PlanAction},
};

use crate::{required::Fills, snapshot::Snapshot};

/// As deep as roll-ups are stored over roll-ups.
const DEPTH: usize = 8;

/// An entity with the fields to be filled with their default, and those to be computed, in its order of computing.
pub(crate) type Work = (EntityId, Vec<FieldId>);

/// The entities whose stored derived fields are new or computed in another way than before, or read a field that is filled; owned lines come before their
/// parents, records before those they refer to where these roll them up. Where one field changes all of the entity are
/// computed: others may build on it. Entities that roll each other up come as many times as values travel between them.
pub(crate) fn changed(before: &Snapshot, after: &Catalog, fills: &Fills) -> Vec<Work> {
    let mut dirty: Vec<EntityId> = Vec::new();
    for entity in after.entities.values() {
        // A table that does not exist yet has no rows.
        let has_rows = before.physical.tables.contains_key(&entity.id);
        let old = before.catalog.entity(entity.id);
        let old = old.map(AsRef::as_ref);
        let filled = joins_company(old, entity) || fills.contains_key(&entity.id);
        if has_rows && (filled || derived(entity).any(|field| is_new(old, field))) {
            mark(after, entity, &mut dirty);
        }
    }
    let (dirty, circle) = in_order(after, dirty);
    let rollups = |id: &EntityId| after.entity(*id).map_or(0, |entity| of_records(entity).count());
    let rounds = if circle { dirty.iter().map(rollups).sum::<usize>().clamp(1, DEPTH) + 1 } else { 1 };
    let work = std::iter::repeat_n(dirty.as_slice(), rounds).flatten().filter_map(|id| {
        let entity = after.entity(*id)?;
        let old = before.catalog.entity(*id).map(AsRef::as_ref);
        let fresh = fresh(entity, old, &dirty);
        let wanted = derived(entity).filter(|field| !keeps_value(field) || fresh.contains(&field.id)).map(|field| field.id);
        let company = joins_company(old, entity).then_some(FieldId::COMPANY);
        Some((*id, company.into_iter().chain(fills.get(id).into_iter().flatten().copied()).chain(wanted).collect()))
    });
    work.filter(|(_, fields): &Work| !fields.is_empty()).collect()
}

/// Adds what will be computed to a plan, where the plan does not say so already.
pub(crate) fn add_steps(plan: &mut Plan, work: &[Work], catalog: &Catalog) {
    for (id, fields) in work {
        let Some(entity) = catalog.entity(*id) else { continue };
        for field in fields.iter().filter_map(|field| entity.field(*field)) {
            let action = match field.class {
                FieldClass::Input => PlanAction::Fill { id: field.id },
                FieldClass::Row | FieldClass::Rollup | FieldClass::Live => PlanAction::Backfill,
            };
            let known = plan
                .steps
                .iter()
                .any(|step| step.action == action && step.entity_id == *id && step.field.as_ref() == Some(&field.name));
            if !known {
                plan.steps.push(PlanStep {
                    action,
                    entity: entity.full_name(),
                    entity_id: *id,
                    field: Some(field.name.clone()),
                    rows: 0,
                    data_lost: 0,
                    reversible: true,
                    stall_ms: 0,
                    lock: Lock::None,
                });
            }
        }
    }
}

/// The entity and the parents above it, and the entities it refers to, whose roll-ups build on it.
fn mark(catalog: &Catalog, entity: &Entity, dirty: &mut Vec<EntityId>) {
    if dirty.contains(&entity.id) {
        return;
    }
    dirty.push(entity.id);
    for above in above(catalog, entity) {
        mark(catalog, above, dirty);
    }
}

/// The entities whose stored fields build on stored fields of this one.
fn above<'c>(catalog: &'c Catalog, entity: &Entity) -> Vec<&'c Entity> {
    let parent = entity.parent.map(|(parent, _)| parent);
    let rolls_up = |other: &Entity| of_records(other).any(|of| of == entity.id);
    catalog.entities.values().map(AsRef::as_ref).filter(|other| parent == Some(other.id) || rolls_up(other)).collect()
}

/// The entities whose records an entity's stored roll-ups combine.
fn of_records(entity: &Entity) -> impl Iterator<Item = EntityId> {
    entity.fields.iter().filter(|field| field.class == FieldClass::Rollup).filter_map(|field| match &field.ty {
        FieldType::Rollup { of, .. } => *of,
        _ => None,
    })
}

/// Entities before those above them, and whether some of them lie on a circle, where no order does.
fn in_order(catalog: &Catalog, mut open: Vec<EntityId>) -> (Vec<EntityId>, bool) {
    let (mut done, mut circle) = (Vec::with_capacity(open.len()), false);
    while !open.is_empty() {
        let waits = |id: &EntityId| {
            open.iter()
                .filter_map(|below| catalog.entity(*below))
                .any(|below| above(catalog, below).iter().any(|up| up.id == *id))
        };
        let free = open.iter().position(|id| !waits(id));
        circle |= free.is_none();
        done.push(open.remove(free.unwrap_or_default()));
    }
    (done, circle)
}

/// Stored derived fields in their order of computing.
fn derived(entity: &Entity) -> impl Iterator<Item = &Field> {
    let in_order = entity.compute_order.iter().filter_map(|place| entity.fields.get(*place));
    in_order.filter(|field| matches!(field.class, FieldClass::Row | FieldClass::Rollup))
}

/// Whether the records of an entity belong to companies from now on: those that are there are the default company's.
fn joins_company(old: Option<&Entity>, entity: &Entity) -> bool {
    entity.field(FieldId::COMPANY).is_some() && old.is_none_or(|old| old.field(FieldId::COMPANY).is_none())
}

/// The fields that are new or computed in another way, and those that build on them.
fn fresh(entity: &Entity, old: Option<&Entity>, dirty: &[EntityId]) -> BTreeSet<FieldId> {
    let mut fresh = BTreeSet::new();
    for field in derived(entity) {
        let inputs: Vec<FieldId> = match &field.ty {
            FieldType::Formula { expression, .. } => reads(expression).iter().filter_map(|path| path.first().copied()).collect(),
            FieldType::Rollup { lines, .. } => vec![*lines],
            _ => Vec::new(),
        };
        let moved = |input: &FieldId| {
            let lines = entity.field(*input).map(|field| &field.ty);
            fresh.contains(input) || matches!(lines, Some(FieldType::Lines { entity, .. }) if dirty.contains(entity))
        };
        let of_records = matches!(&field.ty, FieldType::Rollup { of: Some(of), .. } if dirty.contains(of));
        if is_new(old, field) || of_records || inputs.iter().any(moved) {
            fresh.insert(field.id);
        }
    }
    fresh
}

/// A copied lookup keeps what it copied when its row was written, a conversion the rate it was made at.
fn keeps_value(field: &Field) -> bool {
    match &field.ty {
        FieldType::Lookup { copied, .. } => *copied,
        FieldType::Formula { expression, .. } => converts(expression),
        _ => false,
    }
}

/// Whether a field was not there, or was computed in another way. The printed form of a type names every part of its
/// expressions by id, so a rename changes nothing.
fn is_new(old: Option<&Entity>, field: &Field) -> bool {
    let before = old.and_then(|entity| entity.field(field.id));
    before.is_none_or(|before| before.class != field.class || format!("{:?}", before.ty) != format!("{:?}", field.ty))
}
