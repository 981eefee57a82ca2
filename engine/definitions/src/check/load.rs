//! Reads every file of every app into documents; what is broken in one stays its own matter.
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    CheckOptions, MissingIds,
    codes::Code,
    findings::{FileId, Findings},
    ids, one,
    places::{Places, join},
    schema,
    suggest::nearest,
};
use crate::{
    id::DefId,
    model::{AppDoc, Kind, TranslationDoc},
    source::AppSource,
};

/// One app as loaded.
pub(super) struct App {
    /// The name it was given under.
    pub(super) name: String,
    /// Its `app.json`, or what can be assumed where that is broken.
    pub(super) doc: AppDoc,
    /// The file of `app.json`.
    pub(super) file: FileId,
    /// Whether `app.json` could be read; if not, nothing is concluded from what it does not say.
    pub(super) readable: bool,
}

/// One document as loaded.
pub(super) struct Document {
    /// Place of its app among the apps.
    pub(super) app: usize,
    /// What it is.
    pub(super) kind: Kind,
    /// Name by its file.
    pub(super) name: String,
    /// Its file.
    pub(super) file: FileId,
    /// As written; `None` where the text is no JSON object.
    pub(super) original: Option<Value>,
    /// Without what does not fit its kind, with ids and translations.
    pub(super) mended: Value,
}

impl Document {
    /// The document as its Rust type; `None` where what is missing in it was told already.
    pub(super) fn typed<T: DeserializeOwned>(&self) -> Option<T> {
        self.original.as_ref()?;
        serde_json::from_value(self.mended.clone()).ok()
    }
}

/// Everything loaded.
pub(super) struct Loaded {
    pub(super) apps: Vec<App>,
    pub(super) documents: Vec<Document>,
}

/// Loads all apps, `base` first.
pub(super) fn load(sources: &[(String, &AppSource)], options: &CheckOptions, findings: &mut Findings) -> Loaded {
    let mut order: Vec<&(String, &AppSource)> = sources.iter().collect();
    order.sort_by_key(|(name, _)| name != "base");
    let mut documents = Vec::new();
    for (index, (app, source)) in order.iter().enumerate() {
        let prefix = if sources.len() > 1 { format!("{app}/") } else { String::new() };
        load_app(index, &prefix, source, &mut documents, findings);
    }
    check_ids(&mut documents, options, findings);
    let several = sources.len() > 1;
    let apps: Vec<App> =
        order.iter().enumerate().map(|(index, (name, _))| app_of(index, name, several, &documents, findings)).collect();
    translate(&apps, &mut documents);
    Loaded { apps, documents }
}

fn load_app(app: usize, prefix: &str, source: &AppSource, documents: &mut Vec<Document>, findings: &mut Findings) {
    let mut paths: Vec<&String> = source.files.keys().collect();
    paths.sort();
    for path in paths {
        let text = source.files.get(path).map(String::as_str).unwrap_or_default();
        let file = format!("{prefix}{path}");
        let Some((kind, name)) = Kind::of_path(path) else {
            unknown_kind(path, text, file, findings);
            continue;
        };
        let (file, values) = one(kind, file, text, findings);
        let (original, mut mended) = values.map_or((None, json!({})), |(original, mended)| (Some(original), mended));
        if original.is_some() {
            fill(kind, name, &mut mended);
        }
        documents.push(Document { app, kind, name: name.to_owned(), file, original, mended });
    }
}

fn unknown_kind(path: &str, text: &str, file: String, findings: &mut Findings) {
    let folder = path.split('/').next().unwrap_or_default();
    let near = nearest(folder, Kind::ALL.into_iter().map(Kind::folder).filter(|folder| !folder.is_empty()));
    let hint = near.map(|near| format!(" ({near}/)")).unwrap_or_default();
    let file = findings.file(file, Places::new(text));
    findings.add(file, "", Code::UnknownKind, &[path, &hint]);
}

/// Puts in what was told to be missing, so that the rest of the document can be looked at.
fn fill(kind: Kind, name: &str, mended: &mut Value) {
    let root = schema::stored(kind);
    ids::visit(kind, mended, &mut |pointer, map| {
        let required = schema::part(root, pointer).and_then(|part| part.get("required")).and_then(Value::as_array);
        if required.into_iter().flatten().any(|key| key == "title") {
            map.entry("title").or_insert_with(|| json!({}));
        }
    });
    let Some(map) = mended.as_object_mut() else { return };
    let defaults: &[(&str, Value)] = match kind {
        Kind::App => &[("name", json!(name)), ("version", json!("0.0.0")), ("locales", json!([]))],
        Kind::Entity => &[("name", json!(name)), ("fields", json!([]))],
        Kind::Form => &[("name", json!(name)), ("layout", json!([]))],
        Kind::View | Kind::Page | Kind::Role => &[("name", json!(name))],
        Kind::Invariant => {
            &[("name", json!(name)), ("source", json!("")), ("expression", json!("count()")), ("must", json!(">= 0"))]
        }
        Kind::Translation => &[("locale", json!(name)), ("texts", json!({}))],
    };
    for (key, value) in defaults {
        map.entry(*key).or_insert_with(|| value.clone());
    }
}

