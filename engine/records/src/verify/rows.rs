//! Every record with its lines: derived values computed anew, values against their definitions, numbers counted.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use kontor_definitions::{
    Entity, EntityId, Field, FieldId, FieldType, RecordId, Value,
    catalog::{FieldClass, Requirement},
    expr::eval::EvalEnv,
    model::field::OptionDoc,
};
use kontor_storage::{Tx, system::sequence};
use uuid::Uuid;

use super::{Breach, Invariant, Report, files::Held, history::Seen, texts};
use crate::{
    error::RecordsError,
    files::ids_of,
    finding::{Findings, Text},
    frame::Frame,
    write::{
        cascade,
        compute::{Compute, Currencies},
        conversions::{self, Made},
        draft::Draft,
        known::Known,
        links, load,
        store::revision_of,
        view::{View, env_of},
    },
};

/// Records read at a time.
const CHUNK: u16 = 500;

const NOT_COMPUTED: Text<'static> =
    Text { zh: "有计算字段无法重新计算", en: "a derived value cannot be computed anew" };

/// What roll-ups over records combine to, by row; its id comes first.
type Totals = HashMap<Uuid, Vec<Value>>;

/// What is the same for all records.
struct Look<'a> {
    frame: &'a Frame,
    env: EvalEnv,
    currencies: Currencies,
    /// Numbers that records hold, by field.
    numbers: BTreeMap<FieldId, i64>,
    seen: Seen,
    held: Held,
}

/// Looks at every record; answers those whose history is kept, and the files that records hold.
pub(super) fn look(frame: &Frame, tx: &mut Tx, report: &mut Report) -> Result<(Seen, Held), RecordsError> {
    let currencies = Currencies::read(frame, tx)?;
    let mut look = Look { frame, env: env_of(frame), currencies, numbers: BTreeMap::new(), seen: Seen::new(), held: Held::new() };
    for entity in frame.catalog.entities.values().filter(|entity| entity.parent.is_none()) {
        let mut after = None;
        while let Some(last) = look.chunk(tx, entity, after, report)? {
            after = Some(last);
        }
    }
    look.sequences(tx, report)?;
    Ok((look.seen, look.held))
}

