//! A release in phases: tables are filled beside those in use while writers go on, and only the last step keeps them waiting.
//!
//! *Begin* notes it; *expand* makes tables and columns that nobody uses; *announce* makes every writer mark what it writes
//! (`Marking` in the `state` row); then every row is *filled* chunk by chunk, indexes are *built* beside, and what was marked is
//! filled again until little is left. *Live* is one short transaction that closes the gate for writers, fills the rest and sets
//! the revision; *finish* drops what is no longer used and fills words. Before *live* nothing that the revision before
//! reads is touched, so giving up means forgetting: see `recover.rs`.
//!
//! Long because all steps share what is known of the publish.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use kontor_definitions::{EntityId, Field, FieldId, RecordId, Severity};
use kontor_storage::{
    Lease, Marking, Physical, Plan, PlanStep, Queue, StorageError, Tx,
    schema::{AT_ONCE, PlanAction},
    system::{
        publishing::{self, Mark, Phase, Publish},
        state,
    },
};
use uuid::Uuid;

use crate::{
    aspects::{self, Pending},
    backfill::{BackfillWork, Since, Stage, Totals},
    derived::{self, Work},
    error::AppError,
    losses::Data,
    moment::{self, Moment},
    outline, recover,
    release::{self, Prepared, patiently},
    required, search,
    snapshot::Snapshot,
    tenant::Tenant,
};

/// Marked rows that may be left for the transaction in which the revision goes live.
const LEFT: usize = 100;
/// Rows that are filled in that transaction at most, with what builds on them.
const MOST: usize = 4 * LEFT;
/// The pause where every row that is left is locked by somebody.
const PAUSE: Duration = Duration::from_millis(20);

/// What is done, known from the beginning.
struct Intent {
    prepared: Arc<Prepared>,
    token: Uuid,
    plan: Plan,
    work: Vec<Work>,
    /// Fields that keep their value but where the one they stand on is filled.
    carried: Vec<Work>,
    /// What is stored of fields besides their value, and made anew.
    aspects: Vec<Pending>,
    marking: Marking,
}

/// What is done once the new columns are there.
struct Course {
    intent: Intent,
    /// The tables as writers use them.
    base: Physical,
    /// The definitions to come, over the tables as they will be.
    next: Snapshot,
}

/// Marked rows, and what their roll-ups combined to when the marks were read.
struct Seen {
    marks: Vec<Mark>,
    totals: BTreeMap<EntityId, Totals>,
}

/// The tables just before the last step.
struct Before {
    seen: Seen,
    moment: Moment,
}

/// How it is known what roll-ups combine to.
enum Combined<'a> {
    /// It was read with the marks.
    At(&'a BTreeMap<EntityId, Totals>),
    /// It is told from what it was before and the rows that moved since.
    Since(&'a Before, &'a BTreeMap<EntityId, BTreeSet<RecordId>>),
}

/// Which values are filled: those converted or copied come first, so that computed ones find them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Values,
    Computed,
}

/// Makes prepared definitions live. Blocks for as long as it takes.
pub(crate) fn run(tenant: &Tenant, prepared: &Arc<Prepared>) -> Result<Arc<Snapshot>, AppError> {
    let mut lease = tenant.db().lease()?.ok_or(AppError::Publishing)?;
    let looked = Arc::clone(prepared);
    let intent = tenant.db().read_blocking(move |tx| Intent::new(tx, looked))?;
    let token = intent.token;
    intent.begin(tenant)?;
    match intent.until_live(tenant, &mut lease) {
        Ok(snapshot) => {
            let snapshot = tenant.swap(Arc::new(snapshot));
            prepared.reached(Stage::Live)?;
            // The revision is live; what is not finished now is by the next publish, or the next start.
            if let Err(error) = recover::finish(tenant, &mut lease, token, &snapshot) {
                tracing::warn!(%error, "a publish is live but not finished");
            }
            prepared.reached(Stage::Finished)?;
            Ok(snapshot)
        }
        Err(error) => {
            if let Err(left) = recover::give_up(tenant, &mut lease, token, &error) {
                tracing::warn!(error = %left, "what a publish left behind could not be cleared away yet");
            }
            Err(error)
        }
    }
}

