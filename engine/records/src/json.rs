//! JSON text written straight into a buffer: values of fields in the form the API promises.
use std::fmt::Write as _;

use kontor_definitions::{Field, FieldType, Value};
use rust_decimal::Decimal;

use crate::coerce::{date_text, instant_text, plain, time_text};

/// How the values of a field are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A number as it is: integers, durations, counts.
    Number,
    /// A decimal as a text with exactly so many digits behind the point.
    Decimal(u32),
    /// An amount as a text with two digits behind the point, more only where they say something.
    Money,
    /// Whatever the value is.
    Plain,
    /// That there is a value, not what it is: sensitive fields.
    Masked,
    /// The id of a file in a list of one, answered as the file.
    File,
    /// Ids of files, answered as files.
    Files,
}

impl Shape {
    /// The shape of a field's values.
    pub(crate) fn of(field: &Field) -> Self {
        if field.sensitive { Self::Masked } else { Self::of_type(&field.ty) }
    }

    /// The shape of a type's values.
    pub(crate) fn of_type(ty: &FieldType) -> Self {
        match ty.result() {
            FieldType::Integer { .. } | FieldType::Duration => Self::Number,
            FieldType::Decimal { scale, .. } => Self::Decimal(u32::from(*scale)),
            FieldType::Money { .. } => Self::Money,
            FieldType::Files { many: false, .. } => Self::File,
            FieldType::Files { many: true, .. } => Self::Files,
            FieldType::Text { .. }
            | FieldType::LongText { .. }
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::DateTime
            | FieldType::Time
            | FieldType::Choice { .. }
            | FieldType::Choices { .. }
            | FieldType::State(_)
            | FieldType::Reference { .. }
            | FieldType::Lines { .. }
            | FieldType::Code(_)
            | FieldType::Json(_)
            | FieldType::AutoNumber { .. }
            | FieldType::Formula { .. }
            | FieldType::Rollup { .. }
            | FieldType::Lookup { .. } => Self::Plain,
        }
    }
}

/// What stands in place of a sensitive value.
pub(crate) const MASK: &str = "{\"masked\":true}";

/// Writes a value.
pub(crate) fn value(out: &mut String, value: &Value, shape: Shape) {
    match value {
        Value::Null => out.push_str("null"),
        _ if shape == Shape::Masked => out.push_str(MASK),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => self::number(out, *number, shape),
        Value::Text(text) => self::text(out, text),
        Value::Date(date) => quoted(out, &date_text(*date)),
        Value::Instant(at) => quoted(out, &instant_text(*at)),
        Value::Time(time) => quoted(out, &time_text(*time)),
        Value::Id(id) => {
            out.push('"');
            out.push_str(id.hyphenated().encode_lower(&mut [0; 36]));
            out.push('"');
        }
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                self::value(out, item, shape);
            }
            out.push(']');
        }
        Value::Json(json) => out.push_str(&json.to_string()),
    }
}

/// The value as a JSON text of its own.
pub(crate) fn text_of(value: &Value, shape: Shape) -> String {
    let mut out = String::new();
    self::value(&mut out, value, shape);
    out
}

/// The same as a tree, for what is stored as JSON.
pub(crate) fn tree_of(value: &Value, shape: Shape) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        _ if shape == Shape::Masked => serde_json::json!({ "masked": true }),
        Value::Bool(flag) => (*flag).into(),
        Value::Json(json) => (**json).clone(),
        Value::List(items) => items.iter().map(|item| tree_of(item, shape)).collect(),
        Value::Text(text) => text.clone().into(),
        Value::Number(_) | Value::Date(_) | Value::Instant(_) | Value::Time(_) | Value::Id(_) => {
            serde_json::from_str(&text_of(value, shape)).unwrap_or_default()
        }
    }
}

fn number(out: &mut String, number: Decimal, shape: Shape) {
    // Writing into a String cannot fail.
    let _written = match shape {
        Shape::Number => write!(out, "{}", number.normalize()),
        Shape::Decimal(scale) => {
            let mut number = number;
            if number.scale() < scale {
                number.rescale(scale);
            } else if number.scale() > scale {
                number = at_least(number, scale);
            }
            write!(out, "\"{number}\"")
        }
        Shape::Money => write!(out, "\"{}\"", at_least(number, 2)),
        Shape::Plain | Shape::Masked | Shape::File | Shape::Files => write!(out, "\"{}\"", plain(number)),
    };
}

/// The number without zeros at its end, but with at least so many digits behind the point.
fn at_least(number: Decimal, digits: u32) -> Decimal {
    let mut number = number.normalize();
    if number.scale() < digits {
        number.rescale(digits);
    }
    number
}

fn quoted(out: &mut String, plain: &str) {
    out.push('"');
    out.push_str(plain);
    out.push('"');
}

/// Writes a text with its quotes and escapes.
pub(crate) fn text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(place) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        let (plain, from) = rest.split_at(place);
        out.push_str(plain);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                let _written = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Writes `"key":`, with a comma before it unless it is the object's first.
pub(crate) fn key(out: &mut String, key: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    text(out, key);
    out.push(':');
}
