//! Operators: which types they take, and the scale of their result.
use super::{
    Resolver,
    types::{common, retyped},
};
use crate::{
    expr::{
        BinaryOp, Expr, ExprKind, Function, Span, Type,
        ast::{Ast, AstKind, Operator},
        decimal::MAX_SCALE,
        error::{ExprError, type_name},
    },
    value::Value,
};

/// The type of a null literal that stands beside a value of this type; a null adds no digits to a product.
fn beside(ty: &Type) -> Type {
    if let Type::Number { .. } = ty { Type::Number { scale: 0 } } else { ty.clone() }
}

fn is_null_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Value::Null))
}

/// Whether the digits behind the point were declared by somebody (a field, a literal, `round`), not cut to 12 on the way.
fn is_declared(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::Multiply | BinaryOp::Divide, .. } => false,
        ExprKind::Binary { left, right, .. } | ExprKind::Coalesce(left, right) => is_declared(left) && is_declared(right),
        ExprKind::If { then, otherwise, .. } => is_declared(then) && is_declared(otherwise),
        ExprKind::Negate(inner) => is_declared(inner),
        ExprKind::Call { function: Function::Round, .. } | ExprKind::Literal(_) | ExprKind::Field { .. } => true,
        ExprKind::Call { arguments, .. } => arguments.iter().all(is_declared),
        ExprKind::Aggregate { .. }
        | ExprKind::Parameter(_)
        | ExprKind::Env(_)
        | ExprKind::Not(_)
        | ExprKind::In { .. }
        | ExprKind::List(_) => false,
    }
}

