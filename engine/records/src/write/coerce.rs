//! Step: the input's properties become values of the draft; what is unknown, of a wrong type or not to be written becomes a finding.
use std::{collections::BTreeSet, sync::Arc};

use kontor_access::{Action, FieldReach, decide};
use kontor_definitions::{Entity, Field, FieldId, FieldType, Value, catalog::FieldClass};
use uuid::Uuid;

use super::{
    draft::{Draft, DraftLines},
    links, texts,
};
use crate::{
    coerce::{coerce, parse_id},
    finding::{Class, FieldError, Findings, Text, below, quoted},
    frame::Frame,
    ids::Ids,
    input::Input,
};

/// Lines of one record at most, whatever the definition says.
const MOST_LINES: usize = 10_000;

/// How an input is applied.
pub(crate) struct Apply<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) ids: &'a mut Ids,
    /// The right that the write needs on the record; its lines follow it.
    pub(crate) action: Action,
    /// A dry run takes whole records: what cannot be written is passed over.
    pub(crate) lenient: bool,
}

impl Apply<'_> {
    /// Applies an object to a draft.
    pub(crate) fn object(&mut self, draft: &mut Draft, input: &Input, findings: &mut Findings) {
        let Input::Object(properties) = input else {
            findings.push(wrong_type(&draft.pointer, input, Text { zh: "对象", en: "an object" }));
            return;
        };
        let entity = Arc::clone(&draft.entity);
        for (key, value) in properties {
            let pointer = below(&draft.pointer, key);
            match entity.field_named(key).filter(|field| self.exists(&entity, field)) {
                None => findings.push(self.unknown(&entity, key, &pointer)),
                Some(field) if field.id == FieldId::ID && entity.parent.is_some() => {}
                Some(field) => self.field(draft, field, value, &pointer, findings),
            }
        }
    }

    /// Whether the field exists for the person: readable, or writable in a record that is being made.
    fn exists(&self, entity: &Entity, field: &Field) -> bool {
        self.frame.names().readable(entity.id, field.id) || self.writable(entity, field)
    }

    fn writable(&self, entity: &Entity, field: &Field) -> bool {
        let Ok(permit) = decide(&self.frame.rights, self.action, entity.id) else { return false };
        if !permit.can_write(field.id) || field.class != FieldClass::Input || is_core(field.id) {
            return false;
        }
        if entity.translated_by(field.id).is_some() {
            // Texts are written through the field itself.
            return false;
        }
        let by_engine = field.system
            || [FieldId::OWNER, FieldId::DEPARTMENT].contains(&field.id)
            || matches!(field.ty, FieldType::AutoNumber { .. } | FieldType::State(_));
        !by_engine || permit.is_definer()
    }

    fn field(&mut self, draft: &mut Draft, field: &Field, value: &Input, pointer: &str, findings: &mut Findings) {
        let Some(place) = draft.entity.index_of(field.id) else { return };
        if field.sensitive && is_mask(value) {
            if draft.is_new() {
                findings.push(mask_is_no_value(pointer));
            }
            return;
        }
        if !self.writable(&draft.entity, field) {
            if !self.lenient && !self.is_as_stored(draft, field, place, value) {
                findings.push(read_only(field, pointer));
            }
            return;
        }
        if field.ty.links().is_some() {
            self.links(draft, place, value, pointer, findings);
            return;
        }
        if let FieldType::Lines { .. } = field.ty {
            self.lines(draft, place, value, pointer, findings);
            return;
        }
        if field.translatable {
            match texts::apply(self.frame, draft, (field, place), value, pointer) {
                Ok(()) => draft.given.push(place),
                Err(found) => found.into_iter().for_each(|finding| findings.push(finding)),
            }
            return;
        }
        match coerce(field, value, Some(draft.was(place)), pointer) {
            Ok(value) => {
                draft.set(place, value);
                draft.given.push(place);
            }
            Err(finding) if field.sensitive => findings.push(without_value(finding)),
            Err(finding) => findings.push(finding),
        }
    }

    /// A value that may not be written may be sent back as it was read.
    fn is_as_stored(&self, draft: &Draft, field: &Field, place: usize, value: &Input) -> bool {
        if let (true, FieldType::State(machine), Input::Text(text)) = (draft.is_new(), &field.ty, value) {
            return *text == machine.initial;
        }
        let seen = decide(&self.frame.rights, Action::Read, draft.entity.id)
            .is_ok_and(|permit| permit.reach(field.id) == FieldReach::Always);
        let links = draft.lines.iter().find(|lines| lines.place == place && field.ty.links().is_some());
        if let Some(links) = links.filter(|_| seen && !draft.is_new()) {
            return links::are_as_stored(links, value);
        }
        if draft.is_new() || !seen || matches!(field.ty, FieldType::Lines { .. }) {
            return *value == Input::Null && draft.is_new();
        }
        if let Some(of) = draft.entity.translated_by(field.id).and_then(|of| draft.entity.index_of(of.id)) {
            let told = texts::all(self.frame, &draft.entity, draft.was(of), draft.was(place));
            return coerce(field, value, None, "").is_ok_and(|value| value == told);
        }
        // Live values are not stored, and others' writes move roll-ups while the revision stays: what is sent for them says nothing.
        matches!(field.class, FieldClass::Live | FieldClass::Rollup)
            || coerce(field, value, Some(draft.was(place)), "").is_ok_and(|value| value == *draft.was(place))
    }

    fn lines(&mut self, draft: &mut Draft, place: usize, value: &Input, pointer: &str, findings: &mut Findings) {
        let parent = draft.id;
        let Some(lines) = draft.lines.iter_mut().find(|lines| lines.place == place) else { return };
        lines.given = true;
        match value {
            Input::Null => lines.removed.extend(lines.rows.drain(..).filter(|row| !row.is_new())),
            Input::List(items) => self.whole(lines, parent, items, pointer, findings),
            Input::Object(parts) => {
                for (key, value) in parts {
                    let pointer = below(pointer, key);
                    match (key.as_str(), value) {
                        ("upsert", Input::List(items)) => self.upsert(lines, parent, items, &pointer, findings),
                        ("remove", Input::List(items)) => remove(lines, items, &pointer, findings),
                        ("upsert" | "remove", other) => {
                            findings.push(wrong_type(&pointer, other, Text { zh: "数组", en: "an array" }));
                        }
                        _ => findings.push(
                            FieldError::new(
                                Class::Malformed,
                                pointer,
                                "unknown_property",
                                Text {
                                    zh: &format!("没有名为“{}”的属性", quoted(key)),
                                    en: &format!("there is no property \"{}\"", quoted(key)),
                                },
                            )
                            .suggest(Text { zh: "可用：upsert、remove", en: "use upsert and remove" }),
                        ),
                    }
                }
            }
            other => findings.push(wrong_type(pointer, other, Text { zh: "数组", en: "an array" })),
        }
    }

    /// The complete new list: with id merged, without created, missing removed.
    fn whole(&mut self, lines: &mut DraftLines, parent: Uuid, items: &[Input], pointer: &str, findings: &mut Findings) {
        let mut before = std::mem::take(&mut lines.rows);
        if too_many(items.len(), pointer, findings) {
            return;
        }
        for (index, item) in items.iter().enumerate() {
            let here = format!("{pointer}/{index}");
            let Some(id) = id_of(item, &here, findings) else { continue };
            let mut row = match id {
                None => self.new_line(lines, parent, here.clone()),
                Some(id) => match before.iter().position(|row| row.id == id) {
                    Some(place) => before.remove(place),
                    None => {
                        findings.push(unknown_line(&here));
                        continue;
                    }
                },
            };
            row.pointer.clone_from(&here);
            self.object(&mut row, item, findings);
            lines.rows.push(row);
        }
        lines.removed.extend(before);
    }

    /// Some lines: with id merged in their place, without created at the end.
    fn upsert(&mut self, lines: &mut DraftLines, parent: Uuid, items: &[Input], pointer: &str, findings: &mut Findings) {
        if too_many(lines.rows.len() + items.len(), pointer, findings) {
            return;
        }
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let here = format!("{pointer}/{index}");
            let Some(id) = id_of(item, &here, findings) else { continue };
            let Some(id) = id else {
                let mut row = self.new_line(lines, parent, here);
                self.object(&mut row, item, findings);
                lines.rows.push(row);
                continue;
            };
            match lines.rows.iter_mut().find(|row| row.id == id && !row.is_new()) {
                Some(row) if seen.insert(id) => {
                    row.pointer = here;
                    self.object(row, item, findings);
                }
                Some(_) | None => findings.push(unknown_line(&here)),
            }
        }
    }

    /// A line that is not there yet.
    pub(super) fn new_line(&mut self, lines: &DraftLines, parent: Uuid, pointer: String) -> Draft {
        let mut row = Draft::new(self.frame, &lines.entity, self.ids.next(), pointer);
        row.set_field(FieldId::PARENT, Value::Id(parent));
        row
    }

    fn unknown(&self, entity: &Arc<Entity>, key: &str, pointer: &str) -> FieldError {
        let shown = quoted(key);
        FieldError::new(
            Class::Malformed,
            pointer,
            "unknown_property",
            Text { zh: &format!("没有名为“{shown}”的字段"), en: &format!("there is no field \"{shown}\"") },
        )
        .suggest(self.frame.names().known_fields(entity).borrowed())
    }
}

