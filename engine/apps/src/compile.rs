//! From the documents of all apps to the checked catalog, with every finding on the way.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use kontor_definitions::{
    Catalog, DefId, Diagnostic, Severity,
    check::{CheckOptions, MissingIds, check, ids},
    model::Kind,
    source::AppSource,
};
use serde_json::Value;

use crate::{
    base,
    error::AppError,
    sources::{DocumentKey, Sources},
};

/// Documents after the check.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The documents.
    pub sources: Arc<Sources>,
    /// The catalog, if there is no error.
    pub catalog: Option<Arc<Catalog>>,
    /// Every finding, by file and place.
    pub findings: Vec<Diagnostic>,
}

impl Compiled {
    /// Whether there is a finding that forbids publishing.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// What every id of the documents names: `field of k3v9x2ab`, `entity`, `option of …`; by app and id.
pub(crate) type Meanings = BTreeMap<(String, DefId), String>;

/// Checks the documents of all apps together. `retired` are ids that earlier revisions used, with what they named.
pub fn compile(sources: Arc<Sources>, retired: &BTreeMap<(String, DefId), String>) -> Compiled {
    let guarded = base::guard(&sources);
    compile_with(sources, retired, guarded)
}

fn compile_with(sources: Arc<Sources>, retired: &Meanings, guarded: Vec<Diagnostic>) -> Compiled {
    let meanings = meanings(&sources);
    let retired_ids: BTreeSet<DefId> = retired
        .iter()
        .filter(|(key, meant)| meanings.get(*key).is_some_and(|means| means != *meant))
        .map(|((_, id), _)| *id)
        .collect();
    let folders = sources.folders();
    let apps: Vec<(String, &AppSource)> = folders.iter().map(|(app, source)| (app.clone(), source)).collect();
    let options = CheckOptions { missing_ids: MissingIds::Refuse, retired_ids };
    let checked = check(&apps, &options);
    let mut findings = checked.findings;
    if let [(app, _)] = apps.as_slice() {
        // One app alone is checked like a folder; here files always name their app.
        findings.iter_mut().for_each(|finding| finding.file = format!("{app}/{}", finding.file));
    }
    findings.extend(guarded);
    findings.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    let broken = findings.iter().any(|finding| finding.severity == Severity::Error);
    let catalog = checked.catalog.filter(|_| !broken).map(Arc::new);
    Compiled { sources, catalog, findings }
}

/// What every id in the documents names.
pub(crate) fn meanings(sources: &Sources) -> Meanings {
    let mut meanings = Meanings::new();
    for (key, text) in sources.iter() {
        let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
        let own = id_of(&value);
        let owner = own.map_or_else(|| key.path(), |id| id.to_string());
        if let Some(id) = own {
            meanings.insert((key.app.clone(), id), key.kind.name().to_owned());
        }
        if key.kind == Kind::Entity {
            let fields = value.get("fields").and_then(Value::as_array).into_iter().flatten();
            for id in fields.filter_map(id_of) {
                meanings.entry((key.app.clone(), id)).or_insert_with(|| format!("field of {owner}"));
            }
        }
        for id in ids::used(key.kind, &value) {
            meanings.entry((key.app.clone(), id)).or_insert_with(|| format!("part of {owner}"));
        }
    }
    meanings
}

fn id_of(value: &Value) -> Option<DefId> {
    value.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok())
}

/// Catalogs in use by the fingerprint of their documents, so that tenants with equal apps share one.
#[derive(Default)]
pub(crate) struct Catalogs(Mutex<HashMap<String, Weak<Catalog>>>);

impl Catalogs {
    /// The catalog of documents that were checked before they went live.
    pub(crate) fn of_live(&self, sources: &Arc<Sources>, fingerprint: &str) -> Result<Arc<Catalog>, AppError> {
        if let Some(known) = self.known(fingerprint) {
            return Ok(known);
        }
        // Their own `base` may be of an older engine: what is live stays usable until it is brought up to date.
        let compiled = compile_with(Arc::clone(sources), &Meanings::new(), Vec::new());
        let Some(catalog) = compiled.catalog else {
            let first = compiled.findings.into_iter().find(|finding| finding.severity == Severity::Error);
            let why =
                first.map_or_else(String::new, |finding| format!("{} in {} {}", finding.code, finding.file, finding.pointer));
            return Err(AppError::Bug(format!("the live revision does not check any more: {why}")));
        };
        self.keep(fingerprint, &catalog);
        Ok(catalog)
    }

    /// Keeps a catalog for others with the same documents.
    pub(crate) fn keep(&self, fingerprint: &str, catalog: &Arc<Catalog>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, known| known.strong_count() > 0);
        all.insert(fingerprint.to_owned(), Arc::downgrade(catalog));
    }

    fn known(&self, fingerprint: &str) -> Option<Arc<Catalog>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(fingerprint).and_then(Weak::upgrade)
    }
}

/// The key a finding's file stands for, where several apps were checked together.
pub fn key_of_file(file: &str) -> Option<DocumentKey> {
    let (app, path) = file.split_once('/')?;
    let (kind, name) = Kind::of_path(path)?;
    Some(DocumentKey::new(app, kind, name))
}
