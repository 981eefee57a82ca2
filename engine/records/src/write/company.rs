//! Companies: the currency that amounts are in stays, one company is the default, a zone is one that exists.
use std::sync::Arc;

use kontor_access::{Action, decide};
use kontor_definitions::{
    Entity, Field, FieldId, FieldType, Value,
    catalog::{CurrencyOf, FieldClass},
    expr::{EnvValue, env_values, reads},
};
use kontor_storage::{Archived, Query, zone};
use uuid::Uuid;

use super::{
    draft::{Draft, Work},
    known::{as_id, definer_bug},
    load,
    pipeline::Bench,
};
use crate::{
    condition,
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text, below, quoted},
    frame::Frame,
    session::Session,
};

/// Whether an entity is that of the companies.
pub(crate) fn is_company(entity: &Entity) -> bool {
    entity.app == "base" && entity.name == "company"
}

/// The company that a record says it belongs to.
pub(crate) fn of_draft(draft: &Draft) -> Option<Uuid> {
    as_id(draft.value(FieldId::COMPANY))
}

/// A field of a company by name, as it was and as it will be.
fn change<'d>(draft: &'d Draft, name: &str) -> Option<(&'d Value, &'d Value)> {
    let place = draft.entity.field_named(name).and_then(|field| draft.entity.index_of(field.id))?;
    Some((draft.was(place), draft.at(place)))
}

fn differs(draft: &Draft, name: &str) -> bool {
    change(draft, name).is_some_and(|(was, is)| was != is)
}

impl Session<'_> {
    /// What a company may not become: without a zone that exists, in another currency than the amounts that are there,
    /// archived while it stands in where records have no company of their own.
    pub(crate) fn check_company(&mut self, work: &mut Work) -> Result<(), RecordsError> {
        if !is_company(&work.draft.entity) {
            return Ok(());
        }
        if let (true, Some((_, Value::Text(name)))) = (differs(&work.draft, "zone"), change(&work.draft, "zone"))
            && !zone::is_known(name)
        {
            work.findings.push(unknown_zone(&work.draft, name));
        }
        if work.draft.is_new() && !marks(&work.draft) {
            return Ok(());
        }
        let frame = Arc::clone(&self.frame);
        let default = frame.companies.default();
        let is_default = default.is_some_and(|company| company.id == work.draft.id);
        let archives = !work.draft.value(FieldId::ARCHIVED_AT).is_null();
        if is_default && archives {
            work.findings.push(default_needed(&work.draft, "", "archive"));
        }
        if is_default && change(&work.draft, "is_default") == Some((&Value::Bool(true), &Value::Bool(false))) {
            work.findings.push(default_needed(&work.draft, "is_default", "unmark"));
        }
        if differs(&work.draft, "currency") && !work.draft.is_new() {
            let pointer = below(&work.draft.pointer, "currency");
            self.amounts_stay(work, work.draft.id, is_default, &pointer)?;
        }
        let currency = change(&work.draft, "currency").map(|(_, is)| is.clone());
        if let (true, false, Some(default)) = (marks(&work.draft), is_default, default)
            && currency != default.currency.clone().map(Value::Text)
        {
            let pointer = below(&work.draft.pointer, "is_default");
            self.amounts_stay(work, Uuid::nil(), true, &pointer)?;
        }
        Ok(())
    }

    /// Refuses a change of the currency that stored amounts are in: those of records of a company, and, for the default
    /// one, those of records that have none.
    fn amounts_stay(&mut self, work: &mut Work, company: Uuid, is_default: bool, pointer: &str) -> Result<(), RecordsError> {
        let frame = Arc::clone(&self.frame);
        for entity in frame.catalog.entities.values().filter(|entity| entity.parent.is_none() && has_amounts(&frame, entity)) {
            let own = entity.field(FieldId::COMPANY).is_some();
            if !own && !is_default {
                continue;
            }
            let filter = own.then(|| {
                let target = work.draft.entity.id;
                condition::field_in(
                    FieldId::COMPANY,
                    kontor_definitions::expr::Type::Record(target),
                    std::iter::once(Value::Id(company)),
                )
            });
            let query = Query {
                entity: entity.id,
                columns: vec![vec![FieldId::ID]],
                filter,
                sort: Vec::new(),
                after: None,
                limit: 1,
                archived: Archived::With,
            };
            let permit = decide(&frame.definer, Action::Read, entity.id).map_err(|_denied| definer_bug())?;
            if !self.tx.select(frame.definer_context(), permit, &query)?.is_empty() {
                work.findings.push(currency_in_use(&frame, entity, pointer));
                return Ok(());
            }
        }
        Ok(())
    }

    /// When a company has been made the default, the others are it no longer.
    pub(crate) fn unmark_others(&mut self, bench: &Bench, draft: &Draft) -> Result<(), RecordsError> {
        if !is_company(&draft.entity) || !marks(draft) || !differs(draft, "is_default") {
            return Ok(());
        }
        let frame = Arc::clone(&self.frame);
        let others: Vec<Uuid> = frame.companies.all().iter().filter(|other| other.is_marked).map(|other| other.id).collect();
        for id in others.into_iter().filter(|id| *id != draft.id) {
            let Some(mut work) = self.as_stored(&draft.entity, id)? else { continue };
            if let Some(field) = draft.entity.field_named("is_default") {
                work.draft.set_field(field.id, Value::Bool(false));
            }
            self.commit(bench, &mut work)?;
        }
        Ok(())
    }

    /// A record as it is stored, to be changed by the engine in the course of another write.
    fn as_stored(&mut self, entity: &Arc<Entity>, id: Uuid) -> Result<Option<Work>, RecordsError> {
        let frame = Arc::clone(&self.frame);
        let permit = decide(&frame.definer, Action::Update, entity.id).map_err(|_denied| definer_bug())?;
        if !self.tx.lock(frame.definer_context(), permit, entity.id, kontor_definitions::RecordId(id))? {
            return Ok(None);
        }
        let draft = load::by_ids(&frame, self.tx, entity, vec![id])?.pop();
        // It follows from the right to mark the other one, which was decided there.
        Ok(draft.map(|draft| Work { draft, action: Action::Purge, name: "update".to_owned(), findings: Findings::default() }))
    }
}

