//! Step: everything a record must be, checked at once: required values, limits, number of lines, uniqueness.
use std::collections::HashMap;

use kontor_definitions::{
    Field, FieldId, FieldType, Value,
    catalog::{FieldClass, Requirement},
    expr::eval::{EvalEnv, holds},
};
use kontor_storage::Tx;
use uuid::Uuid;

use super::{
    draft::{Draft, DraftLines, Work},
    known::Known,
    view::View,
};
use crate::{
    coerce::{date_text, instant_text, plain, time_text},
    error::RecordsError,
    finding::{Class, FieldError, Findings, Text, below},
    frame::Frame,
};

/// What validation needs besides the draft.
pub(crate) struct Validate<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) known: &'a Known,
    pub(crate) env: &'a EvalEnv,
}

impl Validate<'_> {
    /// Checks a record and its lines without asking the database.
    pub(crate) fn values(&self, draft: &Draft, parent: Option<&View<'_>>, findings: &mut Findings) {
        let view = View { draft, parent, known: self.known, env: self.env };
        for (place, field) in draft.entity.fields.iter().enumerate() {
            let pointer = self.pointer(draft, field);
            if findings.at(&pointer) && pointer != draft.pointer {
                continue;
            }
            if let Some(finding) = self.missing(&view, place, field, &pointer) {
                findings.push(finding);
            } else if field.class != FieldClass::Rollup
                && let Some(finding) = beyond(field, draft.was(place), draft.at(place), &pointer)
            {
                findings.push(finding);
            }
        }
        for lines in &draft.lines {
            self.count(draft, lines, findings);
            for line in &lines.rows {
                self.values(line, Some(&view), findings);
            }
        }
    }

    /// Where a finding about a field is shown; a hidden field is never named.
    fn pointer(&self, draft: &Draft, field: &Field) -> String {
        if self.frame.names().readable(draft.entity.id, field.id)
            || draft.entity.index_of(field.id).is_some_and(|place| draft.given.contains(&place))
        {
            draft.pointer_of(field)
        } else {
            draft.pointer.clone()
        }
    }

    fn missing(&self, view: &View<'_>, place: usize, field: &Field, pointer: &str) -> Option<FieldError> {
        let draft = view.draft;
        let links = draft.lines.iter().find(|lines| lines.place == place && field.ty.links().is_some());
        let is_empty = match draft.at(place) {
            Value::Null => links.is_none_or(|links| links.loaded && links.rows.is_empty()),
            Value::List(items) => items.is_empty(),
            Value::Text(text) => text.trim().is_empty(),
            Value::Bool(_)
            | Value::Number(_)
            | Value::Date(_)
            | Value::Instant(_)
            | Value::Time(_)
            | Value::Id(_)
            | Value::Json(_) => false,
        };
        let is_entered = field.class == FieldClass::Input
            && !matches!(field.ty, FieldType::Lines { links: None, .. } | FieldType::AutoNumber { .. });
        if !is_empty || !is_entered || super::coerce::is_core(field.id) {
            return None;
        }
        let required = match &field.required {
            Requirement::No => false,
            Requirement::Yes => true,
            // A condition that cannot be computed (a number out of range) is reported where it is computed.
            Requirement::When(condition) => holds(condition, view, self.env).unwrap_or(false),
        };
        if !required {
            return None;
        }
        if pointer == draft.pointer {
            return Some(
                FieldError::new(
                    Class::Refused,
                    pointer,
                    "incomplete",
                    Text {
                        zh: "记录不完整，而缺少的内容您无权填写", en: "the record lacks something that you may not enter"
                    },
                )
                .suggest(Text { zh: "请联系管理员", en: "ask an administrator" }),
            );
        }
        let title = |locale| field.title.get(locale).unwrap_or(&field.name);
        Some(FieldError::new(
            Class::Refused,
            pointer,
            "required",
            Text { zh: &format!("请填写{}", title("zh-CN")), en: &format!("{} is required", title("en")) },
        ))
    }

    fn count(&self, draft: &Draft, lines: &DraftLines, findings: &mut Findings) {
        let Some(field) = draft.entity.fields.get(lines.place) else { return };
        let FieldType::Lines { min, max, .. } = &field.ty else { return };
        if !lines.loaded || !(lines.given || draft.is_new()) {
            return;
        }
        let pointer = self.pointer(draft, field);
        // What is wrong with a line is said already; counting the rest would mislead.
        if findings.at(&pointer) && pointer != draft.pointer {
            return;
        }
        let count = lines.rows.len();
        if lines.entity.link().is_some() {
            if let Some(finding) = number_of_links(count, (*min, *max), &pointer) {
                findings.push(finding);
            }
            return;
        }
        if count < usize::try_from(*min).unwrap_or(usize::MAX) {
            findings.push(FieldError::new(
                Class::Refused,
                &pointer,
                "too_few_lines",
                Text { zh: &format!("至少需要 {min} 行"), en: &format!("at least {min} lines are needed") },
            ));
        }
        if count > usize::try_from(*max).unwrap_or(usize::MAX) {
            findings.push(FieldError::new(
                Class::Refused,
                &pointer,
                "too_many_lines",
                Text { zh: &format!("最多 {max} 行"), en: &format!("at most {max} lines") },
            ));
        }
    }
}

/// The finding for too few or too many links.
fn number_of_links(count: usize, (min, max): (u32, u32), pointer: &str) -> Option<FieldError> {
    let (code, zh, en) = if count < usize::try_from(min).unwrap_or(usize::MAX) {
        ("too_few", format!("至少选择 {min} 条"), format!("choose at least {min}"))
    } else if count > usize::try_from(max).unwrap_or(usize::MAX) {
        ("too_many", format!("最多选择 {max} 条"), format!("choose at most {max}"))
    } else {
        return None;
    };
    Some(FieldError::new(Class::Refused, pointer, code, Text { zh: &zh, en: &en }))
}

