//! Roles: rights on entities and fields that exist, spread out over everything they cover.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{
    codes::Code,
    expressions::compile,
    findings::Findings,
    graph::{Graph, Node},
    load::Document,
    places::{At, join},
    screens::Screen,
    sensitive::{self, May},
    suggest::suggest,
    world::{EntityIx, Found, Slot, SlotState, World},
};
use crate::{
    catalog::{EntityRights, FieldType, Role},
    expr::Type,
    id::{DefId, FieldId, RoleId},
    model::{
        Kind, RoleDoc,
        role::{EntityRightsDoc, FieldRight, Scope},
    },
};

/// Checks all roles.
pub(super) fn roles(world: &World, documents: &[Document], graph: &Graph, findings: &mut Findings) -> Vec<Role> {
    let mut out = Vec::new();
    for document in documents.iter().filter(|document| document.kind == Kind::Role) {
        let Some(doc) = document.typed::<RoleDoc>() else { continue };
        let screen = Screen { world, document };
        screen.head(&doc.name, &[], findings);
        let rights = rights(&screen, &doc, findings);
        leaks(&screen, &doc, &rights, graph, findings);
        let entities = rights.into_iter().filter_map(|(index, rights)| Some((world.entities.get(index)?.id, rights)));
        out.push(Role {
            id: RoleId(doc.id.unwrap_or_else(|| DefId::system("lost"))),
            app: world.apps.get(document.app).map(|app| app.name.clone()).unwrap_or_default(),
            entities: entities.collect(),
            name: doc.name,
            title: doc.title,
            administrator: doc.administrator,
        });
    }
    out
}

/// Rights by entity, `*` spread out.
fn rights(screen: &Screen<'_>, doc: &RoleDoc, findings: &mut Findings) -> BTreeMap<EntityIx, EntityRights> {
    let world = screen.world;
    let mut rights = BTreeMap::new();
    // An entity that is named but broken is not covered by `*`.
    let mut named: HashSet<String> = HashSet::new();
    for (name, granted) in doc.entities.iter().filter(|(name, _)| *name != "*") {
        let pointer = join("/entities", name);
        named.insert(name.clone());
        if let Some(entity) = screen.entity(name, &pointer, findings) {
            if rights.contains_key(&entity) {
                findings.add_at(screen.document.file, &pointer, At::Key, Code::DuplicateName, &[name]);
            }
            rights.insert(entity, of_entity(screen, entity, granted, &pointer, findings));
        }
    }
    let Some(rest) = doc.entities.get("*") else { return rights };
    let pointer = "/entities/*";
    for (index, entity) in world.entities.iter().enumerate() {
        let covered = entity.app == screen.document.app || doc.administrator;
        let is_named = entity.head.is_some() && !entity.is_of_links();
        if covered && is_named && !rights.contains_key(&index) && !named.contains(&entity.name) {
            // What does not suit every entity (an action, a field) is told only where the entity is named.
            let mut quiet = Findings::default();
            rights.insert(index, of_entity(screen, index, rest, pointer, &mut quiet));
        }
    }
    rights
}

fn of_entity(
    screen: &Screen<'_>,
    entity: EntityIx,
    doc: &EntityRightsDoc,
    pointer: &str,
    findings: &mut Findings,
) -> EntityRights {
    scopes(screen, entity, doc, pointer, findings);
    if doc.purge && doc.delete == Scope::None {
        findings.add(screen.document.file, &format!("{pointer}/purge"), Code::PurgeWithoutDelete, &[]);
    }
    let at = format!("{pointer}/where");
    let file = screen.document.file;
    let condition = doc
        .condition
        .as_ref()
        .and_then(|text| compile(screen.world, (file, &at), entity, text, Some(&Type::Boolean), findings))
        .map(Arc::new);
    if let Some(expr) = &condition {
        sensitive::expression(screen.world, (file, &at), entity, (expr, May::Compare), findings);
    }
    EntityRights {
        create: doc.create,
        read: doc.read,
        update: doc.update,
        delete: doc.delete,
        purge: doc.purge,
        export: doc.export,
        actions: actions(screen, entity, &doc.actions, pointer, findings),
        condition,
        fields: fields(screen, entity, doc, pointer, findings),
    }
}

/// `own` needs an owner, the departments need a department. Owned lines follow their record and have neither.
fn scopes(screen: &Screen<'_>, entity: EntityIx, doc: &EntityRightsDoc, pointer: &str, findings: &mut Findings) {
    let Some((work, head)) = screen.world.entities.get(entity).and_then(|work| Some((work, work.head.as_ref()?))) else { return };
    if work.parent.is_some() {
        return;
    }
    for (key, scope) in [("read", doc.read), ("update", doc.update), ("delete", doc.delete)] {
        let (name, has) = match scope {
            Scope::None | Scope::All => continue,
            Scope::Own => ("own", head.owner),
            Scope::Department => ("department", head.department),
            Scope::DepartmentBelow => ("department_below", head.department),
        };
        if !has {
            findings.add(screen.document.file, &format!("{pointer}/{key}"), Code::ScopeWithoutOwner, &[name, &work.name]);
        }
    }
}

