//! Fields that become required while records are there: which of them are filled with their default by a publish, and
//! what is said about records that stay without a value.
use std::{collections::BTreeMap, sync::Arc};

use kontor_definitions::{
    Catalog, Diagnostic, Entity, EntityId, Field, FieldId, FieldType, Severity,
    catalog::Requirement,
    check::canonical,
    expr::{EnvValue, reads::env_values},
    model::Kind,
};
use kontor_storage::{Physical, Tx, schema::AT_ONCE};
use serde_json::Value;

use crate::{
    error::AppError,
    outline::Place,
    sources::{DocumentKey, Sources},
};

/// Defaults that a person gives while publishing or restoring: the expression by `app.entity.field`.
pub type Defaults = BTreeMap<String, String>;

/// Fields to be filled, by entity.
pub(crate) type Fills = BTreeMap<EntityId, Vec<FieldId>>;

/// The fields that making the catalog live fills with their default, or the first state, where records have no value in them.
pub(crate) fn fills(tx: &mut Tx, physical: &Physical, before: &Catalog, after: &Catalog) -> Result<Fills, AppError> {
    fills_of(tx, physical, (before, after), |_, _| Ok(true))
}

/// The same of small tables, while writers wait: that a large one has nothing to be filled was seen before.
pub(crate) fn fills_of_small(tx: &mut Tx, physical: &Physical, before: &Catalog, after: &Catalog) -> Result<Fills, AppError> {
    fills_of(tx, physical, (before, after), |tx, entity| Ok(!tx.has_more_than(physical, entity, AT_ONCE)?))
}

fn fills_of(
    tx: &mut Tx,
    physical: &Physical,
    (before, after): (&Catalog, &Catalog),
    counts: impl Fn(&mut Tx, EntityId) -> Result<bool, AppError>,
) -> Result<Fills, AppError> {
    let mut fills = Fills::new();
    for entity in after.entities.values() {
        let wanted = filled(before.entity(entity.id).map(AsRef::as_ref), entity);
        if wanted.is_empty() || !counts(tx, entity.id)? {
            continue;
        }
        let mut fields = Vec::new();
        for field in wanted {
            if tx.has_empty(physical, entity.id, field)? {
                fields.push(field);
            }
        }
        if !fields.is_empty() {
            fills.insert(entity.id, fields);
        }
    }
    Ok(fills)
}

/// The fields of an entity whose empty values are filled.
fn filled(old: Option<&Entity>, entity: &Entity) -> Vec<FieldId> {
    let begins = |field: &Field| {
        let was_state = old.and_then(|old| old.field(field.id)).is_some_and(|old| matches!(old.ty, FieldType::State(_)));
        matches!(field.ty, FieldType::State(_)) && !was_state
    };
    let anew = required_anew(old, entity);
    let filled = |field: &&Field| begins(field) || anew.contains(&field.id) && has_common_default(entity, field);
    entity
        .fields
        .iter()
        .filter(|field| field.is_input() && field.column().is_some())
        .filter(filled)
        .map(|field| field.id)
        .collect()
}

/// A default that every record may have: one value for all breaks a unique key, and the person of a record is not known afterwards.
fn has_common_default(entity: &Entity, field: &Field) -> bool {
    let personal = [EnvValue::UserId, EnvValue::UserName, EnvValue::UserDepartment];
    let of_person = |default: &Arc<_>| env_values(default).iter().any(|value| personal.contains(value));
    let unique = entity.unique.iter().any(|fields| fields.contains(&field.id));
    !unique && field.default.as_ref().is_some_and(|default| !of_person(default))
}

/// The fields that every record must have from now on and need not have had before.
fn required_anew(old: Option<&Entity>, entity: &Entity) -> Vec<FieldId> {
    let was = |id| old.and_then(|old| old.field(id)).is_some_and(|field| matches!(field.required, Requirement::Yes));
    let required = entity.fields.iter().filter(|field| matches!(field.required, Requirement::Yes) && field.column().is_some());
    required.map(|field| field.id).filter(|id| !id.0.is_system() && !was(*id)).collect()
}

