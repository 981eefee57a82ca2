//! The rows of a file put together as records: rows with the same key are one record with several lines.
use std::collections::HashMap;

use kontor_definitions::FieldType;
use kontor_records::Input;
use rust_decimal::Decimal;
use time::Date;

use super::{
    cell::{self, CellError},
    map::Odd,
    plan::{ImportPlan, Target, TextOf},
    report::{Report, RowError},
};
use crate::table::{Table, TableRow};

/// One record of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// First line in the file.
    pub(super) line: u64,
    /// The key's values after preparation; empty without key fields.
    pub(super) key: Vec<String>,
    /// Places of its rows in the table.
    pub(super) rows: Vec<usize>,
}

/// The text of a target in a row, after preparation.
pub(super) fn text_of(target: &Target, row: &TableRow) -> String {
    let options = &target.source.options;
    let raw = match target.source.column {
        Some(place) => row.cells.get(place).map(String::as_str).unwrap_or_default(),
        None => options.constant.as_deref().unwrap_or_default(),
    };
    cell::prepared(raw, options)
}

/// The texts of a target in a row by which records are looked up: of `links` several in one cell, with `;` between them.
pub(super) fn keys_of(target: &Target, row: &TableRow) -> Vec<String> {
    let text = text_of(target, row);
    match target.ty.links() {
        Some(_) => cell::several(&text).map(str::to_owned).collect(),
        None => vec![text],
    }
}

/// A day is compared as the record keeps it, however the file writes it.
fn key_of(target: &Target, row: &TableRow, today: Date) -> String {
    let text = text_of(target, row);
    match cell::to_input(&text, &target.ty, &target.source.options, today) {
        Ok(Input::Text(day)) if matches!(target.ty.result(), FieldType::Date) => day,
        Ok(_) | Err(_) => text,
    }
}

/// Groups rows by key in order of first appearance, and notes in the report what is odd in the file as it stands.
pub(super) fn group(plan: &ImportPlan, table: &Table, today: Date, report: &mut Report) -> Vec<Document> {
    let mut documents: Vec<Document> = Vec::new();
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    for (place, row) in table.rows.iter().enumerate() {
        let targets = plan.key.iter().filter_map(|key| plan.head.get(*key));
        let key: Vec<String> = targets.map(|target| key_of(target, row, today)).collect();
        // Without a key, or with an empty one, every row is a record of its own.
        let at = if key.iter().all(String::is_empty) { None } else { known.get(&key).copied() };
        match at.and_then(|at| documents.get_mut(at)) {
            Some(document) => document.rows.push(place),
            None => {
                known.insert(key.clone(), documents.len());
                documents.push(Document { line: row.line, key, rows: vec![place] });
            }
        }
        note_odd_cells(plan, row, report);
    }
    for document in &documents {
        note_odd_rows(plan, table, document, report);
    }
    documents
}

fn note_odd_cells(plan: &ImportPlan, row: &TableRow, report: &mut Report) {
    for target in plan.head.iter().chain(plan.lines.iter().flat_map(|lines| &lines.targets)) {
        let Some(column) = target.source.column else { continue };
        let raw = row.cells.get(column).map_or("", |cell| cell.trim());
        let options = &target.source.options;
        if raw.is_empty() && options.when_empty.is_some() {
            report.note(format!("empty_replaced:{}", target.path), row.line);
        }
        for odd in &options.odd {
            let number = raw.parse::<Decimal>().ok();
            let (met, name) = match odd {
                Odd::Empty => (raw.is_empty(), "empty"),
                Odd::Zero => (number.is_some_and(|number| number.is_zero()), "zero"),
                Odd::Negative => (number.is_some_and(|number| number < Decimal::ZERO), "negative"),
            };
            if met {
                report.note(format!("{name}:{}", target.path), row.line);
            }
        }
    }
}

