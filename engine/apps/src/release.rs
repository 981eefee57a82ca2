//! The one way in which definitions go live: check, plan, apply, fill derived fields, store the revision; then the snapshot
//! is swapped. Publish, restore, install and the making of a tenant all come here.
//!
//! Where little is to be filled all of it is one short transaction; otherwise it is done in phases, see `phases.rs`.
use std::{collections::BTreeSet, sync::Arc, time::Duration};

use kontor_definitions::{Catalog, Diagnostic, EntityId, FieldId, Severity};
use kontor_storage::{
    Physical, Plan, Queue, StorageError, Tx,
    schema::{AT_ONCE, PlanAction},
    system::{
        document, draft,
        event::{self, Event, Kind},
        package, publishing,
        retired_id::{self, RetiredId},
        revision::{self, Revision},
        state,
    },
};
use time::OffsetDateTime;

use crate::{
    access,
    act::Act,
    aspects,
    backfill::{Backfill, BackfillWork},
    compile::{Meanings, compile, meanings},
    derived,
    draft::{self as drafts, Draft},
    error::AppError,
    losses::Data,
    outline::{self, Outline},
    phases,
    remembered::with_remembered,
    required::{self, Defaults, with_defaults},
    search,
    snapshot::Snapshot,
    sources::{DocumentKey, Sources},
    tenant::Tenant,
};

/// Definitions that shall go live.
#[derive(Clone)]
pub(crate) struct Candidate {
    /// All documents of all apps.
    pub(crate) sources: Arc<Sources>,
    /// The live revision they were made on; another one meanwhile refuses them.
    pub(crate) on: i64,
    /// They are the draft as of this version.
    pub(crate) draft: Option<i64>,
    /// What the person says about it.
    pub(crate) message: String,
    /// The revision they bring back.
    pub(crate) restored_from: Option<i64>,
    /// The app that was installed with them: name, version.
    pub(crate) installed: Option<(String, String)>,
    /// Values that a new type cannot keep may go from the records.
    pub(crate) accept_loss: bool,
}

/// What a person says when publishing or restoring.
#[derive(Clone, Copy, Debug, Default)]
pub struct Publishing<'a> {
    /// A message for the colleagues.
    pub message: &'a str,
    /// Values that a new type cannot keep may go from the records; the retired columns keep them.
    pub accept_loss: bool,
    /// Defaults for fields that become required while records have no value in them.
    pub defaults: Option<&'a Defaults>,
}

impl<'a> From<&'a str> for Publishing<'a> {
    fn from(message: &'a str) -> Self {
        Self { message, ..Self::default() }
    }
}

impl Candidate {
    /// The first revision of a tenant.
    pub(crate) fn first(base: Sources) -> Self {
        Self {
            sources: Arc::new(base),
            on: 0,
            draft: None,
            message: String::new(),
            restored_from: None,
            installed: Some(("base".to_owned(), env!("CARGO_PKG_VERSION").to_owned())),
            accept_loss: false,
        }
    }
}

/// What is prepared before the first transaction.
pub(crate) struct Prepared {
    pub(crate) candidate: Candidate,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) fingerprint: Arc<str>,
    pub(crate) before: Arc<Snapshot>,
    /// The live definitions with what comes back of former ones.
    pub(crate) known: Arc<Catalog>,
    pub(crate) act: Act,
    pub(crate) backfill: Arc<dyn Backfill>,
    /// Where no company has a zone of its own.
    pub(crate) zone: Arc<str>,
}

/// How often a step is tried that did not get a lock in time.
const ATTEMPTS: u32 = 30;
/// The pause before the first repetition; it grows with each, up to ten times.
const PAUSE: Duration = Duration::from_millis(50);

/// Checks the documents and makes them live. Blocks; not for an async worker.
pub(crate) fn release(
    tenant: &Tenant,
    candidate: Candidate,
    act: Act,
    backfill: &Arc<dyn Backfill>,
) -> Result<Arc<Snapshot>, AppError> {
    tenant.recover()?;
    let retired = tenant.db().read_blocking(drafts::retired)?;
    let before = current(tenant, candidate.on)?;
    let compiled = compile(Arc::clone(&candidate.sources), &retired);
    let Some(catalog) = compiled.catalog else { return Err(AppError::Findings(compiled.findings)) };
    let fingerprint = candidate.sources.fingerprint();
    tenant.catalogs().keep(&fingerprint, &catalog);
    if catalog.entities.values().any(|entity| entity.fields.iter().any(|field| field.sensitive)) {
        tenant.db().claim_key_file()?;
    }
    let (fingerprint, backfill) = (Arc::from(fingerprint), Arc::clone(backfill));
    let known = with_remembered(tenant, &before, &catalog)?;
    let zone = Arc::clone(tenant.zone());
    let prepared = Arc::new(Prepared { candidate, catalog, fingerprint, before, known, act, backfill, zone });
    let looked = Arc::clone(&prepared);
    if tenant.db().read_blocking(move |tx| is_small(tx, &looked))? {
        let snapshot = patiently(tenant, move |tx| apply(tx, &prepared))?;
        return Ok(tenant.swap(Arc::new(snapshot)));
    }
    phases::run(tenant, &prepared)
}

