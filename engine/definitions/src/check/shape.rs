//! Whether a document has the shape of its kind; what does not fit is told and cut out, so that the rest can be checked.
use std::sync::OnceLock;

use jsonschema::{Validator, error::ValidationErrorKind as Kind_};
use serde_json::{Value, json};

use super::{
    codes::Code,
    findings::{FileId, Findings},
    places::{At, join},
    schema,
    suggest::suggest,
};
use crate::model::Kind;

/// Tells every error of shape and gives the document without the parts that do not fit.
///
/// A missing property stays missing, a wrong one is removed: the caller sees only parts that fit the schema or lack something.
pub(super) fn mend(kind: Kind, value: &Value, file: FileId, findings: &mut Findings) -> Value {
    let root = schema::stored(kind);
    let mut cut: Vec<String> = Vec::new();
    for error in validator(kind).iter_errors(value) {
        let pointer = error.instance_path().to_string();
        match error.kind() {
            Kind_::AdditionalProperties { unexpected } => {
                for name in unexpected {
                    let inner = join(&pointer, name);
                    let (zh, en) = suggest(name, property_names(root, &pointer));
                    findings.add_at(file, &inner, At::Key, Code::UnknownProperty, &[name, &zh, &en]);
                    cut.push(inner);
                }
            }
            Kind_::Required { property } => {
                findings.add(file, &pointer, Code::MissingProperty, &[property.as_str().unwrap_or_default()]);
            }
            Kind_::Minimum { .. } | Kind_::Maximum { .. } | Kind_::ExclusiveMinimum { .. } | Kind_::ExclusiveMaximum { .. } => {
                findings.add(file, &pointer, Code::OutOfRange, &[&error.instance().to_string()]);
                cut.push(pointer);
            }
            Kind_::Pattern { pattern } => {
                let text = error.instance().as_str().unwrap_or_default().to_owned();
                findings.add(file, &pointer, Code::WrongFormat, &[&text, pattern]);
                cut.push(pointer);
            }
            _other_kinds => {
                wrong_value(root, &pointer, error.instance(), file, findings);
                cut.push(pointer);
            }
        }
    }
    let mut mended = value.clone();
    for pointer in cut {
        remove(&mut mended, &pointer);
    }
    mended
}

/// Tells a value that is of a wrong type or not one of the allowed words.
fn wrong_value(root: &Value, pointer: &str, value: &Value, file: FileId, findings: &mut Findings) {
    let expected = schema::part(root, pointer);
    let words: Vec<&str> = expected.map(words).unwrap_or_default();
    if let (Some(text), false) = (value.as_str(), words.is_empty()) {
        let (zh, en) = suggest(text, words);
        findings.add(file, pointer, Code::UnknownValue, &[text, &zh, &en]);
        return;
    }
    let (zh, en) = expected.map_or_else(Default::default, type_words);
    findings.add(file, pointer, Code::WrongType, &[&value.to_string(), &zh, &en]);
}

fn validator(kind: Kind) -> &'static Validator {
    static VALIDATORS: OnceLock<Vec<(Kind, Validator)>> = OnceLock::new();
    let all = VALIDATORS.get_or_init(|| {
        Kind::ALL
            .into_iter()
            .map(|kind| (kind, jsonschema::validator_for(schema::stored(kind)).expect("derived schemas are valid schemas")))
            .collect()
    });
    all.iter().find(|(of, _)| *of == kind).map(|(_, validator)| validator).expect("there is a validator for every kind")
}

fn property_names<'a>(root: &'a Value, pointer: &str) -> Vec<&'a str> {
    let properties = schema::part(root, pointer).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// The words a schema allows, where it is a list of words.
fn words(schema: &Value) -> Vec<&str> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().filter_map(Value::as_str).collect();
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return vec![word];
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    choices.into_iter().flatten().flat_map(words).collect()
}

/// What a schema expects, in plain words.
fn type_words(schema: &Value) -> (String, String) {
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let parts: Vec<(String, String)> = choices.iter().map(type_words).collect();
        let zh: Vec<&str> = parts.iter().map(|(zh, _)| zh.as_str()).collect();
        let en: Vec<&str> = parts.iter().map(|(_, en)| en.as_str()).collect();
        return (zh.join("或"), en.join(" or "));
    }
    let name = schema.get("type").and_then(Value::as_str);
    let (zh, en) = match name {
        Some("string") => ("文字", "a text"),
        Some("integer") => ("整数", "a whole number"),
        Some("number") => ("数字", "a number"),
        Some("boolean") => ("true 或 false", "true or false"),
        Some("array") => ("列表 [ ]", "a list in [ ]"),
        Some("object") => ("对象 { }", "an object in { }"),
        _ if !words(schema).is_empty() => ("规定的词", "one of the allowed words"),
        _ => ("其他类型", "another type"),
    };
    (zh.to_owned(), en.to_owned())
}

/// Takes a value out: a property of an object goes, an item of a list becomes null and is left for the caller.
fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    let token = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&token);
        }
        Some(Value::Array(items)) => {
            if let Some(item) = token.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = json!(null);
            }
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
    }
}
