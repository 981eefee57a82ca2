//! Stored aspects of fields (sort keys, folded texts): filled for rows that are there already, and compared with what they should be.
//!
//! Every write of a row brings them along; they are filled here where a publish makes them needed, where a field gets
//! another column, and where this engine makes them in another way than the one before.
use std::collections::BTreeSet;

use kontor_access::{Action, decide};
use kontor_definitions::{Aspect, Catalog, Entity, EntityId, FieldId, RecordId, Value, aspect as made};
use kontor_storage::{
    Archived, Context, Plan, Tx,
    schema::PlanAction,
    system::aspect::{self, Filled},
};

use crate::{act::Act, derived::Work, error::AppError, reading::Reading, rights::definer, snapshot::Snapshot};

/// Whether a release fills aspects of rows that are there.
pub(crate) fn are_concerned(tx: &mut Tx, plan: &Plan, work: &[Work], catalog: &Catalog) -> Result<bool, AppError> {
    let has_aspects = |entity: EntityId, field: FieldId| {
        let entity = catalog.entity(entity);
        entity.is_some_and(|entity| Aspect::STORED.iter().any(|aspect| entity.aspects.contains(&field.aspect(*aspect))))
    };
    let of_steps = plan.steps.iter().any(|step| match &step.action {
        PlanAction::AddColumn { column } => column.id.aspect_of().is_some(),
        PlanAction::RestoreColumn { id } => id.aspect_of().is_some() || has_aspects(step.entity_id, *id),
        PlanAction::RetypeColumn { column, .. } => has_aspects(step.entity_id, column.id),
        PlanAction::CreateTable { .. }
        | PlanAction::RetireColumn { .. }
        | PlanAction::RetireTable
        | PlanAction::RestoreTable
        | PlanAction::CreateIndex { .. }
        | PlanAction::DropIndex { .. }
        | PlanAction::Backfill
        | PlanAction::Fill { .. } => false,
    });
    let of_work = work.iter().any(|(entity, fields)| fields.iter().any(|field| has_aspects(*entity, *field)));
    let outdated = aspect::all(tx)?.iter().any(|filled| {
        let what = Aspect::STORED.into_iter().find(|aspect| aspect.name() == filled.aspect);
        what.is_some_and(|what| !filled.way.starts_with(&format!("{} ", made::version(what))))
    });
    Ok(of_steps || of_work || outdated)
}

/// Fills the aspects that the definitions of a snapshot store and that are not filled, or in another way, or whose fields were
/// filled just now.
pub(crate) fn bring_up_to_date(tx: &mut Tx, snapshot: &Snapshot, act: Act, work: &[Work]) -> Result<(), AppError> {
    let known: BTreeSet<Filled> = aspect::all(tx)?.into_iter().collect();
    let rights = definer(snapshot);
    let context = snapshot.context(&rights, act.at, act.at.date());
    let mut wanted = BTreeSet::new();
    for entity in snapshot.catalog.entities.values() {
        let of_entity: Vec<(FieldId, Aspect, Filled)> = stored(context, entity).collect();
        for (of, what, filled) in of_entity {
            let anew = work.iter().any(|(id, fields)| *id == entity.id && fields.contains(&of));
            if anew || !known.contains(&filled) {
                fill(tx, context, (entity, of, what))?;
                aspect::put(tx, &filled)?;
            }
            wanted.insert((filled.entity, filled.field, filled.aspect));
        }
    }
    let is_wanted = |known: &Filled| wanted.contains(&(known.entity.clone(), known.field.clone(), known.aspect.clone()));
    for gone in known.iter().filter(|known| !is_wanted(known)) {
        aspect::remove(tx, gone)?;
    }
    Ok(())
}

/// The aspects of an entity that have columns, with how they are filled.
fn stored<'a>(context: Context<'a>, entity: &'a Entity) -> impl Iterator<Item = (FieldId, Aspect, Filled)> + 'a {
    entity.aspects.iter().filter_map(move |id| {
        let (what, of) = id.aspect_of()?;
        let way = aspect::way(context, entity.id, of, what)?;
        let (entity, field, name) = (entity.id.to_string(), of.to_string(), what.name().to_owned());
        Some((of, what, Filled { entity, field, aspect: name, way }))
    })
}

fn fill(tx: &mut Tx, context: Context<'_>, (entity, of, what): (&Entity, FieldId, Aspect)) -> Result<(), AppError> {
    let permit = decide(context.rights, Action::Update, entity.id)
        .map_err(|_denied| AppError::Bug("the definer may change everything".to_owned()))?;
    let reading = Reading { context, entity, fields: vec![of], archived: Archived::With };
    reading.each_chunk(tx, &mut |tx, rows, _| {
        let values: Vec<(RecordId, &Value)> = rows.iter().filter_map(|(id, row)| Some((*id, row.first()?))).collect();
        aspect::fill(tx, context, permit, (entity.id, of, what), &values).map_err(Into::into)
    })
}

/// A record whose stored aspect is not what its field gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The entity, as `app.name`.
    pub entity: String,
    /// The record.
    pub record: RecordId,
    /// The field's name.
    pub field: String,
    /// Which of its aspects.
    pub aspect: Aspect,
}

/// Makes every stored aspect anew, reading as definer, and tells where the stored one is another.
pub fn differences(tx: &mut Tx, definer: Context<'_>) -> Result<Vec<Difference>, AppError> {
    let mut all = Vec::new();
    for entity in definer.catalog.entities.values() {
        for (of, what, _) in stored(definer, entity) {
            let name = entity.field(of).map(|field| field.name.clone()).unwrap_or_default();
            let reading = Reading { context: definer, entity, fields: vec![of, of.aspect(what)], archived: Archived::With };
            reading.each_chunk(tx, &mut |_, rows, _| {
                let wrong = rows.iter().filter(|(_, row)| match row.as_slice() {
                    [value, stored] => made::stored(what, value) != *stored,
                    _ => true,
                });
                let told = |(record, _): &(RecordId, Vec<Value>)| Difference {
                    entity: entity.full_name(),
                    record: *record,
                    field: name.clone(),
                    aspect: what,
                };
                all.extend(wrong.map(told));
                Ok(())
            })?;
        }
    }
    Ok(all)
}
