//! The order of the steps: from drafts with their inputs applied to stored records.
use kontor_access::Action;
use kontor_definitions::{FieldId, Value, expr::eval::EvalEnv};
use kontor_storage::{StorageError, schema::is_between, system::state};

use super::{
    cascade,
    compute::{Compute, Currencies, has_amounts},
    defaults::{self, Defaults},
    draft::{Draft, Work},
    duplicates, events, files, history,
    known::Known,
    numbers, permit, references, store,
    validate::{self, Validate},
    view::env_of,
};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Text},
    frame::Frame,
    session::Session,
};

/// What the steps share: rows behind references, the moment and the person, currencies.
pub(crate) struct Bench {
    pub(crate) known: Known,
    pub(crate) env: EvalEnv,
    currencies: Option<Currencies>,
}

impl Bench {
    pub(crate) fn new(frame: &Frame) -> Self {
        Self { known: Known::new(frame), env: env_of(frame), currencies: None }
    }
}

impl Session<'_> {
    /// The steps that look at all records together: references, the rights on the rows as they are, what expressions read.
    pub(crate) fn prepare(&mut self, bench: &mut Bench, works: &mut [Work], live: bool) -> Result<(), RecordsError> {
        let frame = std::sync::Arc::clone(&self.frame);
        works.iter_mut().for_each(|work| defaults::company(&frame, &mut work.draft));
        references::check(&frame, self.tx, works)?;
        files::check(&frame, self.tx, works)?;
        for work in works.iter_mut().filter(|work| !work.draft.is_new() && work.action == Action::Update) {
            permit::fields(&frame, self.tx, work)?;
        }
        let drafts: Vec<&Draft> = works.iter().map(|work| &work.draft).collect();
        bench.known.load(&frame, self.tx, &drafts, live)?;
        let amounts = works.first().is_some_and(|work| has_amounts(&frame, &work.draft.entity));
        bench.currencies = Some(if amounts { Currencies::read(&frame, self.tx)? } else { Currencies::default() });
        Ok(())
    }

    /// Defaults, derived values and every check of one record. Nothing is written.
    pub(crate) fn settle(&mut self, bench: &mut Bench, work: &mut Work) -> Result<(), RecordsError> {
        let frame = std::sync::Arc::clone(&self.frame);
        let Bench { known, env, currencies } = bench;
        let currencies = currencies.get_or_insert_with(Currencies::default);
        env.today = frame.today_of(&work.draft);
        let defaults = Defaults { frame: &frame, env, currencies };
        defaults.fill(self.tx, known, &mut work.draft, &mut work.findings)?;
        let base = frame.base_currency(&work.draft);
        Compute { frame: &frame, known, env, currencies, base }.with_conversions(self.tx, &mut work.draft, &mut work.findings)?;
        Validate { frame: &frame, known, env }.values(&work.draft, None, &mut work.findings);
        self.check_company(work)?;
        validate::unique(&frame, self.tx, work, false)?;
        duplicates::check(&frame, self.tx, work, self.duplicates, false)
    }

    /// Writes a record that was settled without findings, and checks the right on what was written. Answers its revision.
    pub(crate) fn commit(&mut self, bench: &Bench, work: &mut Work) -> Result<i64, RecordsError> {
        let frame = std::sync::Arc::clone(&self.frame);
        if !work.draft.is_changed() {
            return Ok(store::revision_of(&work.draft));
        }
        // Only transitions are written under the right to read: they have one of their own.
        let transition = (work.action == Action::Read).then(|| work.name.clone());
        if numbers::assign(self.tx, frame.today_of(&work.draft), &mut work.draft, transition.as_deref())?
            && !work.draft.entity.compute_order.is_empty()
        {
            let none = Currencies::default();
            let currencies = bench.currencies.as_ref().unwrap_or(&none);
            let base = frame.base_currency(&work.draft);
            let compute = Compute { frame: &frame, known: &bench.known, env: &bench.env, currencies, base };
            compute.with_conversions(self.tx, &mut work.draft, &mut work.findings)?;
        }
        let revision = store::store(&frame, self.tx, &mut work.draft).map_err(|error| unique_lost(&frame, &work.draft, error))?;
        files::hold(&frame, self.tx, work)?;
        cascade::touch(&frame, &work.draft, &mut self.touched);
        permit::new_row(&frame, self.tx, work)?;
        history::append(&frame, self.tx, &work.draft, &work.name)?;
        events::append(&frame, self.tx, &work.draft, revision)?;
        let entity = &work.draft.entity;
        if entity.app == "base" && ["user", "role_assignment", "department", "company"].contains(&entity.name.as_str()) {
            state::bump_rights(self.tx)?;
            events::rights(&frame, self.tx)?;
            self.note_rights(&work.draft, &work.name);
        }
        self.unmark_others(bench, &work.draft)?;
        Ok(revision)
    }
}

/// The database's own refusal of a value that another transaction wrote first says the same as the check before.
fn unique_lost(frame: &Frame, draft: &Draft, error: RecordsError) -> RecordsError {
    let RecordsError::Storage(StorageError::Unique { constraint }) = &error else { return error };
    if is_between(constraint) {
        return RecordsError::Rejected(unique_soon(draft).into());
    }
    let Some((entity, fields)) = frame.physical.unique_fields(constraint) else { return error };
    let mut finding = None;
    draft.visit(&mut |draft| {
        if draft.entity.id == entity && finding.is_none() {
            finding = Some(validate::duplicate(frame, draft, fields));
        }
    });
    finding.map_or(error, |finding| RecordsError::Rejected(finding.into()))
}

/// The finding for a value that only the revision being published demands to be unique.
fn unique_soon(draft: &Draft) -> FieldError {
    let text = Text {
        zh: "正在发布的新版本要求此记录中的某些值唯一，而另一条记录已有相同的值",
        en: "the version being published demands unique values, and another record has values of this one",
    };
    let way = Text {
        zh: "请换一个值，或等发布完成后再保存", en: "use another value, or save again when the publish is done"
    };
    FieldError::new(Class::Conflict, draft.pointer.clone(), "unique_soon", text).suggest(way)
}

/// The finding for a record that is never changed once written.
pub(crate) fn check_append_only(work: &mut Work) {
    if work.draft.entity.append_only && !work.draft.is_new() {
        work.findings.push(FieldError::new(
            Class::Conflict,
            work.draft.pointer.clone(),
            "append_only",
            Text { zh: "此类记录一经保存不能更改", en: "records of this kind are never changed once written" },
        ));
    }
}

/// The finding for a change of an archived record.
pub(crate) fn check_live(work: &mut Work) {
    if !work.draft.value(FieldId::ARCHIVED_AT).is_null() {
        work.findings.push(
            FieldError::new(
                Class::Conflict,
                work.draft.pointer.clone(),
                "archived",
                Text { zh: "记录已归档，不能更改", en: "the record is archived and cannot be changed" },
            )
            .suggest(Text { zh: "请先恢复它", en: "bring it back first" }),
        );
    }
}

/// Marks a draft as archived or live.
pub(crate) fn set_archived(frame: &Frame, draft: &mut Draft, archived: bool) {
    let value = if archived { Value::Instant(frame.now) } else { Value::Null };
    draft.set_field(FieldId::ARCHIVED_AT, value);
}
