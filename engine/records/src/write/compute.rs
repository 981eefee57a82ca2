//! Step: derived values of lines, then of their record; amounts rounded to the digits of their currency.
use std::{collections::HashMap, sync::Arc};

use kontor_access::{Action, decide};
use kontor_definitions::{
    Entity, Field, FieldType, Value,
    catalog::{CurrencyOf, FieldClass},
    expr::{
        decimal,
        eval::{EvalEnv, EvalError},
    },
};
use kontor_storage::{Archived, Query, Tx};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{
    conversions::{self, Made},
    draft::Draft,
    known::{Known, definer_bug},
    rates::{self, converts_the_same},
    units,
    view::{View, combine},
};
use crate::{
    coerce::limit,
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text, below},
    frame::Frame,
};

/// Digits that stored numbers may have in all.
const DIGITS: u8 = 18;
/// Amounts have this scale; other scales are unit prices, which keep their digits.
pub(super) const AMOUNT_SCALE: u8 = 4;
/// Digits behind the point of a currency nobody has told about.
const CURRENCY_DIGITS: u8 = 2;

/// What computing needs besides the draft.
pub(crate) struct Compute<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) known: &'a Known,
    pub(crate) env: &'a EvalEnv,
    pub(crate) currencies: &'a Currencies,
    /// The currency of the record's company.
    pub(crate) base: Option<&'a str>,
}

/// Digits behind the point by currency.
#[derive(Debug, Default)]
pub(crate) struct Currencies(HashMap<String, u8>);

impl Currencies {
    /// Reads the digits of the currencies that a tenant keeps in `base.currency`.
    pub(crate) fn read(frame: &Frame, tx: &mut Tx) -> Result<Self, RecordsError> {
        let Some(entity) = frame.catalog.entity_named("base.currency") else { return Ok(Self::default()) };
        let (Some(code), Some(digits)) = (entity.field_named("code"), entity.field_named("digits")) else {
            return Ok(Self::default());
        };
        let permit = decide(&frame.definer, Action::Read, entity.id).map_err(|_denied| definer_bug())?;
        let query = Query {
            entity: entity.id,
            columns: vec![vec![code.id], vec![digits.id]],
            filter: None,
            sort: Vec::new(),
            after: None,
            limit: 1_000,
            archived: Archived::With,
        };
        let rows = tx.select(frame.definer_context(), permit, &query)?;
        let of_row = |row: Vec<Value>| match <[Value; 2]>::try_from(row) {
            Ok([Value::Text(code), Value::Number(digits)]) => Some((code, digits.to_u8()?.min(AMOUNT_SCALE))),
            _ => None,
        };
        Ok(Self(rows.into_iter().filter_map(of_row).collect()))
    }

    fn digits(&self, code: Option<&str>) -> u8 {
        code.and_then(|code| self.0.get(code)).copied().unwrap_or(CURRENCY_DIGITS)
    }
}

/// Whether an entity or its lines hold amounts that are rounded.
pub(crate) fn has_amounts(frame: &Frame, entity: &Arc<Entity>) -> bool {
    let is_amount = |field: &Field| matches!(field.ty.result(), FieldType::Money { scale: AMOUNT_SCALE, .. });
    entity
        .fields
        .iter()
        .any(|field| is_amount(field) || frame.line_entity(field).is_some_and(|line| line.fields.iter().any(is_amount)))
}

