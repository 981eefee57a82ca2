//! Apps and texts: versions, languages, what an app requires, missing titles, translations of nothing.
use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{
    codes::Code,
    findings::Findings,
    ids,
    load::{App, Document},
    names::check_name,
    places::join,
};
use crate::{
    model::{Kind, TranslationDoc},
    texts::is_locale,
};

/// Checks the heads of all apps.
pub(super) fn check_apps(apps: &[App], findings: &mut Findings) {
    for (index, app) in apps.iter().enumerate().filter(|(_, app)| app.readable) {
        let doc = &app.doc;
        if doc.name != app.name {
            findings.add(app.file, "/name", Code::NameMismatch, &[&doc.name, &app.name]);
        }
        check_name(app.file, "/name", &doc.name, findings);
        if apps.iter().take(index).any(|other| other.name == app.name) {
            findings.add(app.file, "/name", Code::DuplicateApp, &[&app.name]);
        }
        if version(&doc.version).is_none() {
            findings.add(app.file, "/version", Code::BadVersion, &[&doc.version]);
        }
        if let Some(wanted) = &doc.min_engine {
            let own = env!("CARGO_PKG_VERSION");
            match version(wanted) {
                None => findings.add(app.file, "/min_engine", Code::BadVersion, &[wanted]),
                Some(wanted_parts) if Some(wanted_parts) > version(own) => {
                    findings.add(app.file, "/min_engine", Code::EngineTooOld, &[wanted, own]);
                }
                Some(_) => {}
            }
        }
        for (place, locale) in doc.locales.iter().enumerate().filter(|(_, locale)| !is_locale(locale)) {
            findings.add(app.file, &format!("/locales/{place}"), Code::BadLocale, &[locale]);
        }
        for (place, required) in doc.requires.iter().enumerate() {
            if !apps.iter().any(|other| other.name == *required && other.name != app.name) {
                findings.add(app.file, &format!("/requires/{place}"), Code::MissingApp, &[required]);
            }
        }
    }
}

/// Three numbers.
fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

/// Checks titles and translations of all documents.
pub(super) fn check_texts(apps: &[App], documents: &[Document], findings: &mut Findings) {
    for (index, app) in apps.iter().enumerate() {
        let own = || documents.iter().filter(|document| document.app == index);
        let translations: Vec<(&Document, TranslationDoc)> = own()
            .filter(|document| document.kind == Kind::Translation)
            .filter_map(|document| Some((document, document.typed::<TranslationDoc>()?)))
            .collect();
        let mut titled: HashSet<String> = HashSet::new();
        for document in own() {
            missing_titles(app, document, &translations, &mut titled, findings);
        }
        for (document, translation) in &translations {
            if translation.locale != document.name {
                findings.add(document.file, "/locale", Code::NameMismatch, &[&translation.locale, &document.name]);
            } else if !is_locale(&translation.locale) {
                findings.add(document.file, "/locale", Code::BadLocale, &[&translation.locale]);
            }
            for id in translation.texts.keys().filter(|id| !titled.contains(*id)) {
                findings.add(document.file, &join("/texts", id), Code::UnknownTranslation, &[id]);
            }
        }
    }
}

/// Tells every title that lacks a language of its app, in the document as it was written.
fn missing_titles(
    app: &App,
    document: &Document,
    translations: &[(&Document, TranslationDoc)],
    titled: &mut HashSet<String>,
    findings: &mut Findings,
) {
    let Some(mut original) = document.original.clone() else { return };
    let texts: BTreeMap<&str, &TranslationDoc> =
        translations.iter().map(|(document, doc)| (document.name.as_str(), doc)).collect();
    ids::visit(document.kind, &mut original, &mut |pointer, map| {
        let id = map.get("id").and_then(Value::as_str);
        titled.extend(id.map(str::to_owned));
        let Some(title) = map.get("title").and_then(Value::as_object) else { return };
        if map.get("retired") == Some(&Value::Bool(true)) {
            return;
        }
        let has = |locale: &str| {
            let translated = id.is_some_and(|id| texts.get(locale).is_some_and(|doc| doc.texts.contains_key(id)));
            // A text of a wrong type is there and was told.
            let given = title.get(locale).is_some_and(|text| text.as_str().is_none_or(|text| !text.trim().is_empty()));
            translated || given
        };
        let wanted = app.doc.locales.iter().map(String::as_str).filter(|locale| is_locale(locale));
        let missing: Vec<&str> = wanted.filter(|locale| !has(locale)).collect();
        if !missing.is_empty() {
            findings.add(document.file, &join(pointer, "title"), Code::MissingTitle, &[&missing.join(", ")]);
        }
    });
}