/// Tells ids that are given twice, that are missing or that may not come back, and makes provisional ones.
fn check_ids(documents: &mut [Document], options: &CheckOptions, findings: &mut Findings) {
    let mut owners: HashMap<DefId, String> = HashMap::new();
    let mut repeated: Vec<(usize, String)> = Vec::new();
    for (index, document) in documents.iter_mut().enumerate() {
        let (kind, file) = (document.kind, document.file);
        let place = format!("{}/{}", kind.name(), document.name);
        let mut missing = 0;
        ids::visit(kind, &mut document.mended, &mut |pointer, map| {
            let Some(id) = map.get("id").and_then(Value::as_str).and_then(|id| id.parse::<DefId>().ok()) else {
                missing += 1;
                return;
            };
            let pointer_of_id = join(pointer, "id");
            if options.retired_ids.contains(&id) {
                findings.add(file, &pointer_of_id, Code::RetiredId, &[id.as_str()]);
            }
            if let Some(owner) = owners.get(&id) {
                findings.add(file, &pointer_of_id, Code::DuplicateId, &[id.as_str(), owner]);
                repeated.push((index, pointer.to_owned()));
            } else {
                owners.insert(id, place.clone());
            }
        });
        // An id that was given but does not look like one was told by its shape.
        let readable = document.original.is_some();
        if readable && missing > 0 && options.missing_ids == MissingIds::Refuse && !has_bad_id(document) {
            findings.add(file, "", Code::MissingId, &[&missing.to_string()]);
        }
    }
    for (index, pointer) in repeated {
        let map =
            documents.get_mut(index).and_then(|document| document.mended.pointer_mut(&pointer)).and_then(Value::as_object_mut);
        map.and_then(|map| map.shift_remove("id"));
    }
    let mut taken: HashSet<DefId> = owners.into_keys().collect();
    for document in documents.iter_mut().filter(|document| document.original.is_some()) {
        let mut state = seed(&format!("{}/{}/{}", document.app, document.kind.name(), document.name));
        ids::add_missing(document.kind, &mut document.mended, &mut taken, &mut || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 16
        });
    }
}

fn has_bad_id(document: &Document) -> bool {
    let mut bad = false;
    let mut original = document.original.clone().unwrap_or_default();
    ids::visit(document.kind, &mut original, &mut |_, map| {
        bad |= map.get("id").is_some_and(|id| id.as_str().is_none_or(|id| id.parse::<DefId>().is_err()));
    });
    bad
}

/// A number from a text (FNV-1a), so that provisional ids are the same at every check.
fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn app_of(index: usize, name: &str, several: bool, documents: &[Document], findings: &mut Findings) -> App {
    let document = documents.iter().find(|document| document.app == index && document.kind == Kind::App);
    let assumed = || AppDoc {
        id: None,
        name: name.to_owned(),
        version: "0.0.0".to_owned(),
        title: crate::LocalText::default(),
        description: crate::LocalText::default(),
        locales: Vec::new(),
        requires: Vec::new(),
        min_engine: None,
    };
    let doc = document.and_then(Document::typed::<AppDoc>);
    let file = document.map_or_else(
        || {
            let path = if several { format!("{name}/app.json") } else { "app.json".to_owned() };
            let file = findings.file(path, Places::new(""));
            findings.add(file, "", Code::MissingAppFile, &[name]);
            file
        },
        |document| document.file,
    );
    App { name: name.to_owned(), readable: doc.is_some(), doc: doc.unwrap_or_else(assumed), file }
}

/// Fills titles that documents leave out in a language from the app's translations.
fn translate(apps: &[App], documents: &mut [Document]) {
    for index in 0..apps.len() {
        let texts: BTreeMap<String, TranslationDoc> = documents
            .iter()
            .filter(|document| document.app == index && document.kind == Kind::Translation)
            .filter_map(|document| Some((document.name.clone(), document.typed::<TranslationDoc>()?)))
            .collect();
        for document in documents.iter_mut().filter(|document| document.app == index) {
            ids::visit(document.kind, &mut document.mended, &mut |_, map| {
                for (locale, translation) in &texts {
                    let id = map.get("id").and_then(Value::as_str);
                    if let Some(text) = id.and_then(|id| translation.texts.get(id)).cloned() {
                        add_title(map, locale, text);
                    }
                }
            });
        }
    }
}

fn add_title(map: &mut Map<String, Value>, locale: &str, text: String) {
    if let Some(titles) = map.entry("title").or_insert_with(|| json!({})).as_object_mut() {
        titles.entry(locale).or_insert(Value::String(text));
    }
}
