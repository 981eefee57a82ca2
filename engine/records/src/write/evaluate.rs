//! Dry run of a write: the record with defaults and derived values, and everything that is wrong with it. Nothing is written.
use std::sync::Arc;

use kontor_access::{Action, FieldReach, decide};
use kontor_definitions::{Entity, Field, FieldId, FieldType, RecordId, Value, catalog::FieldClass};

use super::{
    coerce::{Apply, wrong_type},
    compute::{Compute, Currencies},
    conversions,
    draft::Draft,
    duplicates::Duplicates,
    links, load,
    pipeline::Bench,
    texts,
    view::View,
};
use crate::{
    coerce::parse_id,
    error::RecordsError,
    files::Files,
    finding::{Class, FieldError, Findings, Text, below, quoted},
    input::Input,
    json::{self, Shape},
    read::get,
    session::Session,
};

impl Session<'_> {
    /// Dry run of a write: `{"record": {…}}` (with `id` for an existing record) to the record with defaults and derived
    /// values, and everything that is wrong with it. Writes nothing. Answers JSON.
    pub fn evaluate(&mut self, entity: &str, input: &Input) -> Result<String, RecordsError> {
        let record = record_of(input)?;
        let id = match record.get("id") {
            Some(Input::Text(text)) => Some(parse_id(text).ok_or(RecordsError::NotFound)?),
            _ => None,
        };
        let mut work = match id {
            None => {
                let entity = self.entity(entity, Action::Create)?;
                self.new_work(&entity, record, String::new(), true)?
            }
            Some(id) => {
                let entity = self.entity(entity, Action::Update)?;
                let mut works = self.stored_works(&entity, &[(id, String::new(), None)], Action::Update, None)?;
                let mut work = works.pop().ok_or(RecordsError::NotFound)?;
                let frame = Arc::clone(&self.frame);
                load::load_lines(&frame, self.tx, &mut [&mut work.draft])?;
                let mut apply = Apply { frame: &frame, ids: &mut self.ids, action: Action::Update, lenient: true };
                apply.object(&mut work.draft, record, &mut work.findings);
                work
            }
        };
        let mut bench = Bench::new(&self.frame);
        self.prepare(&mut bench, std::slice::from_mut(&mut work), true)?;
        // Asked at every key, this would keep writers of the same thing waiting; saving asks.
        let asked = std::mem::replace(&mut self.duplicates, Duplicates::Ignored);
        self.settle(&mut bench, &mut work)?;
        self.duplicates = asked;
        // What a default refers to is read by live fields too.
        let frame = Arc::clone(&self.frame);
        bench.known.load(&frame, self.tx, &[&work.draft], true)?;
        let mut out = String::from("{\"record\":");
        self.write_draft(&mut out, &bench, &work.draft, None)?;
        out.push_str(",\"errors\":");
        get::findings(&mut out, &frame.locale, &work.findings.0);
        let warnings = conversions::warnings(&frame, &work.draft);
        if !warnings.is_empty() {
            out.push_str(",\"warnings\":");
            get::findings(&mut out, &frame.locale, &warnings);
        }
        out.push('}');
        Ok(out)
    }

    fn write_draft(
        &mut self,
        out: &mut String,
        bench: &Bench,
        draft: &Draft,
        parent: Option<&View<'_>>,
    ) -> Result<(), RecordsError> {
        let frame = Arc::clone(&self.frame);
        let none = Currencies::default();
        let view = View { draft, parent, known: &bench.known, env: &bench.env };
        let base = frame.base_currency(parent.map_or(draft, |parent| parent.draft));
        let compute = Compute { frame: &frame, known: &bench.known, env: &bench.env, currencies: &none, base };
        out.push('{');
        if !draft.is_new() {
            json::key(out, "id");
            json::text(out, &draft.id.to_string());
        }
        for (place, field) in draft.entity.fields.iter().enumerate() {
            if field.id == FieldId::ID
                || field.id.0.is_companion()
                || (draft.is_new() && field.system)
                || !self.shows(draft, &draft.entity, field)?
            {
                continue;
            }
            match &field.ty {
                FieldType::Lines { .. } => {
                    let Some(lines) = draft.lines.iter().find(|lines| lines.place == place) else { continue };
                    json::key(out, &field.name);
                    if field.ty.links().is_some() {
                        let ids = lines.rows.iter().filter_map(links::target).map(Value::Id).collect();
                        json::value(out, &Value::List(ids), Shape::Plain);
                        continue;
                    }
                    out.push('[');
                    for (index, line) in lines.rows.iter().enumerate() {
                        if index > 0 {
                            out.push(',');
                        }
                        self.write_draft(out, bench, line, Some(&view))?;
                    }
                    out.push(']');
                }
                _ => {
                    json::key(out, &field.name);
                    let computed = match field.class {
                        FieldClass::Live => view.derived(field).and_then(|value| compute.fitted(draft, field, value)).ok(),
                        FieldClass::Input | FieldClass::Row | FieldClass::Rollup => Some(texts::seen(&frame, draft, place)),
                    };
                    let (value, shape) = (computed.unwrap_or_default(), Shape::of(field));
                    match shape {
                        Shape::File | Shape::Files => Files::load(self.tx, [&value])?.write(out, &value, shape),
                        Shape::Number | Shape::Decimal(_) | Shape::Money | Shape::Plain | Shape::Masked => {
                            json::value(out, &value, shape)
                        }
                    }
                }
            }
        }
        out.push('}');
        Ok(())
    }

    /// Whether a field of this row is shown to the person.
    fn shows(&mut self, draft: &Draft, entity: &Entity, field: &Field) -> Result<bool, RecordsError> {
        let frame = Arc::clone(&self.frame);
        let Ok(permit) = decide(&frame.rights, Action::Read, entity.id) else { return Ok(false) };
        Ok(match permit.reach(field.id) {
            FieldReach::Never => false,
            FieldReach::Always => true,
            FieldReach::Grants(_) if draft.is_new() || entity.parent.is_some() => true,
            FieldReach::Grants(places) => {
                self.tx.permits(frame.context(), &permit.only(&places), entity.id, RecordId(draft.id))?
            }
        })
    }
}

fn record_of(input: &Input) -> Result<&Input, Findings> {
    let Input::Object(parts) = input else {
        return Err(wrong_type("", input, Text { zh: "对象", en: "an object" }).into());
    };
    let mut findings = Findings::default();
    for key in parts.keys().filter(|key| *key != "record") {
        let shown = quoted(key);
        let text = Text { zh: &format!("没有名为“{shown}”的属性"), en: &format!("there is no property \"{shown}\"") };
        findings.push(FieldError::new(Class::Malformed, below("", key), "unknown_property", text));
    }
    match parts.get("record") {
        Some(record @ Input::Object(_)) if findings.is_empty() => return Ok(record),
        Some(Input::Object(_)) => {}
        Some(other) => findings.push(wrong_type("/record", other, Text { zh: "对象", en: "an object" })),
        None => {
            let text = Text { zh: "缺少 record", en: "record is missing" };
            findings.push(FieldError::new(Class::Malformed, "/record", "required", text));
        }
    }
    Err(findings)
}
