//! Translatable fields: what cannot hold of several texts is refused, and a field for the other languages is put beside each.
use super::{
    codes::Code,
    fields::{places, site},
    findings::Findings,
    options::is_words,
    world::{Slot, SlotState, World},
};
use crate::{
    catalog::{FieldType, JsonFormat},
    texts::name_of,
};

/// Checks what fields with a text per language say of themselves, and adds what the engine keeps beside them.
pub(super) fn check_fields(world: &mut World, findings: &mut Findings) {
    for (entity, place) in places(world) {
        let Some(site) = site(world, entity, place) else { continue };
        if !site.doc.translatable || !is_words(site.doc.kind) {
            continue;
        }
        for (option, set) in [("unique", site.doc.unique), ("sensitive", site.doc.sensitive)] {
            if set {
                findings.add(site.file, &site.at(option), Code::TranslatableHere, &[&site.slot.name, option]);
            }
        }
        add_texts(world, (entity, place), findings);
    }
}

/// Adds the field that holds the texts in other languages.
fn add_texts(world: &mut World, (entity, place): (usize, usize), findings: &mut Findings) {
    let Some(entity) = world.entities.get_mut(entity) else { return };
    let Some(field) = entity.slots.get(place) else { return };
    let (Some(id), name) = (field.id.texts(), name_of(&field.name)) else { return };
    if let Some(other) = entity.slots.iter().find(|slot| slot.name == name || slot.id == id) {
        let (code, what) = if other.name == name { (Code::ReservedName, &name) } else { (Code::DuplicateId, &field.name) };
        let pointer = if other.pointer.is_empty() { &field.pointer } else { &other.pointer };
        findings.add(entity.file, &format!("{pointer}/name"), code, &[what, &field.name]);
        return;
    }
    let state = SlotState::Ready(FieldType::Json(JsonFormat::Any));
    entity.slots.push(Slot { id, name, doc: None, pointer: String::new(), cut: Vec::new(), state });
}

/// Whether a field has a text per language.
pub(super) fn is_translatable(slot: &Slot) -> bool {
    slot.doc.as_ref().is_some_and(|doc| doc.translatable)
}
