//! Rows that expressions of a write read behind references: loaded as definer, one statement per level, before anything is computed.
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use kontor_access::{Action, decide};
use kontor_definitions::{
    Catalog, Entity, EntityId, FieldId, FieldType, RecordId, Value,
    expr::eval::{EvalError, RowSource},
};
use kontor_storage::{Tx, query::Path};
use uuid::Uuid;

use super::draft::Draft;
use crate::{error::RecordsError, frame::Frame, plan::Follow, read::page};

/// Loaded rows by entity and id, and the lines of loaded rows.
pub(crate) struct Known {
    catalog: Arc<Catalog>,
    rows: HashMap<(EntityId, Uuid), HashMap<FieldId, Value>>,
    lines: HashMap<(EntityId, Uuid), Vec<Uuid>>,
}

impl Known {
    pub(crate) fn new(frame: &Frame) -> Self {
        Self { catalog: Arc::clone(&frame.catalog), rows: HashMap::new(), lines: HashMap::new() }
    }

    /// Loads what the expressions of records and of their lines read.
    pub(crate) fn load(&mut self, frame: &Frame, tx: &mut Tx, drafts: &[&Draft], live: bool) -> Result<(), RecordsError> {
        self.load_level(frame, tx, drafts, None, live)
    }

    fn load_level(
        &mut self,
        frame: &Frame,
        tx: &mut Tx,
        drafts: &[&Draft],
        parent: Option<&[&Draft]>,
        live: bool,
    ) -> Result<(), RecordsError> {
        let Some(first) = drafts.first() else { return Ok(()) };
        let plan = Arc::clone(&first.plan);
        self.follow(frame, tx, drafts, parent, &plan.follow)?;
        if live {
            self.follow(frame, tx, drafts, parent, &plan.follow_live)?;
        }
        for index in 0..first.lines.len() {
            let children: Vec<&Draft> = children(drafts, index);
            self.load_level(frame, tx, &children, Some(drafts), live)?;
        }
        Ok(())
    }

