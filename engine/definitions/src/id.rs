//! Identities: the stable eight-character ids of definitions, and the UUIDs of records.
use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// The stable id of a definition or of a part of one: 8 characters `[a-z0-9]`, unique in its app, never reused.
///
/// Engine-owned fields have ids that begin with `_` (see [`FieldId::ID`] and its siblings), which no document can write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefId([u8; 8]);

/// The text is not an id of 8 characters `[a-z0-9]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 8 characters a-z or 0-9, this is \"{0}\"")]
pub struct BadId(pub String);

impl DefId {
    /// An engine-owned id: shorter than eight characters, padded. `const` so that it can name system fields.
    pub const fn system(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut out = [b'_'; 8];
        let mut index = 0;
        while index < bytes.len() && index < 7 {
            // `get` is not const; the loop bound keeps the index inside both arrays.
            #[expect(clippy::indexing_slicing, reason = "const context, bounds checked by the loop")]
            {
                out[index + 1] = bytes[index];
            }
            index += 1;
        }
        Self(out)
    }

    /// An id from 40 random bits or more (the caller owns randomness): base 36 of the number, eight digits.
    pub fn from_random(random: u64) -> Self {
        const DIGITS: [u8; 36] = *b"0123456789abcdefghijklmnopqrstuvwxyz";
        let mut rest = random;
        let mut out = [b'0'; 8];
        for slot in &mut out {
            let digit = usize::try_from(rest % 36).unwrap_or_default();
            *slot = DIGITS.get(digit).copied().unwrap_or(b'0');
            rest /= 36;
        }
        Self(out)
    }

    /// The id of what the engine keeps beside a part of a definition: its own with the first character replaced. The
    /// engine's own parts have none.
    pub fn companion(self) -> Option<Self> {
        let [_, b, c, d, e, f, g, h] = self.0;
        (!self.is_system()).then_some(Self([b'_', b, c, d, e, f, g, h]))
    }

    /// Whether it names what the engine keeps beside a part of a definition.
    pub fn is_companion(&self) -> bool {
        self.is_system() && self.0.last() != Some(&b'_')
    }

    /// An id as it is stored: those of documents and those that only the engine makes.
    pub fn stored(text: &str) -> Option<Self> {
        let fits = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        <[u8; 8]>::try_from(text.as_bytes()).ok().filter(|_| fits).map(Self)
    }

    /// The id whose first character counts most.
    fn from_digits(number: u64) -> Self {
        let mut id = Self::from_random(number);
        id.0.reverse();
        id
    }

    /// The eight characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the engine owns what this names.
    pub fn is_system(&self) -> bool {
        self.0.first() == Some(&b'_')
    }
}

impl FromStr for DefId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId(text.to_owned());
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            return Err(bad());
        }
        <[u8; 8]>::try_from(text.as_bytes()).map(Self).map_err(|_wrong_length| bad())
    }
}

impl fmt::Display for DefId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DefId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DefId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DefId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for DefId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9]{8}$", "description": "Stable id, made by the designer or by `kontor app check --fix`" })
    }
}

/// What a field is ordered or compared by instead of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// The stored key by which a text stands in a list, see [`crate::aspect::sort_key`].
    SortKey,
    /// The stored text with everything taken away in which two spellings of one name differ, see [`crate::aspect::folded`].
    Folded,
    /// The place of a choice among its options; never stored.
    Rank,
}

impl Aspect {
    /// Every aspect.
    pub const ALL: [Self; 3] = [Self::SortKey, Self::Folded, Self::Rank];
    /// Those with a column.
    pub const STORED: [Self; 2] = [Self::SortKey, Self::Folded];

    /// Its name in system tables and in names of columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::SortKey => "sort",
            Self::Folded => "fold",
            Self::Rank => "rank",
        }
    }

    const fn mark(self) -> u8 {
        match self {
            Self::SortKey => b'^',
            Self::Folded => b'=',
            Self::Rank => b'#',
        }
    }
}

const DIGITS: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.";

/// Ids of documents; the numbers behind them stand for ids of what the engine keeps beside a field.
const OF_DOCUMENTS: u64 = 36_u64.pow(8);

