//! The ends of a release in phases: finished when it is live, given up before; also for one whose process died.
use kontor_definitions::{FieldId, LocalText, RecordId};
use kontor_storage::{
    Lease, Queue, Tx,
    schema::AT_ONCE,
    system::{
        publishing::{self, Phase},
        search::IndexedField,
        state,
    },
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use std::{sync::Arc, time::Duration};

use crate::{
    error::{AppError, text},
    release::patiently,
    search::{self, Missing},
    snapshot::Snapshot,
    tenant::Tenant,
};

/// Findings that are kept as the reason why a publish was given up.
const TOLD: usize = 5;
/// The pause where every row that is left is locked by somebody.
const PAUSE: Duration = Duration::from_millis(20);

impl Tenant {
    /// Ends what a publish left behind whose process died: one that is live is finished, any other given up. Refused while its
    /// process is alive. Blocks.
    pub fn recover(&self) -> Result<(), AppError> {
        let cleared = self.clear_away();
        match &cleared {
            Ok(()) => self.leftover.forget(),
            Err(AppError::Storage(_)) => self.leftover.remember(None),
            Err(_) => {}
        }
        cleared
    }

    /// Whether something is left to [`Self::recover`] from, and it is time to try.
    pub fn wants_recovery(&self) -> bool {
        self.leftover.is_due()
    }

    fn clear_away(&self) -> Result<(), AppError> {
        let open = |tx: &mut Tx| Ok::<_, AppError>(publishing::read(tx)?.filter(publishing::Publish::is_open));
        if self.db().read_blocking(open)?.is_none() {
            return Ok(());
        }
        let mut lease = self.db().lease()?.ok_or(AppError::Publishing)?;
        // It may have ended while the right to publish was not ours.
        let Some(publish) = self.db().read_blocking(open)? else { return Ok(()) };
        if publish.phase == Phase::Finishing {
            let snapshot = self.reload_blocking()?;
            return finish(self, &mut lease, publish.token, &snapshot);
        }
        let why = self.leftover.reason(publish.token).unwrap_or_else(|| problem(&AppError::Interrupted));
        close(self, &mut lease, publish.token, why)
    }
}

/// The revision before stays live: writers stop marking, indexes that were built go. New columns stay, unused; the next publish
/// that needs them takes them.
pub(crate) fn give_up(tenant: &Tenant, lease: &mut Lease, token: Uuid, why: &AppError) -> Result<(), AppError> {
    let why = problem(why);
    let closed = close(tenant, lease, token, why.clone());
    if closed.is_err() {
        tenant.leftover.remember(Some((token, why)));
    }
    closed
}

fn close(tenant: &Tenant, lease: &mut Lease, token: Uuid, problem: String) -> Result<(), AppError> {
    patiently(tenant, move |tx| {
        state::close(tx)?;
        if publishing::advance(tx, token, Phase::Failed, Some(&problem))? {
            state::set_marking(tx, None)?;
        }
        Ok(())
    })?;
    // Nobody waits while they go, however many there are; the next publish begins without any in any case.
    tenant.db().write_blocking(Queue::Interactive, move |tx| {
        tx.be_patient()?;
        if publishing::read(tx)?.is_some_and(|publish| publish.token == token) {
            publishing::forget_all(tx)?;
        }
        Ok::<_, AppError>(())
    })?;
    lease.clear()?;
    // What it left is known from now on.
    tenant.reload_blocking().map(drop)
}

/// The reason as it is kept.
fn problem(why: &AppError) -> String {
    json!({"code": why.code(), "message": told(why).0}).to_string()
}

/// What is told of the reason: the findings themselves, where there are some.
fn told(why: &AppError) -> LocalText {
    let AppError::Findings(findings) = why else { return why.message() };
    let said = |language: &str| {
        let texts = findings.iter().filter_map(|finding| finding.message.get(language));
        texts.take(TOLD).collect::<Vec<_>>().join(" ")
    };
    text(&said("zh-CN"), &said("en"))
}

/// The revision is live: words that are missing are filled, indexes that are not used any more go.
pub(crate) fn finish(tenant: &Tenant, lease: &mut Lease, token: Uuid, snapshot: &Arc<Snapshot>) -> Result<(), AppError> {
    let finished = finish_now(tenant, lease, token, snapshot);
    if finished.is_err() {
        tenant.leftover.remember(None);
    }
    finished
}

fn finish_now(tenant: &Tenant, lease: &mut Lease, token: Uuid, snapshot: &Arc<Snapshot>) -> Result<(), AppError> {
    lease.clear()?;
    let (snapshot, live) = (Arc::clone(snapshot), Arc::clone(snapshot));
    let (missing, gone) = tenant.db().read_blocking(move |tx| search::missing(tx, &snapshot))?;
    let words = Arc::new(Words { snapshot: live, token });
    for gone in gone {
        words.forget(tenant, &gone)?;
    }
    for fields in missing {
        words.fill(tenant, fields)?;
    }
    tenant.db().write_blocking(Queue::Interactive, move |tx| {
        publishing::forget_all(tx)?;
        publishing::advance(tx, token, Phase::Done, None)?;
        Ok(())
    })
}

/// The words by which records are found under a revision that is live.
struct Words {
    snapshot: Arc<Snapshot>,
    token: Uuid,
}

impl Words {
    fn forget(self: &Arc<Self>, tenant: &Tenant, gone: &IndexedField) -> Result<(), AppError> {
        loop {
            let (words, gone) = (Arc::clone(self), gone.clone());
            let left = tenant.db().write_blocking(Queue::Interactive, move |tx| {
                words.demand_own(tx)?;
                search::forget_some(tx, &gone, AT_ONCE)
            })?;
            if !left {
                return Ok(());
            }
        }
    }

    fn fill(self: &Arc<Self>, tenant: &Tenant, (entity, fields): Missing) -> Result<(), AppError> {
        let fields: Arc<[FieldId]> = fields.into();
        let words = Arc::clone(self);
        // Writers give later rows their words.
        let end = tenant.db().read_blocking(move |tx| tx.last_id(&words.snapshot.physical, entity))?;
        let (mut after, mut busy, mut all) = (None, Vec::new(), end.is_none());
        while !all || !busy.is_empty() {
            let (words, fields, waiting) = (Arc::clone(self), Arc::clone(&fields), busy.clone());
            let page = move |tx: &mut Tx| {
                words.demand_own(tx)?;
                let physical = &words.snapshot.physical;
                let ids = if all { waiting.clone() } else { tx.ids_within(physical, entity, (after, end), AT_ONCE)? };
                let claim = tx.claim(physical, entity, &ids)?;
                search::fill_rows(tx, &words.snapshot, (entity, &fields), &claim.held, OffsetDateTime::UNIX_EPOCH)?;
                Ok::<_, AppError>((ids.last().copied(), claim.busy))
            };
            let (last, locked): (Option<RecordId>, Vec<RecordId>) = tenant.db().write_blocking(Queue::Interactive, page)?;
            if all {
                busy = locked;
                std::thread::sleep(PAUSE);
            } else {
                busy.extend(locked);
                (after, all) = (last, last.is_none());
            }
        }
        let words = Arc::clone(self);
        tenant.db().write_blocking(Queue::Interactive, move |tx| search::note(tx, &words.snapshot, (entity, &fields)))
    }

    fn demand_own(&self, tx: &mut Tx) -> Result<(), AppError> {
        if publishing::count(tx, self.token, 0)? { Ok(()) } else { Err(AppError::ChangedMeanwhile) }
    }
}
