//! Stable ids in documents: which places have one, which are missing, and how missing ones are added.
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{places::join, schema};
use crate::{id::DefId, model::Kind};

/// Adds an id to every part of a document that must have one and has none; says how many were added.
///
/// `taken` holds every id of the app, those of removed and retired parts included, and grows by the new ones.
pub fn add_missing(kind: Kind, value: &mut Value, taken: &mut HashSet<DefId>, random: &mut dyn FnMut() -> u64) -> usize {
    let mut added = 0;
    visit(kind, value, &mut |_, map| {
        if map.contains_key("id") {
            return;
        }
        let mut id = DefId::from_random(random());
        while !taken.insert(id) {
            id = DefId::from_random(random());
        }
        map.shift_insert(0, "id".to_owned(), Value::String(id.to_string()));
        added += 1;
    });
    added
}

/// The ids a document uses.
pub fn used(kind: Kind, value: &Value) -> Vec<DefId> {
    let mut value = value.clone();
    let mut ids = Vec::new();
    visit(kind, &mut value, &mut |_, map| {
        ids.extend(map.get("id").and_then(Value::as_str).and_then(|id| id.parse::<DefId>().ok()))
    });
    ids
}

/// Calls `seen` with every object of a document that has an id by its schema, and its pointer.
pub(super) fn visit(kind: Kind, value: &mut Value, seen: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    let root = schema::stored(kind);
    walk(root, schema::follow(root, root), value, "", seen);
}

fn walk(
    root: &Value,
    schema: Option<&Value>,
    value: &mut Value,
    pointer: &str,
    seen: &mut dyn FnMut(&str, &mut Map<String, Value>),
) {
    let Some(schema) = schema else { return };
    match value {
        Value::Object(map) => {
            if schema.get("properties").is_some_and(|properties| properties.get("id").is_some()) {
                seen(pointer, map);
            }
            for (key, value) in map.iter_mut() {
                walk(root, schema::inner(root, schema, key), value, &join(pointer, key), seen);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(root, schema::inner(root, schema, "0"), item, &join(pointer, &index.to_string()), seen);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
