//! `kontor verify`: what must hold over a tenant's stored data, looked at as a whole and told breach by breach.
//!
//! One file per group of invariants; the numbers `I5`, `I8`, … are those of the design's list. Nothing is changed, everything
//! is read in one consistent picture, and what is found is told without regard to rights: only the engine itself may ask.
mod aspects;
mod declared;
mod definitions;
mod files;
mod history;
mod rows;
mod seals;
mod search;
mod sensitive;
mod tables;
mod texts;
mod traces;

use std::{collections::BTreeMap, sync::Arc};

use kontor_definitions::{LocalText, RecordId};
use kontor_storage::system::seal::Head;

pub use seals::ACCESS_KEPT_AT_LEAST;

use crate::{error::RecordsError, finding::Text, session::Session};

/// Breaches of one invariant that are told one by one; the rest is counted.
const TOLD: u64 = 100;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I9: the database finds nothing wrong with itself.
    Database,
    /// I10: tables, columns and indexes are those that the definitions need.
    Tables,
    /// I9, I13: a reference leads to a record.
    References,
    /// I5: each record's history is one unbroken chain that ends at the record's revision.
    History,
    /// I5: what was sealed is as it was, and the seals are one unbroken chain.
    Seals,
    /// I8: numbers of documents were all given by their sequence, gapless ones without a gap.
    Numbers,
    /// I12: stored derived values are what their inputs give.
    Derived,
    /// Values are ones that the definitions allow.
    Values,
    /// I11: files are held by exactly the records whose fields name them.
    Files,
    /// I11: every file has its content, of the size and hash written down, and no content is without a file.
    Contents,
    /// The definitions are, byte for byte, those that were published.
    Definitions,
    /// The search index is what the live records give.
    Search,
    /// Encrypted values open in their place and are what their fingerprints say.
    Sensitive,
    /// Events tell of records and revisions that there are, once each.
    Events,
    /// What was purged has a tombstone with the end of its history, and nothing else has.
    Tombstones,
    /// Periodic work is leased and due within its time.
    Jobs,
    /// Stored sort keys and folded texts are what the fields give.
    Aspects,
    /// I3, I4: what apps declare in `invariants/`.
    Declared,
}

impl Invariant {
    /// Its stable name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Tables => "tables",
            Self::References => "references",
            Self::History => "history",
            Self::Seals => "seals",
            Self::Numbers => "numbers",
            Self::Derived => "derived",
            Self::Values => "values",
            Self::Files => "files",
            Self::Contents => "contents",
            Self::Definitions => "definitions",
            Self::Search => "search",
            Self::Sensitive => "sensitive",
            Self::Events => "events",
            Self::Tombstones => "tombstones",
            Self::Jobs => "jobs",
            Self::Aspects => "aspects",
            Self::Declared => "declared",
        }
    }
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What should hold.
    pub invariant: Invariant,
    /// Data is wrong. Otherwise it is only older than the definition: a field that became required and is still empty.
    pub is_error: bool,
    /// `app.entity`
    pub entity: Option<String>,
    /// The record.
    pub record: Option<RecordId>,
    /// The field's name.
    pub field: Option<String>,
    /// What is wrong, in both languages.
    pub message: LocalText,
}

/// What a look at a tenant found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records looked at, with their lines.
    pub records: u64,
    /// Revisions in the history of records.
    pub revisions: u64,
    /// The first breaches of each invariant.
    pub breaches: Vec<Breach>,
    /// How many there are in all, by invariant.
    pub counts: BTreeMap<Invariant, u64>,
    /// How many of them are errors.
    pub errors: u64,
}

impl Report {
    /// Whether no data is wrong.
    pub fn is_clean(&self) -> bool {
        self.errors == 0
    }

    /// Adds what was found by those who look at what the database does not keep.
    pub fn tell(&mut self, invariant: Invariant, is_error: bool, message: LocalText) {
        self.add(Breach { invariant, is_error, entity: None, record: None, field: None, message });
    }

    fn add(&mut self, breach: Breach) {
        let count = self.counts.entry(breach.invariant).or_default();
        *count += 1;
        self.errors += u64::from(breach.is_error);
        if *count <= TOLD {
            self.breaches.push(breach);
        }
    }
}

impl Breach {
    fn new(invariant: Invariant, message: Text<'_>) -> Self {
        Self { invariant, is_error: true, entity: None, record: None, field: None, message: message.into() }
    }

    fn of(mut self, entity: impl Into<String>) -> Self {
        self.entity = Some(entity.into());
        self
    }

    fn at(mut self, record: RecordId) -> Self {
        self.record = Some(record);
        self
    }

    fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    fn notice(mut self) -> Self {
        self.is_error = false;
        self
    }
}

impl Session<'_> {
    /// Looks at everything that is stored. Only for the engine itself: a report is not cut to anybody's rights.
    pub fn verify(&mut self) -> Result<Report, RecordsError> {
        self.verify_against(&[])
    }

    /// `verify`, and whether the chain of seals holds the heads that were kept elsewhere.
    pub fn verify_against(&mut self, heads: &[Head]) -> Result<Report, RecordsError> {
        if !Arc::ptr_eq(&self.frame.rights, &self.frame.definer) {
            return Err(RecordsError::NotFound);
        }
        let frame = Arc::clone(&self.frame);
        let mut report = Report::default();
        self.tx.be_patient()?;
        tables::look(&frame, self.tx, &mut report)?;
        definitions::look(self.tx, &mut report)?;
        // Rows of a table that lacks a column cannot be read; that is told already.
        if report.counts.contains_key(&Invariant::Tables) {
            return Ok(report);
        }
        sensitive::look(&frame, self.tx, &mut report)?;
        // Rows with a value that cannot be opened cannot be read either.
        if report.counts.contains_key(&Invariant::Sensitive) {
            return Ok(report);
        }
        let (seen, held) = rows::look(&frame, self.tx, &mut report)?;
        files::look(&frame, self.tx, &held, &mut report)?;
        history::look(&frame, self.tx, &seen, &mut report)?;
        seals::look(&frame, self.tx, heads, &mut report)?;
        search::look(&frame, self.tx, &mut report)?;
        traces::look(&frame, self.tx, &mut report)?;
        aspects::look(&frame, self.tx, &mut report)?;
        declared::look(&frame, self.tx, &mut report)?;
        Ok(report)
    }
}
