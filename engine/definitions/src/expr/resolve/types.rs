//! Which types go together, and literals that take on the type of their neighbour.
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime, Time, UtcOffset, format_description::well_known::Rfc3339, macros::format_description};
use uuid::Uuid;

use super::Resolver;
use crate::{
    expr::{
        Expr, ExprKind, Span, Type,
        error::{ExprError, type_name},
        names::ANY_ENTITY,
    },
    value::Value,
};

/// The scale a literal is written with; the lexer keeps it within bounds.
pub(super) fn literal_scale(number: Decimal) -> u8 {
    u8::try_from(number.scale()).unwrap_or(u8::MAX)
}

/// Gives a null literal the type of its surroundings, so that it can be bound in SQL.
pub(super) fn retyped(expr: Expr, ty: &Type) -> Expr {
    if expr.ty == Type::Null { Expr { ty: ty.clone(), ..expr } } else { expr }
}

/// The type both fit, if there is one.
pub(super) fn common(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Number { scale: a }, Type::Number { scale: b }) => Some(Type::Number { scale: *a.max(b) }),
        (Type::Record(a), Type::Record(b)) if *a == ANY_ENTITY || a == b => Some(Type::Record(*b)),
        (Type::Record(a), Type::Record(b)) if *b == ANY_ENTITY => Some(Type::Record(*a)),
        (Type::List(a), Type::List(b)) => common(a, b).map(|item| Type::List(Box::new(item))),
        (Type::Null, other) | (other, Type::Null) => Some(other.clone()),
        (a, b) => (a == b).then(|| a.clone()),
    }
}

/// A text literal as a value of another type that is written as text; `None` if it does not read as one.
pub fn read_literal(text: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::Date => {
            let read = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
            (text.len() == 10 && read.year() >= 1).then_some(Value::Date(read))
        }
        Type::Time => Time::parse(text, format_description!("[hour]:[minute]:[second]"))
            .or_else(|_with_seconds| Time::parse(text, format_description!("[hour]:[minute]")))
            .ok()
            .map(Value::Time),
        Type::Instant => {
            let read = OffsetDateTime::parse(text, &Rfc3339).ok()?.checked_to_offset(UtcOffset::UTC)?;
            let cut = read.replace_nanosecond(read.microsecond() * 1_000).ok()?;
            (cut.year() >= 1).then_some(Value::Instant(cut))
        }
        Type::Record(_) => Uuid::parse_str(text).ok().filter(|_| text.len() == 36).map(Value::Id),
        Type::Null | Type::Boolean | Type::Number { .. } | Type::Text | Type::List(_) | Type::Rows(_) | Type::Json => None,
    }
}

/// A text literal, or a list of them, as the wanted type; anything else as it is.
fn adapted(expr: Expr, ty: &Type) -> Expr {
    let read = match &expr.kind {
        ExprKind::Literal(Value::Text(text)) => read_literal(text, ty),
        _ => None,
    };
    match read {
        Some(value) => Expr { kind: ExprKind::Literal(value), ty: ty.clone(), span: expr.span },
        None => retyped(expr, ty),
    }
}

impl Resolver<'_> {
    /// Brings two expressions to types that have a common one; each keeps its own scale.
    pub(super) fn unify(&mut self, left: Expr, right: Expr, span: Span) -> Option<(Expr, Expr)> {
        let (left, right) = (adapted(left, &right.ty.clone()), right);
        let right = adapted(right, &left.ty);
        if common(&left.ty, &right.ty).is_none() {
            return self.mismatch(&left, &right, span);
        }
        Some((left, right))
    }

    pub(super) fn mismatch<T>(&mut self, left: &Expr, right: &Expr, span: Span) -> Option<T> {
        let ((left_zh, left_en), (right_zh, right_en)) = (type_name(&left.ty), type_name(&right.ty));
        let error = ExprError::new(
            "type_mismatch",
            span,
            format!("{left_zh}和{right_zh}不能放在一起"),
            format!("{left_en} and {right_en} do not go together"),
        );
        let hinted = match (&left.ty, &right.ty) {
            (Type::Record(_), Type::Record(_)) => {
                error.hint("两边引用的是不同的实体", "the two sides refer to different entities")
            }
            (Type::Number { .. }, Type::Text) | (Type::Text, Type::Number { .. }) => {
                error.hint("数字不加引号; 数字转文本用 text(…)", "write numbers without quotes; text(…) turns a number into text")
            }
            (Type::Date, Type::Text) | (Type::Text, Type::Date) => {
                error.hint("日期写作 date(\"2026-01-31\")", "write a date as date(\"2026-01-31\")")
            }
            (Type::Instant, _) | (_, Type::Instant) => error
                .hint("日期时间写作 datetime(\"2026-01-31T08:00:00Z\")", "write a moment as datetime(\"2026-01-31T08:00:00Z\")"),
            (Type::Record(_), Type::Text) | (Type::Text, Type::Record(_)) => error.hint(
                "请与记录 ID 比较, 或用引用的字段, 例如 customer.name",
                "compare with a record's id, or with a field of it, for example customer.name",
            ),
            _ => error.hint("请使用同一类型的值", "use values of the same type"),
        };
        self.report(hinted)
    }

    /// Checks the result of the whole expression.
    pub(super) fn fit(&mut self, expr: Expr, expected: &Type) -> Option<Expr> {
        let expr = adapted(expr, expected);
        let span = expr.span;
        let scale = |ty: &Type| if let Type::Number { scale } = ty { Some(*scale) } else { None };
        if scale(expected) == Some(0) && scale(&expr.ty).is_some_and(|scale| scale > 0) {
            let error = ExprError::new("type_mismatch", span, "结果必须是整数", "the result must be a whole number");
            return self.report(error.hint("请用 round(…, 0)", "wrap it in round(…, 0)"));
        }
        if common(&expr.ty, expected).is_some() {
            return Some(expr);
        }
        let ((zh, en), (wanted_zh, wanted_en)) = (type_name(&expr.ty), type_name(expected));
        self.report(
            ExprError::new(
                "type_mismatch",
                span,
                format!("结果是{zh}, 应为{wanted_zh}"),
                format!("the result is {en}, it must be {wanted_en}"),
            )
            .hint(format!("请改写为得到{wanted_zh}的表达式"), format!("write an expression that yields {wanted_en}")),
        )
    }
}