impl Prepared {
    fn reached(&self, stage: Stage) -> Result<(), AppError> {
        tracing::info!(revision = self.candidate.on + 1, ?stage, "a publish goes on");
        self.backfill.reached(stage)
    }
}

impl Intent {
    fn new(tx: &mut Tx, prepared: Arc<Prepared>) -> Result<Self, AppError> {
        tx.be_patient()?;
        let (before, catalog, sources) = (&prepared.before, &prepared.catalog, &prepared.candidate.sources);
        let physical = tx.physical()?;
        let plan = outline::plan(&physical, &prepared.known, catalog, sources)?;
        let fills = required::fills(tx, &physical, &before.catalog, catalog)?;
        let work = derived::changed(before, catalog, &plan, &fills);
        let carried = derived::carried(catalog, &fills);
        let mut beside = derived::in_use(before, &work);
        beside.append(&mut derived::in_use(before, &carried));
        let planned = |beside: &BTreeSet<_>| outline::plan_beside(&physical, (&prepared.known, catalog), sources, beside);
        let aspects = aspects::pending(tx, &physical.settled(&planned(&beside)?)?, catalog, &work)?;
        beside.append(&mut aspects::in_use(&physical, &aspects));
        let mut plan = planned(&beside)?;
        outline::tell_days(tx, (before, &prepared.zone), &mut plan)?;
        release::refuse(tx, &prepared, &physical, &mut plan)?;
        let mut rows: BTreeSet<EntityId> = work.iter().map(|(entity, _)| *entity).collect();
        rows.extend(plan.steps.iter().filter(|step| is_retype(step)).map(|step| step.entity_id));
        rows.extend(aspects.iter().map(|aspect| aspect.entity));
        let links = derived::links(catalog, &work);
        // Roll-ups move by what changed in the rows they combine.
        rows.extend(links.iter().map(|link| link.from));
        let marking = Marking { rows, links };
        let token = prepared.act.luck().record().0;
        Ok(Self { prepared, token, plan, work, carried, aspects, marking })
    }

    fn begin(&self, tenant: &Tenant) -> Result<(), AppError> {
        let (prepared, token) = (Arc::clone(&self.prepared), self.token);
        let chunked: Vec<EntityId> = self.passes().into_iter().map(|(entity, _)| entity).collect();
        let total = tenant.db().read_blocking(move |tx| {
            tx.be_patient()?;
            let physical = tx.physical()?;
            let mut total = 0;
            for entity in &chunked {
                total += tx.count_rows(&physical, *entity)?;
            }
            Ok::<_, AppError>(total)
        })?;
        tenant.db().write_blocking(Queue::Interactive, move |tx| {
            release::demand_current(tx, &prepared.candidate)?;
            let (revision, act) = (prepared.candidate.on + 1, prepared.act);
            let (phase, done, problem) = (Phase::Filling, 0, None);
            let publish = Publish { token, revision, phase, begun_at: act.at, begun_by: act.by, done, total, problem };
            Ok(publishing::begin(tx, &publish)?)
        })
    }

    fn until_live(self, tenant: &Tenant, lease: &mut Lease) -> Result<Snapshot, AppError> {
        self.prepared.reached(Stage::Begun)?;
        let course = Arc::new(self.expand(tenant)?);
        course.intent.prepared.reached(Stage::Expanded)?;
        let announced = Arc::clone(&course);
        patiently(tenant, move |tx| {
            state::close(tx)?;
            announced.demand_own(tx, 0)?;
            Ok(state::set_marking(tx, Some(&announced.intent.marking))?)
        })?;
        course.intent.prepared.reached(Stage::Announced)?;
        let (early, late): (Vec<&PlanStep>, Vec<&PlanStep>) =
            course.intent.plan.steps.iter().partition(|step| course.intent.is_filled_by_nobody(step));
        for step in early {
            lease.build(&course.next.physical, step)?;
        }
        for (entity, pass) in course.intent.passes() {
            course.fill(tenant, entity, pass)?;
        }
        course.intent.prepared.reached(Stage::Filled)?;
        for step in late {
            lease.build(&course.next.physical, step).map_err(|error| course.refused(error))?;
        }
        course.intent.prepared.reached(Stage::Indexed)?;
        loop {
            course.drain(tenant)?;
            if let Some(snapshot) = course.go_live(tenant)? {
                return Ok(snapshot);
            }
            tracing::info!("a publish found too much left to be filled in its last step and goes on");
        }
    }

