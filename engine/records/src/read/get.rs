//! One record with its lines.
use std::sync::Arc;

use kontor_definitions::{Entity, EntityId, FieldId, Value};
use kontor_storage::Tx;
use rust_decimal::prelude::ToPrimitive as _;
use uuid::Uuid;

use super::{
    answer, page,
    params::Reader,
    selection::{Besides, Extent, Selection, expand_of},
};
use crate::{
    coerce::parse_id,
    error::RecordsError,
    finding::{Class, FieldError, Text, quoted},
    frame::Frame,
    json,
    session::{Params, Shown},
};

const YES_OR_NO: [(&str, bool); 2] = [("true", true), ("false", false)];

/// Answers a record that the person may read, and its entity where sensitive values of it are shown.
pub(crate) fn get(
    frame: &Frame,
    tx: &mut Tx,
    entity: &str,
    id: &str,
    params: &Params,
) -> Result<(Shown, Option<EntityId>), RecordsError> {
    let names = frame.names();
    let entity = names.entity(entity).ok_or(RecordsError::NotFound)?;
    let mut reader = Reader::new(params, &["fields", "expand", "reveal", "explain", "translations"]);
    let fields = reader.list("fields");
    let extent = Extent::Whole(Besides {
        conversions: reader.word("explain", &YES_OR_NO, false),
        texts: reader.word("translations", &YES_OR_NO, false),
    });
    let mut selection = if fields.is_empty() {
        Selection::all(names, entity, extent)
    } else {
        Selection::named(names, entity, &fields, &mut reader.findings)
    };
    let items = reader.list("expand");
    let expand = expand_of(names, entity, &items, &mut reader.findings);
    selection.expand(names, &expand);
    let revealed = reader.list("reveal");
    let opened = (!revealed.is_empty()).then_some(entity.id);
    for (pointer, written) in revealed {
        if !selection.reveal(names, written) {
            reader.findings.push(nothing_to_reveal(written, &pointer));
        }
    }
    let id = parse_id(id).ok_or(RecordsError::NotFound);
    if !reader.findings.is_empty() {
        return Err(reader.findings.into());
    }
    let shown = shown(frame, tx, &selection, id?)?.ok_or(RecordsError::NotFound)?;
    Ok((shown, opened))
}

fn nothing_to_reveal(written: &str, pointer: &str) -> FieldError {
    let shown = quoted(written);
    FieldError::new(
        Class::Malformed,
        pointer,
        "not_sensitive",
        Text {
            zh: &format!("这里没有敏感字段“{shown}”"), en: &format!("there is no sensitive field \"{shown}\" here")
        },
    )
    .suggest(Text {
        zh: "请写本记录或其明细（明细.字段）中的敏感字段",
        en: "name a sensitive field of the record or of its lines (lines.field)",
    })
}

/// The answer to a write: the whole record as the person may read it, or its id alone.
pub(crate) fn written(frame: &Frame, tx: &mut Tx, entity: &Arc<Entity>, id: Uuid, revision: i64) -> Result<Shown, RecordsError> {
    let names = frame.names();
    let selection = Selection::all(names, entity, Extent::WHOLE);
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

/// The same answer with what the person should know about the write.
pub(crate) fn warned(frame: &Frame, mut shown: Shown, warnings: &[FieldError]) -> Shown {
    if !warnings.is_empty() && shown.body.pop() == Some('}') {
        json::key(&mut shown.body, "warnings");
        findings(&mut shown.body, &frame.locale, warnings);
        shown.body.push('}');
    }
    shown
}

/// Findings as an array, in the person's language.
pub(crate) fn findings(out: &mut String, locale: &str, findings: &[FieldError]) {
    out.push('[');
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push('{');
        let text = |text: &kontor_definitions::LocalText| text.get(locale).unwrap_or_default().to_owned();
        let parts = [
            ("pointer", finding.pointer.clone()),
            ("code", finding.code.to_owned()),
            ("message", text(&finding.message)),
            ("suggestion", text(&finding.suggestion)),
        ];
        for (key, value) in parts.iter().filter(|(key, value)| *key != "suggestion" || !value.is_empty()) {
            json::key(out, key);
            json::text(out, value);
        }
        out.push('}');
    }
    out.push(']');
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
