//! How a publish fills stored fields of rows that are there already; `records` knows how to compute them.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use kontor_definitions::{EntityId, FieldId, RecordId, Value};
use kontor_storage::Tx;

use crate::{act::Act, error::AppError, snapshot::Snapshot};

/// Computes stored derived fields of existing rows.
pub trait Backfill: Send + Sync {
    /// Computes `fields` for some rows of the entity, a few hundred at most, archived ones included; answers those whose
    /// values changed. Rows that are not there any more are left out. Changes neither revision, history nor `updated_at`.
    fn rows(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Vec<RecordId>, AppError>;

    /// What the roll-ups over records among the fields of some work combine to for some rows, as this transaction sees them:
    /// read beforehand, so that no row is locked while a hundred thousand others are added up.
    fn totals(&self, _tx: &mut Tx, _work: &BackfillWork<'_>, _ids: &[RecordId]) -> Result<Totals, AppError> {
        Ok(Totals::default())
    }

    /// What is stored of some rows.
    fn stored(&self, _tx: &mut Tx, _work: &BackfillWork<'_>, _ids: &[RecordId]) -> Result<Rows, AppError> {
        Ok(Rows::default())
    }

    /// What `totals` would answer, told from what roll-ups combined to before and from the rows that changed since, where that can
    /// be told; a row that is left out is combined anew.
    fn totals_since(
        &self,
        _tx: &mut Tx,
        _work: &BackfillWork<'_>,
        _ids: &[RecordId],
        _since: &Since<'_>,
    ) -> Result<Totals, AppError> {
        Ok(Totals::default())
    }

    /// A release in phases has come so far; an error gives it up where it is not live yet.
    fn reached(&self, _stage: Stage) -> Result<(), AppError> {
        Ok(())
    }
}

/// How far a release in phases has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is noted that it is under way.
    Begun,
    /// New tables and columns are there, not used by anybody.
    Expanded,
    /// Every writer marks what it writes.
    Announced,
    /// Every row is filled.
    Filled,
    /// Every index is built.
    Indexed,
    /// The revision is live.
    Live,
    /// Nothing is left to do.
    Finished,
}

/// What roll-ups combine to, by row; how the values stand is known to whoever computes them.
pub type Totals = HashMap<RecordId, Vec<Value>>;

/// What is stored of rows: values by place among the fields of their entity.
pub type Rows = HashMap<RecordId, Vec<Value>>;

/// Answers what was stored of some rows.
pub type Was<'a> = dyn Fn(EntityId, &[RecordId]) -> Result<Rows, AppError> + 'a;

/// A moment, and what changed since.
pub struct Since<'a> {
    /// What roll-ups combined to at that moment, of all rows whose stored ones were out of date.
    pub totals: &'a BTreeMap<EntityId, Totals>,
    /// What was stored at that moment.
    pub was: &'a Was<'a>,
    /// The rows that changed since, and maybe others.
    pub moved: &'a BTreeMap<EntityId, BTreeSet<RecordId>>,
}

/// What is to be computed.
pub struct BackfillWork<'a> {
    /// The definitions that are going live, with the tables as they are after the plan was applied.
    pub snapshot: &'a Snapshot,
    /// The entity. What roll-ups combine comes before them, so that they find it done.
    pub entity: EntityId,
    /// Its fields that are new or computed in another way, in the entity's order of computing. Fields that are entered get
    /// their default where they are empty.
    pub fields: &'a [FieldId],
    /// The publish.
    pub act: Act,
    /// The words by which records are found follow the new values at once; otherwise they are filled later.
    pub words: bool,
    /// What roll-ups combine to, for rows for which that was read beforehand.
    pub totals: Option<&'a Totals>,
}

/// For places that hold no business rows: a check of an app folder, a tenant being made.
pub struct NoBackfill;

impl Backfill for NoBackfill {
    fn rows(&self, _tx: &mut Tx, _work: &BackfillWork<'_>, _ids: &[RecordId]) -> Result<Vec<RecordId>, AppError> {
        Ok(Vec::new())
    }
}
