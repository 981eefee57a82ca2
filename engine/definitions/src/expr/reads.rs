//! What an expression depends on: for the dependency graph, for rights checks, for forms that update while typing.
use super::{EnvValue, Expr, ExprKind, Function};
use crate::id::FieldId;

impl Expr {
    /// The expressions directly below.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Field { .. } | ExprKind::Parameter(_) | ExprKind::Env(_) => Vec::new(),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => vec![inner],
            ExprKind::Binary { left, right, .. } | ExprKind::Coalesce(left, right) => vec![left, right],
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
            ExprKind::In { needle, list } => vec![needle, list],
            ExprKind::List(items) | ExprKind::Call { arguments: items, .. } => items.iter().collect(),
            ExprKind::Aggregate { body, filter, .. } => [filter, body].into_iter().flatten().map(AsRef::as_ref).collect(),
        }
    }

    /// Calls `visit` for this expression and everything below it.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }
}

/// Every path of fields that is read, from the record the expression stands on, without duplicates, in order of appearance.
///
/// Paths go through references and lines alike: `lines.sum(|l| l.product.cost)` reads `[lines]` and `[lines, product, cost]`.
/// Whoever asks for rights checks every step of a path.
pub fn reads(expr: &Expr) -> Vec<Vec<FieldId>> {
    let mut found = Vec::new();
    collect(expr, &mut vec![Vec::new()], &mut found);
    found
}

/// What is asked of the moment and the person, without duplicates.
pub fn env_values(expr: &Expr) -> Vec<EnvValue> {
    let mut found = Vec::new();
    expr.walk(&mut |expr| {
        if let ExprKind::Env(value) = &expr.kind
            && !found.contains(value)
        {
            found.push(*value);
        }
    });
    found
}

/// Whether it converts between currencies or units: such an expression needs rates and units, which only the write of a record brings.
pub fn converts(expr: &Expr) -> bool {
    calls(expr, Function::Convert) || calls(expr, Function::ConvertUnit)
}

/// Whether a function is called in it.
pub fn calls(expr: &Expr, wanted: Function) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part.kind, ExprKind::Call { function, .. } if function == wanted));
    found
}

/// Whether a statement can say every `fold(…)` in it: of a text as written, or of a field whose folded text is stored, which
/// `is_stored` tells.
pub fn folds(expr: &Expr, is_stored: &dyn Fn(FieldId) -> bool) -> bool {
    let mut all = true;
    expr.walk(&mut |part| {
        if let ExprKind::Call { function: Function::Fold, arguments } = &part.kind {
            all &= match arguments.first().map(|argument| &argument.kind) {
                Some(ExprKind::Literal(_)) => true,
                Some(ExprKind::Field { path, .. }) => path.last().is_some_and(|field| is_stored(*field)),
                _ => false,
            };
        }
    });
    all
}

/// `scopes` holds, for each scope, the path that leads to its row.
fn collect(expr: &Expr, scopes: &mut Vec<Vec<FieldId>>, found: &mut Vec<Vec<FieldId>>) {
    let absolute = |scopes: &[Vec<FieldId>], scope: u8, path: &[FieldId]| {
        let mut whole = scopes.get(usize::from(scope)).cloned().unwrap_or_default();
        whole.extend_from_slice(path);
        whole
    };
    let mut note = |path: Vec<FieldId>| {
        if !found.contains(&path) {
            found.push(path);
        }
    };
    match &expr.kind {
        ExprKind::Field { scope, path } => note(absolute(scopes, *scope, path)),
        ExprKind::Aggregate { scope, path, .. } => {
            let lines = absolute(scopes, *scope, path);
            note(lines.clone());
            scopes.push(lines);
            for child in expr.children() {
                collect(child, scopes, found);
            }
            scopes.pop();
        }
        ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Env(_)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::Binary { .. }
        | ExprKind::If { .. }
        | ExprKind::Coalesce(_, _)
        | ExprKind::In { .. }
        | ExprKind::List(_)
        | ExprKind::Call { .. } => {
            for child in expr.children() {
                collect(child, scopes, found);
            }
        }
    }
}
