//! Random apps and values from a seed.
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::model::{AppModel, EntityModel, FieldKind, FieldModel, RecordModel, scaled};

/// Names that break careless code: reserved words of SQL, the longest there can be, ones that differ only by their end.
const NASTY: [&str; 12] = [
    "order",
    "group",
    "select",
    "table",
    "user_",
    "index",
    "values",
    "limit",
    "a",
    "x1",
    "a_name_as_long_as_a_name_may_ever_be__it",
    "a_name_as_long_as_a_name_may_ever_be__at",
];

/// A random app of one to four entities, some with lines.
pub(super) fn app(random: &mut StdRng, seed: u64) -> AppModel {
    // Every app has ids of its own: an id is never used again.
    let mut model = AppModel { entities: Vec::new(), ids: seed * 1_000 };
    let count = random.random_range(1..=3);
    for place in 0..count {
        let entity = entity(random, &mut model, place, false);
        model.entities.push(entity);
    }
    if random.random_bool(0.5) {
        let line = entity(random, &mut model, count, true);
        model.entities.push(line);
        add_lines(random, &mut model, count);
    }
    model
}

fn entity(random: &mut StdRng, model: &mut AppModel, place: usize, is_line: bool) -> EntityModel {
    let id = model.next_id();
    let name = if random.random_bool(0.3) {
        let nasty = NASTY.choose(random).unwrap();
        if model.entities.iter().any(|other| other.name == *nasty) { format!("entity_{place}") } else { (*nasty).to_owned() }
    } else {
        format!("entity_{place}")
    };
    let mut entity = EntityModel { id, name, fields: Vec::new(), is_line, records: Vec::new() };
    for _ in 0..random.random_range(1..=6) {
        let field = field(random, model, &entity, place);
        entity.fields.push(field);
    }
    if random.random_bool(0.5) {
        add_product(random, model, &mut entity);
    }
    entity
}

/// A random input field for an entity; `references` entities exist already and may be referred to.
pub(super) fn field(random: &mut StdRng, model: &mut AppModel, entity: &EntityModel, references: usize) -> FieldModel {
    let id = model.next_id();
    let targets: Vec<usize> = (0..references.min(model.entities.len())).filter(|place| !model.entities[*place].is_line).collect();
    let kind = match random.random_range(0..12) {
        0 | 1 => FieldKind::Text,
        2 => FieldKind::LongText,
        3 => FieldKind::Integer,
        4 | 5 => FieldKind::Decimal(random.random_range(0..=4)),
        6 => FieldKind::Boolean,
        7 => FieldKind::Date,
        8 => FieldKind::Datetime,
        9 => FieldKind::Choice((0..random.random_range(1..=3)).map(|place| format!("option_{place}")).collect()),
        10 if !entity.is_line && !targets.is_empty() => FieldKind::Links(*targets.choose(random).unwrap()),
        _ => targets.choose(random).map_or(FieldKind::AutoNumber, |target| FieldKind::Reference(*target)),
    };
    let required = random.random_bool(0.2) && kind.is_input() && !matches!(kind, FieldKind::Links(_));
    let translatable = kind.is_words() && random.random_bool(0.4);
    FieldModel { name: field_name(random, entity, &id), id, kind, required, default: None, retired: false, translatable }
}

/// A name that the entity does not have, also not in a retired field.
pub(super) fn field_name(random: &mut StdRng, entity: &EntityModel, id: &str) -> String {
    let nasty = *NASTY.choose(random).unwrap();
    let taken = entity.fields.iter().any(|other| other.name == nasty);
    if random.random_bool(0.3) && !taken { nasty.to_owned() } else { format!("field_{id}") }
}

fn add_product(random: &mut StdRng, model: &mut AppModel, entity: &mut EntityModel) {
    let numbers: Vec<(String, u32)> =
        entity.fields.iter().filter_map(|field| Some((field.id.clone(), field.kind.scale()?))).collect();
    let (Some(left), Some(right)) = (numbers.choose(random), numbers.choose(random)) else { return };
    let kind = FieldKind::Product(left.0.clone(), right.0.clone(), left.1 + right.1);
    let id = model.next_id();
    let name = format!("product_{id}");
    entity.fields.push(FieldModel { name, id, kind, required: false, default: None, retired: false, translatable: false });
}

fn add_lines(random: &mut StdRng, model: &mut AppModel, line: usize) {
    let parent = random.random_range(0..line);
    let lines_id = model.next_id();
    let summed: Vec<(String, Option<u32>)> = model.entities[line]
        .fields
        .iter()
        .filter_map(|field| {
            let scale = field.kind.scale()?;
            Some((field.id.clone(), (field.kind != FieldKind::Integer).then_some(scale)))
        })
        .collect();
    let lines = FieldModel {
        id: lines_id.clone(),
        name: format!("lines_{lines_id}"),
        kind: FieldKind::Lines(line),
        required: false,
        default: None,
        retired: false,
        translatable: false,
    };
    model.entities[parent].fields.push(lines);
    if let Some((field, scale)) = summed.choose(random) {
        let id = model.next_id();
        let kind = FieldKind::Sum(lines_id, field.clone(), *scale);
        model.entities[parent].fields.push(FieldModel {
            name: format!("sum_{id}"),
            id,
            kind,
            required: false,
            default: None,
            retired: false,
            translatable: false,
        });
    }
}

