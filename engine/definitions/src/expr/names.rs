//! What names in an expression mean: the trait that `resolve` asks, and its answer from a catalog.
use super::Type;
use crate::{
    catalog::{Catalog, FieldType},
    id::{EntityId, FieldId},
};

/// Stands for "some entity" where the entity of a reference is not known; it goes with every entity.
pub const ANY_ENTITY: EntityId = EntityId(crate::id::DefId::system("any"));

/// A field as expressions see it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedField {
    /// Its id.
    pub id: FieldId,
    /// Its type; `Record` and `Rows` name the entity on the other side.
    pub ty: Type,
    /// For choices and states: the values there are. Others leave it empty.
    pub options: Vec<String>,
}

impl NamedField {
    /// A field of a catalog type.
    pub fn of(id: FieldId, ty: &FieldType) -> Self {
        Self { id, ty: Type::of(ty), options: options(ty) }
    }
}

/// Whose company `company` means where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompanyOf {
    /// That of the record: its entity says `"company": true`.
    Record,
    /// That of the record the line belongs to.
    Parent,
    /// The tenant's default company.
    Tenant,
}

/// What names mean where an expression stands.
pub trait Names {
    /// The entity whose record the expression stands on; `None` where there is no record (defaults of report parameters).
    fn root(&self) -> Option<EntityId>;
    /// The field of an entity by name, system fields included. `None` also for a field that may not be known to exist.
    fn field(&self, entity: EntityId, name: &str) -> Option<NamedField>;
    /// Where an entity is that of a `links` field: the reference of its rows, and the entity that leads to.
    fn link(&self, entity: EntityId) -> Option<(FieldId, EntityId)>;
    /// Every name that `field` answers, for suggestions.
    fn field_names(&self, entity: EntityId) -> Vec<String>;
    /// The type of a parameter.
    fn parameter(&self, name: &str) -> Option<Type>;
    /// The entity called `app.name`; asked for `base.user` and `base.department`.
    fn entity_named(&self, name: &str) -> Option<EntityId>;
    /// Whose company `company` means on records of an entity, whoever may read it.
    fn company_of(&self, entity: EntityId) -> CompanyOf;
    /// The field of the tenant's default company of that name: entered values and the id, which need no record to stand on.
    fn company_field(&self, name: &str) -> Option<NamedField>;
}

impl CompanyOf {
    /// What the catalog says of an entity.
    pub fn in_catalog(catalog: &Catalog, entity: EntityId) -> Self {
        let has = |entity: EntityId| catalog.entity(entity).is_some_and(|entity| entity.field(FieldId::COMPANY).is_some());
        let parent = catalog.entity(entity).and_then(|entity| entity.parent);
        match parent {
            _ if has(entity) => Self::Record,
            Some((parent, _lines)) if has(parent) => Self::Parent,
            Some(_) | None => Self::Tenant,
        }
    }
}

/// Whether the value of a company's field can be had without a record to stand on: it is entered, and no list or lines.
pub(crate) fn is_company_value(ty: &FieldType) -> bool {
    let derived = matches!(ty, FieldType::Formula { .. } | FieldType::Rollup { .. } | FieldType::Lookup { .. });
    !derived && ty.column().is_some()
}

/// Names from a checked catalog, for expressions that a person supplies.
///
/// A field for which `readable` is false does not exist: every finding is the same, byte for byte, as for a name
/// that nobody ever gave.
pub struct CatalogNames<'a> {
    /// The definitions.
    pub catalog: &'a Catalog,
    /// The entity the expression stands on.
    pub entity: EntityId,
    /// Parameters with their types.
    pub params: &'a [(String, Type)],
    /// Whether the person may read the field of the entity.
    pub readable: &'a dyn Fn(EntityId, FieldId) -> bool,
}

impl Names for CatalogNames<'_> {
    fn root(&self) -> Option<EntityId> {
        Some(self.entity)
    }

    fn field(&self, entity: EntityId, name: &str) -> Option<NamedField> {
        let field = self.catalog.entity(entity)?.field_named(name)?;
        (self.readable)(entity, field.id).then(|| NamedField::of(field.id, &field.ty))
    }

    fn link(&self, entity: EntityId) -> Option<(FieldId, EntityId)> {
        let link = self.catalog.entity(entity)?.link()?;
        Some((link.id, link.ty.reference()?))
    }

    fn field_names(&self, entity: EntityId) -> Vec<String> {
        let Some(found) = self.catalog.entity(entity) else { return Vec::new() };
        found.fields.iter().filter(|field| (self.readable)(entity, field.id)).map(|field| field.name.clone()).collect()
    }

    fn parameter(&self, name: &str) -> Option<Type> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, ty)| ty.clone())
    }

    fn entity_named(&self, name: &str) -> Option<EntityId> {
        self.catalog.entity_named(name).map(|entity| entity.id)
    }

    fn company_of(&self, entity: EntityId) -> CompanyOf {
        CompanyOf::in_catalog(self.catalog, entity)
    }

    fn company_field(&self, name: &str) -> Option<NamedField> {
        let company = self.catalog.entity_named("base.company")?;
        let field = company.field_named(name).filter(|field| is_company_value(&field.ty))?;
        (self.readable)(company.id, field.id).then(|| NamedField::of(field.id, &field.ty))
    }
}

impl Type {
    /// The type of a field's value in expressions.
    pub fn of(ty: &FieldType) -> Self {
        match ty.result() {
            FieldType::Text { .. }
            | FieldType::LongText { .. }
            | FieldType::Choice { .. }
            | FieldType::State(_)
            | FieldType::Code(_)
            | FieldType::AutoNumber { .. } => Self::Text,
            FieldType::Integer { .. } | FieldType::Duration => Self::Number { scale: 0 },
            FieldType::Decimal { scale, .. } | FieldType::Money { scale, .. } => Self::Number { scale: *scale },
            FieldType::Boolean => Self::Boolean,
            FieldType::Date => Self::Date,
            FieldType::DateTime => Self::Instant,
            FieldType::Time => Self::Time,
            FieldType::Choices { .. } => Self::List(Box::new(Self::Text)),
            FieldType::Reference { entity, .. } => Self::Record(*entity),
            FieldType::Lines { entity, .. } => Self::Rows(*entity),
            FieldType::Json(_) | FieldType::Files { .. } => Self::Json,
            // `result` has already looked through derived fields, at any depth.
            FieldType::Formula { .. } | FieldType::Rollup { .. } | FieldType::Lookup { .. } => Self::Null,
        }
    }
}

fn options(ty: &FieldType) -> Vec<String> {
    let docs = match ty.result() {
        FieldType::Choice { options } | FieldType::Choices { options } => options,
        FieldType::State(machine) => &machine.states,
        FieldType::Text { .. }
        | FieldType::LongText { .. }
        | FieldType::Code(_)
        | FieldType::AutoNumber { .. }
        | FieldType::Integer { .. }
        | FieldType::Duration
        | FieldType::Decimal { .. }
        | FieldType::Money { .. }
        | FieldType::Boolean
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Time
        | FieldType::Reference { .. }
        | FieldType::Lines { .. }
        | FieldType::Json(_)
        | FieldType::Files { .. }
        | FieldType::Formula { .. }
        | FieldType::Rollup { .. }
        | FieldType::Lookup { .. } => return Vec::new(),
    };
    docs.iter().map(|option| option.name.clone()).collect()
}
