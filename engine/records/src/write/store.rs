//! Step: the record and its lines are written, and the words they are found by, as definer: what the person may do is decided before.
use kontor_access::{Action, decide};
use kontor_definitions::{EntityId, FieldId, RecordId, Value};
use kontor_storage::{StorageError, Tx};

use super::{
    draft::{Draft, DraftLines},
    index,
    known::definer_bug,
};
use crate::{error::RecordsError, frame::Frame};

/// Writes a record and its lines; answers its new revision.
pub(crate) fn store(frame: &Frame, tx: &mut Tx, draft: &mut Draft) -> Result<i64, RecordsError> {
    stamp(frame, draft);
    let revision = revision_of(draft);
    write(frame, tx, draft)?;
    let id = draft.id;
    for lines in &mut draft.lines {
        store_lines(frame, tx, id, lines)?;
    }
    Ok(revision)
}

/// The revision in a draft.
pub(crate) fn revision_of(draft: &Draft) -> i64 {
    use rust_decimal::prelude::ToPrimitive as _;
    match draft.value(FieldId::REVISION) {
        Value::Number(number) => number.to_i64().unwrap_or_default(),
        _ => 0,
    }
}

fn store_lines(frame: &Frame, tx: &mut Tx, parent: uuid::Uuid, lines: &mut DraftLines) -> Result<(), RecordsError> {
    // Removed lines go first, so that their values are free for new ones.
    for removed in &lines.removed {
        delete(frame, tx, removed)?;
    }
    if !lines.loaded {
        return Ok(());
    }
    let is_links = lines.entity.link().is_some();
    let mut behind = rust_decimal::Decimal::ZERO;
    for (position, line) in lines.rows.iter_mut().enumerate() {
        // A link that is there keeps its place, so that taking one away writes none of the others.
        let position = match line.value(FieldId::POSITION) {
            Value::Number(position) if is_links => *position,
            _ if is_links => behind,
            _ => u64::try_from(position).unwrap_or(u64::MAX).into(),
        };
        behind = behind.max(position + rust_decimal::Decimal::ONE);
        line.set_field(FieldId::POSITION, Value::Number(position));
        line.set_field(FieldId::PARENT, Value::Id(parent));
        if !line.is_changed() {
            continue;
        }
        stamp(frame, line);
        write(frame, tx, line)?;
        let id = line.id;
        for deeper in &mut line.lines {
            store_lines(frame, tx, id, deeper)?;
        }
    }
    Ok(())
}

/// Deletes a row and what it owns.
pub(crate) fn delete(frame: &Frame, tx: &mut Tx, line: &Draft) -> Result<(), RecordsError> {
    for deeper in line.lines.iter().flat_map(|lines| lines.rows.iter().chain(&lines.removed)) {
        delete(frame, tx, deeper)?;
    }
    let permit = permit(frame, Action::Delete, line.entity.id)?;
    tx.unbind(&frame.physical, line.entity.id, RecordId(line.id), frame.now)?;
    tx.delete(frame.definer_context(), permit, line.entity.id, RecordId(line.id))?;
    Ok(())
}

/// Who and when, and the next revision.
fn stamp(frame: &Frame, draft: &mut Draft) {
    let by = Value::Id(frame.rights.actor().user.0);
    let at = Value::Instant(frame.now);
    if draft.is_new() {
        draft.set_field(FieldId::ID, Value::Id(draft.id));
        draft.set_field(FieldId::CREATED_AT, at.clone());
        draft.set_field(FieldId::CREATED_BY, by.clone());
    }
    let next = if draft.old.is_some() { revision_of(draft) + 1 } else { 1 };
    draft.set_field(FieldId::REVISION, Value::Number(next.into()));
    draft.set_field(FieldId::UPDATED_AT, at);
    draft.set_field(FieldId::UPDATED_BY, by);
}

fn write(frame: &Frame, tx: &mut Tx, draft: &Draft) -> Result<(), RecordsError> {
    let fields = &draft.entity.fields;
    let valued = |place: usize| fields.get(place).map(|field| (field.id, draft.at(place).clone()));
    if draft.is_new() {
        let places = draft.plan.stored.iter().copied().filter(|place| !draft.at(*place).is_null());
        let values: Vec<(FieldId, Value)> = places.filter_map(valued).collect();
        let permit = permit(frame, Action::Create, draft.entity.id)?;
        tx.insert(frame.definer_context(), permit, draft.entity.id, &values)?;
        index::follow(tx, draft)?;
        return Ok(());
    }
    let values: Vec<(FieldId, Value)> = draft.changed().filter_map(valued).collect();
    let permit = permit(frame, Action::Update, draft.entity.id)?;
    if tx.update(frame.definer_context(), permit, draft.entity.id, RecordId(draft.id), &values)? {
        index::follow(tx, draft)?;
        Ok(())
    } else {
        // It was locked and read in this transaction.
        Err(RecordsError::Storage(StorageError::Serialisation))
    }
}

fn permit(frame: &Frame, action: Action, entity: EntityId) -> Result<&kontor_access::Permit, RecordsError> {
    decide(&frame.definer, action, entity).map_err(|_denied| definer_bug())
}