/// A finding for each field that becomes required, is not filled, and is empty in live records.
pub(crate) fn without_value(
    tx: &mut Tx,
    physical: &Physical,
    (before, catalog): (&Catalog, &Catalog),
    sources: &Sources,
) -> Result<Vec<Diagnostic>, AppError> {
    let mut findings = Vec::new();
    for entity in catalog.entities.values() {
        let old = before.entity(entity.id).map(AsRef::as_ref);
        let filled = filled(old, entity);
        for id in required_anew(old, entity).into_iter().filter(|id| !filled.contains(id)) {
            let empty = tx.count_empty(physical, entity.id, id)?;
            if let Some(field) = entity.field(id).filter(|field| empty > 0 && field.is_input()) {
                findings.push(missing_values(sources, entity, field, empty));
            }
        }
        for field in links_required_anew(old, entity) {
            let FieldType::Lines { entity: links, .. } = field.ty else { continue };
            let empty = tx.count_without_lines(physical, entity.id, links)?;
            if empty > 0 {
                findings.push(missing_values(sources, entity, field, empty));
            }
        }
    }
    Ok(findings)
}

/// The `links` fields by which every record must lead somewhere from now on and need not have before.
fn links_required_anew<'e>(old: Option<&Entity>, entity: &'e Entity) -> impl Iterator<Item = &'e Field> {
    let required = |field: &Field| field.ty.links().is_some() && matches!(field.required, Requirement::Yes);
    let was = move |id| old.and_then(|old| old.field(id)).is_some_and(required);
    entity.fields.iter().filter(move |field| required(field) && !was(field.id))
}

fn missing_values(sources: &Sources, entity: &Entity, field: &Field, empty: u64) -> Diagnostic {
    let name = field.name.as_str();
    let way = if field.ty.links().is_some() {
        ("请在发布后逐一补填，或改为非必填。", "Fill in the values after publishing, or do not require the field.")
    } else {
        (
            "请给出默认值，发布时会填入这些记录；也可在发布后逐一补填，或改为非必填。唯一字段不能统一填默认值。",
            "Give a default value, which publishing fills in; or fill in the values after publishing, or do not require the \
             field. A unique field cannot be filled with one default.",
        )
    };
    Place::of_field(sources, &entity.full_name(), field.id).finding(
        (Severity::Warning, "required_without_value"),
        (
            &format!("“{name}”为必填，但已有 {empty} 条记录没有值；这些记录在下次修改时须补填。"),
            &format!(
                "“{name}” is required, but {empty} record(s) have no value; each must be given one when it is next changed."
            ),
        ),
        way,
    )
}

/// The documents with these defaults in their fields.
pub(crate) fn with_defaults(sources: &Arc<Sources>, defaults: Option<&Defaults>) -> Result<Arc<Sources>, AppError> {
    let Some(defaults) = defaults.filter(|defaults| !defaults.is_empty()) else { return Ok(Arc::clone(sources)) };
    let mut changed = Sources::clone(sources);
    let mut findings = Vec::new();
    for (path, default) in defaults {
        match with_default(&changed, path, default)? {
            Some((key, text)) => changed.insert(key, text),
            None => findings.push(unknown_field(path)),
        }
    }
    if findings.is_empty() { Ok(Arc::new(changed)) } else { Err(AppError::Findings(findings)) }
}

fn with_default(sources: &Sources, path: &str, default: &str) -> Result<Option<(DocumentKey, Arc<str>)>, AppError> {
    let Some((entity, name)) = path.rsplit_once('.') else { return Ok(None) };
    let (app, entity) = entity.split_once('.').unwrap_or(("", entity));
    let key = DocumentKey::new(app, Kind::Entity, entity);
    let Some(mut document) = sources.get(&key).and_then(|text| serde_json::from_str::<Value>(text).ok()) else { return Ok(None) };
    let fields = document.get_mut("fields").and_then(Value::as_array_mut);
    let field = fields.and_then(|fields| fields.iter_mut().find(|field| field.get("name") == Some(&Value::from(name))));
    let Some(field) = field.and_then(Value::as_object_mut) else { return Ok(None) };
    field.insert("default".to_owned(), Value::from(default));
    let text = canonical(key.kind, &document).map_err(|error| AppError::Bug(format!("{key}: {error}")))?;
    Ok(Some((key, text.into())))
}

fn unknown_field(path: &str) -> Diagnostic {
    let entity = path.rsplit_once('.').map_or(path, |(entity, _field)| entity);
    Place::of_entity(entity).finding(
        (Severity::Error, "unknown_field"),
        (&format!("没有字段“{path}”，无法为其填默认值。"), &format!("There is no field {path} to be given a default.")),
        ("请写成“应用.实体.字段”。", "Write it as app.entity.field."),
    )
}
