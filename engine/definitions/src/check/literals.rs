//! Values written as text in documents: limits, and the patterns of numbers of documents.
use rust_decimal::Decimal;
use time::{
    Date, OffsetDateTime, Time,
    format_description::well_known::{Iso8601, Rfc3339},
};

use crate::{catalog::FieldType, model::field::Reset, value::Value};

/// The value of a type that a text stands for; `None` if it is none or the type has no order.
pub(super) fn literal(ty: &FieldType, text: &str) -> Option<Value> {
    match ty.result() {
        FieldType::Integer { .. } | FieldType::Duration => whole(text),
        FieldType::Decimal { .. } | FieldType::Money { .. } => text.parse::<Decimal>().ok().map(Value::Number),
        FieldType::Date => Date::parse(text, &Iso8601::DATE).ok().map(Value::Date),
        FieldType::DateTime => OffsetDateTime::parse(text, &Rfc3339).ok().map(Value::Instant),
        FieldType::Time => Time::parse(text, &Iso8601::TIME).ok().map(Value::Time),
        FieldType::Text { .. }
        | FieldType::LongText { .. }
        | FieldType::Boolean
        | FieldType::Choice { .. }
        | FieldType::Choices { .. }
        | FieldType::State(_)
        | FieldType::Reference { .. }
        | FieldType::Lines { .. }
        | FieldType::Code(_)
        | FieldType::Json(_)
        | FieldType::Files { .. }
        | FieldType::AutoNumber { .. }
        | FieldType::Formula { .. }
        | FieldType::Rollup { .. }
        | FieldType::Lookup { .. } => None,
    }
}

fn whole(text: &str) -> Option<Value> {
    text.parse::<i64>().ok().map(|number| Value::Number(Decimal::from(number)))
}

/// Whether the first of two values of one type is larger.
pub(super) fn is_larger(first: &Value, second: &Value) -> bool {
    match (first, second) {
        (Value::Number(a), Value::Number(b)) => a > b,
        (Value::Date(a), Value::Date(b)) => a > b,
        (Value::Instant(a), Value::Instant(b)) => a > b,
        (Value::Time(a), Value::Time(b)) => a > b,
        _ => false,
    }
}

/// Whether a number pattern can be used: known parts, exactly one counter, and the date that its restart needs.
pub(super) fn check_pattern(pattern: &str, reset: Reset) -> bool {
    let mut rest = pattern;
    let (mut counters, mut year, mut month, mut day) = (0, false, false, false);
    while let Some(open) = rest.find('{') {
        let Some(close) = rest.get(open..).and_then(|rest| rest.find('}')).map(|close| open + close) else { return false };
        match rest.get(open + 1..close).unwrap_or_default() {
            "yyyy" | "yy" => year = true,
            "mm" => month = true,
            "dd" => day = true,
            zeros if !zeros.is_empty() && zeros.len() <= 12 && zeros.bytes().all(|byte| byte == b'0') => counters += 1,
            _ => return false,
        }
        rest = rest.get(close + 1..).unwrap_or_default();
    }
    let dated = match reset {
        Reset::Never => true,
        Reset::Year => year,
        Reset::Month => year && month,
        Reset::Day => year && month && day,
    };
    counters == 1 && dated && !rest.contains('}') && pattern.len() <= 100
}
