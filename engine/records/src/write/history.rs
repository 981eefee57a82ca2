//! Step: what changed, by field id, appended to the record's history.
use kontor_definitions::{FieldId, RecordId, Value};
use kontor_storage::{Tx, system::history};
use serde_json::{Value as Json, json};

use super::{coerce::is_core, draft::Draft, store::revision_of};
use crate::{
    error::RecordsError,
    frame::Frame,
    json::{Shape, tree_of},
};

/// Appends a revision.
pub(crate) fn append(frame: &Frame, tx: &mut Tx, draft: &Draft, action: &str) -> Result<(), RecordsError> {
    if !draft.entity.track {
        return Ok(());
    }
    let mut changes = Vec::new();
    collect(draft, None, &mut changes);
    let entry = history::Entry {
        record: RecordId(draft.id),
        entity: draft.entity.id,
        revision: revision_of(draft),
        made_at: frame.now,
        made_by: frame.rights.actor().user,
        action: action.to_owned(),
        changes: Json::Array(changes),
    };
    history::append(tx, &entry)?;
    Ok(())
}

fn collect(draft: &Draft, lines: Option<FieldId>, out: &mut Vec<Json>) {
    for place in draft.changed() {
        let Some(field) = draft.entity.fields.get(place) else { continue };
        if is_core(field.id) && field.id != FieldId::ARCHIVED_AT {
            continue;
        }
        out.push(change(draft, lines, field.id, (draft.was(place), draft.at(place)), Shape::of(field)));
    }
    for owned in &draft.lines {
        let Some(field) = draft.entity.fields.get(owned.place).map(|field| field.id) else { continue };
        for line in &owned.rows {
            collect(line, Some(field), out);
        }
        for line in &owned.removed {
            for (place, column) in line.entity.fields.iter().enumerate() {
                if !is_core(column.id) && !line.was(place).is_null() {
                    out.push(change(line, Some(field), column.id, (line.was(place), &Value::Null), Shape::of(column)));
                }
            }
        }
    }
}

fn change(draft: &Draft, lines: Option<FieldId>, field: FieldId, (old, new): (&Value, &Value), shape: Shape) -> Json {
    let (old, new) = (tree_of(old, shape), tree_of(new, shape));
    match lines {
        None => json!({ "field": field.to_string(), "old": old, "new": new }),
        Some(lines) => json!({
            "lines": lines.to_string(), "line": draft.id.to_string(), "field": field.to_string(), "old": old, "new": new
        }),
    }
}
