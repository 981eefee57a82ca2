//! Roll-ups in the last step of a publish: what they combined to a moment before, moved by the rows that changed since. Writers wait
//! for this step, and adding up a million records under their eyes would take too long.
use std::{collections::HashMap, sync::Arc};

use kontor_apps::{Rows, Since, Totals};
use kontor_definitions::{Entity, EntityId, FieldId, RecordId, Value};
use kontor_storage::Tx;
use uuid::Uuid;

use super::{
    cascade,
    difference::{Change, contribution_of},
    known::as_id,
    load,
    view::env_of,
};
use crate::{error::RecordsError, frame::Frame};

/// What is stored of some rows.
pub(super) fn stored(frame: &Frame, tx: &mut Tx, entity: &Arc<Entity>, ids: &[RecordId]) -> Result<Rows, RecordsError> {
    if ids.is_empty() {
        return Ok(Rows::new());
    }
    let drafts = load::by_ids(frame, tx, entity, ids.iter().map(|id| id.0).collect())?;
    Ok(drafts.into_iter().map(|draft| (RecordId(draft.id), draft.new)).collect())
}

/// What the roll-ups of some rows combine to now.
pub(super) fn totals(
    frame: &Frame,
    tx: &mut Tx,
    (entity, rollups): (&Arc<Entity>, &[FieldId]),
    ids: &[RecordId],
    since: &Since<'_>,
) -> Result<Totals, RecordsError> {
    let changes = changes(frame, tx, (entity.id, rollups), since)?;
    let told = since.totals.get(&entity.id);
    let asked: Vec<RecordId> = ids.iter().copied().filter(|id| told.is_none_or(|told| !told.contains_key(id))).collect();
    let was = (since.was)(entity.id, &asked)?;
    let mut totals = Totals::new();
    for id in ids {
        let stored = was.get(id);
        let before = |place: usize, field: FieldId| match told.and_then(|told| told.get(id)) {
            // The first value is the row's id.
            Some(values) => values.get(place + 1),
            None => stored.and_then(|values| values.get(entity.index_of(field)?)),
        };
        let mut row = vec![Value::Id(id.0)];
        for (place, field) in rollups.iter().enumerate() {
            let moved = before(place, *field).and_then(|before| match changes.get(&(id.0, *field)) {
                Some(change) => change.applied(before),
                None => Some(before.clone()),
            });
            row.push(match moved {
                Some(value) => value,
                None => anew(frame, tx, entity.id, *id, *field)?,
            });
        }
        totals.insert(*id, row);
    }
    Ok(totals)
}

fn anew(frame: &Frame, tx: &mut Tx, entity: EntityId, id: RecordId, field: FieldId) -> Result<Value, RecordsError> {
    let mut rows = cascade::by_row(frame, tx, entity, &[id], &[field])?;
    Ok(rows.remove(&id).and_then(|row| row.into_iter().nth(1)).unwrap_or_default())
}

/// What the rows that changed bring to and take from the roll-ups of an entity, by row and roll-up.
fn changes(
    frame: &Frame,
    tx: &mut Tx,
    (above, rollups): (EntityId, &[FieldId]),
    since: &Since<'_>,
) -> Result<HashMap<(Uuid, FieldId), Change>, RecordsError> {
    let env = env_of(frame);
    let mut changes: HashMap<(Uuid, FieldId), Change> = HashMap::new();
    for (id, moved) in since.moved {
        let Some(entity) = frame.catalog.entity(*id).map(Arc::clone) else { continue };
        let plan = frame.plans.of(&frame.catalog, &entity);
        let feeds: Vec<_> = plan.feeds.iter().filter(|feed| feed.above == above && rollups.contains(&feed.field)).collect();
        if feeds.is_empty() {
            continue;
        }
        let ids: Vec<RecordId> = moved.iter().copied().collect();
        let (was, is) = ((since.was)(*id, &ids)?, stored(frame, tx, &entity, &ids)?);
        for (values, comes) in ids.iter().flat_map(|id| [(was.get(id), false), (is.get(id), true)]) {
            let Some(values) = values else { continue };
            for feed in &feeds {
                let Some(above) = values.get(feed.link).and_then(as_id) else { continue };
                let Some(change) = contribution_of((&entity, values), feed, &env, comes) else { continue };
                changes.entry((above, feed.field)).and_modify(|known| known.and(change.clone())).or_insert(change);
            }
        }
    }
    Ok(changes)
}
