//! Bringing a tenant's `base` up to what this engine brings, without losing what the tenant added to it.
use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::{check::canonical, model::Kind};
use kontor_storage::{Tx, system::package};
use serde_json::Value;

use crate::{
    act::Act,
    backfill::Backfill,
    base::base,
    draft,
    error::AppError,
    release::{Candidate, release},
    snapshot::Snapshot,
    sources::{DocumentKey, Sources},
    tenant::Tenant,
};

impl Tenant {
    /// Makes this engine's `base` live where the tenant has an older one. Fields that the tenant added to entities stay,
    /// and so do its changes of parts that are not the engine's. Answers whether anything was done. Blocks.
    ///
    /// A draft that is under way then stands on a revision that is no longer live.
    pub fn upgrade_base(&self, act: Act, backfill: &Arc<dyn Backfill>) -> Result<bool, AppError> {
        let coming = Sources::of_app("base", base());
        let (live, revision, installed) = self.db().read_blocking(read)?;
        if installed == coming {
            return Ok(false);
        }
        let mut sources = Sources::clone(&live);
        merge(&mut sources, &installed, &coming)?;
        let candidate = Candidate { sources: Arc::new(sources), on: revision, ..Candidate::first(Sources::default()) };
        let outcome: Result<Arc<Snapshot>, AppError> = release(self, candidate, act, backfill);
        match outcome {
            Ok(_) => {}
            // Another node was faster.
            Err(AppError::ChangedMeanwhile) => drop(self.reload_blocking()?),
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

fn read(tx: &mut Tx) -> Result<(Arc<Sources>, i64, Sources), AppError> {
    let draft = draft::read(tx)?;
    let mut installed = Sources::default();
    for document in package::documents(tx, "base")? {
        if let Some(key) = DocumentKey::of_names("base", &document.kind, &document.name) {
            installed.insert(key, document.body.into());
        }
    }
    Ok((draft.live, draft.revision, installed))
}

/// Document by document: what the tenant left alone becomes what is coming, entities keep the fields that were added,
/// and other documents that the tenant changed stay as they are.
pub(crate) fn merge(sources: &mut Sources, installed: &Sources, coming: &Sources) -> Result<(), AppError> {
    let keys: BTreeSet<&DocumentKey> = installed.iter().chain(coming.iter()).map(|(key, _)| key).collect();
    for key in keys {
        let (was, is, will) = (installed.get(key), sources.get(key).map(Arc::clone), coming.get(key));
        match (is, will) {
            (Some(is), Some(will)) if was == Some(&is) => sources.insert(key.clone(), Arc::clone(will)),
            (Some(is), Some(will)) if key.kind == Kind::Entity => {
                let merged = entity(key, was.map_or("{}", AsRef::as_ref), &is, will)?;
                sources.insert(key.clone(), merged);
            }
            (Some(_), Some(_)) => {}
            (None, Some(will)) => sources.insert(key.clone(), Arc::clone(will)),
            (Some(is), None) if was == Some(&is) => sources.remove(key),
            (Some(_) | None, None) => {}
        }
    }
    Ok(())
}

/// The coming entity with the tenant's own fields behind its fields, and the tenant's form of fields that are not the engine's.
fn entity(key: &DocumentKey, was: &str, is: &str, will: &str) -> Result<Arc<str>, AppError> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| AppError::Bug(format!("{key}: {error}")));
    let (was, is, mut will) = (parse(was)?, parse(is)?, parse(will)?);
    let same = |a: &Value, b: &Value| a.get("id") == b.get("id");
    let (before, present) = (fields(&was), fields(&is));
    let mut merged = fields(&will);
    for field in &mut merged {
        let system = field.get("system") == Some(&Value::Bool(true));
        let changed = present.iter().find(|other| same(other, field) && !before.contains(other));
        if let (false, Some(own)) = (system, changed) {
            *field = own.clone();
        }
    }
    let added = present.into_iter().filter(|field| !before.iter().any(|other| same(other, field)));
    let added: Vec<Value> = added.filter(|field| !merged.iter().any(|other| same(other, field))).collect();
    merged.extend(added);
    if let Some(object) = will.as_object_mut() {
        object.insert("fields".to_owned(), Value::Array(merged));
    }
    let text = canonical(key.kind, &will).map_err(|error| AppError::Bug(format!("{key}: {error}")))?;
    Ok(text.into())
}

fn fields(entity: &Value) -> Vec<Value> {
    entity.get("fields").and_then(Value::as_array).cloned().unwrap_or_default()
}
