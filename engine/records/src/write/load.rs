//! Step: the stored rows, locked in the order of their ids, as the person may reach them and as definer may read them.
use std::{collections::HashMap, sync::Arc};

use kontor_access::{Action, Rights, decide};
use kontor_definitions::{Entity, FieldId, RecordId, Value};
use kontor_storage::{Archived, Query, Tx, query::Path};
use uuid::Uuid;

use super::{
    draft::Draft,
    known::{as_id, definer_bug},
};
use crate::{error::RecordsError, frame::Frame, plan::EntityPlan, read::page};

/// Locks records that the person may read and reach with a right, and reads them; the stored values by id.
pub(crate) fn load(
    frame: &Frame,
    tx: &mut Tx,
    entity: &Arc<Entity>,
    mut ids: Vec<Uuid>,
    action: Action,
) -> Result<HashMap<Uuid, Vec<Value>>, RecordsError> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let permit = decide(&frame.rights, action, entity.id).map_err(|_denied| RecordsError::NotFound)?;
    let readable = decide(&frame.rights, Action::Read, entity.id).map_err(|_denied| RecordsError::NotFound)?;
    for id in &ids {
        if !tx.lock(frame.context(), permit, entity.id, RecordId(*id))? {
            return Err(RecordsError::NotFound);
        }
    }
    if !readable.is_every_row() {
        let seen = tx.select(frame.context(), readable, &page::by_ids(entity.id, vec![vec![FieldId::ID]], ids.clone()))?;
        if seen.len() != ids.len() {
            return Err(RecordsError::NotFound);
        }
    }
    let plan = frame.plans.of(&frame.catalog, entity);
    let query = page::by_ids(entity.id, columns(&plan), ids);
    let rows = tx.select(frame.definer_context(), reading(&frame.definer, entity)?, &query)?;
    Ok(rows.into_iter().filter_map(split).collect())
}

/// Stored records as definer, without their lines; those that are not there are left out.
pub(crate) fn by_ids(frame: &Frame, tx: &mut Tx, entity: &Arc<Entity>, ids: Vec<Uuid>) -> Result<Vec<Draft>, RecordsError> {
    let columns = columns(&frame.plans.of(&frame.catalog, entity));
    drafts(frame, tx, entity, &page::by_ids(entity.id, columns, ids))
}

/// At most `limit` stored records behind `after`, by id, archived ones included, as definer and without their lines.
pub(crate) fn chunk(
    frame: &Frame,
    tx: &mut Tx,
    entity: &Arc<Entity>,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<Draft>, RecordsError> {
    let query = Query {
        entity: entity.id,
        columns: columns(&frame.plans.of(&frame.catalog, entity)),
        filter: None,
        sort: Vec::new(),
        after: after.map(|id| vec![Value::Id(id.0)]),
        limit,
        archived: Archived::With,
    };
    drafts(frame, tx, entity, &query)
}

fn drafts(frame: &Frame, tx: &mut Tx, entity: &Arc<Entity>, query: &Query) -> Result<Vec<Draft>, RecordsError> {
    let rows = tx.select(frame.definer_context(), reading(&frame.definer, entity)?, query)?;
    let draft = |(id, row)| Draft::stored(frame, entity, id, row, String::new());
    Ok(rows.into_iter().filter_map(split).map(draft).collect())
}

/// Reads the lines of stored records, one statement per `lines` field for all of them.
pub(crate) fn load_lines(frame: &Frame, tx: &mut Tx, drafts: &mut [&mut Draft]) -> Result<(), RecordsError> {
    let count = drafts.first().map_or(0, |draft| draft.lines.len());
    for index in 0..count {
        let Some(line) = drafts.first().and_then(|draft| draft.lines.get(index)).map(|lines| Arc::clone(&lines.entity)) else {
            continue;
        };
        let waits = |draft: &&mut Draft| draft.lines.get(index).is_some_and(|lines| !lines.loaded);
        let parents: Vec<RecordId> = drafts.iter().filter(|draft| waits(draft)).map(|draft| RecordId(draft.id)).collect();
        if parents.is_empty() {
            continue;
        }
        let plan = frame.plans.of(&frame.catalog, &line);
        let permit = reading(&frame.definer, &line)?;
        let mut found: HashMap<Uuid, Vec<(Uuid, Vec<Value>)>> = HashMap::new();
        for mut row in tx.lines(frame.definer_context(), permit, line.id, &parents, &columns(&plan))? {
            let Some(parent) = row.first().and_then(as_id) else { continue };
            row.remove(0);
            if let Some(split) = split(row) {
                found.entry(parent).or_default().push(split);
            }
        }
        let mut loaded: Vec<&mut Draft> = Vec::new();
        for draft in drafts.iter_mut().filter(|draft| waits(draft)) {
            let name = draft.entity.fields.get(draft.plan.lines.get(index).copied().unwrap_or_default());
            let pointer = crate::finding::below(&draft.pointer, name.map(|field| field.name.as_str()).unwrap_or_default());
            let rows = found.remove(&draft.id).unwrap_or_default();
            let Some(lines) = draft.lines.get_mut(index) else { continue };
            lines.loaded = true;
            lines.rows = rows
                .into_iter()
                .enumerate()
                .map(|(place, (id, row))| Draft::stored(frame, &line, id, row, format!("{pointer}/{place}")))
                .collect();
            loaded.extend(&mut lines.rows);
        }
        load_lines(frame, tx, &mut loaded)?;
    }
    Ok(())
}

/// The id, then every stored column.
fn columns(plan: &EntityPlan) -> Vec<Path> {
    let mut columns = Vec::with_capacity(plan.columns.len() + 1);
    columns.push(vec![FieldId::ID]);
    columns.extend(plan.columns.iter().cloned());
    columns
}

fn split(mut row: Vec<Value>) -> Option<(Uuid, Vec<Value>)> {
    let id = row.first().and_then(as_id)?;
    row.remove(0);
    Some((id, row))
}

fn reading<'a>(definer: &'a Rights, entity: &Entity) -> Result<&'a kontor_access::Permit, RecordsError> {
    decide(definer, Action::Read, entity.id).map_err(|_denied| definer_bug())
}
