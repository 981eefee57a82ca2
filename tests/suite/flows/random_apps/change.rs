//! Random changes of a published app: what people do with definitions, kept in step in the model.
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use serde_json::Value as Json;

use super::{
    generate,
    model::{AppModel, FieldKind, FieldModel, scaled},
};

/// Changes the app once. Answers what was done, for the message of a failing seed.
pub(super) fn change(random: &mut StdRng, model: &mut AppModel) -> String {
    let place = random.random_range(0..model.entities.len());
    match random.random_range(0..10) {
        0 | 1 => add_field(random, model, place),
        2 => rename_field(random, model, place),
        3 => retire_field(random, model, place),
        4 => rename_entity(model, place),
        5 | 6 => retype_field(random, model, place),
        7 | 8 => require_field(random, model, place),
        _ => restore_field(model, place),
    }
}

fn add_field(random: &mut StdRng, model: &mut AppModel, place: usize) -> String {
    let entity = model.entities[place].clone();
    let mut field = generate::field(random, model, &entity, place);
    // What is there already cannot have a value yet, and numbers are given at creation only.
    field.required = false;
    if field.kind == FieldKind::AutoNumber {
        field.kind = FieldKind::Text;
    }
    let done = format!("add {}.{}", entity.name, field.name);
    model.entities[place].fields.push(field);
    done
}

fn rename_field(random: &mut StdRng, model: &mut AppModel, place: usize) -> String {
    let entity = &model.entities[place];
    let live: Vec<usize> = (0..entity.fields.len()).filter(|at| !entity.fields[*at].retired).collect();
    let Some(at) = live.choose(random).copied() else { return "nothing".to_owned() };
    let id = model.next_id();
    let name = format!("renamed_{id}");
    let done = format!("rename {}.{} to {name}", model.entities[place].name, model.entities[place].fields[at].name);
    model.entities[place].fields[at].name = name;
    done
}

/// Gives a field another type that can keep every value.
fn retype_field(random: &mut StdRng, model: &mut AppModel, place: usize) -> String {
    let free = |field: &&FieldModel| !field.retired && field.default.is_none() && !used(model, &field.id);
    let kinds = |kind: &FieldKind| match kind {
        FieldKind::Text => vec![FieldKind::LongText],
        FieldKind::Integer => vec![FieldKind::Text, FieldKind::Decimal(2)],
        FieldKind::Decimal(scale) => vec![FieldKind::Text, FieldKind::Decimal((scale + 2).min(6))],
        FieldKind::Boolean => vec![FieldKind::Text, FieldKind::Integer, FieldKind::Decimal(3)],
        FieldKind::Date | FieldKind::Choice(_) => vec![FieldKind::Text, FieldKind::LongText],
        FieldKind::LongText
        | FieldKind::Datetime
        | FieldKind::Reference(_)
        | FieldKind::Links(_)
        | FieldKind::Lines(_)
        | FieldKind::Product(..)
        | FieldKind::Sum(..)
        | FieldKind::AutoNumber => Vec::new(),
    };
    let all = model.entities[place].fields.iter().filter(free);
    let ways: Vec<(String, FieldKind)> =
        all.flat_map(|field| kinds(&field.kind).into_iter().map(|kind| (field.id.clone(), kind))).collect();
    let Some((id, kind)) = ways.choose(random).cloned() else { return "nothing".to_owned() };
    let field = model.entities[place].fields.iter_mut().find(|field| field.id == id).unwrap();
    let done = format!("make {} a {kind:?}, which was a {:?}", field.name, field.kind);
    field.kind = kind.clone();
    // What it was called in other languages would come back with the type, whatever it has been since.
    field.translatable = false;
    model.each_value(place, &id, &mut |value| *value = converted(value, &kind));
    done
}

fn converted(value: &Json, kind: &FieldKind) -> Json {
    let flag = |flag: &bool| i64::from(*flag);
    match (kind, value) {
        (FieldKind::Text | FieldKind::LongText, Json::Number(_) | Json::Bool(_)) => Json::String(value.to_string()),
        (FieldKind::Integer, Json::Bool(set)) => Json::from(flag(set)),
        (FieldKind::Decimal(scale), Json::Bool(set)) => scaled(Some(flag(set).into()), *scale),
        (FieldKind::Decimal(scale), Json::Number(number)) => scaled(number.to_string().parse().ok(), *scale),
        (FieldKind::Decimal(scale), Json::String(number)) => scaled(number.parse().ok(), *scale),
        _ => value.clone(),
    }
}

