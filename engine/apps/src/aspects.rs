//! Stored aspects of fields (sort keys, folded texts): filled for rows that are there already, and compared with what they should be.
//!
//! Every write of a row brings them along; they are filled here where a publish makes them needed, where a field gets
//! another column, and where this engine makes them in another way than the one before.
use std::collections::BTreeSet;

use kontor_definitions::{Aspect, Catalog, Entity, EntityId, FieldId, RecordId, Value, aspect as made};
use kontor_storage::{
    Archived, Context, Physical, Tx,
    system::aspect::{self, Filled},
};

use crate::{derived::Work, error::AppError, reading::Reading, snapshot::Snapshot};

/// An aspect of a field that a release fills for rows that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pending {
    /// The entity.
    pub(crate) entity: EntityId,
    /// The field.
    pub(crate) of: FieldId,
    /// Which of its aspects.
    pub(crate) what: Aspect,
}

/// The aspects that definitions store in the tables as they will be and that are not filled, or in another way, or whose fields
/// are filled by some work.
pub(crate) fn pending(tx: &mut Tx, after: &Physical, catalog: &Catalog, work: &[Work]) -> Result<Vec<Pending>, AppError> {
    let known: BTreeSet<Filled> = aspect::all(tx)?.into_iter().collect();
    let mut all = Vec::new();
    for entity in catalog.entities.values() {
        for (of, what, filled) in stored(after, entity) {
            let anew = work.iter().any(|(id, fields)| *id == entity.id && fields.contains(&of));
            if anew || !known.contains(&filled) {
                all.push(Pending { entity: entity.id, of, what });
            }
        }
    }
    Ok(all)
}

/// Those of some aspects whose column is in use: a release in phases fills another one beside it.
pub(crate) fn in_use(before: &Physical, pending: &[Pending]) -> BTreeSet<(EntityId, FieldId)> {
    let columns = pending.iter().map(|pending| (pending.entity, pending.of.aspect(pending.what)));
    columns.filter(|(entity, column)| before.has(*entity, *column)).collect()
}

/// Fills those of some aspects that are of an entity, for some rows.
pub(crate) fn fill_rows(
    tx: &mut Tx,
    physical: &Physical,
    (entity, pending): (EntityId, &[Pending]),
    ids: &[RecordId],
) -> Result<(), AppError> {
    let of: Vec<(FieldId, Aspect)> =
        pending.iter().filter(|pending| pending.entity == entity).map(|pending| (pending.of, pending.what)).collect();
    Ok(aspect::fill(tx, physical, (entity, &of), ids)?)
}

/// Remembers that all aspects are filled that definitions store in the tables as they are, and no others.
pub(crate) fn note(tx: &mut Tx, physical: &Physical, catalog: &Catalog) -> Result<(), AppError> {
    let known: BTreeSet<Filled> = aspect::all(tx)?.into_iter().collect();
    let wanted: BTreeSet<Filled> =
        catalog.entities.values().flat_map(|entity| stored(physical, entity)).map(|(_, _, filled)| filled).collect();
    let place = |filled: &Filled| (filled.entity.clone(), filled.field.clone(), filled.aspect.clone());
    let places: BTreeSet<_> = wanted.iter().map(place).collect();
    for gone in known.iter().filter(|known| !places.contains(&place(known))) {
        aspect::remove(tx, gone)?;
    }
    for filled in wanted.difference(&known) {
        aspect::put(tx, filled)?;
    }
    Ok(())
}

/// Fills the aspects that a release in one transaction leaves to be filled.
pub(crate) fn bring_up_to_date(tx: &mut Tx, snapshot: &Snapshot, work: &[Work]) -> Result<(), AppError> {
    let (physical, catalog) = (&snapshot.physical, &snapshot.catalog);
    let pending = pending(tx, physical, catalog, work)?;
    let entities: BTreeSet<EntityId> = pending.iter().map(|pending| pending.entity).collect();
    for entity in entities {
        tx.each_chunk(physical, entity, |tx, ids| fill_rows(tx, physical, (entity, &pending), ids))?;
    }
    note(tx, physical, catalog)
}

/// The aspects of an entity that have columns, with how they are filled.
fn stored<'a>(physical: &'a Physical, entity: &'a Entity) -> impl Iterator<Item = (FieldId, Aspect, Filled)> + 'a {
    entity.aspects.iter().filter_map(move |id| {
        let (what, of) = id.aspect_of()?;
        let way = aspect::way(physical, entity.id, of, what)?;
        let (entity, field, name) = (entity.id.to_string(), of.to_string(), what.name().to_owned());
        Some((of, what, Filled { entity, field, aspect: name, way }))
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
        for (of, what, _) in stored(definer.physical, entity) {
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
