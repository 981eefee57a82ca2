//! The documents of an app as people write them: one Rust type per kind.
//!
//! These types are the single source of the JSON Schemas, of the canonical key order (the order of the
//! fields here) and of the TypeScript types of `builder-ui`. References are by name; [`crate::check`] resolves them.
pub mod app;
pub mod entity;
pub mod field;
pub mod form;
pub mod invariant;
pub mod page;
pub mod role;
pub mod translation;
pub mod view;

pub use app::AppDoc;
pub use entity::EntityDoc;
pub use field::{FieldDoc, FieldKind};
pub use form::FormDoc;
pub use invariant::InvariantDoc;
pub use page::PageDoc;
pub use role::RoleDoc;
pub use translation::TranslationDoc;
pub use view::ViewDoc;

/// The kinds of documents and the folder each lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `app.json`
    App,
    /// `entities/<name>.json`
    Entity,
    /// `forms/<name>.json`
    Form,
    /// `views/<name>.json`
    View,
    /// `pages/<name>.json`
    Page,
    /// `roles/<name>.json`
    Role,
    /// `invariants/<name>.json`
    Invariant,
    /// `translations/<locale>.json`
    Translation,
}

impl Kind {
    /// Every kind, in the order in which documents are listed.
    pub const ALL: [Self; 8] =
        [Self::App, Self::Entity, Self::Form, Self::View, Self::Page, Self::Role, Self::Invariant, Self::Translation];

    /// The kind's name in the API: `entity`.
    pub fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Entity => "entity",
            Self::Form => "form",
            Self::View => "view",
            Self::Page => "page",
            Self::Role => "role",
            Self::Invariant => "invariant",
            Self::Translation => "translation",
        }
    }

    /// The folder of the kind's files; `app.json` lies at the top.
    pub fn folder(self) -> &'static str {
        match self {
            Self::App => "",
            Self::Entity => "entities",
            Self::Form => "forms",
            Self::View => "views",
            Self::Page => "pages",
            Self::Role => "roles",
            Self::Invariant => "invariants",
            Self::Translation => "translations",
        }
    }

    /// The path of a document inside its app folder.
    pub fn path(self, name: &str) -> String {
        match self {
            Self::App => "app.json".to_owned(),
            Self::Entity | Self::Form | Self::View | Self::Page | Self::Role | Self::Invariant | Self::Translation => {
                format!("{}/{name}.json", self.folder())
            }
        }
    }

    /// The kind and name that a path stands for; `None` for a path that is no document.
    pub fn of_path(path: &str) -> Option<(Self, &str)> {
        if path == "app.json" {
            return Some((Self::App, "app"));
        }
        let (folder, file) = path.split_once('/')?;
        let name = file.strip_suffix(".json")?;
        let kind = Self::ALL.into_iter().find(|kind| *kind != Self::App && kind.folder() == folder)?;
        (!name.contains('/')).then_some((kind, name))
    }
}
