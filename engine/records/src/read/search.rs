//! Words that a person typed: what is looked for on a list, and hits over all entities with their labels.
use std::sync::Arc;

use kontor_apps::search as index;
use kontor_definitions::{Entity, Field, FieldId, Value};
use kontor_storage::{Archived, Query, Row, Search, Sort, Tx, system};

use super::{page::id_of, params::Reader};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Text},
    frame::Frame,
    json,
    names::Names,
    session::Params,
};

/// Characters that may be typed.
const LONGEST: usize = 200;
/// Words that are looked for.
const MOST_WORDS: usize = 10;
/// Hits of an entity where no limit is asked for, and at most.
const HITS: (u32, u32) = (5, 50);
const KNOWN: [&str; 3] = ["q", "entities", "limit"];

/// The words of `q`, looked for in the fields of an entity that the person may read. Nothing if nothing was typed.
pub(crate) fn of_list(names: Names<'_>, entity: &Entity, reader: &mut Reader<'_>) -> Option<Search> {
    let words = typed(reader)?;
    Some(Search { words, fields: readable(names, entity).map(|(_, field)| field.id).collect() })
}

/// The indexed fields that the person may read, the label first.
fn readable<'a>(names: Names<'a>, entity: &'a Entity) -> impl Iterator<Item = (usize, &'a Field)> {
    index::fields(entity).filter(move |(_, field)| names.readable(entity.id, field.id))
}

/// The words of `q`; blanks alone are nothing.
fn typed(reader: &mut Reader<'_>) -> Option<Vec<Vec<String>>> {
    let text = reader.text("q").map(str::trim).filter(|text| !text.is_empty())?;
    let words = index::asked(text);
    if text.chars().count() > LONGEST || words.len() > MOST_WORDS {
        reader.findings.push(
            FieldError::new(
                Class::Malformed,
                "/q",
                "too_long",
                Text { zh: "搜索内容太长", en: "this is too long to search for" },
            )
            .suggest(Text {
                zh: &format!("最多 {LONGEST} 个字符、{MOST_WORDS} 个词，词与词用空格隔开"),
                en: &format!("type at most {LONGEST} characters and {MOST_WORDS} words"),
            }),
        );
        return None;
    }
    Some(words)
}

/// Hits over entities: the person's own entities in the order of the apps, or the named ones in their order.
pub(crate) fn search(frame: &Frame, tx: &mut Tx, params: &Params) -> Result<String, RecordsError> {
    let names = frame.names();
    let mut reader = Reader::new(params, &KNOWN);
    let words = typed(&mut reader);
    let entities = entities(names, &mut reader);
    let limit = reader.number("limit", 1, HITS.1, HITS.0);
    if !reader.findings.is_empty() {
        return Err(reader.findings.into());
    }
    let often = match &words {
        Some(words) => !words.is_empty() && system::search::often(tx, words)?.into_iter().all(|often| often),
        None => false,
    };
    let mut out = String::from("{\"groups\":[");
    let mut groups = 0_usize;
    for entity in words.iter().flat_map(|_| &entities) {
        let fields: Vec<(usize, &Field)> = readable(names, entity).collect();
        let (Some(permit), Some(words), false) = (names.permit(entity.id), &words, fields.is_empty()) else { continue };
        let search = Search { words: words.clone(), fields: fields.iter().map(|(_, field)| field.id).collect() };
        let mut rows = tx.select_found(frame.context(), permit, &query(entity, &fields, (limit + 1, often)), Some(&search))?;
        if rows.is_empty() {
            continue;
        }
        let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if groups > 0 {
            out.push(',');
        }
        groups += 1;
        group(&mut out, entity, &rows, &Asked { frame, fields: &fields, words, more });
    }
    out.push_str("]}");
    Ok(out)
}

