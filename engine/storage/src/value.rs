//! Values on their way into and out of the databases: the one place where their encodings differ.
//!
//! | type | SQLite | PostgreSQL |
//! |---|---|---|
//! | Uuid | BLOB of 16 bytes | UUID |
//! | Decimal | INTEGER scaled by the column | NUMERIC |
//! | Instant | INTEGER, microseconds UTC | TIMESTAMPTZ |
//! | Date, Time | TEXT `2026-01-31`, `08:30:00` | DATE, TIME |
//! | Encrypted | BLOB | BYTEA |
//! | Json | TEXT, keys sorted | JSONB |
use kontor_definitions::{ColumnType, Value};
use rust_decimal::Decimal;
use sea_query::Value as SqlValue;
use time::{Date, OffsetDateTime, Time, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};
use uuid::Uuid;

use crate::{bind::Bind, error::StorageError, store::Dialect, system::hex};

const DATE: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");
const TIME: &[BorrowedFormatItem<'static>] = format_description!("[hour]:[minute]:[second]");

/// Digits that a stored decimal may have in all.
const DIGITS: u32 = 18;

/// How an answered column is read. Besides stored columns there are numbers computed in SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A stored column, or something of its type.
    Column(ColumnType),
    /// A JSON list of texts that is a [`Value::List`].
    List,
    /// A number computed in SQL: on SQLite an order-preserving blob of 16 bytes, see `threads/functions.rs`.
    Computed {
        /// Digits behind the point.
        scale: u8,
    },
}

/// A day as it is stored on SQLite.
pub(crate) fn date_text(date: Date) -> Result<String, StorageError> {
    written(date.format(DATE))
}

/// A day as it was stored on SQLite.
pub(crate) fn parse_date(text: &str) -> Result<Date, StorageError> {
    Date::parse(text, DATE).map_err(unreadable)
}

/// Turns a typed value into what the driver binds.
pub(crate) fn encode(dialect: Dialect, bind: &Bind) -> Result<SqlValue, StorageError> {
    let Bind(ty, value) = bind;
    if value.is_null() {
        return Ok(null(dialect, *ty));
    }
    Ok(match (dialect, ty, value) {
        (_, ColumnType::Uuid, Value::Id(id)) => SqlValue::Uuid(Some(*id)),
        (_, ColumnType::Text, Value::Text(text)) => SqlValue::String(Some(text.clone())),
        (_, ColumnType::Integer, Value::Number(number)) => SqlValue::BigInt(Some(integer(*number)?)),
        (_, ColumnType::Boolean, Value::Bool(flag)) => SqlValue::Bool(Some(*flag)),
        (Dialect::Sqlite, ColumnType::Decimal { scale }, Value::Number(number)) => {
            SqlValue::BigInt(Some(scaled(*number, *scale)?))
        }
        (Dialect::Postgres, ColumnType::Decimal { scale }, Value::Number(number)) => {
            scaled(*number, *scale)?;
            SqlValue::Decimal(Some(*number))
        }
        (Dialect::Sqlite, ColumnType::Date, Value::Date(date)) => SqlValue::String(Some(date_text(*date)?)),
        (Dialect::Postgres, ColumnType::Date, Value::Date(date)) => SqlValue::TimeDate(Some(*date)),
        (Dialect::Sqlite, ColumnType::Time, Value::Time(time)) => SqlValue::String(Some(written(time.format(TIME))?)),
        (Dialect::Postgres, ColumnType::Time, Value::Time(time)) => SqlValue::TimeTime(Some(whole_second(*time))),
        (Dialect::Sqlite, ColumnType::Instant, Value::Instant(at)) => SqlValue::BigInt(Some(microseconds(*at)?)),
        (Dialect::Postgres, ColumnType::Instant, Value::Instant(at)) => SqlValue::TimeDateTimeWithTimeZone(Some(*at)),
        (_, ColumnType::Json, value) => {
            let json = sorted(to_json(value)?);
            match dialect {
                Dialect::Sqlite => SqlValue::String(Some(json.to_string())),
                Dialect::Postgres => SqlValue::Json(Some(Box::new(json))),
            }
        }
        (_, ColumnType::Encrypted(_), _) => {
            return Err(StorageError::Bug("a value for an encrypted column was not encrypted".to_owned()));
        }
        (_, ty, value) => return Err(StorageError::Bug(format!("value of the wrong kind for a {ty:?} column: {value:?}"))),
    })
}

