//! What a written record changes about a roll-up above it, where that can be told without reading the other records.
//!
//! A customer with a hundred thousand orders gets the next one as fast as the first: sums and counts move by a difference,
//! the largest and smallest by comparison. Everything else (averages, filters over lines, values that the total rounds) is
//! combined anew from all records.
use kontor_definitions::{
    Entity, FieldId, FieldType, Value,
    catalog::CurrencyOf,
    expr::{
        decimal,
        eval::{EvalEnv, EvalError, RowSource, holds},
    },
    model::field::RollupFunction,
};
use rust_decimal::Decimal;

use super::{compute::AMOUNT_SCALE, draft::Draft};
use crate::plan::Feed;

/// What happens to a stored roll-up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// It moves by a number.
    By(Decimal),
    /// Values come and go of which it is the largest or smallest.
    Values {
        /// Whether it is the largest.
        largest: bool,
        came: Vec<Value>,
        went: Vec<Value>,
    },
    /// It is combined anew.
    Anew,
}

impl Change {
    /// This one and another of the same roll-up, together.
    pub(crate) fn and(&mut self, other: Self) {
        *self = match (std::mem::replace(self, Self::Anew), other) {
            (Self::By(one), Self::By(two)) => add(one, two).map_or(Self::Anew, Self::By),
            (Self::Values { largest, mut came, went }, Self::Values { came: more, went: less, .. }) => {
                came.extend(more);
                // What came and went again in the same transaction was never the largest.
                let stays_gone = |value: &Value| match came.iter().position(|came| came == value) {
                    Some(place) => {
                        came.swap_remove(place);
                        false
                    }
                    None => true,
                };
                let went = went.into_iter().chain(less).filter(stays_gone).collect();
                Self::Values { largest, came, went }
            }
            (Self::By(_) | Self::Values { .. } | Self::Anew, _) => Self::Anew,
        };
    }

    /// The roll-up after the change; nothing where it must be combined anew.
    pub(crate) fn applied(&self, stored: &Value) -> Option<Value> {
        match (self, stored) {
            (Self::By(by), Value::Number(stored)) => add(*stored, *by).map(Value::Number),
            (Self::Values { largest, came, went }, stored) => {
                let better = |best: Value, value: &Value| if is_better(value, &best, *largest) { value.clone() } else { best };
                let best = came.iter().fold(stored.clone(), better);
                went.iter().all(|gone| is_better(&best, gone, *largest)).then_some(best)
            }
            (Self::By(_) | Self::Anew, _) => None,
        }
    }
}

/// How a roll-up follows the records it combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// By the number at a place, or by 1 for each record.
    Sum(Option<usize>),
    /// By 1 for each record that has a value at a place.
    CountOf(usize),
    /// As the largest (or smallest) value at a place.
    Extreme(usize, bool),
    /// Only by reading all of them.
    Anew,
}

impl Follows {
    /// How a roll-up with this result follows a field of the records of `entity`.
    pub(crate) fn of(entity: &Entity, function: RollupFunction, field: Option<FieldId>, result: &FieldType) -> Self {
        let place = field.and_then(|field| entity.index_of(field));
        let ty = place.and_then(|place| entity.fields.get(place)).map(|field| field.ty.result());
        let exact = ty.is_some_and(|ty| is_exact(ty, result.result()));
        match (function, place) {
            (RollupFunction::Count, None) if field.is_none() => Self::Sum(None),
            (RollupFunction::Count, Some(place)) => Self::CountOf(place),
            (RollupFunction::Sum, Some(place)) if exact => Self::Sum(Some(place)),
            (RollupFunction::Min | RollupFunction::Max, Some(place)) if exact => {
                Self::Extreme(place, function == RollupFunction::Max)
            }
            (RollupFunction::Sum | RollupFunction::Average | RollupFunction::Min | RollupFunction::Max, _)
            | (RollupFunction::Count, None) => Self::Anew,
        }
    }

    /// The change that a value (or a record that has none) brings when it comes or goes.
    fn change(self, value: Value, comes: bool) -> Option<Change> {
        let sign = if comes { Decimal::ONE } else { -Decimal::ONE };
        match (self, value) {
            (Self::Anew, _) => Some(Change::Anew),
            (Self::Sum(None), _) => Some(Change::By(sign)),
            (Self::Sum(Some(_)) | Self::CountOf(_) | Self::Extreme(..), Value::Null) => None,
            (Self::CountOf(_), _) => Some(Change::By(sign)),
            (Self::Sum(Some(_)), Value::Number(number)) => Some(Change::By(number * sign)),
            (Self::Sum(Some(_)), _) => Some(Change::Anew),
            (Self::Extreme(_, largest), value) => {
                let (came, went) = if comes { (vec![value], Vec::new()) } else { (Vec::new(), vec![value]) };
                Some(Change::Values { largest, came, went })
            }
        }
    }

    fn place(self) -> Option<usize> {
        match self {
            Self::Sum(place) => place,
            Self::CountOf(place) | Self::Extreme(place, _) => Some(place),
            Self::Anew => None,
        }
    }
}

/// What a record brings to a roll-up, as it was (`comes` false) or as it will be; nothing where it does not count.
pub(crate) fn contribution(draft: &Draft, feed: &Feed, env: &EvalEnv, comes: bool) -> Option<Change> {
    if feed.follows == Follows::Anew || feed.reads_lines {
        return Some(Change::Anew);
    }
    let values = if comes { Some(&draft.new) } else { draft.old.as_ref() }?;
    contribution_of((&draft.entity, values), feed, env, comes)
}