/// Whether so little is to be filled and indexed that others can wait for it.
fn is_small(tx: &mut Tx, prepared: &Prepared) -> Result<bool, AppError> {
    tx.be_patient()?;
    let physical = tx.physical()?;
    let plan = outline::plan(&physical, &prepared.known, &prepared.catalog, &prepared.candidate.sources)?;
    let mut touched: BTreeSet<EntityId> = BTreeSet::new();
    let fills = required::fills(tx, &physical, &prepared.before.catalog, &prepared.catalog)?;
    let work = derived::changed(&prepared.before, &prepared.catalog, &plan, &fills);
    let aspects = aspects::pending(tx, &physical.settled(&plan)?, &prepared.catalog, &work)?;
    touched.extend(aspects.into_iter().map(|aspect| aspect.entity));
    // A few records may combine a million others.
    touched.extend(derived::links(&prepared.catalog, &work).into_iter().map(|link| link.from));
    touched.extend(work.into_iter().map(|(entity, _)| entity));
    for step in &plan.steps {
        if matches!(step.action, PlanAction::RetypeColumn { .. } | PlanAction::CreateIndex { .. }) {
            touched.insert(step.entity_id);
        }
    }
    let after = Snapshot { catalog: Arc::clone(&prepared.catalog), ..Snapshot::clone(&prepared.before) };
    let (missing, gone) = search::missing(tx, &after)?;
    touched.extend(missing.into_iter().map(|(entity, _)| entity));
    touched.extend(gone.into_iter().filter_map(|gone| gone.entity.parse().ok().map(EntityId)));
    for entity in touched {
        if tx.has_more_than(&physical, entity, AT_ONCE)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs a step that makes writers wait behind it. Where it does not get its locks within half a second it lets them pass and is
/// tried again.
pub(crate) fn patiently<T: Send + 'static>(
    tenant: &Tenant,
    step: impl Fn(&mut Tx) -> Result<T, AppError> + Send + Sync + 'static,
) -> Result<T, AppError> {
    let step = Arc::new(step);
    for attempt in 1..ATTEMPTS {
        let again = Arc::clone(&step);
        match tenant.db().write_blocking(Queue::Interactive, move |tx| again(tx)) {
            Err(AppError::Storage(StorageError::LockTimeout)) => {
                tracing::info!(attempt, "a step of a publish lets writers pass");
                std::thread::sleep(PAUSE * attempt.min(10));
            }
            answer => return answer,
        }
    }
    tenant.db().write_blocking(Queue::Interactive, move |tx| step(tx))
}

/// The snapshot of the revision a candidate was made on, if it is still live.
pub(crate) fn current(tenant: &Tenant, on: i64) -> Result<Arc<Snapshot>, AppError> {
    let known = tenant.snapshot();
    let known = if known.revision == on { known } else { tenant.reload_blocking()? };
    if known.revision == on { Ok(known) } else { Err(AppError::ChangedMeanwhile) }
}

/// Whether a candidate is what it was made as: nothing went live since, nothing is about to, and the draft says the same.
pub(crate) fn demand_current(tx: &mut Tx, candidate: &Candidate) -> Result<(), AppError> {
    if publishing::read(tx)?.is_some_and(|publish| publish.is_open()) {
        return Err(AppError::Publishing);
    }
    if state::read(tx)?.revision != candidate.on {
        return Err(AppError::ChangedMeanwhile);
    }
    let head = draft::lock(tx)?;
    if candidate.draft.is_some_and(|version| version != head.version) {
        return Err(AppError::ChangedMeanwhile);
    }
    Ok(())
}

fn apply(tx: &mut Tx, prepared: &Prepared) -> Result<Snapshot, AppError> {
    let candidate = &prepared.candidate;
    state::close(tx)?;
    demand_current(tx, candidate)?;
    let physical = tx.physical()?;
    let mut plan = outline::plan(&physical, &prepared.known, &prepared.catalog, &candidate.sources)?;
    outline::tell_days(tx, (&prepared.before, &prepared.zone), &mut plan)?;
    refuse(tx, prepared, &physical, &mut plan)?;
    let applied = tx.apply(&plan);
    let physical = applied.map_err(|error| outline::refused(error, &plan, &prepared.catalog, &candidate.sources))?;
    let revision = candidate.on + 1;
    let snapshot = Snapshot {
        revision,
        catalog: Arc::clone(&prepared.catalog),
        physical: Arc::new(physical),
        sources: Arc::clone(&candidate.sources),
        fingerprint: Arc::clone(&prepared.fingerprint),
    };
    let fills = required::fills_of_small(tx, &snapshot.physical, &prepared.before.catalog, &snapshot.catalog)?;
    let work = derived::changed(&prepared.before, &snapshot.catalog, &plan, &fills);
    for (entity, fields) in &work {
        fill(tx, &snapshot, (*entity, fields), prepared)?;
    }
    aspects::bring_up_to_date(tx, &snapshot, &work)?;
    search::bring_up_to_date(tx, &snapshot, prepared.act)?;
    store(tx, prepared, revision)?;
    Ok(snapshot)
}

/// Findings of the data that keep a plan from being carried out.
pub(crate) fn refuse(tx: &mut Tx, prepared: &Prepared, physical: &Physical, plan: &mut Plan) -> Result<(), AppError> {
    let data = Data { physical, catalog: &prepared.catalog, sources: &prepared.candidate.sources };
    let mut findings = data.equal(tx, plan)?;
    if !prepared.candidate.accept_loss {
        findings.append(&mut data.losses(tx, plan, Severity::Error)?);
    }
    if findings.is_empty() { Ok(()) } else { Err(AppError::Findings(findings)) }
}

fn fill(tx: &mut Tx, snapshot: &Snapshot, (entity, fields): (EntityId, &[FieldId]), prepared: &Prepared) -> Result<(), AppError> {
    let work = BackfillWork { snapshot, entity, fields, act: prepared.act, words: true, totals: None };
    tx.each_chunk(&snapshot.physical, entity, |tx, ids| prepared.backfill.rows(tx, &work, ids).map(drop))
}

/// Stores the revision and everything that goes with it, and makes it the live one.
pub(crate) fn store(tx: &mut Tx, prepared: &Prepared, number: i64) -> Result<(), AppError> {
    let candidate = &prepared.candidate;
    let Act { by, at, .. } = prepared.act;
    let head = Revision {
        revision: number,
        made_at: at,
        made_by: by.0,
        message: candidate.message.clone(),
        restored_from: candidate.restored_from,
    };
    revision::add(tx, &head)?;
    for (key, text) in candidate.sources.iter() {
        let hash = document::put(tx, text)?;
        revision::add_document(tx, number, (&key.app, key.kind.name(), &key.name), &hash)?;
    }
    remember_ids(tx, &meanings(&prepared.before.sources), &meanings(&candidate.sources), number)?;
    if let Some((app, version)) = &candidate.installed {
        note_package(tx, &candidate.sources, (app, version), at)?;
    }
    if candidate.draft.is_some() {
        clear_draft(tx, &candidate.sources)?;
        draft::touch(tx, number)?;
    }
    state::set_revision(tx, number)?;
    state::bump_rights(tx)?;
    access::roles_published(tx, prepared.act, (&prepared.before.sources, &candidate.sources), number)?;
    event::append(tx, Event::of_tenant(Kind::Published, number), at)?;
    Ok(())
}

/// Takes out of the draft what is live now; what a colleague changed while it was being published stays.
fn clear_draft(tx: &mut Tx, live: &Sources) -> Result<(), AppError> {
    for change in draft::list(tx)? {
        let key = DocumentKey::of_names(&change.app, &change.kind, &change.name);
        if key.as_ref().and_then(|key| live.get(key)).map(AsRef::as_ref) == change.body.as_deref() {
            draft::remove(tx, &change.app, &change.kind, &change.name)?;
        }
    }
    Ok(())
}

fn remember_ids(tx: &mut Tx, before: &Meanings, after: &Meanings, number: i64) -> Result<(), AppError> {
    for ((app, id), what) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        let retired = RetiredId { app: app.clone(), id: id.to_string(), what: what.clone() };
        retired_id::put(tx, &retired, number)?;
    }
    Ok(())
}

