//! Records by the values of one field, for callers that know ids of definitions: imports, installation of data.
use std::collections::HashSet;

use kontor_definitions::{EntityId, FieldId, RecordId, Value, expr::Type};
use kontor_storage::{Archived, Query};

use crate::{condition, error::RecordsError, session::Session};

/// Values asked for in one statement.
const CHUNK: usize = 500;

impl Session<'_> {
    /// Live records that the person may read whose field has one of the values: each with its value. A field that may not
    /// be read finds nothing.
    pub fn find(&mut self, entity: EntityId, field: FieldId, values: &[Value]) -> Result<Vec<(Value, RecordId)>, RecordsError> {
        let frame = std::sync::Arc::clone(&self.frame);
        let names = frame.names();
        let (Some(permit), Some(known)) = (names.permit(entity), frame.catalog.entity(entity)) else { return Ok(Vec::new()) };
        let Some(asked) = known.field(field).filter(|field| permit.can_read(field.id)) else { return Ok(Vec::new()) };
        let mut seen = HashSet::new();
        let wanted: Vec<&Value> = values.iter().filter(|value| !value.is_null() && seen.insert(format!("{value:?}"))).collect();
        let mut found = Vec::new();
        for chunk in wanted.chunks(CHUNK) {
            let mut after = None;
            loop {
                let query = Query {
                    entity,
                    columns: vec![vec![field], vec![FieldId::ID]],
                    filter: Some(condition::field_in(field, Type::of(&asked.ty), chunk.iter().map(|value| (*value).clone()))),
                    sort: Vec::new(),
                    after: after.take(),
                    limit: 1_000,
                    archived: Archived::Without,
                };
                let rows = self.tx.select(frame.context(), permit, &query)?;
                let is_full = rows.len() == 1_000;
                for row in rows {
                    if let Ok([value, Value::Id(id)]) = <[Value; 2]>::try_from(row) {
                        after = Some(vec![Value::Id(id)]);
                        found.push((value, RecordId(id)));
                    }
                }
                if !is_full {
                    break;
                }
            }
        }
        Ok(found)
    }
}
