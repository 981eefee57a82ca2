//! A typed expression as SQL, with exactly the meaning of its evaluation in memory.
//!
//! A comparison with null is false there and null here; both are no match. So a [`condition`](Writer::condition) may
//! yield null, and only where false and null would part (under a negation, as a value) is it made false.
use kontor_definitions::{
    ColumnType, Field, FieldId, Value,
    expr::{BinaryOp, EnvValue, Expr, ExprKind, Type},
};

use super::{
    number,
    writer::{Term, Writer},
};
use crate::{bind::Bind, error::StorageError, store::Dialect, value::Reading};

/// The type of a column that holds an expression's values.
pub(super) fn column_type(ty: &Type) -> Result<ColumnType, StorageError> {
    Ok(match ty {
        Type::Null | Type::Text => ColumnType::Text,
        Type::Boolean => ColumnType::Boolean,
        Type::Number { scale } => ColumnType::Decimal { scale: *scale },
        Type::Date => ColumnType::Date,
        Type::Instant => ColumnType::Instant,
        Type::Time => ColumnType::Time,
        Type::Record(_) => ColumnType::Uuid,
        Type::Json | Type::List(_) => ColumnType::Json,
        Type::Rows(_) => return Err(StorageError::Bug("lines are no value".to_owned())),
    })
}

/// Whether computing it can fail, so that it must not be computed where memory would not.
fn can_fail(expr: &Expr) -> bool {
    let mut fails = false;
    expr.walk(&mut |expr| {
        fails |= match &expr.kind {
            ExprKind::Binary { op, .. } => {
                matches!(op, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide)
            }
            ExprKind::Call { .. } | ExprKind::Aggregate { .. } => true,
            _ => false,
        };
    });
    fails
}

/// Whether one of them holds. Put together in halves: a chain of thousands would be deeper than SQLite reads.
fn any_of(conditions: &[String]) -> String {
    match conditions {
        [] => "FALSE".to_owned(),
        [only] => only.clone(),
        _ => {
            let (first, second) = conditions.split_at(conditions.len() / 2);
            format!("({} OR {})", any_of(first), any_of(second))
        }
    }
}

/// Whether it depends on a row.
fn reads_a_row(expr: &Expr) -> bool {
    let mut reads = false;
    expr.walk(&mut |expr| reads |= matches!(expr.kind, ExprKind::Field { .. } | ExprKind::Aggregate { .. }));
    reads
}

