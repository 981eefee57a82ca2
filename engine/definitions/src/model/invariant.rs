//! `invariants/<name>.json`: what must always hold over the records of an entity.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{id::DefId, text::LocalText};

/// A number per group of records that must keep to a bound; `kontor verify` tells the groups where it does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvariantDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Name, `snake_case`.
    pub name: String,
    /// What it says, for people; the name if left out.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub title: LocalText,
    /// The entity whose live records are looked at.
    pub source: String,
    /// Only records for which this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Field paths that make the groups; all records together if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<String>,
    /// The number of each group: `sum(qty)`, `count()`.
    pub expression: String,
    /// What it must be: an operator and a number, `>= 0`.
    pub must: String,
}
