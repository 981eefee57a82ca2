//! Cursors: the place in an ordered list behind which the next page begins, readable by nobody else and good for one list only.
use std::fmt::Write as _;

use kontor_definitions::{ColumnType, Value};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::coerce::{date_text, parse_id, time_text};

/// Characters of the checksum before the values.
const CHECKSUM: usize = 16;

/// The cursor for a place: the values of the sort keys and the id of the last row seen. `list` names what is listed and how.
pub(crate) fn write(list: &str, place: &[&Value]) -> String {
    let mut payload = String::from("[");
    for (index, value) in place.iter().enumerate() {
        if index > 0 {
            payload.push(',');
        }
        match encode(value) {
            Some(text) => crate::json::text(&mut payload, &text),
            None => payload.push_str("null"),
        }
    }
    payload.push(']');
    let mut cursor = checksum(list, payload.as_bytes());
    for byte in payload.bytes() {
        // Writing into a String cannot fail.
        let _written = write!(cursor, "{byte:02x}");
    }
    cursor
}

/// The place a cursor stands for; `None` for a cursor that was not given out for this list.
pub(crate) fn read(list: &str, cursor: &str, types: &[ColumnType]) -> Option<Vec<Value>> {
    let (sum, hex) = cursor.split_at_checked(CHECKSUM)?;
    if hex.len() % 2 == 1 {
        return None;
    }
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect::<Option<_>>()?;
    if checksum(list, &bytes) != sum {
        return None;
    }
    let texts: Vec<Option<String>> = serde_json::from_slice(&bytes).ok()?;
    if texts.len() != types.len() {
        return None;
    }
    texts.into_iter().zip(types).map(|(text, ty)| text.map_or(Some(Value::Null), |text| decode(&text, *ty))).collect()
}

fn checksum(list: &str, payload: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update((list.len() as u64).to_be_bytes());
    hasher.update(list.as_bytes());
    hasher.update(payload);
    hasher.finalize().iter().take(CHECKSUM / 2).fold(String::new(), |mut text, byte| {
        let _written = write!(text, "{byte:02x}");
        text
    })
}

fn encode(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Date(date) => date_text(*date),
        Value::Instant(at) => (at.unix_timestamp_nanos() / 1_000).to_string(),
        Value::Time(time) => time_text(*time),
        Value::Id(id) => id.to_string(),
        Value::List(_) | Value::Json(_) => return None,
    })
}

fn decode(text: &str, ty: ColumnType) -> Option<Value> {
    Some(match ty {
        ColumnType::Uuid => Value::Id(parse_id(text)?),
        ColumnType::Text => Value::Text(text.to_owned()),
        ColumnType::Integer | ColumnType::Decimal { .. } => Value::Number(text.parse().ok()?),
        ColumnType::Boolean => Value::Bool(text.parse().ok()?),
        ColumnType::Date => Value::Date(crate::coerce::read_date(text)?),
        ColumnType::Instant => {
            let micros: i128 = text.parse().ok()?;
            Value::Instant(OffsetDateTime::from_unix_timestamp_nanos(micros.checked_mul(1_000)?).ok()?)
        }
        ColumnType::Time => Value::Time(crate::coerce::read_time(text)?),
        ColumnType::Json | ColumnType::Encrypted(_) => return None,
    })
}
