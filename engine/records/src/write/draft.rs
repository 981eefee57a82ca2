//! A record on its way through the pipeline: as it was, as it will be, with its lines.
use std::sync::Arc;

use kontor_access::Action;
use kontor_definitions::{Entity, Field, FieldId, Value};
use uuid::Uuid;

use crate::{
    finding::{Findings, below},
    frame::Frame,
    plan::EntityPlan,
};

/// A record or a line, as it was and as it will be. Values stand in the order of the entity's fields.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) entity: Arc<Entity>,
    pub(crate) plan: Arc<EntityPlan>,
    pub(crate) id: Uuid,
    /// Where it stands in the input.
    pub(crate) pointer: String,
    /// As stored; none for a new one.
    pub(crate) old: Option<Vec<Value>>,
    pub(crate) new: Vec<Value>,
    /// Places of the fields that the input gave a value.
    pub(crate) given: Vec<usize>,
    /// Places of derived fields that are not computed anew.
    pub(crate) kept: Vec<usize>,
    pub(crate) lines: Vec<DraftLines>,
}

/// The lines of one `lines` field.
#[derive(Clone, Debug)]
pub(crate) struct DraftLines {
    /// Place of the `lines` field among the parent's fields.
    pub(crate) place: usize,
    pub(crate) entity: Arc<Entity>,
    /// The input says something about them.
    pub(crate) given: bool,
    /// The stored ones are here; always so for a new parent.
    pub(crate) loaded: bool,
    pub(crate) rows: Vec<Draft>,
    pub(crate) removed: Vec<Draft>,
}

/// A write of one record, from input to answer.
pub(crate) struct Work {
    pub(crate) draft: Draft,
    /// The right it needs.
    pub(crate) action: Action,
    /// What history calls it.
    pub(crate) name: String,
    pub(crate) findings: Findings,
}

impl Draft {
    /// A record that is not there yet.
    pub(crate) fn new(frame: &Frame, entity: &Arc<Entity>, id: Uuid, pointer: String) -> Self {
        let plan = frame.plans.of(&frame.catalog, entity);
        let lines = plan.lines.iter().filter_map(|place| DraftLines::of(frame, entity, *place, true)).collect();
        let mut new = vec![Value::Null; entity.fields.len()];
        if let Some(slot) = entity.index_of(FieldId::ID).and_then(|place| new.get_mut(place)) {
            *slot = Value::Id(id);
        }
        Self { entity: Arc::clone(entity), plan, id, pointer, old: None, new, given: Vec::new(), kept: Vec::new(), lines }
    }

    /// A stored record.
    pub(crate) fn stored(frame: &Frame, entity: &Arc<Entity>, id: Uuid, row: Vec<Value>, pointer: String) -> Self {
        let plan = frame.plans.of(&frame.catalog, entity);
        let lines = plan.lines.iter().filter_map(|place| DraftLines::of(frame, entity, *place, false)).collect();
        let mut new = vec![Value::Null; entity.fields.len()];
        for (place, value) in plan.stored.iter().zip(row) {
            if let Some(slot) = new.get_mut(*place) {
                *slot = value;
            }
        }
        Self {
            entity: Arc::clone(entity),
            plan,
            id,
            pointer,
            old: Some(new.clone()),
            new,
            given: Vec::new(),
            kept: Vec::new(),
            lines,
        }
    }

    /// The value at a place as it will be.
    pub(crate) fn at(&self, place: usize) -> &Value {
        self.new.get(place).unwrap_or(&Value::Null)
    }

    /// The value at a place as it was.
    pub(crate) fn was(&self, place: usize) -> &Value {
        self.old.as_ref().and_then(|old| old.get(place)).unwrap_or(&Value::Null)
    }

    /// The value of a field as it will be.
    pub(crate) fn value(&self, field: FieldId) -> &Value {
        self.entity.index_of(field).map_or(&Value::Null, |place| self.at(place))
    }

    /// Gives the field at a place a value.
    pub(crate) fn set(&mut self, place: usize, value: Value) {
        if let Some(slot) = self.new.get_mut(place) {
            *slot = value;
        }
    }

    /// Gives a field a value, if the entity has it.
    pub(crate) fn set_field(&mut self, field: FieldId, value: Value) {
        if let Some(place) = self.entity.index_of(field) {
            self.set(place, value);
        }
    }

    /// Where a field stands in the input. A link is its reference and nothing else.
    pub(crate) fn pointer_of(&self, field: &Field) -> String {
        let is_link = self.entity.link().is_some_and(|link| link.id == field.id);
        if is_link { self.pointer.clone() } else { below(&self.pointer, &field.name) }
    }

    /// Whether it is not stored yet.
    pub(crate) fn is_new(&self) -> bool {
        self.old.is_none()
    }

    /// Places of stored fields whose value changes.
    pub(crate) fn changed(&self) -> impl Iterator<Item = usize> + '_ {
        self.plan.stored.iter().copied().filter(|place| self.at(*place) != self.was(*place))
    }

    /// Whether anything of it or its lines changes.
    pub(crate) fn is_changed(&self) -> bool {
        self.is_new()
            || self.changed().next().is_some()
            || self.lines.iter().any(|lines| !lines.removed.is_empty() || lines.rows.iter().any(Self::is_changed))
    }

    /// Visits the record and all its lines, parents first.
    pub(crate) fn visit(&self, see: &mut dyn FnMut(&Self)) {
        see(self);
        for line in self.lines.iter().flat_map(|lines| &lines.rows) {
            line.visit(see);
        }
    }
}

impl DraftLines {
    fn of(frame: &Frame, parent: &Entity, place: usize, loaded: bool) -> Option<Self> {
        let field = parent.fields.get(place)?;
        let entity = Arc::clone(frame.line_entity(field)?);
        Some(Self { place, entity, given: false, loaded, rows: Vec::new(), removed: Vec::new() })
    }
}
