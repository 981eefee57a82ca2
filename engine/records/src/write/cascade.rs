//! Step: records whose roll-ups combine what was written are locked and computed anew, and those above them in turn.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kontor_access::{Action, FieldReach, decide};
use kontor_definitions::{Entity, EntityId, FieldId, LocalText, RecordId, Value, catalog::FieldClass, expr::eval::EvalEnv};
use kontor_storage::{StorageError, Tx};
use uuid::Uuid;

use super::{
    compute::{Compute, Currencies, has_amounts},
    conversions,
    difference::{Change, contribution},
    draft::Draft,
    index,
    known::{Known, as_id, definer_bug},
    load, texts,
    validate::beyond,
    view::env_of,
};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text},
    frame::Frame,
    read::page,
    session::Session,
};

/// Roll-ups that are to be computed, by the entity and id of their record: the order in which records are locked.
pub(crate) type Touched = BTreeMap<(EntityId, Uuid), BTreeMap<FieldId, Change>>;

/// Writes that follow from writes at most. Definitions store roll-ups eight deep; the bound keeps a mistake from running on.
const ROUNDS: usize = 16;

/// Notes the roll-ups that build on a record or its lines as they were and as they are; the record has just been written.
pub(crate) fn touch(frame: &Frame, draft: &Draft, touched: &mut Touched) {
    note(frame, draft, false, touched);
    for lines in &draft.lines {
        lines.rows.iter().for_each(|line| touch(frame, line, touched));
        lines.removed.iter().for_each(|line| touch_removed(frame, line, touched));
    }
}

/// The same for a record or line that is removed for good.
pub(crate) fn touch_removed(frame: &Frame, line: &Draft, touched: &mut Touched) {
    note(frame, line, true, touched);
    for deeper in line.lines.iter().flat_map(|lines| lines.rows.iter().chain(&lines.removed)) {
        touch_removed(frame, deeper, touched);
    }
}

fn note(frame: &Frame, draft: &Draft, removed: bool, touched: &mut Touched) {
    if draft.plan.feeds.is_empty() {
        return;
    }
    let env = env_of(frame);
    let lines_changed = || draft.lines.iter().any(|lines| !lines.removed.is_empty() || lines.rows.iter().any(Draft::is_changed));
    let archived = draft.entity.index_of(FieldId::ARCHIVED_AT);
    for feed in &draft.plan.feeds {
        let differs = |place: &usize| draft.at(*place) != draft.was(*place);
        let moved = differs(&feed.link) || archived.as_ref().is_some_and(differs);
        if removed || draft.is_new() || moved || feed.reads.iter().any(differs) || (feed.reads_lines && lines_changed()) {
            for comes in [false, true].into_iter().filter(|comes| !(*comes && removed)) {
                let above = if comes { draft.at(feed.link) } else { draft.was(feed.link) };
                let (Some(id), Some(change)) = (as_id(above), contribution(draft, feed, &env, comes)) else { continue };
                let fields = touched.entry((feed.above, id)).or_default();
                fields.entry(feed.field).and_modify(|known| known.and(change.clone())).or_insert(change);
            }
        }
    }
}

impl Session<'_> {
    /// Computes the roll-ups that build on what was written, in the same transaction: as definer, and leaving revision,
    /// history and the marks of who changed the record alone.
    pub(crate) fn cascade(&mut self) -> Result<(), RecordsError> {
        let frame = Arc::clone(&self.frame);
        for _round in 0..ROUNDS {
            if self.touched.is_empty() {
                return Ok(());
            }
            let touched = std::mem::take(&mut self.touched);
            for ((entity, id), wanted) in by_record(&frame, self.tx, touched)? {
                if let Some(entity) = frame.catalog.entity(entity).map(Arc::clone) {
                    let warnings = recompute(&frame, self.tx, (&entity, id), &wanted, &mut self.touched)?;
                    self.warnings.extend(warnings);
                }
            }
        }
        if self.touched.is_empty() { Ok(()) } else { Err(RecordsError::Bug("roll-ups follow each other for ever".to_owned())) }
    }
}