/// An aspect of a field has an id too, which no document can write: a mark, then the 36^8 ids of documents as seven digits to
/// base 64. So paths, permits and columns take it wherever they take a field.
impl FieldId {
    /// The id of an aspect of this field; only fields of documents, and what is kept beside them, have aspects.
    #[must_use]
    pub fn aspect(self, aspect: Aspect) -> Self {
        let digits = if self.0.is_system() { self.0.0.get(1..).unwrap_or_default() } else { self.0.0.as_slice() };
        let mut number = digits.iter().fold(0_u64, |number, byte| number * 36 + u64::from(place_of(*byte)));
        if self.0.is_system() {
            number += OF_DOCUMENTS;
        }
        let mut out = [aspect.mark(); 8];
        for slot in out.iter_mut().skip(1).rev() {
            let digit = usize::try_from(number % 64).unwrap_or_default();
            *slot = DIGITS.get(digit).copied().unwrap_or(b'0');
            number /= 64;
        }
        Self(DefId(out))
    }

    /// The aspect and the field whose it is, if this is the id of an aspect.
    pub fn aspect_of(self) -> Option<(Aspect, Self)> {
        let (mark, digits) = self.0.0.split_first()?;
        let aspect = Aspect::ALL.into_iter().find(|aspect| aspect.mark() == *mark)?;
        let number = digits.iter().fold(0_u64, |number, byte| number * 64 + u64::from(place_of(*byte)));
        let of = DefId::from_digits(number % OF_DOCUMENTS);
        // The digit in place of the mark of what the engine keeps is zero.
        Some((aspect, Self(if number < OF_DOCUMENTS { of } else { of.companion()? })))
    }
}

fn place_of(byte: u8) -> u8 {
    let place = DIGITS.iter().position(|digit| *digit == byte).unwrap_or_default();
    u8::try_from(place).unwrap_or_default()
}

macro_rules! newtype {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub DefId);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

newtype!(
    /// An entity.
    EntityId
);
newtype!(
    /// A field of an entity; field ids are unique in the whole app, so one id is enough.
    FieldId
);
newtype!(
    /// A role.
    RoleId
);
newtype!(
    /// A tenant: names its SQLite file and its PostgreSQL schema.
    TenantId
);

impl FieldId {
    /// The field beside a formula that converts between currencies or units: what it was computed with.
    pub fn rates(self) -> Option<Self> {
        self.0.companion().map(Self)
    }

    /// The field beside a translatable one: its texts in other languages. No field is both a formula and translatable.
    pub fn texts(self) -> Option<Self> {
        self.0.companion().map(Self)
    }
}

/// The fields every record has. Owned lines have `PARENT` and `POSITION` in place of owner and department.
impl FieldId {
    /// The record's id, a UUIDv7.
    pub const ID: Self = Self(DefId::system("id"));
    /// Counts the record's writes, from 1; optimistic locking.
    pub const REVISION: Self = Self(DefId::system("rev"));
    /// When the record was made.
    pub const CREATED_AT: Self = Self(DefId::system("cat"));
    /// Who made it.
    pub const CREATED_BY: Self = Self(DefId::system("cby"));
    /// When it was last changed.
    pub const UPDATED_AT: Self = Self(DefId::system("uat"));
    /// Who last changed it.
    pub const UPDATED_BY: Self = Self(DefId::system("uby"));
    /// The user it belongs to; scope `own` compares it.
    pub const OWNER: Self = Self(DefId::system("own"));
    /// The department it belongs to.
    pub const DEPARTMENT: Self = Self(DefId::system("dep"));
    /// The company it belongs to, in entities that say `"company": true`.
    pub const COMPANY: Self = Self(DefId::system("com"));
    /// When it was archived; null while it is live.
    pub const ARCHIVED_AT: Self = Self(DefId::system("arc"));
    /// The record an owned line belongs to.
    pub const PARENT: Self = Self(DefId::system("par"));
    /// The place of an owned line among its siblings, from 0.
    pub const POSITION: Self = Self(DefId::system("pos"));
}

/// A record's id: UUIDv7, made by the engine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
