//! What conversions in the formulas of a write need: read when a formula asks; exchange rates, only the pairs and days it needs.
use kontor_access::{Action, decide};
use kontor_definitions::{
    Entity, Field, FieldId, FieldType, Value,
    expr::{
        CatalogNames, Type, compile, converts,
        rates::{Conversion, OLDEST, Quote},
        reads::reads,
    },
};
use kontor_storage::{Archived, Query, Sort, Tx};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use time::{Date, Duration};

use super::{compute::Compute, draft::Draft, known::definer_bug, units};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text},
    frame::Frame,
};

/// Conversions answered by one statement; a record rarely has more.
const AT_ONCE: usize = 10;
/// More than every pair of a currency with every other over the days of [`AT_ONCE`] conversions.
const MOST: u32 = 100_000;

impl Compute<'_> {
    /// Computes a record and its lines; rates and units that formulas ask for are read, and it is computed again.
    pub(crate) fn with_conversions(&self, tx: &mut Tx, draft: &mut Draft, findings: &mut Findings) -> Result<(), RecordsError> {
        self.env.rates.take_old(self.frame.company_of(draft).is_some_and(|company| company.uses_last_rate));
        loop {
            let mut found = Findings::default();
            self.record(draft, None, &mut found);
            let (asked, asked_old) = (self.env.rates.asked(), self.env.rates.asked_old());
            let codes = self.env.units.asked();
            if asked.is_empty() && asked_old.is_empty() && codes.is_empty() {
                findings.0.extend(found.0);
                return Ok(());
            }
            for some in asked.chunks(AT_ONCE) {
                let quotes = quotes(self.frame, tx, &windows(some))?;
                self.env.rates.answer(some.to_vec(), quotes);
            }
            for one in asked_old {
                let windows = last_windows(self.frame, tx, &one)?;
                let quotes = quotes(self.frame, tx, &windows)?;
                self.env.rates.answer_old(vec![one], quotes);
            }
            if !codes.is_empty() {
                let units = units::measures(self.frame, tx, &codes)?;
                self.env.units.answer(codes, units);
            }
        }
    }
}

/// Quotes that touch one of some currencies, between two days.
struct Window {
    first: Date,
    last: Date,
    codes: Vec<String>,
}

/// Where the young rates of some conversions may be.
fn windows(asked: &[Conversion]) -> Vec<Window> {
    let mut windows: BTreeMap<Date, BTreeSet<&str>> = BTreeMap::new();
    for conversion in asked.iter().filter(|asked| is_code(&asked.from) && is_code(&asked.to)) {
        windows.entry(conversion.date).or_default().extend([conversion.from.as_str(), conversion.to.as_str()]);
    }
    let window = |(last, codes): (Date, BTreeSet<&str>)| Window {
        first: week_before(last),
        last,
        codes: codes.into_iter().map(str::to_owned).collect(),
    };
    windows.into_iter().map(window).collect()
}

/// Where the last known rates of a conversion may be: the week that ends with the newest quote of each currency, and of the pair.
fn last_windows(frame: &Frame, tx: &mut Tx, asked: &Conversion) -> Result<Vec<Window>, RecordsError> {
    let Conversion { from, to, date } = asked;
    if !is_code(from) || !is_code(to) {
        return Ok(Vec::new());
    }
    let of = |code: &str| format!("(currency == \"{code}\" || base == \"{code}\")");
    let searches = [(of(from), vec![from]), (of(to), vec![to]), (format!("{} && {}", of(from), of(to)), vec![from, to])];
    let mut windows = Vec::new();
    for (condition, codes) in searches {
        let condition = format!("date <= \"{date}\" && {condition}");
        if let Some(newest) = select(frame, tx, &condition, 1)?.into_iter().next() {
            let codes = codes.into_iter().cloned().collect();
            windows.push(Window { first: week_before(newest.date), last: newest.date, codes });
        }
    }
    Ok(windows)
}

fn week_before(day: Date) -> Date {
    day.checked_sub(Duration::days(OLDEST)).unwrap_or(day)
}

/// The quotes in some windows.
fn quotes(frame: &Frame, tx: &mut Tx, windows: &[Window]) -> Result<Vec<Quote>, RecordsError> {
    let conditions: Vec<String> = windows
        .iter()
        .map(|Window { first, last, codes }| {
            let codes = codes.iter().map(|code| format!("\"{code}\"")).collect::<Vec<_>>().join(", ");
            format!("(date >= \"{first}\" && date <= \"{last}\" && (currency in [{codes}] || base in [{codes}]))")
        })
        .collect();
    if conditions.is_empty() { Ok(Vec::new()) } else { select(frame, tx, &conditions.join(" || "), MOST) }
}