impl Compute<'_> {
    /// Computes a record and its lines.
    pub(crate) fn record(&self, draft: &mut Draft, parent: Option<&View<'_>>, findings: &mut Findings) {
        for place in 0..draft.entity.fields.len() {
            self.round_given(draft, place);
        }
        let mut lines = std::mem::take(&mut draft.lines);
        {
            let view = View { draft, parent, known: self.known, env: self.env };
            for line in lines.iter_mut().flat_map(|lines| &mut lines.rows) {
                self.record(line, Some(&view), findings);
            }
        }
        draft.lines = lines;
        let entity = Arc::clone(&draft.entity);
        for place in &entity.compute_order {
            let Some(field) = entity.fields.get(*place) else { continue };
            if field.class == FieldClass::Rollup {
                start(draft, field, *place);
            }
            if field.class != FieldClass::Row {
                continue;
            }
            let same = converts_the_same(draft, field);
            if draft.kept.contains(place) || keeps_copy(draft, field) || same && !draft.was(*place).is_null() {
                continue;
            }
            let rates = conversions::place(draft, field.id);
            if rates.is_some() {
                drop(Made::take(self.env));
            }
            let view = View { draft, parent, known: self.known, env: self.env };
            let computed = view.derived(field).and_then(|value| self.fitted(draft, field, value));
            if let Some(rates) = rates {
                let made = Made::take(self.env);
                draft.set(rates, if computed.is_ok() { made.to_value() } else { Value::Null });
            }
            match computed {
                Ok(value) => draft.set(*place, value),
                // It had no rate or unit when its inputs were entered, and that is not the fault of this write.
                Err(error) if same && error.lacks_records() => {}
                Err(error) => {
                    draft.set(*place, Value::Null);
                    findings.push(self.failed(draft, field, &error));
                }
            }
        }
    }

    /// Rounds an amount that was entered or came from a default.
    fn round_given(&self, draft: &mut Draft, place: usize) {
        let Some(field) = draft.entity.fields.get(place).filter(|field| field.class == FieldClass::Input) else { return };
        if draft.at(place) == draft.was(place) {
            return;
        }
        if let (FieldType::Money { .. }, Value::Number(number)) = (&field.ty, draft.at(place))
            && let Ok(rounded) = self.rounded(draft, &field.ty, *number)
        {
            draft.set(place, Value::Number(rounded));
        }
    }

    /// A computed value in the form its column keeps.
    pub(crate) fn fitted(&self, draft: &Draft, field: &Field, value: Value) -> Result<Value, EvalError> {
        let Value::Number(number) = value else { return Ok(value) };
        let ty = field.ty.result();
        let number = self.rounded(draft, ty, number)?;
        let (precision, scale) = match ty {
            FieldType::Decimal { precision, scale, .. } => (*precision, *scale),
            FieldType::Money { scale, .. } => (DIGITS, *scale),
            _ => (DIGITS, 0),
        };
        if number.abs() >= limit(precision, scale) { Err(EvalError::Overflow) } else { Ok(Value::Number(number)) }
    }

    fn rounded(&self, draft: &Draft, ty: &FieldType, number: Decimal) -> Result<Decimal, EvalError> {
        Ok(match ty {
            FieldType::Money { currency, scale, round } if *scale == AMOUNT_SCALE => {
                let digits = self.currencies.digits(self.currency(draft, currency).as_deref());
                decimal::rescale(decimal::round(number, digits, *round)?, *scale)?
            }
            FieldType::Money { scale, round, .. } => decimal::round(number, *scale, *round)?,
            FieldType::Decimal { scale, .. } => decimal::rescale(number, *scale)?,
            FieldType::Integer { .. } | FieldType::Duration => decimal::rescale(number, 0)?,
            _ => number,
        })
    }

    fn currency(&self, draft: &Draft, currency: &CurrencyOf) -> Option<String> {
        match currency {
            CurrencyOf::Fixed(code) => Some(code.clone()),
            CurrencyOf::Base => self.base.map(str::to_owned),
            CurrencyOf::Field(field) => {
                let view = View { draft, parent: None, known: self.known, env: self.env };
                let value = kontor_definitions::expr::eval::RowSource::field(&view, &[*field]);
                match value {
                    Ok(Value::Text(code)) => Some(code),
                    Ok(_) | Err(_) => None,
                }
            }
        }
    }

    pub(crate) fn failed(&self, draft: &Draft, field: &Field, error: &EvalError) -> FieldError {
        let visible = self.frame.names().readable(draft.entity.id, field.id);
        let pointer = if visible { below(&draft.pointer, &field.name) } else { draft.pointer.clone() };
        let (code, text) = match error {
            EvalError::DivisionByZero => {
                ("division_by_zero", Text { zh: "计算时除数为零", en: "the computation divides by zero" })
            }
            EvalError::RateMissing(asked) => return rates::missing(self.frame, &draft.entity, field, pointer, asked),
            EvalError::UnitUnknown(code) => return units::unknown(self.frame, &draft.entity, field, pointer, code),
            EvalError::UnitsDiffer(used) => return units::differ(self.frame, &draft.entity, field, &pointer, used),
            EvalError::Overflow | EvalError::BadValue | EvalError::Unavailable(_) => {
                ("overflow", Text { zh: "计算结果超出了可以保存的范围", en: "the computed value is out of range" })
            }
        };
        FieldError::new(Class::Refused, pointer, code, text)
            .suggest(Text { zh: "请检查参与计算的数值", en: "check the values it is computed from" })
    }
}

/// Nothing refers to a new record yet; later its roll-ups are kept by those who write what they combine.
fn start(draft: &mut Draft, field: &Field, place: usize) {
    if let (FieldType::Rollup { function, field: of, .. }, true, Value::Null) = (&field.ty, draft.is_new(), draft.at(place))
        && let Ok(value) = combine(*function, 0, of.is_some(), Vec::new())
    {
        draft.set(place, value);
    }
}

/// A copied lookup keeps the value of the moment when its reference was chosen.
fn keeps_copy(draft: &Draft, field: &Field) -> bool {
    let FieldType::Lookup { path, copied: true, .. } = &field.ty else { return false };
    let Some(place) = path.first().and_then(|first| draft.entity.index_of(*first)) else { return false };
    !draft.is_new() && draft.at(place) == draft.was(place)
}