/// What stands in answers in place of a sensitive value, sent back: the value stays.
fn is_mask(value: &Input) -> bool {
    matches!(value, Input::Object(parts) if parts.len() == 1 && parts.get("masked") == Some(&Input::Bool(true)))
}

fn mask_is_no_value(pointer: &str) -> FieldError {
    FieldError::new(
        Class::Malformed,
        pointer,
        "masked_value",
        Text {
            zh: "这是遮盖后的值，新记录没有可保留的原值",
            en: "this is a mask, and a new record has no value that it could stand for",
        },
    )
    .suggest(Text { zh: "请填写真实的值，或不填", en: "enter the value itself, or leave it out" })
}

/// A finding about a sensitive value may be stored and shown to others: it does not repeat the value.
fn without_value(finding: FieldError) -> FieldError {
    let text = Text { zh: "值不符合此字段的格式", en: "the value does not have the form of this field" };
    FieldError::new(finding.class, finding.pointer, finding.code, text)
}

fn remove(lines: &mut DraftLines, items: &[Input], pointer: &str, findings: &mut Findings) {
    for (index, item) in items.iter().enumerate() {
        let here = format!("{pointer}/{index}");
        let id = match item {
            Input::Text(text) => parse_id(text),
            _ => None,
        };
        match id.and_then(|id| lines.rows.iter().position(|row| row.id == id && !row.is_new())) {
            Some(place) => lines.removed.push(lines.rows.remove(place)),
            None => findings.push(unknown_line(&here)),
        }
    }
}

