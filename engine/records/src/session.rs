//! A session: one person's view of the business data inside one transaction, under one revision of the definitions.
use std::sync::Arc;

use kontor_definitions::RecordId;
use kontor_storage::{Tx, system::access_log::Access};

use crate::{
    coerce::parse_id,
    error::RecordsError,
    finding::FieldError,
    frame::Frame,
    ids::Ids,
    read,
    write::{cascade::Touched, duplicates::Duplicates},
};

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
/// or not for this person is [`RecordsError::NotFound`]. Writes are in `write/`.
pub struct Session<'t> {
    pub(crate) frame: Arc<Frame>,
    pub(crate) tx: &'t mut Tx,
    pub(crate) ids: Ids,
    /// Records whose roll-ups build on what was written so far.
    pub(crate) touched: Touched,
    /// What the person should know about records that were computed because of what was written.
    pub(crate) warnings: Vec<FieldError>,
    /// From where the person asks; empty for the command line.
    pub(crate) address: String,
    /// What is noted for the access log so far.
    pub(crate) accesses: Vec<Access>,
    /// What its writes do about records that are the same thing as others.
    pub(crate) duplicates: Duplicates,
}

impl<'t> Session<'t> {
    /// The rights that hold in it.
    pub fn rights(&self) -> &Arc<kontor_access::Rights> {
        &self.frame.rights
    }

    /// How often rights had changed in the tenant when it began.
    pub fn rights_version(&self) -> i64 {
        self.frame.rights_version
    }

    pub(crate) fn new(frame: Frame, tx: &'t mut Tx, seed: u64) -> Self {
        let ids = Ids::new(frame.now, seed);
        Self {
            frame: Arc::new(frame),
            tx,
            ids,
            touched: Touched::new(),
            warnings: Vec::new(),
            address: String::new(),
            accesses: Vec::new(),
            duplicates: Duplicates::default(),
        }
    }

    /// The person was asked about records of the same thing and wants what is written all the same: rules about duplicates
    /// that warn keep silent, those that refuse still refuse.
    pub fn accept_duplicates(&mut self) {
        self.duplicates = Duplicates::Accepted;
    }

    /// A page of records: parameters `fields`, `sort`, `filter`, `expand`, `limit`, `cursor`, `count`, `archived`, `q`. Answers JSON.
    pub fn list(&mut self, entity: &str, params: &Params) -> Result<String, RecordsError> {
        read::list::list(&self.frame, self.tx, entity, params)
    }
    /// Records of all entities in which words are found: parameters `q`, `entities`, `limit`. Answers JSON.
    pub fn search(&mut self, params: &Params) -> Result<String, RecordsError> {
        read::search::search(&self.frame, self.tx, params)
    }
    /// One record with its lines: parameters `fields`, `expand`, `explain` (with the rates and units of its conversions),
    /// `translations` (with the texts of translatable fields in all languages).
    pub fn get(&mut self, entity: &str, id: &str, params: &Params) -> Result<Shown, RecordsError> {
        let (shown, opened) = read::get::get(&self.frame, self.tx, entity, id, params)?;
        if let (Some(entity), Some(id)) = (opened, parse_id(&shown.id)) {
            self.note_opened(entity, RecordId(id));
        }
        Ok(shown)
    }
    /// Groups and measures: parameters `group`, `measures`, `filter`, `having`, `sort`, `archived`, `limit`; moments fall on
    /// days of the default company's zone, or, where it has none, of `zone`, a name of the IANA database. Answers JSON.
    pub fn aggregate(&mut self, entity: &str, params: &Params, zone: &str) -> Result<String, RecordsError> {
        let own = self.frame.companies.default().and_then(|company| company.zone.clone());
        let zone = own.as_deref().unwrap_or(zone);
        read::aggregate::aggregate(&self.frame, self.tx, entity, params, zone)
    }
    /// A record's changes, newest first, cut to what the person may read today. Answers JSON.
    pub fn history(&mut self, entity: &str, id: &str, params: &Params) -> Result<String, RecordsError> {
        let (answer, opened) = read::history::history(&self.frame, self.tx, entity, id, params)?;
        if let Some((entity, record)) = opened {
            self.note_opened(entity, record);
        }
        Ok(answer)
    }
    /// That a revision of a record is sealed: its hash, the way to the root, the seal. A hash lets one guess at what it was made
    /// of, so only administrators may have it. Answers JSON.
    pub fn proof(&mut self, entity: &str, id: &str, revision: i64) -> Result<String, RecordsError> {
        if !self.frame.rights.is_administrator() {
            return Err(RecordsError::NotFound);
        }
        read::proof::proof(&self.frame, self.tx, (entity, id), revision)
    }
}
