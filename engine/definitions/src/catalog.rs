//! The checked app set: every name resolved to an id, every expression typed. Immutable; built by [`crate::check`].
//!
//! Fields of records live in vectors in the order of [`Entity::fields`]; [`Entity::index_of`] finds a place.
//! Long because it is the whole contract between the crates, to be read in one piece.
use std::{collections::HashMap, sync::Arc};

use indexmap::IndexMap;

use crate::{
    expr::Expr,
    id::{DefId, EntityId, FieldId, RoleId},
    model::{
        AppDoc, FormDoc, InvariantDoc, PageDoc, ViewDoc,
        entity::{DuplicateAction, Reveal},
        field::{OnDelete, OptionDoc, Reset, RollupFunction, RoundMode},
        role::{FieldRight, Scope},
    },
    text::LocalText,
    value::{ColumnType, Value},
};

/// All apps of a tenant, checked together.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The apps, `base` first, by name.
    pub apps: IndexMap<String, Arc<AppDoc>>,
    /// Every entity by id, in order of app and file.
    pub entities: IndexMap<EntityId, Arc<Entity>>,
    /// Every role by id.
    pub roles: IndexMap<RoleId, Arc<Role>>,
    /// Forms, views and pages as documents (ids present, names checked), with the app each belongs to.
    pub forms: Vec<Owned<FormDoc>>,
    /// See `forms`.
    pub views: Vec<Owned<ViewDoc>>,
    /// See `forms`.
    pub pages: Vec<Owned<PageDoc>>,
    /// What apps declare must hold.
    pub invariants: Vec<Owned<InvariantDoc>>,
    /// Conditions and filters inside forms and views, by the id of the node or view and the key (`visible`, `filter`).
    pub expressions: HashMap<(DefId, &'static str), Arc<Expr>>,
    /// `app.entity` to id.
    pub entity_names: HashMap<String, EntityId>,
}

/// A document with the name of its app.
#[derive(Clone, Debug)]
pub struct Owned<T> {
    /// The app's name.
    pub app: String,
    /// The document.
    pub document: T,
}

impl Catalog {
    /// The entity of that id.
    pub fn entity(&self, id: EntityId) -> Option<&Arc<Entity>> {
        self.entities.get(&id)
    }

    /// The entity called `app.name`, or `name` if only one app has it.
    pub fn entity_named(&self, name: &str) -> Option<&Arc<Entity>> {
        if name.contains('.') {
            return self.entity_names.get(name).and_then(|id| self.entities.get(id));
        }
        let mut found = self.entities.values().filter(|entity| entity.name == name);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The field at the end of a path of names from an entity (`customer.country`), with the ids on the way.
    ///
    /// Every part but the last must be a reference. `None` if a name is unknown or no reference.
    pub fn path(&self, entity: &Entity, path: &str) -> Option<Vec<FieldId>> {
        let mut at = entity;
        let mut ids = Vec::new();
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let field = at.field_named(part)?;
            ids.push(field.id);
            if parts.peek().is_some() {
                at = self.entity(field.ty.reference()?)?;
            }
        }
        Some(ids)
    }

    /// The fields along a path of ids; every one but the last is a reference. `None` if the path is broken.
    pub fn fields_along<'a>(&'a self, entity: &'a Entity, path: &[FieldId]) -> Option<Vec<&'a Field>> {
        let mut at = entity;
        let mut fields = Vec::with_capacity(path.len());
        for (index, id) in path.iter().enumerate() {
            let field = at.field(*id)?;
            fields.push(field);
            if index + 1 < path.len() {
                at = self.entity(field.ty.reference()?)?;
            }
        }
        Some(fields)
    }
}

