//! Groups of records with measures.
use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::{Entity, Field, FieldType, expr::Aggregate};
use kontor_storage::{Aggregation, Archived, Measure, Tx, query::Path};

use super::{
    filter,
    list::{ARCHIVED, too_many_joins},
    params::Reader,
};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text, quoted},
    frame::Frame,
    json::{self, Shape},
    names::Names,
    session::Params,
};

/// Groups of an answer at most.
const MOST_GROUPS: u32 = 10_000;
/// What one answer is grouped by, and its measures, at most.
const MOST_KEYS: usize = 8;

const KNOWN: [&str; 5] = ["group", "measures", "filter", "archived", "limit"];

const FUNCTIONS: [(&str, Aggregate); 5] = [
    ("sum", Aggregate::Sum),
    ("count", Aggregate::Count),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("average", Aggregate::Average),
];

struct Answered {
    key: String,
    shape: Shape,
}

/// Answers the groups, ordered by what they are grouped by.
pub(crate) fn aggregate(frame: &Frame, tx: &mut Tx, entity: &str, params: &Params) -> Result<String, RecordsError> {
    let names = frame.names();
    let entity = names.entity(entity).ok_or(RecordsError::NotFound)?;
    let permit = names.permit(entity.id).ok_or(RecordsError::NotFound)?;
    let (columns, query) = parse(names, entity, params)?;
    let rows = tx.aggregate(frame.context(), permit, &query)?;
    let mut out = String::from("{\"items\":[");
    for (index, row) in rows.iter().enumerate() {
        out.push_str(if index > 0 { ",{" } else { "{" });
        for (column, value) in columns.iter().zip(row) {
            json::key(&mut out, &column.key);
            json::value(&mut out, value, column.shape);
        }
        out.push('}');
    }
    out.push_str("]}");
    Ok(out)
}

fn parse(names: Names<'_>, entity: &Arc<Entity>, params: &Params) -> Result<(Vec<Answered>, Aggregation), Findings> {
    let mut reader = Reader::new(params, &KNOWN);
    let mut columns = Vec::new();
    let mut group: Vec<Path> = Vec::new();
    for (pointer, written) in reader.list("group") {
        if let Some((path, shape)) = grouped(names, entity, written, &pointer, &mut reader.findings)
            && !group.contains(&path)
        {
            group.push(path);
            columns.push(Answered { key: written.to_owned(), shape });
        }
    }
    let mut measures = Vec::new();
    for (pointer, written) in reader.list("measures") {
        if let Some((measure, shape)) = measured(names, entity, written, &pointer, &mut reader.findings)
            && !columns.iter().any(|column| column.key == written)
        {
            measures.push(measure);
            columns.push(Answered { key: written.to_owned(), shape });
        }
    }
    for (name, length) in [("group", group.len()), ("measures", measures.len())] {
        if length > MOST_KEYS {
            let text = Text { zh: &format!("最多 {MOST_KEYS} 个"), en: &format!("at most {MOST_KEYS}") };
            reader.findings.push(FieldError::new(Class::Malformed, format!("/{name}"), "too_many", text));
        }
    }
    if measures.is_empty() && reader.findings.is_empty() {
        let text = Text { zh: "请至少给出一个度量", en: "name at least one measure" };
        let way = Text { zh: "例如 measures=count(),sum(total)", en: "for example measures=count(),sum(total)" };
        reader.findings.push(FieldError::new(Class::Malformed, "/measures", "required", text).suggest(way));
    }
    let text = reader.text("filter");
    let filter = filter::compiled(names, entity, text, &mut reader.findings);
    let archived = reader.word("archived", &ARCHIVED, Archived::Without);
    let limit = reader.number("limit", 1, MOST_GROUPS, MOST_GROUPS);
    let query = Aggregation { entity: entity.id, group, measures, filter, archived, limit };
    check_joins(&query, &mut reader.findings);
    if reader.findings.is_empty() { Ok((columns, query)) } else { Err(reader.findings) }
}

