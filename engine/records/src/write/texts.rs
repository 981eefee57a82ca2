//! Translatable fields on their way through a write: whose text a plain value is, several texts at once, what a person sees of them.
//!
//! A field has a text of its own whenever it has one in any language, so that everybody sees something.
use std::collections::BTreeMap;

use indexmap::IndexMap;
use kontor_definitions::{Entity, Field, Value, texts};

use super::{coerce::wrong_type, draft::Draft};
use crate::{
    coerce::coerce,
    finding::{Class, FieldError, Text, below, quoted},
    frame::Frame,
    input::Input,
};

/// Languages of one field of one record at most.
const MOST_LANGUAGES: usize = 50;

/// The texts of a field: its own, and those in other languages by tag.
struct Texts {
    own: Value,
    others: BTreeMap<String, String>,
}

/// What a person sees of a translatable field of a draft; of every other field its value.
pub(crate) fn seen(frame: &Frame, draft: &Draft, place: usize) -> Value {
    let own = draft.at(place);
    let field = draft.entity.fields.get(place);
    match (field.and_then(Field::texts), frame.speaks.as_deref()) {
        (Some(others), Some(locale)) => {
            texts::seen(own, draft.value(others), locale, texts::first_language(&frame.catalog, &draft.entity))
        }
        _ => own.clone(),
    }
}

/// All texts of a field as a person is told them; null where it has none.
pub(crate) fn all(frame: &Frame, entity: &Entity, own: &Value, others: &Value) -> Value {
    let Value::Text(own) = own else { return Value::Null };
    let mut all = texts::of_value(others);
    all.insert(texts::first_language(&frame.catalog, entity).to_owned(), own.clone());
    texts::to_value(&all)
}

/// Gives a translatable field what was sent: a text in the person's language, texts by language, or nothing in any language.
pub(crate) fn apply(
    frame: &Frame,
    draft: &mut Draft,
    (field, place): (&Field, usize),
    value: &Input,
    pointer: &str,
) -> Result<(), Vec<FieldError>> {
    let Some(others) = field.texts().and_then(|texts| draft.entity.index_of(texts)) else { return Ok(()) };
    let first = texts::first_language(&frame.catalog, &draft.entity).to_owned();
    let mut now = Texts { own: draft.at(place).clone(), others: texts::of_value(draft.at(others)) };
    match value {
        Input::Object(parts) => now.merge(field, parts, (&first, frame.speaks.as_deref()), pointer)?,
        value => {
            let text = coerce(field, value, None, pointer).map_err(|finding| vec![finding])?;
            // What was shown and comes back as it was is no text of the person's language.
            if text == seen(frame, draft, place) {
                return Ok(());
            }
            now.say(text, frame.speaks.as_deref().filter(|locale| !texts::wanted(locale, &first).is_empty()));
        }
    }
    draft.set(place, now.own);
    draft.set(others, texts::to_value(&now.others));
    Ok(())
}

impl Texts {
    /// Takes a text in a language other than the first, or in the first one; nothing empties the field in all languages.
    fn say(&mut self, text: Value, other: Option<&str>) {
        match (text, other) {
            (Value::Text(text), Some(tag)) => {
                let had = self.others.insert(tag.to_owned(), text.clone());
                // Where nobody has given the first language a text of its own, it goes with this one.
                if self.own.is_null() || had.map(Value::Text).as_ref() == Some(&self.own) {
                    self.own = Value::Text(text);
                }
            }
            (Value::Null, _) => *self = Self { own: Value::Null, others: BTreeMap::new() },
            (text, _) => self.own = text,
        }
    }

    /// Takes texts by language; null takes one away, what is not named stays.
    fn merge(
        &mut self,
        field: &Field,
        parts: &IndexMap<String, Input>,
        (first, locale): (&str, Option<&str>),
        pointer: &str,
    ) -> Result<(), Vec<FieldError>> {
        let mut findings = Vec::new();
        for (tag, text) in parts {
            let pointer = below(pointer, tag);
            if texts::canonical(tag).as_ref() != Some(tag) {
                findings.push(bad_tag(tag, &pointer));
                continue;
            }
            if !matches!(text, Input::Null | Input::Text(_)) {
                findings.push(wrong_type(&pointer, text, Text { zh: "文本", en: "a text" }));
                continue;
            }
            match coerce(field, text, None, &pointer) {
                Err(finding) => findings.push(finding),
                Ok(text) if tag == first => self.own = text,
                Ok(Value::Text(text)) => {
                    self.others.insert(tag.clone(), text);
                }
                Ok(_) => {
                    self.others.remove(tag);
                }
            }
        }
        if self.others.len() > MOST_LANGUAGES {
            findings.push(too_many(pointer));
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        if self.own.is_null() {
            let nearest = locale.and_then(|locale| self.others.get(locale)).or_else(|| self.others.values().next());
            self.own = nearest.map_or(Value::Null, |text| Value::Text(text.clone()));
        }
        Ok(())
    }
}

fn bad_tag(tag: &str, pointer: &str) -> FieldError {
    let shown = quoted(tag);
    let way = match texts::canonical(tag) {
        Some(tag) => (format!("请写成“{tag}”"), format!("write \"{tag}\"")),
        None => ("请用语言代码，例如 zh-CN、en、de".to_owned(), "use tags such as zh-CN, en, de".to_owned()),
    };
    FieldError::new(
        Class::Malformed,
        pointer,
        "bad_locale",
        Text { zh: &format!("“{shown}”不是语言代码"), en: &format!("\"{shown}\" is no tag of a language") },
    )
    .suggest(Text { zh: &way.0, en: &way.1 })
}

fn too_many(pointer: &str) -> FieldError {
    FieldError::new(
        Class::Refused,
        pointer,
        "too_many",
        Text {
            zh: &format!("一个字段最多 {MOST_LANGUAGES} 种语言"),
            en: &format!("a field has texts in at most {MOST_LANGUAGES} languages"),
        },
    )
}