/// An entity.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the document of its own")]
pub struct Entity {
    /// Id.
    pub id: EntityId,
    /// Name of its app.
    pub app: String,
    /// Name, unique in the app.
    pub name: String,
    /// Title.
    pub title: LocalText,
    /// The label field, or `ID` where none is declared.
    pub label: FieldId,
    /// System fields first (see [`FieldId`]), then the document's fields in order; retired ones are left out.
    pub fields: Vec<Field>,
    /// Sets of fields unique among live records; includes fields with `unique`.
    pub unique: Vec<Vec<FieldId>>,
    /// Sets of fields with an index of their own.
    pub indexes: Vec<Vec<FieldId>>,
    /// Stored aspects of fields ([`FieldId::aspect`]), which have columns of their own: what lists sort by and what `fold()` reads.
    pub aspects: Vec<FieldId>,
    /// What makes two live records the same thing.
    pub duplicates: Vec<DuplicateRule>,
    /// Records have an owner.
    pub owner: bool,
    /// Records have a department.
    pub department: bool,
    /// History is kept.
    pub track: bool,
    /// Records are never changed once written.
    pub append_only: bool,
    /// For an entity of owned lines: the parent entity and its `lines` field.
    pub parent: Option<(EntityId, FieldId)>,
    /// Order in which stored derived fields are computed, roll-ups over records that refer included: places in `fields`.
    pub compute_order: Vec<usize>,
    /// Place of each field in `fields`.
    pub positions: HashMap<FieldId, usize>,
    /// Place of each field name in `fields`.
    pub names: HashMap<String, usize>,
}

impl Entity {
    /// `app.name`
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.app, self.name)
    }
    /// The field of that id.
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.positions.get(&id).and_then(|index| self.fields.get(*index))
    }
    /// The field of that name, system fields included.
    pub fn field_named(&self, name: &str) -> Option<&Field> {
        self.names.get(name).and_then(|index| self.fields.get(*index))
    }
    /// The place of a field in `fields` and so in a row.
    pub fn index_of(&self, id: FieldId) -> Option<usize> {
        self.positions.get(&id).copied()
    }
    /// Of the lines that keep a `links` field: their one reference. The engine makes such an entity beside each of these
    /// fields; it and the reference have the id of the field.
    pub fn link(&self) -> Option<&Field> {
        let (_, links) = self.parent.filter(|(_, links)| links.0 == self.id.0)?;
        self.field(links)
    }
    /// The `state` field, if there is one.
    pub fn state(&self) -> Option<(&Field, &StateMachine)> {
        self.fields.iter().find_map(|field| match &field.ty {
            FieldType::State(machine) => Some((field, machine)),
            _ => None,
        })
    }
}

/// A field.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the field of its own")]
pub struct Field {
    /// Id.
    pub id: FieldId,
    /// Name, unique in the entity.
    pub name: String,
    /// Title.
    pub title: LocalText,
    /// Type with its options.
    pub ty: FieldType,
    /// Must have a value.
    pub required: Requirement,
    /// Value of a new record.
    pub default: Option<Arc<Expr>>,
    /// No two live records share a value.
    pub unique: bool,
    /// Found by the search box.
    pub searchable: bool,
    /// Encrypted at rest and masked in answers.
    pub sensitive: bool,
    /// Has a text per language, see [`crate::texts`].
    pub translatable: bool,
    /// Smallest value allowed.
    pub minimum: Option<Value>,
    /// Largest value allowed.
    pub maximum: Option<Value>,
    /// Owned by the engine.
    pub system: bool,
    /// How it comes to its value.
    pub class: FieldClass,
}

impl Field {
    /// How it is stored; `None` for fields without a column (lines, links, live derived ones).
    pub fn column(&self) -> Option<ColumnType> {
        match self.ty.column() {
            _ if self.class == FieldClass::Live => None,
            Some(plain) if self.sensitive => plain.encrypted(),
            column => column,
        }
    }
    /// Whether a person may give it a value.
    pub fn is_input(&self) -> bool {
        !self.system && self.class == FieldClass::Input && !matches!(self.ty, FieldType::AutoNumber { .. })
    }
}

/// How a field comes to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// Entered.
    Input,
    /// Derived from its own row and its own lines; stored.
    Row,
    /// Combined from the stored values of records that refer to this one; stored, and kept by the writes of those records.
    Rollup,
    /// Derived across a reference or from the moment; computed when read, never stored.
    Live,
}

/// What makes two live records the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateRule {
    /// What is equal in both: fields, or their folded aspects.
    pub fields: Vec<FieldId>,
    /// What happens to the second one.
    pub action: DuplicateAction,
    /// What the person is told of the first one.
    pub reveal: Reveal,
}

