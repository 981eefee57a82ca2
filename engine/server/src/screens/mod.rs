//! What a person's screens are made of: the definitions, cut to what the person may know.
//!
//! Pure: a catalog, the documents and the person's rights in, JSON out. What is cut is absent, not emptied, so that an
//! answer does not tell of fields that the person may not know; texts of expressions that name such fields go too.
mod cache;
mod entity;
mod layout;
mod reader;

use kontor_access::Rights;
use kontor_definitions::{Catalog, Entity, model::EntityDoc};
use serde_json::{Value, json};

pub(crate) use cache::{ScreenCache, ScreenKey};
use reader::Reader;

/// The answer of `GET /api/definitions`. `document_of` finds the document of an entity.
pub fn screens(revision: i64, catalog: &Catalog, rights: &Rights, document_of: impl Fn(&Entity) -> Option<EntityDoc>) -> Value {
    let reader = Reader { catalog, rights };
    let apps: Vec<Value> =
        catalog.apps.values().map(|app| json!({"name": app.name, "title": app.title, "locales": app.locales})).collect();
    let entities: Vec<Value> = catalog
        .entities
        .values()
        .filter(|entity| reader.knows(entity.id))
        .filter_map(|entity| Some(entity::entity(reader, entity, document_of(entity)?)))
        .collect();
    let forms: Vec<Value> = catalog.forms.iter().filter_map(|form| layout::form(reader, form)).collect();
    let views: Vec<Value> = catalog.views.iter().filter_map(|view| layout::view(reader, view)).collect();
    let pages: Vec<Value> = catalog.pages.iter().filter_map(|page| layout::page(reader, page)).collect();
    json!({"revision": revision, "apps": apps, "entities": entities, "forms": forms, "views": views, "pages": pages})
}

#[cfg(test)]
mod tests;