/// Whether a value that changed is beyond a limit of its field. Whoever moves a computed one back towards its limit is not
/// refused: it may have been beyond it before the limit was set.
pub(super) fn beyond(field: &Field, was: &Value, value: &Value, pointer: &str) -> Option<FieldError> {
    if value.is_null() || value == was {
        return None;
    }
    let counts = |away: bool| field.class == FieldClass::Input || was.is_null() || away;
    let told = |locale: &str| match field.class {
        FieldClass::Input => String::new(),
        FieldClass::Row | FieldClass::Rollup | FieldClass::Live => field.title.get(locale).unwrap_or(&field.name).to_owned(),
    };
    let (zh, en) = (told("zh-CN"), told("en"));
    if let Some(least) = field.minimum.as_ref().filter(|least| is_less(value, least) && counts(is_less(value, was))) {
        let least = shown(least);
        let (zh, en) = (format!("{zh}不能小于 {least}"), format!("{en} must not be less than {least}"));
        return Some(FieldError::new(Class::Refused, pointer, "too_small", Text { zh: &zh, en: en.trim() }));
    }
    let most = field.maximum.as_ref().filter(|most| is_less(most, value) && counts(is_less(was, value)))?;
    let most = shown(most);
    let (zh, en) = (format!("{zh}不能大于 {most}"), format!("{en} must not be more than {most}"));
    Some(FieldError::new(Class::Refused, pointer, "too_large", Text { zh: &zh, en: en.trim() }))
}

/// Checks sets of fields whose values together occur once among live records.
pub(crate) fn unique(frame: &Frame, tx: &mut Tx, work: &mut Work, all: bool) -> Result<(), RecordsError> {
    own_unique(frame, tx, &work.draft, &[], all, &mut work.findings)?;
    // A record leads to another once: its links were compared with each other when they were read.
    for lines in work.draft.lines.iter().filter(|lines| lines.entity.link().is_none()) {
        let own: Vec<Uuid> = lines.rows.iter().chain(&lines.removed).map(|line| line.id).collect();
        among(lines, &mut work.findings);
        for line in &lines.rows {
            own_unique(frame, tx, line, &own, all, &mut work.findings)?;
        }
    }
    Ok(())
}

fn own_unique(
    frame: &Frame,
    tx: &mut Tx,
    draft: &Draft,
    ignored: &[Uuid],
    all: bool,
    findings: &mut Findings,
) -> Result<(), RecordsError> {
    for set in &draft.entity.unique {
        let Some(values) = values_of(draft, set, all) else { continue };
        let except = Some(kontor_definitions::RecordId(draft.id)).filter(|_| !draft.is_new());
        let found = tx.find_duplicate(frame.definer_context(), draft.entity.id, &values, except)?;
        if found.is_some_and(|other| !ignored.contains(&other.0)) {
            findings.push(duplicate(frame, draft, set));
        }
    }
    Ok(())
}

/// Lines of one record that are the same among themselves.
fn among(lines: &DraftLines, findings: &mut Findings) {
    for set in &lines.entity.unique {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (place, line) in lines.rows.iter().enumerate() {
            let Some(values) = values_of(line, set, true) else { continue };
            let key = format!("{:?}", values.into_iter().map(|(_, value)| normal(value)).collect::<Vec<_>>());
            if seen.insert(key, place).is_some() {
                let name = set.first().and_then(|id| line.entity.field(*id)).map(|field| field.name.as_str()).unwrap_or_default();
                findings.push(duplicate_at(below(&line.pointer, name)));
            }
        }
    }
}

fn normal(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(number.normalize()),
        other => other,
    }
}

/// The values of a set, if all are there and (unless `all`) one of them changes.
fn values_of(draft: &Draft, set: &[FieldId], all: bool) -> Option<Vec<(FieldId, Value)>> {
    let mut changes = all || draft.is_new();
    let mut values = Vec::with_capacity(set.len());
    for id in set {
        let place = draft.entity.index_of(*id)?;
        let value = draft.at(place);
        if value.is_null() {
            return None;
        }
        changes |= value != draft.was(place);
        values.push((*id, value.clone()));
    }
    changes.then_some(values)
}

/// The finding for a value that another record has: nothing about that record.
pub(crate) fn duplicate(frame: &Frame, draft: &Draft, set: &[FieldId]) -> FieldError {
    let named =
        set.iter().filter_map(|id| draft.entity.field(*id)).find(|field| frame.names().readable(draft.entity.id, field.id));
    duplicate_at(named.map_or_else(|| draft.pointer.clone(), |field| below(&draft.pointer, &field.name)))
}

fn duplicate_at(pointer: String) -> FieldError {
    FieldError::new(
        Class::Conflict,
        pointer,
        "duplicate",
        Text { zh: "已有记录使用了这个值", en: "another record has this value already" },
    )
    .suggest(Text {
        zh: "请换一个值，或修改已有的记录", en: "choose another value, or change the record that has it"
    })
}

fn is_less(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a < b,
        (Value::Date(a), Value::Date(b)) => a < b,
        (Value::Instant(a), Value::Instant(b)) => a < b,
        (Value::Time(a), Value::Time(b)) => a < b,
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) => plain(*number),
        Value::Date(date) => date_text(*date),
        Value::Instant(at) => instant_text(*at),
        Value::Time(time) => time_text(*time),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Id(_) | Value::List(_) | Value::Json(_) => String::new(),
    }
}