/// Lines are locked and computed with the record they belong to.
fn by_record(frame: &Frame, tx: &mut Tx, touched: Touched) -> Result<BTreeMap<(EntityId, Uuid), Touched>, RecordsError> {
    let mut records: BTreeMap<(EntityId, Uuid), Touched> = BTreeMap::new();
    for (row, fields) in touched {
        let mut top = Some(row);
        while let Some((at, id)) = top {
            let Some(entity) = frame.catalog.entity(at) else { break };
            let Some((parent, _)) = entity.parent else { break };
            let permit = decide(&frame.definer, Action::Read, at).map_err(|_denied| definer_bug())?;
            let query = page::by_ids(at, vec![vec![FieldId::PARENT]], vec![id]);
            let rows = tx.select(frame.definer_context(), permit, &query)?;
            // A line that was removed meanwhile has nothing to be computed.
            top = rows.first().and_then(|row| row.first()).and_then(as_id).map(|id| (parent, id));
        }
        if let Some(top) = top {
            records.entry(top).or_default().insert(row, fields);
        }
    }
    Ok(records)
}

fn recompute(
    frame: &Frame,
    tx: &mut Tx,
    (entity, id): (&Arc<Entity>, Uuid),
    wanted: &Touched,
    touched: &mut Touched,
) -> Result<Vec<FieldError>, RecordsError> {
    let permit = decide(&frame.definer, Action::Update, entity.id).map_err(|_denied| definer_bug())?;
    if !tx.lock(frame.definer_context(), permit, entity.id, RecordId(id))? {
        return Ok(Vec::new());
    }
    let Some(mut draft) = load::by_ids(frame, tx, entity, vec![id])?.pop() else { return Ok(Vec::new()) };
    let of_lines = wanted.keys().any(|(at, _)| *at != entity.id);
    if draft.plan.reads_lines || of_lines {
        load::load_lines(frame, tx, &mut [&mut draft])?;
    }
    let mut known = Known::new(frame);
    known.load(frame, tx, &[&draft], false)?;
    let currencies = if has_amounts(frame, entity) { Currencies::read(frame, tx)? } else { Currencies::default() };
    let env = EvalEnv { today: frame.today_of(&draft), ..env_of(frame) };
    let base = frame.base_currency(&draft);
    let compute = Compute { frame, known: &known, env: &env, currencies: &currencies, base };
    for ((at, row), changes) in wanted {
        let Some(draft) = find(&mut draft, *row) else { continue };
        let anew: Vec<FieldId> =
            changes.iter().filter_map(|(field, change)| (!follow(&compute, draft, *field, change)).then_some(*field)).collect();
        let Some(values) = combined(frame, tx, *at, &[RecordId(*row)], &anew)?.pop() else { continue };
        take(&compute, draft, &anew, &values).map_err(|_out_of_range| overflow())?;
    }
    let mut findings = Findings::default();
    compute.with_conversions(tx, &mut draft, &mut findings)?;
    if !findings.is_empty() {
        return Err(refused(frame, tx, &draft, findings)?.into());
    }
    demand_limits(frame, tx, &draft)?;
    write(frame, tx, &draft)?;
    touch(frame, &draft, touched);
    let warnings = conversions::warnings(frame, &draft);
    let seen = if warnings.is_empty() { None } else { known_as(frame, tx, &draft)? };
    Ok(warnings.into_iter().map(|warning| told_above(seen.as_ref(), warning)).collect())
}

