//! Aggregates over lines: `lines.sum(amount)`, `lines.filter(|l| l.qty > 0).sum(|l| l.qty * l.price)`.
use super::{
    Resolver, Scope,
    path::{Reached, words},
};
use crate::{
    expr::{
        Aggregate, BinaryOp, Expr, ExprKind, Function, Span, Type,
        ast::{Ast, AstKind, Word},
        decimal::MAX_SCALE,
        error::{ExprError, type_name},
    },
    id::EntityId,
};

impl Aggregate {
    /// Every aggregate.
    pub const ALL: [Self; 7] = [Self::Sum, Self::Count, Self::Min, Self::Max, Self::Average, Self::Any, Self::All];

    /// Its name in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
            Self::Average => "average",
            Self::Any => "any",
            Self::All => "all",
        }
    }

    /// The aggregate of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.name() == name)
    }
}

/// The lines an aggregate goes over, without their filters.
fn base<'a>(of: &'a Ast, filters: &mut Vec<&'a Ast>, odd: &mut Option<Span>) -> &'a Ast {
    let AstKind::Method { of: inner, name, arguments } = &of.kind else { return of };
    if name.text != "filter" {
        return of;
    }
    let base = base(inner, filters, odd);
    match arguments.as_slice() {
        [condition] => filters.push(condition),
        _ => *odd = Some(of.span),
    }
    base
}

