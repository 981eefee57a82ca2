//! Filling stored derived fields of rows that are there already, when a publish adds or changes them.
use std::sync::Arc;

use kontor_access::{Action, decide};
use kontor_apps::{AppError, Backfill, BackfillWork};
use kontor_definitions::{Entity, Field, FieldId, FieldType, RecordId, Value, catalog::FieldClass, expr::converts};
use kontor_storage::Tx;
use uuid::Uuid;

use super::{
    cascade,
    compute::{Compute, Currencies},
    index,
    known::{Known, definer_bug},
    load,
    view::env_of,
};
use crate::{error::RecordsError, finding::Findings, frame::Frame, shared};

/// Computes stored derived fields of existing rows as the write pipeline would.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recompute;

impl Backfill for Recompute {
    fn rows(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Vec<RecordId>, AppError> {
        rows(tx, work, ids).map_err(|error| match error {
            RecordsError::Storage(error) => AppError::Storage(error),
            other => AppError::Bug(other.to_string()),
        })
    }
}

fn rows(tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Vec<RecordId>, RecordsError> {
    let frame = frame_of(work);
    let mut done = Vec::new();
    let Some(entity) = frame.catalog.entity(work.entity).map(Arc::clone).filter(|_| !ids.is_empty()) else { return Ok(done) };
    let mut drafts = load::by_ids(&frame, tx, &entity, ids.iter().map(|id| id.0).collect())?;
    if frame.plans.of(&frame.catalog, &entity).reads_lines {
        load::load_lines(&frame, tx, &mut drafts.iter_mut().collect::<Vec<_>>())?;
    }
    let mut known = Known::new(&frame);
    known.load(&frame, tx, &drafts.iter().collect::<Vec<_>>(), false)?;
    let (env, currencies) = (env_of(&frame), Currencies::read(&frame, tx)?);
    let compute = Compute { frame: &frame, known: &known, env: &env, currencies: &currencies };
    let permit = decide(&frame.definer, Action::Update, entity.id).map_err(|_denied| definer_bug())?;
    let rollups: Vec<FieldId> = work.fields.iter().copied().filter(|field| is_rollup(&entity, *field)).collect();
    let there: Vec<Uuid> = drafts.iter().map(|draft| draft.id).collect();
    let mut totals = cascade::by_row(&frame, tx, entity.id, &there, &rollups)?;
    for draft in &mut drafts {
        if let Some(values) = totals.remove(&draft.id) {
            // A total out of range stays as it was, as any derived value does that cannot be computed.
            let _out_of_range = cascade::take(&compute, draft, &rollups, &values);
        }
        // Nothing is kept: a copied lookup that is new takes the value of today.
        draft.kept = conversions_elsewhere(&entity, work.fields);
        let stored = draft.old.take();
        compute.with_rates(tx, draft, &mut Findings::default())?;
        draft.old = stored;
        let changed: Vec<(FieldId, Value)> = work
            .fields
            .iter()
            .filter_map(|field| Some((*field, entity.index_of(*field)?)))
            .filter(|(_, place)| draft.at(*place) != draft.was(*place))
            .map(|(field, place)| (field, draft.at(place).clone()))
            .collect();
        if !changed.is_empty() {
            tx.update(frame.definer_context(), permit, entity.id, RecordId(draft.id), &changed)?;
            if work.words {
                index::follow(tx, draft)?;
            }
            done.push(RecordId(draft.id));
        }
    }
    Ok(done)
}

/// Places of the conversions that are not to be filled: they stay at the rates they were made at.
fn conversions_elsewhere(entity: &Entity, wanted: &[FieldId]) -> Vec<usize> {
    let converts = |field: &Field| matches!(&field.ty, FieldType::Formula { expression, .. } if converts(expression));
    let fields = entity.fields.iter().enumerate();
    fields.filter(|(_, field)| converts(field) && !wanted.contains(&field.id)).map(|(place, _)| place).collect()
}

fn is_rollup(entity: &Entity, field: FieldId) -> bool {
    entity.field(field).is_some_and(|field| field.class == FieldClass::Rollup)
}

fn frame_of(work: &BackfillWork<'_>) -> Frame {
    let shared = shared::shared(work.snapshot);
    Frame {
        catalog: Arc::clone(&work.snapshot.catalog),
        physical: Arc::clone(&work.snapshot.physical),
        rights: Arc::clone(&shared.definer),
        definer: shared.definer,
        now: work.act.at,
        today: work.act.at.date(),
        locale: "en".to_owned(),
        plans: shared.plans,
    }
}
