//! Filling stored fields of rows that are there already: derived ones that a publish adds or changes, and the default of
//! those that become required.
use std::{collections::HashMap, sync::Arc};

use kontor_access::{Action, decide};
use kontor_apps::{AppError, Backfill, BackfillWork, Companies, Rows, Since, Totals};
use kontor_definitions::{
    Entity, Field, FieldId, FieldType, RecordId, Value,
    catalog::FieldClass,
    expr::{converts, eval::EvalEnv, reads},
};
use kontor_storage::Tx;
use uuid::Uuid;

use super::{
    cascade,
    compute::{Compute, Currencies},
    defaults::Defaults,
    draft::Draft,
    index,
    known::{Known, definer_bug},
    load, since,
    view::env_of,
};
use crate::{error::RecordsError, finding::Findings, frame::Frame, shared};

/// Fills and computes stored fields of existing rows as the write pipeline would.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recompute;

impl Backfill for Recompute {
    fn rows(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Vec<RecordId>, AppError> {
        rows(tx, work, ids).map_err(told)
    }

    fn totals(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Totals, AppError> {
        totals(tx, work, ids).map_err(told)
    }

    fn stored(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Rows, AppError> {
        let Some(entity) = work.snapshot.catalog.entity(work.entity).map(Arc::clone) else { return Ok(Rows::new()) };
        frame_of(tx, work).and_then(|frame| since::stored(&frame, tx, &entity, ids)).map_err(told)
    }

    fn totals_since(
        &self,
        tx: &mut Tx,
        work: &BackfillWork<'_>,
        ids: &[RecordId],
        since: &Since<'_>,
    ) -> Result<Totals, AppError> {
        let Some(entity) = work.snapshot.catalog.entity(work.entity).map(Arc::clone) else { return Ok(Totals::new()) };
        let rollups = rollups_of(&entity, work);
        if rollups.is_empty() {
            return Ok(Totals::new());
        }
        frame_of(tx, work).and_then(|frame| since::totals(&frame, tx, (&entity, &rollups), ids, since)).map_err(told)
    }
}

fn told(error: RecordsError) -> AppError {
    match error {
        RecordsError::Storage(error) => AppError::Storage(error),
        RecordsError::App(error) => error,
        other => AppError::Bug(other.to_string()),
    }
}

fn totals(tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Totals, RecordsError> {
    let frame = frame_of(tx, work)?;
    let Some(entity) = frame.catalog.entity(work.entity).map(Arc::clone) else { return Ok(Totals::default()) };
    cascade::by_row(&frame, tx, entity.id, ids, &rollups_of(&entity, work))
}

fn rows(tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Vec<RecordId>, RecordsError> {
    let frame = frame_of(tx, work)?;
    let mut done = Vec::new();
    let Some(entity) = frame.catalog.entity(work.entity).map(Arc::clone).filter(|_| !ids.is_empty()) else { return Ok(done) };
    let mut drafts = load::by_ids(&frame, tx, &entity, ids.iter().map(|id| id.0).collect())?;
    if frame.plans.of(&frame.catalog, &entity).reads_lines {
        load::load_lines(&frame, tx, &mut drafts.iter_mut().collect::<Vec<_>>())?;
    }
    let mut known = Known::new(&frame);
    known.load(&frame, tx, &drafts.iter().collect::<Vec<_>>(), false)?;
    let (mut env, currencies) = (env_of(&frame), Currencies::read(&frame, tx)?);
    let mut filled = fill(&frame, tx, &mut known, (&env, &currencies), &mut drafts, work.fields)?;
    let permit = decide(&frame.definer, Action::Update, entity.id).map_err(|_denied| definer_bug())?;
    let rollups = rollups_of(&entity, work);
    let mut totals = work.totals.cloned().unwrap_or_default();
    let open: Vec<RecordId> = drafts.iter().map(|draft| RecordId(draft.id)).filter(|id| !totals.contains_key(id)).collect();
    totals.extend(cascade::by_row(&frame, tx, entity.id, &open, &rollups)?);
    for draft in &mut drafts {
        env.today = frame.today_of(draft);
        let base = frame.base_currency(draft);
        let compute = Compute { frame: &frame, known: &known, env: &env, currencies: &currencies, base };
        if let Some(values) = totals.remove(&RecordId(draft.id)) {
            // A total out of range stays as it was, as any derived value does that cannot be computed.
            let _out_of_range = cascade::take(&compute, draft, &rollups, &values);
        }
        let mut wanted = work.fields.to_vec();
        wanted.extend(built_on(&entity, &filled.remove(&draft.id).unwrap_or_default()));
        let rates = wanted.iter().filter_map(|field| entity.field(field.rates()?)).map(|field| field.id).collect::<Vec<_>>();
        wanted.extend(rates);
        // What is wanted is not kept: a copied lookup that is new takes the value of today.
        draft.kept = kept_elsewhere(&entity, &wanted);
        let stored = draft.old.take();
        compute.with_conversions(tx, draft, &mut Findings::default())?;
        draft.old = stored;
        let changed: Vec<(FieldId, Value)> = wanted
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

/// Gives the fields that are entered their default where they are empty; answers what was filled, by row.
fn fill(
    frame: &Frame,
    tx: &mut Tx,
    known: &mut Known,
    (env, currencies): (&EvalEnv, &Currencies),
    drafts: &mut [Draft],
    fields: &[FieldId],
) -> Result<HashMap<Uuid, Vec<FieldId>>, RecordsError> {
    let mut filled = HashMap::new();
    let Some(entity) = drafts.first().map(|draft| Arc::clone(&draft.entity)) else { return Ok(filled) };
    let is_entered = |id: &FieldId| entity.field(*id).is_some_and(|field| field.class == FieldClass::Input);
    let entered: Vec<FieldId> = fields.iter().copied().filter(is_entered).collect();
    if entered.is_empty() {
        return Ok(filled);
    }
    let defaults = Defaults { frame, env, currencies };
    for draft in drafts {
        let places = defaults.fill_empty(tx, known, draft, &entered)?;
        filled.insert(draft.id, places.iter().filter_map(|place| entity.fields.get(*place)).map(|field| field.id).collect());
    }
    Ok(filled)
}

/// Whether a field keeps what it was computed to: the rate of a conversion, the value of a copied lookup.
fn keeps_value(field: &Field) -> bool {
    match &field.ty {
        FieldType::Formula { expression, .. } => converts(expression),
        FieldType::Lookup { copied, .. } => *copied,
        _ => false,
    }
}

/// The fields that keep their value, but stand on one that was just filled.
fn built_on<'a>(entity: &'a Entity, filled: &'a [FieldId]) -> impl Iterator<Item = FieldId> + 'a {
    let stands = |field: &Field| match &field.ty {
        FieldType::Formula { expression, .. } => {
            reads(expression).iter().any(|path| path.first().is_some_and(|first| filled.contains(first)))
        }
        FieldType::Lookup { path, .. } => path.first().is_some_and(|first| filled.contains(first)),
        _ => false,
    };
    let kept = entity.fields.iter().filter(|field| field.class == FieldClass::Row && keeps_value(field));
    kept.filter(move |field| stands(field)).map(|field| field.id)
}

/// Places of the fields that keep their value and are not to be filled.
fn kept_elsewhere(entity: &Entity, wanted: &[FieldId]) -> Vec<usize> {
    let fields = entity.fields.iter().enumerate();
    fields.filter(|(_, field)| keeps_value(field) && !wanted.contains(&field.id)).map(|(place, _)| place).collect()
}

/// The roll-ups over records among the fields of some work.
fn rollups_of(entity: &Entity, work: &BackfillWork<'_>) -> Vec<FieldId> {
    let is_rollup = |field: &FieldId| entity.field(*field).is_some_and(|field| field.class == FieldClass::Rollup);
    work.fields.iter().copied().filter(is_rollup).collect()
}

fn frame_of(tx: &mut Tx, work: &BackfillWork<'_>) -> Result<Frame, RecordsError> {
    let shared = shared::shared(work.snapshot);
    let companies = Arc::new(Companies::read(tx, work.snapshot, work.act.at)?);
    let server_today = work.act.at.date();
    Ok(Frame {
        catalog: Arc::clone(&work.snapshot.catalog),
        physical: Arc::clone(&work.snapshot.physical),
        rights: Arc::clone(&shared.definer),
        definer: shared.definer,
        rights_version: 0,
        now: work.act.at,
        today: companies.default().and_then(|company| company.day(work.act.at)).unwrap_or(server_today),
        server_today,
        companies,
        locale: "en".to_owned(),
        speaks: None,
        plans: shared.plans,
    })
}