impl Resolver<'_> {
    /// `of.name(arguments)`: an aggregate if `of` are lines, else the function with `of` as its first argument.
    pub(super) fn method(&mut self, of: &Ast, name: &Word, arguments: &[Ast], span: Span) -> Option<Expr> {
        let (mut filters, mut odd) = (Vec::new(), None);
        let base = base(of, &mut filters, &mut odd);
        let filtered = !filters.is_empty() || odd.is_some();
        let aggregate = Aggregate::named(&name.text);
        let wants_lines = filtered || name.text == "filter" || aggregate.is_some() && Function::named(&name.text).is_none();
        let lines = words(base)
            .and_then(|words| if wants_lines { self.reach(&words) } else { self.quietly(|resolver| resolver.reach(&words)) });
        if wants_lines && lines.is_none() && words(base).is_some() {
            return None;
        }
        let Some(Reached { ty: Type::Rows(entity), scope, path }) = lines else {
            if wants_lines {
                let error = ExprError::new(
                    "not_lines",
                    of.span,
                    format!("{} 只能用于明细行", name.text),
                    format!("{} works on lines only", name.text),
                );
                return self.report(error.hint("例如 lines.sum(amount)", "for example lines.sum(amount)"));
            }
            return self.method_call(of, name, arguments, span);
        };
        let Some(aggregate) = aggregate else { return self.no_aggregate(name) };
        if let Some(odd) = odd {
            return self.argument_count("filter", "1", odd);
        }
        let over = Lines { reached: Reached { scope, path, ty: Type::Rows(entity) }, entity, filters };
        self.aggregate(aggregate, over, arguments, span)
    }

    fn no_aggregate(&mut self, name: &Word) -> Option<Expr> {
        let known = Aggregate::ALL.map(Aggregate::name);
        if name.text == "filter" {
            let error =
                ExprError::new("lines_need_aggregate", name.span, "filter 之后还需要汇总", "an aggregate must follow filter");
            return self.report(
                error.hint("例如 lines.filter(|l| l.qty > 0).count()", "for example lines.filter(|l| l.qty > 0).count()"),
            );
        }
        let error = ExprError::new(
            "unknown_function",
            name.span,
            format!("明细行没有汇总 {}", name.text),
            format!("lines have no aggregate {}", name.text),
        );
        self.report(
            error
                .hint(format!("可用: {}", known.join(", ")), format!("there are {}", known.join(", ")))
                .did_you_mean(&name.text, known),
        )
    }

    pub(super) fn count(reached: Reached, span: Span) -> Expr {
        let kind = ExprKind::Aggregate {
            function: Aggregate::Count,
            scope: reached.scope,
            path: reached.path,
            body: None,
            filter: None,
        };
        Expr { kind, ty: Type::Number { scale: 0 }, span }
    }

    fn aggregate(&mut self, function: Aggregate, lines: Lines<'_>, arguments: &[Ast], span: Span) -> Option<Expr> {
        let (body, extra) = match (function, arguments) {
            (Aggregate::Count, []) => (None, None),
            (Aggregate::Count, [condition]) => (None, Some(condition)),
            (_, [body]) => (Some(body), None),
            (_, _) => {
                return self.argument_count(function.name(), if function == Aggregate::Count { "0 - 1" } else { "1" }, span);
            }
        };
        let mut filter: Option<Expr> = None;
        let mut complete = true;
        for condition in lines.filters.iter().copied().chain(extra) {
            match self.per_line(condition, lines.entity, Self::boolean) {
                Some(condition) => filter = Some(both_hold(filter, condition)),
                None => complete = false,
            }
        }
        let is_condition = matches!(function, Aggregate::Any | Aggregate::All);
        let reader = if is_condition { Self::boolean } else { Self::value };
        let body = match body {
            Some(body) => Some(Box::new(self.per_line(body, lines.entity, reader)?)),
            None => None,
        };
        let ty = self.aggregate_type(function, body.as_deref(), span)?;
        let Reached { scope, path, .. } = lines.reached;
        complete.then(|| Expr {
            kind: ExprKind::Aggregate { function, scope, path, body, filter: filter.map(Box::new) },
            ty,
            span,
        })
    }

    /// `|l| …`, or the name of a field of the lines, which stands for `|l| l.field`.
    fn per_line(&mut self, ast: &Ast, entity: EntityId, read: fn(&mut Self, &Ast) -> Option<Expr>) -> Option<Expr> {
        let (parameter, body, sugar) = match &ast.kind {
            AstKind::Closure { parameter, body } => (Some(parameter.text.clone()), body.as_ref(), None),
            _ => (None, ast, words(ast)),
        };
        if parameter.is_none() && sugar.is_none() {
            let error = ExprError::new(
                "argument_type",
                ast.span,
                "这里应为明细行的字段名或 |l| …",
                "the name of a line's field or |l| … is needed here",
            );
            return self.report(error.hint("例如 |l| l.qty * l.price", "for example |l| l.qty * l.price"));
        }
        self.scopes.push(Scope { parameter, entity });
        let result = match sugar {
            Some(words) => self.line_field(&words, ast, read),
            None => read(self, body),
        };
        self.scopes.pop();
        result
    }

    fn line_field(&mut self, words: &[Word], ast: &Ast, read: fn(&mut Self, &Ast) -> Option<Expr>) -> Option<Expr> {
        // A parameter that nobody can write stands before the words, so that they are read from the line.
        let hidden = Word { text: "|".to_owned(), span: ast.span };
        if let Some(scope) = self.scopes.last_mut() {
            scope.parameter = Some(hidden.text.clone());
        }
        let start = Ast { kind: AstKind::Name(hidden.text), span: ast.span, height: 1 };
        let path = words.iter().fold(start, |of, word| {
            let span = Span { start: ast.span.start, end: word.span.end };
            Ast { kind: AstKind::Member { of: Box::new(of), name: word.clone() }, span, height: 1 }
        });
        read(self, &path)
    }

    fn aggregate_type(&mut self, function: Aggregate, body: Option<&Expr>, span: Span) -> Option<Type> {
        let body_ty = body.map_or(&Type::Null, |body| &body.ty);
        match (function, body_ty) {
            (Aggregate::Count, _) => Some(Type::Number { scale: 0 }),
            (Aggregate::Any | Aggregate::All, _) => Some(Type::Boolean),
            (Aggregate::Average, Type::Number { .. }) => Some(Type::Number { scale: MAX_SCALE }),
            (Aggregate::Sum, Type::Number { .. })
            | (Aggregate::Min | Aggregate::Max, Type::Number { .. } | Type::Date | Type::Instant) => Some(body_ty.clone()),
            (Aggregate::Sum | Aggregate::Average | Aggregate::Min | Aggregate::Max, _) => {
                let (zh, en) = type_name(body_ty);
                let name = function.name();
                let error = ExprError::new(
                    "argument_type",
                    body.map_or(span, |body| body.span),
                    format!("{name} 不能用于{zh}"),
                    format!("{name} does not work on {en}"),
                );
                self.report(error.hint("请选择数字字段", "choose a number"))
            }
        }
    }
}

struct Lines<'a> {
    reached: Reached,
    entity: EntityId,
    filters: Vec<&'a Ast>,
}

fn both_hold(first: Option<Expr>, second: Expr) -> Expr {
    let Some(first) = first else { return second };
    let span = Span { start: first.span.start, end: second.span.end };
    Expr { kind: ExprKind::Binary { op: BinaryOp::And, left: Box::new(first), right: Box::new(second) }, ty: Type::Boolean, span }
}