/// No computed value of the record or its lines is brought beyond its limit. It is locked, so of many writers at once exactly
/// those that fit are let through.
fn demand_limits(frame: &Frame, tx: &mut Tx, draft: &Draft) -> Result<(), RecordsError> {
    let (mut told, mut hidden) = (Vec::new(), None);
    let rows = std::iter::once(draft).chain(draft.lines.iter().flat_map(|lines| &lines.rows));
    for row in rows {
        for (place, field) in row.entity.fields.iter().enumerate().filter(|(_, field)| field.class != FieldClass::Input) {
            let Some(finding) = beyond(field, row.was(place), row.at(place), "") else { continue };
            if frame.names().readable(row.entity.id, field.id) {
                told.push(finding);
            } else {
                hidden = Some(finding);
            }
        }
    }
    if told.is_empty() && hidden.is_none() {
        return Ok(());
    }
    let seen = known_as(frame, tx, draft)?;
    let shown = told.into_iter().map(|finding| told_above(seen.as_ref(), finding));
    let findings: Vec<FieldError> = shown.chain(hidden.map(|finding| told_above(None, finding))).collect();
    Err(Findings(findings).into())
}

/// Why a record whose roll-ups build on the write cannot be computed.
fn refused(frame: &Frame, tx: &mut Tx, draft: &Draft, findings: Findings) -> Result<Findings, RecordsError> {
    let missing = findings.0.into_iter().find(|finding| ["rate_missing", "unit_unknown", "units_differ"].contains(&finding.code));
    let Some(missing) = missing else { return Ok(out_of_range()) };
    let seen = known_as(frame, tx, draft)?;
    Ok(told_above(seen.as_ref(), missing).into())
}

/// How the person knows a record: its entity and label, if they may read it.
fn known_as(frame: &Frame, tx: &mut Tx, draft: &Draft) -> Result<Option<LocalText>, RecordsError> {
    let Ok(permit) = decide(&frame.rights, Action::Read, draft.entity.id) else { return Ok(None) };
    if !tx.permits(frame.context(), permit, draft.entity.id, RecordId(draft.id))? {
        return Ok(None);
    }
    let label = match draft.entity.index_of(draft.entity.label).map(|place| texts::seen(frame, draft, place)) {
        Some(Value::Text(label)) if permit.reach(draft.entity.label) == FieldReach::Always => label,
        _ => String::new(),
    };
    let name =
        |locale| [draft.entity.title.get(locale).unwrap_or(&draft.entity.name), label.as_str()].join(" ").trim().to_owned();
    Ok(Some([("zh-CN", name("zh-CN").as_str()), ("en", name("en").as_str())].as_slice().into()))
}

/// A finding about a record above the written one; what the person may not read of it is not told.
fn told_above(seen: Option<&LocalText>, finding: FieldError) -> FieldError {
    let Some(seen) = seen else {
        let text = match finding.code {
            "too_small" | "too_large" => Text {
                zh: "保存后，另一条记录的汇总值会超出它的限制",
                en: "this would bring a total of another record beyond its limit",
            },
            "unit_unknown" | "units_differ" => Text {
                zh: "汇总这条记录的数量时，所需的计量单位不存在或不能互相换算",
                en: "a unit that is needed where this record's quantities are totalled does not exist or does not convert",
            },
            _ => Text {
                zh: "汇总这条记录的金额时，缺少换算所需的近期汇率",
                en: "a recent rate is missing that is needed where this record's amounts are totalled",
            },
        };
        return FieldError { message: text.into(), pointer: String::new(), ..finding };
    };
    let tell = |locale| format!("{}: {}", seen.get(locale).unwrap_or_default(), finding.message.get(locale).unwrap_or_default());
    let message = [("zh-CN", tell("zh-CN").as_str()), ("en", tell("en").as_str())].as_slice().into();
    FieldError { message, pointer: String::new(), ..finding }
}

/// What roll-ups combine to at this moment, the id of its record before the values of each.
fn combined(
    frame: &Frame,
    tx: &mut Tx,
    entity: EntityId,
    ids: &[RecordId],
    fields: &[FieldId],
) -> Result<Vec<Vec<Value>>, RecordsError> {
    let permit = decide(&frame.definer, Action::Read, entity).map_err(|_denied| definer_bug())?;
    tx.computed(frame.definer_context(), permit, entity, ids, fields).map_err(|error| match error {
        StorageError::Computation(_) => overflow(),
        other => RecordsError::Storage(other),
    })
}

