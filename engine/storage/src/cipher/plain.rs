//! A value as bytes to be encrypted and fingerprinted: equal values are equal bytes, whatever database they came from.
use kontor_definitions::{Plain, Value};
use rust_decimal::Decimal;
use time::{OffsetDateTime, Time, format_description::BorrowedFormatItem, macros::format_description};

use crate::{
    error::StorageError,
    value::{date_text, parse_date},
};

const TIME: &[BorrowedFormatItem<'static>] = format_description!("[hour]:[minute]:[second]");

/// The bytes of a value. No message about a failure holds the value.
pub(super) fn bytes(value: &Value) -> Result<Vec<u8>, StorageError> {
    let bug = || StorageError::Bug("a value of this kind cannot be encrypted".to_owned());
    let text = match value {
        Value::Text(text) => format!("t{text}"),
        Value::Number(number) => format!("n{}", number.normalize()),
        Value::Date(date) => format!("d{}", date_text(*date)?),
        Value::Instant(at) => format!("i{}", at.unix_timestamp_nanos().div_euclid(1000)),
        Value::Time(time) => format!("c{}", time.format(TIME).map_err(|_unwritable| bug())?),
        Value::Null | Value::Bool(_) | Value::Id(_) | Value::List(_) | Value::Json(_) => return Err(bug()),
    };
    Ok(text.into_bytes())
}

/// The value of these bytes, if it is of this type.
pub(super) fn value(bytes: &[u8], ty: Plain) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (kind, text) = text.split_at_checked(1)?;
    Some(match (kind, ty) {
        ("t", Plain::Text) => Value::Text(text.to_owned()),
        ("n", Plain::Integer) => Value::Number(text.parse().ok()?),
        ("n", Plain::Decimal { scale }) => {
            let mut number: Decimal = text.parse().ok()?;
            number.rescale(u32::from(scale));
            Value::Number(number)
        }
        ("d", Plain::Date) => Value::Date(parse_date(text).ok()?),
        ("i", Plain::Instant) => {
            let micros: i128 = text.parse().ok()?;
            Value::Instant(OffsetDateTime::from_unix_timestamp_nanos(micros.checked_mul(1000)?).ok()?)
        }
        ("c", Plain::Time) => Value::Time(Time::parse(text, TIME).ok()?),
        _ => return None,
    })
}
