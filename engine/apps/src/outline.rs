//! What making definitions live would do: the plan of the tables, and what the data says about it.
use std::{collections::BTreeSet, sync::Arc};

use kontor_definitions::{Catalog, Diagnostic, EntityId, FieldId, Severity, model::Kind};
use kontor_storage::{
    Physical, Plan, StorageError, Tx,
    schema::{self, PlanAction, PlanError},
};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    companies::Companies,
    compile::Compiled,
    derived, duplicates,
    error::{AppError, text},
    losses::Data,
    release,
    remembered::with_remembered,
    required,
    snapshot::Snapshot,
    sources::{DocumentKey, Sources},
    tenant::Tenant,
};

/// What a release would do, shown before it is done.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The steps; empty where the definitions do not check or cannot be carried out.
    pub plan: Plan,
    /// Findings of the check, and what the data says about the change.
    pub findings: Vec<Diagnostic>,
}

impl Tenant {
    /// What making checked documents live would do.
    pub(crate) fn outline(&self, on: i64, compiled: Compiled) -> Result<Outline, AppError> {
        let before = release::current(self, on)?;
        let Compiled { sources, catalog, mut findings } = compiled;
        let Some(catalog) = catalog else { return Ok(Outline { plan: Plan::default(), findings }) };
        let known = with_remembered(self, &before, &catalog)?;
        let zone = Arc::clone(self.zone());
        let measured = self.db().read_blocking(move |tx| measure(tx, (&before, &known, &zone), &catalog, &sources));
        let (plan, mut counted) = match measured {
            Ok(measured) => measured,
            Err(AppError::Findings(more)) => (Plan::default(), more),
            Err(error) => return Err(error),
        };
        findings.append(&mut counted);
        Ok(Outline { plan, findings })
    }
}

/// The plan of the tables; a change that cannot be carried out is a finding.
pub(crate) fn plan(physical: &Physical, before: &Catalog, catalog: &Catalog, sources: &Sources) -> Result<Plan, AppError> {
    plan_beside(physical, (before, catalog), sources, &BTreeSet::new())
}

/// The same with another column for some fields that could keep theirs.
pub(crate) fn plan_beside(
    physical: &Physical,
    definitions: (&Catalog, &Catalog),
    sources: &Sources,
    beside: &BTreeSet<(EntityId, FieldId)>,
) -> Result<Plan, AppError> {
    let error = match schema::plan_beside(physical, definitions, beside) {
        Ok(plan) => return Ok(plan),
        Err(error) => error,
    };
    let (entity, field, id) = match error {
        StorageError::Plan(PlanError::TypeChange { entity, field, id }) => (entity, field, id),
        StorageError::Plan(PlanError::Encryption { entity, field, id }) => {
            return Err(AppError::Findings(vec![encryption(sources, (&entity, &field, id))]));
        }
        error => return Err(error.into()),
    };
    let place = Place::of_field(sources, &entity, id);
    Err(AppError::Findings(vec![place.finding(
        (Severity::Error, "type_change"),
        (
            &format!("字段“{field}”的值无法转换为新的类型，不能改变类型。"),
            &format!("The type of “{field}” cannot be changed: there is no conversion for the values it has."),
        ),
        (
            "请恢复原来的类型，或删除此字段后以新的编号另建一个字段。",
            "Bring back the type it had, or remove the field and add another one with an id of its own.",
        ),
    )]))
}

/// Conversions between days and moments are done in the business zone: that of the default company, else the server's.
pub(crate) fn tell_days(tx: &mut Tx, (before, zone): (&Snapshot, &str), plan: &mut Plan) -> Result<(), AppError> {
    if !plan.tells_days() {
        return Ok(());
    }
    let companies = Companies::read(tx, before, OffsetDateTime::UNIX_EPOCH)?;
    plan.in_zone(companies.default().and_then(|company| company.zone.as_deref()).unwrap_or(zone));
    Ok(())
}

/// A field with values cannot become sensitive, nor cease to be, nor change its type while it is.
fn encryption(sources: &Sources, (entity, field, id): (&str, &str, FieldId)) -> Diagnostic {
    Place::of_field(sources, entity, id).finding(
        (Severity::Error, "encryption_change"),
        (
            &format!("字段“{field}”已经建立，不能再改为敏感或非敏感，敏感字段也不能改变类型：原来的列会留下未加密的值。"),
            &format!("“{field}” exists already: it can neither become sensitive nor cease to be, nor change its type while it is, because the column it had would keep the values as they were."),
        ),
        (
            "请恢复原来的设置，或以新的编号另建一个字段，转存数据后停用此字段。",
            "Bring back what it was, or add another field with an id of its own, move the values there and retire this one.",
        ),
    )
}

