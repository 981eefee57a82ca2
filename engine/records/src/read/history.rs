//! A record's history, cut to what the person may read today.
use std::collections::{BTreeSet, HashMap};

use kontor_access::{Action, FieldReach, decide};
use kontor_definitions::{DefId, Entity, EntityId, FieldId, RecordId, Value};
use kontor_storage::{Tx, cipher::Cell, system::history};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{page, params::Reader};
use crate::{
    coerce::{instant_text, parse_id},
    error::RecordsError,
    frame::Frame,
    json,
    session::Params,
};

/// Revisions in an answer.
const LONGEST: i64 = 500;

/// Answers the changes of a record, newest first; and the record, where sensitive values of it are shown.
pub(crate) fn history(
    frame: &Frame,
    tx: &mut Tx,
    entity: &str,
    id: &str,
    params: &Params,
) -> Result<(String, Option<(EntityId, RecordId)>), RecordsError> {
    let names = frame.names();
    let entity = names.entity(entity).ok_or(RecordsError::NotFound)?;
    let mut reader = Reader::new(params, &["reveal"]);
    let revealed: Vec<&str> = reader.list("reveal").into_iter().map(|(_, name)| name).collect();
    let permit = names.permit(entity.id).ok_or(RecordsError::NotFound)?;
    let id = parse_id(id).ok_or(RecordsError::NotFound)?;
    if tx.select(frame.context(), permit, &page::by_ids(entity.id, vec![vec![FieldId::ID]], vec![id]))?.is_empty() {
        return Err(RecordsError::NotFound);
    }
    if !reader.findings.is_empty() {
        return Err(reader.findings.into());
    }
    let entries = history::list(tx, RecordId(id), i64::MAX, LONGEST)?;
    let people = people(frame, tx, &entries)?;
    let mut mask = RowMask { frame, entity, id, known: HashMap::new() };
    let mut out = String::from("{\"items\":[");
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_entry(&mut out, entry, &people, &mut |field| mask.shows(tx, field), &Revealing { frame, id, revealed: &revealed })?;
    }
    out.push_str("]}");
    Ok((out, (!revealed.is_empty()).then_some((mask.entity.id, RecordId(id)))))
}

/// Whether a field of this one row is shown.
struct RowMask<'a> {
    frame: &'a Frame,
    entity: &'a Entity,
    id: Uuid,
    /// By the grants that show a field: whether one of them reaches the row.
    known: HashMap<Vec<usize>, bool>,
}

/// A field as it is called today: `qty`, `lines.qty`.
struct Called {
    name: String,
    shown: bool,
    /// The entity it belongs to, and its id.
    place: Option<(EntityId, FieldId)>,
}

/// Which sensitive values are told.
struct Revealing<'a> {
    frame: &'a Frame,
    id: Uuid,
    revealed: &'a [&'a str],
}

impl Revealing<'_> {
    /// A value of a change as it is answered: an encrypted one is opened where that was asked for, otherwise masked.
    fn text(&self, called: &Called, line: Option<&Json>, value: &Json) -> String {
        let Some(sealed) = value.get("sealed").and_then(Json::as_str) else { return value.to_string() };
        let record = line.and_then(Json::as_str).and_then(parse_id).unwrap_or(self.id);
        let opened = || {
            let (entity, field) = called.place.filter(|_| self.revealed.contains(&called.name.as_str()))?;
            self.frame.physical.cipher.as_ref()?.open_note(Cell { entity, field, record }, sealed)
        };
        opened().unwrap_or_else(|| json::MASK.to_owned())
    }
}

