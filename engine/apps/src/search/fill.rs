//! The index filled for rows that are there already, and compared with what it should be.
use std::collections::{BTreeMap, BTreeSet};

use kontor_access::{Action, decide};
use kontor_definitions::{Entity, EntityId, Field, FieldId, RecordId, Value};
use kontor_storage::{
    Archived, Context, Query, Row, Tx,
    system::search::{self, IndexedField},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{fields, in_all_languages, put, stored, way};
use crate::{act::Act, error::AppError, rights::definer, snapshot::Snapshot};

/// Rows of a chunk.
const CHUNK: u32 = 500;

/// Makes the index hold the fields that the definitions of a snapshot name, and no others.
pub(crate) fn bring_up_to_date(tx: &mut Tx, snapshot: &Snapshot, act: Act) -> Result<(), AppError> {
    let known: BTreeSet<IndexedField> = search::fields(tx)?.into_iter().collect();
    let mut wanted = BTreeSet::new();
    for entity in snapshot.catalog.entities.values() {
        wanted.extend(fields(entity).map(|(_, field)| noted(entity, field)));
    }
    for gone in known.difference(&wanted) {
        search::clear_field(tx, gone)?;
    }
    let rights = definer(snapshot);
    for entity in snapshot.catalog.entities.values() {
        let missing: Vec<&Field> =
            fields(entity).map(|(_, field)| field).filter(|field| !known.contains(&noted(entity, field))).collect();
        if missing.is_empty() {
            continue;
        }
        let context = snapshot.context(&rights, act.at, act.at.date());
        let reading = Reading { context, entity, fields: missing };
        reading.each_chunk(tx, &mut |tx, fields, rows, _| {
            for (record, values) in rows {
                for (field, value) in fields.iter().zip(values) {
                    put(tx, entity, *record, field, value)?;
                }
            }
            Ok(())
        })?;
        for field in &reading.fields {
            search::put_field(tx, &noted(entity, field))?;
        }
    }
    Ok(())
}

/// An entity with indexed fields whose words are missing.
pub(crate) type Missing = (EntityId, Vec<FieldId>);

/// What the definitions of a snapshot name and the index does not hold, and what it holds that they no longer name.
pub(crate) fn missing(tx: &mut Tx, snapshot: &Snapshot) -> Result<(Vec<Missing>, Vec<IndexedField>), AppError> {
    let mut gone: BTreeSet<IndexedField> = search::fields(tx)?.into_iter().collect();
    let mut all = Vec::new();
    for entity in snapshot.catalog.entities.values() {
        let fields = fields(entity).filter(|(_, field)| !gone.remove(&noted(entity, field))).map(|(_, field)| field.id);
        let fields: Vec<FieldId> = fields.collect();
        if !fields.is_empty() {
            all.push((entity.id, fields));
        }
    }
    // A field that is filled anew overwrites what the index holds of it.
    let anew = |gone: &IndexedField| {
        let named = |(entity, fields): &Missing| {
            entity.to_string() == gone.entity && fields.iter().any(|field| field.to_string() == gone.field)
        };
        all.iter().any(named)
    };
    let gone = gone.into_iter().filter(|gone| !anew(gone)).collect();
    Ok((all, gone))
}

/// Fills words of some rows, which are locked.
pub(crate) fn fill_rows(
    tx: &mut Tx,
    snapshot: &Snapshot,
    (id, fields): (EntityId, &[FieldId]),
    rows: &[RecordId],
    at: OffsetDateTime,
) -> Result<(), AppError> {
    let Some(entity) = snapshot.catalog.entity(id) else { return Ok(()) };
    let fields: Vec<&Field> = fields.iter().filter_map(|field| entity.field(*field)).collect();
    let rights = definer(snapshot);
    let reading = Reading { context: snapshot.context(&rights, at, at.date()), entity, fields };
    for (record, values) in reading.these(tx, rows)? {
        for (field, value) in reading.fields.iter().zip(values) {
            put(tx, entity, record, field, &value)?;
        }
    }
    Ok(())
}

/// Remembers that the index holds fields.
pub(crate) fn note(tx: &mut Tx, snapshot: &Snapshot, (id, fields): (EntityId, &[FieldId])) -> Result<(), AppError> {
    let Some(entity) = snapshot.catalog.entity(id) else { return Ok(()) };
    for field in fields.iter().filter_map(|field| entity.field(*field)) {
        search::put_field(tx, &noted(entity, field))?;
    }
    Ok(())
}

/// Forgets that the index holds a field: it will be filled anew.
pub(crate) fn unnote(tx: &mut Tx, entity: EntityId, field: FieldId) -> Result<(), AppError> {
    Ok(search::remove_field(tx, &entity.to_string(), &field.to_string())?)
}

/// Takes words of a field that is no longer indexed out of the index; answers whether some are left.
pub(crate) fn forget_some(tx: &mut Tx, gone: &IndexedField, at_most: usize) -> Result<bool, AppError> {
    Ok(search::clear_some(tx, gone, at_most)?)
}

fn noted(entity: &Entity, field: &Field) -> IndexedField {
    IndexedField { entity: entity.id.to_string(), field: field.id.to_string(), way: way(entity, field) }
}

/// A place where the index is not what the record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The entity, as `app.name`.
    pub entity: String,
    /// The record.
    pub record: RecordId,
    /// The field's name; none if the definitions have no such field.
    pub field: Option<String>,
}

