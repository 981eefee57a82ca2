//! A page of records: what is asked for, read from parameters, and its answer.
use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::{ColumnType, Entity, FieldId, FieldType, Value};
use kontor_storage::{Archived, Query, Row, Search, Sort, Tx, query::Path};

use super::{
    answer, filter, page,
    params::Reader,
    search,
    selection::{Extent, Selection, expand_of},
    sorting,
};
use crate::{
    cursor,
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text},
    frame::Frame,
    json,
    session::Params,
};

/// Records of a page where no limit is asked for.
const PAGE: u32 = 50;
/// Records of a page at most.
pub(crate) const LONGEST_PAGE: u32 = 1_000;
/// Keys of an order at most.
const SORT_KEYS: usize = 8;
/// Chains of references that one request may follow.
pub(crate) const JOINS: usize = 12;

const KNOWN: [&str; 9] = ["filter", "sort", "fields", "expand", "limit", "cursor", "count", "archived", "q"];

/// The words of `archived`.
pub(crate) const ARCHIVED: [(&str, Archived); 3] =
    [("without", Archived::Without), ("with", Archived::With), ("only", Archived::Only)];

/// What is asked for.
struct Request {
    selection: Selection,
    query: Query,
    search: Option<Search>,
    /// Where the values of the sort keys stand in a row.
    places: Vec<usize>,
    /// What a cursor is good for.
    list: String,
    count: bool,
}

/// Answers a page.
pub(crate) fn list(frame: &Frame, tx: &mut Tx, entity: &str, params: &Params) -> Result<String, RecordsError> {
    let names = frame.names();
    let entity = names.entity(entity).ok_or(RecordsError::NotFound)?;
    let permit = names.permit(entity.id).ok_or(RecordsError::NotFound)?;
    let mut request = parse(frame, entity, params)?;
    let limit = request.query.limit;
    let count = if request.count {
        Some(tx.count_found(frame.context(), permit, &request.query, request.search.as_ref())?)
    } else {
        None
    };
    // One row more tells whether there is a next page.
    request.query.limit = limit + 1;
    let mut rows = tx.select_found(frame.context(), permit, &request.query, request.search.as_ref())?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    let next = if more { rows.last().map(|row| request.cursor_behind(row)) } else { None };
    let page = page::unfold(frame, tx, &request.selection, rows)?;
    let mut out = String::with_capacity(page.rows.len() * 256 + 64);
    out.push_str("{\"items\":[");
    for (index, row) in page.rows.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        answer::record(&mut out, &page, row);
    }
    out.push_str("],\"next_cursor\":");
    match next {
        Some(cursor) => json::text(&mut out, &cursor),
        None => out.push_str("null"),
    }
    if let Some(count) = count {
        json::key(&mut out, "count");
        out.push_str(&count.to_string());
    }
    out.push('}');
    Ok(out)
}

impl Request {
    fn cursor_behind(&self, row: &Row) -> String {
        let mut place: Vec<&Value> = self.places.iter().map(|at| row.get(*at).unwrap_or(&Value::Null)).collect();
        place.push(row.first().unwrap_or(&Value::Null));
        cursor::write(&self.list, &place)
    }
}

fn parse(frame: &Frame, entity: &Arc<Entity>, params: &Params) -> Result<Request, Findings> {
    let names = frame.names();
    let mut reader = Reader::new(params, &KNOWN);
    let fields = reader.list("fields");
    let mut selection = if fields.is_empty() {
        Selection::all(names, entity, Extent::Stored)
    } else {
        Selection::named(names, entity, &fields, &mut reader.findings)
    };
    let items = reader.list("expand");
    let expand = expand_of(names, entity, &items, &mut reader.findings);
    selection.expand(names, &expand);
    selection.shorten_links();
    let (sort, types) = sort_of(frame, entity, &mut reader);
    let text = reader.text("filter");
    let filter = filter::compiled(names, entity, text, &mut reader.findings);
    let archived = reader.word("archived", &ARCHIVED, Archived::Without);
    let search = search::of_list(names, entity, &mut reader);
    let list = list_name(frame, entity, &sort, (text, reader.text("q")), archived);
    let after = after(&list, &types, &mut reader);
    let limit = reader.number("limit", 1, LONGEST_PAGE, PAGE);
    let count = reader.word("count", &[("true", true), ("false", false)], false);
    let mut columns = selection.paths();
    let places = sort.iter().map(|key| place_of(&mut columns, &key.path)).collect();
    let query = Query { entity: entity.id, columns, filter, sort, after, limit, archived };
    check_joins(&query, &mut reader.findings);
    if reader.findings.is_empty() { Ok(Request { selection, query, search, places, list, count }) } else { Err(reader.findings) }
}

/// The place of a path among the columns, which it joins if it is not there.
fn place_of(columns: &mut Vec<Path>, path: &Path) -> usize {
    columns.iter().position(|column| column == path).unwrap_or_else(|| {
        columns.push(path.clone());
        columns.len() - 1
    })
}

