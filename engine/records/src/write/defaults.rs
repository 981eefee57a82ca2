//! Step: values of new records and new lines that nobody entered.
use kontor_definitions::{
    FieldId, FieldType, Value,
    expr::eval::{EvalEnv, eval},
};
use kontor_storage::Tx;
use std::sync::Arc;

use super::{compute::Compute, compute::Currencies, draft::Draft, known::Known, view::View};
use crate::{error::RecordsError, finding::Findings, frame::Frame};

/// What defaults are worked out with.
pub(crate) struct Defaults<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) env: &'a EvalEnv,
    pub(crate) currencies: &'a Currencies,
}

/// The company of a new record: that of the person, else the default one. Other defaults may read it, so it comes first.
pub(crate) fn company(frame: &Frame, draft: &mut Draft) {
    let Some(place) = draft.entity.index_of(FieldId::COMPANY) else { return };
    if draft.is_new()
        && draft.at(place).is_null()
        && let Some(company) = frame.companies.of_person(frame.rights.actor().user)
    {
        draft.set(place, Value::Id(company.id));
    }
}

impl Defaults<'_> {
    /// Fills a record, then its new lines, which may read it.
    pub(crate) fn fill(
        &self,
        tx: &mut Tx,
        known: &mut Known,
        draft: &mut Draft,
        findings: &mut Findings,
    ) -> Result<(), RecordsError> {
        if draft.is_new() {
            self.own(tx, known, draft, None, findings)?;
        }
        let mut lines = std::mem::take(&mut draft.lines);
        for line in lines.iter_mut().flat_map(|lines| &mut lines.rows).filter(|line| line.is_new()) {
            self.own(tx, known, line, Some(&*draft), findings)?;
        }
        draft.lines = lines;
        Ok(())
    }

    /// Fills these fields of a stored record or line where they are empty; answers the places that have a value now.
    pub(crate) fn fill_empty(
        &self,
        tx: &mut Tx,
        known: &mut Known,
        draft: &mut Draft,
        fields: &[FieldId],
    ) -> Result<Vec<usize>, RecordsError> {
        let mut filled = Vec::new();
        for place in fields.iter().filter_map(|field| draft.entity.index_of(*field)).collect::<Vec<_>>() {
            if !draft.at(place).is_null() {
                continue;
            }
            // Where it cannot be worked out the value stays missing, and `kontor verify` says so.
            let value = self.default(known, draft, place, None, &mut Findings::default());
            self.put(tx, known, draft, place, value)?;
            filled.extend((!draft.at(place).is_null()).then_some(place));
        }
        Ok(filled)
    }

    fn own(
        &self,
        tx: &mut Tx,
        known: &mut Known,
        draft: &mut Draft,
        parent: Option<&Draft>,
        findings: &mut Findings,
    ) -> Result<(), RecordsError> {
        for place in 0..draft.entity.fields.len() {
            let value = {
                let above = parent.map(|parent| View { draft: parent, parent: None, known, env: self.env });
                self.default(known, draft, place, above.as_ref(), findings)
            };
            self.put(tx, known, draft, place, value)?;
        }
        Ok(())
    }

    /// The default of a field, if it has one and the input says nothing.
    fn default(
        &self,
        known: &Known,
        draft: &Draft,
        place: usize,
        parent: Option<&View<'_>>,
        findings: &mut Findings,
    ) -> Option<Value> {
        let field = draft.entity.fields.get(place)?;
        if draft.given.contains(&place) || !draft.at(place).is_null() {
            return None;
        }
        let actor = self.frame.rights.actor();
        if field.id == FieldId::OWNER {
            return Some(Value::Id(actor.user.0)).filter(|_| !actor.user.0.is_nil());
        }
        if field.id == FieldId::DEPARTMENT {
            return actor.department.map(Value::Id);
        }
        if field.id == FieldId::COMPANY {
            return self.frame.companies.of_person(actor.user).map(|company| Value::Id(company.id));
        }
        if let FieldType::State(machine) = &field.ty {
            return Some(Value::Text(machine.initial.clone()));
        }
        let default = field.default.as_ref()?;
        let view = View { draft, parent, known, env: self.env };
        let base = self.frame.base_currency(parent.map_or(draft, |parent| parent.draft));
        let compute = Compute { frame: self.frame, known, env: self.env, currencies: self.currencies, base };
        match eval(default, &view, self.env).and_then(|value| compute.fitted(draft, field, value)) {
            Ok(value) => Some(value),
            Err(error) => {
                findings.push(compute.failed(draft, field, &error));
                None
            }
        }
    }

    /// Sets a default; a reference that other expressions follow is loaded at once.
    fn put(
        &self,
        tx: &mut Tx,
        known: &mut Known,
        draft: &mut Draft,
        place: usize,
        value: Option<Value>,
    ) -> Result<(), RecordsError> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
        draft.set(place, value);
        let follows = draft.entity.fields.get(place).is_some_and(|field| draft.plan.follow.0.contains_key(&field.id));
        if follows {
            let plan = Arc::clone(&draft.plan);
            known.follow(self.frame, tx, &[&*draft], None, &plan.follow)?;
        }
        Ok(())
    }
}
