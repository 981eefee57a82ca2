//! Records that are the same thing already, counted before a rule about duplicates goes live: it will not refuse them.
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use kontor_access::Rights;
use kontor_definitions::{Catalog, Diagnostic, Entity, FieldId, Severity, Value, aspect, catalog::DuplicateRule};
use kontor_storage::{Archived, Context, Tx};
use time::OffsetDateTime;

use crate::{error::AppError, outline::Place, reading::Reading, rights::definer, snapshot::Snapshot, sources::Sources};

/// A finding for every rule that is new or another than before and by which live records are the same thing.
pub(crate) fn existing(
    tx: &mut Tx,
    before: &Snapshot,
    catalog: &Catalog,
    sources: &Sources,
) -> Result<Vec<Diagnostic>, AppError> {
    let rights = definer(before);
    let mut findings = Vec::new();
    for entity in catalog.entities.values() {
        let Some(old) = before.catalog.entity(entity.id) else { continue };
        for rule in entity.duplicates.iter().filter(|rule| !old.duplicates.iter().any(|known| known.fields == rule.fields)) {
            let records = count(tx, (before, &rights), old, rule)?;
            if records > 0 {
                findings.push(finding(entity, sources, records));
            }
        }
    }
    Ok(findings)
}

/// How many live records have another one of the same thing.
fn count(tx: &mut Tx, (before, rights): (&Snapshot, &Rights), entity: &Entity, rule: &DuplicateRule) -> Result<u64, AppError> {
    let now = OffsetDateTime::UNIX_EPOCH;
    let context: Context<'_> = before.context(rights, now, now.date());
    let fields: Vec<(Option<_>, FieldId)> =
        rule.fields.iter().map(|id| id.aspect_of().map_or((None, *id), |(what, of)| (Some(what), of))).collect();
    // A field that does not exist yet has no values: nothing folded can be equal, and what is left says too little.
    if fields.iter().any(|(_, of)| !before.physical.has(entity.id, *of)) {
        return Ok(0);
    }
    let mut seen: HashMap<u64, u64> = HashMap::new();
    let reading = Reading { context, entity, fields: fields.iter().map(|(_, of)| *of).collect(), archived: Archived::Without };
    reading.each_chunk(tx, &mut |_, rows, _| {
        for (_, row) in rows {
            let mut hash = DefaultHasher::new();
            let (mut says_something, mut is_nameless) = (false, false);
            for ((what, _), value) in fields.iter().zip(row) {
                let value = match (what, value) {
                    (Some(what), value) => aspect::stored(*what, value),
                    (None, Value::Number(number)) => Value::Number(number.normalize()),
                    (None, value) => value.clone(),
                };
                says_something |= !value.is_null();
                is_nameless |= what.is_some() && (value.is_null() || value == Value::Text(String::new()));
                format!("{value:?}").hash(&mut hash);
            }
            if says_something && !is_nameless {
                *seen.entry(hash.finish()).or_default() += 1;
            }
        }
        Ok(())
    })?;
    Ok(seen.into_values().filter(|times| *times > 1).sum())
}

fn finding(entity: &Entity, sources: &Sources, records: u64) -> Diagnostic {
    let name = entity.full_name();
    let key = crate::sources::DocumentKey::new(&entity.app, kontor_definitions::model::Kind::Entity, &entity.name);
    let place = Place::of_entity(&name);
    let place = match sources.get(&key) {
        Some(text) => place.at_property(text, "duplicates"),
        None => place,
    };
    place.finding(
        (Severity::Warning, "existing_duplicates"),
        (
            &format!("按此规则，“{name}”已有 {records} 条记录互相重复；它们会保留，规则只在新建、修改和恢复时检查。"),
            &format!(
                "By this rule {records} record(s) of {name} are the same thing as others already; they stay, the rule looks at what is \
                 made, changed or brought back."
            ),
        ),
        ("如需清理，请在发布后逐一核对并归档多余的记录。", "Go through them after publishing and archive what there is too much of."),
    )
}
