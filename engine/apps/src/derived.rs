//! Which stored fields must be computed anew or filled for rows that are there already.
use std::collections::BTreeSet;

use kontor_definitions::{
    Catalog, Entity, EntityId, FieldId, FieldType,
    catalog::{Field, FieldClass},
    expr::{converts, reads},
};
use kontor_storage::{
    Link, Plan, PlanStep,
    schema::{Lock, PlanAction},
};

use crate::{required::Fills, snapshot::Snapshot};

/// As deep as roll-ups are stored over roll-ups.
const DEPTH: usize = 8;

/// An entity with the fields to be filled with their default, and those to be computed, in its order of computing.
pub(crate) type Work = (EntityId, Vec<FieldId>);

/// The entities whose stored derived fields are new, computed in another way than before, or build on values that move;
/// owned lines come before their parents, records before those they refer to where these roll them up. Entities that roll each
/// other up come as many times as values travel between them.
pub(crate) fn changed(before: &Snapshot, after: &Catalog, plan: &Plan, fills: &Fills) -> Vec<Work> {
    let wanted = moving(before, after, plan, fills);
    // A table that does not exist yet has no rows.
    let has_rows = |entity: &Entity| before.physical.tables.contains_key(&entity.id);
    let filled = |entity: &Entity| -> Vec<FieldId> {
        let company = joins_company(before, entity).then_some(FieldId::COMPANY);
        company.into_iter().chain(fills.get(&entity.id).into_iter().flatten().copied()).collect()
    };
    let is_dirty = |entity: &Entity| !filled(entity).is_empty() || derived(entity).any(|field| wanted.contains(&field.id));
    let dirty = after.entities.values().filter(|entity| has_rows(entity) && is_dirty(entity)).map(|entity| entity.id).collect();
    let (dirty, circle) = in_order(after, dirty);
    let rollups = |id: &EntityId| after.entity(*id).map_or(0, |entity| of_records(entity).count());
    let rounds = if circle { dirty.iter().map(rollups).sum::<usize>().clamp(1, DEPTH) + 1 } else { 1 };
    let work = std::iter::repeat_n(dirty.as_slice(), rounds).flatten().filter_map(|id| {
        let entity = after.entity(*id)?;
        let computed = derived(entity).filter(|field| wanted.contains(&field.id)).map(|field| field.id);
        Some((*id, filled(entity).into_iter().chain(computed).collect()))
    });
    work.collect()
}

/// The derived fields whose values change: new ones, those computed in another way, and those that build on them or on values that
/// are converted or filled. That a value is filled is no reason for a field that keeps its own.
fn moving(before: &Snapshot, after: &Catalog, plan: &Plan, fills: &Fills) -> BTreeSet<FieldId> {
    let (mut fresh, mut stale): (BTreeSet<FieldId>, BTreeSet<FieldId>) = (retyped(plan), BTreeSet::new());
    stale.extend(fills.values().flatten());
    stale.extend(after.entities.values().filter(|entity| joins_company(before, entity)).map(|_| FieldId::COMPANY));
    loop {
        let known = fresh.len() + stale.len();
        for entity in after.entities.values() {
            let old = before.catalog.entity(entity.id).map(AsRef::as_ref);
            let computed = |field: &&Field| {
                matches!(field.ty, FieldType::Formula { .. } | FieldType::Rollup { .. } | FieldType::Lookup { .. })
            };
            for field in entity.fields.iter().filter(computed) {
                let inputs = inputs(field);
                let build_on = |set: &BTreeSet<FieldId>| inputs.iter().any(|input| set.contains(input));
                if is_new(old, field) || build_on(&fresh) {
                    fresh.insert(field.id);
                } else if !keeps_value(field) && build_on(&stale) {
                    stale.insert(field.id);
                }
            }
        }
        if fresh.len() + stale.len() == known {
            fresh.append(&mut stale);
            return fresh;
        }
    }
}

