//! The JSON Schema of each kind of document, derived from the Rust types.
use std::sync::OnceLock;

use schemars::{JsonSchema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Value, json};

use crate::model::{AppDoc, EntityDoc, FormDoc, InvariantDoc, Kind, PageDoc, RoleDoc, TranslationDoc, ViewDoc};

/// The JSON Schema (draft 2020-12) of a kind, with descriptions that an editor can show.
pub fn schema(kind: Kind) -> Value {
    stored(kind).clone()
}

/// The same without a copy.
pub(super) fn stored(kind: Kind) -> &'static Value {
    static APP: OnceLock<Value> = OnceLock::new();
    static ENTITY: OnceLock<Value> = OnceLock::new();
    static FORM: OnceLock<Value> = OnceLock::new();
    static VIEW: OnceLock<Value> = OnceLock::new();
    static PAGE: OnceLock<Value> = OnceLock::new();
    static ROLE: OnceLock<Value> = OnceLock::new();
    static INVARIANT: OnceLock<Value> = OnceLock::new();
    static TRANSLATION: OnceLock<Value> = OnceLock::new();
    match kind {
        Kind::App => APP.get_or_init(|| derive::<AppDoc>(kind)),
        Kind::Entity => ENTITY.get_or_init(|| derive::<EntityDoc>(kind)),
        Kind::Form => FORM.get_or_init(|| derive::<FormDoc>(kind)),
        Kind::View => VIEW.get_or_init(|| derive::<ViewDoc>(kind)),
        Kind::Page => PAGE.get_or_init(|| derive::<PageDoc>(kind)),
        Kind::Role => ROLE.get_or_init(|| derive::<RoleDoc>(kind)),
        Kind::Invariant => INVARIANT.get_or_init(|| derive::<InvariantDoc>(kind)),
        Kind::Translation => TRANSLATION.get_or_init(|| derive::<TranslationDoc>(kind)),
    }
}

fn derive<T: JsonSchema>(kind: Kind) -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null));
    let mut value = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(object) = value.as_object_mut() {
        object.insert("title".to_owned(), json!(title(kind)));
        object.insert("$id".to_owned(), json!(format!("https://kontor.dev/schemas/{}.json", kind.name())));
    }
    value
}

/// What an editor calls a document of the kind.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "App",
        Kind::Entity => "Entity",
        Kind::Form => "Form",
        Kind::View => "View",
        Kind::Page => "Page",
        Kind::Role => "Role",
        Kind::Invariant => "Invariant",
        Kind::Translation => "Translations",
    }
}

/// What is not given is left out of a document: `null` and written-out defaults have no place in it.
fn without_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("default");
    object.remove("format");
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}

/// The part of a schema that speaks of the value at a JSON pointer; references are followed.
pub(super) fn part<'a>(root: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut at = follow(root, root)?;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        at = inner(root, at, &token)?;
    }
    Some(at)
}

/// The schema of one property or item.
pub(super) fn inner<'a>(root: &'a Value, at: &'a Value, token: &str) -> Option<&'a Value> {
    if let Some(choices) = at.get("anyOf").and_then(Value::as_array) {
        return choices.iter().find_map(|choice| inner(root, follow(root, choice)?, token));
    }
    let next = at
        .get("properties")
        .and_then(|properties| properties.get(token))
        .or_else(|| at.get("additionalProperties").filter(|schema| schema.is_object()))
        .or_else(|| at.get("items"))?;
    follow(root, next)
}

/// Goes through `$ref` to the schema itself.
pub(super) fn follow<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.strip_prefix('#')?),
        None => Some(schema),
    }
}
