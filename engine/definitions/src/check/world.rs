//! All entities with their fields by name, healthy or not: what references between documents are looked up in.
//!
//! A field that is broken or retired stays known here, so that what uses it is not told to use an unknown name.
use std::collections::{BTreeMap, HashMap};

use super::{
    codes::Code,
    findings::{FileId, Findings},
    load::App,
    suggest::suggest,
};
use crate::{
    catalog::FieldType,
    id::{DefId, EntityId, FieldId},
    model::{EntityDoc, FieldDoc, Kind},
};

/// Place of an entity in [`World::entities`].
pub(super) type EntityIx = usize;

/// Apps and entities.
pub(super) struct World {
    pub(super) apps: Vec<App>,
    pub(super) entities: Vec<EntityWork>,
    pub(super) by_name: HashMap<(usize, String), EntityIx>,
    pub(super) by_id: HashMap<EntityId, EntityIx>,
    /// Roles, views and forms that exist, by kind, app and name, with their ids.
    pub(super) others: BTreeMap<(Kind, usize, String), DefId>,
}

/// An entity while it is being checked.
pub(super) struct EntityWork {
    pub(super) app: usize,
    pub(super) file: FileId,
    pub(super) name: String,
    pub(super) id: EntityId,
    /// The document without its fields; `None` where it could not be read at all.
    pub(super) head: Option<EntityDoc>,
    /// System fields, then the document's in order.
    pub(super) slots: Vec<Slot>,
    /// For an entity of lines: the parent and its `lines` field.
    pub(super) parent: Option<(EntityIx, FieldId)>,
}

impl EntityWork {
    /// Whether this is the entity beside a `links` field and the field its one reference: all three have one id.
    pub(super) fn is_link(&self, field: FieldId) -> bool {
        self.is_of_links() && field.0 == self.id.0
    }

    /// Whether this is the entity beside a `links` field, which no document writes.
    pub(super) fn is_of_links(&self) -> bool {
        self.parent.is_some_and(|(_, links)| links.0 == self.id.0)
    }
}

/// A field while it is being checked.
pub(super) struct Slot {
    pub(super) id: FieldId,
    pub(super) name: String,
    /// As written; `None` for system fields and for broken ones.
    pub(super) doc: Option<FieldDoc>,
    /// Its place in the document.
    pub(super) pointer: String,
    /// Options that were written but did not fit, which was told.
    pub(super) cut: Vec<String>,
    pub(super) state: SlotState,
}

/// What is known of a field.
pub(super) enum SlotState {
    /// Its type.
    Ready(FieldType),
    /// Its type depends on fields that are not ready yet.
    Waiting,
    /// Told already; whatever uses it is not to blame.
    Broken,
    /// Out of use.
    Retired,
}

/// The result of looking something up.
pub(super) enum Found<T> {
    /// There it is.
    Yes(T),
    /// It exists but is broken, which was told where it stands.
    Broken,
    /// It does not exist; the finding to tell.
    No(Wrong),
}

/// What is wrong with a name that was looked up.
pub(super) struct Wrong {
    pub(super) code: Code,
    pub(super) arguments: Vec<String>,
}

impl Wrong {
    pub(super) fn new(code: Code, arguments: &[&str]) -> Self {
        Self { code, arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect() }
    }

    /// Tells it at a place.
    pub(super) fn tell(&self, file: FileId, pointer: &str, findings: &mut Findings) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        findings.add(file, pointer, self.code, &arguments);
    }
}

/// The end of a path of fields.
pub(super) struct Target<'a> {
    /// The fields on the way, the last included.
    pub(super) ids: Vec<FieldId>,
    /// The last field.
    pub(super) slot: &'a Slot,
    /// Its type.
    pub(super) ty: &'a FieldType,
}

impl World {
    /// Whether the folded text of a field is stored: of labels, and where a rule about duplicates asks for it.
    pub(super) fn is_folded(&self, field: FieldId) -> bool {
        self.entities.iter().filter(|work| work.parent.is_none()).any(|work| {
            let slot = work.slots.iter().find(|slot| slot.id == field);
            slot.zip(work.head.as_ref()).is_some_and(|(slot, head)| {
                let SlotState::Ready(ty) = &slot.state else { return false };
                let mut matched = head.duplicates.iter().flat_map(|rule| &rule.fields);
                // A label that is computed when it is read is stored in no way.
                let sensitive = slot.doc.as_ref().is_some_and(|doc| doc.sensitive);
                let entered = matches!(ty, FieldType::Text { .. }) && !sensitive && head.label.as_ref() == Some(&slot.name);
                entered || (is_line_of_text(ty) && matched.any(|text| folded_field(text) == Some(&slot.name)))
            })
        })
    }

