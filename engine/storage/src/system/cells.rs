//! The cells of an answered row of a fixed statement, taken in the order of its columns.
use kontor_definitions::Value;
use rust_decimal::prelude::ToPrimitive;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{error::StorageError, query::Row};

/// A row being read from left to right.
pub(crate) struct Cells(std::vec::IntoIter<Value>);

impl Cells {
    /// Begins at the first cell.
    pub(crate) fn of(row: Row) -> Self {
        Self(row.into_iter())
    }
    /// The first row of an answer, if there is one.
    pub(crate) fn first(rows: Vec<Row>) -> Option<Self> {
        rows.into_iter().next().map(Self::of)
    }
    fn next(&mut self) -> Result<Value, StorageError> {
        self.0.next().ok_or_else(|| StorageError::Bug("a row is shorter than its statement".to_owned()))
    }
    /// A text.
    pub(crate) fn text(&mut self) -> Result<String, StorageError> {
        self.optional_text()?.ok_or_else(|| unexpected("a text", &Value::Null))
    }
    /// Yes or no.
    pub(crate) fn boolean(&mut self) -> Result<bool, StorageError> {
        match self.next()? {
            Value::Bool(value) => Ok(value),
            other => Err(unexpected("yes or no", &other)),
        }
    }
    /// A text or null.
    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, StorageError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(unexpected("a text", &other)),
        }
    }
    /// A whole number.
    pub(crate) fn integer(&mut self) -> Result<i64, StorageError> {
        self.optional_integer()?.ok_or_else(|| unexpected("a whole number", &Value::Null))
    }
    /// A whole number or null.
    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>, StorageError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Number(number) => {
                number.to_i64().map(Some).ok_or_else(|| unexpected("a whole number", &Value::Number(number)))
            }
            other => Err(unexpected("a whole number", &other)),
        }
    }
    /// An id.
    pub(crate) fn id(&mut self) -> Result<Uuid, StorageError> {
        self.optional_id()?.ok_or_else(|| unexpected("an id", &Value::Null))
    }
    /// An id or null.
    pub(crate) fn optional_id(&mut self) -> Result<Option<Uuid>, StorageError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Id(id) => Ok(Some(id)),
            other => Err(unexpected("an id", &other)),
        }
    }
    /// A moment.
    pub(crate) fn instant(&mut self) -> Result<OffsetDateTime, StorageError> {
        self.optional_instant()?.ok_or_else(|| unexpected("a moment", &Value::Null))
    }
    /// A moment or null.
    pub(crate) fn optional_instant(&mut self) -> Result<Option<OffsetDateTime>, StorageError> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Instant(at) => Ok(Some(at)),
            other => Err(unexpected("a moment", &other)),
        }
    }
    /// A structured value.
    pub(crate) fn json(&mut self) -> Result<serde_json::Value, StorageError> {
        match self.next()? {
            Value::Json(json) => Ok(*json),
            other => Err(unexpected("a structured value", &other)),
        }
    }
}

fn unexpected(wanted: &str, found: &Value) -> StorageError {
    StorageError::Bug(format!("a system table holds {found:?} where {wanted} belongs"))
}