    /// Follows a tree from drafts: references are loaded, lines are in the drafts themselves.
    pub(crate) fn follow(
        &mut self,
        frame: &Frame,
        tx: &mut Tx,
        drafts: &[&Draft],
        parents: Option<&[&Draft]>,
        tree: &Follow,
    ) -> Result<(), RecordsError> {
        let Some(first) = drafts.first() else { return Ok(()) };
        for (id, deeper) in &tree.0 {
            if *id == FieldId::PARENT
                && let Some(parents) = parents
            {
                self.follow(frame, tx, parents, None, deeper)?;
                continue;
            }
            let Some(field) = first.entity.field(*id) else { continue };
            match field.ty.result() {
                FieldType::Lines { .. } => {
                    let index = first.lines.iter().position(|lines| first.entity.index_of(*id) == Some(lines.place));
                    if let Some(index) = index {
                        self.follow(frame, tx, &children(drafts, index), Some(drafts), deeper)?;
                    }
                }
                FieldType::Reference { entity, .. } => {
                    let ids: BTreeSet<Uuid> = drafts.iter().filter_map(|draft| as_id(draft.value(*id))).collect();
                    self.load_rows(frame, tx, *entity, &ids, deeper)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Loads rows of an entity with the fields of a tree, and what stands behind them.
    fn load_rows(
        &mut self,
        frame: &Frame,
        tx: &mut Tx,
        entity: EntityId,
        ids: &BTreeSet<Uuid>,
        tree: &Follow,
    ) -> Result<(), RecordsError> {
        let Some(target) = frame.catalog.entity(entity) else { return Ok(()) };
        if tree.is_empty() || ids.is_empty() {
            return Ok(());
        }
        let fields = columns_of(target, tree);
        let missing: Vec<Uuid> = ids
            .iter()
            .filter(|id| !self.rows.get(&(entity, **id)).is_some_and(|row| fields.iter().all(|field| row.contains_key(field))))
            .copied()
            .collect();
        if !missing.is_empty() {
            let mut columns: Vec<Path> = vec![vec![FieldId::ID]];
            columns.extend(fields.iter().map(|field| vec![*field]));
            let permit = decide(&frame.definer, Action::Read, entity).map_err(|_denied| definer_bug())?;
            for row in tx.select(frame.definer_context(), permit, &page::by_ids(entity, columns, missing))? {
                self.keep(entity, &fields, row);
            }
        }
        self.load_behind(frame, tx, target, ids, tree)
    }

    fn load_behind(
        &mut self,
        frame: &Frame,
        tx: &mut Tx,
        entity: &Entity,
        ids: &BTreeSet<Uuid>,
        tree: &Follow,
    ) -> Result<(), RecordsError> {
        for (id, deeper) in &tree.0 {
            let Some(field) = entity.field(*id) else { continue };
            match field.ty.result() {
                FieldType::Reference { entity: target, .. } => {
                    let next: BTreeSet<Uuid> =
                        ids.iter().filter_map(|row| self.rows.get(&(entity.id, *row))?.get(id)).filter_map(as_id).collect();
                    self.load_rows(frame, tx, *target, &next, deeper)?;
                }
                FieldType::Lines { entity: line, .. } => self.load_lines(frame, tx, *line, ids, deeper)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn load_lines(
        &mut self,
        frame: &Frame,
        tx: &mut Tx,
        line: EntityId,
        parents: &BTreeSet<Uuid>,
        tree: &Follow,
    ) -> Result<(), RecordsError> {
        let Some(entity) = frame.catalog.entity(line) else { return Ok(()) };
        let fields = columns_of(entity, tree);
        let mut columns: Vec<Path> = vec![vec![FieldId::ID]];
        columns.extend(fields.iter().map(|field| vec![*field]));
        let permit = decide(&frame.definer, Action::Read, line).map_err(|_denied| definer_bug())?;
        let ids: Vec<RecordId> = parents.iter().map(|id| RecordId(*id)).collect();
        let mut found = BTreeSet::new();
        for parent in parents {
            self.lines.insert((line, *parent), Vec::new());
        }
        for mut row in tx.lines(frame.definer_context(), permit, line, &ids, &columns)? {
            let (Some(parent), Some(id)) = (row.first().and_then(as_id), row.get(1).and_then(as_id)) else { continue };
            row.remove(0);
            self.lines.entry((line, parent)).or_default().push(id);
            self.keep(line, &fields, row);
            found.insert(id);
        }
        self.load_behind(frame, tx, entity, &found, tree)
    }

    fn keep(&mut self, entity: EntityId, fields: &[FieldId], row: Vec<Value>) {
        let mut values = row.into_iter();
        let Some(Value::Id(id)) = values.next() else { return };
        self.rows.entry((entity, id)).or_default().extend(fields.iter().copied().zip(values));
    }

    /// The value at the end of a path from a loaded row; null where the row is gone.
    pub(crate) fn field(&self, entity: EntityId, id: Uuid, path: &[FieldId]) -> Result<Value, EvalError> {
        let Some((first, rest)) = path.split_first() else { return Ok(Value::Id(id)) };
        if *first == FieldId::ID && rest.is_empty() {
            return Ok(Value::Id(id));
        }
        let Some(row) = self.rows.get(&(entity, id)) else { return Ok(Value::Null) };
        let value = row.get(first).ok_or_else(|| EvalError::Unavailable(format!("{first} of {entity} was not loaded")))?;
        if rest.is_empty() {
            return Ok(value.clone());
        }
        let target = self.catalog.entity(entity).and_then(|entity| entity.field(*first)?.ty.reference());
        match (as_id(value), target) {
            (Some(next), Some(target)) => self.field(target, next, rest),
            _ => Ok(Value::Null),
        }
    }

    /// The lines at the end of a path from a loaded row.
    pub(crate) fn lines<'a>(
        &'a self,
        entity: EntityId,
        id: Uuid,
        path: &[FieldId],
    ) -> Result<Vec<Box<dyn RowSource + 'a>>, EvalError> {
        let Some((first, rest)) = path.split_first() else { return Ok(Vec::new()) };
        let field = self.catalog.entity(entity).and_then(|entity| entity.field(*first)).ok_or(EvalError::BadValue)?;
        match field.ty.result() {
            FieldType::Lines { entity: line, .. } => {
                let ids = self.lines.get(&(*line, id)).map(Vec::as_slice).unwrap_or_default();
                let row = |id: &Uuid| Box::new(KnownRow { known: self, entity: *line, id: *id }) as Box<dyn RowSource + 'a>;
                Ok(ids.iter().map(row).collect())
            }
            FieldType::Reference { entity: target, .. } => match self.field(entity, id, &[*first])? {
                Value::Id(next) => self.lines(*target, next, rest),
                _ => Ok(Vec::new()),
            },
            _ => Err(EvalError::BadValue),
        }
    }
}

/// A loaded row as expressions see it.
pub(crate) struct KnownRow<'a> {
    pub(crate) known: &'a Known,
    pub(crate) entity: EntityId,
    pub(crate) id: Uuid,
}

impl RowSource for KnownRow<'_> {
    fn field(&self, path: &[FieldId]) -> Result<Value, EvalError> {
        self.known.field(self.entity, self.id, path)
    }
    fn lines(&self, path: &[FieldId]) -> Result<Vec<Box<dyn RowSource + '_>>, EvalError> {
        self.known.lines(self.entity, self.id, path)
    }
}

/// Fields of a tree that are selected: stored ones and live ones, not lines.
fn columns_of(entity: &Entity, tree: &Follow) -> Vec<FieldId> {
    let is_column = |id: &&FieldId| **id != FieldId::ID && entity.field(**id).is_some_and(|field| field.ty.column().is_some());
    tree.0.keys().filter(is_column).copied().collect()
}

fn children<'a>(drafts: &[&'a Draft], index: usize) -> Vec<&'a Draft> {
    drafts.iter().filter_map(|draft| draft.lines.get(index)).flat_map(|lines| &lines.rows).collect()
}

/// The id in a value.
pub(crate) fn as_id(value: &Value) -> Option<Uuid> {
    match value {
        Value::Id(id) => Some(*id),
        _ => None,
    }
}

/// The definer holds every permit there is.
pub(crate) fn definer_bug() -> RecordsError {
    RecordsError::Bug("the definer has no permit".to_owned())
}
