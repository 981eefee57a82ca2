//! Where an expression reads encrypted fields: equality with a constant is all that works without their plain values.
use super::{BinaryOp, Expr, ExprKind, Function, Span};
use crate::{
    catalog::{Catalog, FieldType},
    id::{EntityId, FieldId},
};

/// What must be known of a field on the way: whether it is sensitive, and the entity it leads to.
pub type Step = (bool, Option<EntityId>);

/// A place that reads a sensitive field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SensitiveUse {
    /// Where it stands.
    pub span: Span,
    /// It is compared for equality with a constant, or asked whether it is empty.
    pub comparison: bool,
}

/// Every place of an expression on an entity's record that reads a sensitive field.
pub fn sensitive_uses(expr: &Expr, root: EntityId, step: &dyn Fn(EntityId, FieldId) -> Option<Step>) -> Vec<SensitiveUse> {
    let mut search = Search { step, scopes: vec![Some(root)], found: Vec::new() };
    search.look(expr, false);
    search.found
}

/// The same in checked definitions.
pub fn sensitive_uses_in(catalog: &Catalog, expr: &Expr, root: EntityId) -> Vec<SensitiveUse> {
    let step = |entity: EntityId, field: FieldId| {
        let field = catalog.entity(entity)?.field(field)?;
        let target = match field.ty.result() {
            FieldType::Lines { entity, .. } | FieldType::Reference { entity, .. } => Some(*entity),
            _ => None,
        };
        Some((field.sensitive, target))
    };
    sensitive_uses(expr, root, &step)
}

struct Search<'a> {
    step: &'a dyn Fn(EntityId, FieldId) -> Option<Step>,
    /// The entity of each scope's row, where it is known.
    scopes: Vec<Option<EntityId>>,
    found: Vec<SensitiveUse>,
}

impl Search<'_> {
    fn follow(&self, scope: u8, path: &[FieldId]) -> Step {
        let mut at = (false, self.scopes.get(usize::from(scope)).copied().flatten());
        for field in path {
            let Some(next) = at.1.and_then(|entity| (self.step)(entity, *field)) else { return (false, None) };
            at = next;
        }
        at
    }

    fn look(&mut self, expr: &Expr, comparison: bool) {
        match &expr.kind {
            ExprKind::Field { scope, path } => {
                if self.follow(*scope, path).0 {
                    self.found.push(SensitiveUse { span: expr.span, comparison });
                }
            }
            ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } => {
                self.look(left, is_constant(right));
                self.look(right, is_constant(left));
            }
            ExprKind::In { needle, list } => {
                let constants = matches!(&list.kind, ExprKind::List(items) if items.iter().all(is_constant));
                self.look(needle, constants);
                self.look(list, false);
            }
            ExprKind::Call { function: Function::IsNull, arguments } => {
                for argument in arguments {
                    self.look(argument, true);
                }
            }
            ExprKind::Aggregate { scope, path, .. } => {
                let lines = self.follow(*scope, path).1;
                self.scopes.push(lines);
                for child in expr.children() {
                    self.look(child, false);
                }
                self.scopes.pop();
            }
            ExprKind::Literal(_)
            | ExprKind::Parameter(_)
            | ExprKind::Env(_)
            | ExprKind::Not(_)
            | ExprKind::Negate(_)
            | ExprKind::Binary { .. }
            | ExprKind::If { .. }
            | ExprKind::Coalesce(_, _)
            | ExprKind::List(_)
            | ExprKind::Call { .. } => {
                for child in expr.children() {
                    self.look(child, false);
                }
            }
        }
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_))
}
