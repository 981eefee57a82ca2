//! Step: every reference that is new must lead to a live record that the person may read; one statement per referenced entity.
use std::collections::{BTreeMap, HashMap};

use kontor_access::{Action, Rights, decide};
use kontor_definitions::{EntityId, FieldId, Value, catalog::FieldClass};
use kontor_storage::Tx;
use uuid::Uuid;

use super::{draft::Work, known::as_id};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Text},
    frame::Frame,
    read::page,
};

/// A reference somebody gave: whose it is, where it stands, where it leads.
struct Given {
    work: usize,
    pointer: String,
    id: Uuid,
}

/// Checks the references that the inputs gave.
pub(crate) fn check(frame: &Frame, tx: &mut Tx, works: &mut [Work]) -> Result<(), RecordsError> {
    let mut given: BTreeMap<EntityId, Vec<Given>> = BTreeMap::new();
    for (work, item) in works.iter().enumerate() {
        item.draft.visit(&mut |draft| {
            for place in &draft.given {
                let Some(field) = draft.entity.fields.get(*place) else { continue };
                if let (Some(target), Some(id)) = (field.ty.reference(), as_id(draft.at(*place)))
                    && draft.at(*place) != draft.was(*place)
                {
                    let pointer = draft.pointer_of(field);
                    given.entry(target).or_default().push(Given { work, pointer, id });
                }
            }
        });
    }
    for (target, references) in given {
        let live = states(frame, tx, target, references.iter().map(|given| given.id).collect())?;
        for reference in references {
            let finding = match live.get(&reference.id) {
                Some(true) => continue,
                Some(false) => FieldError::new(
                    Class::Refused,
                    reference.pointer,
                    "archived_reference",
                    Text { zh: "所选记录已归档", en: "the chosen record is archived" },
                )
                .suggest(Text {
                    zh: "请选择未归档的记录，或先恢复它", en: "choose a live record, or bring it back first"
                }),
                None => FieldError::new(
                    Class::Refused,
                    reference.pointer,
                    "unknown_reference",
                    Text { zh: "没有这条记录", en: "there is no such record" },
                )
                .suggest(Text { zh: "请重新选择", en: "choose another one" }),
            };
            if let Some(work) = works.get_mut(reference.work) {
                work.findings.push(finding);
            }
        }
    }
    Ok(())
}

/// Checks the references of a record that comes back from the archive: each must still lead to a live record. Runs as definer,
/// as the person did not choose them now; a field that the person may not read is not named.
pub(crate) fn check_again(frame: &Frame, tx: &mut Tx, work: &mut Work) -> Result<(), RecordsError> {
    let mut held: BTreeMap<EntityId, Vec<(String, Uuid)>> = BTreeMap::new();
    work.draft.visit(&mut |draft| {
        for (place, field) in draft.entity.fields.iter().enumerate() {
            if field.class != FieldClass::Input || (field.id.0.is_system() && field.id != FieldId::COMPANY) {
                continue;
            }
            if let (Some(target), Some(id)) = (field.ty.reference(), as_id(draft.at(place))) {
                let named = frame.names().readable(draft.entity.id, field.id);
                let pointer = if named { draft.pointer_of(field) } else { String::new() };
                held.entry(target).or_default().push((pointer, id));
            }
        }
    });
    for (target, references) in held {
        let live = live_among(frame, tx, &frame.definer, target, references.iter().map(|(_, id)| *id).collect())?;
        for (pointer, _) in references.into_iter().filter(|(_, id)| live.get(id) != Some(&true)) {
            work.findings.push(
                FieldError::new(
                    Class::Conflict,
                    pointer,
                    "archived_reference",
                    Text { zh: "它引用的记录已归档", en: "the record it refers to is archived" },
                )
                .suggest(Text { zh: "请先恢复被引用的记录", en: "bring the other record back first" }),
            );
        }
    }
    Ok(())
}

/// Whether each record that the person may read is live.
fn states(frame: &Frame, tx: &mut Tx, target: EntityId, ids: Vec<Uuid>) -> Result<HashMap<Uuid, bool>, RecordsError> {
    live_among(frame, tx, &frame.rights, target, ids)
}

/// Whether each record that these rights can read is live. They are held against a purge until the transaction ends.
fn live_among(
    frame: &Frame,
    tx: &mut Tx,
    rights: &Rights,
    target: EntityId,
    mut ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, bool>, RecordsError> {
    let (Ok(permit), Some(entity)) = (decide(rights, Action::Read, target), frame.catalog.entity(target)) else {
        return Ok(HashMap::new());
    };
    ids.sort_unstable();
    ids.dedup();
    let mut columns = vec![vec![FieldId::ID]];
    if entity.index_of(FieldId::ARCHIVED_AT).is_some() {
        columns.push(vec![FieldId::ARCHIVED_AT]);
    }
    let rows = tx.select_held(frame.with(rights), permit, &page::by_ids(target, columns, ids))?;
    Ok(rows.iter().filter_map(|row| Some((page::id_of(row)?, row.get(1).is_none_or(Value::is_null)))).collect())
}