/// What a row with these values brings (`comes`) or takes with it.
pub(crate) fn contribution_of((entity, values): (&Entity, &[Value]), feed: &Feed, env: &EvalEnv, comes: bool) -> Option<Change> {
    if feed.follows == Follows::Anew || feed.reads_lines {
        return Some(Change::Anew);
    }
    let row = Row { entity, values };
    if !row.value(FieldId::ARCHIVED_AT).is_null() {
        return None;
    }
    match feed.filter.as_ref().map_or(Ok(true), |filter| holds(filter, &row, env)) {
        Ok(false) => None,
        Ok(true) => {
            let value = feed.follows.place().and_then(|place| values.get(place)).cloned();
            feed.follows.change(value.unwrap_or_default(), comes)
        }
        Err(_not_told_by_the_row) => Some(Change::Anew),
    }
}

/// Stored values of a record, for a filter that reads nothing else.
struct Row<'a> {
    entity: &'a Entity,
    values: &'a [Value],
}

impl Row<'_> {
    fn value(&self, field: FieldId) -> &Value {
        self.entity.index_of(field).and_then(|place| self.values.get(place)).unwrap_or(&Value::Null)
    }
}

impl RowSource for Row<'_> {
    fn field(&self, path: &[FieldId]) -> Result<Value, EvalError> {
        match path {
            [field] if self.entity.field(*field).is_some_and(|field| field.column().is_some()) => Ok(self.value(*field).clone()),
            _ => Err(EvalError::BadValue),
        }
    }

    fn lines(&self, _path: &[FieldId]) -> Result<Vec<Box<dyn RowSource + '_>>, EvalError> {
        Err(EvalError::BadValue)
    }
}

/// Whether a total keeps every digit of a value, so that differences never drift from what all values combine to.
fn is_exact(value: &FieldType, total: &FieldType) -> bool {
    match (value, total) {
        (FieldType::Date, FieldType::Date) | (FieldType::DateTime, FieldType::DateTime) => true,
        // Amounts are rounded to their currency's digits, which must be those of the total.
        (FieldType::Money { currency: of, scale, .. }, FieldType::Money { currency, scale: kept, .. }) => {
            scale <= kept && same_currency(of, currency)
        }
        (_, FieldType::Money { scale: AMOUNT_SCALE, .. }) => false,
        (value, total) => digits(value).zip(digits(total)).is_some_and(|(value, total)| value <= total),
    }
}

fn same_currency(one: &CurrencyOf, other: &CurrencyOf) -> bool {
    match (one, other) {
        (CurrencyOf::Base, CurrencyOf::Base) => true,
        (CurrencyOf::Fixed(one), CurrencyOf::Fixed(other)) => one == other,
        (CurrencyOf::Base | CurrencyOf::Fixed(_) | CurrencyOf::Field(_), _) => false,
    }
}

/// Digits behind the point; nothing for what is no number.
fn digits(ty: &FieldType) -> Option<u8> {
    match ty {
        FieldType::Decimal { scale, .. } | FieldType::Money { scale, .. } => Some(*scale),
        FieldType::Integer { .. } | FieldType::Duration => Some(0),
        _ => None,
    }
}

fn add(one: Decimal, two: Decimal) -> Option<Decimal> {
    let scale = u8::try_from(one.scale().max(two.scale())).ok()?;
    decimal::add(one, two, scale).ok()
}

/// Whether a value is on the outer side of another; any value is better than none.
pub(super) fn is_better(value: &Value, than: &Value, largest: bool) -> bool {
    let order = match (value, than) {
        (Value::Null, _) => return false,
        (_, Value::Null) => return true,
        (Value::Number(value), Value::Number(than)) => value.cmp(than),
        (Value::Date(value), Value::Date(than)) => value.cmp(than),
        (Value::Instant(value), Value::Instant(than)) => value.cmp(than),
        (Value::Time(value), Value::Time(than)) => value.cmp(than),
        (Value::Text(value), Value::Text(than)) => value.cmp(than),
        _ => return false,
    };
    if largest { order.is_gt() } else { order.is_lt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: i64) -> Value {
        Value::Number(value.into())
    }

    fn values(came: &[i64], went: &[i64]) -> Change {
        let list = |of: &[i64]| of.iter().map(|value| number(*value)).collect();
        Change::Values { largest: true, came: list(came), went: list(went) }
    }

    #[test]
    fn differences_add_up() {
        let mut change = Change::By(3.into());
        change.and(Change::By((-5).into()));
        assert_eq!(change.applied(&number(10)), Some(number(8)));
        assert_eq!(change.applied(&Value::Null), None, "what was never filled is combined anew");
        change.and(Change::Anew);
        assert_eq!(change.applied(&number(10)), None);
    }

    #[test]
    fn the_largest_is_compared_or_looked_for() {
        assert_eq!(values(&[7], &[]).applied(&Value::Null), Some(number(7)));
        assert_eq!(values(&[7, 12], &[3]).applied(&number(9)), Some(number(12)));
        assert_eq!(values(&[7], &[3]).applied(&number(9)), Some(number(9)));
        assert_eq!(values(&[12], &[9]).applied(&number(9)), Some(number(12)));
        assert_eq!(values(&[8], &[9]).applied(&number(9)), None, "the largest went, and the next one is not known");
        let mut passing = values(&[12], &[9]);
        passing.and(values(&[5], &[12]));
        assert_eq!(passing, values(&[5], &[9]));
        assert_eq!(values(&[], &[1]).applied(&Value::Null), None);
    }
}
