//! The documents of all apps of a tenant, by app, kind and name, as canonical text.
use std::{collections::BTreeMap, fmt, sync::Arc};

use kontor_definitions::{model::Kind, source::AppSource};
use sha2::{Digest, Sha256};

/// Names a document: app, kind, name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey {
    /// The app.
    pub app: String,
    /// The kind.
    pub kind: Kind,
    /// The name; `app` for `app.json`.
    pub name: String,
}

impl DocumentKey {
    /// A key from its parts.
    pub fn new(app: impl Into<String>, kind: Kind, name: impl Into<String>) -> Self {
        Self { app: app.into(), kind, name: name.into() }
    }

    /// A key from the parts of an address; `None` when there is no such kind.
    pub fn of_names(app: &str, kind: &str, name: &str) -> Option<Self> {
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
        Some(Self::new(app, kind, name))
    }

    /// The file inside the app's folder.
    pub fn path(&self) -> String {
        self.kind.path(&self.name)
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.app, self.kind.name(), self.name)
    }
}

/// Documents by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    documents: BTreeMap<DocumentKey, Arc<str>>,
}

impl Sources {
    /// The documents of one app folder; files that are no documents are left out.
    pub fn of_app(app: &str, source: &AppSource) -> Self {
        let mut sources = Self::default();
        for (path, text) in &source.files {
            if let Some((kind, name)) = Kind::of_path(path) {
                sources.insert(DocumentKey::new(app, kind, name), Arc::from(text.as_str()));
            }
        }
        sources
    }

    /// The text of a document.
    pub fn get(&self, key: &DocumentKey) -> Option<&Arc<str>> {
        self.documents.get(key)
    }
    /// Adds or replaces a document.
    pub fn insert(&mut self, key: DocumentKey, text: Arc<str>) {
        self.documents.insert(key, text);
    }
    /// Takes a document out.
    pub fn remove(&mut self, key: &DocumentKey) {
        self.documents.remove(key);
    }
    /// Takes every document of an app out.
    pub fn remove_app(&mut self, app: &str) {
        self.documents.retain(|key, _| key.app != app);
    }
    /// Every document in order of app, kind and name.
    pub fn iter(&self) -> impl Iterator<Item = (&DocumentKey, &Arc<str>)> {
        self.documents.iter()
    }
    /// The documents of one app in order of kind and name.
    pub fn of<'a>(&'a self, app: &'a str) -> impl Iterator<Item = (&'a DocumentKey, &'a Arc<str>)> {
        self.documents.iter().filter(move |(key, _)| key.app == app)
    }
    /// Whether the app has any document.
    pub fn has_app(&self, app: &str) -> bool {
        self.of(app).next().is_some()
    }

    /// The apps as folders: `base` first, the others by name, files by path.
    pub fn folders(&self) -> Vec<(String, AppSource)> {
        let mut folders: BTreeMap<(bool, &str), BTreeMap<String, String>> = BTreeMap::new();
        for (key, text) in &self.documents {
            let files = folders.entry((key.app != "base", key.app.as_str())).or_default();
            files.insert(key.path(), text.to_string());
        }
        folders.into_iter().map(|((_, app), files)| (app.to_owned(), AppSource { files: files.into_iter().collect() })).collect()
    }

    /// Stands for exactly these documents: equal documents, equal fingerprint, in whatever tenant.
    pub fn fingerprint(&self) -> String {
        let mut all = Sha256::new();
        for (key, text) in &self.documents {
            for part in [key.app.as_str(), key.kind.name(), key.name.as_str(), text] {
                all.update((part.len() as u64).to_be_bytes());
                all.update(part.as_bytes());
            }
        }
        all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
