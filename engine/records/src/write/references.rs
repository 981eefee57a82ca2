//! Step: every reference that is new must lead to a live record that the person may read; one statement per referenced entity.
use std::collections::{BTreeMap, HashMap};

use kontor_access::{Action, decide};
use kontor_definitions::{EntityId, FieldId, Value};
use kontor_storage::Tx;
use uuid::Uuid;

use super::{draft::Work, known::as_id};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Text, below},
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
                    let pointer = below(&draft.pointer, &field.name);
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

/// Whether each record that the person may read is live.
fn states(frame: &Frame, tx: &mut Tx, target: EntityId, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, bool>, RecordsError> {
    let (Ok(permit), Some(entity)) = (decide(&frame.rights, Action::Read, target), frame.catalog.entity(target)) else {
        return Ok(HashMap::new());
    };
    ids.sort_unstable();
    ids.dedup();
    let mut columns = vec![vec![FieldId::ID]];
    if entity.index_of(FieldId::ARCHIVED_AT).is_some() {
        columns.push(vec![FieldId::ARCHIVED_AT]);
    }
    let rows = tx.select(frame.context(), permit, &page::by_ids(target, columns, ids))?;
    Ok(rows.iter().filter_map(|row| Some((page::id_of(row)?, row.get(1).is_none_or(Value::is_null)))).collect())
}
