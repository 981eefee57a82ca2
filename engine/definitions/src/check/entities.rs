//! Finds every entity and every field with its name, before any type is looked at.
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::{
    codes::Code,
    findings::Findings,
    load::{App, Document, Loaded},
    names::{check_field_name, check_name},
    world::{EntityWork, Found, Slot, SlotState, World},
};
use crate::{
    catalog::FieldType,
    id::{DefId, EntityId, FieldId},
    model::{EntityDoc, FieldDoc, FieldKind, Kind, field::OnDelete},
};

/// The most fields an entity may have.
pub(super) const MAX_FIELDS: usize = 500;

/// Builds the world: entities with the names of their fields; types come later.
pub(super) fn gather(loaded: Loaded, findings: &mut Findings) -> (World, Vec<Document>) {
    let Loaded { apps, documents } = loaded;
    let mut world = World { apps, entities: Vec::new(), by_name: HashMap::new(), by_id: HashMap::new(), others: BTreeMap::new() };
    for document in &documents {
        let id = document.mended.get("id").and_then(Value::as_str).and_then(|id| id.parse::<DefId>().ok());
        let id = id.unwrap_or_else(|| DefId::system("lost"));
        world.others.insert((document.kind, document.app, document.name.clone()), id);
    }
    for document in documents.iter().filter(|document| document.kind == Kind::Entity) {
        let entity = entity_of(document, findings);
        let index = world.entities.len();
        world.by_name.insert((document.app, document.name.clone()), index);
        world.by_id.insert(entity.id, index);
        world.entities.push(entity);
    }
    find_parents(&mut world, findings);
    add_links(&mut world);
    for index in 0..world.entities.len() {
        add_system_fields(&mut world, index);
        check_names(&world, index, findings);
    }
    (world, documents)
}

fn entity_of(document: &Document, findings: &mut Findings) -> EntityWork {
    let mut value = document.mended.clone();
    let fields = value.get_mut("fields").map(Value::take).unwrap_or_default();
    if let Some(map) = value.as_object_mut() {
        map.insert("fields".to_owned(), json!([]));
    }
    let head = document.original.as_ref().and_then(|_| head_of(value));
    let id = head.as_ref().and_then(|head| head.id).unwrap_or_else(|| DefId::system("lost"));
    let fields = fields.as_array().cloned().unwrap_or_default();
    if fields.len() > MAX_FIELDS {
        findings.add(document.file, "/fields", Code::TooMany, &["fields", &fields.len().to_string(), &MAX_FIELDS.to_string()]);
    }
    let mut seen = HashSet::new();
    let slots = fields
        .into_iter()
        .take(MAX_FIELDS)
        .enumerate()
        .filter_map(|(index, field)| {
            let pointer = format!("/fields/{index}");
            let written = document.original.as_ref().and_then(|original| original.pointer(&pointer));
            slot_of(pointer, field, written)
        })
        .filter(|slot| {
            let first = seen.insert(slot.name.clone());
            if !first {
                findings.add(document.file, &format!("{}/name", slot.pointer), Code::DuplicateName, &[&slot.name]);
            }
            first
        })
        .collect();
    EntityWork {
        app: document.app,
        file: document.file,
        name: document.name.clone(),
        id: EntityId(id),
        head,
        slots,
        parent: None,
    }
}

/// The document without its fields; where its lists are broken, without them too.
fn head_of(mut value: Value) -> Option<EntityDoc> {
    if let Ok(head) = serde_json::from_value(value.clone()) {
        return Some(head);
    }
    let map = value.as_object_mut()?;
    map.shift_remove("unique");
    map.shift_remove("indexes");
    serde_json::from_value(value).ok()
}

fn slot_of(pointer: String, field: Value, written: Option<&Value>) -> Option<Slot> {
    let name = field.get("name")?.as_str()?.to_owned();
    let id = field.get("id").and_then(Value::as_str).and_then(|id| id.parse::<DefId>().ok())?;
    let written = written.and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key);
    let cut = written.filter(|key| field.get(key).is_none()).cloned().collect();
    let doc = serde_json::from_value::<FieldDoc>(field).ok();
    let state = match &doc {
        None => SlotState::Broken,
        Some(doc) if doc.retired => SlotState::Retired,
        Some(_) => SlotState::Waiting,
    };
    Some(Slot { id: FieldId(id), name, doc, pointer, cut, state })
}

/// Every `lines` field makes its entity an owned one; an entity can be owned only once.
fn find_parents(world: &mut World, findings: &mut Findings) {
    let mut owned: Vec<(usize, usize, FieldId)> = Vec::new();
    for (index, entity) in world.entities.iter().enumerate() {
        let of_lines = entity.slots.iter().filter(|slot| matches!(slot.state, SlotState::Waiting));
        for (slot, doc) in of_lines.filter_map(|slot| slot.doc.as_ref().map(|doc| (slot, doc))) {
            let (FieldKind::Lines, Some(name)) = (doc.kind, &doc.entity) else { continue };
            let Some(target) =
                world.app_of(entity.app, name).ok().and_then(|(app, plain)| world.by_name.get(&(app, plain.to_owned())))
            else {
                continue;
            };
            if let Some((_, first, _)) = owned.iter().find(|(other, _, _)| other == target) {
                let first = world.entities.get(*first).map(|entity| entity.name.as_str()).unwrap_or_default();
                findings.add(entity.file, &format!("{}/entity", slot.pointer), Code::LinesShared, &[name, first]);
            } else {
                owned.push((*target, index, slot.id));
            }
        }
    }
    for (line, parent, field) in owned {
        if let Some(entity) = world.entities.get_mut(line) {
            entity.parent = Some((parent, field));
        }
    }
}