/// The fields whose values are converted.
fn retyped(plan: &Plan) -> BTreeSet<FieldId> {
    let retyped = plan.steps.iter().filter_map(|step| match &step.action {
        PlanAction::RetypeColumn { column, conversion: Some(_), .. } => Some(column.id),
        _ => None,
    });
    retyped.collect()
}

/// The fields that keep their value unless the one they stand on is filled: they are computed anew in the rows that are.
pub(crate) fn carried(catalog: &Catalog, fills: &Fills) -> Vec<Work> {
    let carried = |(id, filled): (&EntityId, &Vec<FieldId>)| {
        let entity = catalog.entity(*id)?;
        let stands = |field: &&Field| keeps_value(field) && inputs(field).iter().any(|input| filled.contains(input));
        let fields = entity.fields.iter().filter(|field| field.class == FieldClass::Row).filter(stands);
        Some((*id, fields.map(|field| field.id).collect()))
    };
    fills.iter().filter_map(carried).collect()
}

/// The fields of some work whose column is in use: a release in phases fills another one beside it.
pub(crate) fn in_use(before: &Snapshot, work: &[Work]) -> BTreeSet<(EntityId, FieldId)> {
    let used = |(entity, field): &(EntityId, FieldId)| {
        let defined = before.catalog.entity(*entity).and_then(|known| known.field(*field)).is_some();
        let column = before.physical.tables.get(entity).and_then(|table| table.columns.get(field));
        defined && column.is_some_and(|column| !column.retired)
    };
    let all = work.iter().flat_map(|(entity, fields)| fields.iter().map(|field| (*entity, *field)));
    all.filter(used).collect()
}

/// The references over which values of some work travel upward.
pub(crate) fn links(catalog: &Catalog, work: &[Work]) -> Vec<Link> {
    let mut links = Vec::new();
    for above in work.iter().filter_map(|(id, _)| catalog.entity(*id)) {
        let lines = catalog.entities.values().filter(|line| line.parent.is_some_and(|(parent, _)| parent == above.id));
        links.extend(lines.map(|line| Link { from: line.id, field: FieldId::PARENT, above: above.id }));
        for field in above.fields.iter().filter(|field| field.class == FieldClass::Rollup) {
            if let FieldType::Rollup { lines, of: Some(of), .. } = &field.ty {
                links.push(Link { from: *of, field: *lines, above: above.id });
            }
        }
    }
    let mut distinct: Vec<Link> = Vec::with_capacity(links.len());
    for link in links {
        if !distinct.contains(&link) {
            distinct.push(link);
        }
    }
    distinct
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

/// The fields that a computed one reads, of its own record and of others: ids are unique.
fn inputs(field: &Field) -> BTreeSet<FieldId> {
    match &field.ty {
        FieldType::Formula { expression, .. } => reads(expression).into_iter().flatten().collect(),
        FieldType::Rollup { field: value, filter, .. } => {
            let of_filter = filter.iter().flat_map(|filter| reads(filter)).flatten();
            value.iter().copied().chain(of_filter).collect()
        }
        FieldType::Lookup { path, .. } => path.iter().copied().collect(),
        _ => BTreeSet::new(),
    }
}

/// A copied lookup keeps what it copied when its row was written, a conversion the rate it was made at.
fn keeps_value(field: &Field) -> bool {
    match &field.ty {
        FieldType::Lookup { copied, .. } => *copied,
        FieldType::Formula { expression, .. } => converts(expression),
        _ => false,
    }
}

/// Whether the records of an entity belong to companies from now on: those that are there are the default company's.
fn joins_company(before: &Snapshot, entity: &Entity) -> bool {
    let old = before.catalog.entity(entity.id);
    entity.field(FieldId::COMPANY).is_some() && old.is_none_or(|old| old.field(FieldId::COMPANY).is_none())
}

/// Whether a field was not there, or was computed in another way. The printed form of a type names every part of its
/// expressions by id, so a rename changes nothing.
fn is_new(old: Option<&Entity>, field: &Field) -> bool {
    let before = old.and_then(|entity| entity.field(field.id));
    before.is_none_or(|before| before.class != field.class || format!("{:?}", before.ty) != format!("{:?}", field.ty))
}