    /// Makes the new tables and columns, one table at a time so that few locks are held at once.
    fn expand(self, tenant: &Tenant) -> Result<Course, AppError> {
        let plan = Arc::new(self.plan.clone());
        let makes = |step: &&PlanStep| matches!(step.action, PlanAction::AddColumn { .. }) || is_retype(step);
        let entities: BTreeSet<EntityId> = plan.steps.iter().filter(makes).map(|step| step.entity_id).collect();
        if plan.steps.iter().any(|step| matches!(step.action, PlanAction::CreateTable { .. })) {
            let plan = Arc::clone(&plan);
            patiently(tenant, move |tx| Ok(tx.make_tables(&plan)?))?;
        }
        for entity in entities {
            let plan = Arc::clone(&plan);
            patiently(tenant, move |tx| Ok(tx.make_columns(&plan, entity)?))?;
        }
        let base = tenant.db().read_blocking(Tx::physical)?;
        let next = Snapshot {
            revision: self.prepared.candidate.on + 1,
            catalog: Arc::clone(&self.prepared.catalog),
            physical: Arc::new(base.settled(&self.plan)?),
            sources: Arc::clone(&self.prepared.candidate.sources),
            fingerprint: Arc::clone(&self.prepared.fingerprint),
        };
        Ok(Course { intent: self, base, next })
    }

    /// The tables to go through, in order.
    fn passes(&self) -> Vec<(EntityId, Pass)> {
        let mut values: BTreeSet<EntityId> =
            self.plan.steps.iter().filter(|step| self.fills_values(step)).map(|step| step.entity_id).collect();
        values.extend(self.aspects.iter().map(|aspect| aspect.entity));
        let values = values.into_iter().map(|entity| (entity, Pass::Values));
        values.chain(self.work.iter().map(|(entity, _)| (*entity, Pass::Computed))).collect()
    }

    /// The fields of an entity that are filled or computed.
    fn computed(&self, entity: EntityId) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = Vec::new();
        for field in self.work.iter().filter(|(of, _)| *of == entity).flat_map(|(_, fields)| fields) {
            if !fields.contains(field) {
                fields.push(*field);
            }
        }
        fields
    }

    /// Whether a step builds an index over columns that this publish does not fill: roll-ups over a new reference find their
    /// records by it.
    fn is_filled_by_nobody(&self, step: &PlanStep) -> bool {
        let PlanAction::CreateIndex { index } = &step.action else { return false };
        let is_filled = |field: &FieldId| {
            let computed = self.work.iter().any(|(entity, fields)| *entity == step.entity_id && fields.contains(field));
            let made = self.aspects.iter().any(|made| made.entity == step.entity_id && made.of.aspect(made.what) == *field);
            let moved =
                |other: &PlanStep| matches!(&other.action, PlanAction::RetypeColumn { column, .. } if column.id == *field);
            computed || made || self.plan.steps.iter().any(moved)
        };
        !index.unique && !index.fields.iter().any(is_filled)
    }

    /// Whether a step converts or copies what was entered.
    fn fills_values(&self, step: &PlanStep) -> bool {
        let PlanAction::RetypeColumn { column, .. } = &step.action else { return false };
        let entity = self.prepared.catalog.entity(step.entity_id);
        let is_input = entity.and_then(|entity| entity.field(column.id)).is_some_and(Field::is_input);
        is_input || self.carried.iter().any(|(entity, fields)| *entity == step.entity_id && fields.contains(&column.id))
    }
}