/// Recomputes the whole index, reading as definer, and compares: live records are found by the words they hold, all others by none.
pub fn differences(tx: &mut Tx, definer: Context<'_>) -> Result<Vec<Difference>, AppError> {
    let mut all = Vec::new();
    for entity in definer.catalog.entities.values() {
        let indexed: Vec<&Field> = fields(entity).map(|(_, field)| field).collect();
        let reading = Reading { context: definer, entity, fields: indexed };
        reading.each_chunk(tx, &mut |tx, fields, rows, span| {
            let mut should = BTreeMap::new();
            for (record, values) in rows {
                for (field, value) in fields.iter().zip(values) {
                    let tokens = stored(entity, field, value);
                    if !tokens.is_empty() {
                        should.insert((*record, field.id.to_string()), tokens);
                    }
                }
            }
            let is = search::of_records(tx, entity.id, span.0, span.1)?;
            let is: BTreeMap<_, _> = is.into_iter().map(|row| ((row.record, row.field), row.tokens)).collect();
            let places: BTreeSet<_> = should.keys().chain(is.keys()).collect();
            let wrong = places.into_iter().filter(|place| should.get(*place) != is.get(*place));
            let told = |(record, field): &(RecordId, String)| Difference {
                entity: entity.full_name(),
                record: *record,
                field: entity.fields.iter().find(|known| known.id.to_string() == *field).map(|known| known.name.clone()),
            };
            all.extend(wrong.map(told));
            Ok(())
        })?;
    }
    Ok(all)
}

/// Live rows with their values, in the order of their ids.
type Rows = [(RecordId, Row)];
/// The ids between which a chunk lies: behind the first, up to the second.
type Between = (RecordId, RecordId);

/// The live rows of an entity read as definer.
struct Reading<'a> {
    context: Context<'a>,
    entity: &'a Entity,
    fields: Vec<&'a Field>,
}

/// What is done with a page of rows: the fields that are read, the rows, the ids they lie between.
type See<'a> = dyn FnMut(&mut Tx, &[&Field], &Rows, Between) -> Result<(), AppError> + 'a;

impl Reading<'_> {
    /// The live ones of some rows.
    fn these(&self, tx: &mut Tx, rows: &[RecordId]) -> Result<Vec<(RecordId, Row)>, AppError> {
        let (Some(first), Some(last)) = (rows.iter().min(), rows.iter().max()) else { return Ok(Vec::new()) };
        // Ids count on, so nothing lies between the first and the one before it.
        let mut after = Uuid::from_u128(first.0.as_u128().saturating_sub(1));
        let mut found = Vec::new();
        loop {
            let page = self.page(tx, RecordId(after))?;
            let end = page.last().map(|(id, _)| *id);
            found.extend(page.into_iter().filter(|(id, _)| rows.contains(id)));
            match end {
                Some(end) if end < *last => after = end.0,
                Some(_) | None => return Ok(found),
            }
        }
    }

    fn each_chunk(&self, tx: &mut Tx, see: &mut See<'_>) -> Result<(), AppError> {
        let mut after = RecordId(Uuid::nil());
        loop {
            let rows = self.page(tx, after)?;
            let last = rows.last().map(|(id, _)| *id);
            see(tx, &self.fields, &rows, (after, last.unwrap_or(RecordId(Uuid::max()))))?;
            match last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }
}

impl Reading<'_> {
    /// The rows behind one.
    fn page(&self, tx: &mut Tx, after: RecordId) -> Result<Vec<(RecordId, Row)>, AppError> {
        let permit = decide(self.context.rights, Action::Read, self.entity.id)
            .map_err(|_denied| AppError::Bug("the definer may read everything".to_owned()))?;
        let mut columns = vec![vec![FieldId::ID]];
        columns.extend(self.fields.iter().map(|field| vec![field.id]));
        columns.extend(self.fields.iter().filter_map(|field| Some(vec![field.texts()?])));
        let query = Query {
            entity: self.entity.id,
            columns,
            filter: None,
            sort: Vec::new(),
            after: Some(vec![Value::Id(after.0)]),
            limit: CHUNK,
            archived: Archived::Without,
        };
        let rows = tx.select(self.context, permit, &query)?.into_iter().filter_map(split);
        Ok(rows.map(|(id, row)| (id, self.found_by(row))).collect())
    }

    /// The values of the fields, without the texts in other languages that stand behind them: those join their fields.
    fn found_by(&self, mut row: Row) -> Row {
        let mut others = row.split_off(self.fields.len().min(row.len())).into_iter();
        for (field, value) in self.fields.iter().zip(&mut row) {
            if field.texts().is_some() {
                *value = in_all_languages(value, &others.next().unwrap_or_default());
            }
        }
        row
    }
}

fn split(mut row: Row) -> Option<(RecordId, Row)> {
    let Some(Value::Id(id)) = row.first().cloned() else { return None };
    row.remove(0);
    Some((RecordId(id), row))
}
