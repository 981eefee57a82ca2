//! Step: the person's right on the row as it was and as it will be, field by field.
use kontor_access::{Action, Permit, decide};
use kontor_definitions::{RecordId, model::role::FieldRight};
use kontor_storage::Tx;

use super::{coerce::read_only, draft::Work};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Text, below},
    frame::Frame,
};

/// Whether the fields that the input gave may be written on this row, as it is stored now. Called before and after the write.
pub(crate) fn fields(frame: &Frame, tx: &mut Tx, work: &mut Work) -> Result<(), RecordsError> {
    let draft = &work.draft;
    let permit = decide(&frame.rights, work.action, draft.entity.id).map_err(|_denied| RecordsError::NotFound)?;
    let given: Vec<usize> =
        draft.given.iter().copied().chain(draft.lines.iter().filter(|lines| lines.given).map(|lines| lines.place)).collect();
    if permit.grants().len() < 2 || given.is_empty() {
        return Ok(());
    }
    let held = |grant: usize, place: usize| {
        let field = draft.entity.fields.get(place).map(|field| field.id);
        permit.grants().get(grant).zip(field).is_some_and(|(grant, field)| grant.fields().right(field) == FieldRight::Write)
    };
    let grants = 0..permit.grants().len();
    if given.iter().all(|place| grants.clone().all(|grant| held(grant, *place))) {
        return Ok(());
    }
    let mut reached = Vec::new();
    for grant in grants {
        if tx.permits(frame.context(), &permit.only(&[grant]), draft.entity.id, RecordId(draft.id))? {
            reached.push(grant);
        }
    }
    let refused: Vec<FieldError> = given
        .iter()
        .filter(|place| !reached.iter().any(|grant| held(*grant, **place)))
        .filter_map(|place| draft.entity.fields.get(*place))
        .map(|field| read_only(field, &below(&draft.pointer, &field.name)))
        .collect();
    refused.into_iter().for_each(|finding| work.findings.push(finding));
    Ok(())
}

/// Whether the person holds the right on the row that was written.
pub(crate) fn new_row(frame: &Frame, tx: &mut Tx, work: &mut Work) -> Result<(), RecordsError> {
    // What a purge empties in other records follows from the right to purge, which was decided on the purged one.
    if work.action == Action::Purge {
        return Ok(());
    }
    let draft = &work.draft;
    let permit: &Permit = decide(&frame.rights, work.action, draft.entity.id).map_err(|_denied| RecordsError::NotFound)?;
    // A transition needs its own right; its rows are those the person may read, which its new state may end.
    if permit.is_every_row() || work.action == Action::Read {
        return fields_of_new(frame, tx, work);
    }
    if tx.permits(frame.context(), permit, draft.entity.id, RecordId(draft.id))? {
        return fields_of_new(frame, tx, work);
    }
    let pointer = draft.pointer.clone();
    work.findings.push(
        FieldError::new(
            Class::Refused,
            pointer,
            "not_permitted",
            Text { zh: "您无权把记录保存成这样", en: "you may not save the record like this" },
        )
        .suggest(Text {
            zh: "请检查负责人、部门或状态等字段", en: "check the fields that decide whose record it is"
        }),
    );
    Ok(())
}

fn fields_of_new(frame: &Frame, tx: &mut Tx, work: &mut Work) -> Result<(), RecordsError> {
    if work.action == Action::Read { Ok(()) } else { fields(frame, tx, work) }
}
