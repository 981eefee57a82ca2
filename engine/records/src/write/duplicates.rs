//! Step: records that are the same thing as another live one, as the entity's rules tell them. The rules run as definer; what the
//! person is told of the other record is what the rule reveals, and nothing else.
use kontor_access::{Action, Permit, decide};
use kontor_definitions::{
    EntityId, FieldId, RecordId, Value, aspect,
    catalog::DuplicateRule,
    model::entity::{DuplicateAction, Reveal},
};
use kontor_storage::{Archived, Context, Query, Tx};

use super::{
    draft::{Draft, Work},
    known::definer_bug,
};
use crate::{
    condition,
    error::RecordsError,
    finding::{Class, FieldError, Other, Text, below, quoted},
    frame::Frame,
};

/// What a write does about rules that only warn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// They ask the person.
    #[default]
    Ask,
    /// The person was asked and wants the record all the same.
    Accepted,
    /// No rule is looked at: nothing will be written.
    Ignored,
}

/// Looks for other records that are the same thing; `all` rules, or those of which a value changes.
///
/// What is compared is locked until the transaction ends, so that of two writers of one thing the second sees the first.
pub(crate) fn check(frame: &Frame, tx: &mut Tx, work: &mut Work, how: Duplicates, all: bool) -> Result<(), RecordsError> {
    if how == Duplicates::Ignored {
        return Ok(());
    }
    let entity = std::sync::Arc::clone(&work.draft.entity);
    for (place, rule) in entity.duplicates.iter().enumerate() {
        let Some(values) = compared(&work.draft, rule, all) else { continue };
        tx.lock_key(&key(entity.id, place, &values))?;
        let except = Some(RecordId(work.draft.id)).filter(|_| !work.draft.is_new());
        let Some(other) = tx.find_same(frame.definer_context(), entity.id, &values, except)? else { continue };
        if rule.action == DuplicateAction::Warn && how == Duplicates::Accepted {
            continue;
        }
        let finding = told(frame, tx, &work.draft, rule, other)?;
        work.findings.push(finding);
    }
    Ok(())
}

/// The values that a rule compares; none if it has nothing to say: a name that is empty is not the same as another empty one.
/// Two values that both lack are equal.
fn compared(draft: &Draft, rule: &DuplicateRule, all: bool) -> Option<Vec<(FieldId, Value)>> {
    let mut changes = all || draft.is_new();
    let mut values = Vec::with_capacity(rule.fields.len());
    for id in &rule.fields {
        let (made, of) = id.aspect_of().map_or((None, *id), |(made, of)| (Some(made), of));
        let place = draft.entity.index_of(of)?;
        let make = |value: &Value| made.map_or_else(|| value.clone(), |made| aspect::stored(made, value));
        let value = make(draft.at(place));
        let is_empty = value.is_null() || value == Value::Text(String::new());
        if is_empty && made.is_some() {
            return None;
        }
        changes |= value != make(draft.was(place));
        values.push((*id, value));
    }
    let says_something = values.iter().any(|(_, value)| !value.is_null());
    (changes && says_something).then_some(values)
}

/// Names what is compared, the same for every writer of it.
fn key(entity: EntityId, rule: usize, values: &[(FieldId, Value)]) -> String {
    let mut key = format!("duplicate {entity} {rule}");
    for (_, value) in values {
        let plain = match value {
            Value::Number(number) => Value::Number(number.normalize()),
            other => other.clone(),
        };
        key.push_str(&format!("\u{0}{plain:?}"));
    }
    key
}

fn told(frame: &Frame, tx: &mut Tx, draft: &Draft, rule: &DuplicateRule, other: RecordId) -> Result<FieldError, RecordsError> {
    let entity = &draft.entity;
    let fields = rule.fields.iter().map(|id| id.aspect_of().map_or(*id, |(_, of)| of)).filter_map(|id| entity.field(id));
    let named = fields.into_iter().find(|field| frame.names().readable(entity.id, field.id));
    let pointer = named.map_or_else(|| draft.pointer.clone(), |field| below(&draft.pointer, &field.name));
    let revealed = revealed(frame, tx, draft, rule.reveal, other)?;
    let shown = revealed.as_ref().map(|(shown, _)| quoted(shown));
    let (zh, en) = match (rule.reveal, &shown) {
        (Reveal::Owner, Some(owner)) => (
            format!("已有相同的记录，负责人：{owner}"),
            format!("there is a record of the same thing already; it belongs to {owner}"),
        ),
        (Reveal::Label, Some(label)) => {
            (format!("已有相同的记录：{label}"), format!("there is a record of the same thing already: {label}"))
        }
        (Reveal::Nothing, _) | (_, None) => {
            ("已有相同的记录".to_owned(), "there is a record of the same thing already".to_owned())
        }
    };
    let (code, way) = match rule.action {
        DuplicateAction::Warn => (
            "possible_duplicate",
            Text {
                zh: "请核对；确认不是重复后可以仍然保存", en: "look it up; if it is another thing, save it all the same"
            },
        ),
        DuplicateAction::Refuse => (
            "duplicate_record",
            Text {
                zh: "请使用已有的记录，或联系其负责人", en: "use the record that is there, or ask whose it is"
            },
        ),
    };
    let mut finding = FieldError::new(Class::Conflict, pointer, code, Text { zh: &zh, en: &en }).suggest(way);
    finding.other = revealed.and_then(|(_, other)| other);
    Ok(finding)
}

/// What a rule tells of the other record, and where it is if the person may read it anyway.
fn revealed(
    frame: &Frame,
    tx: &mut Tx,
    draft: &Draft,
    reveal: Reveal,
    other: RecordId,
) -> Result<Option<(String, Option<Other>)>, RecordsError> {
    let entity = &draft.entity;
    let path = match reveal {
        Reveal::Nothing => return Ok(None),
        Reveal::Label => vec![entity.label],
        Reveal::Owner => {
            let owner = entity.field(FieldId::OWNER).and_then(|field| field.ty.reference());
            let Some(person) = owner.and_then(|id| frame.catalog.entity(id)) else { return Ok(None) };
            vec![FieldId::OWNER, person.label]
        }
    };
    let query = Query {
        entity: entity.id,
        columns: vec![path],
        filter: Some(condition::id_is(entity.id, other.0)),
        sort: Vec::new(),
        after: None,
        limit: 1,
        archived: Archived::With,
    };
    // What is told of the record is told in the person's language.
    let context = Context { locale: frame.speaks.as_deref(), ..frame.definer_context() };
    let rows = tx.select(context, permit(frame, entity.id)?, &query)?;
    let shown = match rows.into_iter().flatten().next() {
        Some(Value::Text(text)) => text,
        Some(Value::Number(number)) => number.normalize().to_string(),
        _ => return Ok(None),
    };
    let reads = match frame.names().permit(entity.id) {
        Some(permit) => tx.permits(frame.context(), permit, entity.id, other)?,
        None => false,
    };
    let place = reads.then(|| Other { entity: entity.full_name(), id: other.to_string() });
    Ok(Some((shown, place)))
}

fn permit(frame: &Frame, entity: EntityId) -> Result<&Permit, RecordsError> {
    decide(&frame.definer, Action::Read, entity).map_err(|_denied| definer_bug())
}