impl Course {
    /// Goes through a table in chunks, each a transaction of its own with writers between, up to the last row of when it
    /// begins: later ones are marked.
    fn fill(self: &Arc<Self>, tenant: &Tenant, entity: EntityId, pass: Pass) -> Result<(), AppError> {
        let course = Arc::clone(self);
        let Some(last) = tenant.db().read_blocking(move |tx| tx.last_id(&course.base, entity))? else { return Ok(()) };
        let mut after = None;
        loop {
            let course = Arc::clone(self);
            let (ids, totals) = tenant.db().read_blocking(move |tx| {
                tx.be_patient()?;
                let ids = tx.ids_within(&course.base, entity, (after, Some(last)), AT_ONCE)?;
                let totals = if pass == Pass::Computed { course.totals(tx, entity, &ids)? } else { Totals::new() };
                Ok::<_, AppError>((ids, totals))
            })?;
            after = ids.last().copied();
            let course = Arc::clone(self);
            let page = move |tx: &mut Tx| {
                course.demand_own(tx, ids.len())?;
                let claim = tx.claim(&course.base, entity, &ids)?;
                for id in &claim.busy {
                    tx.mark((entity, *id), true)?;
                }
                course.treat(tx, entity, pass, (&claim.held, &totals)).map(drop)
            };
            tenant.db().write_blocking(Queue::Interactive, page)?;
            if after.is_none() || after == Some(last) {
                return Ok(());
            }
        }
    }

    /// Fills again what was marked, until little is left.
    fn drain(self: &Arc<Self>, tenant: &Tenant) -> Result<(), AppError> {
        loop {
            let course = Arc::clone(self);
            let seen = tenant.db().read_blocking(move |tx| course.seen(tx))?;
            let course = Arc::clone(self);
            let (taken, busy) = tenant.db().write_blocking(Queue::Interactive, move |tx| {
                course.demand_own(tx, 0)?;
                course.again(tx, &seen.marks, &Combined::At(&seen.totals))
            })?;
            if taken <= LEFT {
                return Ok(());
            }
            if busy == taken {
                std::thread::sleep(PAUSE);
            }
        }
    }

    /// The last step, with a picture of the tables from just before it. Nothing where too much is left for it.
    fn go_live(self: &Arc<Self>, tenant: &Tenant) -> Result<Option<Snapshot>, AppError> {
        let (looks, reads, last) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        let look = move |tx: &mut Tx| match publishing::all_marks(tx, MOST)? {
            Some(marks) => looks.seen_of(tx, marks).map(Some),
            None => Ok(None),
        };
        let stored = move |tx: &mut Tx, entity, ids: &[RecordId]| {
            reads.intent.prepared.backfill.stored(tx, &reads.work(entity, &[], None), ids)
        };
        moment::keep(tenant.db(), look, stored, |seen, moment| match seen {
            Some(seen) => {
                let before = Before { seen, moment };
                patiently(tenant, move |tx| last.live(tx, &before))
            }
            None => Ok(None),
        })
    }

