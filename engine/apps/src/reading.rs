//! All rows of an entity read as definer, chunk by chunk in the order of their ids.
use kontor_access::{Action, decide};
use kontor_definitions::{Entity, FieldId, RecordId, Value};
use kontor_storage::{Archived, Context, Query, Row, Tx};
use uuid::Uuid;

use crate::error::AppError;

/// Rows of a chunk.
const CHUNK: u32 = 500;

/// Rows with their values.
type Rows = [(RecordId, Row)];
/// The ids between which a chunk lies: behind the first, up to the second.
type Between = (RecordId, RecordId);
/// What is done with a chunk.
pub(crate) type See<'a> = dyn FnMut(&mut Tx, &Rows, Between) -> Result<(), AppError> + 'a;

/// What is read.
pub(crate) struct Reading<'a> {
    /// The definer's.
    pub(crate) context: Context<'a>,
    /// The entity.
    pub(crate) entity: &'a Entity,
    /// Its fields, aspects of them too.
    pub(crate) fields: Vec<FieldId>,
    /// What of the archive is seen.
    pub(crate) archived: Archived,
}

impl Reading<'_> {
    /// Reads all rows; the last chunk is empty and reaches to the last of all ids.
    pub(crate) fn each_chunk(&self, tx: &mut Tx, see: &mut See<'_>) -> Result<(), AppError> {
        let permit = decide(self.context.rights, Action::Read, self.entity.id)
            .map_err(|_denied| AppError::Bug("the definer may read everything".to_owned()))?;
        let mut columns = vec![vec![FieldId::ID]];
        columns.extend(self.fields.iter().map(|field| vec![*field]));
        let mut after = RecordId(Uuid::nil());
        loop {
            let query = Query {
                entity: self.entity.id,
                columns: columns.clone(),
                filter: None,
                sort: Vec::new(),
                after: Some(vec![Value::Id(after.0)]),
                limit: CHUNK,
                archived: self.archived,
            };
            let rows: Vec<(RecordId, Row)> = tx.select(self.context, permit, &query)?.into_iter().filter_map(split).collect();
            let last = rows.last().map(|(id, _)| *id);
            see(tx, &rows, (after, last.unwrap_or(RecordId(Uuid::max()))))?;
            match last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}

fn split(mut row: Row) -> Option<(RecordId, Row)> {
    let Some(Value::Id(id)) = row.first().cloned() else { return None };
    row.remove(0);
    Some((RecordId(id), row))
}