fn after(list: &str, types: &[ColumnType], reader: &mut Reader<'_>) -> Option<Vec<Value>> {
    let text = reader.text("cursor")?;
    let place = cursor::read(list, text, types);
    if place.is_none() {
        reader.findings.push(
            FieldError::new(
                Class::Malformed,
                "/cursor",
                "wrong_cursor",
                Text { zh: "这个游标不属于此列表", en: "this cursor does not belong to this list" },
            )
            .suggest(Text {
                zh: "请用上一页返回的 next_cursor，并保持筛选和排序不变；或从第一页重新开始",
                en: "use next_cursor of the page before with the same filter and sort, or begin with the first page",
            }),
        );
    }
    place
}

/// Reads `sort=-order_date,number`; the id is a key of its own only if it is named.
fn sort_of(frame: &Frame, entity: &Arc<Entity>, reader: &mut Reader<'_>) -> (Vec<Sort>, Vec<ColumnType>) {
    let names = frame.names();
    let mut sort: Vec<Sort> = Vec::new();
    let mut types = Vec::new();
    for (pointer, item) in reader.list("sort") {
        let (written, descending) = item.strip_prefix('-').map_or((item, false), |rest| (rest, true));
        let Some(along) = names.path(entity, written) else {
            reader.findings.push(names.unknown_field(entity, written, &pointer));
            continue;
        };
        if along.last().is_some_and(|last| last.sensitive) {
            reader.findings.push(filter::sensitive(written, &pointer));
            continue;
        }
        let Some((path, ty)) = sorting::key_of(frame, entity, &along) else {
            reader.findings.push(FieldError::new(
                Class::Malformed,
                &pointer,
                "not_sortable",
                Text { zh: &format!("不能按“{written}”排序"), en: &format!("a list cannot be sorted by \"{written}\"") },
            ));
            continue;
        };
        if sort.iter().any(|key| key.path == path) {
            continue;
        }
        if sort.len() == SORT_KEYS {
            reader.findings.push(FieldError::new(
                Class::Malformed,
                &pointer,
                "too_many",
                Text {
                    zh: &format!("最多按 {SORT_KEYS} 个字段排序"),
                    en: &format!("a list is sorted by at most {SORT_KEYS} fields"),
                },
            ));
            break;
        }
        sort.push(Sort { path, descending });
        types.push(ty);
    }
    types.push(ColumnType::Uuid);
    (sort, types)
}

/// Names a list: a cursor of one list is none of another.
fn list_name(
    frame: &Frame,
    entity: &Entity,
    sort: &[Sort],
    (filter, q): (Option<&str>, Option<&str>),
    archived: Archived,
) -> String {
    let keys: Vec<String> = sort
        .iter()
        .map(|key| {
            let path: Vec<String> = key.path.iter().map(FieldId::to_string).collect();
            format!("{}{}", if key.descending { "-" } else { "" }, path.join("."))
        })
        .collect();
    let text = filter.unwrap_or_default();
    // In another language the same records stand in another order.
    let language = frame.speaks.as_deref().filter(|_| sort.iter().any(|key| by_language(frame, entity, key))).unwrap_or_default();
    let asked = q.unwrap_or_default().trim();
    format!("{}|{}|{archived:?}|{}:{text}|{asked}|{language}", entity.id, keys.join(","), text.len())
}

/// Whether a key is of texts that differ by language.
fn by_language(frame: &Frame, entity: &Entity, key: &Sort) -> bool {
    let path: Path = key.path.iter().map(|id| id.aspect_of().map_or(*id, |(_, of)| of)).collect();
    let Some(along) = frame.catalog.fields_along(entity, &path) else { return false };
    let end = |of: &Entity, path: &[FieldId]| {
        let along = frame.catalog.fields_along(of, path);
        along.is_some_and(|along| along.last().is_some_and(|last| last.translatable))
    };
    let of = along.iter().rev().nth(1).and_then(|reference| reference.ty.reference()).and_then(|id| frame.catalog.entity(id));
    along.last().is_some_and(|last| match &last.ty {
        FieldType::Lookup { path, .. } => end(of.map_or(entity, |of| of), path),
        _ => last.translatable,
    })
}

fn check_joins(query: &Query, findings: &mut Findings) {
    let mut chains = BTreeSet::new();
    for path in query.columns.iter().chain(query.sort.iter().map(|key| &key.path)) {
        filter::prefixes(path, &mut chains);
    }
    if let Some(filter) = &query.filter {
        filter::references(filter, &mut chains);
    }
    too_many_joins(chains.len(), findings);
}

/// The finding for a request that follows too many references.
pub(crate) fn too_many_joins(chains: usize, findings: &mut Findings) {
    if chains > JOINS {
        findings.push(FieldError::new(
            Class::Malformed,
            "",
            "too_many_joins",
            Text {
                zh: &format!("一次最多跟随 {JOINS} 个引用，这里有 {chains} 个"),
                en: &format!("a request follows at most {JOINS} references, these are {chains}"),
            },
        ));
    }
}
