//! Step: what happened to the record, without values, for those who follow events.
use kontor_definitions::{FieldId, RecordId, Value};
use kontor_storage::{
    Tx,
    system::event::{self, Belonged, Event, Kind},
};

use super::draft::Draft;
use crate::{error::RecordsError, frame::Frame};

/// Writes down what became of a record that was just stored under this revision.
pub(crate) fn append(frame: &Frame, tx: &mut Tx, draft: &Draft, revision: i64) -> Result<(), RecordsError> {
    let place = draft.entity.index_of(FieldId::ARCHIVED_AT);
    let was_archived = place.is_some_and(|place| !draft.was(place).is_null());
    let is_archived = place.is_some_and(|place| !draft.at(place).is_null());
    let kind = match (draft.is_new(), was_archived, is_archived) {
        (true, ..) => Kind::Created,
        (false, false, true) => Kind::Archived,
        (false, true, false) => Kind::Restored,
        (false, true, true) | (false, false, false) => Kind::Updated,
    };
    let was = belonging(frame, draft, Draft::was);
    let was = (!draft.is_new() && was != belonging(frame, draft, Draft::at)).then_some(was);
    let event = Event { kind, record: Some((draft.entity.id, RecordId(draft.id))), revision, was };
    Ok(event::append(tx, event, frame.now)?)
}

/// Writes down that a record was removed for good, under the revision that closed its history.
pub(crate) fn purged(frame: &Frame, tx: &mut Tx, draft: &Draft, revision: i64) -> Result<(), RecordsError> {
    let record = Some((draft.entity.id, RecordId(draft.id)));
    let event = Event { kind: Kind::Purged, record, revision, was: Some(belonging(frame, draft, Draft::was)) };
    Ok(event::append(tx, event, frame.now)?)
}

fn belonging(frame: &Frame, draft: &Draft, at: fn(&Draft, usize) -> &Value) -> Belonged {
    let id = |field| match draft.entity.index_of(field).map(|place| at(draft, place)) {
        Some(Value::Id(id)) => Some(*id),
        Some(_) | None => None,
    };
    Belonged { owner: id(FieldId::OWNER), department: id(FieldId::DEPARTMENT), rights_version: frame.rights_version }
}

/// Writes down that somebody's rights may have changed.
pub(crate) fn rights(frame: &Frame, tx: &mut Tx) -> Result<(), RecordsError> {
    Ok(event::append(tx, Event::of_tenant(Kind::Rights, 0), frame.now)?)
}
