//! What fields meant that are no longer in the live definitions: a column that comes back holds values of the type it had.
use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::{Catalog, EntityId, Field, FieldId};
use kontor_storage::Physical;

use crate::{
    error::AppError,
    snapshot::Snapshot,
    tenant::{Tenant, stored_sources},
    unused,
};

/// The live definitions together with the fields that `after` brings back, as they were when they were last live. Blocks, and
/// takes its time where there are any.
pub(crate) fn with_remembered(tenant: &Tenant, live: &Snapshot, after: &Catalog) -> Result<Arc<Catalog>, AppError> {
    let mut wanted = coming_back(&live.physical, &live.catalog, after);
    let mut known = Arc::clone(&live.catalog);
    for number in (1..live.revision).rev() {
        if wanted.is_empty() {
            break;
        }
        let sources = Arc::new(tenant.db().read_blocking(move |tx| stored_sources(tx, number))?);
        let there = unused::in_use(&sources);
        if !wanted.iter().any(|(_, field)| there.contains(&field.0)) {
            continue;
        }
        // What an older engine wrote may not check any more; then the column alone says what its values are.
        let Ok(catalog) = tenant.catalogs().of_live(&sources, &sources.fingerprint()) else { continue };
        wanted.retain(|(entity, id)| {
            let Some(field) = catalog.entity(*entity).and_then(|entity| entity.field(*id)) else { return true };
            add(Arc::make_mut(&mut known), &catalog, *entity, field);
            false
        });
    }
    Ok(known)
}

/// Fields with a column that is not in use, which the live definitions do not know.
fn coming_back(physical: &Physical, live: &Catalog, after: &Catalog) -> BTreeSet<(EntityId, FieldId)> {
    let mut found = BTreeSet::new();
    for entity in after.entities.values() {
        let Some(table) = physical.tables.get(&entity.id) else { continue };
        let known = |id: FieldId| live.entity(entity.id).is_some_and(|entity| entity.field(id).is_some());
        let fields = entity.fields.iter().map(|field| field.id).filter(|id| !id.0.is_system());
        let back = fields.filter(|id| table.columns.contains_key(id) && !known(*id));
        found.extend(back.map(|id| (entity.id, id)));
    }
    found
}

fn add(known: &mut Catalog, then: &Catalog, id: EntityId, field: &Field) {
    match known.entities.get_mut(&id) {
        Some(entity) => {
            let entity = Arc::make_mut(entity);
            entity.positions.insert(field.id, entity.fields.len());
            entity.fields.push(field.clone());
        }
        None => {
            if let Some(entity) = then.entity(id) {
                known.entities.insert(id, Arc::clone(entity));
            }
        }
    }
}