fn null(dialect: Dialect, ty: ColumnType) -> SqlValue {
    match (dialect, ty) {
        (_, ColumnType::Uuid) => SqlValue::Uuid(None),
        (_, ColumnType::Encrypted(_)) => SqlValue::Bytes(None),
        (_, ColumnType::Text) | (Dialect::Sqlite, ColumnType::Date | ColumnType::Time | ColumnType::Json) => {
            SqlValue::String(None)
        }
        (_, ColumnType::Integer) | (Dialect::Sqlite, ColumnType::Decimal { .. } | ColumnType::Instant) => SqlValue::BigInt(None),
        (_, ColumnType::Boolean) => SqlValue::Bool(None),
        (Dialect::Postgres, ColumnType::Decimal { .. }) => SqlValue::Decimal(None),
        (Dialect::Postgres, ColumnType::Date) => SqlValue::TimeDate(None),
        (Dialect::Postgres, ColumnType::Time) => SqlValue::TimeTime(None),
        (Dialect::Postgres, ColumnType::Instant) => SqlValue::TimeDateTimeWithTimeZone(None),
        (Dialect::Postgres, ColumnType::Json) => SqlValue::Json(None),
    }
}

fn written(text: Result<String, time::error::Format>) -> Result<String, StorageError> {
    text.map_err(|error| StorageError::Bug(format!("a day or time cannot be written: {error}")))
}

fn whole_second(time: Time) -> Time {
    time.replace_nanosecond(0).unwrap_or(time)
}

fn overflow() -> StorageError {
    StorageError::Computation("overflow".to_owned())
}

fn integer(number: Decimal) -> Result<i64, StorageError> {
    scaled_i128(number, 0).and_then(|whole| i64::try_from(whole).map_err(|_too_large| overflow()))
}

/// The number as an integer of this scale; an error if it has more digits behind the point or in all.
pub(crate) fn scaled(number: Decimal, scale: u8) -> Result<i64, StorageError> {
    let whole = scaled_i128(number, scale)?;
    if whole.unsigned_abs() >= 10_u128.pow(DIGITS) {
        return Err(overflow());
    }
    i64::try_from(whole).map_err(|_too_large| overflow())
}

fn scaled_i128(number: Decimal, scale: u8) -> Result<i128, StorageError> {
    let number = number.normalize();
    let missing = u32::from(scale).checked_sub(number.scale());
    let missing = missing.ok_or_else(|| StorageError::Bug(format!("{number} has more than {scale} decimals")))?;
    10_i128.checked_pow(missing).and_then(|factor| number.mantissa().checked_mul(factor)).ok_or_else(overflow)
}

fn microseconds(at: OffsetDateTime) -> Result<i64, StorageError> {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1000)).map_err(|_too_far| overflow())
}

fn to_json(value: &Value) -> Result<serde_json::Value, StorageError> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Json(json) => (**json).clone(),
        Value::List(items) => serde_json::Value::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Value::Text(text) => serde_json::Value::String(text.clone()),
        Value::Id(id) => serde_json::Value::String(id.to_string()),
        Value::Bool(flag) => serde_json::Value::Bool(*flag),
        other => return Err(StorageError::Bug(format!("{other:?} in a JSON column"))),
    })
}

