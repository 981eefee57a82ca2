//! Step: what happened to the record, without values, for those who follow events.
use kontor_definitions::{FieldId, RecordId};
use kontor_storage::{
    Tx,
    system::event::{self, Event, Kind},
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
    let event = Event { kind, record: Some((draft.entity.id, RecordId(draft.id))), revision };
    Ok(event::append(tx, event, frame.now)?)
}

/// Writes down that somebody's rights may have changed.
pub(crate) fn rights(frame: &Frame, tx: &mut Tx) -> Result<(), RecordsError> {
    Ok(event::append(tx, Event { kind: Kind::Rights, record: None, revision: 0 }, frame.now)?)
}