/// Beside every `links` field an entity of its own: lines with one reference to what the field leads to, so that whatever
/// holds for lines holds for links. A target that is not there is told where the field gets its type.
fn add_links(world: &mut World) {
    let mut made = Vec::new();
    for (index, entity) in world.entities.iter().enumerate() {
        let in_use = entity.slots.iter().filter(|slot| matches!(slot.state, SlotState::Waiting));
        for (slot, doc) in in_use.filter_map(|slot| slot.doc.as_ref().map(|doc| (slot, doc))) {
            let (FieldKind::Links, Some(target)) = (doc.kind, &doc.entity) else { continue };
            let Found::Yes(target) = world.entity_named(entity.app, target) else { continue };
            let Some(target) = world.entities.get(target).map(|target| target.id) else { continue };
            let on_delete = doc.on_delete.unwrap_or(OnDelete::Clear);
            let name = format!("{}.{}", entity.name, slot.name);
            let head = json!({"id": slot.id, "name": name, "title": doc.title, "fields": []});
            let link = Slot {
                id: slot.id,
                name: slot.name.clone(),
                doc: None,
                pointer: String::new(),
                cut: Vec::new(),
                state: SlotState::Ready(FieldType::Reference { entity: target, on_delete }),
            };
            made.push(EntityWork {
                app: entity.app,
                file: entity.file,
                name,
                id: EntityId(slot.id.0),
                head: serde_json::from_value(head).ok(),
                slots: vec![link],
                parent: Some((index, slot.id)),
            });
        }
    }
    for entity in made {
        world.by_id.insert(entity.id, world.entities.len());
        world.entities.push(entity);
    }
}

fn add_system_fields(world: &mut World, index: usize) {
    let people = reference(world, "user");
    let departments = reference(world, "department");
    let companies = reference(world, "company");
    let Some(entity) = world.entities.get(index) else { return };
    let Some(head) = &entity.head else { return };
    let whole = || Some(FieldType::Integer { rating: None });
    let mut fields: Vec<(FieldId, &str, Option<FieldType>)> = vec![
        (FieldId::ID, "id", Some(FieldType::Reference { entity: entity.id, on_delete: crate::model::field::OnDelete::Restrict })),
        (FieldId::REVISION, "revision", whole()),
        (FieldId::CREATED_AT, "created_at", Some(FieldType::DateTime)),
        (FieldId::CREATED_BY, "created_by", people.clone()),
        (FieldId::UPDATED_AT, "updated_at", Some(FieldType::DateTime)),
        (FieldId::UPDATED_BY, "updated_by", people.clone()),
    ];
    match entity.parent {
        Some((parent, _)) => {
            let parent = world.entities.get(parent).map(|parent| parent.id);
            let parent = parent.map(|entity| FieldType::Reference { entity, on_delete: crate::model::field::OnDelete::Restrict });
            fields.push((FieldId::PARENT, "parent", parent));
            fields.push((FieldId::POSITION, "position", whole()));
        }
        None => {
            if head.owner {
                fields.push((FieldId::OWNER, "owner", people));
            }
            if head.department {
                fields.push((FieldId::DEPARTMENT, "department", departments));
            }
            if head.company {
                fields.push((FieldId::COMPANY, "company", companies));
            }
            fields.push((FieldId::ARCHIVED_AT, "archived_at", Some(FieldType::DateTime)));
        }
    }
    let slots = fields.into_iter().map(|(id, name, ty)| Slot {
        id,
        name: name.to_owned(),
        doc: None,
        pointer: String::new(),
        cut: Vec::new(),
        state: ty.map_or(SlotState::Broken, SlotState::Ready),
    });
    let slots: Vec<Slot> = slots.collect();
    if let Some(entity) = world.entities.get_mut(index) {
        entity.slots.splice(0..0, slots);
    }
}

/// A reference to an entity of `base`; `None` where `base` is not among the apps.
pub(super) fn reference(world: &World, name: &str) -> Option<FieldType> {
    let base = world.apps.iter().position(|app| app.name == "base")?;
    let index = world.by_name.get(&(base, name.to_owned()))?;
    let entity = world.entities.get(*index).filter(|entity| entity.head.is_some())?.id;
    Some(FieldType::Reference { entity, on_delete: crate::model::field::OnDelete::Restrict })
}

/// Names of the entity and its fields.
fn check_names(world: &World, index: usize, findings: &mut Findings) {
    let Some(entity) = world.entities.get(index).filter(|entity| !entity.is_of_links()) else { return };
    let Some(head) = &entity.head else { return };
    if head.name != entity.name {
        findings.add(entity.file, "/name", Code::NameMismatch, &[&head.name, &entity.name]);
    }
    check_name(entity.file, "/name", &head.name, findings);
    let mut also: Vec<&str> = Vec::new();
    if entity.parent.is_some() {
        also.extend(["parent", "position"]);
    }
    if head.department {
        also.push("department");
    }
    let is_base = world.apps.get(entity.app).is_some_and(|app: &App| app.name == "base");
    if !is_base {
        also.extend(["user", "company"]);
    }
    for slot in entity.slots.iter().filter(|slot| !slot.pointer.is_empty()) {
        check_field_name(entity.file, &format!("{}/name", slot.pointer), &slot.name, &also, findings);
    }
}