impl RowMask<'_> {
    /// How a changed field is called; none where it is gone. A line's field is `[lines field, its field]`.
    fn shows(&mut self, tx: &mut Tx, path: &[FieldId]) -> Result<Option<Called>, RecordsError> {
        let Some(fields) = self.along(path) else { return Ok(None) };
        let mut shown = true;
        for (entity, field, _) in &fields {
            shown &= self.reaches(tx, *entity, *field)?;
        }
        let names: Vec<&str> = fields.iter().map(|(_, _, name)| name.as_str()).collect();
        let place = fields.last().map(|(entity, field, _)| (*entity, *field));
        Ok(Some(Called { name: names.join("."), shown, place }))
    }

    fn along(&self, path: &[FieldId]) -> Option<Vec<(EntityId, FieldId, String)>> {
        let mut at = self.entity;
        let mut found = Vec::new();
        for (index, id) in path.iter().enumerate() {
            let field = at.field(*id)?;
            found.push((at.id, field.id, field.name.clone()));
            if index + 1 < path.len() {
                at = self.frame.names().target(field)?;
            }
        }
        Some(found)
    }

    fn reaches(&mut self, tx: &mut Tx, entity: EntityId, field: FieldId) -> Result<bool, RecordsError> {
        let Ok(permit) = decide(&self.frame.rights, Action::Read, entity) else { return Ok(false) };
        let places = match permit.reach(field) {
            FieldReach::Never => return Ok(false),
            FieldReach::Always => return Ok(true),
            FieldReach::Grants(places) => places,
        };
        // Grants of lines reach every line of a permitted record.
        if entity != self.entity.id {
            return Ok(true);
        }
        if let Some(known) = self.known.get(&places) {
            return Ok(*known);
        }
        let reached = tx.permits(self.frame.context(), &permit.only(&places), entity, RecordId(self.id))?;
        self.known.insert(places, reached);
        Ok(reached)
    }
}

/// Names of the people who changed the record, as far as the person may read them.
fn people(frame: &Frame, tx: &mut Tx, entries: &[history::Entry]) -> Result<HashMap<Uuid, String>, RecordsError> {
    let Some(user) = frame.catalog.entity_named("base.user") else { return Ok(HashMap::new()) };
    let ids: BTreeSet<Uuid> = entries.iter().map(|entry| entry.made_by.0).filter(|id| !id.is_nil()).collect();
    let permit = frame.names().permit(user.id).filter(|permit| !ids.is_empty() && permit.can_read(user.label));
    let Some(permit) = permit else { return Ok(HashMap::new()) };
    let query = page::by_ids(user.id, vec![vec![FieldId::ID], vec![user.label]], ids.into_iter().collect());
    let rows = tx.select(frame.context(), permit, &query)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match <[Value; 2]>::try_from(row) {
            Ok([Value::Id(id), Value::Text(label)]) => Some((id, label)),
            _ => None,
        })
        .collect())
}

/// Whether the person sees the field along a path, and what it is called today.
type Shows<'a> = dyn FnMut(&[FieldId]) -> Result<Option<Called>, RecordsError> + 'a;

fn write_entry(
    out: &mut String,
    entry: &history::Entry,
    people: &HashMap<Uuid, String>,
    shows: &mut Shows<'_>,
    revealing: &Revealing<'_>,
) -> Result<(), RecordsError> {
    out.push('{');
    json::key(out, "revision");
    out.push_str(&entry.revision.to_string());
    json::key(out, "at");
    json::text(out, &instant_text(entry.made_at));
    json::key(out, "by");
    let by = entry.made_by.0;
    if by.is_nil() {
        out.push_str("null");
    } else {
        out.push('{');
        json::key(out, "id");
        json::text(out, &by.to_string());
        json::key(out, "label");
        match people.get(&by) {
            Some(label) => json::text(out, label),
            None => out.push_str("null"),
        }
        out.push('}');
    }
    json::key(out, "action");
    json::text(out, &entry.action);
    json::key(out, "changes");
    out.push('[');
    for change in entry.changes.as_array().map(Vec::as_slice).unwrap_or_default() {
        let path = ["lines", "field"].iter().filter_map(|key| field_id(change.get(key)?)).collect::<Vec<_>>();
        let Some(called) = shows(&path)?.filter(|called| called.shown) else { continue };
        if !out.ends_with('[') {
            out.push(',');
        }
        out.push('{');
        json::key(out, "field");
        json::text(out, &called.name);
        for key in ["locale", "line", "old", "new", "added", "removed"] {
            if let Some(value) = change.get(key) {
                json::key(out, key);
                out.push_str(&revealing.text(&called, change.get("line"), value));
            }
        }
        out.push('}');
    }
    out.push_str("]}");
    Ok(())
}

fn field_id(value: &Json) -> Option<FieldId> {
    let text = value.as_str()?;
    // System fields (owner, archived_at) have ids that no document can write.
    DefId::stored(text).map(FieldId)
}
