//! Steps about files: those given must be the person's own or in the record already; what a record holds is written with it.
use std::collections::{BTreeSet, HashMap};

use kontor_access::{Action, decide};
use kontor_definitions::{FieldType, RecordId, Value};
use kontor_storage::{
    Tx,
    system::file::{self, FileRow, FileState, FileUse},
};
use uuid::Uuid;

use super::draft::{Draft, Work};
use crate::{
    error::RecordsError,
    files::ids_of,
    finding::{Class, FieldError, Text, below},
    frame::Frame,
};

/// A file somebody gave that the field did not hold.
struct Given {
    work: usize,
    pointer: String,
    file: Uuid,
    images: bool,
}

/// Checks the files that the inputs gave.
pub(crate) fn check(frame: &Frame, tx: &mut Tx, works: &mut [Work]) -> Result<(), RecordsError> {
    let mut given = Vec::new();
    for (work, item) in works.iter().enumerate() {
        item.draft.visit(&mut |draft| {
            for place in &draft.given {
                let Some(field) = draft.entity.fields.get(*place) else { continue };
                let FieldType::Files { images, .. } = field.ty else { continue };
                let before: BTreeSet<Uuid> = ids_of(draft.was(*place)).collect();
                let new = ids_of(draft.at(*place)).filter(|id| !before.contains(id));
                given.extend(new.map(|file| Given { work, pointer: below(&draft.pointer, &field.name), file, images }));
            }
        });
    }
    if given.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<Uuid> = given.iter().map(|given| given.file).collect();
    let found = file::find(tx, &ids.into_iter().collect::<Vec<_>>())?;
    let known: HashMap<Uuid, FileRow> = found.into_iter().map(|row| (row.id, row)).collect();
    for given in given {
        let Some(work) = works.get_mut(given.work) else { continue };
        let row = known.get(&given.file).filter(|row| may_use(frame, &work.draft, row));
        let finding = match row {
            None => FieldError::new(
                Class::Refused,
                given.pointer,
                "unknown_file",
                Text { zh: "没有这个文件", en: "there is no such file" },
            )
            .suggest(Text { zh: "请重新上传", en: "upload it again" }),
            Some(row) if given.images && !row.media_type.starts_with("image/") => FieldError::new(
                Class::Refused,
                given.pointer,
                "not_an_image",
                Text { zh: "这个文件不是图片", en: "the file is no image" },
            )
            .suggest(Text { zh: "请选择 PNG、JPEG、GIF 或 WebP 图片", en: "choose a PNG, JPEG, GIF or WebP image" }),
            Some(_) => continue,
        };
        work.findings.push(finding);
    }
    Ok(())
}

/// A file is taken by who uploaded it; the engine itself takes any.
fn may_use(frame: &Frame, draft: &Draft, row: &FileRow) -> bool {
    let is_there = matches!(row.state, FileState::Stored | FileState::Used);
    let engine = || decide(&frame.rights, Action::Read, draft.entity.id).is_ok_and(kontor_access::Permit::is_definer);
    is_there && (row.made_by == frame.rights.actor().user.0 || engine())
}

/// Writes which files a stored record and its lines hold now, and lets go of those they held before.
pub(crate) fn hold(frame: &Frame, tx: &mut Tx, work: &mut Work) -> Result<(), RecordsError> {
    let mut changes = Vec::new();
    collect(&work.draft, false, &mut changes);
    // One order for everybody, so that no two wait for each other.
    changes.sort_unstable_by_key(|(file, ..)| *file);
    for (file, place, pointer, takes) in changes {
        if !takes {
            file::release(tx, file, place, frame.now)?;
        } else if !file::take(tx, file, place)? {
            // It was there at the check: it was removed as unused in this very moment.
            let text = Text { zh: "没有这个文件", en: "there is no such file" };
            let way_out = Text { zh: "请重新上传", en: "upload it again" };
            work.findings.push(FieldError::new(Class::Refused, pointer, "unknown_file", text).suggest(way_out));
        }
    }
    Ok(())
}

/// Lets go of every file of a record and its lines, which are removed for good.
pub(crate) fn let_go(frame: &Frame, tx: &mut Tx, draft: &Draft) -> Result<(), RecordsError> {
    let mut changes = Vec::new();
    collect(draft, true, &mut changes);
    changes.sort_unstable_by_key(|(file, ..)| *file);
    for (file, place, ..) in changes {
        file::release(tx, file, place, frame.now)?;
    }
    Ok(())
}

type Change = (Uuid, FileUse, String, bool);

fn collect(draft: &Draft, removed: bool, changes: &mut Vec<Change>) {
    let gone = Value::Null;
    for place in draft.plan.stored.iter().copied() {
        let Some(field) = draft.entity.fields.get(place) else { continue };
        if !matches!(field.ty.result(), FieldType::Files { .. }) {
            continue;
        }
        let at = FileUse { entity: draft.entity.id, record: RecordId(draft.id), field: field.id };
        let before: BTreeSet<Uuid> = ids_of(draft.was(place)).collect();
        let after: BTreeSet<Uuid> = ids_of(if removed { &gone } else { draft.at(place) }).collect();
        let pointer = || below(&draft.pointer, &field.name);
        changes.extend(after.difference(&before).map(|file| (*file, at, pointer(), true)));
        changes.extend(before.difference(&after).map(|file| (*file, at, pointer(), false)));
    }
    for lines in &draft.lines {
        for line in &lines.rows {
            collect(line, removed, changes);
        }
        for line in &lines.removed {
            collect(line, true, changes);
        }
    }
}
