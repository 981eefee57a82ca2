//! Looking at the draft: what differs from the live revision, and single documents.
use std::{collections::BTreeMap, sync::Arc};

use kontor_definitions::DefId;
use kontor_storage::{
    Tx,
    system::{draft, retired_id, state},
};

use crate::{
    compile::{Compiled, Meanings, compile},
    error::AppError,
    sources::{DocumentKey, Sources},
    tenant::stored_sources,
};

/// The draft as a whole: the live documents, the changed ones over them.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The revision the changes were made on; the live one while nothing is changed.
    pub base_revision: i64,
    /// The live revision.
    pub revision: i64,
    /// Grows with every change.
    pub version: i64,
    /// The live documents.
    pub live: Arc<Sources>,
    /// The documents as they shall become.
    pub sources: Arc<Sources>,
    /// Every document of either, in order.
    pub entries: Vec<DraftEntry>,
    pub(crate) retired: Meanings,
}

/// A document in the list of the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftEntry {
    /// Which.
    pub key: DocumentKey,
    /// Stands for its text in `If-Match`.
    pub etag: String,
    /// How it differs from the live one.
    pub state: DraftState,
}

/// How a document of the draft differs from the live one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftState {
    /// Not at all.
    Unchanged,
    /// Another text.
    Changed,
    /// There is no live one.
    Added,
    /// It shall be removed.
    Removed,
}

impl DraftState {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// One document of the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftDocument {
    /// Which.
    pub key: DocumentKey,
    /// Its canonical text.
    pub text: Arc<str>,
    /// Stands for the text in `If-Match`.
    pub etag: String,
    /// How it differs from the live one.
    pub state: DraftState,
}

impl Draft {
    /// Whether anything differs from the live revision.
    pub fn is_changed(&self) -> bool {
        self.entries.iter().any(|entry| entry.state != DraftState::Unchanged)
    }

    /// Whether the live revision moved on under the changes.
    pub fn is_stale(&self) -> bool {
        self.is_changed() && self.base_revision != self.revision
    }

    /// Refuses a draft that was begun on a revision that is no longer live.
    pub fn demand_current(&self) -> Result<(), AppError> {
        if self.is_stale() {
            return Err(AppError::StaleBase { base: self.base_revision, live: self.revision });
        }
        Ok(())
    }

    /// Checks the whole draft; takes its time and needs no database.
    pub fn check(&self) -> Compiled {
        compile(Arc::clone(&self.sources), &self.retired)
    }
}

/// The whole draft.
pub fn read(tx: &mut Tx) -> Result<Draft, AppError> {
    let revision = state::read(tx)?.revision;
    let head = draft::head(tx)?;
    let live = stored_sources(tx, revision)?;
    let mut sources = live.clone();
    let mut entries: BTreeMap<DocumentKey, DraftEntry> = live
        .iter()
        .map(|(key, text)| {
            let entry = DraftEntry { key: key.clone(), etag: etag(text), state: DraftState::Unchanged };
            (key.clone(), entry)
        })
        .collect();
    for change in draft::list(tx)? {
        let key = DocumentKey::of_names(&change.app, &change.kind, &change.name)
            .ok_or_else(|| AppError::Bug(format!("the draft holds a document of the kind {}", change.kind)))?;
        let state = match (&change.body, live.get(&key)) {
            (None, _) => DraftState::Removed,
            (Some(_), None) => DraftState::Added,
            (Some(body), Some(text)) if **body == **text => DraftState::Unchanged,
            (Some(_), Some(_)) => DraftState::Changed,
        };
        match change.body {
            Some(body) => sources.insert(key.clone(), body.into()),
            None => sources.remove(&key),
        }
        entries.insert(key.clone(), DraftEntry { key, etag: change.etag, state });
    }
    let entries: Vec<DraftEntry> = entries.into_values().collect();
    let changed = entries.iter().any(|entry| entry.state != DraftState::Unchanged);
    Ok(Draft {
        base_revision: if changed { head.base_revision } else { revision },
        revision,
        version: head.version,
        live: Arc::new(live),
        sources: Arc::new(sources),
        entries,
        retired: retired(tx)?,
    })
}

/// The list of the draft: every document and how it differs.
pub fn list(tx: &mut Tx) -> Result<Draft, AppError> {
    read(tx)
}

/// One document of the draft; a removed one is not there.
pub fn get(tx: &mut Tx, key: &DocumentKey) -> Result<DraftDocument, AppError> {
    let draft = read(tx)?;
    let unknown = || AppError::UnknownDocument(key.to_string());
    let text = draft.sources.get(key).ok_or_else(unknown)?;
    let entry = draft.entries.iter().find(|entry| entry.key == *key).ok_or_else(unknown)?;
    Ok(DraftDocument { key: key.clone(), text: Arc::clone(text), etag: entry.etag.clone(), state: entry.state })
}

/// Ids that earlier revisions used and the live one does not, with what they named.
pub(crate) fn retired(tx: &mut Tx) -> Result<Meanings, AppError> {
    let mut retired = Meanings::new();
    for known in retired_id::list(tx)? {
        let id: DefId = known.id.parse().map_err(|bad| AppError::Bug(format!("a remembered id: {bad}")))?;
        retired.insert((known.app, id), known.what);
    }
    Ok(retired)
}

/// Stands for a text.
pub(crate) fn etag(text: &str) -> String {
    let mut hash = kontor_storage::system::document::hash(text);
    hash.truncate(16);
    hash
}