/// The id in a line: none for a new one; nothing where it cannot be read.
fn id_of(item: &Input, pointer: &str, findings: &mut Findings) -> Option<Option<Uuid>> {
    match item.get("id") {
        None | Some(Input::Null) => Some(None),
        Some(Input::Text(text)) => match parse_id(text) {
            Some(id) => Some(Some(id)),
            None => {
                findings.push(unknown_line(pointer));
                None
            }
        },
        Some(other) => {
            findings.push(wrong_type(&below(pointer, "id"), other, Text { zh: "文本", en: "a text" }));
            None
        }
    }
}

/// Tells that nobody may send so many.
pub(super) fn too_many(count: usize, pointer: &str, findings: &mut Findings) -> bool {
    if count > MOST_LINES {
        findings.push(FieldError::new(
            Class::Refused,
            pointer,
            "too_many",
            Text { zh: &format!("最多 {MOST_LINES} 行"), en: &format!("at most {MOST_LINES} lines") },
        ));
    }
    count > MOST_LINES
}

fn unknown_line(pointer: &str) -> FieldError {
    FieldError::new(
        Class::Refused,
        below(pointer, "id"),
        "unknown_line",
        Text { zh: "这条记录没有这一行", en: "the record has no such line" },
    )
    .suggest(Text { zh: "新行不要带 id", en: "leave the id out for a new line" })
}

/// The finding for a field that may be seen but not written.
pub(crate) fn read_only(field: &Field, pointer: &str) -> FieldError {
    let finding =
        FieldError::new(Class::Refused, pointer, "read_only", Text { zh: "此字段不能填写", en: "this field cannot be written" });
    match field.ty {
        FieldType::State(_) => {
            finding.suggest(Text { zh: "状态通过操作改变", en: "a state changes through its actions" })
        }
        _ => finding,
    }
}

/// The finding for a value of another JSON type.
pub(crate) fn wrong_type(pointer: &str, input: &Input, wanted: Text<'_>) -> FieldError {
    let found = input.type_name();
    FieldError::new(
        Class::Malformed,
        pointer,
        "wrong_type",
        Text {
            zh: &format!("这里需要{}，收到的是{}", wanted.zh, found.zh),
            en: &format!("{} is wanted here, not {}", wanted.en, found.en),
        },
    )
}

/// Fields that only the pipeline itself writes.
pub(crate) fn is_core(field: FieldId) -> bool {
    [
        FieldId::ID,
        FieldId::REVISION,
        FieldId::CREATED_AT,
        FieldId::CREATED_BY,
        FieldId::UPDATED_AT,
        FieldId::UPDATED_BY,
        FieldId::ARCHIVED_AT,
        FieldId::PARENT,
        FieldId::POSITION,
    ]
    .contains(&field)
}
