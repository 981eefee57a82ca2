//! A session: one person's view of the business data inside one transaction, under one revision of the definitions.
use std::sync::Arc;

use kontor_storage::Tx;

use crate::{error::RecordsError, frame::Frame, ids::Ids, input::Input, read};

/// Query parameters as they were sent, decoded, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub Vec<(String, String)>);

/// A record as it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// Its revision, for `ETag`.
    pub revision: i64,
    /// The record as JSON.
    pub body: String,
}

/// An idempotency key with a fingerprint (hash) of the request it stands for: method, path and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key as it was sent.
    pub key: String,
    /// Hash of the request.
    pub fingerprint: String,
}

/// A person's view of the business data inside one transaction. Everything that reads or writes records goes through it.
///
/// `entity` is a name as in the API (`order`, `trade.order`), `id` a record's id as it was sent; what is unknown, malformed
/// or not for this person is [`RecordsError::NotFound`].
pub struct Session<'t> {
    pub(crate) frame: Arc<Frame>,
    pub(crate) tx: &'t mut Tx,
    pub(crate) ids: Ids,
}

impl<'t> Session<'t> {
    /// The rights that hold in it.
    pub fn rights(&self) -> &Arc<kontor_access::Rights> {
        &self.frame.rights
    }

    pub(crate) fn new(frame: Frame, tx: &'t mut Tx, seed: u64) -> Self {
        let ids = Ids::new(frame.now, seed);
        Self { frame: Arc::new(frame), tx, ids }
    }

    /// A page of records: parameters `fields`, `sort`, `filter`, `expand`, `limit`, `cursor`, `count`, `archived`. Answers JSON.
    pub fn list(&mut self, entity: &str, params: &Params) -> Result<String, RecordsError> {
        read::list::list(&self.frame, self.tx, entity, params)
    }
    /// One record with its lines: parameters `fields`, `expand`.
    pub fn get(&mut self, entity: &str, id: &str, params: &Params) -> Result<Shown, RecordsError> {
        read::get::get(&self.frame, self.tx, entity, id, params)
    }
    /// Groups and measures: parameters `group`, `measures`, `filter`, `archived`, `limit`. Answers JSON.
    pub fn aggregate(&mut self, entity: &str, params: &Params) -> Result<String, RecordsError> {
        read::aggregate::aggregate(&self.frame, self.tx, entity, params)
    }
    /// A record's changes, newest first, cut to what the person may read today. Answers JSON.
    pub fn history(&mut self, entity: &str, id: &str, params: &Params) -> Result<String, RecordsError> {
        read::history::history(&self.frame, self.tx, entity, id, params)
    }
    /// Makes a record with its lines.
    pub fn create(&mut self, _entity: &str, _input: &Input) -> Result<Shown, RecordsError> {
        unimplemented!()
    }
    /// Makes several records that do not depend on each other, for imports: a record that is refused is left out, the
    /// others are written. Answers one verdict per input: the new record's id or everything that is wrong.
    pub fn create_each(
        &mut self,
        _entity: &str,
        _inputs: &[Input],
    ) -> Result<Vec<Result<String, crate::Findings>>, RecordsError> {
        unimplemented!()
    }
    /// Changes a record by a merge patch; `if_match` is the revision the caller knows.
    pub fn update(&mut self, _entity: &str, _id: &str, _patch: &Input, _if_match: Option<i64>) -> Result<Shown, RecordsError> {
        unimplemented!()
    }
    /// Archives a record.
    pub fn archive(&mut self, _entity: &str, _id: &str, _if_match: Option<i64>) -> Result<(), RecordsError> {
        unimplemented!()
    }
    /// Brings a record back from the archive.
    pub fn unarchive(&mut self, _entity: &str, _id: &str, _if_match: Option<i64>) -> Result<Shown, RecordsError> {
        unimplemented!()
    }
    /// `{"create": […], "update": […], "delete": […]}`, all or nothing. Answers JSON.
    pub fn batch(&mut self, _entity: &str, _input: &Input) -> Result<String, RecordsError> {
        unimplemented!()
    }
    /// Runs a transition of the record's state machine.
    pub fn run_action(
        &mut self,
        _entity: &str,
        _id: &str,
        _action: &str,
        _input: &Input,
        _if_match: Option<i64>,
    ) -> Result<Shown, RecordsError> {
        unimplemented!()
    }
    /// Dry run of a write: `{"record": {…}}` (with `id` for an existing record) to the record with defaults and derived values, and
    /// everything that is wrong with it. Writes nothing. Answers JSON.
    pub fn evaluate(&mut self, _entity: &str, _input: &Input) -> Result<String, RecordsError> {
        unimplemented!()
    }
    /// Runs a write at most once per key: the first answer is stored in the same transaction and given again.
    pub fn once(
        &mut self,
        _key: Option<&IdempotencyKey>,
        _job: impl FnOnce(&mut Self) -> Result<String, RecordsError>,
    ) -> Result<String, RecordsError> {
        unimplemented!()
    }
}