/// Lines that repeat another line of their record are real and kept, but worth a look; so are rows of one record that
/// say different things of it (the first row holds).
fn note_odd_rows(plan: &ImportPlan, table: &Table, document: &Document, report: &mut Report) {
    let mut seen: HashMap<&[String], ()> = HashMap::new();
    let rows = document.rows.iter().filter_map(|place| table.rows.get(*place));
    let Some(first) = rows.clone().next() else { return };
    for row in rows {
        for target in &plan.head {
            if text_of(target, row) != text_of(target, first) {
                report.note(format!("differs_within_record:{}", target.path), row.line);
            }
        }
        if plan.lines.is_none() && row.line != first.line {
            report.note("repeated_key", row.line);
        } else if seen.insert(&row.cells, ()).is_some() {
            report.note("repeated_line", row.line);
        }
    }
}

/// Finds the id of a referenced record by the text of its key, or says why there is none.
pub(super) type Lookup<'a> = dyn Fn(&Target, &str) -> Result<String, CellError> + 'a;

/// The input of a record: fields from its first row, a line from every row. All errors of its rows at once.
pub(super) fn input(
    plan: &ImportPlan,
    table: &Table,
    document: &Document,
    lookup: &Lookup<'_>,
    today: Date,
) -> Result<Input, Vec<RowError>> {
    let mut errors = Vec::new();
    let rows: Vec<&TableRow> = document.rows.iter().filter_map(|place| table.rows.get(*place)).collect();
    let mut record = match rows.first() {
        Some(row) => fields(&plan.head, row, lookup, today, &mut errors),
        None => Vec::new(),
    };
    if let Some(lines) = &plan.lines {
        let items = rows.iter().map(|row| Input::object(fields(&lines.targets, row, lookup, today, &mut errors))).collect();
        record.push((lines.field.clone(), Input::List(items)));
    }
    if errors.is_empty() { Ok(Input::object(record)) } else { Err(errors) }
}

/// The fields of one record or line from one row.
pub(super) fn fields(
    targets: &[Target],
    row: &TableRow,
    lookup: &Lookup<'_>,
    today: Date,
    errors: &mut Vec<RowError>,
) -> Vec<(String, Input)> {
    let mut values = Vec::with_capacity(targets.len());
    for target in targets {
        let text = text_of(target, row);
        let value = match &target.reference {
            Some(_) if text.is_empty() => Ok(Input::Null),
            Some(_) if target.ty.links().is_some() => {
                let ids = keys_of(target, row).into_iter().map(|text| lookup(target, &text).map(Input::Text));
                ids.collect::<Result<_, _>>().map(Input::List)
            }
            Some(_) => lookup(target, &text).map(Input::Text),
            None => cell::to_input(&text, &target.ty, &target.source.options, today),
        };
        match value {
            Ok(value) => put(&mut values, target, value),
            Err(error) => errors.push(RowError {
                line: row.line,
                field: target.path.clone(),
                code: error.code.to_owned(),
                message: if target.sensitive { CellError::hidden() } else { error.message },
            }),
        }
    }
    values
}

/// Adds a value; texts of one field in several languages become one value.
fn put(values: &mut Vec<(String, Input)>, target: &Target, value: Input) {
    let known = values.iter_mut().find(|(name, _)| *name == target.field).map(|(_, known)| known);
    let value = match (&target.text, known) {
        (Some(text), Some(known)) => {
            let tag = text.locale.as_ref().unwrap_or(&text.first).clone();
            match known {
                Input::Object(texts) => {
                    texts.insert(tag, value);
                }
                plain => {
                    let own = std::mem::replace(plain, Input::Null);
                    *plain = Input::object([(text.first.clone(), own), (tag, value)]);
                }
            }
            return;
        }
        (Some(TextOf { locale: Some(tag), .. }), None) => Input::object([(tag.clone(), value)]),
        _ => value,
    };
    values.push((target.field.clone(), value));
}
