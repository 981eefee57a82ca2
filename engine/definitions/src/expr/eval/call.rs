//! Function calls in memory: null in, null out, except for predicates, `concat` and `is_null`.
use std::cmp::Ordering;

use rust_decimal::Decimal;
use time::Date;

use super::{EvalError, Frame, aggregate::extreme, scale_of};
use crate::{
    expr::{
        Expr, Function, Type, decimal,
        function::{
            date::{self, Unit},
            round_mode, text,
        },
        rates::Conversion,
    },
    value::Value,
};

/// Arguments that are not null, read one after the other.
struct Arguments<'v>(std::slice::Iter<'v, Value>);

impl<'v> Arguments<'v> {
    fn next(&mut self) -> Result<&'v Value, EvalError> {
        self.0.next().ok_or(EvalError::BadValue)
    }
    fn text(&mut self) -> Result<&'v str, EvalError> {
        if let Value::Text(text) = self.next()? { Ok(text) } else { Err(EvalError::BadValue) }
    }
    fn number(&mut self) -> Result<Decimal, EvalError> {
        if let Value::Number(number) = self.next()? { Ok(*number) } else { Err(EvalError::BadValue) }
    }
    fn date(&mut self) -> Result<Date, EvalError> {
        if let Value::Date(date) = self.next()? { Ok(*date) } else { Err(EvalError::BadValue) }
    }
    fn unit(&mut self) -> Result<Unit, EvalError> {
        Unit::named(self.text()?).ok_or(EvalError::BadValue)
    }
}

impl Frame<'_> {
    pub(super) fn call(&self, function: Function, arguments: &[Expr], ty: &Type) -> Result<Value, EvalError> {
        let values = arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
        match function {
            Function::IsNull => return Ok(Value::Bool(values.iter().all(Value::is_null))),
            Function::Concat => return concat(&values),
            _ if values.iter().any(Value::is_null) => {
                return Ok(if function.is_predicate() { Value::Bool(false) } else { Value::Null });
            }
            _ => {}
        }
        if function == Function::Convert {
            let mut take = Arguments(values.iter());
            let amount = take.number()?;
            let (from, to) = (take.text()?.to_owned(), take.text()?.to_owned());
            return self.env.rates.convert(amount, Conversion { from, to, date: take.date()? }).map(Value::Number);
        }
        if function == Function::ConvertUnit {
            let mut take = Arguments(values.iter());
            return self.env.units.convert(take.number()?, take.text()?, take.text()?).map(Value::Number);
        }
        call(function, &values, scale_of(ty))
    }
}

fn concat(values: &[Value]) -> Result<Value, EvalError> {
    let mut out = String::new();
    for value in values.iter().filter(|value| !value.is_null()) {
        out.push_str(Arguments(std::slice::from_ref(value).iter()).text()?);
    }
    Ok(Value::Text(out))
}

/// No value is null here.
fn call(function: Function, values: &[Value], scale: u8) -> Result<Value, EvalError> {
    let mut take = Arguments(values.iter());
    let whole = |number: u8| Value::Number(number.into());
    Ok(match function {
        Function::Length => Value::Number(text::length(take.text()?)),
        Function::Upper => Value::Text(text::upper(take.text()?)),
        Function::Lower => Value::Text(text::lower(take.text()?)),
        Function::Trim => Value::Text(text::trim(take.text()?).to_owned()),
        Function::Fold => Value::Text(crate::aspect::folded(take.text()?)),
        Function::Contains => Value::Bool(take.text()?.contains(take.text()?)),
        Function::StartsWith => Value::Bool(take.text()?.starts_with(take.text()?)),
        Function::EndsWith => Value::Bool(take.text()?.ends_with(take.text()?)),
        Function::Concat => concat(values)?,
        Function::Substring => {
            let (whole, start) = (take.text()?, take.number()?);
            let length = if values.len() > 2 { Some(take.number()?) } else { None };
            Value::Text(text::substring(whole, start, length))
        }
        Function::Replace => Value::Text(text::replace(take.text()?, take.text()?, take.text()?)),
        Function::ToText => Value::Text(to_text(take.next()?)?),
        Function::Round => {
            let number = take.number()?;
            take.number()?;
            let mode = round_mode(take.text()?).ok_or(EvalError::BadValue)?;
            Value::Number(decimal::round(number, scale, mode)?)
        }
        Function::Abs => Value::Number(decimal::absolute(take.number()?)),
        Function::Floor => Value::Number(decimal::floor(take.number()?)?),
        Function::Ceil => Value::Number(decimal::ceil(take.number()?)?),
        Function::Min => extreme(values.to_vec(), Ordering::Less)?,
        Function::Max => extreme(values.to_vec(), Ordering::Greater)?,
        Function::Year => Value::Number(take.date()?.year().into()),
        Function::Month => whole(take.date()?.month().into()),
        Function::Day => whole(take.date()?.day()),
        Function::Weekday => whole(date::weekday(take.date()?)),
        Function::AddDays => Value::Date(date::add_days(take.date()?, take.number()?)?),
        Function::AddMonths => Value::Date(date::add_months(take.date()?, take.number()?)?),
        Function::DaysBetween => Value::Number(date::days_between(take.date()?, take.date()?)),
        Function::StartOf => Value::Date(date::start_of(take.unit()?, take.date()?)?),
        Function::EndOf => Value::Date(date::end_of(take.unit()?, take.date()?)?),
        Function::IsNull => Value::Bool(false),
        Function::Convert | Function::ConvertUnit => return Err(EvalError::BadValue),
    })
}

fn to_text(value: &Value) -> Result<String, EvalError> {
    match value {
        Value::Number(number) => Ok(text::number(*number)),
        Value::Date(date) => Ok(text::date(*date)),
        Value::Null
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Instant(_)
        | Value::Time(_)
        | Value::Id(_)
        | Value::List(_)
        | Value::Json(_) => Err(EvalError::BadValue),
    }
}