/// The newest quotes for which a condition holds.
fn select(frame: &Frame, tx: &mut Tx, condition: &str, limit: u32) -> Result<Vec<Quote>, RecordsError> {
    let Some(entity) = frame.catalog.entity_named("base.exchange_rate") else { return Ok(Vec::new()) };
    let columns = ["currency", "base", "date", "rate"].map(|name| entity.field_named(name).map(|field| vec![field.id]));
    let Some(columns) = columns.into_iter().collect::<Option<Vec<_>>>() else { return Ok(Vec::new()) };
    let names = CatalogNames { catalog: &frame.catalog, entity: entity.id, params: &[], readable: &|_, _| true };
    let filter = compile(condition, &names, Some(&Type::Boolean))
        .map_err(|errors| RecordsError::Bug(format!("the filter for rates does not compile: {errors:?}")))?;
    let newest_first = columns.get(2).map(|date| Sort { path: date.clone(), descending: true });
    let query = Query {
        entity: entity.id,
        columns,
        filter: Some(Arc::new(filter)),
        sort: newest_first.into_iter().collect(),
        after: None,
        limit,
        archived: Archived::Without,
    };
    let permit = decide(&frame.definer, Action::Read, entity.id).map_err(|_denied| definer_bug())?;
    let rows = tx.select(frame.definer_context(), permit, &query)?;
    Ok(rows.into_iter().filter_map(quote).collect())
}

fn quote(row: Vec<Value>) -> Option<Quote> {
    match <[Value; 4]>::try_from(row) {
        Ok([Value::Text(currency), Value::Text(base), Value::Date(date), Value::Number(rate)]) => {
            Some(Quote { currency, base, date, rate })
        }
        Ok(_) | Err(_) => None,
    }
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether a formula that converts would convert the same again: what was converted once stays, whatever becomes of rates and units.
pub(super) fn converts_the_same(draft: &Draft, field: &Field) -> bool {
    let FieldType::Formula { expression, .. } = &field.ty else { return false };
    !draft.is_new()
        && converts(expression)
        && reads(expression).iter().all(|path| path.first().is_some_and(|first| is_same(draft, *first)))
}

/// Whether a field, or the lines it stands for, are as they were.
fn is_same(draft: &Draft, field: FieldId) -> bool {
    let Some(place) = draft.entity.index_of(field) else { return false };
    let mut lines = draft.lines.iter().filter(|lines| lines.place == place);
    draft.at(place) == draft.was(place)
        && lines.all(|lines| lines.removed.is_empty() && !lines.rows.iter().any(Draft::is_changed))
}

/// The finding for a rate that is missing; what the formula reads is named only to who may read all of it.
pub(super) fn missing(frame: &Frame, entity: &Entity, field: &Field, pointer: String, asked: &Conversion) -> FieldError {
    if !reads_openly(frame, entity, field) {
        return unnamed(pointer);
    }
    let Conversion { from, to, date } = asked;
    let text = Text {
        zh: &format!("没有 {from} 对 {to} 在 {date} 及之前 {OLDEST} 天内的汇率"),
        en: &format!("there is no rate between {from} and {to} on {date} or in the {OLDEST} days before"),
    };
    FieldError::new(Class::Refused, pointer, "rate_missing", text).suggest(WAY_OUT)
}

/// Whether the person may read all that a formula reads.
pub(super) fn reads_openly(frame: &Frame, entity: &Entity, field: &Field) -> bool {
    let FieldType::Formula { expression, .. } = &field.ty else { return false };
    let names = frame.names();
    let is_open = |path: &Vec<FieldId>| path.len() == 1 && path.iter().all(|field| names.readable(entity.id, *field));
    reads(expression).iter().all(is_open)
}

fn unnamed(pointer: String) -> FieldError {
    let text = Text { zh: "缺少换算所需的汇率", en: "a rate that the conversion needs is missing" };
    FieldError::new(Class::Refused, pointer, "rate_missing", text).suggest(WAY_OUT)
}

const WAY_OUT: Text<'static> = Text {
    zh: "请在“汇率”里补上，或检查币种和日期",
    en: "enter it among the exchange rates, or check the currency and the date",
};