/// What [`combined`] answers, by row.
pub(crate) fn by_row(
    frame: &Frame,
    tx: &mut Tx,
    entity: EntityId,
    ids: &[RecordId],
    fields: &[FieldId],
) -> Result<HashMap<RecordId, Vec<Value>>, RecordsError> {
    let rows = combined(frame, tx, entity, ids, fields)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.first().and_then(as_id).map(RecordId)?, row))).collect())
}

/// Puts what [`combined`] answered of a row into its draft.
pub(crate) fn take(
    compute: &Compute<'_>,
    draft: &mut Draft,
    fields: &[FieldId],
    values: &[Value],
) -> Result<(), kontor_definitions::expr::eval::EvalError> {
    let entity = Arc::clone(&draft.entity);
    for (id, value) in fields.iter().zip(values.iter().skip(1)) {
        if let (Some(place), Some(field)) = (entity.index_of(*id), entity.field(*id)) {
            let value = compute.fitted(draft, field, value.clone())?;
            draft.set(place, value);
        }
    }
    Ok(())
}

/// Moves a stored roll-up by what changed; whether that could be told and the result is in range.
fn follow(compute: &Compute<'_>, draft: &mut Draft, field: FieldId, change: &Change) -> bool {
    let entity = Arc::clone(&draft.entity);
    let (Some(place), Some(field)) = (entity.index_of(field), entity.field(field)) else { return true };
    let Some(value) = change.applied(draft.at(place)) else { return false };
    let Ok(value) = compute.fitted(draft, field, value) else { return false };
    draft.set(place, value);
    true
}

fn find(draft: &mut Draft, id: Uuid) -> Option<&mut Draft> {
    if draft.id == id {
        return Some(draft);
    }
    draft.lines.iter_mut().flat_map(|lines| &mut lines.rows).find_map(|line| find(line, id))
}

fn write(frame: &Frame, tx: &mut Tx, draft: &Draft) -> Result<(), RecordsError> {
    let value = |place: usize| draft.entity.fields.get(place).map(|field| (field.id, draft.at(place).clone()));
    let changed: Vec<(FieldId, Value)> = draft.changed().filter_map(value).collect();
    if !changed.is_empty() {
        let permit = decide(&frame.definer, Action::Update, draft.entity.id).map_err(|_denied| definer_bug())?;
        tx.update(frame.definer_context(), permit, draft.entity.id, RecordId(draft.id), &changed)?;
        if draft.entity.parent.is_none() {
            index::follow(tx, draft)?;
        }
    }
    for line in draft.lines.iter().flat_map(|lines| &lines.rows) {
        write(frame, tx, line)?;
    }
    Ok(())
}

/// The write would put a total out of range. Which record keeps it is not told: whoever writes need not see it.
fn overflow() -> RecordsError {
    out_of_range().into()
}

fn out_of_range() -> Findings {
    let text =
        Text { zh: "汇总结果超出了可以保存的范围", en: "a total that builds on this record would be out of range" };
    let way = Text { zh: "请检查金额和数量", en: "check the amounts and quantities" };
    Findings::from(FieldError::new(Class::Refused, "", "overflow", text).suggest(way))
}

#[cfg(test)]
mod tests {
    use super::{Class, FieldError, Text, told_above};

    #[test]
    fn a_hidden_record_is_spoken_of_by_what_is_wrong() {
        let told = |code| {
            let finding = FieldError::new(Class::Refused, "/secret", code, Text { zh: "密", en: "secret" });
            let told = told_above(None, finding);
            assert_eq!((told.code, told.pointer.as_str()), (code, ""));
            told.message.get("en").unwrap().to_owned()
        };
        for (code, word) in [("too_large", "limit"), ("units_differ", "unit"), ("unit_unknown", "unit"), ("rate_missing", "rate")]
        {
            let text = told(code);
            assert!(text.contains(word) && !text.contains("secret"), "{code}: {text}");
        }
    }
}