    /// Nobody writes, what is left is filled, and the revision is live. Nothing where too much was left.
    fn live(&self, tx: &mut Tx, before: &Before) -> Result<Option<Snapshot>, AppError> {
        let (prepared, token) = (&self.intent.prepared, self.intent.token);
        if state::close(tx)?.revision != prepared.candidate.on {
            return Err(AppError::ChangedMeanwhile);
        }
        self.demand_own(tx, 0)?;
        let (mut treated, mut moved) = (0, BTreeMap::new());
        loop {
            let Some(marks) = publishing::all_marks(tx, MOST)? else { return Ok(None) };
            treated += publishing::marked_rows(&marks);
            if marks.is_empty() {
                break;
            }
            if treated > MOST {
                // What was filled so far stays filled.
                return Ok(None);
            }
            for mark in &marks {
                moved.entry(mark.entity).or_insert_with(BTreeSet::new).insert(mark.record);
            }
            self.again(tx, &marks, &Combined::Since(before, &moved))?;
        }
        let physical = tx.settle(&self.intent.plan).map_err(|error| self.refused(error))?;
        state::set_marking(tx, None)?;
        for step in self.intent.plan.steps.iter().filter(|step| is_retype(step)) {
            if let PlanAction::RetypeColumn { column, .. } = &step.action
                && column.id.aspect_of().is_none()
            {
                search::unnote(tx, step.entity_id, column.id)?;
            }
        }
        aspects::note(tx, &physical, &prepared.catalog)?;
        release::store(tx, prepared, self.next.revision)?;
        publishing::advance(tx, token, Phase::Finishing, None)?;
        Ok(Some(Snapshot { physical: Arc::new(physical), ..self.next.clone() }))
    }

    /// A chunk of marked rows, and what their roll-ups combine to at the same moment: nobody waits while that is added up.
    /// What changes afterwards is marked again.
    fn seen(&self, tx: &mut Tx) -> Result<Seen, AppError> {
        let marks = publishing::marks(tx, AT_ONCE)?;
        self.seen_of(tx, marks)
    }

    fn seen_of(&self, tx: &mut Tx, marks: Vec<Mark>) -> Result<Seen, AppError> {
        tx.be_patient()?;
        let mut rows: BTreeMap<EntityId, BTreeSet<RecordId>> = BTreeMap::new();
        for mark in &marks {
            rows.entry(mark.entity).or_default().insert(mark.record);
        }
        let mut totals = BTreeMap::new();
        for (entity, rows) in rows {
            totals.insert(entity, self.totals(tx, entity, &rows.into_iter().collect::<Vec<_>>())?);
        }
        Ok(Seen { marks, totals })
    }

    /// Fills a chunk of marked rows again; answers how many there were, and how many of them are locked by somebody.
    fn again(&self, tx: &mut Tx, marks: &[Mark], combined: &Combined<'_>) -> Result<(usize, usize), AppError> {
        publishing::forget(tx, marks)?;
        let mut busy = 0;
        // What others build on comes first.
        let (computed, values): (Vec<_>, Vec<_>) =
            self.intent.passes().into_iter().partition(|(_, pass)| *pass == Pass::Computed);
        let entities = computed.into_iter().chain(values).map(|(entity, _)| entity);
        let mut done = BTreeSet::new();
        for entity in entities.filter(|entity| done.insert(*entity)) {
            let of = |written: Option<bool>| -> BTreeSet<RecordId> {
                let asked = |mark: &&Mark| mark.entity == entity && written.is_none_or(|written| mark.written == written);
                marks.iter().filter(asked).map(|mark| mark.record).collect()
            };
            let (all, written) = (of(None), of(Some(true)));
            let claim = tx.claim(&self.base, entity, &all.into_iter().collect::<Vec<_>>())?;
            busy += claim.busy.len();
            for id in &claim.busy {
                tx.mark((entity, *id), written.contains(id))?;
            }
            let held_written: Vec<RecordId> = claim.held.iter().copied().filter(|id| written.contains(id)).collect();
            let mut changed = self.treat(tx, entity, Pass::Values, (&held_written, &Totals::new()))?;
            let totals = self.combined(tx, entity, &claim.held, combined)?;
            changed.append(&mut self.treat(tx, entity, Pass::Computed, (&claim.held, &totals))?);
            for link in self.intent.marking.links.iter().filter(|link| link.from == entity) {
                tx.mark_above(&self.next.physical, link, &changed)?;
            }
        }
        Ok((publishing::marked_rows(marks), busy))
    }

