//! What the write pipeline needs to know of an entity, worked out once per revision of the definitions.
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use indexmap::IndexMap;
use kontor_definitions::{
    Catalog, Entity, EntityId, Field, FieldId, FieldType,
    catalog::{FieldClass, Requirement},
    expr::{Expr, reads::reads},
};
use kontor_storage::query::Path;

use crate::write::difference::Follows;

/// The plans of all entities of one catalog, made when first needed.
#[derive(Debug, Default)]
pub(crate) struct Plans(RwLock<HashMap<EntityId, Arc<EntityPlan>>>);

/// An entity as the pipeline sees it.
#[derive(Debug)]
pub(crate) struct EntityPlan {
    /// Every stored field: its place in a row and the path to select.
    pub(crate) stored: Vec<usize>,
    pub(crate) columns: Vec<Path>,
    /// What expressions of a write read beyond the record's own values.
    pub(crate) follow: Follow,
    /// The same for live fields, which only a dry run computes.
    pub(crate) follow_live: Follow,
    /// Places of the `lines` fields.
    pub(crate) lines: Vec<usize>,
    /// Whether something that a write computes or checks reads the record's lines.
    pub(crate) reads_lines: bool,
    /// Places of the automatic numbers.
    pub(crate) numbers: Vec<usize>,
    /// The stored roll-ups of other records that combine records of this entity.
    pub(crate) feeds: Vec<Feed>,
}

/// A stored roll-up, as the records see it that it combines.
#[derive(Debug)]
pub(crate) struct Feed {
    /// The entity that has the roll-up.
    pub(crate) above: EntityId,
    /// The roll-up.
    pub(crate) field: FieldId,
    /// Place of the reference that leads to the record above.
    pub(crate) link: usize,
    /// Places of the fields that the roll-up combines or its filter reads.
    pub(crate) reads: Vec<usize>,
    /// Its filter reads lines of the record.
    pub(crate) reads_lines: bool,
    /// Only records for which this holds.
    pub(crate) filter: Option<Arc<Expr>>,
    /// How it follows one record without reading the others.
    pub(crate) follows: Follows,
}

/// Fields that are read behind a reference or a `lines` field, as a tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Follow(pub(crate) IndexMap<FieldId, Follow>);

impl Plans {
    /// The plan of an entity.
    pub(crate) fn of(&self, catalog: &Catalog, entity: &Entity) -> Arc<EntityPlan> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&entity.id) {
            return Arc::clone(known);
        }
        let plan = Arc::new(EntityPlan::new(catalog, entity));
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(entity.id, Arc::clone(&plan));
        plan
    }
}

impl EntityPlan {
    fn new(catalog: &Catalog, entity: &Entity) -> Self {
        let mut plan = Self {
            stored: Vec::new(),
            columns: Vec::new(),
            follow: Follow::default(),
            follow_live: Follow::default(),
            lines: Vec::new(),
            reads_lines: false,
            numbers: Vec::new(),
            feeds: feeds(catalog, entity),
        };
        for (place, field) in entity.fields.iter().enumerate() {
            if field.column().is_some() {
                plan.stored.push(place);
                plan.columns.push(vec![field.id]);
            }
            match &field.ty {
                FieldType::Lines { .. } => plan.lines.push(place),
                FieldType::AutoNumber { .. } => plan.numbers.push(place),
                _ => {}
            }
            // Links may be missing in a record that was stored before they were required.
            plan.reads_lines |= field.ty.links().is_some() && !matches!(field.required, Requirement::No);
            let live = field.class == FieldClass::Live;
            for path in paths_of(field) {
                let tree = if live { &mut plan.follow_live } else { &mut plan.follow };
                tree.add(catalog, entity, &path, 0);
                plan.reads_lines |= !live && starts_with_lines(catalog, entity, &path);
            }
        }
        plan
    }
}

