//! Names as a person may use them: what one may not read is not there, so that it answers exactly like a name nobody gave.
use std::sync::Arc;

use kontor_access::{Action, Permit, Rights, decide};
use kontor_definitions::{Catalog, Entity, EntityId, Field, FieldId, FieldType};

use crate::finding::{Class, FieldError, Text, quoted};

/// The readable part of the catalog.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) rights: &'a Rights,
}

impl<'a> Names<'a> {
    /// The entity called `app.name`, or `name` where only one readable entity has it. Owned lines have no door of their own.
    pub(crate) fn entity(&self, name: &str) -> Option<&'a Arc<Entity>> {
        self.entity_for(name, Action::Read)
    }

    /// The same among what the person may read or hold another right on: some may write what they may not read.
    pub(crate) fn entity_for(&self, name: &str, action: Action) -> Option<&'a Arc<Entity>> {
        let mut found = self.catalog.entities.values().filter(|entity| {
            let named = match name.split_once('.') {
                Some((app, name)) => entity.app == app && entity.name == name,
                None => entity.name == name,
            };
            let allowed = self.permit(entity.id).is_some() || decide(self.rights, action, entity.id).is_ok();
            named && entity.parent.is_none() && allowed
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The permit to read an entity.
    pub(crate) fn permit(&self, entity: EntityId) -> Option<&'a Permit> {
        decide(self.rights, Action::Read, entity).ok()
    }

    /// Whether a field exists for the person.
    pub(crate) fn readable(&self, entity: EntityId, field: FieldId) -> bool {
        self.permit(entity).is_some_and(|permit| permit.can_read(field))
    }

    /// A field by its name.
    pub(crate) fn field(&self, entity: &'a Entity, name: &str) -> Option<&'a Field> {
        entity.field_named(name).filter(|field| self.readable(entity.id, field.id))
    }

    /// The readable fields of an entity in order.
    pub(crate) fn fields(&self, entity: &'a Entity) -> impl Iterator<Item = &'a Field> {
        let names = *self;
        entity.fields.iter().filter(move |field| names.readable(entity.id, field.id))
    }

    /// The fields along a path `customer.country`: references, then any field.
    pub(crate) fn path(&self, entity: &'a Entity, path: &str) -> Option<Vec<&'a Field>> {
        let mut at = entity;
        let mut fields = Vec::new();
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let field = self.field(at, part)?;
            fields.push(field);
            if parts.peek().is_some() {
                at = self.catalog.entity(field.ty.reference()?)?;
            }
        }
        Some(fields)
    }

    /// The entity that a reference, `links` or `lines` field leads to.
    pub(crate) fn target(&self, field: &Field) -> Option<&'a Arc<Entity>> {
        let target = match field.ty.result() {
            FieldType::Lines { links: Some(entity), .. } => *entity,
            FieldType::Lines { entity, .. } | FieldType::Reference { entity, .. } => *entity,
            _ => return None,
        };
        self.catalog.entity(target)
    }

    /// The finding for a name that is not there. It is built from the name as written and from what the person may read, nothing else.
    pub(crate) fn unknown_field(&self, entity: &'a Entity, written: &str, pointer: &str) -> FieldError {
        let written = quoted(written);
        FieldError::new(
            Class::Malformed,
            pointer,
            "unknown_field",
            Text { zh: &format!("没有名为“{written}”的字段"), en: &format!("there is no field \"{written}\"") },
        )
        .suggest(self.known_fields(entity).borrowed())
    }

    /// The readable fields as a way out.
    pub(crate) fn known_fields(&self, entity: &'a Entity) -> Known {
        const SHOWN: usize = 40;
        let mut names: Vec<&str> = self.fields(entity).map(|field| field.name.as_str()).collect();
        let more = if names.len() > SHOWN { ", …" } else { "" };
        names.truncate(SHOWN);
        let names = names.join(", ");
        Known { zh: format!("可用字段：{names}{more}"), en: format!("fields here: {names}{more}") }
    }
}

/// A text in both languages, owned.
pub(crate) struct Known {
    zh: String,
    en: String,
}

impl Known {
    pub(crate) fn borrowed(&self) -> Text<'_> {
        Text { zh: &self.zh, en: &self.en }
    }
}
