//! What stays the same through a session: definitions, rights, the moment.
use std::sync::Arc;

use kontor_access::Rights;
use kontor_apps::{Companies, Company};
use kontor_definitions::{Catalog, Entity, Field, FieldType, Locale};
use kontor_storage::{Context, Physical};
use time::{Date, OffsetDateTime};

use crate::{
    names::Names,
    plan::Plans,
    write::{company, draft::Draft},
};

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
    /// The day in the zone of the person's company, else of the tenant's default company.
    pub(crate) today: Date,
    /// The day in the server's zone, for companies without a zone of their own.
    pub(crate) server_today: Date,
    pub(crate) companies: Arc<Companies>,
    pub(crate) locale: Locale,
    /// The language in which translatable fields are read and written; the engine takes them as they are stored.
    pub(crate) speaks: Option<Locale>,
    pub(crate) plans: Arc<Plans>,
}

impl Frame {
    /// For statements that the person asks for.
    pub(crate) fn context(&self) -> Context<'_> {
        Context { locale: self.speaks.as_deref(), ..self.with(&self.rights) }
    }

    /// For statements that definitions ask for.
    pub(crate) fn definer_context(&self) -> Context<'_> {
        self.with(&self.definer)
    }

    /// For statements under other rights, which see translatable fields as they are stored.
    pub(crate) fn with<'a>(&'a self, rights: &'a Rights) -> Context<'a> {
        let company = self.companies.default_values();
        Context {
            catalog: &self.catalog,
            physical: &self.physical,
            rights,
            now: self.now,
            today: self.today,
            company,
            locale: None,
        }
    }

    /// The day in the zone of a record's company; of a record without one, the session's.
    pub(crate) fn today_of(&self, draft: &Draft) -> Date {
        match company::of_draft(draft).and_then(|id| self.companies.get(id)) {
            Some(company) => company.day(self.now).unwrap_or(self.server_today),
            None => self.today,
        }
    }

    /// The currency that a record's amounts in base currency are in.
    pub(crate) fn base_currency(&self, draft: &Draft) -> Option<&str> {
        self.company_of(draft)?.currency.as_deref()
    }

    /// A record's company; of a record without one, the tenant's default company.
    pub(crate) fn company_of(&self, draft: &Draft) -> Option<&Company> {
        company::of_draft(draft).and_then(|id| self.companies.get(id)).or_else(|| self.companies.default())
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
