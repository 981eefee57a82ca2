//! Exchange rates for the formulas of a write: read when a formula asks, only the pairs and days it needs.
use kontor_access::{Action, decide};
use kontor_definitions::{
    Entity, Field, FieldId, FieldType, Value,
    expr::{
        CatalogNames, Type, compile, converts,
        rates::{Conversion, OLDEST, Quote},
        reads::reads,
    },
};
use kontor_storage::{Archived, Query, Tx};
use std::{collections::BTreeSet, sync::Arc};
use time::Duration;

use super::{compute::Compute, draft::Draft, known::definer_bug};
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
    /// Computes a record and its lines; rates that formulas ask for are read, and it is computed again.
    pub(crate) fn with_rates(&self, tx: &mut Tx, draft: &mut Draft, findings: &mut Findings) -> Result<(), RecordsError> {
        loop {
            let mut found = Findings::default();
            self.record(draft, None, &mut found);
            let asked = self.env.rates.asked();
            if asked.is_empty() {
                findings.0.extend(found.0);
                return Ok(());
            }
            for some in asked.chunks(AT_ONCE) {
                let quotes = quotes(self.frame, tx, some)?;
                self.env.rates.answer(some.to_vec(), quotes);
            }
        }
    }
}

/// The quotes of the days of some conversions that touch their currencies.
fn quotes(frame: &Frame, tx: &mut Tx, asked: &[Conversion]) -> Result<Vec<Quote>, RecordsError> {
    let Some(entity) = frame.catalog.entity_named("base.exchange_rate") else { return Ok(Vec::new()) };
    let columns = ["currency", "base", "date", "rate"].map(|name| entity.field_named(name).map(|field| vec![field.id]));
    let Some(columns) = columns.into_iter().collect::<Option<Vec<_>>>() else { return Ok(Vec::new()) };
    let Some(condition) = condition(asked) else { return Ok(Vec::new()) };
    let names = CatalogNames { catalog: &frame.catalog, entity: entity.id, params: &[], readable: &|_, _| true };
    let filter = compile(&condition, &names, Some(&Type::Boolean))
        .map_err(|errors| RecordsError::Bug(format!("the filter for rates does not compile: {errors:?}")))?;
    let query = Query {
        entity: entity.id,
        columns,
        filter: Some(Arc::new(filter)),
        sort: Vec::new(),
        after: None,
        limit: MOST,
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

/// Which quotes may answer; none for what are no currency codes.
fn condition(asked: &[Conversion]) -> Option<String> {
    let asked: Vec<&Conversion> = asked.iter().filter(|asked| is_code(&asked.from) && is_code(&asked.to)).collect();
    let codes: BTreeSet<String> =
        asked.iter().flat_map(|asked| [&asked.from, &asked.to]).map(|code| format!("\"{code}\"")).collect();
    let days: BTreeSet<time::Date> = asked.iter().map(|asked| asked.date).collect();
    let windows: Vec<String> = days
        .iter()
        .map(|day| {
            let first = day.checked_sub(Duration::days(OLDEST)).unwrap_or(*day);
            format!("(date >= \"{first}\" && date <= \"{day}\")")
        })
        .collect();
    let codes = codes.into_iter().collect::<Vec<_>>().join(", ");
    (!windows.is_empty()).then(|| format!("({}) && (currency in [{codes}] || base in [{codes}])", windows.join(" || ")))
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether a formula that converts would convert the same again: what was converted once stays, whatever becomes of the rates.
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
    let FieldType::Formula { expression, .. } = &field.ty else { return unnamed(pointer) };
    let names = frame.names();
    let is_open = |path: &Vec<FieldId>| path.len() == 1 && path.iter().all(|field| names.readable(entity.id, *field));
    if !reads(expression).iter().all(is_open) {
        return unnamed(pointer);
    }
    let Conversion { from, to, date } = asked;
    let text = Text {
        zh: &format!("没有 {from} 对 {to} 在 {date} 及之前 {OLDEST} 天内的汇率"),
        en: &format!("there is no rate between {from} and {to} on {date} or in the {OLDEST} days before"),
    };
    FieldError::new(Class::Refused, pointer, "rate_missing", text).suggest(WAY_OUT)
}

fn unnamed(pointer: String) -> FieldError {
    let text = Text { zh: "缺少换算所需的汇率", en: "a rate that the conversion needs is missing" };
    FieldError::new(Class::Refused, pointer, "rate_missing", text).suggest(WAY_OUT)
}

const WAY_OUT: Text<'static> = Text {
    zh: "请在“汇率”里补上，或检查币种和日期",
    en: "enter it among the exchange rates, or check the currency and the date",
};
