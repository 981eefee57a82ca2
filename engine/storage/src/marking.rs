//! What writers note while a publish fills tables beside them: which rows they wrote, and which rows build on those.
//!
//! The spec stands in the tenant's `state` row, which every writing transaction reads first; without a publish it is NULL
//! and costs nothing.
use std::collections::BTreeSet;

use kontor_definitions::{EntityId, FieldId, RecordId};
use serde::{Deserialize, Serialize};

use crate::{
    bind::Bind,
    error::StorageError,
    schema::{Physical, quoted},
    store::Dialect,
    tx::Tx,
};

/// What a publish wants to know of rows that are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    /// Rows of these entities are filled again when they were written.
    pub rows: BTreeSet<EntityId>,
    /// Rows that these references lead to are filled again when a row that refers to them was written or removed.
    pub links: Vec<Link>,
}

/// A reference over which derived values travel upward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The entity that refers.
    pub from: EntityId,
    /// Its field.
    pub field: FieldId,
    /// The entity it refers to.
    pub above: EntityId,
}

const MARK: &str = "INSERT INTO {t}publish_mark (entity, record, written) VALUES (?1, ?2, ?3)";

impl Marking {
    pub(crate) fn read(text: &str) -> Result<Self, StorageError> {
        serde_json::from_str(text).map_err(|error| StorageError::Bug(format!("what writers mark cannot be read: {error}")))
    }

    pub(crate) fn text(&self) -> Result<String, StorageError> {
        serde_json::to_string(self).map_err(|error| StorageError::Bug(format!("what writers mark cannot be written: {error}")))
    }
}

impl Tx {
    /// A row is about to change or to go, in these fields or in all of them: what builds on it now is marked.
    pub(crate) fn mark_before(
        &mut self,
        physical: &Physical,
        (entity, id): (EntityId, RecordId),
        fields: Option<&[FieldId]>,
    ) -> Result<(), StorageError> {
        let Some(marking) = self.marking() else { return Ok(()) };
        let touched = |link: &&Link| link.from == entity && fields.is_none_or(|fields| fields.contains(&link.field));
        let links: Vec<Link> = marking.links.iter().filter(touched).copied().collect();
        links.iter().try_for_each(|link| self.mark_above(physical, link, &[id]))
    }

    /// A row was written: it is marked, and what builds on it now.
    pub(crate) fn mark_after(&mut self, physical: &Physical, (entity, id): (EntityId, RecordId)) -> Result<(), StorageError> {
        let Some(marking) = self.marking() else { return Ok(()) };
        let links: Vec<Link> = marking.links.iter().filter(|link| link.from == entity).copied().collect();
        if marking.rows.contains(&entity) {
            self.mark((entity, id), true)?;
        }
        links.iter().try_for_each(|link| self.mark_above(physical, link, &[id]))
    }

    /// Marks a row to be filled again: after it was written, or what it is computed from.
    pub fn mark(&mut self, (entity, id): (EntityId, RecordId), written: bool) -> Result<(), StorageError> {
        self.execute(MARK, &[Bind::text(entity.to_string()), Bind::id(id.0), Bind::boolean(written)]).map(drop)
    }

    /// Marks the rows that a reference of some rows leads to, to be computed again.
    pub fn mark_above(&mut self, physical: &Physical, link: &Link, ids: &[RecordId]) -> Result<(), StorageError> {
        let table = physical.table(link.from)?;
        // A reference that is new with the publish leads nowhere yet for writers of the revision before.
        let Some(column) = table.columns.get(&link.field).filter(|_| !ids.is_empty()) else { return Ok(()) };
        let (column, table) = (quoted(&column.name), quoted(&table.name));
        let no = if self.dialect() == Dialect::Sqlite { "0" } else { "FALSE" };
        let wanted = (2..ids.len() + 2).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "INSERT INTO {{t}}publish_mark (entity, record, written) SELECT DISTINCT CAST(?1 AS TEXT), {column}, {no}
            FROM {{t}}{table} WHERE \"id\" IN ({wanted}) AND {column} IS NOT NULL"
        );
        let mut binds = vec![Bind::text(link.above.to_string())];
        binds.extend(ids.iter().map(|id| Bind::id(id.0)));
        self.execute(&sql, &binds).map(drop)
    }
}