/// The stored roll-ups over an entity's records.
fn feeds(catalog: &Catalog, entity: &Entity) -> Vec<Feed> {
    let mut feeds = Vec::new();
    for above in catalog.entities.values() {
        for field in above.fields.iter().filter(|field| field.class == FieldClass::Rollup) {
            let FieldType::Rollup { lines, of: Some(of), function, field: value, filter, result } = &field.ty else { continue };
            let Some(link) = entity.index_of(*lines).filter(|_| *of == entity.id) else { continue };
            let of_filter = filter.iter().flat_map(|filter| reads(filter));
            let read: Vec<FieldId> = value.iter().copied().chain(of_filter.filter_map(|path| path.first().copied())).collect();
            let is_lines = |id: &FieldId| entity.field(*id).is_some_and(|field| matches!(field.ty, FieldType::Lines { .. }));
            feeds.push(Feed {
                above: above.id,
                field: field.id,
                link,
                reads: read.iter().filter_map(|id| entity.index_of(*id)).collect(),
                reads_lines: read.iter().any(is_lines),
                filter: filter.clone(),
                follows: Follows::of(entity, *function, *value, result),
            });
        }
    }
    feeds
}

/// A path that leads through the record's own lines, at once or by way of a live field.
fn starts_with_lines(catalog: &Catalog, entity: &Entity, path: &[FieldId]) -> bool {
    let mut tree = Follow::default();
    tree.add(catalog, entity, path, 0);
    tree.0.keys().any(|id| entity.field(*id).is_some_and(|field| matches!(field.ty, FieldType::Lines { .. })))
}

/// What a field's own expressions read, from its record.
fn paths_of(field: &Field) -> Vec<Path> {
    let mut found = Vec::new();
    let mut read = |expr: &Expr| found.extend(reads(expr));
    if let Some(default) = &field.default {
        read(default);
    }
    if let Requirement::When(condition) = &field.required {
        read(condition);
    }
    match &field.ty {
        FieldType::Formula { expression, .. } => read(expression),
        FieldType::State(machine) => machine.transitions.iter().filter_map(|step| step.when.as_ref()).for_each(|when| read(when)),
        FieldType::Lookup { path, .. } => found.push(path.clone()),
        // What refers to the record is read by the database.
        FieldType::Rollup { of: Some(_), .. } => {}
        FieldType::Rollup { lines, of: None, field: of, filter, .. } => {
            found.push(vec![*lines]);
            found.extend(of.map(|of| vec![*lines, of]));
            if let Some(filter) = filter {
                found.extend(reads(filter).into_iter().map(|path| [vec![*lines], path].concat()));
            }
        }
        _ => {}
    }
    found
}

/// Live fields may be made of live fields; `check` refuses cycles, this bounds what slips through.
const LIVE_DEPTH: usize = 16;

impl Follow {
    /// Whether nothing is read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a path from an entity. A live field on the record itself is replaced by what it reads in turn; behind a reference
    /// the database computes it.
    fn add(&mut self, catalog: &Catalog, entity: &Entity, path: &[FieldId], depth: usize) {
        let Some((first, rest)) = path.split_first() else { return };
        let Some(field) = entity.field(*first) else { return };
        if field.class == FieldClass::Live && depth < LIVE_DEPTH {
            for inner in paths_of(field) {
                self.add(catalog, entity, &[inner.as_slice(), rest].concat(), depth + 1);
            }
            return;
        }
        let target = match field.ty.result() {
            FieldType::Lines { entity, .. } | FieldType::Reference { entity, .. } => catalog.entity(*entity),
            _ => None,
        };
        let Some(target) = target else { return };
        let is_lines = matches!(field.ty, FieldType::Lines { .. });
        if rest.is_empty() && !is_lines {
            return;
        }
        let node = self.0.entry(*first).or_default();
        if is_lines {
            node.add(catalog, target, rest, depth);
        } else {
            node.add_behind(catalog, target, rest);
        }
    }

    /// Adds a path behind a reference: every field on it is selected.
    fn add_behind(&mut self, catalog: &Catalog, entity: &Entity, path: &[FieldId]) {
        let Some((first, rest)) = path.split_first() else { return };
        let Some(field) = entity.field(*first) else { return };
        let node = self.0.entry(*first).or_default();
        let target = match field.ty.result() {
            FieldType::Lines { entity, .. } | FieldType::Reference { entity, .. } => catalog.entity(*entity),
            _ => None,
        };
        if let Some(target) = target {
            node.add_behind(catalog, target, rest);
        }
    }
}