    /// Fills some rows, which are locked; answers those whose values changed. Roll-ups that were not combined beforehand are here.
    fn treat(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        pass: Pass,
        (ids, totals): (&[RecordId], &Totals),
    ) -> Result<Vec<RecordId>, AppError> {
        let changed = match pass {
            Pass::Values => self.convert(tx, entity, ids)?,
            Pass::Computed => self.compute(tx, entity, (ids, totals))?,
        };
        aspects::fill_rows(tx, &self.next.physical, (entity, &self.intent.aspects), ids)?;
        Ok(changed)
    }

    fn convert(&self, tx: &mut Tx, entity: EntityId, ids: &[RecordId]) -> Result<Vec<RecordId>, AppError> {
        let mut changed = Vec::new();
        for step in self.intent.plan.steps.iter().filter(|step| step.entity_id == entity && self.intent.fills_values(step)) {
            if matches!(step.action, PlanAction::RetypeColumn { conversion: None, .. }) {
                tx.copy(&self.base, step, ids)?;
                changed.extend_from_slice(ids);
                continue;
            }
            let converted = tx.convert(&self.base, step, ids)?;
            if converted.losses.rows > 0 && !self.intent.prepared.candidate.accept_loss {
                let mut step = step.clone();
                step.data_lost = converted.losses.rows;
                return Err(AppError::Findings(vec![self.data().loss(&step, &converted.losses, Severity::Error)]));
            }
            changed.extend(converted.changed);
        }
        Ok(changed)
    }

    fn compute(&self, tx: &mut Tx, entity: EntityId, (ids, totals): (&[RecordId], &Totals)) -> Result<Vec<RecordId>, AppError> {
        let fields = self.intent.computed(entity);
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        self.intent.prepared.backfill.rows(tx, &self.work(entity, &fields, Some(totals)), ids)
    }

    /// What the roll-ups of some rows combine to now.
    fn totals(&self, tx: &mut Tx, entity: EntityId, ids: &[RecordId]) -> Result<Totals, AppError> {
        let fields = self.intent.computed(entity);
        if fields.is_empty() || ids.is_empty() {
            return Ok(Totals::new());
        }
        self.intent.prepared.backfill.totals(tx, &self.work(entity, &fields, None), ids)
    }

    /// What the roll-ups of some rows, which are locked, combine to; a row without an answer is combined where it is filled.
    fn combined(&self, tx: &mut Tx, entity: EntityId, ids: &[RecordId], combined: &Combined<'_>) -> Result<Totals, AppError> {
        let fields = self.intent.computed(entity);
        match combined {
            Combined::At(totals) => Ok(totals.get(&entity).cloned().unwrap_or_default()),
            Combined::Since(..) if fields.is_empty() || ids.is_empty() => Ok(Totals::new()),
            Combined::Since(before, moved) => {
                let was = |entity, ids: &[RecordId]| before.moment.was(entity, ids);
                let since = Since { totals: &before.seen.totals, was: &was, moved };
                self.intent.prepared.backfill.totals_since(tx, &self.work(entity, &fields, None), ids, &since)
            }
        }
    }

    fn work<'a>(&'a self, entity: EntityId, fields: &'a [FieldId], totals: Option<&'a Totals>) -> BackfillWork<'a> {
        BackfillWork { snapshot: &self.next, entity, fields, act: self.intent.prepared.act, words: false, totals }
    }

    /// Nobody else has taken the publish over, or given it up for us.
    fn demand_own(&self, tx: &mut Tx, rows: usize) -> Result<(), AppError> {
        if publishing::count(tx, self.intent.token, rows)? { Ok(()) } else { Err(AppError::ChangedMeanwhile) }
    }

    fn refused(&self, error: StorageError) -> AppError {
        let prepared = &self.intent.prepared;
        outline::refused(error, &self.intent.plan, &prepared.catalog, &prepared.candidate.sources)
    }

    fn data(&self) -> Data<'_> {
        let prepared = &self.intent.prepared;
        Data { physical: &self.base, catalog: &prepared.catalog, sources: &prepared.candidate.sources }
    }
}

/// Whether a step gives a field another column.
fn is_retype(step: &PlanStep) -> bool {
    matches!(step.action, PlanAction::RetypeColumn { .. })
}
