//! The meaning of an expression in memory.
mod aggregate;
mod call;

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{
    BinaryOp, EnvValue, Expr, ExprKind, Type,
    decimal::{self, ArithmeticError},
    rates::{Conversion, Rates},
    units::{Units, UsedUnits},
};
use crate::{id::FieldId, value::Value};

/// A row that an expression reads: a record or one of its lines.
pub trait RowSource {
    /// The value at the end of a path: references to follow from this row, then the field. Null where a reference is empty.
    fn field(&self, path: &[FieldId]) -> Result<Value, EvalError>;
    /// The lines at the end of a path: references to follow, then the `lines` field. Archived or removed lines are not among them.
    fn lines(&self, path: &[FieldId]) -> Result<Vec<Box<dyn RowSource + '_>>, EvalError>;
}

/// What an expression can know of the moment, the person and the request.
#[derive(Clone, Debug)]
pub struct EvalEnv {
    /// `today()`: the day in the company's zone.
    pub today: Date,
    /// `now()`, to the microsecond.
    pub now: OffsetDateTime,
    /// `user.id`
    pub user_id: Option<Uuid>,
    /// `user.name`
    pub user_name: String,
    /// `user.department`
    pub user_department: Option<Uuid>,
    /// `company.x` where records have no company of their own.
    pub company: CompanyValues,
    /// `$name`
    pub parameters: BTreeMap<String, Value>,
    /// What `convert` knows.
    pub rates: Rates,
    /// What `convert_unit` knows.
    pub units: Units,
}

/// The values of the tenant's default company by field, its id included; empty where there is none.
pub type CompanyValues = Arc<BTreeMap<FieldId, Value>>;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A number of more than 28 digits, or a date outside the calendar.
    #[error("overflow")]
    Overflow,
    /// A division by zero.
    #[error("division_by_zero")]
    DivisionByZero,
    /// A row holds a value of another type than its definition says, or a parameter is missing.
    #[error("bad_value")]
    BadValue,
    /// No rate between two currencies on the day or shortly before it.
    #[error("rate_missing: {} to {} on {}", .0.from, .0.to, .0.date)]
    RateMissing(Box<Conversion>),
    /// There is no unit of that code.
    #[error("unit_unknown: {0}")]
    UnitUnknown(String),
    /// Two units that do not measure the same.
    #[error("units_differ: {} to {}", .0.from.code, .0.to.code)]
    UnitsDiffer(Box<UsedUnits>),
    /// The source of rows failed; its own error travels beside.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl EvalError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Overflow => "overflow",
            Self::DivisionByZero => "division_by_zero",
            Self::BadValue => "bad_value",
            Self::RateMissing(_) => "rate_missing",
            Self::UnitUnknown(_) => "unit_unknown",
            Self::UnitsDiffer(_) => "units_differ",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Whether what a conversion needs is missing among the records of the tenant: rates, units.
    pub fn lacks_records(&self) -> bool {
        match self {
            Self::RateMissing(_) | Self::UnitUnknown(_) | Self::UnitsDiffer(_) => true,
            Self::Overflow | Self::DivisionByZero | Self::BadValue | Self::Unavailable(_) => false,
        }
    }
}

impl From<ArithmeticError> for EvalError {
    fn from(error: ArithmeticError) -> Self {
        match error {
            ArithmeticError::Overflow => Self::Overflow,
            ArithmeticError::DivisionByZero => Self::DivisionByZero,
        }
    }
}

/// The value of an expression that stands on `row`. A number comes with exactly the digits behind the point that its type says.
pub fn eval(expr: &Expr, row: &dyn RowSource, env: &EvalEnv) -> Result<Value, EvalError> {
    let value = Frame { row, outer: None, depth: 0, env }.value(expr)?;
    Ok(match (value, &expr.ty) {
        // A value that only fits with fewer digits behind the point is the same number.
        (Value::Number(number), Type::Number { scale }) => Value::Number(decimal::rescale(number, *scale).unwrap_or(number)),
        (value, _) => value,
    })
}

/// Whether a condition holds; null counts as false.
pub fn holds(expr: &Expr, row: &dyn RowSource, env: &EvalEnv) -> Result<bool, EvalError> {
    Frame { row, outer: None, depth: 0, env }.holds(expr)
}

/// The row of a scope, and the scopes around it.
struct Frame<'a> {
    row: &'a dyn RowSource,
    outer: Option<&'a Frame<'a>>,
    depth: u8,
    env: &'a EvalEnv,
}

