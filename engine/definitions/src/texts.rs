//! Texts of translatable fields: which text a language sees, and how those in other languages are kept beside the first one.
//!
//! The field itself holds the text in the first language of its app. Beside it stands a field that only the engine makes
//! ([`FieldId::texts`]), with the texts in other languages as an object by tag, or null where there are none.
use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::{
    catalog::{Catalog, Entity, Field},
    id::FieldId,
    value::Value,
};

/// The tag of a language where an app names none; an app that went live names one.
const NO_LANGUAGE: &str = "en";

/// The name of the field that holds the texts in other languages.
pub fn name_of(field: &str) -> String {
    format!("{field}_translations")
}

/// `en`, `zh-CN`: a language, then parts of letters and digits.
pub fn is_locale(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A tag in the one way in which it is kept: `zh-cn` is `zh-CN`, `zh-hans` is `zh-Hans`. `None` if it is none.
pub fn canonical(tag: &str) -> Option<String> {
    let parts = tag.split('-').enumerate().map(|(place, part)| match (place, part.len()) {
        (0, _) => part.to_ascii_lowercase(),
        (_, 2) => part.to_ascii_uppercase(),
        (_, 4) if part.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            let (first, rest) = part.split_at(1);
            format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
        }
        _ => part.to_ascii_lowercase(),
    });
    let all = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let canonical = if all { parts.collect::<Vec<_>>().join("-") } else { return None };
    is_locale(&canonical).then_some(canonical)
}

/// The first language of an entity's app: the one of what stands in the fields themselves.
pub fn first_language<'c>(catalog: &'c Catalog, entity: &Entity) -> &'c str {
    let app = catalog.apps.get(&entity.app);
    app.and_then(|app| app.locales.first()).map_or(NO_LANGUAGE, String::as_str)
}

/// The tags under which a text for `locale` is looked for among the others, the most exact first: `en-GB`, `en`. None are
/// left where the first language of the app is as near.
pub fn wanted<'l>(locale: &'l str, first: &str) -> Vec<&'l str> {
    let mut tags = Vec::new();
    let mut tag = Some(locale);
    while let Some(this) = tag.filter(|this| *this != first) {
        tags.push(this);
        tag = this.rsplit_once('-').map(|(shorter, _)| shorter);
    }
    tags
}

/// The texts in other languages as they are stored, by tag; what is no text is left out.
pub fn of_value(value: &Value) -> BTreeMap<String, String> {
    let Value::Json(json) = value else { return BTreeMap::new() };
    let texts = json.as_object().into_iter().flatten();
    texts.filter_map(|(tag, text)| Some((tag.clone(), text.as_str()?.to_owned()))).collect()
}

/// The same as they are stored.
pub fn to_value(texts: &BTreeMap<String, String>) -> Value {
    if texts.is_empty() {
        return Value::Null;
    }
    let texts: Map<String, Json> = texts.iter().map(|(tag, text)| (tag.clone(), Json::String(text.clone()))).collect();
    Value::Json(Box::new(Json::Object(texts)))
}

/// What somebody sees whose language is `locale`: the text in it, else the one in the app's first language.
pub fn seen(own: &Value, others: &Value, locale: &str, first: &str) -> Value {
    let texts = of_value(others);
    let found = wanted(locale, first).into_iter().find_map(|tag| texts.get(tag));
    found.map_or_else(|| own.clone(), |text| Value::Text(text.clone()))
}

impl Entity {
    /// The field that holds the texts of a translatable field in other languages.
    pub fn texts_of(&self, field: &Field) -> Option<&Field> {
        self.field(field.texts()?)
    }

    /// The translatable field whose texts in other languages a field holds.
    pub fn translated_by(&self, texts: FieldId) -> Option<&Field> {
        // Only what the engine makes holds texts of others.
        texts.0.is_companion().then(|| self.fields.iter().find(|field| field.texts() == Some(texts))).flatten()
    }
}

impl Field {
    /// The id of the field that holds its texts in other languages, if it is translatable.
    pub fn texts(&self) -> Option<FieldId> {
        if self.translatable { self.id.texts() } else { None }
    }
}

#[cfg(test)]
mod tests;
