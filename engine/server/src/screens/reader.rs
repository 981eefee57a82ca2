//! What one person may know of the definitions: the question every cut asks.
use kontor_access::{Action, Rights};
use kontor_definitions::{
    Catalog, Entity, EntityId, Field, FieldId, FieldType,
    expr::{
        Expr,
        json::{is_client, to_json},
        reads,
    },
};
use serde_json::Value;

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
        reads(expression).iter().all(|path| self.knows_ids(entity, path))
    }

    /// The tree of an expression that the browser can evaluate: all it reads is in the record or its lines and known.
    pub(crate) fn tree(self, entity: &Entity, expression: &Expr) -> Option<Value> {
        // Of links a form holds the ids, not the records behind them.
        let in_form = |path: &[FieldId]| self.knows_ids(entity, path) && !self.meets_links(entity, path);
        let known = self.knows_expression(entity, expression) && is_client(expression, &in_form);
        known.then(|| to_json(expression, self.catalog, entity.id)).flatten()
    }

    /// Whether a path leads to links of the record or of what stands behind it.
    fn meets_links(self, entity: &Entity, path: &[FieldId]) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        let Some(field) = entity.field(*first) else { return false };
        let next = field.ty.reference().or_else(|| lines_of(field)).and_then(|id| self.catalog.entity(id));
        field.ty.links().is_some() || next.is_some_and(|next| self.meets_links(next, rest))
    }

    /// Whether an expression reads a translatable field, of which the engine reads another text than the person sees.
    pub(crate) fn reads_texts(self, entity: &Entity, expression: &Expr) -> bool {
        let mut paths = reads(expression).into_iter();
        paths.any(|path| self.along(entity, &path).is_none_or(|steps| steps.iter().any(|(_, field)| field.translatable)))
    }

    /// Whether every step of a path through references and lines is known.
    fn knows_ids(self, entity: &Entity, path: &[FieldId]) -> bool {
        self.along(entity, path).is_some_and(|steps| steps.iter().all(|(of, field)| self.knows_field(of.id, field.id)))
    }

    /// The steps of a path through references and lines: whose field it is, and the field.
    fn along<'e>(self, entity: &'e Entity, path: &[FieldId]) -> Option<Vec<(&'e Entity, &'e Field)>>
    where
        'a: 'e,
    {
        let mut at = Some(entity);
        let mut steps = Vec::with_capacity(path.len());
        for id in path {
            let of = at?;
            let field = of.field(*id)?;
            steps.push((of, field));
            let next = field.ty.reference().or_else(|| lines_of(field));
            at = next.and_then(|id| self.catalog.entity(id)).map(|next| &**next);
        }
        Some(steps)
    }
}

/// The entity of a field's lines.
pub(crate) fn lines_of(field: &Field) -> Option<EntityId> {
    if let FieldType::Lines { entity, .. } = &field.ty { Some(*entity) } else { None }
}