/// When a field must have a value.
#[derive(Clone, Debug)]
pub enum Requirement {
    /// Never.
    No,
    /// Always.
    Yes,
    /// When the condition holds.
    When(Arc<Expr>),
}

/// Field types with their options.
#[derive(Clone, Debug)]
pub enum FieldType {
    /// One line of text: text, email, phone, url, barcode, color.
    Text {
        /// Which of them.
        format: TextFormat,
        /// At most so many characters.
        max_length: u32,
    },
    /// Several lines of text: long_text, rich_text.
    LongText {
        /// A subset of Markdown.
        rich: bool,
    },
    /// Whole number; rating too.
    Integer {
        /// Stars to choose from, for a rating.
        rating: Option<u8>,
    },
    /// Decimal, percent (0.15 is 15 %), quantity.
    Decimal {
        /// Which of them.
        format: NumberFormat,
        /// Digits in all, at most 18.
        precision: u8,
        /// Digits behind the point, at most 12.
        scale: u8,
        /// Quantity: the sibling field with the unit.
        unit_field: Option<FieldId>,
    },
    /// An amount of money.
    Money {
        /// Its currency.
        currency: CurrencyOf,
        /// Digits kept: 4, unit prices 6.
        scale: u8,
        /// Rounding to the currency's digits on write.
        round: RoundMode,
    },
    /// Yes or no.
    Boolean,
    /// Day.
    Date,
    /// Moment.
    DateTime,
    /// Time of day.
    Time,
    /// Length of time in whole seconds.
    Duration,
    /// One of the options.
    Choice {
        /// Options in order, retired ones included.
        options: Vec<OptionDoc>,
    },
    /// Several of the options; stored as a JSON list.
    Choices {
        /// Options in order.
        options: Vec<OptionDoc>,
    },
    /// A state with transitions.
    State(StateMachine),
    /// A record of another entity; `user` and `department` are references to `base.user` and `base.department`.
    Reference {
        /// The entity.
        entity: EntityId,
        /// What a purge of the target does.
        on_delete: OnDelete,
    },
    /// Owned lines; and `links`, whose lines hold one reference each and nothing else.
    Lines {
        /// Their entity.
        entity: EntityId,
        /// At least so many.
        min: u32,
        /// At most so many.
        max: u32,
        /// Of `links`: the entity of the records they lead to. See [`Entity::link`].
        links: Option<EntityId>,
    },
    /// ISO 3166 alpha-2, ISO 4217, BCP 47: checked against the engine's lists.
    Code(CodeList),
    /// Structured: address, location, json.
    Json(JsonFormat),
    /// Files: file, files, image, signature; stored as a JSON list of file ids.
    Files {
        /// More than one.
        many: bool,
        /// Images only.
        images: bool,
        /// At least so many, where there are any.
        min: u32,
        /// At most so many.
        max: u32,
    },
    /// Numbered by the engine.
    AutoNumber {
        /// `SO-{yyyy}{mm}-{0000}`
        pattern: String,
        /// When counting starts again.
        reset: Reset,
        /// No number is left out.
        gapless: bool,
        /// The transition that gives it; `None`: given when the record is made.
        assign_on: Option<String>,
    },
    /// Computed; `result` is the type of the value.
    Formula {
        /// The expression.
        expression: Arc<Expr>,
        /// Type of the result.
        result: Box<FieldType>,
    },
    /// Combined from own lines, or from records that refer to this one.
    Rollup {
        /// The sibling `lines` field; with `of`, the reference field of that entity.
        lines: FieldId,
        /// The entity whose records refer to this one; `None` for own lines. Such a roll-up is of class `Rollup`, or `Live`
        /// where it reads behind a further reference, the moment or the person.
        of: Option<EntityId>,
        /// How.
        function: RollupFunction,
        /// The field of the lines (none for count).
        field: Option<FieldId>,
        /// Only lines for which this holds (on the line).
        filter: Option<Arc<Expr>>,
        /// Type of the result.
        result: Box<FieldType>,
    },
    /// A field of a referenced record.
    Lookup {
        /// References, then the field.
        path: Vec<FieldId>,
        /// Keeps the value of the moment of writing.
        copied: bool,
        /// Type of the value.
        result: Box<FieldType>,
    },
}

