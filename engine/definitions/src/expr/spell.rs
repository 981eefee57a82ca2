//! From ids back to names, along the scopes of an expression.
use super::names::ANY_ENTITY;
use crate::{
    catalog::{Catalog, FieldType},
    id::{EntityId, FieldId},
};

/// The entities of the enclosing scopes, the record's first.
pub(super) struct Spelling<'c> {
    catalog: &'c Catalog,
    scopes: Vec<EntityId>,
}

impl<'c> Spelling<'c> {
    pub(super) fn new(catalog: &'c Catalog, root: EntityId) -> Self {
        Self { catalog, scopes: vec![root] }
    }

    /// The names along a path; `None` if the catalog does not know it.
    pub(super) fn words(&self, scope: u8, path: &[FieldId]) -> Option<Vec<&'c str>> {
        let entity = self.catalog.entity(*self.scopes.get(usize::from(scope))?)?;
        // The reference of a row of links is not written.
        let path = match path.split_first() {
            Some((first, rest)) if entity.link().is_some_and(|link| link.id == *first) => {
                let target = entity.link().and_then(|link| self.catalog.entity(link.ty.reference()?))?;
                return Some(self.catalog.fields_along(target, rest)?.into_iter().map(|field| field.name.as_str()).collect());
            }
            Some(_) | None => path,
        };
        Some(self.catalog.fields_along(entity, path)?.into_iter().map(|field| field.name.as_str()).collect())
    }

    /// The name of a field of the tenant's companies.
    pub(super) fn of_company(&self, field: FieldId) -> Option<&'c str> {
        Some(self.catalog.entity_named("base.company")?.field(field)?.name.as_str())
    }

    /// Enters the lines at the end of a path.
    pub(super) fn enter(&mut self, scope: u8, path: &[FieldId]) {
        let lines = self.scopes.get(usize::from(scope)).and_then(|entity| {
            let fields = self.catalog.fields_along(self.catalog.entity(*entity)?, path)?;
            match &fields.last()?.ty {
                FieldType::Lines { entity, .. } => Some(*entity),
                _ => None,
            }
        });
        self.scopes.push(lines.unwrap_or(ANY_ENTITY));
    }

    pub(super) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Number of scopes entered.
    pub(super) fn depth(&self) -> usize {
        self.scopes.len() - 1
    }

    /// A name for the lines of the scope entered last that hides no field of the record.
    pub(super) fn parameter(&self, depth: usize) -> String {
        let mut name = if depth == 1 { "l".to_owned() } else { format!("l{depth}") };
        let root = self.scopes.first().and_then(|root| self.catalog.entity(*root));
        while root.is_some_and(|root| root.field_named(&name).is_some()) {
            name.push('_');
        }
        name
    }
}
