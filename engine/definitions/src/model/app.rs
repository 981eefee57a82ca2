//! `app.json`: the name, version and languages of an app.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::DefId,
    text::{LocalText, Locale},
};

/// An app: the head of a folder of documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Name, `snake_case`.
    pub name: String,
    /// Version, semver.
    pub version: String,
    /// Shown title.
    pub title: LocalText,
    /// What the app is for.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub description: LocalText,
    /// Languages every title must have; the first is the app's own.
    pub locales: Vec<Locale>,
    /// Other apps whose definitions this one uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// The oldest engine version that can run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_engine: Option<String>,
}
