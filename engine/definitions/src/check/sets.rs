//! The label, the unique sets and the indexes of an entity.
use super::{
    codes::Code,
    duplicates,
    findings::Findings,
    graph::Graph,
    options::kind_name,
    translatable::is_translatable,
    world::{EntityIx, Found, Slot, World},
};
use crate::{
    catalog::{DuplicateRule, FieldClass, FieldType},
    id::FieldId,
};

/// What an entity says of sets of its fields.
#[derive(Default)]
pub(super) struct Sets {
    pub(super) label: Option<FieldId>,
    pub(super) unique: Vec<Vec<FieldId>>,
    pub(super) indexes: Vec<Vec<FieldId>>,
    pub(super) duplicates: Vec<DuplicateRule>,
}

/// Checks and resolves them.
pub(super) fn sets(world: &World, entity: EntityIx, graph: &Graph, findings: &mut Findings) -> Sets {
    let Some((work, head)) = world.entities.get(entity).and_then(|work| Some((work, work.head.as_ref()?))) else {
        return Sets::default();
    };
    let mut sets = Sets::default();
    if work.is_of_links() {
        // The order is that of the lookups: by the record, and by what it leads to through the index of references.
        sets.unique.push(vec![FieldId::PARENT, FieldId(work.id.0)]);
        return sets;
    }
    if let Some(label) = &head.label {
        sets.label = member(world, entity, label, "/label", findings).map(|(slot, _)| slot.id);
    }
    for (key, lists, out) in [("unique", &head.unique, &mut sets.unique), ("indexes", &head.indexes, &mut sets.indexes)] {
        for (index, names) in lists.iter().enumerate() {
            let mut ids = Vec::with_capacity(names.len());
            for (place, name) in names.iter().enumerate() {
                let pointer = format!("/{key}/{index}/{place}");
                let Some((slot, _)) = member(world, entity, name, &pointer, findings) else { continue };
                let of_others = key == "unique" && is_class(FieldClass::Rollup, world, entity, slot, graph);
                if of_others {
                    // Two records would be refused for what somebody writes elsewhere.
                    findings.add(work.file, &pointer, Code::UnsuitableField, &[name, "rollup"]);
                } else if is_class(FieldClass::Live, world, entity, slot, graph) {
                    findings.add(work.file, &pointer, Code::LiveNotStored, &[name]);
                } else if key == "unique" && is_translatable(slot) {
                    findings.add(work.file, &pointer, Code::TranslatableHere, &[name, key]);
                } else if ids.contains(&slot.id) {
                    findings.add(work.file, &pointer, Code::DuplicateName, &[name]);
                }
                ids.push(slot.id);
            }
            if !ids.is_empty() {
                out.push(ids);
            }
        }
    }
    for slot in &work.slots {
        let Some(doc) = slot.doc.as_ref().filter(|doc| doc.searchable && !doc.retired) else { continue };
        let pointer = format!("{}/searchable", slot.pointer);
        if is_class(FieldClass::Live, world, entity, slot, graph) {
            findings.add(work.file, &pointer, Code::LiveNotStored, &[&doc.name]);
        } else if work.parent.is_some() {
            findings.add(work.file, &pointer, Code::NotOnLines, &["searchable"]);
        }
    }
    for slot in &work.slots {
        let Some(doc) = slot.doc.as_ref().filter(|doc| !doc.retired) else { continue };
        for (option, given) in [("minimum", &doc.minimum), ("maximum", &doc.maximum)] {
            // No write computes it, so none could be refused.
            if given.is_some() && is_class(FieldClass::Live, world, entity, slot, graph) {
                findings.add(work.file, &format!("{}/{option}", slot.pointer), Code::LiveNotStored, &[&doc.name]);
            }
        }
    }
    sets.duplicates = duplicates::rules(world, entity, &sets, graph, findings);
    // A gapless number names one document for good: it is unique among all, archived ones too.
    for slot in &work.slots {
        let Some(doc) = slot.doc.as_ref().filter(|doc| (doc.unique || doc.gapless) && !doc.retired) else { continue };
        if is_class(FieldClass::Rollup, world, entity, slot, graph) {
            findings.add(
                work.file,
                &format!("{}/unique", slot.pointer),
                Code::UnsuitableField,
                &[&doc.name, kind_name(doc.kind)],
            );
        } else if is_class(FieldClass::Live, world, entity, slot, graph) {
            findings.add(work.file, &format!("{}/unique", slot.pointer), Code::LiveNotStored, &[&doc.name]);
        } else if !sets.unique.contains(&vec![slot.id]) {
            sets.unique.push(vec![slot.id]);
        }
    }
    sets
}

/// A field that has one plain value.
pub(super) fn member<'a>(
    world: &'a World,
    entity: EntityIx,
    name: &str,
    pointer: &str,
    findings: &mut Findings,
) -> Option<(&'a Slot, &'a FieldType)> {
    let file = world.entities.get(entity)?.file;
    match world.field(entity, name) {
        Found::Yes((slot, ty)) if has_plain_value(ty) => Some((slot, ty)),
        Found::Yes((slot, _)) => {
            let kind = slot.doc.as_ref().map_or("system", |doc| kind_name(doc.kind));
            findings.add(file, pointer, Code::UnsuitableField, &[name, kind]);
            None
        }
        Found::Broken => None,
        Found::No(wrong) => {
            wrong.tell(file, pointer, findings);
            None
        }
    }
}

/// Whether values of the type are single and comparable.
pub(super) fn has_plain_value(ty: &FieldType) -> bool {
    !matches!(ty.result(), FieldType::Lines { .. } | FieldType::Json(_) | FieldType::Files { .. } | FieldType::Choices { .. })
}

pub(super) fn is_class(class: FieldClass, world: &World, entity: EntityIx, slot: &Slot, graph: &Graph) -> bool {
    let place = world.entities.get(entity).and_then(|work| work.slots.iter().position(|other| other.id == slot.id));
    place.is_some_and(|place| graph.classes.get(&(entity, place)) == Some(&class))
}
