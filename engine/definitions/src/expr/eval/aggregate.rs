//! Aggregates over lines in memory: null values are skipped.
use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{EvalError, Frame, RowSource, compare, number, scale_of};
use crate::{
    expr::{Aggregate, Expr, Type, decimal},
    value::Value,
};

impl Frame<'_> {
    pub(super) fn aggregate(
        &self,
        function: Aggregate,
        lines: &[Box<dyn RowSource + '_>],
        (body, filter): (Option<&Expr>, Option<&Expr>),
        ty: &Type,
    ) -> Result<Value, EvalError> {
        let mut count = 0_u64;
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        for line in lines {
            let frame = Frame { row: line.as_ref(), outer: Some(self), depth: self.depth + 1, env: self.env };
            if let Some(filter) = filter
                && !frame.holds(filter)?
            {
                continue;
            }
            count += 1;
            let Some(body) = body else { continue };
            match function {
                Aggregate::Any | Aggregate::All => conditions.push(frame.holds(body)?),
                Aggregate::Sum | Aggregate::Count | Aggregate::Min | Aggregate::Max | Aggregate::Average => {
                    values.push(frame.value(body)?)
                }
            }
        }
        values.retain(|value| !value.is_null());
        Ok(match function {
            Aggregate::Count => Value::Number(count.into()),
            Aggregate::Any => Value::Bool(conditions.contains(&true)),
            Aggregate::All => Value::Bool(!conditions.contains(&false)),
            Aggregate::Sum => Value::Number(sum(values, scale_of(ty))?),
            Aggregate::Average => average(values, body)?,
            Aggregate::Min => extreme(values, Ordering::Less)?,
            Aggregate::Max => extreme(values, Ordering::Greater)?,
        })
    }
}

fn sum(values: Vec<Value>, scale: u8) -> Result<Decimal, EvalError> {
    let mut sum = Decimal::ZERO;
    for value in values {
        sum = decimal::add(sum, number(&value)?.unwrap_or_default(), scale)?;
    }
    Ok(sum)
}

fn average(values: Vec<Value>, body: Option<&Expr>) -> Result<Value, EvalError> {
    if values.is_empty() {
        return Ok(Value::Null);
    }
    let count = Decimal::from(values.len());
    let sum = sum(values, body.map_or(0, |body| scale_of(&body.ty)))?;
    Ok(Value::Number(decimal::divide(sum, count, decimal::MAX_SCALE)?))
}

/// The value that compares with all others as asked; null if there is none.
pub(super) fn extreme(values: Vec<Value>, wanted: Ordering) -> Result<Value, EvalError> {
    let mut best = Value::Null;
    for value in values {
        if best.is_null() || compare(&value, &best)? == Some(wanted) {
            best = value;
        }
    }
    Ok(best)
}