/// The actions that exist; `*` stands for every one.
fn actions(screen: &Screen<'_>, entity: EntityIx, names: &[String], pointer: &str, findings: &mut Findings) -> Vec<String> {
    let Some(work) = screen.world.entities.get(entity) else { return Vec::new() };
    // With a broken field around, the missing action may be one of its.
    let unsure = work.slots.iter().any(|slot| matches!(slot.state, SlotState::Broken | SlotState::Waiting));
    let machines = work.slots.iter().filter_map(|slot| match &slot.state {
        SlotState::Ready(FieldType::State(machine)) => Some(machine),
        _ => None,
    });
    let known: Vec<&str> = machines.flat_map(|machine| &machine.transitions).map(|it| it.action.as_str()).collect();
    let mut found: Vec<String> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if name == "*" {
            found.extend(known.iter().map(|name| (*name).to_owned()));
        } else if known.contains(&name.as_str()) {
            found.push(name.clone());
        } else if !unsure {
            let (zh, en) = suggest(name, known.iter().copied());
            let at = format!("{pointer}/actions/{index}");
            findings.add(screen.document.file, &at, Code::UnknownAction, &[name, &work.name, &zh, &en]);
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The right on every field of the entity; system fields go with the record.
fn fields(
    screen: &Screen<'_>,
    entity: EntityIx,
    doc: &EntityRightsDoc,
    pointer: &str,
    findings: &mut Findings,
) -> HashMap<FieldId, FieldRight> {
    let Some(work) = screen.world.entities.get(entity) else { return HashMap::new() };
    for name in doc.fields.keys().filter(|name| *name != "*") {
        if let Found::No(wrong) = screen.world.field(entity, name) {
            let at = join(&format!("{pointer}/fields"), name);
            wrong.tell(screen.document.file, &at, findings);
        }
    }
    let rest = doc.fields.get("*").copied().unwrap_or(FieldRight::Write);
    let right = |name: &str| doc.fields.get(name).copied().unwrap_or(rest);
    // The rates beside a formula are read with it, as are the texts in other languages beside a translatable field.
    let beside = work.slots.iter().filter(|slot| slot.id.0.is_companion()).filter_map(|kept| {
        let field = work.slots.iter().find(|slot| slot.id.0.companion() == Some(kept.id.0))?;
        Some((kept.id, right(&field.name).min(FieldRight::Read)))
    });
    // The company of a record is written by whoever may write the record's fields.
    let has_right = |slot: &Slot| slot.doc.is_some() || slot.id == FieldId::COMPANY;
    let in_use = work.slots.iter().filter(|slot| has_right(slot) && matches!(slot.state, SlotState::Ready(_)));
    in_use.map(|slot| (slot.id, right(&slot.name))).chain(beside).collect()
}

/// Tells derived fields that a role can read while one of their inputs is hidden from it.
fn leaks(screen: &Screen<'_>, doc: &RoleDoc, rights: &BTreeMap<EntityIx, EntityRights>, graph: &Graph, findings: &mut Findings) {
    let world = screen.world;
    for (node, paths) in &graph.inputs {
        let Some((entity, slot)) = world.entities.get(node.0).and_then(|entity| Some((entity, entity.slots.get(node.1)?))) else {
            continue;
        };
        let reveals = slot.doc.as_ref().is_none_or(|doc| doc.reveals);
        if reveals || !readable(world, rights, *node) {
            continue;
        }
        let Some(hidden) = paths.iter().flatten().find(|input| !readable(world, rights, **input)) else { continue };
        let Some((other, input)) = world.entities.get(hidden.0).and_then(|other| Some((other, other.slots.get(hidden.1)?)))
        else {
            continue;
        };
        let own = entity.app == screen.document.app;
        let name = if own { entity.name.clone() } else { world.full_name(entity) };
        let key = if doc.entities.contains_key(&name) { name } else { "*".to_owned() };
        let at = format!("{}/fields", join("/entities", &key));
        let (derived, input) = (format!("{}.{}", entity.name, slot.name), format!("{}.{}", other.name, input.name));
        findings.add(screen.document.file, &at, Code::DerivedLeak, &[&doc.name, &derived, &input]);
    }
}

/// Whether a role can read a field on some record. Lines that a role does not name follow the field that holds them.
fn readable(world: &World, rights: &BTreeMap<EntityIx, EntityRights>, (entity, place): Node) -> bool {
    let Some((work, slot)) = world.entities.get(entity).and_then(|work| Some((work, work.slots.get(place)?))) else {
        return true;
    };
    match (rights.get(&entity), work.parent) {
        (Some(granted), None) if granted.read == Scope::None => false,
        (Some(granted), _) => granted.fields.get(&slot.id).copied().unwrap_or(FieldRight::Read) != FieldRight::None,
        (None, Some((parent, lines))) => rights.get(&parent).is_some_and(|granted| {
            granted.read != Scope::None && granted.fields.get(&lines).copied().unwrap_or(FieldRight::Read) != FieldRight::None
        }),
        (None, None) => false,
    }
}
