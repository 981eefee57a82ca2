//! `entities/<name>.json`: what is stored.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field::FieldDoc;
use crate::{id::DefId, text::LocalText};

/// An entity: a table of records with typed fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the document of its own")]
pub struct EntityDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Name, `snake_case`, unique in the app.
    pub name: String,
    /// Shown title.
    pub title: LocalText,
    /// What it is for.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub help: LocalText,
    /// The field that stands for a record wherever it is referred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The fields, in the order in which they are offered.
    pub fields: Vec<FieldDoc>,
    /// Sets of fields whose values together occur once among live records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Vec<String>>,
    /// Sets of fields that are searched or sorted together often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Vec<String>>,
    /// What makes two live records the same thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<DuplicateDoc>,
    /// Records belong to a user (scope `own`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub owner: bool,
    /// Records belong to a department.
    #[serde(default, skip_serializing_if = "is_false")]
    pub department: bool,
    /// Records belong to one of the tenant's companies.
    #[serde(default, skip_serializing_if = "is_false")]
    pub company: bool,
    /// What history keeps.
    #[serde(default, skip_serializing_if = "Track::is_all")]
    pub track: Track,
    /// People may comment on a record.
    #[serde(default, skip_serializing_if = "is_false")]
    pub comments: bool,
    /// Files may be attached to a record.
    #[serde(default, skip_serializing_if = "is_false")]
    pub attachments: bool,
    /// Records are never changed or purged once written.
    #[serde(default, skip_serializing_if = "is_false")]
    pub append_only: bool,
}

/// What makes two live records the same thing, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateDoc {
    /// What is equal in both: fields of the entity, or `fold(field)` for names that may be spelt in several ways.
    #[serde(rename = "match")]
    pub fields: Vec<String>,
    /// What happens to the second one.
    pub action: DuplicateAction,
    /// What the person is told of the first one, whether or not they may read it.
    #[serde(default, skip_serializing_if = "Reveal::is_nothing")]
    pub reveal: Reveal,
}

/// What happens to a record that is the same thing as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateAction {
    /// The person is asked whether it shall be saved all the same.
    Warn,
    /// It is not saved.
    Refuse,
}

/// What a person is told of a record that stands in the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    /// That there is one.
    #[default]
    Nothing,
    /// Whose it is.
    Owner,
    /// What it is called.
    Label,
}

impl Reveal {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// What history keeps of an entity's changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// Every change of every field.
    #[default]
    All,
    /// Nothing.
    None,
}

impl Track {
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(super) fn is_false(value: &bool) -> bool {
    !*value
}
