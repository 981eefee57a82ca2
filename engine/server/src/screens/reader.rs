//! What one person may know of the definitions: the question every cut asks.
use kontor_access::{Action, Rights};
use kontor_definitions::{
    Catalog, Entity, EntityId, Field, FieldId, FieldType,
    expr::{EnvValue, Expr, ExprKind},
};

/// The definitions as one person may know them.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// The definitions.
    pub(crate) catalog: &'a Catalog,
    /// The person's rights.
    pub(crate) rights: &'a Rights,
}

impl<'a> Reader<'a> {
    /// Whether the entity exists for the person.
    pub(crate) fn knows(self, entity: EntityId) -> bool {
        self.rights.permit(Action::Read, entity).is_some() || self.rights.permit(Action::Create, entity).is_some()
    }

    /// Whether a field exists for the person: it can be read, or entered into a new record.
    pub(crate) fn knows_field(self, entity: EntityId, field: FieldId) -> bool {
        let reads = self.rights.permit(Action::Read, entity).is_some_and(|permit| permit.can_read(field));
        reads || self.rights.permit(Action::Create, entity).is_some_and(|permit| permit.can_read(field))
    }

    /// Whether the person may give the field a value, in a new record or in an old one.
    pub(crate) fn writes_field(self, entity: EntityId, field: FieldId) -> bool {
        [Action::Create, Action::Update]
            .into_iter()
            .any(|action| self.rights.permit(action, entity).is_some_and(|permit| permit.can_write(field)))
    }

    /// The entity of that name as it is written in a document of an app, if the person knows it.
    pub(crate) fn entity(self, app: &str, name: &str) -> Option<&'a Entity> {
        let full = if name.contains('.') { name.to_owned() } else { format!("{app}.{name}") };
        self.catalog.entity_named(&full).map(|entity| &**entity).filter(|entity| self.knows(entity.id))
    }

    /// Whether every step of a path of names is known.
    pub(crate) fn knows_path(self, entity: &Entity, path: &str) -> bool {
        self.catalog.path(entity, path).is_some_and(|ids| self.knows_ids(entity, &ids))
    }

    /// The field of that name, if it is known.
    pub(crate) fn field(self, entity: &'a Entity, name: &str) -> Option<&'a Field> {
        entity.field_named(name).filter(|field| self.knows_field(entity.id, field.id))
    }

    /// Whether everything an expression reads is known, so that its text may be shown.
    pub(crate) fn knows_expression(self, entity: &Entity, expression: &Expr) -> bool {
        self.knows_in(&mut vec![entity.id], expression)
    }

    fn knows_ids(self, entity: &Entity, path: &[FieldId]) -> bool {
        let mut at = entity;
        for (place, id) in path.iter().enumerate() {
            if !self.knows_field(at.id, *id) {
                return false;
            }
            if place + 1 < path.len() {
                let next = at.field(*id).and_then(|field| field.ty.reference()).and_then(|id| self.catalog.entity(id));
                match next {
                    Some(next) => at = next,
                    None => return false,
                }
            }
        }
        true
    }

    fn knows_in(self, scopes: &mut Vec<EntityId>, expression: &Expr) -> bool {
        match &expression.kind {
            ExprKind::Literal(_) | ExprKind::Parameter(_) | ExprKind::Env(_) => true,
            ExprKind::Field { scope, path } => self.scope(scopes, *scope).is_some_and(|entity| self.knows_ids(entity, path)),
            ExprKind::Aggregate { scope, path, body, filter, .. } => {
                let Some(entity) = self.scope(scopes, *scope) else { return false };
                let lines =
                    self.catalog.fields_along(entity, path).and_then(|fields| fields.last().and_then(|field| lines_of(field)));
                let Some(lines) = lines.filter(|_| self.knows_ids(entity, path)) else { return false };
                scopes.push(lines);
                let known = [body, filter].into_iter().flatten().all(|inner| self.knows_in(scopes, inner));
                scopes.pop();
                known
            }
            ExprKind::Not(_)
            | ExprKind::Negate(_)
            | ExprKind::Binary { .. }
            | ExprKind::If { .. }
            | ExprKind::Coalesce(..)
            | ExprKind::In { .. }
            | ExprKind::List(_)
            | ExprKind::Call { .. } => parts(expression).into_iter().all(|inner| self.knows_in(scopes, inner)),
        }
    }

    fn scope(self, scopes: &[EntityId], scope: u8) -> Option<&'a Entity> {
        scopes.get(usize::from(scope)).and_then(|id| self.catalog.entity(*id)).map(|entity| &**entity)
    }
}

/// Whether the browser can evaluate an expression: it reads the record and its lines only, nothing of other records,
/// of the moment or of the person.
pub(crate) fn is_for_browser(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Parameter(_) => false,
        ExprKind::Env(EnvValue::Today) | ExprKind::Literal(_) => true,
        ExprKind::Env(EnvValue::Now | EnvValue::UserId | EnvValue::UserName | EnvValue::UserDepartment) => false,
        ExprKind::Field { path, .. } => path.len() == 1,
        ExprKind::Aggregate { path, body, filter, .. } => {
            path.len() == 1 && [body, filter].into_iter().flatten().all(|inner| is_for_browser(inner))
        }
        ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::Binary { .. }
        | ExprKind::If { .. }
        | ExprKind::Coalesce(..)
        | ExprKind::In { .. }
        | ExprKind::List(_)
        | ExprKind::Call { .. } => parts(expression).into_iter().all(is_for_browser),
    }
}

/// The expressions directly inside one, on the same scopes.
fn parts(expression: &Expr) -> Vec<&Expr> {
    match &expression.kind {
        ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Env(_)
        | ExprKind::Field { .. }
        | ExprKind::Aggregate { .. } => Vec::new(),
        ExprKind::Not(inner) | ExprKind::Negate(inner) => vec![&**inner],
        ExprKind::Binary { left, right, .. } => vec![&**left, &**right],
        ExprKind::If { condition, then, otherwise } => vec![&**condition, &**then, &**otherwise],
        ExprKind::Coalesce(value, otherwise) => vec![&**value, &**otherwise],
        ExprKind::In { needle, list } => vec![&**needle, &**list],
        ExprKind::List(items) => items.iter().collect(),
        ExprKind::Call { arguments, .. } => arguments.iter().collect(),
    }
}

/// The entity of a field's lines.
pub(crate) fn lines_of(field: &Field) -> Option<EntityId> {
    if let FieldType::Lines { entity, .. } = &field.ty { Some(*entity) } else { None }
}