/// Breaks an app's documents so that they must be refused; answers the path of the broken document and its text.
pub(super) fn broken(random: &mut StdRng, model: &AppModel) -> (String, String) {
    let entity = model.entities.choose(random).unwrap();
    let mut document = model.entity(entity);
    let fields = document["fields"].as_array_mut().unwrap();
    match random.random_range(0..6) {
        0 => fields.push(json!({"id": "zzzzzzz1", "name": "broken", "title": {"zh-CN": "坏", "en": "b"}, "type": "formula", "returns": "decimal", "expression": "missing * 2"})),
        1 => fields.push(json!({"id": "zzzzzzz1", "name": "broken", "title": {"zh-CN": "坏", "en": "b"}, "type": "reference", "entity": "nowhere"})),
        2 => fields.push(json!({"id": "zzzzzzz1", "name": "broken", "title": {"zh-CN": "坏", "en": "b"}, "type": "text", "colour": "red"})),
        3 => {
            let mut twin = fields[0].clone();
            twin["id"] = json!("zzzzzzz1");
            fields.push(twin);
        }
        4 => document["label"] = json!("no_such_field"),
        _ => fields.push(json!({"id": "zzzzzzz1", "name": "broken", "title": {"zh-CN": "坏", "en": "b"}, "type": "date", "default": "1 + true"})),
    }
    (format!("entities/{}.json", entity.name), super::model::pretty(&document))
}

/// A random record; `records` of other entities must be there for references.
pub(super) fn record(random: &mut StdRng, model: &AppModel, place: usize) -> Option<RecordModel> {
    let entity = &model.entities[place];
    let mut record = RecordModel::default();
    for field in entity.fields.iter().filter(|field| !field.retired) {
        if let FieldKind::Lines(line) = field.kind {
            let count = random.random_range(0..=3);
            let lines: Option<Vec<RecordModel>> = (0..count).map(|_| self::record(random, model, line)).collect();
            record.lines.insert(field.id.clone(), lines?);
        } else if field.kind.is_input() {
            let value = value(random, model, field);
            if value.is_null() && field.required {
                return None;
            }
            record.values.insert(field.id.clone(), value);
        }
    }
    Some(record)
}

/// A random value for a field, as the API takes and gives it. Null where the field may be empty, or a reference has no target.
pub(super) fn value(random: &mut StdRng, model: &AppModel, field: &FieldModel) -> Json {
    if !field.required && random.random_bool(0.2) {
        return Json::Null;
    }
    match &field.kind {
        FieldKind::Text | FieldKind::LongText => json!(text(random)),
        FieldKind::Integer => json!(random.random_range(-1_000_000..=1_000_000_i64)),
        FieldKind::Decimal(scale) => scaled(Some(Decimal::new(random.random_range(-99_999_999..=99_999_999), *scale)), *scale),
        FieldKind::Boolean => json!(random.random_bool(0.5)),
        FieldKind::Date => json!(format!(
            "20{:02}-{:02}-{:02}",
            random.random_range(0..100),
            random.random_range(1..=12),
            random.random_range(1..=28)
        )),
        FieldKind::Datetime => json!(format!(
            "2026-{:02}-{:02}T{:02}:30:00Z",
            random.random_range(1..=12),
            random.random_range(1..=28),
            random.random_range(0..24)
        )),
        FieldKind::Choice(options) => json!(options.choose(random).unwrap()),
        FieldKind::Reference(target) => {
            model.entities[*target].records.choose(random).map_or(Json::Null, |record| json!(record.id))
        }
        FieldKind::Links(target) => {
            let records = &model.entities[*target].records;
            let chosen: Vec<&RecordModel> = (0..3).filter_map(|_| records.choose(random)).collect();
            chosen.into_iter().map(|record| record.id.clone()).collect()
        }
        FieldKind::Lines(_) | FieldKind::Product(..) | FieldKind::Sum(..) | FieldKind::AutoNumber => Json::Null,
    }
}

fn text(random: &mut StdRng) -> String {
    const PIECES: [&str; 12] = ["客户", "order", "' OR 1=1 --", "\"", "🚀", "%_", "é", "\\", "全角ＡＢ", "a b", "0", "<script>"];
    (0..random.random_range(1..=4)).map(|_| *PIECES.choose(random).unwrap()).collect()
}
