//! Rows with everything unfolded behind them: one statement per level, whatever the number of rows.
use std::collections::{HashMap, HashSet};

use kontor_access::{Action, FieldReach, Permit, Rights, decide};
use kontor_definitions::{EntityId, FieldId, RecordId, Value};
use kontor_storage::{Archived, Query, Row, StorageError, Tx};
use rust_decimal::prelude::ToPrimitive as _;
use uuid::Uuid;

use super::selection::{LinesColumn, Selection};
use crate::{condition, files::Files, frame::Frame, json::Shape};

/// Rows of a selection: the id first, then its columns, then whatever was asked for besides.
pub(crate) struct Page<'s> {
    pub(crate) selection: &'s Selection,
    pub(crate) rows: Vec<Row>,
    /// For each column of the selection what is written in place of the reference.
    pub(crate) expanded: Vec<Option<Targets<'s>>>,
    /// For each `lines` column the lines by parent.
    pub(crate) lines: Vec<Lines<'s>>,
    /// The files that the rows hold.
    pub(crate) files: Files,
}

/// Referenced records by id.
pub(crate) struct Targets<'s> {
    pub(crate) page: Page<'s>,
    pub(crate) places: HashMap<Uuid, usize>,
}

/// Lines by parent, in order of their position.
pub(crate) struct Lines<'s> {
    pub(crate) column: &'s LinesColumn,
    pub(crate) page: Page<'s>,
    pub(crate) by_parent: HashMap<Uuid, Vec<usize>>,
    /// Where not all are here: how many there are.
    pub(crate) counts: HashMap<Uuid, u64>,
    /// Parents on which the person may see them.
    pub(crate) shown: HashSet<Uuid>,
}

/// Of links in a list so many are answered of each record.
const FIRST_LINKS: u32 = 10;

/// Unfolds what stands behind rows.
pub(crate) fn unfold<'s>(frame: &Frame, tx: &mut Tx, selection: &'s Selection, rows: Vec<Row>) -> Result<Page<'s>, StorageError> {
    let mut expanded = Vec::with_capacity(selection.columns.len());
    for (index, column) in selection.columns.iter().enumerate() {
        expanded.push(match &column.expanded {
            Some(target) => Some(targets(frame, tx, target, distinct(&rows, index + 1))?),
            None => None,
        });
    }
    let mut lines = Vec::with_capacity(selection.lines.len());
    for column in &selection.lines {
        lines.push(lines_of(frame, tx, selection.entity.id, column, &rows)?);
    }
    let shapes = selection.columns.iter().map(|column| column.shape);
    let held = shapes.enumerate().filter(|(_, shape)| matches!(shape, Shape::File | Shape::Files));
    let files = Files::load(tx, held.flat_map(|(index, _)| rows.iter().filter_map(move |row| row.get(index + 1))))?;
    Ok(Page { selection, rows, expanded, lines, files })
}

/// The ids in a column, each once, in order of appearance.
fn distinct(rows: &[Row], place: usize) -> Vec<Uuid> {
    let mut seen = std::collections::HashSet::new();
    let ids = rows.iter().filter_map(|row| match row.get(place) {
        Some(Value::Id(id)) => Some(*id),
        _ => None,
    });
    ids.filter(|id| seen.insert(*id)).collect()
}

fn targets<'s>(frame: &Frame, tx: &mut Tx, selection: &'s Selection, ids: Vec<Uuid>) -> Result<Targets<'s>, StorageError> {
    let entity = selection.entity.id;
    let rows = match decide(&frame.rights, Action::Read, entity) {
        Ok(permit) if !ids.is_empty() => {
            let query = by_ids(entity, selection.paths(), ids);
            tx.select(frame.context(), permit, &query)?
        }
        _ => Vec::new(),
    };
    let places = rows.iter().enumerate().filter_map(|(place, row)| Some((id_of(row)?, place))).collect();
    Ok(Targets { page: unfold(frame, tx, selection, rows)?, places })
}

/// The query for some records of an entity, archived or not.
pub(crate) fn by_ids(entity: EntityId, columns: Vec<kontor_storage::query::Path>, ids: Vec<Uuid>) -> Query {
    Query {
        entity,
        columns,
        limit: u32::try_from(ids.len()).unwrap_or(u32::MAX),
        filter: Some(match ids.as_slice() {
            [id] => condition::id_is(entity, *id),
            _ => condition::id_in(entity, ids),
        }),
        sort: Vec::new(),
        after: None,
        archived: Archived::With,
    }
}

fn lines_of<'s>(
    frame: &Frame,
    tx: &mut Tx,
    parent: EntityId,
    column: &'s LinesColumn,
    rows: &[Row],
) -> Result<Lines<'s>, StorageError> {
    let mut found = Vec::new();
    let mut by_parent: HashMap<Uuid, Vec<usize>> = HashMap::new();
    let parents: Vec<Uuid> = rows.iter().filter_map(id_of).collect();
    let parents = parents_with_lines(frame, tx, parent, column.field, parents)?;
    let shown = parents.iter().copied().collect();
    let mut counts = HashMap::new();
    let line = column.selection.entity.id;
    if let (false, Ok(permit)) = (parents.is_empty(), decide(&frame.rights, Action::Read, line)) {
        let ids: Vec<RecordId> = parents.into_iter().map(RecordId).collect();
        let paths = column.selection.paths();
        let rows = match column.brief {
            false => tx.lines(frame.context(), permit, line, &ids, &paths)?,
            true => tx.first_lines(frame.context(), permit, line, &ids, (&paths, FIRST_LINKS))?,
        };
        for mut row in rows {
            let Some(Value::Id(owner)) = row.first().cloned() else { continue };
            row.remove(0);
            if column.brief
                && let Some(Value::Number(count)) = row.pop()
            {
                counts.insert(owner, count.to_u64().unwrap_or_default());
            }
            by_parent.entry(owner).or_default().push(found.len());
            found.push(row);
        }
    }
    Ok(Lines { column, page: unfold(frame, tx, &column.selection, found)?, by_parent, counts, shown })
}

/// Those of the parents on which the person may see the `lines` field.
fn parents_with_lines(
    frame: &Frame,
    tx: &mut Tx,
    parent: EntityId,
    field: FieldId,
    ids: Vec<Uuid>,
) -> Result<Vec<Uuid>, StorageError> {
    let Ok(permit) = decide(&frame.rights, Action::Read, parent) else { return Ok(Vec::new()) };
    match permit.reach(field) {
        FieldReach::Never => Ok(Vec::new()),
        FieldReach::Always => Ok(ids),
        FieldReach::Grants(_) if ids.is_empty() => Ok(ids),
        FieldReach::Grants(places) => {
            let query = by_ids(parent, vec![vec![FieldId::ID]], ids);
            let rows = tx.select(frame.context(), &permit.only(&places), &query)?;
            Ok(rows.iter().filter_map(id_of).collect())
        }
    }
}

/// The id that every row begins with.
pub(crate) fn id_of(row: &Row) -> Option<Uuid> {
    match row.first() {
        Some(Value::Id(id)) => Some(*id),
        _ => None,
    }
}

/// The permit to read an entity, for those who hold one.
pub(crate) fn reading(rights: &Rights, entity: EntityId) -> Option<&Permit> {
    decide(rights, Action::Read, entity).ok()
}