impl FieldType {
    /// How values are stored; `None` for lines and links.
    pub fn column(&self) -> Option<ColumnType> {
        Some(match self {
            Self::Text { .. }
            | Self::LongText { .. }
            | Self::Choice { .. }
            | Self::State(_)
            | Self::Code(_)
            | Self::AutoNumber { .. } => ColumnType::Text,
            Self::Integer { .. } | Self::Duration => ColumnType::Integer,
            Self::Decimal { scale, .. } | Self::Money { scale, .. } => ColumnType::Decimal { scale: *scale },
            Self::Boolean => ColumnType::Boolean,
            Self::Date => ColumnType::Date,
            Self::DateTime => ColumnType::Instant,
            Self::Time => ColumnType::Time,
            Self::Reference { .. } => ColumnType::Uuid,
            Self::Choices { .. } | Self::Json(_) | Self::Files { .. } => ColumnType::Json,
            Self::Formula { result, .. } | Self::Rollup { result, .. } | Self::Lookup { result, .. } => return result.column(),
            Self::Lines { .. } => return None,
        })
    }

    /// The type of the value itself: the result of a derived field, otherwise the type.
    pub fn result(&self) -> &Self {
        match self {
            Self::Formula { result, .. } | Self::Rollup { result, .. } | Self::Lookup { result, .. } => result.result(),
            other => other,
        }
    }

    /// The entity that a `links` field leads to.
    pub fn links(&self) -> Option<EntityId> {
        match self {
            Self::Lines { links, .. } => *links,
            _ => None,
        }
    }

    /// The entity a reference points to.
    pub fn reference(&self) -> Option<EntityId> {
        match self.result() {
            Self::Reference { entity, .. } => Some(*entity),
            _ => None,
        }
    }
}

/// Formats of one-line text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum TextFormat {
    Plain,
    Email,
    Phone,
    Url,
    Barcode,
    Color,
}

/// Formats of decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum NumberFormat {
    Plain,
    Percent,
    Quantity,
}

/// Code lists of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum CodeList {
    Country,
    Currency,
    Language,
}

/// Formats of structured values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum JsonFormat {
    Address,
    Location,
    Any,
}

/// Where an amount's currency comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CurrencyOf {
    /// A sibling field; for owned lines it may be a field of the parent instead.
    Field(FieldId),
    /// Always this one.
    Fixed(String),
    /// The tenant's base currency.
    Base,
}

/// States and transitions.
#[derive(Clone, Debug)]
pub struct StateMachine {
    /// The states in order.
    pub states: Vec<OptionDoc>,
    /// The state of a new record.
    pub initial: String,
    /// The moves.
    pub transitions: Vec<Transition>,
}

/// A move between states.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Id.
    pub id: DefId,
    /// The action's name.
    pub action: String,
    /// Shown on the button.
    pub title: LocalText,
    /// States it starts from.
    pub from: Vec<String>,
    /// State it leads to.
    pub to: String,
    /// Roles that may do it; everyone with the action right if empty.
    pub roles: Vec<RoleId>,
    /// A condition that must hold.
    pub when: Option<Arc<Expr>>,
}

/// A role with resolved rights.
#[derive(Clone, Debug)]
pub struct Role {
    /// Id.
    pub id: RoleId,
    /// App it belongs to.
    pub app: String,
    /// Name.
    pub name: String,
    /// Title.
    pub title: LocalText,
    /// May change definitions and administer people.
    pub administrator: bool,
    /// Rights by entity; what is not here is denied. `*` is already spread out.
    pub entities: IndexMap<EntityId, EntityRights>,
}

/// Resolved rights of a role on an entity.
#[derive(Clone, Debug)]
pub struct EntityRights {
    /// May create.
    pub create: bool,
    /// Whose may be read.
    pub read: Scope,
    /// Whose may be changed.
    pub update: Scope,
    /// Whose may be archived.
    pub delete: Scope,
    /// May purge archived ones among those that may be archived.
    pub purge: bool,
    /// May export.
    pub export: bool,
    /// Actions that may be used, by name.
    pub actions: Vec<String>,
    /// A condition every record must meet.
    pub condition: Option<Arc<Expr>>,
    /// Right on each field; every non-system field of the entity is here. System fields are readable with the record.
    pub fields: HashMap<FieldId, FieldRight>,
}