fn note_package(tx: &mut Tx, sources: &Sources, (app, version): (&str, &str), at: OffsetDateTime) -> Result<(), AppError> {
    package::put(tx, app, version, at)?;
    for (key, text) in sources.of(app) {
        package::add_document(tx, app, key.kind.name(), &key.name, &document::hash(text))?;
    }
    Ok(())
}

impl Tenant {
    /// Reads the draft. Blocks, as all that follows.
    pub fn draft(&self) -> Result<Draft, AppError> {
        self.db().read_blocking(drafts::read)
    }

    /// Checks the draft: every finding at once.
    pub fn check_draft(&self) -> Result<Vec<Diagnostic>, AppError> {
        Ok(self.draft()?.check().findings)
    }

    /// What publishing the draft would do.
    pub fn plan_draft(&self) -> Result<Outline, AppError> {
        let draft = self.draft()?;
        draft.demand_current()?;
        self.outline(draft.revision, draft.check())
    }

    /// Publishes the draft; answers the new snapshot. Of two at once the second is refused.
    pub fn publish_draft<'a>(
        &self,
        publishing: impl Into<Publishing<'a>>,
        act: Act,
        backfill: &Arc<dyn Backfill>,
    ) -> Result<Arc<Snapshot>, AppError> {
        let Publishing { message, accept_loss, defaults } = publishing.into();
        let draft = self.draft()?;
        draft.demand_current()?;
        if draft.sources == draft.live {
            return Err(AppError::NothingToPublish);
        }
        let candidate = Candidate {
            sources: with_defaults(&draft.sources, defaults)?,
            on: draft.revision,
            draft: Some(draft.version),
            message: message.to_owned(),
            restored_from: None,
            installed: None,
            accept_loss,
        };
        release(self, candidate, act, backfill)
    }
}
