//! Texts in other languages: one text per well-formed tag, and none where the field itself is empty.
use kontor_definitions::{Field, Value, texts};

use crate::{finding::Text, frame::Frame, write::draft::Draft};

/// What is wrong with the texts of a translatable field of a row.
pub(super) fn wrong(frame: &Frame, row: &Draft, (place, field): (usize, &Field)) -> Option<Text<'static>> {
    let others = field.texts().and_then(|others| row.entity.index_of(others))?;
    let first = texts::first_language(&frame.catalog, &row.entity);
    let Value::Json(stored) = row.was(others) else { return None };
    let is_text = |(tag, text): (&String, &serde_json::Value)| {
        texts::canonical(tag).as_ref() == Some(tag) && tag != first && text.as_str().is_some_and(|text| !text.is_empty())
    };
    if !stored.as_object().is_some_and(|texts| !texts.is_empty() && texts.iter().all(is_text)) {
        return Some(Text {
            zh: "各语言的文本不是“语言代码：文本”的形式",
            en: "the texts in other languages are not one text per tag of a language",
        });
    }
    row.was(place).is_null().then_some(Text {
        zh: "其他语言有文本，字段本身却是空的",
        en: "there are texts in other languages and none in the field itself",
    })
}