/// The entities to look in.
fn entities<'a>(names: Names<'a>, reader: &mut Reader<'_>) -> Vec<&'a Arc<Entity>> {
    let asked = reader.list("entities");
    if asked.is_empty() {
        let all = names.catalog.entities.values();
        return all.filter(|entity| entity.parent.is_none() && names.permit(entity.id).is_some()).collect();
    }
    let mut found: Vec<&Arc<Entity>> = Vec::new();
    for (pointer, written) in asked {
        match names.entity(written) {
            Some(entity) if found.iter().any(|known| known.id == entity.id) => {}
            Some(entity) => found.push(entity),
            None => {
                let shown = crate::finding::quoted(written);
                let text =
                    Text { zh: &format!("没有名为“{shown}”的实体"), en: &format!("there is no entity \"{shown}\"") };
                reader.findings.push(FieldError::new(Class::Malformed, &pointer, "unknown_entity", text));
            }
        }
    }
    found
}

/// The records changed last, with the values in which words can stand. Where every word stands in tens of thousands of records, all of
/// them would be read for a handful of hits: then the ones made last, which come in the order of their ids.
fn query(entity: &Entity, fields: &[(usize, &Field)], (limit, often): (u32, bool)) -> Query {
    let mut columns = vec![vec![FieldId::ID]];
    columns.extend(fields.iter().map(|(_, field)| vec![field.id]));
    columns.extend(fields.iter().filter_map(|(_, field)| Some(vec![field.texts()?])));
    let last = if often { FieldId::ID } else { FieldId::UPDATED_AT };
    let sort = vec![Sort { path: vec![last], descending: true }];
    Query { entity: entity.id, columns, filter: None, sort, after: None, limit, archived: Archived::Without }
}

/// What hits are written from.
struct Asked<'a> {
    frame: &'a Frame,
    fields: &'a [(usize, &'a Field)],
    words: &'a [Vec<String>],
    more: bool,
}

fn group(out: &mut String, entity: &Entity, rows: &[Row], asked: &Asked<'_>) {
    let title = entity.title.get(&asked.frame.locale).unwrap_or(&entity.name);
    out.push_str("{\"entity\":");
    json::text(out, &entity.full_name());
    json::key(out, "title");
    json::text(out, title);
    json::key(out, "more");
    out.push_str(if asked.more { "true" } else { "false" });
    json::key(out, "hits");
    out.push('[');
    for (place, row) in rows.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        hit(out, entity, row, asked);
    }
    out.push_str("]}");
}

/// A hit: the record, its label, and the fields in which the words stand with their values, as far as they are readable.
fn hit(out: &mut String, entity: &Entity, row: &Row, asked: &Asked<'_>) {
    let value_of = |place: usize| row.get(place + 1).unwrap_or(&Value::Null);
    let labelled = asked.fields.iter().position(|(_, field)| field.id == entity.label);
    out.push_str("{\"id\":");
    json::text(out, &id_of(row).unwrap_or_default().to_string());
    json::key(out, "label");
    match labelled.map(value_of) {
        Some(Value::Text(label)) => json::text(out, label),
        Some(Value::Number(number)) => json::text(out, &number.normalize().to_string()),
        Some(Value::Date(date)) => json::text(out, &date.to_string()),
        Some(_) | None => out.push_str("null"),
    }
    json::key(out, "fields");
    out.push('[');
    let mut first = true;
    let mut others = row.iter().skip(asked.fields.len() + 1);
    for (place, (_, field)) in asked.fields.iter().enumerate() {
        let texts = field.texts().and_then(|_| others.next()).unwrap_or(&Value::Null);
        let tokens = index::tokens_of(entity, field, &index::in_all_languages(value_of(place), texts));
        let holds = |word: &Vec<String>| !word.is_empty() && word.iter().all(|token| tokens.contains(token));
        if asked.words.iter().any(holds) {
            if !first {
                out.push(',');
            }
            first = false;
            json::text(out, &field.name);
        }
    }
    out.push_str("]}");
}