impl<'a> Writer<'a> {
    /// A condition: true, or not (false or null).
    pub(crate) fn condition(&mut self, expr: &'a Expr) -> Result<String, StorageError> {
        match &expr.kind {
            ExprKind::Not(inner) => Ok(format!("(NOT {})", self.certain(inner)?)),
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                let (left, lazy) = (self.condition(left)?, can_fail(right));
                let right = self.condition(right)?;
                Ok(if lazy { format!("CASE WHEN {left} THEN {right} END") } else { format!("({left} AND {right})") })
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                let (left, lazy) = (self.condition(left)?, can_fail(right));
                let right = self.condition(right)?;
                Ok(if lazy { format!("CASE WHEN {left} THEN TRUE ELSE {right} END") } else { format!("({left} OR {right})") })
            }
            ExprKind::Binary { op, left, right } => self.comparison(*op, left, right),
            ExprKind::In { needle, list } => self.contained(needle, list),
            _ => self.raw(expr).map(|term| term.sql),
        }
    }

    /// A condition that is never null.
    pub(super) fn certain(&mut self, expr: &'a Expr) -> Result<String, StorageError> {
        self.condition(expr).map(|sql| format!("COALESCE({sql}, FALSE)"))
    }

    /// The value of an expression.
    pub(crate) fn value(&mut self, expr: &'a Expr) -> Result<Term, StorageError> {
        let is_condition = match &expr.kind {
            ExprKind::Not(_) | ExprKind::In { .. } => true,
            ExprKind::Binary { op, .. } => {
                !matches!(op, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide)
            }
            _ => false,
        };
        if is_condition {
            return Ok(Term::column(self.certain(expr)?, ColumnType::Boolean));
        }
        self.raw(expr)
    }

    fn raw(&mut self, expr: &'a Expr) -> Result<Term, StorageError> {
        match &expr.kind {
            ExprKind::Literal(value) => self.literal(value, &expr.ty),
            ExprKind::Field { scope, path } => self.path(*scope, path),
            ExprKind::Parameter(name) => self.standing_for(name),
            ExprKind::Env(value) => self.moment(*value),
            ExprKind::Negate(inner) => self.value(inner).map(|term| number::negated(self.dialect, &term)),
            ExprKind::Binary { op, left, right } => self.operation(*op, left, right, &expr.ty),
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.condition(condition)?;
                let (then, otherwise) = (self.like(then, &expr.ty)?, self.like(otherwise, &expr.ty)?);
                let sql = format!("CASE WHEN {condition} THEN {} ELSE {} END", then.sql, otherwise.sql);
                Ok(Term { sql, reading: then.reading })
            }
            ExprKind::Coalesce(first, second) => {
                let (first, second) = (self.like(first, &expr.ty)?, self.like(second, &expr.ty)?);
                Ok(Term { sql: format!("COALESCE({}, {})", first.sql, second.sql), reading: first.reading })
            }
            ExprKind::Call { function, arguments } => self.call(*function, arguments, &expr.ty),
            ExprKind::Aggregate { function, scope, path, body, filter } => {
                self.lines_aggregate(*function, *scope, path, body.as_deref(), filter.as_deref())
            }
            ExprKind::List(_) | ExprKind::Not(_) | ExprKind::In { .. } => {
                Err(StorageError::Bug("a list is no value of a statement".to_owned()))
            }
        }
    }

    /// A value written as others of this type are, so that it can stand beside them.
    pub(super) fn like(&mut self, expr: &'a Expr, ty: &Type) -> Result<Term, StorageError> {
        let term = self.value(expr)?;
        Ok(match ty {
            Type::Number { scale } => number::to_scale(self.dialect, &term, *scale),
            _ => term,
        })
    }

    fn literal(&mut self, value: &Value, ty: &Type) -> Result<Term, StorageError> {
        if let Value::Number(number) = value {
            let own = number.normalize();
            let scale = u8::try_from(own.scale()).unwrap_or(u8::MAX);
            if crate::value::scaled(own, scale).is_ok() {
                let ty = ColumnType::Decimal { scale };
                return Ok(Term::column(self.bind(&Bind(ty, Value::Number(own)))?, ty));
            }
            let wide = Term { sql: String::new(), reading: Reading::Computed { scale } };
            let sql = self.bind_like(&wide, &Value::Number(own))?;
            return Ok(Term { sql, ..wide });
        }
        let ty = column_type(ty)?;
        Ok(Term::column(self.bind(&Bind(ty, value.clone()))?, ty))
    }

    fn moment(&mut self, value: EnvValue) -> Result<Term, StorageError> {
        let actor = self.context.rights.actor();
        let bind = match value {
            EnvValue::Today => Bind(ColumnType::Date, Value::Date(self.context.today)),
            EnvValue::Now => Bind::instant(self.context.now),
            EnvValue::UserId => Bind::id(actor.user.0),
            EnvValue::UserName => Bind::text(&actor.name),
            EnvValue::UserDepartment => actor.department.map_or(Bind::null(ColumnType::Uuid), Bind::id),
            EnvValue::Company(field) => {
                Bind(self.company_column(field)?, self.context.company.get(&field).cloned().unwrap_or_default())
            }
        };
        Ok(Term::column(self.bind(&bind)?, bind.0))
    }

    fn company_column(&self, field: FieldId) -> Result<ColumnType, StorageError> {
        let company = self.context.catalog.entity_named("base.company");
        let column = company.and_then(|company| company.field(field)).and_then(Field::column);
        column.ok_or_else(|| StorageError::Bug(format!("companies have no column {field}")))
    }

    fn operation(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, ty: &Type) -> Result<Term, StorageError> {
        let (a, b) = (self.value(left)?, self.value(right)?);
        let Type::Number { scale } = ty else {
            return Ok(Term::column(format!("({} || {})", a.sql, b.sql), ColumnType::Text));
        };
        number::arithmetic(self.dialect, op, &a, &b, *scale)
            .ok_or_else(|| StorageError::Bug("a comparison yields no number".to_owned()))
    }

    fn comparison(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Result<String, StorageError> {
        let sign = match op {
            BinaryOp::Equal | BinaryOp::NotEqual => "=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::And | BinaryOp::Or => {
                return Err(StorageError::Bug("arithmetic is no condition".to_owned()));
            }
        };
        let hidden = self.compare_encrypted(left, right)?;
        if hidden.is_some() && sign != "=" {
            return Err(StorageError::Bug("an encrypted field is compared for more than equality".to_owned()));
        }
        let sql = if let Some(hidden) = hidden {
            hidden
        } else if matches!(left.ty, Type::Number { .. }) {
            let (a, b) = self.numbers(left, right)?;
            number::compared(self.dialect, sign, &a, &b)
        } else {
            format!("({} {sign} {})", self.value(left)?.sql, self.value(right)?.sql)
        };
        if op == BinaryOp::NotEqual {
            return Ok(format!("(NOT COALESCE({sql}, FALSE))"));
        }
        // PostgreSQL 15 takes an equality of two rows' values as one it may also apply below an outer join, where the
        // references behind it are not yet there; as a test of truth it stays where it is written.
        let stays = op == BinaryOp::Equal && self.dialect == Dialect::Postgres && reads_a_row(left) && reads_a_row(right);
        Ok(if stays { format!("({sql} IS TRUE)") } else { sql })
    }

    /// Two numbers to be compared; a literal is written as the column it is compared with, so that an index serves.
    fn numbers(&mut self, left: &'a Expr, right: &'a Expr) -> Result<(Term, Term), StorageError> {
        match (&left.kind, &right.kind) {
            (ExprKind::Literal(_), ExprKind::Literal(_)) => Ok((self.value(left)?, self.value(right)?)),
            (_, ExprKind::Literal(value)) => {
                let a = self.value(left)?;
                let b = self.beside(&a, value, right)?;
                Ok((a, b))
            }
            (ExprKind::Literal(value), _) => {
                let b = self.value(right)?;
                let a = self.beside(&b, value, left)?;
                Ok((a, b))
            }
            _ => Ok((self.value(left)?, self.value(right)?)),
        }
    }

    fn beside(&mut self, column: &Term, value: &Value, literal: &'a Expr) -> Result<Term, StorageError> {
        if let (Value::Number(number), Reading::Column(ty)) = (value, column.reading)
            && crate::value::scaled(*number, column.scale()).is_ok()
        {
            return Ok(Term { sql: self.bind(&Bind(ty, Value::Number(*number)))?, reading: column.reading });
        }
        self.value(literal)
    }

    fn contained(&mut self, needle: &'a Expr, list: &'a Expr) -> Result<String, StorageError> {
        if let ExprKind::List(items) = &list.kind {
            let mut found = Vec::new();
            for item in items {
                found.push(self.comparison(BinaryOp::Equal, needle, item)?);
            }
            return Ok(any_of(&found));
        }
        let (needle, list) = (self.value(needle)?.sql, self.value(list)?.sql);
        Ok(match self.dialect {
            Dialect::Sqlite => format!("EXISTS (SELECT 1 FROM json_each({list}) AS item WHERE item.value = {needle})"),
            Dialect::Postgres => format!("jsonb_exists({list}, {needle})"),
        })
    }
}
