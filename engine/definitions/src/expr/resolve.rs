//! Syntax tree to typed tree: names become ids, every node gets a type and scale, every mistake a finding.
mod aggregate;
mod call;
mod operator;
mod path;
mod types;

use std::collections::HashMap;

pub use types::read_literal;

use super::{
    Expr, ExprKind, Span, Type,
    ast::{Ast, AstKind},
    error::{ExprError, type_name},
    names::Names,
};
use crate::{
    id::{EntityId, FieldId},
    value::Value,
};

/// Gives every name and node of `ast` its meaning. With `expected`, the result must fit that type
/// (any scale fits a number with digits behind the point; the field's own rounding applies when it is stored).
pub fn resolve(ast: &Ast, names: &dyn Names, expected: Option<&Type>) -> Result<Expr, Vec<ExprError>> {
    let mut resolver = Resolver { names, scopes: Vec::new(), options: HashMap::new(), errors: Vec::new() };
    let resolved = resolver.value(ast);
    let fitted = match (resolved, expected) {
        (Some(expr), Some(expected)) => resolver.fit(expr, expected),
        (resolved, _) => resolved,
    };
    match fitted {
        Some(expr) if resolver.errors.is_empty() => Ok(expr),
        Some(_) | None => Err(resolver.errors),
    }
}

/// Reads and resolves a text.
pub fn compile(text: &str, names: &dyn Names, expected: Option<&Type>) -> Result<Expr, Vec<ExprError>> {
    resolve(&super::parse::parse(text)?, names, expected)
}

/// The entity that the parameter of an enclosing closure stands for.
struct Scope {
    parameter: Option<String>,
    entity: EntityId,
}

/// Methods answer `None` after they have reported why.
struct Resolver<'n> {
    names: &'n dyn Names,
    /// Enclosing aggregates, outermost first; the n-th one has scope n + 1.
    scopes: Vec<Scope>,
    /// The options of fields met so far, to find literals that are none of them.
    options: HashMap<FieldId, Vec<String>>,
    errors: Vec<ExprError>,
}

impl Resolver<'_> {
    fn report<T>(&mut self, error: ExprError) -> Option<T> {
        self.errors.push(error);
        None
    }

    /// An expression that has a value: everything but lines.
    fn value(&mut self, ast: &Ast) -> Option<Expr> {
        let expr = self.any(ast)?;
        if matches!(expr.ty, Type::Rows(_)) {
            let error = ExprError::new("lines_need_aggregate", ast.span, "明细行本身没有值", "lines have no value of their own");
            return self.report(error.hint(
                "请加汇总, 例如 lines.count 或 lines.sum(amount)",
                "combine them, for example lines.count or lines.sum(amount)",
            ));
        }
        Some(expr)
    }

    fn any(&mut self, ast: &Ast) -> Option<Expr> {
        let span = ast.span;
        let literal = |value, ty| Some(Expr { kind: ExprKind::Literal(value), ty, span });
        match &ast.kind {
            AstKind::Null => literal(Value::Null, Type::Null),
            AstKind::Bool(value) => literal(Value::Bool(*value), Type::Boolean),
            AstKind::Number(number) => literal(Value::Number(*number), Type::Number { scale: types::literal_scale(*number) }),
            AstKind::Text(text) => literal(Value::Text(text.clone()), Type::Text),
            AstKind::Name(_) | AstKind::Member { .. } => self.member(ast),
            AstKind::Parameter(name) => self.parameter(name, span),
            AstKind::Method { of, name, arguments } => self.method(of, name, arguments, span),
            AstKind::Call { name, arguments } => self.call(name, arguments, span),
            AstKind::Not(inner) => {
                let inner = self.boolean(inner)?;
                Some(Expr { kind: ExprKind::Not(Box::new(inner)), ty: Type::Boolean, span })
            }
            AstKind::Negate(inner) => self.negate(inner, span),
            AstKind::Binary { operator, left, right } => self.binary(*operator, left, right, span),
            AstKind::If { condition, then, otherwise } => {
                let condition = self.boolean(condition);
                let (then, otherwise) = (self.value(then), self.value(otherwise));
                let (then, otherwise) = self.unify(then?, otherwise?, span)?;
                let ty = types::common(&then.ty, &otherwise.ty)?;
                let (condition, then, otherwise) = (Box::new(condition?), Box::new(then), Box::new(otherwise));
                Some(Expr { kind: ExprKind::If { condition, then, otherwise }, ty, span })
            }
            AstKind::List(items) => self.list(items, None, span),
            AstKind::Closure { .. } => {
                let error = ExprError::new("misplaced_closure", span, "|l| … 不能用在这里", "|l| … does not fit here");
                self.report(
                    error.hint("它只能用作 lines.sum(…) 等汇总的参数", "it stands only inside an aggregate such as lines.sum(…)"),
                )
            }
        }
    }

    fn parameter(&mut self, name: &str, span: Span) -> Option<Expr> {
        match self.names.parameter(name) {
            Some(ty) => Some(Expr { kind: ExprKind::Parameter(name.to_owned()), ty, span }),
            None => self.report(ExprError::new(
                "unknown_parameter",
                span,
                format!("没有名为 ${name} 的参数"),
                format!("there is no parameter called ${name}"),
            )),
        }
    }

    /// A condition; null literals count as false.
    fn boolean(&mut self, ast: &Ast) -> Option<Expr> {
        let expr = self.value(ast)?;
        match expr.ty {
            Type::Boolean => Some(expr),
            Type::Null => Some(types::retyped(expr, &Type::Boolean)),
            Type::Number { .. }
            | Type::Text
            | Type::Date
            | Type::Instant
            | Type::Time
            | Type::Record(_)
            | Type::List(_)
            | Type::Rows(_)
            | Type::Json => {
                let (zh, en) = type_name(&expr.ty);
                let error = ExprError::new(
                    "type_mismatch",
                    ast.span,
                    format!("这里需要条件, 实际是{zh}"),
                    format!("a condition is needed here, this is {en}"),
                );
                self.report(error.hint("请写成比较, 例如 total > 0", "compare it, for example total > 0"))
            }
        }
    }
}