impl Look<'_> {
    /// Some records behind `after`; answers the last one.
    fn chunk(
        &mut self,
        tx: &mut Tx,
        entity: &Arc<Entity>,
        after: Option<RecordId>,
        report: &mut Report,
    ) -> Result<Option<RecordId>, RecordsError> {
        let frame = self.frame;
        let mut drafts = load::chunk(frame, tx, entity, after, u32::from(CHUNK))?;
        load::load_lines(frame, tx, &mut drafts.iter_mut().collect::<Vec<_>>())?;
        let mut known = Known::new(frame);
        known.load(frame, tx, &drafts.iter().collect::<Vec<_>>(), false)?;
        let totals = self.totals(tx, &drafts, report)?;
        for draft in &mut drafts {
            self.record(draft, &known, &totals, report);
        }
        Ok(drafts.last().map(|draft| RecordId(draft.id)))
    }

    /// What the roll-ups over records of these rows and their lines combine to now.
    fn totals(&self, tx: &mut Tx, drafts: &[Draft], report: &mut Report) -> Result<Totals, RecordsError> {
        let mut rows: BTreeMap<EntityId, (Arc<Entity>, Vec<Uuid>)> = BTreeMap::new();
        for draft in drafts {
            draft.visit(&mut |row| {
                let of_entity = rows.entry(row.entity.id).or_insert_with(|| (Arc::clone(&row.entity), Vec::new()));
                of_entity.1.push(row.id);
            });
        }
        let mut totals = Totals::new();
        for (id, (entity, rows)) in rows {
            let fields = rollups(&entity);
            for some in rows.chunks(usize::from(CHUNK)) {
                let some: Vec<RecordId> = some.iter().copied().map(RecordId).collect();
                match cascade::by_row(self.frame, tx, id, &some, &fields) {
                    Ok(found) => totals.extend(found.into_iter().map(|(row, values)| (row.0, values))),
                    Err(RecordsError::Rejected(_)) => {
                        report.add(Breach::new(Invariant::Derived, NOT_COMPUTED).of(entity.full_name()));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(totals)
    }

    fn record(&mut self, draft: &mut Draft, known: &Known, totals: &Totals, report: &mut Report) {
        if draft.entity.track {
            self.seen.insert(RecordId(draft.id), (draft.entity.id, revision_of(draft)));
        }
        let mut failed = Findings::default();
        let base = self.frame.base_currency(draft);
        let compute = Compute { frame: self.frame, known, env: &self.env, currencies: &self.currencies, base };
        let in_range = combine(&compute, draft, totals);
        compute.record(draft, None, &mut failed);
        if !in_range || !failed.is_empty() {
            report.add(breach(draft, Invariant::Derived, NOT_COMPUTED));
        }
        let base = self.frame.base_currency(draft).map(str::to_owned);
        draft.visit(&mut |row| self.conversions(row, known, base.as_deref(), report));
        let archived = !draft.value(FieldId::ARCHIVED_AT).is_null();
        draft.visit(&mut |row| self.row(row, archived, report));
    }

    /// Converted amounts and quantities are what the rates and units beside them give.
    fn conversions(&self, row: &Draft, known: &Known, base: Option<&str>, report: &mut Report) {
        for (place, field) in row.entity.fields.iter().enumerate() {
            let Some(rates) = conversions::place(row, field.id) else { continue };
            let made = Made::of_value(row.was(rates));
            // There was no rate or unit when its inputs were entered.
            if row.was(place).is_null() && made.as_ref().is_some_and(Made::is_empty) {
                continue;
            }
            let again = made.and_then(|made| {
                let env = made.again(&self.env);
                let compute = Compute { frame: self.frame, known, env: &env, currencies: &self.currencies, base };
                let view = View { draft: row, parent: None, known, env: &env };
                view.derived(field).and_then(|value| compute.fitted(row, field, value)).ok()
            });
            if again.as_ref() != Some(row.was(place)) {
                let text = Text {
                    zh: "保存的换算结果与所用的汇率或单位不一致",
                    en: "the stored conversion is not what the rates or units beside it give",
                };
                report.add(breach(row, Invariant::Derived, text).field(&field.name));
            }
        }
    }

    /// A record is linked once, and at least once where that is required.
    fn links(row: &Draft, archived: bool, report: &mut Report) {
        for links in &row.lines {
            let Some(field) = row.entity.fields.get(links.place).filter(|field| field.ty.links().is_some()) else { continue };
            let targets: BTreeSet<Uuid> = links.rows.iter().filter_map(links::target).collect();
            if targets.len() < links.rows.len() {
                let text = Text { zh: "同一记录被关联了两次", en: "a record is linked twice" };
                report.add(breach(row, Invariant::References, text).field(&field.name));
            }
            if !archived && links.rows.is_empty() && matches!(field.required, Requirement::Yes) {
                let text = Text { zh: "必填字段为空", en: "a required field is empty" };
                report.add(breach(row, Invariant::Values, text).field(&field.name).notice());
            }
        }
    }

    /// A record or one of its lines.
    fn row(&mut self, row: &Draft, archived: bool, report: &mut Report) {
        report.records += 1;
        Self::links(row, archived, report);
        for (place, field) in row.entity.fields.iter().enumerate() {
            let stored = row.was(place);
            if matches!(field.ty.result(), FieldType::Files { .. }) {
                self.held.extend(ids_of(stored).map(|file| (row.entity.id, RecordId(row.id), field.id, file)));
            }
            if let Some(text) = texts::wrong(self.frame, row, (place, field)) {
                report.add(breach(row, Invariant::Values, text).field(&field.name));
            }
            match field.class {
                FieldClass::Row | FieldClass::Rollup if row.at(place) != stored => {
                    let text = Text {
                        zh: "保存的计算结果与重新计算的不一致",
                        en: "the stored value is not what its inputs give",
                    };
                    report.add(breach(row, Invariant::Derived, text).field(&field.name));
                }
                FieldClass::Input if !field.id.0.is_system() => {
                    if !allowed(&field.ty, stored) {
                        let text = Text { zh: "值不在定义的选项之中", en: "the value is none of the options" };
                        report.add(breach(row, Invariant::Values, text).field(&field.name));
                    }
                    if !archived && stored.is_null() && is_required(field) {
                        let text = Text { zh: "必填字段为空", en: "a required field is empty" };
                        report.add(breach(row, Invariant::Values, text).field(&field.name).notice());
                    }
                    if matches!(field.ty, FieldType::AutoNumber { .. }) && !stored.is_null() {
                        *self.numbers.entry(field.id).or_default() += 1;
                    }
                }
                FieldClass::Row | FieldClass::Rollup | FieldClass::Input | FieldClass::Live => {}
            }
        }
    }

    /// Numbers that records hold against those that were given: never more, and for gapless ones exactly as many.
    fn sequences(&self, tx: &mut Tx, report: &mut Report) -> Result<(), RecordsError> {
        let given: BTreeMap<String, i64> = sequence::totals(tx)?.into_iter().collect();
        for entity in self.frame.catalog.entities.values() {
            for field in &entity.fields {
                let FieldType::AutoNumber { gapless, .. } = field.ty else { continue };
                let held = self.numbers.get(&field.id).copied().unwrap_or_default();
                let given = given.get(&field.id.to_string()).copied().unwrap_or_default();
                if held > given || (gapless && held < given) {
                    let (zh, en) = (
                        format!("已发出 {given} 个编号，而记录中有 {held} 个"),
                        format!("{given} number(s) were given, records hold {held}"),
                    );
                    let breach = Breach::new(Invariant::Numbers, Text { zh: &zh, en: &en });
                    report.add(breach.of(entity.full_name()).field(&field.name));
                }
            }
        }
        Ok(())
    }
}

/// The stored roll-ups over records of an entity.
fn rollups(entity: &Entity) -> Vec<FieldId> {
    entity.fields.iter().filter(|field| field.class == FieldClass::Rollup).map(|field| field.id).collect()
}

/// Gives a record and its lines what their roll-ups combine to now; whether all of them are in range.
fn combine(compute: &Compute<'_>, row: &mut Draft, totals: &Totals) -> bool {
    let mut in_range = true;
    if let Some(values) = totals.get(&row.id) {
        in_range = cascade::take(compute, row, &rollups(&row.entity), values).is_ok();
    }
    for line in row.lines.iter_mut().flat_map(|lines| &mut lines.rows) {
        in_range &= combine(compute, line, totals);
    }
    in_range
}

fn breach(row: &Draft, invariant: Invariant, text: Text<'_>) -> Breach {
    Breach::new(invariant, text).of(row.entity.full_name()).at(RecordId(row.id))
}

/// Whether a choice or state is one of those defined, retired ones included.
fn allowed(ty: &FieldType, value: &Value) -> bool {
    let one = |options: &[OptionDoc], value: &Value| match value {
        Value::Null => true,
        Value::Text(name) => options.iter().any(|option| option.name == *name),
        _ => false,
    };
    match (ty, value) {
        (FieldType::Choice { options }, value) => one(options, value),
        (FieldType::State(machine), value) => one(&machine.states, value),
        (FieldType::Choices { options }, Value::List(items)) => items.iter().all(|item| one(options, item)),
        _ => true,
    }
}

/// Conditional requirements depend on the record as it was when it was saved and are the write's own affair.
fn is_required(field: &Field) -> bool {
    let entered = !matches!(field.ty, FieldType::Lines { .. } | FieldType::AutoNumber { .. });
    entered && matches!(field.required, Requirement::Yes)
}
