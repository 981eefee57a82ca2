//! What stays the same through a session: definitions, rights, the moment.
use std::sync::Arc;

use kontor_access::Rights;
use kontor_definitions::{Catalog, Entity, Field, FieldType, Locale};
use kontor_storage::{Context, Physical};
use time::{Date, OffsetDateTime};

use crate::{names::Names, plan::Plans};

/// The definitions, rights and the moment of a session.
pub(crate) struct Frame {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) physical: Arc<Physical>,
    /// Of the person.
    pub(crate) rights: Arc<Rights>,
    /// How often rights had changed when the transaction began.
    pub(crate) rights_version: i64,
    /// Of the engine itself: definitions run with them.
    pub(crate) definer: Arc<Rights>,
    pub(crate) now: OffsetDateTime,
    pub(crate) today: Date,
    pub(crate) locale: Locale,
    pub(crate) plans: Arc<Plans>,
}

impl Frame {
    /// For statements that the person asks for.
    pub(crate) fn context(&self) -> Context<'_> {
        self.with(&self.rights)
    }

    /// For statements that definitions ask for.
    pub(crate) fn definer_context(&self) -> Context<'_> {
        self.with(&self.definer)
    }

    /// For statements under other rights.
    pub(crate) fn with<'a>(&'a self, rights: &'a Rights) -> Context<'a> {
        Context { catalog: &self.catalog, physical: &self.physical, rights, now: self.now, today: self.today }
    }

    /// The names the person may use.
    pub(crate) fn names(&self) -> Names<'_> {
        Names { catalog: &self.catalog, rights: &self.rights }
    }

    /// The entity of a `lines` field.
    pub(crate) fn line_entity(&self, field: &Field) -> Option<&Arc<Entity>> {
        match &field.ty {
            FieldType::Lines { entity, .. } => self.catalog.entity(*entity),
            _ => None,
        }
    }
}