impl Resolver<'_> {
    pub(super) fn binary(&mut self, operator: Operator, left: &Ast, right: &Ast, span: Span) -> Option<Expr> {
        let op = match operator {
            Operator::Or => return self.logic(BinaryOp::Or, left, right, span),
            Operator::And => return self.logic(BinaryOp::And, left, right, span),
            Operator::In => return self.is_in(left, right, span),
            Operator::Coalesce => return self.coalesce(left, right, span),
            Operator::Equal => BinaryOp::Equal,
            Operator::NotEqual => BinaryOp::NotEqual,
            Operator::Less => BinaryOp::Less,
            Operator::LessEqual => BinaryOp::LessEqual,
            Operator::Greater => BinaryOp::Greater,
            Operator::GreaterEqual => BinaryOp::GreaterEqual,
            Operator::Add => return self.arithmetic(BinaryOp::Add, left, right, span),
            Operator::Subtract => return self.arithmetic(BinaryOp::Subtract, left, right, span),
            Operator::Multiply => return self.arithmetic(BinaryOp::Multiply, left, right, span),
            Operator::Divide => return self.arithmetic(BinaryOp::Divide, left, right, span),
        };
        self.comparison(op, left, right, span)
    }

    fn logic(&mut self, op: BinaryOp, left: &Ast, right: &Ast, span: Span) -> Option<Expr> {
        let (left, right) = (self.boolean(left), self.boolean(right));
        let kind = ExprKind::Binary { op, left: Box::new(left?), right: Box::new(right?) };
        Some(Expr { kind, ty: Type::Boolean, span })
    }

    pub(super) fn negate(&mut self, inner: &Ast, span: Span) -> Option<Expr> {
        let inner = self.value(inner)?;
        let Type::Number { .. } = inner.ty else {
            let (zh, en) = type_name(&inner.ty);
            let error = ExprError::new(
                "type_mismatch",
                span,
                format!("负号后应为数字, 实际是{zh}"),
                format!("a number must follow the minus sign, this is {en}"),
            );
            return self.report(error.hint("\"非\"写作 !", "\"not\" is written !"));
        };
        let ty = inner.ty.clone();
        let kind = match inner.kind {
            ExprKind::Literal(Value::Number(number)) => ExprKind::Literal(Value::Number(-number)),
            _ => ExprKind::Negate(Box::new(inner)),
        };
        Some(Expr { kind, ty, span })
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &Ast, right: &Ast, span: Span) -> Option<Expr> {
        let (left, right) = (self.value(left), self.value(right));
        let (left, right) = (left?, right?);
        let (left_ty, right_ty) = (beside(&left.ty), beside(&right.ty));
        let (left, right) = (retyped(left, &right_ty), retyped(right, &left_ty));
        let ty = match (&left.ty, &right.ty) {
            (Type::Text, Type::Text) if op == BinaryOp::Add => Type::Text,
            (Type::Number { scale: a }, Type::Number { scale: b }) => {
                Type::Number { scale: self.result_scale(op, (*a, *b), (&left, &right), span)? }
            }
            _ => return self.no_arithmetic(op, &left, &right, span),
        };
        Some(Expr { kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, ty, span })
    }

    fn result_scale(&mut self, op: BinaryOp, (a, b): (u8, u8), (left, right): (&Expr, &Expr), span: Span) -> Option<u8> {
        match op {
            BinaryOp::Multiply if a + b > MAX_SCALE && is_declared(left) && is_declared(right) => {
                let error = ExprError::new(
                    "scale_overflow",
                    span,
                    format!("乘积需要 {} 位小数, 最多 {MAX_SCALE} 位", a + b),
                    format!("the product would have {} digits behind the point, at most {MAX_SCALE} are kept", a + b),
                );
                self.report(
                    error.hint("请先用 round(…, 位数) 减少其中一个因数的小数位", "round one factor first: round(…, digits)"),
                )
            }
            BinaryOp::Multiply => Some((a + b).min(MAX_SCALE)),
            BinaryOp::Divide => Some(MAX_SCALE),
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::And
            | BinaryOp::Or => Some(a.max(b)),
        }
    }

    fn no_arithmetic(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Option<Expr> {
        let is_date = |expr: &Expr| expr.ty == Type::Date;
        if is_date(left) || is_date(right) {
            let error = ExprError::new(
                "type_mismatch",
                span,
                "日期不能用 + - * / 计算",
                "dates cannot be added or subtracted with + and -",
            );
            return self.report(error.hint(
                "请用 add_days(日期, 天数), add_months 或 days_between(从, 到)",
                "use add_days(date, days), add_months or days_between(from, to)",
            ));
        }
        if left.ty != right.ty {
            return self.mismatch(left, right, span);
        }
        let (zh, en) = type_name(&left.ty);
        let sign = match op {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::And
            | BinaryOp::Or => "/",
        };
        let error =
            ExprError::new("type_mismatch", span, format!("{zh}不能用 {sign} 计算"), format!("{en} cannot be used with {sign}"));
        self.report(error.hint("请使用数字", "use numbers"))
    }

    fn comparison(&mut self, op: BinaryOp, left: &Ast, right: &Ast, span: Span) -> Option<Expr> {
        let (left, right) = (self.value(left), self.value(right));
        let (left, right) = (left?, right?);
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if equality && (is_null_literal(&left) || is_null_literal(&right)) {
            let asked = if is_null_literal(&left) { right } else { left };
            return Some(null_test(asked, op == BinaryOp::NotEqual, span));
        }
        let (left, right) = self.unify(left, right, span)?;
        let comparable = match left.ty {
            Type::Number { .. } | Type::Text | Type::Date | Type::Instant | Type::Time => true,
            Type::Boolean | Type::Record(_) => equality,
            Type::Null | Type::List(_) | Type::Rows(_) | Type::Json => false,
        };
        if !comparable {
            let (zh, en) = type_name(&left.ty);
            let error =
                ExprError::new("type_mismatch", span, format!("{zh}不能这样比较"), format!("{en} cannot be compared like this"));
            return self
                .report(error.hint("列表请用 in, 是否为空请用 is_null(…)", "use in for lists and is_null(…) for emptiness"));
        }
        self.known_options(&left, &right);
        self.known_options(&right, &left);
        Some(Expr { kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, ty: Type::Boolean, span })
    }

    /// Reports text literals that no choice or state has.
    fn known_options(&mut self, field: &Expr, literal: &Expr) {
        let ExprKind::Field { path, .. } = &field.kind else { return };
        let ExprKind::Literal(Value::Text(text)) = &literal.kind else { return };
        let Some(options) = path.last().and_then(|last| self.options.get(last)) else { return };
        if !options.contains(text) {
            let error =
                ExprError::new("unknown_option", literal.span, format!("没有选项 {text}"), format!("there is no option {text}"));
            let hinted = error.hint(format!("可选: {}", options.join(", ")), format!("the options are {}", options.join(", ")));
            self.errors.push(hinted.did_you_mean(text, options.iter().map(String::as_str)));
        }
    }

    fn coalesce(&mut self, left: &Ast, right: &Ast, span: Span) -> Option<Expr> {
        let (left, right) = (self.value(left), self.value(right));
        let (left, right) = self.unify(left?, right?, span)?;
        let ty = common(&left.ty, &right.ty)?;
        Some(Expr { kind: ExprKind::Coalesce(Box::new(left), Box::new(right)), ty, span })
    }

    fn is_in(&mut self, left: &Ast, right: &Ast, span: Span) -> Option<Expr> {
        let needle = self.value(left);
        let list = match &right.kind {
            AstKind::List(items) => self.list(items, needle.as_ref().map(|needle| needle.ty.clone()).as_ref(), right.span),
            _ => self.value(right),
        };
        let (needle, list) = (needle?, list?);
        let Type::List(item) = &list.ty else {
            let (zh, en) = type_name(&list.ty);
            let error = ExprError::new(
                "type_mismatch",
                right.span,
                format!("in 后应为列表, 实际是{zh}"),
                format!("a list must follow in, this is {en}"),
            );
            return self.report(error.hint(
                "例如 country in [\"DE\", \"CN\"]; 文本包含用 contains(…)",
                "for example country in [\"DE\", \"CN\"]; for parts of a text use contains(…)",
            ));
        };
        let item = item.as_ref().clone();
        let needle = retyped(needle, &item);
        let stand_in = Expr { kind: ExprKind::Literal(Value::Null), ty: item, span: list.span };
        let (needle, _) = self.unify(needle, stand_in, span)?;
        match needle.ty {
            Type::Number { .. }
            | Type::Text
            | Type::Date
            | Type::Instant
            | Type::Time
            | Type::Boolean
            | Type::Record(_)
            | Type::Null => {}
            Type::List(_) | Type::Rows(_) | Type::Json => return self.mismatch(&needle, &list, span),
        }
        if let ExprKind::List(items) = &list.kind {
            for item in items {
                self.known_options(&needle, item);
            }
        }
        self.known_options(&list, &needle);
        Some(Expr { kind: ExprKind::In { needle: Box::new(needle), list: Box::new(list) }, ty: Type::Boolean, span })
    }

    /// A list literal; its items have one type, that of `like` if given.
    pub(super) fn list(&mut self, items: &[Ast], like: Option<&Type>, span: Span) -> Option<Expr> {
        let mut ty = like.cloned().unwrap_or(Type::Null);
        let mut resolved = Vec::with_capacity(items.len());
        let mut complete = true;
        for item in items {
            let Some(expr) = self.value(item) else {
                complete = false;
                continue;
            };
            let stand_in = Expr { kind: ExprKind::Literal(Value::Null), ty: ty.clone(), span: expr.span };
            match self.unify(expr, stand_in, item.span) {
                Some((expr, stand_in)) => {
                    ty = common(&expr.ty, &stand_in.ty).unwrap_or(ty);
                    resolved.push(expr);
                }
                None => complete = false,
            }
        }
        complete.then(|| Expr { kind: ExprKind::List(resolved), ty: Type::List(Box::new(ty)), span })
    }
}

/// `x == ()`, which asks whether there is a value, unlike a comparison with a field that happens to be null.
fn null_test(asked: Expr, negated: bool, span: Span) -> Expr {
    let kind = ExprKind::Call { function: Function::IsNull, arguments: vec![asked] };
    let test = Expr { kind, ty: Type::Boolean, span };
    if negated { Expr { kind: ExprKind::Not(Box::new(test)), ty: Type::Boolean, span } } else { test }
}
