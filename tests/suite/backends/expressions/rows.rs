//! Random records of the vectors' app, in memory, readable by the evaluator.
use std::collections::BTreeMap;

use kontor_definitions::{
    Catalog, Entity, FieldId, FieldType, Value,
    expr::{
        Type,
        eval::{EvalError, RowSource},
        resolve::read_literal,
    },
};
use rust_decimal::Decimal;
use serde_json::json;
use time::macros::time;
use uuid::Uuid;

use super::random::Random;

/// A record or a line.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) id: Uuid,
    pub(super) values: BTreeMap<FieldId, Value>,
    pub(super) lines: Vec<Record>,
}

/// All records, and what is needed to follow their references.
pub(super) struct World {
    pub(super) partners: Vec<Record>,
    pub(super) records: Vec<Record>,
}

const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "2",
    "0.5",
    "-0.5",
    "0.25",
    "2.5",
    "3.35",
    "-2.345",
    "100",
    "0.01",
    "12.3456789",
    "-7.125",
    "99999.995",
    "0.000001",
];
const TEXTS: [&str; 14] =
    ["", "a", "A", "ab", "茶", "上海茶业", "😀", "e\u{301}", "é", " a\u{3000}", "50%_off", "Straße", "a\\b", "\u{ffe5}"];
const DAYS: [&str; 8] =
    ["2024-02-29", "2026-01-31", "2026-02-28", "2026-03-01", "1999-12-31", "2000-01-01", "0001-01-05", "9999-12-20"];
const MOMENTS: [&str; 4] =
    ["2026-02-28T23:59:59.123456Z", "2026-02-28T23:59:59.123457Z", "2026-03-29T01:30:00Z", "1999-12-31T23:59:59.999999Z"];

impl World {
    pub(super) fn random(catalog: &Catalog, random: &mut Random, count: usize) -> Self {
        let mut number = 0;
        let [partner, sample, line] = ["partner", "sample", "sample_line"].map(|name| catalog.entity_named(name).unwrap());
        let mut partners: Vec<Record> = Vec::new();
        for _ in 0..4 {
            let known: Vec<Uuid> = partners.iter().map(|partner| partner.id).collect();
            partners.push(record(partner, random, &known, &mut number));
        }
        let known: Vec<Uuid> = partners.iter().map(|partner| partner.id).collect();
        let records = (0..count)
            .map(|_| {
                let mut made = record(sample, random, &known, &mut number);
                let lines = random.below(4);
                made.lines = (0..lines).map(|_| record(line, random, &known, &mut number)).collect();
                made
            })
            .collect();
        Self { partners, records }
    }

    pub(super) fn row<'a>(&'a self, record: &'a Record) -> Row<'a> {
        Row { world: self, record }
    }
}

fn record(entity: &Entity, random: &mut Random, partners: &[Uuid], number: &mut u128) -> Record {
    *number += 1;
    let mut values = BTreeMap::new();
    for field in entity.fields.iter().filter(|field| !field.system && field.column().is_some()) {
        if random.chance(75)
            && let Some(value) = value(&field.ty, random, partners)
        {
            values.insert(field.id, value);
        }
    }
    Record { id: Uuid::from_u128(*number), values, lines: Vec::new() }
}

fn value(ty: &FieldType, random: &mut Random, partners: &[Uuid]) -> Option<Value> {
    let read = |text: &&str, ty: Type| read_literal(text, &ty).unwrap();
    Some(match ty {
        FieldType::Text { .. } => Value::Text((*random.one_of(&TEXTS)).to_owned()),
        FieldType::Code(_) => Value::Text((*random.one_of(&["DE", "CN"])).to_owned()),
        FieldType::Choice { options } => Value::Text(random.one_of(options).name.clone()),
        FieldType::Choices { options } => {
            Value::List(options.iter().filter(|_| random.chance(50)).map(|option| Value::Text(option.name.clone())).collect())
        }
        FieldType::Integer { .. } => {
            let number: Decimal = random.one_of(&NUMBERS).parse().unwrap();
            Value::Number(number.trunc())
        }
        FieldType::Decimal { scale, .. } => {
            let number: Decimal = random.one_of(&NUMBERS).parse().unwrap();
            Value::Number(number.trunc_with_scale(u32::from(*scale)))
        }
        FieldType::Boolean => Value::Bool(random.chance(50)),
        FieldType::Date => read(random.one_of(&DAYS), Type::Date),
        FieldType::DateTime => read(random.one_of(&MOMENTS), Type::Instant),
        FieldType::Time => Value::Time(*random.one_of(&[time!(00:00), time!(08:30), time!(23:59:59)])),
        FieldType::Reference { .. } => Value::Id(*random.one_of(if partners.is_empty() { return None } else { partners })),
        FieldType::Json(_) => Value::Json(Box::new(json!({ "city": "Kiel" }))),
        _ => return None,
    })
}

/// A record as the evaluator reads it.
pub(super) struct Row<'a> {
    world: &'a World,
    record: &'a Record,
}

impl RowSource for Row<'_> {
    fn field(&self, path: &[FieldId]) -> Result<Value, EvalError> {
        let (first, rest) = path.split_first().ok_or(EvalError::BadValue)?;
        let value = self.record.values.get(first).cloned().unwrap_or_default();
        let (Value::Id(id), false) = (&value, rest.is_empty()) else {
            return Ok(if rest.is_empty() { value } else { Value::Null });
        };
        let partner = self.world.partners.iter().find(|partner| partner.id == *id).ok_or(EvalError::BadValue)?;
        Row { world: self.world, record: partner }.field(rest)
    }

    fn lines(&self, _path: &[FieldId]) -> Result<Vec<Box<dyn RowSource + '_>>, EvalError> {
        Ok(self.record.lines.iter().map(|record| Box::new(Row { world: self.world, record }) as Box<dyn RowSource>).collect())
    }
}
