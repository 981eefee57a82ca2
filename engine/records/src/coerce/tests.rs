//! Values that are taken and values that are refused, by type of field.
use kontor_definitions::{
    Field, FieldId, FieldType, LocalText, Value,
    catalog::{CodeList, FieldClass, NumberFormat, Requirement, TextFormat},
};
use rust_decimal::Decimal;

use super::coerce;
use crate::input::Input;

fn read(ty: FieldType, json: &str) -> Result<Value, &'static str> {
    let field = Field {
        id: FieldId::OWNER,
        name: "field".to_owned(),
        title: LocalText::default(),
        ty,
        required: Requirement::No,
        default: None,
        unique: false,
        searchable: false,
        sensitive: false,
        translatable: false,
        minimum: None,
        maximum: None,
        system: false,
        class: FieldClass::Input,
    };
    let input = Input::parse(json.as_bytes()).map_err(|findings| findings.0[0].code)?;
    coerce(&field, &input, None, "/field").map_err(|finding| finding.code)
}

fn decimal(json: &str) -> Result<Value, &'static str> {
    read(FieldType::Decimal { format: NumberFormat::Plain, precision: 10, scale: 2, unit_field: None }, json)
}

fn text(json: &str) -> Result<Value, &'static str> {
    read(FieldType::Text { format: TextFormat::Plain, max_length: 10 }, json)
}

#[test]
fn decimals_are_exact_or_refused() {
    for json in ["\"12.50\"", "12.50", "12.5", "\"12.5\""] {
        assert_eq!(decimal(json), Ok(Value::Number(Decimal::new(1250, 2))), "{json}");
    }
    for json in
        ["1e30", "\"1000000000000000000000000000000\"", "\"12.505\"", "123456789.00", "\"NaN\"", "\"\"", "true", "[1]", "{}"]
    {
        assert!(decimal(json).is_err(), "{json}");
    }
    // What a binary float would have changed.
    assert_eq!(
        decimal("0.1").and_then(|value| if value == Value::Number(Decimal::new(1, 1)) { Ok(()) } else { Err("float") }),
        Ok(())
    );
}

#[test]
fn texts_are_normal_and_bounded() {
    // A letter and a combining mark become one letter.
    assert_eq!(text("\"e\\u0301\""), Ok(Value::Text("\u{e9}".to_owned())));
    assert_eq!(text("\"蓝牙耳机\""), Ok(Value::Text("蓝牙耳机".to_owned())));
    for json in ["\"12345678901\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"a\\nb\"", "5", "[\"a\"]"] {
        assert!(text(json).is_err(), "{json}");
    }
}

#[test]
fn days_exist() {
    for (json, good) in [
        ("\"2024-02-29\"", true),
        ("\"2026-02-29\"", false),
        ("\"0000-01-01\"", false),
        ("\"9999-12-31\"", true),
        ("\"10000-01-01\"", false),
        ("\"2026-1-5\"", false),
        ("20260105", false),
    ] {
        assert_eq!(read(FieldType::Date, json).is_ok(), good, "{json}");
    }
}

#[test]
fn codes_are_of_their_list() {
    assert!(read(FieldType::Code(CodeList::Currency), "\"CNY\"").is_ok());
    assert!(read(FieldType::Code(CodeList::Country), "\"CN\"").is_ok());
    for json in ["\"cny\"", "\"XYZ\"", "\"CN\"", "\"\""] {
        assert!(read(FieldType::Code(CodeList::Currency), json).is_err(), "{json}");
    }
}

#[test]
fn null_clears_every_type() {
    assert_eq!(decimal("null"), Ok(Value::Null));
    assert_eq!(text("null"), Ok(Value::Null));
    assert_eq!(read(FieldType::Boolean, "null"), Ok(Value::Null));
}