impl Frame<'_> {
    fn row(&self, scope: u8) -> Result<&dyn RowSource, EvalError> {
        let mut frame = self;
        while frame.depth != scope {
            frame = frame.outer.ok_or(EvalError::BadValue)?;
        }
        Ok(frame.row)
    }

    fn value(&self, expr: &Expr) -> Result<Value, EvalError> {
        Ok(match &expr.kind {
            ExprKind::Literal(value) => value.clone(),
            ExprKind::Field { scope, path } => self.row(*scope)?.field(path)?,
            ExprKind::Parameter(name) => self.env.parameters.get(name).cloned().ok_or(EvalError::BadValue)?,
            ExprKind::Env(value) => self.moment(*value),
            ExprKind::Not(inner) => Value::Bool(!self.holds(inner)?),
            ExprKind::Negate(inner) => number(&self.value(inner)?)?.map_or(Value::Null, |number| Value::Number(-number)),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, &expr.ty)?,
            ExprKind::If { condition, then, otherwise } => self.value(if self.holds(condition)? { then } else { otherwise })?,
            ExprKind::Coalesce(first, second) => match self.value(first)? {
                Value::Null => self.value(second)?,
                found => found,
            },
            ExprKind::In { needle, list } => Value::Bool(self.is_in(needle, list)?),
            ExprKind::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?),
            ExprKind::Call { function, arguments } => self.call(*function, arguments, &expr.ty)?,
            ExprKind::Aggregate { function, scope, path, body, filter } => {
                let lines = self.row(*scope)?.lines(path)?;
                self.aggregate(*function, &lines, (body.as_deref(), filter.as_deref()), &expr.ty)?
            }
        })
    }

    /// A condition; null is false.
    fn holds(&self, expr: &Expr) -> Result<bool, EvalError> {
        match self.value(expr)? {
            Value::Bool(value) => Ok(value),
            Value::Null => Ok(false),
            Value::Number(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::Instant(_)
            | Value::Time(_)
            | Value::Id(_)
            | Value::List(_)
            | Value::Json(_) => Err(EvalError::BadValue),
        }
    }

    fn moment(&self, value: EnvValue) -> Value {
        let id = |id: Option<Uuid>| id.map_or(Value::Null, Value::Id);
        match value {
            EnvValue::Today => Value::Date(self.env.today),
            EnvValue::Now => Value::Instant(self.env.now),
            EnvValue::UserId => id(self.env.user_id),
            EnvValue::UserName => Value::Text(self.env.user_name.clone()),
            EnvValue::UserDepartment => id(self.env.user_department),
            EnvValue::Company(field) => self.env.company.get(&field).cloned().unwrap_or_default(),
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr, ty: &Type) -> Result<Value, EvalError> {
        match op {
            BinaryOp::And => return Ok(Value::Bool(self.holds(left)? && self.holds(right)?)),
            BinaryOp::Or => return Ok(Value::Bool(self.holds(left)? || self.holds(right)?)),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                return arithmetic(op, &self.value(left)?, &self.value(right)?, scale_of(ty));
            }
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => {}
        }
        let order = compare(&self.value(left)?, &self.value(right)?)?;
        Ok(Value::Bool(match op {
            BinaryOp::NotEqual => order != Some(Ordering::Equal),
            BinaryOp::Less => order == Some(Ordering::Less),
            BinaryOp::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            BinaryOp::Greater => order == Some(Ordering::Greater),
            BinaryOp::GreaterEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            BinaryOp::Equal
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::And
            | BinaryOp::Or => order == Some(Ordering::Equal),
        }))
    }

    fn is_in(&self, needle: &Expr, list: &Expr) -> Result<bool, EvalError> {
        let needle = self.value(needle)?;
        let items = match self.value(list)? {
            Value::List(items) => items,
            Value::Null => return Ok(false),
            Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::Instant(_)
            | Value::Time(_)
            | Value::Id(_)
            | Value::Json(_) => return Err(EvalError::BadValue),
        };
        for item in &items {
            if compare(&needle, item)? == Some(Ordering::Equal) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn scale_of(ty: &Type) -> u8 {
    if let Type::Number { scale } = ty { *scale } else { 0 }
}

fn number(value: &Value) -> Result<Option<rust_decimal::Decimal>, EvalError> {
    match value {
        Value::Number(number) => Ok(Some(*number)),
        Value::Null => Ok(None),
        Value::Bool(_)
        | Value::Text(_)
        | Value::Date(_)
        | Value::Instant(_)
        | Value::Time(_)
        | Value::Id(_)
        | Value::List(_)
        | Value::Json(_) => Err(EvalError::BadValue),
    }
}

/// Null if one side is; text is joined.
fn arithmetic(op: BinaryOp, left: &Value, right: &Value, scale: u8) -> Result<Value, EvalError> {
    if let (BinaryOp::Add, Value::Text(left), Value::Text(right)) = (op, left, right) {
        return Ok(Value::Text(format!("{left}{right}")));
    }
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    let (Some(left), Some(right)) = (number(left)?, number(right)?) else { return Ok(Value::Null) };
    let result = match op {
        BinaryOp::Add => decimal::add(left, right, scale)?,
        BinaryOp::Subtract => decimal::subtract(left, right, scale)?,
        BinaryOp::Multiply => decimal::multiply(left, right, scale)?,
        BinaryOp::Divide => decimal::divide(left, right, scale)?,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::And
        | BinaryOp::Or => return Err(EvalError::BadValue),
    };
    Ok(Value::Number(result))
}

/// How two values of one type compare; `None` if one is null. Text compares by code point, which UTF-8 keeps.
fn compare(left: &Value, right: &Value) -> Result<Option<Ordering>, EvalError> {
    Ok(Some(match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Ok(None),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Instant(a), Value::Instant(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Id(a), Value::Id(b)) => a.cmp(b),
        (
            Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::Instant(_)
            | Value::Time(_)
            | Value::Id(_)
            | Value::List(_)
            | Value::Json(_),
            _,
        ) => return Err(EvalError::BadValue),
    }))
}
