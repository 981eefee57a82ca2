//! A typed SQL parameter. NULLs must be typed on PostgreSQL, so the column type always travels with the value.
use kontor_definitions::{ColumnType, Value};
use time::OffsetDateTime;
use uuid::Uuid;

/// A value with the type of the column it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind(pub ColumnType, pub Value);

impl Bind {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(ColumnType::Text, Value::Text(text.into()))
    }
    /// A whole number.
    pub fn integer(number: i64) -> Self {
        Self(ColumnType::Integer, Value::Number(number.into()))
    }
    /// A record's id.
    pub fn id(id: Uuid) -> Self {
        Self(ColumnType::Uuid, Value::Id(id))
    }
    /// A moment.
    pub fn instant(at: OffsetDateTime) -> Self {
        Self(ColumnType::Instant, Value::Instant(at))
    }
    /// True or false.
    pub fn boolean(value: bool) -> Self {
        Self(ColumnType::Boolean, Value::Bool(value))
    }
    /// A typed NULL.
    pub fn null(ty: ColumnType) -> Self {
        Self(ty, Value::Null)
    }
}