    /// Splits `app.name`; a plain name belongs to the app it stands in. Tells apps that are not there or not required.
    pub(super) fn app_of<'a>(&self, from: usize, name: &'a str) -> Result<(usize, &'a str), Wrong> {
        let Some((app, name)) = name.split_once('.') else { return Ok((from, name)) };
        let Some(index) = self.apps.iter().position(|other| other.name == app) else {
            return Err(Wrong::new(Code::MissingApp, &[app]));
        };
        let required = |own: &App| own.doc.requires.iter().any(|required| required == app);
        let allowed = index == from || app == "base" || self.apps.get(from).is_none_or(|own| !own.readable || required(own));
        if allowed { Ok((index, name)) } else { Err(Wrong::new(Code::NotRequired, &[app])) }
    }

    /// The entity that a document of an app names.
    pub(super) fn entity_named(&self, from: usize, name: &str) -> Found<EntityIx> {
        let (app, plain) = match self.app_of(from, name) {
            Ok(found) => found,
            Err(wrong) => return Found::No(wrong),
        };
        match self.by_name.get(&(app, plain.to_owned())) {
            Some(index) if self.entities.get(*index).is_some_and(|entity| entity.head.is_some()) => Found::Yes(*index),
            Some(_) => Found::Broken,
            None => {
                let known: Vec<String> = self.entities.iter().map(|entity| self.name_for(from, entity)).collect();
                let elsewhere =
                    self.entities.iter().find(|entity| entity.name == plain).map(|entity| self.name_for(from, entity));
                let (zh, en) = match elsewhere {
                    Some(full) => (format!("是不是“{full}”？"), format!("did you mean \"{full}\"?")),
                    None => suggest(name, known.iter().map(String::as_str)),
                };
                Found::No(Wrong::new(Code::UnknownEntity, &[name, &zh, &en]))
            }
        }
    }

    /// The role or view that a document of an app names; `code` tells one that is not there.
    pub(super) fn other_named(&self, kind: Kind, from: usize, name: &str, code: Code) -> Result<DefId, Wrong> {
        let (app, plain) = self.app_of(from, name)?;
        self.others.get(&(kind, app, plain.to_owned())).copied().ok_or_else(|| {
            let names =
                self.others.keys().filter(|(of, other, _)| *of == kind && *other == app).map(|(_, _, name)| name.as_str());
            let (zh, en) = suggest(plain, names);
            Wrong::new(code, &[name, &zh, &en])
        })
    }

    /// An entity's name as documents of an app write it.
    fn name_for(&self, from: usize, entity: &EntityWork) -> String {
        if entity.app == from { entity.name.clone() } else { self.full_name(entity) }
    }

    /// `app.name`
    pub(super) fn full_name(&self, entity: &EntityWork) -> String {
        format!("{}.{}", self.apps.get(entity.app).map(|app| app.name.as_str()).unwrap_or_default(), entity.name)
    }

    /// The field of an entity by name, whatever its state.
    pub(super) fn slot(&self, entity: EntityIx, name: &str) -> Option<&Slot> {
        self.entities.get(entity)?.slots.iter().find(|slot| slot.name == name)
    }

    /// The healthy field of an entity by name.
    pub(super) fn field(&self, entity: EntityIx, name: &str) -> Found<(&Slot, &FieldType)> {
        let Some(work) = self.entities.get(entity) else { return Found::Broken };
        match work.slots.iter().find(|slot| slot.name == name) {
            Some(slot) => match &slot.state {
                SlotState::Ready(ty) => Found::Yes((slot, ty)),
                SlotState::Waiting | SlotState::Broken => Found::Broken,
                SlotState::Retired => Found::No(Wrong::new(Code::RetiredField, &[name])),
            },
            None => {
                let names = work.slots.iter().filter(|slot| matches!(slot.state, SlotState::Ready(_)));
                let (zh, en) = suggest(name, names.map(|slot| slot.name.as_str()));
                Found::No(Wrong::new(Code::UnknownField, &[name, &work.name, &zh, &en]))
            }
        }
    }

    /// The field at the end of a path such as `customer.country`.
    pub(super) fn path(&self, entity: EntityIx, path: &str) -> Found<Target<'_>> {
        let mut at = entity;
        let mut ids = Vec::new();
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let (slot, ty) = match self.field(at, part) {
                Found::Yes(found) => found,
                Found::Broken => return Found::Broken,
                Found::No(wrong) => return Found::No(wrong),
            };
            ids.push(slot.id);
            let Some(next) = parts.peek() else { return Found::Yes(Target { ids, slot, ty }) };
            match ty.reference().map(|id| self.by_id.get(&id)) {
                Some(Some(target)) => at = *target,
                Some(None) => return Found::Broken,
                None => return Found::No(Wrong::new(Code::NotAReference, &[part, next])),
            }
        }
        Found::Broken
    }
}

/// Whether values are one line of text, entered or computed.
pub(super) fn is_line_of_text(ty: &FieldType) -> bool {
    matches!(ty.result(), FieldType::Text { .. })
}

/// The field in `fold(field)`.
pub(super) fn folded_field(text: &str) -> Option<&str> {
    Some(text.trim().strip_prefix("fold")?.trim_start().strip_prefix('(')?.strip_suffix(')')?.trim())
}
