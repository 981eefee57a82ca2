//! Groups of records with measures: what is asked for, read from parameters, and its answer.
mod currency;
mod having;
mod keys;

use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::Entity;
use kontor_storage::{Aggregation, Archived, ColumnSort, Row, Tx};

use self::keys::Keys;
use super::{
    filter,
    list::{ARCHIVED, too_many_joins},
    params::Reader,
};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text},
    frame::Frame,
    json,
    names::Names,
    session::Params,
};

/// Groups of an answer at most.
const MOST_GROUPS: u32 = 10_000;
/// What one answer is grouped or ordered by at most.
const MOST_KEYS: usize = 8;
/// Measures at most, those that only `having` and `sort` name included.
const MOST_MEASURES: usize = 16;

const KNOWN: [&str; 7] = ["group", "measures", "filter", "having", "sort", "archived", "limit"];

/// What is asked for.
struct Request<'a> {
    keys: Keys<'a>,
    /// What is answered: the key as it was written, and its column.
    answered: Vec<(String, usize)>,
    query: Aggregation,
}

/// Answers the groups; `zone` says on which day a moment falls.
pub(crate) fn aggregate(frame: &Frame, tx: &mut Tx, entity: &str, params: &Params, zone: &str) -> Result<String, RecordsError> {
    let names = frame.names();
    let entity = names.entity(entity).ok_or(RecordsError::NotFound)?;
    let permit = names.permit(entity.id).ok_or(RecordsError::NotFound)?;
    let mut request = parse(names, entity, params, zone)?;
    let limit = request.query.limit;
    // One group more tells whether there are others.
    request.query.limit = limit + 1;
    let mut rows = tx.aggregate(frame.context(), permit, &request.query)?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let truncated = rows.len() > most;
    rows.truncate(most);
    let mut out = String::from("{\"items\":[");
    for (index, row) in rows.iter().enumerate() {
        out.push_str(if index > 0 { ",{" } else { "{" });
        request.write(&mut out, row);
        out.push('}');
    }
    out.push_str(if truncated { "],\"truncated\":true}" } else { "],\"truncated\":false}" });
    Ok(out)
}

impl Request<'_> {
    fn write(&self, out: &mut String, row: &Row) {
        for (key, column) in &self.answered {
            if let (Some(value), Some(known)) = (row.get(*column), self.keys.columns.get(*column)) {
                json::key(out, key);
                json::value(out, value, known.shape);
            }
        }
    }
}

fn parse<'a>(names: Names<'a>, entity: &'a Arc<Entity>, params: &Params, zone: &str) -> Result<Request<'a>, Findings> {
    let mut reader = Reader::new(params, &KNOWN);
    let mut keys = Keys::new(names, entity);
    let mut answered: Vec<(String, usize)> = Vec::new();
    // Groups come first: the places of their columns are known before a measure is read.
    for (pointer, written) in reader.list("group") {
        match keys.read_group(written, &pointer) {
            Ok(key) => answer(&mut answered, written, keys.add_group(key)),
            Err(finding) => reader.findings.push(*finding),
        }
    }
    for (pointer, written) in reader.list("measures") {
        match keys.read_measure(written, &pointer) {
            Ok(key) => answer(&mut answered, written, keys.add_measure(key)),
            Err(finding) => reader.findings.push(*finding),
        }
    }
    if reader.text("measures").is_none() {
        let text = Text { zh: "请至少给出一个度量", en: "name at least one measure" };
        let way = Text { zh: "例如 measures=count(),sum(total)", en: "for example measures=count(),sum(total)" };
        reader.findings.push(FieldError::new(Class::Malformed, "/measures", "required", text).suggest(way));
    }
    let text = reader.text("filter");
    let filter = filter::compiled(names, entity, text, &mut reader.findings);
    let text = reader.text("having");
    let having = having::compiled(&mut keys, text, &mut reader.findings);
    let sort = sort_of(&mut keys, &mut reader);
    let archived = reader.word("archived", &ARCHIVED, Archived::Without);
    let limit = reader.number("limit", 1, MOST_GROUPS, MOST_GROUPS);
    too_many("group", keys.groups.len(), MOST_KEYS, &mut reader.findings);
    too_many("measures", keys.measures.len(), MOST_MEASURES, &mut reader.findings);
    too_many("sort", sort.len(), MOST_KEYS, &mut reader.findings);
    currency::check(&keys, filter.as_deref(), &mut reader.findings);
    let query = Aggregation {
        entity: entity.id,
        group: keys.groups.clone(),
        measures: keys.measures.clone(),
        filter,
        having,
        sort,
        archived,
        limit,
        zone: zone.to_owned(),
    };
    check_joins(&query, &mut reader.findings);
    if reader.findings.is_empty() { Ok(Request { keys, answered, query }) } else { Err(reader.findings) }
}

fn answer(answered: &mut Vec<(String, usize)>, written: &str, column: usize) {
    if !answered.iter().any(|(key, _)| key == written) {
        answered.push((written.to_owned(), column));
    }
}

/// Reads `sort=-sum(total),status`.
fn sort_of(keys: &mut Keys<'_>, reader: &mut Reader<'_>) -> Vec<ColumnSort> {
    let mut sort: Vec<ColumnSort> = Vec::new();
    for (pointer, item) in reader.list("sort") {
        let (written, descending) = item.strip_prefix('-').map_or((item, false), |rest| (rest.trim(), true));
        let column = if keys::is_measure(written) {
            keys.read_measure(written, &pointer).map(|key| keys.add_measure(key))
        } else {
            keys.column_of(written, &pointer)
        };
        match column {
            Ok(column) if sort.iter().any(|key| key.column == column) => {}
            Ok(column) => sort.push(ColumnSort { column, descending }),
            Err(finding) => reader.findings.push(*finding),
        }
    }
    sort
}

fn too_many(name: &str, count: usize, most: usize, findings: &mut Findings) {
    if count > most {
        let text =
            Text { zh: &format!("最多 {most} 个，这里有 {count} 个"), en: &format!("at most {most}, these are {count}") };
        let way = Text {
            zh: "请减少个数，或分成几次请求；having 和 sort 中的度量也计算在内",
            en: "name fewer, or ask in several requests; measures in having and sort count as well",
        };
        findings.push(FieldError::new(Class::Malformed, format!("/{name}"), "too_many", text).suggest(way));
    }
}

fn check_joins(query: &Aggregation, findings: &mut Findings) {
    let mut chains = BTreeSet::new();
    let measured = query.measures.iter().filter_map(|measure| measure.path.as_ref());
    for path in query.group.iter().map(|group| &group.path).chain(measured) {
        filter::prefixes(path, &mut chains);
    }
    if let Some(filter) = &query.filter {
        filter::references(filter, &mut chains);
    }
    too_many_joins(chains.len(), findings);
}
