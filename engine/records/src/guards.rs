//! What a write will lock, as far as its request tells: others about the same wait in line before they take a connection.
//!
//! Only an aid: names are looked up without rights, nothing is checked, and what cannot be told from the request is locked in the
//! database as ever.
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use kontor_apps::Tenant;
use kontor_definitions::{Catalog, Entity, FieldId, FieldType, RecordId};
use kontor_storage::GuardKey;

use crate::{
    input::Input,
    plan::{EntityPlan, Plans},
    shared,
};

/// What of a record is written.
#[derive(Clone, Copy, Debug)]
pub enum Doing<'a> {
    /// It is made.
    Creates,
    /// The record of this id is changed, archived or brought back.
    Changes(&'a str),
    /// A transition of it runs.
    Acts(&'a str, &'a str),
}

/// As many things as a job is lined up for at most: a document of a hundred lines locks its articles in the database.
const MOST: usize = 16;

/// The things that a write of a record is about.
pub fn guards(tenant: &Tenant, name: &str, doing: Doing<'_>, input: Option<&Input>) -> Vec<GuardKey> {
    let snapshot = tenant.snapshot();
    let (catalog, plans) = (&snapshot.catalog, shared::shared(&snapshot).plans);
    let is_named = |entity: &&Entity| match name.split_once('.') {
        Some((app, name)) => entity.app == app && entity.name == name,
        None => entity.name == name,
    };
    let mut found = catalog.entities.values().map(AsRef::as_ref).filter(is_named).filter(|entity| entity.parent.is_none());
    let (Some(entity), None) = (found.next(), found.next()) else { return Vec::new() };
    let mut keys = Keys { catalog, plans: &plans, found: Vec::new() };
    match doing {
        Doing::Creates => {}
        Doing::Changes(id) | Doing::Acts(id, _) => keys.found.extend(record(id).map(GuardKey::Record)),
    }
    keys.numbers(entity, doing);
    if let Some(input) = input {
        keys.body(entity, input);
    }
    keys.found.truncate(MOST);
    keys.found
}

struct Keys<'a> {
    catalog: &'a Catalog,
    plans: &'a Plans,
    found: Vec<GuardKey>,
}

impl Keys<'_> {
    /// Sequences that give a number.
    fn numbers(&mut self, entity: &Entity, doing: Doing<'_>) {
        for field in &entity.fields {
            let FieldType::AutoNumber { assign_on, .. } = &field.ty else { continue };
            let due = match (doing, assign_on) {
                (Doing::Creates, None) => true,
                (Doing::Acts(_, action), Some(on)) => action == on,
                (Doing::Creates | Doing::Changes(_) | Doing::Acts(..), _) => false,
            };
            if due {
                self.found.push(GuardKey::Sequence(field.id));
            }
        }
    }

    /// Records above whose roll-ups follow, and values that occur once; of lines too.
    fn body(&mut self, entity: &Entity, input: &Input) {
        let plan = self.plans.of(self.catalog, entity);
        self.above(entity, &plan, input);
        let sets = entity.unique.iter().chain(entity.duplicates.iter().map(|rule| &rule.fields));
        self.found.extend(sets.filter_map(|fields| values(entity, fields, input)).map(GuardKey::Value));
        for field in &entity.fields {
            let FieldType::Lines { entity: of, .. } = &field.ty else { continue };
            let (Some(line), Some(Input::List(rows))) = (self.catalog.entity(*of), input.get(&field.name)) else { continue };
            let plan = self.plans.of(self.catalog, line);
            rows.iter().take(MOST).for_each(|row| self.above(line, &plan, row));
        }
    }

    fn above(&mut self, entity: &Entity, plan: &EntityPlan, input: &Input) {
        for feed in &plan.feeds {
            let name = entity.fields.get(feed.link).map(|field| field.name.as_str());
            if let Some(Input::Text(id)) = name.and_then(|name| input.get(name)) {
                self.found.extend(record(id).map(GuardKey::Totals));
            }
        }
    }
}

/// The hash of values that occur once, where the body brings all of them.
fn values(entity: &Entity, fields: &[FieldId], input: &Input) -> Option<u64> {
    let mut hash = DefaultHasher::new();
    entity.id.hash(&mut hash);
    for id in fields {
        let field = entity.field(id.aspect_of().map_or(*id, |(_, of)| of))?;
        let value = input.get(&field.name).filter(|value| **value != Input::Null)?;
        field.id.hash(&mut hash);
        format!("{value:?}").hash(&mut hash);
    }
    Some(hash.finish())
}

fn record(id: &str) -> Option<RecordId> {
    id.parse().ok().map(RecordId)
}