/// Makes a field required, which fills it where it is empty.
fn require_field(random: &mut StdRng, model: &mut AppModel, place: usize) -> String {
    let default = |kind: &FieldKind| match kind {
        FieldKind::Text | FieldKind::LongText => Some(("\"filled\"", Json::from("filled"))),
        FieldKind::Integer => Some(("7", Json::from(7))),
        FieldKind::Decimal(scale) => Some(("7", scaled(Some(7.into()), *scale))),
        FieldKind::Boolean => Some(("true", Json::from(true))),
        FieldKind::Date
        | FieldKind::Datetime
        | FieldKind::Choice(_)
        | FieldKind::Reference(_)
        | FieldKind::Links(_)
        | FieldKind::Lines(_)
        | FieldKind::Product(..)
        | FieldKind::Sum(..)
        | FieldKind::AutoNumber => None,
    };
    let optional = model.entities[place].fields.iter().filter(|field| !field.required && !field.retired);
    let ways: Vec<_> = optional.filter_map(|field| default(&field.kind).map(|default| (field.id.clone(), default))).collect();
    let Some((id, (text, filled))) = ways.choose(random).cloned() else { return "nothing".to_owned() };
    let field = model.entities[place].fields.iter_mut().find(|field| field.id == id).unwrap();
    field.required = true;
    field.default = Some(text.to_owned());
    let done = format!("require {}.{} with {text}", model.entities[place].name, id);
    model.each_value(place, &id, &mut |value| {
        if value.is_null() {
            *value = filled.clone();
        }
    });
    model.derive_all();
    done
}

fn rename_entity(model: &mut AppModel, place: usize) -> String {
    let name = format!("renamed_{}", model.next_id());
    let done = format!("rename {} to {name}", model.entities[place].name);
    model.entities[place].name = name;
    done
}

/// Retires a field that nothing else uses.
fn retire_field(random: &mut StdRng, model: &mut AppModel, place: usize) -> String {
    let free: Vec<usize> = (0..model.entities[place].fields.len())
        .filter(|at| {
            let field = &model.entities[place].fields[*at];
            !field.retired && !used(model, &field.id) && !matches!(field.kind, FieldKind::Lines(_))
        })
        .collect();
    if model.entities[place].fields.iter().filter(|field| !field.retired).count() < 2 {
        return "nothing".to_owned();
    }
    let Some(at) = free.choose(random).copied() else { return "nothing".to_owned() };
    let field = &mut model.entities[place].fields[at];
    field.retired = true;
    // Whoever puts it back finds it optional: records written meanwhile have no value.
    field.required = false;
    field.default = None;
    format!("retire {}.{}", model.entities[place].name, model.entities[place].fields[at].name)
}

fn restore_field(model: &mut AppModel, place: usize) -> String {
    let entity = &mut model.entities[place];
    match entity.fields.iter_mut().find(|field| field.retired && field.kind.is_input()) {
        Some(field) => {
            field.retired = false;
            format!("restore {}.{}", entity.name, field.name)
        }
        None => "nothing".to_owned(),
    }
}

fn used(model: &AppModel, id: &str) -> bool {
    let fields = || model.entities.iter().flat_map(|entity| &entity.fields).filter(|field| !field.retired);
    fields().any(|field| match &field.kind {
        FieldKind::Product(left, right, _) => left == id || right == id,
        FieldKind::Sum(lines, of, _) => lines == id || of == id,
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Integer
        | FieldKind::Decimal(_)
        | FieldKind::Boolean
        | FieldKind::Date
        | FieldKind::Datetime
        | FieldKind::Choice(_)
        | FieldKind::Reference(_)
        | FieldKind::Links(_)
        | FieldKind::Lines(_)
        | FieldKind::AutoNumber => false,
    })
}

/// Some new values for a record, by field id; lines stay as they are.
pub(super) fn patch(random: &mut StdRng, model: &AppModel, place: usize) -> Vec<(String, Json)> {
    let entity = &model.entities[place];
    let mut changes = Vec::new();
    for field in entity.fields.iter().filter(|field| !field.retired && field.kind.is_input()) {
        if random.random_bool(0.4) {
            let value = generate::value(random, model, field);
            if !(value.is_null() && field.required) {
                changes.push((field.id.clone(), value));
            }
        }
    }
    changes
}
