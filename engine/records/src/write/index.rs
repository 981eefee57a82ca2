//! Step: the words by which a record is found follow what it says, in its own transaction.
use kontor_apps::search;
use kontor_definitions::{FieldId, RecordId, Value};
use kontor_storage::{StorageError, Tx, system};

use super::draft::Draft;

/// Brings the index of a record that was just written up to date; an archived record is found by nothing.
pub(crate) fn follow(tx: &mut Tx, draft: &Draft) -> Result<(), StorageError> {
    let archived = draft.entity.index_of(FieldId::ARCHIVED_AT);
    let (was, is) = archived.map_or((false, false), |place| (!draft.was(place).is_null(), !draft.at(place).is_null()));
    let record = RecordId(draft.id);
    if is {
        return if was || draft.is_new() { Ok(()) } else { system::search::remove(tx, draft.entity.id, record) };
    }
    for (place, field) in search::fields(&draft.entity) {
        let texts = field.texts().and_then(|texts| draft.entity.index_of(texts));
        let changed = [Some(place), texts].into_iter().flatten().any(|place| draft.at(place) != draft.was(place));
        // A new record has no words yet, one that comes back has lost them.
        if changed || (was && !draft.at(place).is_null()) {
            let others = texts.map_or(&Value::Null, |texts| draft.at(texts));
            search::put(tx, &draft.entity, record, field, &search::in_all_languages(draft.at(place), others))?;
        }
    }
    Ok(())
}
