//! Records as JSON, written from their rows straight into one buffer.
use kontor_definitions::Value;
use kontor_storage::Row;
use uuid::Uuid;

use super::page::{Lines, Page, Targets};
use crate::json::{self, Shape};

/// Writes one record of a page.
pub(crate) fn record(out: &mut String, page: &Page<'_>, row: &Row) {
    out.push('{');
    let mut values = row.iter();
    json::key(out, "id");
    json::value(out, values.next().unwrap_or(&Value::Null), Shape::Plain);
    for ((column, value), targets) in page.selection.columns.iter().zip(values).zip(&page.expanded) {
        json::key(out, &column.key);
        match (targets, value) {
            (Some(targets), Value::Id(_)) => target(out, targets, value),
            (_, value) if matches!(column.shape, Shape::File | Shape::Files) => page.files.write(out, value, column.shape),
            (Some(_) | None, value) => json::value(out, value, column.shape),
        }
    }
    for (column, lines) in page.selection.lines.iter().zip(&page.lines) {
        json::key(out, &column.key);
        self::lines(out, lines, row.first());
    }
    out.push('}');
}

fn target(out: &mut String, targets: &Targets<'_>, id: &Value) {
    let place = match id {
        Value::Id(id) => targets.places.get(id),
        _ => None,
    };
    match place.and_then(|place| targets.page.rows.get(*place)) {
        Some(row) => record(out, &targets.page, row),
        None => {
            out.push('{');
            json::key(out, "id");
            json::value(out, id, Shape::Plain);
            out.push('}');
        }
    }
}

fn lines(out: &mut String, lines: &Lines<'_>, parent: Option<&Value>) {
    let parent = match parent {
        Some(Value::Id(parent)) => *parent,
        _ => return out.push_str("null"),
    };
    let places = lines.by_parent.get(&parent).map(Vec::as_slice).unwrap_or_default();
    if lines.column.selection.entity.link().is_some() {
        return links(out, lines, parent, places);
    }
    out.push('[');
    for (index, row) in places.iter().filter_map(|place| lines.page.rows.get(*place)).enumerate() {
        if index > 0 {
            out.push(',');
        }
        record(out, &lines.page, row);
    }
    out.push(']');
}

/// What links lead to: ids, or what is answered in place of a reference; in a list `{"count": 57, "items": [first ones]}`.
fn links(out: &mut String, lines: &Lines<'_>, parent: Uuid, places: &[usize]) {
    if !lines.shown.contains(&parent) {
        return out.push_str("null");
    }
    if lines.column.brief {
        out.push('{');
        json::key(out, "count");
        out.push_str(&lines.counts.get(&parent).copied().unwrap_or_default().to_string());
        json::key(out, "items");
    }
    out.push('[');
    let targets = lines.page.expanded.first().and_then(Option::as_ref);
    for (index, row) in places.iter().filter_map(|place| lines.page.rows.get(*place)).enumerate() {
        if index > 0 {
            out.push(',');
        }
        let id = row.get(1).unwrap_or(&Value::Null);
        match targets {
            Some(targets) => target(out, targets, id),
            None => json::value(out, id, Shape::Plain),
        }
    }
    out.push(']');
    if lines.column.brief {
        out.push('}');
    }
}