/// A unique index that cannot be built because of values that are there is a finding.
pub(crate) fn refused(error: StorageError, plan: &Plan, catalog: &Catalog, sources: &Sources) -> AppError {
    let StorageError::Unique { constraint } = &error else { return error.into() };
    let unique = || {
        plan.steps.iter().filter_map(|step| match &step.action {
            PlanAction::CreateIndex { index } if index.unique => Some((step, index)),
            _ => None,
        })
    };
    // SQLite names the columns instead of the index.
    let Some((step, index)) = unique().find(|(_, index)| index.name == *constraint).or_else(|| unique().next()) else {
        return error.into();
    };
    let entity = catalog.entity(step.entity_id);
    let name_of = |id: &FieldId| entity.and_then(|entity| entity.field(*id)).map(|field| field.name.clone());
    let names: Vec<String> = index.fields.iter().filter_map(name_of).collect();
    let place = match index.fields.first() {
        Some(first) => Place::of_field(sources, &step.entity, *first),
        None => Place::of_entity(&step.entity),
    };
    AppError::Findings(vec![place.finding(
        (Severity::Error, "duplicate_values"),
        (
            &format!("“{}”已有记录的“{}”重复，不能设为唯一。", step.entity, names.join("、")),
            &format!("Records of {} have equal values in {}; it cannot become unique.", step.entity, names.join(", ")),
        ),
        ("请先改正重复的记录。", "Mend the records with equal values first."),
    )])
}

/// The plan with its rows counted, and the fields that become required where records have no value.
fn measure(
    tx: &mut Tx,
    (before, known, zone): (&Snapshot, &Catalog, &str),
    catalog: &Arc<Catalog>,
    sources: &Sources,
) -> Result<(Plan, Vec<Diagnostic>), AppError> {
    tx.be_patient()?;
    let physical = tx.physical()?;
    let mut plan = plan(&physical, known, catalog, sources)?;
    tell_days(tx, (before, zone), &mut plan)?;
    let fills = required::fills(tx, &physical, &before.catalog, catalog)?;
    let work = derived::changed(before, catalog, &plan, &fills);
    derived::add_steps(&mut plan, &work, catalog);
    tx.measure(&physical, &mut plan)?;
    let data = Data { physical: &physical, catalog, sources };
    let mut findings = data.equal(tx, &plan)?;
    findings.append(&mut data.losses(tx, &mut plan, Severity::Warning)?);
    findings.append(&mut required::without_value(tx, &physical, (&before.catalog, catalog), sources)?);
    findings.append(&mut duplicates::existing(tx, before, catalog, sources)?);
    Ok((plan, findings))
}

/// `app.entity` of `app.entity.links`.
fn written(entity: &str) -> &str {
    entity.match_indices('.').nth(1).and_then(|(end, _)| entity.get(..end)).unwrap_or(entity)
}

/// Where a finding about the data is shown.
pub(crate) struct Place {
    file: String,
    pointer: String,
    line: u32,
    column: u32,
}

impl Place {
    /// The document of an entity called `app.entity`; what a `links` field keeps its pairs in is part of the document above.
    pub(crate) fn of_entity(entity: &str) -> Self {
        let entity = written(entity);
        let (app, name) = entity.split_once('.').unwrap_or(("", entity));
        let key = DocumentKey::new(app, Kind::Entity, name);
        let file = format!("{app}/{}", key.path());
        Self { file, pointer: String::new(), line: 1, column: 1 }
    }

    /// A field inside it.
    pub(crate) fn of_field(sources: &Sources, entity: &str, field: FieldId) -> Self {
        let place = Self::of_entity(entity);
        let (app, name) = written(entity).split_once('.').unwrap_or(("", entity));
        match sources.get(&DocumentKey::new(app, Kind::Entity, name)) {
            Some(text) => place.at_field(text, &field.to_string()),
            None => place,
        }
    }

    /// Moves to a property at the top of a document; stays at the top where there is none.
    pub(crate) fn at_property(mut self, text: &str, name: &str) -> Self {
        // Properties at the top are written two spaces in.
        let wanted = format!("  \"{name}\":");
        let found = text.lines().zip(1_u32..).find(|(line, _)| line.starts_with(&wanted));
        if let Some((_, number)) = found {
            (self.pointer, self.line, self.column) = (format!("/{name}"), number, 3);
        }
        self
    }

    /// Moves to the field of that id. Canonical text has one property a line, and an id occurs once.
    pub(crate) fn at_field(mut self, text: &str, id: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let fields = value.get("fields").and_then(Value::as_array);
        let index = fields.and_then(|fields| fields.iter().position(|field| field.get("id") == Some(&Value::from(id))));
        if let Some(index) = index {
            self.pointer = format!("/fields/{index}");
        }
        let wanted = format!("\"id\": \"{id}\"");
        let found = text.lines().zip(1_u32..).find_map(|(line, number)| line.find(&wanted).map(|at| (number, at)));
        if let Some((number, at)) = found {
            self.line = number;
            self.column = u32::try_from(at).unwrap_or_default() + 1;
        }
        self
    }

    /// A finding here.
    pub(crate) fn finding(
        self,
        (severity, code): (Severity, &str),
        (zh, en): (&str, &str),
        (fix_zh, fix_en): (&str, &str),
    ) -> Diagnostic {
        let Self { file, pointer, line, column } = self;
        let (message, suggestion) = (text(zh, en), text(fix_zh, fix_en));
        Diagnostic { severity, code: code.to_owned(), file, pointer, line, column, message, suggestion }
    }
}
