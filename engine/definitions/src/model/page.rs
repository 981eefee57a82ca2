//! `pages/<name>.json`: navigation.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{id::DefId, text::LocalText};

/// A page; so far a menu.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Name, `snake_case`.
    pub name: String,
    /// Shown title.
    pub title: LocalText,
    /// What it is.
    pub kind: PageKind,
    /// Menu: its entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<MenuItemDoc>,
    /// Roles that get it; everyone if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// The kinds of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// Entries of the navigation.
    Menu,
}

/// An entry of a menu: a view, or a group of entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuItemDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Shown title; the view's if left out.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub title: LocalText,
    /// Name of a lucide icon, `users`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The view it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// The entries of a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<MenuItemDoc>,
}
