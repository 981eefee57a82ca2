//! The search index: which fields are in it and by which words a value is found.
//!
//! A field is indexed when it is `searchable` or the label of its entity and its value is stored. Tokens are a pure function
//! of field and value, so the index can be recomputed at any time: [`differences`] does and tells where it differs. Records
//! write it in their own transaction, [`bring_up_to_date`] fills it when definitions go live.
mod fill;
mod pinyin;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::BTreeSet;

use kontor_definitions::{Entity, Field, FieldType, RecordId, Value, texts::of_value};
use kontor_storage::{StorageError, Tx, system::search};

pub use fill::{Difference, differences};
pub(crate) use fill::{Missing, bring_up_to_date, fill_rows, forget_some, missing, note, unnote};
pub use tokens::asked;

/// Changes when tokens are made in another way: every index is then filled again by the next publish.
const VERSION: u8 = 1;

/// The indexed fields of an entity with their places, the label first. Owned lines have no list of their own to be found in.
pub fn fields(entity: &Entity) -> impl Iterator<Item = (usize, &Field)> {
    let own = entity.parent.is_none();
    let all = entity.fields.iter().enumerate().filter(move |(_, field)| own && is_indexed(entity, field));
    let (label, others): (Vec<_>, Vec<_>) = all.partition(|(_, field)| field.id == entity.label);
    label.into_iter().chain(others)
}

fn is_indexed(entity: &Entity, field: &Field) -> bool {
    !field.system && (field.searchable || field.id == entity.label) && field.column().is_some()
}

/// What the tokens of a field depend on besides its value.
fn way(entity: &Entity, field: &Field) -> String {
    let label = if field.id == entity.label { "l" } else { "" };
    let texts = if field.translatable { "t" } else { "" };
    format!("{VERSION}{label}{texts} {}", titles(field, None).join("\u{1f}"))
}

/// The titles of a field's options in all languages, of one of them or all.
fn titles<'f>(field: &'f Field, name: Option<&str>) -> Vec<&'f str> {
    let options = match field.ty.result() {
        FieldType::Choice { options } | FieldType::Choices { options } => options.as_slice(),
        FieldType::State(machine) => machine.states.as_slice(),
        _ => &[],
    };
    let of = options.iter().filter(|option| name.is_none_or(|name| name == option.name));
    of.flat_map(|option| option.title.0.values().map(String::as_str)).collect()
}

/// The texts by which a value is found: what a person sees of it.
fn texts(field: &Field, value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => match field.ty.result() {
            FieldType::Choice { .. } | FieldType::State(_) => titles(field, Some(text)).into_iter().map(str::to_owned).collect(),
            _ => vec![text.clone()],
        },
        Value::Number(number) => vec![number.normalize().to_string()],
        Value::Date(date) => vec![date.to_string()],
        // What `in_all_languages` makes.
        Value::List(texts) if field.translatable => texts.iter().flat_map(|text| self::texts(field, text)).collect(),
        Value::Null | Value::Bool(_) | Value::Time(_) | Value::Instant(_) | Value::Id(_) | Value::List(_) | Value::Json(_) => {
            Vec::new()
        }
    }
}

/// What a field is found by: its value, of a translatable one the texts in all languages. `others` are those beside it.
pub fn in_all_languages(own: &Value, others: &Value) -> Value {
    let texts = of_value(others);
    if texts.is_empty() {
        return own.clone();
    }
    Value::List(std::iter::once(own.clone()).chain(texts.into_values().map(Value::Text)).collect())
}

/// The tokens of a value of a field.
pub fn tokens_of(entity: &Entity, field: &Field, value: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for text in texts(field, value) {
        tokens::add(&text, &mut all);
        if field.id == entity.label {
            pinyin::add(&text, &mut all);
        }
    }
    all
}

/// The tokens as they are stored.
fn stored(entity: &Entity, field: &Field, value: &Value) -> String {
    let tokens: Vec<String> = tokens_of(entity, field, value).into_iter().collect();
    tokens.join(" ")
}

/// Writes the tokens of a field of a record.
pub fn put(tx: &mut Tx, entity: &Entity, record: RecordId, field: &Field, value: &Value) -> Result<(), StorageError> {
    search::put(tx, (entity.id, record, field.id), &stored(entity, field, value))
}
