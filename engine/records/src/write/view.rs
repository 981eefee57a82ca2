//! A draft as expressions see it: its values as they will be, its lines, what was loaded behind its references.
use kontor_definitions::{
    Field, FieldId, FieldType, Value,
    catalog::FieldClass,
    expr::{
        decimal,
        eval::{EvalEnv, EvalError, RowSource, eval, holds},
        rates::Rates,
        units::Units,
    },
    model::field::RollupFunction,
};
use rust_decimal::Decimal;
use std::sync::Arc;

use super::{
    difference::is_better,
    draft::{Draft, DraftLines},
    known::Known,
};
use crate::frame::Frame;

/// A draft, with its parent if it is a line.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) parent: Option<&'a View<'a>>,
    pub(crate) known: &'a Known,
    pub(crate) env: &'a EvalEnv,
}

/// What expressions know of the moment and the person.
pub(crate) fn env_of(frame: &Frame) -> EvalEnv {
    let actor = frame.rights.actor();
    EvalEnv {
        today: frame.today,
        now: frame.now,
        user_id: Some(actor.user.0).filter(|id| !id.is_nil()),
        user_name: actor.name.clone(),
        user_department: actor.department,
        company: Arc::clone(frame.companies.default_values()),
        parameters: std::collections::BTreeMap::new(),
        rates: Rates::default(),
        units: Units::default(),
    }
}

impl View<'_> {
    /// The value of a derived field of this draft, before it is fitted to its type.
    pub(crate) fn derived(&self, field: &Field) -> Result<Value, EvalError> {
        match &field.ty {
            FieldType::Formula { expression, .. } => eval(expression, self, self.env),
            FieldType::Lookup { path, .. } => self.field(path),
            FieldType::Rollup { lines, function, field: of, filter, .. } => {
                let Some(lines) = self.own_lines(*lines) else { return Ok(Value::Null) };
                let mut values = Vec::new();
                let mut count = 0_u64;
                for draft in &lines.rows {
                    let line = View { draft, parent: Some(self), known: self.known, env: self.env };
                    if let Some(filter) = filter
                        && !holds(filter, &line, self.env)?
                    {
                        continue;
                    }
                    count += 1;
                    if let Some(of) = of {
                        values.push(line.field(&[*of])?);
                    }
                }
                combine(*function, count, of.is_some(), values)
            }
            _ => Ok(Value::Null),
        }
    }

    fn own_lines(&self, field: FieldId) -> Option<&DraftLines> {
        let place = self.draft.entity.index_of(field)?;
        self.draft.lines.iter().find(|lines| lines.place == place)
    }
}

impl RowSource for View<'_> {
    fn field(&self, path: &[FieldId]) -> Result<Value, EvalError> {
        let Some((first, rest)) = path.split_first() else { return Err(EvalError::BadValue) };
        if *first == FieldId::ID && rest.is_empty() {
            return Ok(Value::Id(self.draft.id));
        }
        if *first == FieldId::PARENT
            && let Some(parent) = self.parent
        {
            return if rest.is_empty() { Ok(Value::Id(parent.draft.id)) } else { parent.field(rest) };
        }
        let field = self.draft.entity.field(*first).ok_or(EvalError::BadValue)?;
        let value = if field.class == FieldClass::Live { self.derived(field)? } else { self.draft.value(*first).clone() };
        if rest.is_empty() {
            return Ok(value);
        }
        match (value, field.ty.reference()) {
            (Value::Id(id), Some(target)) => self.known.field(target, id, rest),
            _ => Ok(Value::Null),
        }
    }

    fn lines(&self, path: &[FieldId]) -> Result<Vec<Box<dyn RowSource + '_>>, EvalError> {
        let Some((first, rest)) = path.split_first() else { return Err(EvalError::BadValue) };
        if *first == FieldId::PARENT
            && let Some(parent) = self.parent
        {
            return parent.lines(rest);
        }
        if rest.is_empty() {
            let Some(lines) = self.own_lines(*first) else { return Ok(Vec::new()) };
            let view =
                |draft| Box::new(View { draft, parent: Some(self), known: self.known, env: self.env }) as Box<dyn RowSource + '_>;
            return Ok(lines.rows.iter().map(view).collect());
        }
        let target = self.draft.entity.field(*first).and_then(|field| field.ty.reference());
        match (self.field(&[*first])?, target) {
            (Value::Id(id), Some(target)) => self.known.lines(target, id, rest),
            _ => Ok(Vec::new()),
        }
    }
}

/// Combines the values of lines. Nulls are skipped; the sum of nothing is 0, of the others there is none.
pub(crate) fn combine(function: RollupFunction, count: u64, of_field: bool, values: Vec<Value>) -> Result<Value, EvalError> {
    let values: Vec<Value> = values.into_iter().filter(|value| !value.is_null()).collect();
    if function == RollupFunction::Count {
        let count = if of_field { values.len() as u64 } else { count };
        return Ok(Value::Number(Decimal::from(count)));
    }
    if let RollupFunction::Min | RollupFunction::Max = function {
        return Ok(extreme(function == RollupFunction::Max, values));
    }
    let mut sum = Decimal::ZERO;
    let count = values.len();
    for value in values {
        let Value::Number(number) = value else { return Err(EvalError::BadValue) };
        let scale = u8::try_from(sum.scale().max(number.scale())).unwrap_or(decimal::MAX_SCALE);
        sum = decimal::add(sum, number, scale)?;
    }
    match function {
        RollupFunction::Average if count == 0 => Ok(Value::Null),
        RollupFunction::Average => Ok(Value::Number(decimal::divide(sum, Decimal::from(count as u64), decimal::MAX_SCALE)?)),
        RollupFunction::Sum | RollupFunction::Count | RollupFunction::Min | RollupFunction::Max => Ok(Value::Number(sum)),
    }
}

fn extreme(largest: bool, values: Vec<Value>) -> Value {
    values.into_iter().reduce(|best, value| if is_better(&value, &best, largest) { value } else { best }).unwrap_or_default()
}
