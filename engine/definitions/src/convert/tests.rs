//! The table of conversions in `tests/cases/conversions`: every allowed change of type, and some that are refused.
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::offset};

use super::{Retype, Shape, Zones, retype};
use crate::{
    catalog::{CodeList, FieldType, JsonFormat, NumberFormat, StateMachine, TextFormat},
    expr::json::value_json,
    id::EntityId,
    model::field::{OnDelete, OptionDoc},
    value::Value,
};

fn options(names: &[(&str, &str, &str)]) -> Vec<OptionDoc> {
    let option = |(name, zh, en): &(&str, &str, &str)| json!({"name": name, "title": {"zh-CN": zh, "en": en}});
    names.iter().map(|names| serde_json::from_value(option(names)).unwrap()).collect()
}

fn colors() -> Vec<OptionDoc> {
    options(&[("red", "深红", "Crimson"), ("blue", "蓝", "Navy")])
}

fn decimal(precision: u8, scale: u8) -> FieldType {
    FieldType::Decimal { format: NumberFormat::Plain, precision, scale, unit_field: None }
}

fn ty(name: &str) -> FieldType {
    match name {
        "text" => FieldType::Text { format: TextFormat::Plain, max_length: 100 },
        "long_text" => FieldType::LongText { rich: false },
        "choice" => FieldType::Choice { options: colors() },
        "yes_no" => FieldType::Choice { options: options(&[("yes", "是", "Yes"), ("no", "否", "No")]) },
        "choices" => FieldType::Choices { options: colors() },
        "state" => FieldType::State(StateMachine { states: colors(), initial: "red".to_owned(), transitions: Vec::new() }),
        "integer" => FieldType::Integer { rating: None },
        "decimal2" => decimal(8, 2),
        "decimal4" => decimal(10, 4),
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "date_time" => FieldType::DateTime,
        "time" => FieldType::Time,
        "code" => FieldType::Code(CodeList::Country),
        "json" => FieldType::Json(JsonFormat::Any),
        "reference" => FieldType::Reference { entity: EntityId("custom00".parse().unwrap()), on_delete: OnDelete::Restrict },
        other => panic!("no type {other}"),
    }
}

/// Eight hours east, all the year.
struct EightHours;

impl Zones for EightHours {
    fn day(&self, zone: &str, at: OffsetDateTime) -> Option<Date> {
        (zone == "Asia/Shanghai").then(|| at.to_offset(offset!(+8)).date())
    }
    fn first_moment(&self, zone: &str, day: Date) -> Option<OffsetDateTime> {
        (zone == "Asia/Shanghai").then(|| day.midnight().assume_offset(offset!(+8)))
    }
}

fn in_shanghai(shape: &Shape) -> Shape {
    match shape {
        Shape::Moment { .. } => Shape::Moment { zone: "Asia/Shanghai".to_owned() },
        other => other.clone(),
    }
}

fn value(ty: &str, json: &Json) -> Value {
    match json {
        Json::Array(items) => Value::List(items.iter().map(|item| value("text", item)).collect()),
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(Decimal::from(number.as_i64().unwrap())),
        Json::String(text) if ty.starts_with("decimal") => Value::Number(text.parse().unwrap()),
        Json::String(text) if ty == "date" => Value::Date(Date::parse(text, super::DATE).unwrap()),
        Json::String(text) if ty == "date_time" => Value::Instant(OffsetDateTime::parse(text, &Rfc3339).unwrap()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Null | Json::Object(_) => Value::Null,
    }
}

#[test]
fn every_conversion_of_the_table() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../../../../tests/cases/conversions/values.json")).unwrap();
    for case in &cases {
        let (from, to) = (case["from"].as_str().unwrap(), case["to"].as_str().unwrap());
        let change = retype(&ty(from), &ty(to));
        let wanted = value(to, &case["becomes"]);
        match change {
            Retype::Refused => assert_eq!(case["refused"], true, "{case}"),
            Retype::Keep => assert_eq!(case["keep"], true, "{case}"),
            Retype::Convert { from: before, to: shape } => {
                assert!(case["refused"].is_null() && case["keep"].is_null(), "{case}");
                let converted = in_shanghai(&shape).convert(&value(from, &case["value"]), &in_shanghai(&before), &EightHours);
                let lost = case["lost"].as_bool().unwrap_or_default();
                let same = converted.value == wanted || value_json(&converted.value) == case["becomes"];
                assert!(same && converted.exact != lost, "{case} {converted:?}");
                assert!(shape.convert(&Value::Null, &before, &EightHours).value.is_null(), "nothing stays nothing: {case}");
            }
        }
    }
}

#[test]
fn what_is_converted_without_loss_comes_back_equal() {
    for (from, to, given) in [
        ("integer", "text", json!(-17)),
        ("decimal2", "text", json!("12.50")),
        ("decimal2", "decimal4", json!("12.50")),
        ("boolean", "text", json!(true)),
        ("boolean", "integer", json!(false)),
        ("date", "text", json!("2026-02-28")),
        ("date", "date_time", json!("2026-02-28")),
        ("choice", "choices", json!("blue")),
        ("choices", "text", json!(["red", "blue"])),
    ] {
        let Retype::Convert { from: back, to: forth } = retype(&ty(from), &ty(to)) else { panic!("{from} {to}") };
        let before = value(from, &given);
        let (back, forth) = (in_shanghai(&back), in_shanghai(&forth));
        let there = forth.convert(&before, &back, &EightHours);
        assert!(there.exact, "{from} {to}");
        assert_eq!(back.convert(&there.value, &forth, &EightHours).value, before, "{from} {to}");
    }
}
