//! The values a field can hold, and the column types that store them.
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;

/// One value of a field or of an expression.
///
/// Every number is an exact decimal, integers included (scale 0), so that there is one arithmetic.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// Nothing entered.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// Any number: at most 28 digits.
    Number(Decimal),
    /// Text; also choices, states, codes, e-mail addresses, numbers of documents.
    Text(String),
    /// A calendar day without a zone.
    Date(Date),
    /// A moment, in UTC, to the microsecond.
    Instant(OffsetDateTime),
    /// A time of day without a zone.
    Time(Time),
    /// A record's id: references, users, departments.
    Id(Uuid),
    /// Several values: choices, links, list literals.
    List(Vec<Value>),
    /// Anything structured: address, location, `json`.
    Json(Box<serde_json::Value>),
}

impl Value {
    /// Whether there is nothing in it.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// How a field is stored. `storage` maps it to the types of each database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// A record's id.
    Uuid,
    /// Text of any length.
    Text,
    /// A whole number that fits 64 bits.
    Integer,
    /// An exact decimal with `scale` digits behind the point; at most 18 digits in all.
    Decimal {
        /// Digits behind the point, 0 to 12.
        scale: u8,
    },
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment to the microsecond.
    Instant,
    /// A time of day to the second.
    Time,
    /// A JSON document (lists included).
    Json,
    /// A value that is encrypted before it reaches the database.
    Encrypted(Plain),
}

/// What an encrypted value is for those who hold the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as in `ColumnType`")]
pub enum Plain {
    Text,
    Integer,
    Decimal { scale: u8 },
    Date,
    Instant,
    Time,
}

impl ColumnType {
    /// The encrypted form of a type; `None` where values of the type say too little to be hidden, or refer to others.
    pub fn encrypted(self) -> Option<Self> {
        Some(Self::Encrypted(match self {
            Self::Text => Plain::Text,
            Self::Integer => Plain::Integer,
            Self::Decimal { scale } => Plain::Decimal { scale },
            Self::Date => Plain::Date,
            Self::Instant => Plain::Instant,
            Self::Time => Plain::Time,
            Self::Uuid | Self::Boolean | Self::Json | Self::Encrypted(_) => return None,
        }))
    }
}
