//! `roles/<name>.json`: what people of a role may do.
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entity::is_false;
use crate::{id::DefId, text::LocalText};

/// A role. What is not granted is denied; rights of several roles add up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Name, `snake_case`.
    pub name: String,
    /// Shown title.
    pub title: LocalText,
    /// May change definitions, publish, and administer the tenant's people.
    #[serde(default, skip_serializing_if = "is_false")]
    pub administrator: bool,
    /// Rights by entity; `*` stands for every entity not named (of every app for an administrator role).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub entities: IndexMap<String, EntityRightsDoc>,
}

/// The rights of a role on one entity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityRightsDoc {
    /// May create records.
    #[serde(default, skip_serializing_if = "is_false")]
    pub create: bool,
    /// Whose records may be read.
    #[serde(default, skip_serializing_if = "Scope::is_none")]
    pub read: Scope,
    /// Whose records may be changed.
    #[serde(default, skip_serializing_if = "Scope::is_none")]
    pub update: Scope,
    /// Whose records may be archived.
    #[serde(default, skip_serializing_if = "Scope::is_none")]
    pub delete: Scope,
    /// May purge archived records among those that may be archived.
    #[serde(default, skip_serializing_if = "is_false")]
    pub purge: bool,
    /// May take lists out as files.
    #[serde(default, skip_serializing_if = "is_false")]
    pub export: bool,
    /// Transitions and buttons that may be used; `*` stands for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// A condition every record must meet besides the scope.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Rights by field; `*` stands for every field not named. Left out: `write`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, FieldRight>,
}

/// Whose records a right reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nobody's.
    #[default]
    None,
    /// The person's own.
    Own,
    /// Those of the person's department.
    Department,
    /// Those of the person's department and the ones below it.
    DepartmentBelow,
    /// Everybody's.
    All,
}

impl Scope {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// What a role may do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldRight {
    /// The field does not exist for it.
    None,
    /// See it.
    Read,
    /// See and change it.
    Write,
}
