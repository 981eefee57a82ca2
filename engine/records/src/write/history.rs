//! Step: what changed, by field id, appended to the record's history.
use std::collections::BTreeSet;

use kontor_definitions::{Field, FieldId, RecordId, Value, texts::of_value};
use kontor_storage::{StorageError, Tx, cipher::Cell, system::history};
use serde_json::{Value as Json, json};

use super::{
    coerce::is_core,
    draft::{Draft, DraftLines},
    links,
    store::revision_of,
};
use crate::{
    error::RecordsError,
    frame::Frame,
    json::{Shape, text_of, tree_of},
};

/// Appends a revision.
pub(crate) fn append(frame: &Frame, tx: &mut Tx, draft: &Draft, action: &str) -> Result<(), RecordsError> {
    if !draft.entity.track {
        return Ok(());
    }
    let mut changes = Vec::new();
    collect(frame, draft, None, &mut changes)?;
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

fn collect(frame: &Frame, draft: &Draft, lines: Option<FieldId>, out: &mut Vec<Json>) -> Result<(), StorageError> {
    for place in draft.changed() {
        let Some(field) = draft.entity.fields.get(place) else { continue };
        if is_core(field.id) && field.id != FieldId::ARCHIVED_AT {
            continue;
        }
        match draft.entity.translated_by(field.id) {
            Some(of) => out.extend(texts(draft, lines, of, (draft.was(place), draft.at(place)))),
            None => out.push(change(frame, draft, lines, field, (draft.was(place), draft.at(place)))?),
        }
    }
    for owned in &draft.lines {
        let Some(field) = draft.entity.fields.get(owned.place).map(|field| field.id) else { continue };
        if owned.entity.link().is_some() {
            out.extend(of_links(field, owned));
            continue;
        }
        for line in &owned.rows {
            collect(frame, line, Some(field), out)?;
        }
        for line in &owned.removed {
            for (place, column) in line.entity.fields.iter().enumerate() {
                if is_core(column.id) || line.was(place).is_null() {
                    continue;
                }
                match line.entity.translated_by(column.id) {
                    Some(of) => out.extend(texts(line, Some(field), of, (line.was(place), &Value::Null))),
                    None => out.push(change(frame, line, Some(field), column, (line.was(place), &Value::Null))?),
                }
            }
        }
    }
    Ok(())
}

/// The records that links lead to now and those they no longer lead to.
fn of_links(field: FieldId, owned: &DraftLines) -> Option<Json> {
    let ids = |rows: &mut dyn Iterator<Item = &Draft>| -> Vec<String> {
        rows.filter_map(links::target).map(|id| id.to_string()).collect()
    };
    let added = ids(&mut owned.rows.iter().filter(|row| row.is_new()));
    let removed = ids(&mut owned.removed.iter());
    let any = !added.is_empty() || !removed.is_empty();
    any.then(|| json!({ "field": field.to_string(), "added": added, "removed": removed }))
}

fn change(
    frame: &Frame,
    draft: &Draft,
    lines: Option<FieldId>,
    field: &Field,
    (old, new): (&Value, &Value),
) -> Result<Json, StorageError> {
    let (old, new) = (kept(frame, draft, field, old)?, kept(frame, draft, field, new)?);
    Ok(told(draft, lines, field, (old, new)))
}

fn told(draft: &Draft, lines: Option<FieldId>, field: &Field, (old, new): (Json, Json)) -> Json {
    let id = field.id.to_string();
    match lines {
        None => json!({ "field": id, "old": old, "new": new }),
        Some(lines) => {
            json!({ "lines": lines.to_string(), "line": draft.id.to_string(), "field": id, "old": old, "new": new })
        }
    }
}

/// What changes of a translatable field in other languages, each told as a change of the field itself in that language.
fn texts(draft: &Draft, lines: Option<FieldId>, field: &Field, (old, new): (&Value, &Value)) -> Vec<Json> {
    let (old, new) = (of_value(old), of_value(new));
    let tags: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|tag| old.get(*tag) != new.get(*tag)).collect();
    let change = |tag: &String| {
        let mut change = told(draft, lines, field, (json!(old.get(tag)), json!(new.get(tag))));
        if let Some(parts) = change.as_object_mut() {
            parts.insert("locale".to_owned(), json!(tag));
        }
        change
    };
    tags.into_iter().map(change).collect()
}

/// A value as the history keeps it: a sensitive one encrypted, to its record and field.
fn kept(frame: &Frame, draft: &Draft, field: &Field, value: &Value) -> Result<Json, StorageError> {
    if !field.sensitive || value.is_null() {
        return Ok(tree_of(value, Shape::of(field)));
    }
    let cell = Cell { entity: draft.entity.id, field: field.id, record: draft.id };
    let note = text_of(value, Shape::of_type(&field.ty));
    Ok(json!({ "sealed": frame.physical.demand_cipher()?.seal_note(cell, &note)? }))
}
