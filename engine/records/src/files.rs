//! Files as sessions see them: making one known, finding one that the person may have, and how records answer theirs.
use std::collections::HashMap;

use kontor_access::{Action, decide};
use kontor_definitions::{FieldId, FieldType, Value};
use kontor_storage::{
    StorageError, Tx,
    system::file::{self, FileRow, FileState, FileUse},
};
use uuid::Uuid;

use crate::{
    coerce::parse_id,
    error::RecordsError,
    json::{self, Shape},
    read::page,
    session::Session,
};

/// A file whose content was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// SHA-256 of the content, in hexadecimal digits.
    pub hash: String,
    /// As it is called.
    pub name: String,
    /// The type of the content.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
}

impl Session<'_> {
    /// Makes a file known that this person uploads and whose content is about to be put in its place; none where the
    /// tenant's files would be more than so many bytes together.
    pub fn begin_file(&mut self, new: &NewFile, quota: u64) -> Result<Option<FileRow>, RecordsError> {
        let used = self.file_bytes()?;
        if used.saturating_add(new.size) > quota {
            return Ok(None);
        }
        let row = FileRow {
            id: self.ids.next(),
            hash: new.hash.clone(),
            name: new.name.clone(),
            media_type: new.media_type.clone(),
            size: i64::try_from(new.size).unwrap_or(i64::MAX),
            made_at: self.frame.now,
            made_by: self.frame.rights.actor().user.0,
            state: FileState::Pending,
        };
        file::insert(self.tx, &row)?;
        Ok(Some(row))
    }

    /// The content of a file is in its place. Answers the file as JSON.
    pub fn finish_file(&mut self, row: &FileRow) -> Result<String, RecordsError> {
        if !file::placed(self.tx, row.id)? {
            return Err(RecordsError::Bug(format!("the file {} was given up while it was uploaded", row.id)));
        }
        let mut out = String::new();
        write_one(&mut out, row);
        Ok(out)
    }

    /// The content of a file could not be put in its place.
    pub fn give_up_file(&mut self, row: &FileRow) -> Result<(), RecordsError> {
        Ok(file::give_up(self.tx, row.id)?)
    }

    /// Bytes of all files of the tenant.
    pub fn file_bytes(&mut self) -> Result<u64, RecordsError> {
        Ok(u64::try_from(file::total(self.tx)?).unwrap_or_default())
    }

    /// A file that the person may have: some record that they read shows it to them, or it is their own and no record
    /// holds it yet.
    pub fn file(&mut self, id: &str) -> Result<FileRow, RecordsError> {
        let id = parse_id(id).ok_or(RecordsError::NotFound)?;
        let row = file::find(self.tx, &[id])?.pop().ok_or(RecordsError::NotFound)?;
        match row.state {
            FileState::Stored if row.made_by == self.frame.rights.actor().user.0 => return Ok(row),
            FileState::Used => {}
            FileState::Pending | FileState::Stored | FileState::Leaving => return Err(RecordsError::NotFound),
        }
        for place in file::uses(self.tx, id)? {
            if self.shows_file(&place, id)? {
                return Ok(row);
            }
        }
        Err(RecordsError::NotFound)
    }

    /// Whether the person reads the field of the record, and the file is in it.
    fn shows_file(&mut self, place: &FileUse, id: Uuid) -> Result<bool, RecordsError> {
        let frame = std::sync::Arc::clone(&self.frame);
        let Some(entity) = frame.catalog.entity(place.entity) else { return Ok(false) };
        // A field that was retired keeps its files and shows them to nobody.
        let is_there = entity.field(place.field).is_some_and(|field| matches!(field.ty.result(), FieldType::Files { .. }));
        let Ok(permit) = decide(&frame.rights, Action::Read, place.entity) else { return Ok(false) };
        if !is_there || !permit.can_read(place.field) {
            return Ok(false);
        }
        let columns = vec![vec![FieldId::ID], vec![place.field]];
        let rows = self.tx.select(frame.context(), permit, &page::by_ids(place.entity, columns, vec![place.record.0]))?;
        Ok(rows.first().and_then(|row| row.get(1)).is_some_and(|value| ids_of(value).any(|held| held == id)))
    }
}

/// The files that some values hold, to be written into answers.
#[derive(Debug, Default)]
pub(crate) struct Files(HashMap<Uuid, FileRow>);

impl Files {
    /// Reads the files of some values.
    pub(crate) fn load<'v>(tx: &mut Tx, values: impl IntoIterator<Item = &'v Value>) -> Result<Self, StorageError> {
        let mut ids: Vec<Uuid> = values.into_iter().flat_map(ids_of).collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(file::find(tx, &ids)?.into_iter().map(|row| (row.id, row)).collect()))
    }

    /// Writes a value: the file, or an array of files.
    pub(crate) fn write(&self, out: &mut String, value: &Value, shape: Shape) {
        let mut rows = ids_of(value).filter_map(|id| self.0.get(&id)).peekable();
        if value.is_null() || (shape == Shape::File && rows.peek().is_none()) {
            out.push_str("null");
        } else if shape == Shape::File {
            rows.take(1).for_each(|row| write_one(out, row));
        } else {
            out.push('[');
            for (index, row) in rows.enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_one(out, row);
            }
            out.push(']');
        }
    }
}

/// The ids in a value of a file field.
pub(crate) fn ids_of(value: &Value) -> impl Iterator<Item = Uuid> + '_ {
    let items = match value {
        Value::List(items) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(|item| match item {
        Value::Text(text) => parse_id(text),
        _ => None,
    })
}

fn write_one(out: &mut String, row: &FileRow) {
    out.push('{');
    json::key(out, "id");
    json::text(out, &row.id.to_string());
    json::key(out, "name");
    json::text(out, &row.name);
    json::key(out, "type");
    json::text(out, &row.media_type);
    json::key(out, "size");
    out.push_str(&row.size.to_string());
    out.push('}');
}
