//! One record with its lines.
use std::sync::Arc;

use kontor_definitions::{Entity, FieldId, Value};
use kontor_storage::Tx;
use rust_decimal::prelude::ToPrimitive as _;
use uuid::Uuid;

use super::{
    answer, page,
    params::Reader,
    selection::{Extent, Selection, expand_of},
};
use crate::{
    coerce::parse_id,
    error::RecordsError,
    frame::Frame,
    json,
    session::{Params, Shown},
};

/// Answers a record that the person may read.
pub(crate) fn get(frame: &Frame, tx: &mut Tx, entity: &str, id: &str, params: &Params) -> Result<Shown, RecordsError> {
    let names = frame.names();
    let entity = names.entity(entity).ok_or(RecordsError::NotFound)?;
    let mut reader = Reader::new(params, &["fields", "expand"]);
    let fields = reader.list("fields");
    let mut selection = if fields.is_empty() {
        Selection::all(names, entity, Extent::Whole)
    } else {
        Selection::named(names, entity, &fields, &mut reader.findings)
    };
    let items = reader.list("expand");
    let expand = expand_of(names, entity, &items, &mut reader.findings);
    selection.expand(names, &expand);
    let id = parse_id(id).ok_or(RecordsError::NotFound);
    if !reader.findings.is_empty() {
        return Err(reader.findings.into());
    }
    shown(frame, tx, &selection, id?)?.ok_or(RecordsError::NotFound)
}

/// The answer to a write: the whole record as the person may read it, or its id alone.
pub(crate) fn written(frame: &Frame, tx: &mut Tx, entity: &Arc<Entity>, id: Uuid, revision: i64) -> Result<Shown, RecordsError> {
    let names = frame.names();
    let selection = Selection::all(names, entity, Extent::Whole);
    let found = shown(frame, tx, &selection, id)?;
    Ok(found.unwrap_or_else(|| {
        let mut body = String::from("{");
        json::key(&mut body, "id");
        json::text(&mut body, &id.to_string());
        json::key(&mut body, "revision");
        body.push_str(&revision.to_string());
        body.push('}');
        Shown { id: id.to_string(), revision, body }
    }))
}

fn shown(frame: &Frame, tx: &mut Tx, selection: &Selection, id: Uuid) -> Result<Option<Shown>, RecordsError> {
    let Some(permit) = page::reading(&frame.rights, selection.entity.id) else { return Ok(None) };
    let mut columns = selection.paths();
    let place = columns.len();
    columns.push(vec![FieldId::REVISION]);
    let query = page::by_ids(selection.entity.id, columns, vec![id]);
    let rows = tx.select(frame.context(), permit, &query)?;
    let page = page::unfold(frame, tx, selection, rows)?;
    let Some(row) = page.rows.first() else { return Ok(None) };
    let revision = match row.get(place) {
        Some(Value::Number(number)) => number.to_i64().unwrap_or_default(),
        _ => 0,
    };
    let mut body = String::with_capacity(1_024);
    answer::record(&mut body, &page, row);
    Ok(Some(Shown { id: id.to_string(), revision, body }))
}
