//! Conditions that the engine itself asks for, as expressions.
use std::sync::Arc;

use kontor_definitions::{
    EntityId, FieldId, Value,
    expr::{BinaryOp, Expr, ExprKind, Span, Type},
};
use uuid::Uuid;

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::default() }
}

fn id_field(entity: EntityId) -> Expr {
    expr(ExprKind::Field { scope: 0, path: vec![FieldId::ID] }, Type::Record(entity))
}

/// `id == …`
pub(crate) fn id_is(entity: EntityId, id: Uuid) -> Arc<Expr> {
    let literal = expr(ExprKind::Literal(Value::Id(id)), Type::Record(entity));
    let kind = ExprKind::Binary { op: BinaryOp::Equal, left: Box::new(id_field(entity)), right: Box::new(literal) };
    Arc::new(expr(kind, Type::Boolean))
}

/// `id in […]`
pub(crate) fn id_in(entity: EntityId, ids: Vec<Uuid>) -> Arc<Expr> {
    one_of(id_field(entity), ids.into_iter().map(Value::Id))
}

/// `condition && !(id in […])`
pub(crate) fn but_not(condition: &Expr, entity: EntityId, ids: Vec<Uuid>) -> Arc<Expr> {
    let others = expr(ExprKind::Not(Box::new((*id_in(entity, ids)).clone())), Type::Boolean);
    let kind = ExprKind::Binary { op: BinaryOp::And, left: Box::new(condition.clone()), right: Box::new(others) };
    Arc::new(expr(kind, Type::Boolean))
}

/// `field in […]`
pub(crate) fn field_in(field: FieldId, ty: Type, values: impl IntoIterator<Item = Value>) -> Arc<Expr> {
    one_of(expr(ExprKind::Field { scope: 0, path: vec![field] }, ty), values)
}

fn one_of(needle: Expr, values: impl IntoIterator<Item = Value>) -> Arc<Expr> {
    let ty = needle.ty.clone();
    let items = values.into_iter().map(|value| expr(ExprKind::Literal(value), ty.clone())).collect();
    let list = expr(ExprKind::List(items), Type::List(Box::new(ty)));
    Arc::new(expr(ExprKind::In { needle: Box::new(needle), list: Box::new(list) }, Type::Boolean))
}
