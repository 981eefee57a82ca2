//! Physical tables: what there is ([`Physical`]), what a change of definitions needs ([`plan`]), and doing it (`apply`).
mod change;
mod ddl;
mod empty;
mod equal;
mod measure;
mod names;
mod pages;
mod plan;
mod retype;
mod stored;
mod text;
mod unbind;
mod unused;

pub(crate) use change::column_names;
pub(crate) use ddl::{Ddl, quoted};
pub use equal::Equal;
pub(crate) use names::{COMING, GOING};
pub use pages::Claim;
pub use plan::{ColumnSpec, IndexSpec, Plan, PlanAction, PlanError, PlanStep, TableSpec, plan, plan_beside, plan_from};
pub use retype::{Converted, Losses};
pub use text::Lock;
pub use unused::Unused;

use std::sync::Arc;

/// As many rows as are changed in one transaction while others wait.
pub const AT_ONCE: usize = 200;

use indexmap::IndexMap;
use kontor_definitions::{Aspect, ColumnType, EntityId, FieldId};

use crate::cipher::Cipher;

/// The tables of a tenant as they are, retired ones included. Loaded with a snapshot by [`Tx::physical`](crate::Tx::physical).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Physical {
    /// Table by entity.
    pub tables: IndexMap<EntityId, TableInfo>,
    /// Counts the plans applied. It stands in the text of every statement, so that a statement the database has
    /// prepared for the tables as they were is never used again.
    pub version: i64,
    /// What encrypts sensitive values; none before the tenant has such a field.
    pub cipher: Option<Arc<Cipher>>,
}

/// One table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableInfo {
    /// Its name, fixed at creation: `order_k3v9x2ab`.
    pub name: String,
    /// The entity was removed from the definitions; the records are kept until purged.
    pub retired: bool,
    /// Column by field.
    pub columns: IndexMap<FieldId, ColumnInfo>,
    /// Index by name.
    pub indexes: IndexMap<String, IndexInfo>,
    /// Columns that fields had before they got another type, by name: kept, not used.
    pub former: Vec<(FieldId, ColumnInfo)>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnInfo {
    /// Its name, fixed at creation, never reused: `customer_p4s8d1aa`.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// The entity whose records a foreign key points to.
    pub target: Option<EntityId>,
    /// The field was removed from the definitions; the values are kept until purged.
    pub retired: bool,
}

/// One index besides the primary key.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexInfo {
    /// Values occur once among live records.
    pub unique: bool,
    /// What is indexed, in order.
    pub fields: Vec<FieldId>,
}

/// Whether an index is one that a publish under way has built, or has taken out of use: no revision knows it by its name.
pub fn is_between(index: &str) -> bool {
    index.starts_with(COMING) || index.starts_with(GOING)
}

impl Physical {
    /// The table of an entity that is in use.
    pub(crate) fn table(&self, entity: EntityId) -> Result<&TableInfo, crate::StorageError> {
        self.tables.get(&entity).ok_or_else(|| crate::StorageError::Bug(format!("entity {entity} has no table")))
    }

    /// What encrypts sensitive values, for a tenant that has encrypted columns.
    pub fn demand_cipher(&self) -> Result<&Cipher, crate::StorageError> {
        let missing = || crate::StorageError::Bug("there is an encrypted column but no data key".to_owned());
        self.cipher.as_deref().ok_or_else(missing)
    }

    /// Whether a field, or an aspect of one, has a column in use. A tenant whose definitions went live under an older
    /// engine lacks the aspects that this one stores until the next publish.
    pub fn has(&self, entity: EntityId, field: FieldId) -> bool {
        let column = self.tables.get(&entity).and_then(|table| table.columns.get(&field));
        column.is_some_and(|column| !column.retired)
    }

    /// The fields that a violated unique constraint is about, with their entity: for the message to the person.
    pub fn unique_fields(&self, constraint: &str) -> Option<(EntityId, &[FieldId])> {
        self.tables.iter().find_map(|(entity, table)| {
            table.indexes.get(constraint).filter(|index| index.unique).map(|index| (*entity, index.fields.as_slice()))
        })
    }
}

impl ColumnInfo {
    /// The column by which values of this one are found: its fingerprints, where it is encrypted.
    pub(crate) fn found_by(&self) -> std::borrow::Cow<'_, str> {
        match self.ty {
            ColumnType::Encrypted(_) => names::fingerprint(&self.name).into(),
            _ => self.name.as_str().into(),
        }
    }
}

impl TableInfo {
    /// The columns that are made of a field's own column, as far as they are there.
    pub(crate) fn aspects(&self, field: FieldId) -> impl Iterator<Item = (Aspect, &ColumnInfo)> {
        let of = move |aspect| self.columns.get(&field.aspect(aspect)).map(|column| (aspect, column));
        Aspect::STORED.into_iter().filter_map(of).filter(|(_, column)| !column.retired)
    }

    /// The column of a field.
    pub(crate) fn column(&self, field: FieldId) -> Result<&ColumnInfo, crate::StorageError> {
        let missing = || crate::StorageError::Bug(format!("field {field} has no column in {}", self.name));
        self.columns.get(&field).ok_or_else(missing)
    }
}
