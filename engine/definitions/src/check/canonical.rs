//! The one way a document is written: keys in schema order, arrays as authored, two spaces, LF, NFC.
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::schema;
use crate::model::Kind;

/// A document in its canonical form. A document that is in this form already comes back byte for byte.
///
/// Unknown properties are kept, behind the known ones, in the order in which they were written: what cannot be
/// understood is told by the check, not thrown away here.
///
/// # Errors
/// Only where the value cannot be written as JSON, which no value read from a document does.
pub fn canonical(kind: Kind, value: &Value) -> Result<String, serde_json::Error> {
    let root = schema::stored(kind);
    let ordered = ordered(root, schema::follow(root, root), value);
    let mut text = serde_json::to_string_pretty(&ordered)?;
    text.push('\n');
    Ok(text)
}

fn ordered(root: &Value, schema: Option<&Value>, value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(object(root, schema, map)),
        Value::Array(items) => {
            let of_items = schema.and_then(|schema| schema::inner(root, schema, "0"));
            Value::Array(items.iter().map(|item| ordered(root, of_items, item)).collect())
        }
        Value::String(text) => Value::String(text.nfc().collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn object(root: &Value, schema: Option<&Value>, map: &Map<String, Value>) -> Map<String, Value> {
    let known = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let in_order = known.into_iter().flatten().filter_map(|(key, _)| map.get_key_value(key));
    let rest = map.iter().filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)));
    in_order
        .chain(rest)
        .map(|(key, value)| {
            let of_value = schema.and_then(|schema| schema::inner(root, schema, key));
            (key.nfc().collect(), ordered(root, of_value, value))
        })
        .collect()
}