/// The same document with the keys of every object sorted, so that both databases answer the same text.
pub(crate) fn sorted(json: serde_json::Value) -> serde_json::Value {
    match json {
        serde_json::Value::Object(map) => {
            let mut entries: Vec<(String, serde_json::Value)> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            serde_json::Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        serde_json::Value::Array(items) => serde_json::Value::Array(items.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

fn unreadable(what: impl std::fmt::Display) -> StorageError {
    StorageError::Bug(format!("a stored value cannot be read: {what}"))
}

fn list_or_json(reading: Reading, json: serde_json::Value) -> Value {
    let serde_json::Value::Array(items) = json else {
        return Value::Json(Box::new(sorted(json)));
    };
    if reading != Reading::List {
        return Value::Json(Box::new(sorted(serde_json::Value::Array(items))));
    }
    let texts = items.into_iter().map(|item| match item {
        serde_json::Value::String(text) => Value::Text(text),
        other => Value::Json(Box::new(sorted(other))),
    });
    Value::List(texts.collect())
}

/// Reads one column of a SQLite row. The type is the definition's: SQLite's own is per value.
pub(crate) fn from_sqlite(row: &rusqlite::Row<'_>, index: usize, reading: Reading) -> Result<Value, StorageError> {
    use rusqlite::types::ValueRef;
    let raw = row.get_ref(index).map_err(unreadable)?;
    let text = || raw.as_str().map_err(unreadable);
    let number = || raw.as_i64().map_err(unreadable);
    Ok(match (reading, raw) {
        (_, ValueRef::Null) => Value::Null,
        (Reading::Computed { scale }, ValueRef::Blob(bytes)) => {
            Value::Number(crate::threads::functions::decimal_from_blob(bytes, scale).ok_or_else(overflow)?)
        }
        (Reading::Computed { scale } | Reading::Column(ColumnType::Decimal { scale }), _) => {
            Value::Number(Decimal::new(number()?, u32::from(scale)))
        }
        (Reading::Column(ColumnType::Integer), ValueRef::Blob(bytes)) => {
            Value::Number(crate::threads::functions::decimal_from_blob(bytes, 0).ok_or_else(overflow)?)
        }
        (Reading::Column(ColumnType::Integer), _) => Value::Number(Decimal::from(number()?)),
        (Reading::Column(ColumnType::Uuid), _) => {
            Value::Id(Uuid::from_slice(raw.as_blob().map_err(unreadable)?).map_err(unreadable)?)
        }
        // Bytes that the reader of the statement decrypts, see `rows.rs`.
        (Reading::Column(ColumnType::Encrypted(_)), _) => Value::Text(hex(raw.as_blob().map_err(unreadable)?)),
        (Reading::Column(ColumnType::Text), _) => Value::Text(text()?.to_owned()),
        (Reading::Column(ColumnType::Boolean), _) => Value::Bool(number()? != 0),
        (Reading::Column(ColumnType::Date), _) => Value::Date(parse_date(text()?)?),
        (Reading::Column(ColumnType::Time), _) => Value::Time(Time::parse(text()?, TIME).map_err(unreadable)?),
        (Reading::Column(ColumnType::Instant), _) => {
            Value::Instant(OffsetDateTime::from_unix_timestamp_nanos(i128::from(number()?) * 1000).map_err(unreadable)?)
        }
        (Reading::Column(ColumnType::Json) | Reading::List, _) => {
            list_or_json(reading, serde_json::from_str(text()?).map_err(unreadable)?)
        }
    })
}

/// Reads one column of a PostgreSQL row.
pub(crate) fn from_postgres(row: &sqlx::postgres::PgRow, index: usize, reading: Reading) -> Result<Value, StorageError> {
    use sqlx::{Row as _, ValueRef as _};
    if row.try_get_raw(index).map_err(unreadable)?.is_null() {
        return Ok(Value::Null);
    }
    Ok(match reading {
        Reading::Computed { scale } | Reading::Column(ColumnType::Decimal { scale }) => {
            // A number of more digits than a decimal holds is an overflow here as it is in memory.
            let mut number: Decimal = row.try_get(index).map_err(|_too_large| overflow())?;
            number.rescale(u32::from(scale));
            Value::Number(number)
        }
        Reading::Column(ColumnType::Integer) => Value::Number(Decimal::from(row.try_get::<i64, _>(index).map_err(unreadable)?)),
        Reading::Column(ColumnType::Uuid) => Value::Id(row.try_get(index).map_err(unreadable)?),
        Reading::Column(ColumnType::Encrypted(_)) => Value::Text(hex(&row.try_get::<Vec<u8>, _>(index).map_err(unreadable)?)),
        Reading::Column(ColumnType::Text) => Value::Text(row.try_get(index).map_err(unreadable)?),
        Reading::Column(ColumnType::Boolean) => Value::Bool(row.try_get(index).map_err(unreadable)?),
        Reading::Column(ColumnType::Date) => Value::Date(row.try_get(index).map_err(unreadable)?),
        Reading::Column(ColumnType::Time) => Value::Time(row.try_get(index).map_err(unreadable)?),
        Reading::Column(ColumnType::Instant) => {
            let at: OffsetDateTime = row.try_get(index).map_err(unreadable)?;
            Value::Instant(at.to_offset(UtcOffset::UTC))
        }
        Reading::Column(ColumnType::Json) | Reading::List => list_or_json(reading, row.try_get(index).map_err(unreadable)?),
    })
}

/// A bound value as rusqlite takes it.
pub(crate) fn to_rusqlite(value: SqlValue) -> Result<rusqlite::types::Value, StorageError> {
    use rusqlite::types::Value as Lite;
    Ok(match value {
        SqlValue::Bool(flag) => flag.map_or(Lite::Null, |flag| Lite::Integer(i64::from(flag))),
        SqlValue::BigInt(number) => number.map_or(Lite::Null, Lite::Integer),
        SqlValue::BigUnsigned(number) => number.and_then(|number| i64::try_from(number).ok()).map_or(Lite::Null, Lite::Integer),
        SqlValue::String(text) => text.map_or(Lite::Null, Lite::Text),
        SqlValue::Bytes(bytes) => bytes.map_or(Lite::Null, Lite::Blob),
        SqlValue::Uuid(id) => id.map_or(Lite::Null, |id| Lite::Blob(id.as_bytes().to_vec())),
        other => return Err(StorageError::Bug(format!("{other:?} cannot be bound on SQLite"))),
    })
}

/// Bound values as sqlx takes them.
pub(crate) fn to_sqlx(values: Vec<SqlValue>) -> Result<sqlx::postgres::PgArguments, StorageError> {
    use sqlx::Arguments as _;
    let mut arguments = sqlx::postgres::PgArguments::default();
    for value in values {
        match value {
            SqlValue::Bool(flag) => arguments.add(flag),
            SqlValue::BigInt(number) => arguments.add(number),
            SqlValue::BigUnsigned(number) => arguments.add(number.and_then(|number| i64::try_from(number).ok())),
            SqlValue::String(text) => arguments.add(text),
            SqlValue::Uuid(id) => arguments.add(id),
            SqlValue::Bytes(bytes) => arguments.add(bytes),
            SqlValue::Decimal(number) => arguments.add(number),
            SqlValue::TimeDate(date) => arguments.add(date),
            SqlValue::TimeTime(time) => arguments.add(time),
            SqlValue::TimeDateTimeWithTimeZone(at) => arguments.add(at),
            SqlValue::Json(json) => arguments.add(json.map(|json| *json)),
            other => return Err(StorageError::Bug(format!("{other:?} cannot be bound on PostgreSQL"))),
        }
        .map_err(|error| StorageError::Bug(format!("a value cannot be bound: {error}")))?;
    }
    Ok(arguments)
}
