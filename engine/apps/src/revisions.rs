//! The revisions of a tenant: what was live when, what changed, and bringing an old one back.
use std::{collections::BTreeSet, sync::Arc};

use kontor_storage::{
    Tx,
    system::{
        revision::{self, Revision},
        state,
    },
};

use crate::{
    act::Act,
    backfill::Backfill,
    compile::compile,
    draft,
    error::AppError,
    outline::Outline,
    release::{Candidate, Publishing, release},
    required::with_defaults,
    snapshot::Snapshot,
    sources::{DocumentKey, Sources},
    tenant::{Tenant, stored_sources},
};

/// How a document differs between two revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentChange {
    /// Which.
    pub key: DocumentKey,
    /// Its text before; none when it was added.
    pub before: Option<Arc<str>>,
    /// Its text after; none when it was removed.
    pub after: Option<Arc<str>>,
}

impl DocumentChange {
    /// `added`, `removed` or `changed`.
    pub fn state(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (Some(_), None) => "removed",
            (Some(_), Some(_)) => "changed",
        }
    }
}

/// Every revision, newest first, and the number of the live one.
pub fn list(tx: &mut Tx) -> Result<(Vec<Revision>, i64), AppError> {
    let live = state::read(tx)?.revision;
    Ok((revision::list(tx)?, live))
}

/// What changed from `against` (the revision before, where none is given) to a revision.
pub fn diff(tx: &mut Tx, number: i64, against: Option<i64>) -> Result<Vec<DocumentChange>, AppError> {
    let after = documents(tx, number)?;
    let before = match against {
        Some(other) => documents(tx, other)?,
        None if number == 1 => Sources::default(),
        None => documents(tx, number - 1)?,
    };
    Ok(between(&before, &after))
}

/// The documents of a revision.
pub fn documents(tx: &mut Tx, number: i64) -> Result<Sources, AppError> {
    revision::get(tx, number)?.ok_or(AppError::UnknownRevision(number))?;
    stored_sources(tx, number)
}

/// The documents that differ, in order.
pub fn between(before: &Sources, after: &Sources) -> Vec<DocumentChange> {
    let keys: BTreeSet<&DocumentKey> = before.iter().chain(after.iter()).map(|(key, _)| key).collect();
    keys.into_iter()
        .filter(|key| before.get(key) != after.get(key))
        .map(|key| DocumentChange {
            key: key.clone(),
            before: before.get(key).map(Arc::clone),
            after: after.get(key).map(Arc::clone),
        })
        .collect()
}

impl Tenant {
    /// What bringing a revision back would do. Blocks, as does `restore`.
    pub fn plan_restore(&self, number: i64) -> Result<Outline, AppError> {
        let (sources, live, retired) = self.db().read_blocking(move |tx| {
            Ok::<_, AppError>((documents(tx, number)?, state::read(tx)?.revision, draft::retired(tx)?))
        })?;
        self.outline(live, compile(Arc::new(sources), &retired))
    }

    /// Makes a new revision out of an old one: its documents are live again, retired columns come back with their values.
    /// A field that had another type has its values of then again in records that were not changed since; what was entered
    /// meanwhile is converted back. Fields that are required again and have no value in records made meanwhile get the
    /// default given with it, which becomes part of their definition.
    /// The draft is left alone; if it holds changes they now stand on a revision that is no longer live.
    pub fn restore<'a>(
        &self,
        number: i64,
        publishing: impl Into<Publishing<'a>>,
        act: Act,
        backfill: &Arc<dyn Backfill>,
    ) -> Result<Arc<Snapshot>, AppError> {
        let Publishing { message, accept_loss, defaults } = publishing.into();
        let (sources, live) =
            self.db().read_blocking(move |tx| Ok::<_, AppError>((documents(tx, number)?, state::read(tx)?.revision)))?;
        if number == live {
            return Err(AppError::NothingToPublish);
        }
        let candidate = Candidate {
            sources: with_defaults(&Arc::new(sources), defaults)?,
            on: live,
            draft: None,
            message: message.to_owned(),
            restored_from: Some(number),
            installed: None,
            accept_loss,
        };
        release(self, candidate, act, backfill)
    }
}