fn marks(draft: &Draft) -> bool {
    change(draft, "is_default").is_some_and(|(_, is)| *is == Value::Bool(true))
}

/// Whether records of an entity, or their lines, keep amounts in the currency of their company.
fn has_amounts(frame: &Frame, entity: &Entity) -> bool {
    let keeps = |entity: &Entity| entity.fields.iter().any(|field| keeps_amount(frame, field));
    keeps(entity) || entity.fields.iter().filter_map(|field| frame.line_entity(field)).any(|line| keeps(line))
}

fn keeps_amount(frame: &Frame, field: &Field) -> bool {
    if field.column().is_none() || field.class == FieldClass::Live {
        return false;
    }
    let is_base = matches!(field.ty.result(), FieldType::Money { currency: CurrencyOf::Base, .. });
    let reads_it = match &field.ty {
        FieldType::Formula { expression, .. } => {
            let own = |path: &Vec<FieldId>| path.contains(&FieldId::COMPANY) && is_currency(frame, path.last().copied());
            let of_default = |value: EnvValue| matches!(value, EnvValue::Company(field) if is_currency(frame, Some(field)));
            reads(expression).iter().any(own) || env_values(expression).into_iter().any(of_default)
        }
        _ => false,
    };
    is_base || reads_it
}

fn is_currency(frame: &Frame, field: Option<FieldId>) -> bool {
    let company = frame.catalog.entity_named("base.company");
    company.and_then(|company| company.field(field?)).is_some_and(|field| field.name == "currency")
}

fn unknown_zone(draft: &Draft, name: &str) -> FieldError {
    let shown = quoted(name);
    let text = Text { zh: &format!("没有名为“{shown}”的时区"), en: &format!("there is no time zone \"{shown}\"") };
    let way = Text { zh: "例如 Asia/Shanghai、Europe/Berlin、UTC", en: "for example Asia/Shanghai, Europe/Berlin or UTC" };
    FieldError::new(Class::Refused, below(&draft.pointer, "zone"), "unknown_zone", text).suggest(way)
}

fn default_needed(draft: &Draft, field: &str, what: &str) -> FieldError {
    let text = match what {
        "archive" => Text { zh: "默认公司不能归档", en: "the default company cannot be archived" },
        _ => Text { zh: "必须有一家默认公司", en: "one company must be the default" },
    };
    let pointer = if field.is_empty() { draft.pointer.clone() } else { below(&draft.pointer, field) };
    let way = Text { zh: "请先把另一家公司设为默认", en: "make another company the default first" };
    FieldError::new(Class::Conflict, pointer, "default_company", text).suggest(way)
}

/// Which records they are is told only to those who may read such records.
fn currency_in_use(frame: &Frame, entity: &Entity, pointer: &str) -> FieldError {
    let title = |locale| frame.names().permit(entity.id).and_then(|_| entity.title.get(locale));
    let zh = title("zh-CN").map_or_else(|| "已有单据".to_owned(), |title| format!("已有“{title}”"));
    let en = title("en").map_or_else(|| "records".to_owned(), |title| format!("records of \"{title}\""));
    let text = Text {
        zh: &format!("{zh}按原来的本位币记账，本位币不能再变"),
        en: &format!("there are {en} with amounts in the base currency they were made in; it cannot change any more"),
    };
    let way = Text { zh: "请另建一家使用该币种的公司", en: "make another company with that currency" };
    FieldError::new(Class::Conflict, pointer, "currency_in_use", text).suggest(way)
}
