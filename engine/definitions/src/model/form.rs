//! `forms/<name>.json`: how a record is entered and shown.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field::BoolOrExpression;
use crate::{id::DefId, text::LocalText};

/// A form: a tree of layout nodes for one entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Name, `snake_case`.
    pub name: String,
    /// The entity.
    pub entity: String,
    /// Shown title; the entity's if left out.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub title: LocalText,
    /// The screens it is for; `desktop` forms serve phones too where there is no other.
    #[serde(default, skip_serializing_if = "Variant::is_desktop")]
    pub variant: Variant,
    /// The nodes.
    pub layout: Vec<NodeDoc>,
    /// Roles that get this form; everyone if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// The screens a form is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Variant {
    #[default]
    Desktop,
    Phone,
}

impl Variant {
    fn is_desktop(&self) -> bool {
        *self == Self::Desktop
    }
}

/// A node of a form. Which keys a node of a type has is decided by `check`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: NodeKind,
    /// Section, tabs page, related list: the heading.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub title: LocalText,
    /// Section, columns: how many columns on a wide screen, 1 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<ColumnsDoc>,
    /// Field, lines: the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Field: how many columns it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<u8>,
    /// Lines: fields of the line entity whose totals are shown below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<String>,
    /// Related: the entity whose records are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Related: the reference field of that entity that points here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Related: the view whose columns are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// Text: what is shown.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub text: LocalText,
    /// Shown when: `true`, `false` or a condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<BoolOrExpression>,
    /// Must be filled when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<BoolOrExpression>,
    /// Cannot be changed when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readonly: Option<BoolOrExpression>,
    /// Section, tabs, columns: the nodes inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<NodeDoc>,
}

/// A number of columns, or the names of the columns of a line grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnsDoc {
    /// How many columns a section has.
    Count(u8),
    /// The fields a line grid shows, in order.
    Fields(Vec<String>),
}

/// The types of layout nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum NodeKind {
    Section,
    Tabs,
    Columns,
    Field,
    Lines,
    Related,
    Text,
    Actions,
}
