//! Translatable fields in the statements of persons: the text in the person's language, else the one in the field itself.
//!
//! What a person names (columns, filter, order, groups) is the text they see. What definitions name is the field itself, whoever
//! asks, so that a formula has one value for everybody.
use kontor_definitions::{ColumnType, Field, FieldId, texts};

use super::writer::{Place, Term, View, Writer};
use crate::{bind::Bind, error::StorageError, store::Dialect};

impl<'a> Writer<'a> {
    /// What stands in a column of texts or of their sort keys for the person's language, else what the field itself has.
    pub(super) fn in_language(&mut self, place: &Place<'a>, texts: FieldId, own: Term) -> Result<Term, StorageError> {
        let Some(locale) = self.context.locale.filter(|_| self.context.physical.has(place.entity, texts)) else { return Ok(own) };
        let first = texts::first_language(self.context.catalog, self.entity(place.entity)?);
        let column = self.column(&place.alias, place.entity, texts)?;
        let mut ways = Vec::new();
        for tag in texts::wanted(locale, first) {
            ways.push(self.text_in(&column, tag)?);
        }
        if ways.is_empty() {
            return Ok(own);
        }
        Ok(Term { sql: format!("COALESCE({}, {})", ways.join(", "), own.sql), ..own })
    }

    /// The same for somebody who looks through this place: a person, not a definition.
    pub(super) fn as_seen(&mut self, place: &Place<'a>, field: &'a Field, own: Term) -> Result<Term, StorageError> {
        match (place.view, field.texts()) {
            (View::Person(_), Some(texts)) => self.in_language(place, texts, own),
            _ => Ok(own),
        }
    }

    /// The texts of a field in all languages, its own among them, as a person is told them.
    pub(super) fn all_texts(&mut self, place: &Place<'a>, field: &'a Field, others: FieldId) -> Result<Term, StorageError> {
        let own = self.column(&place.alias, place.entity, field.id)?;
        let others = self.column(&place.alias, place.entity, others)?;
        let first = texts::first_language(self.context.catalog, self.entity(place.entity)?);
        let first = self.bind(&Bind::text(first))?;
        let all = match self.dialect {
            Dialect::Sqlite => format!("json_patch(json_object({first}, {own}), COALESCE({others}, '{{}}'))"),
            Dialect::Postgres => format!("(jsonb_build_object({first}, {own}) || COALESCE({others}, '{{}}'::jsonb))"),
        };
        Ok(Term::column(format!("CASE WHEN {own} IS NOT NULL THEN {all} END"), ColumnType::Json))
    }

    fn text_in(&mut self, column: &str, tag: &str) -> Result<String, StorageError> {
        Ok(match self.dialect {
            Dialect::Sqlite => {
                let path = self.bind(&Bind::text(format!("$.\"{tag}\"")))?;
                format!("json_extract({column}, {path})")
            }
            Dialect::Postgres => {
                let tag = self.bind(&Bind::text(tag))?;
                format!("(({column} ->> {tag}) COLLATE \"C\")")
            }
        })
    }
}