fn grouped(
    names: Names<'_>,
    entity: &Arc<Entity>,
    written: &str,
    pointer: &str,
    findings: &mut Findings,
) -> Option<(Path, Shape)> {
    let Some(along) = names.path(entity, written) else {
        findings.push(names.unknown_field(entity, written, pointer));
        return None;
    };
    let last = along.last()?;
    let groups = match last.ty.result() {
        FieldType::LongText { .. } | FieldType::Choices { .. } | FieldType::Json(_) | FieldType::Files { .. } => false,
        ty => ty.column().is_some(),
    };
    if !groups {
        let text =
            Text { zh: &format!("不能按“{written}”分组"), en: &format!("records cannot be grouped by \"{written}\"") };
        findings.push(FieldError::new(Class::Malformed, pointer, "not_groupable", text));
        return None;
    }
    Some((along.iter().map(|field| field.id).collect(), Shape::of(last)))
}

/// Reads `sum(total)`, `count()`.
fn measured(
    names: Names<'_>,
    entity: &Arc<Entity>,
    written: &str,
    pointer: &str,
    findings: &mut Findings,
) -> Option<(Measure, Shape)> {
    let parts = written.strip_suffix(')').and_then(|rest| rest.split_once('('));
    let function = parts.and_then(|(name, _)| FUNCTIONS.iter().find(|(known, _)| *known == name)).map(|(_, function)| *function);
    let (Some((_, path)), Some(function)) = (parts, function) else {
        let shown = quoted(written);
        let text = Text { zh: &format!("“{shown}”不是度量"), en: &format!("\"{shown}\" is not a measure") };
        let way = Text {
            zh: "写成 count()、sum(字段)、min(字段)、max(字段) 或 average(字段)",
            en: "write count(), sum(field), min(field), max(field) or average(field)",
        };
        findings.push(FieldError::new(Class::Malformed, pointer, "unknown_measure", text).suggest(way));
        return None;
    };
    if path.is_empty() && function == Aggregate::Count {
        return Some((Measure { function, path: None }, Shape::Number));
    }
    let Some(along) = names.path(entity, path) else {
        findings.push(names.unknown_field(entity, path, pointer));
        return None;
    };
    let last = along.last()?;
    let Some(shape) = shape_of(function, last) else {
        let text =
            Text { zh: &format!("“{path}”不能这样汇总"), en: &format!("\"{path}\" cannot be combined in this way") };
        findings.push(FieldError::new(Class::Malformed, pointer, "not_measurable", text));
        return None;
    };
    Some((Measure { function, path: Some(along.iter().map(|field| field.id).collect()) }, shape))
}

fn shape_of(function: Aggregate, field: &Field) -> Option<Shape> {
    let own = Shape::of(field);
    let is_number = own != Shape::Plain;
    match function {
        Aggregate::Count => field.ty.column().map(|_column| Shape::Number),
        Aggregate::Sum => is_number.then_some(own),
        // An average of whole numbers is a decimal.
        Aggregate::Average => is_number.then_some(if own == Shape::Number { Shape::Plain } else { own }),
        Aggregate::Min | Aggregate::Max => match field.ty.result() {
            FieldType::Date | FieldType::DateTime | FieldType::Time => Some(Shape::Plain),
            _ => is_number.then_some(own),
        },
        Aggregate::Any | Aggregate::All => None,
    }
}

fn check_joins(query: &Aggregation, findings: &mut Findings) {
    let mut chains = BTreeSet::new();
    for path in query.group.iter().chain(query.measures.iter().filter_map(|measure| measure.path.as_ref())) {
        filter::prefixes(path, &mut chains);
    }
    if let Some(filter) = &query.filter {
        filter::references(filter, &mut chains);
    }
    too_many_joins(chains.len(), findings);
}
