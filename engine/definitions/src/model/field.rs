//! One field of an entity: its type and the options of that type.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entity::is_false;
use crate::{id::DefId, text::LocalText};

/// A field. Which of the options below `type` admits which type is decided by `check`
/// (`option_not_for_type`), so that one flat object stays easy to write and to edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the document of its own")]
pub struct FieldDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Name, `snake_case`, unique in the entity.
    pub name: String,
    /// Shown title.
    pub title: LocalText,
    /// Shown beside the field.
    #[serde(default, skip_serializing_if = "LocalText::is_empty")]
    pub help: LocalText,
    /// The type.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Removed from use, its column kept until purged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
    /// Must have a value: `true`, or a condition over the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<BoolOrExpression>,
    /// No two live records share a value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Value of a new record: an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Found by the search box.
    #[serde(default, skip_serializing_if = "is_false")]
    pub searchable: bool,
    /// Has a text per language.
    #[serde(default, skip_serializing_if = "is_false")]
    pub translatable: bool,
    /// Encrypted at rest and masked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Owned by the engine: written only by its actions.
    #[serde(default, skip_serializing_if = "is_false")]
    pub system: bool,
    /// Text: at most so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Numbers: digits in all, at most 18.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<u8>,
    /// Numbers: digits behind the point, at most 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// Numbers and dates: smallest value allowed, as a literal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
    /// Numbers and dates: largest value allowed, as a literal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<String>,
    /// Money: the sibling field that holds the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency_field: Option<String>,
    /// Money: a fixed currency, ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Money: how stored amounts are rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundMode>,
    /// Quantity: the sibling field that holds the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_field: Option<String>,
    /// Quantity: a fixed unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Choice, choices: what may be chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionDoc>,
    /// State: the states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<OptionDoc>,
    /// State: the state of a new record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<String>,
    /// State: the moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<TransitionDoc>,
    /// Reference, lines, links: the entity on the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Reference, links: what a purge of the target does; left out, a reference restricts it and links are cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<OnDelete>,
    /// Lines, links, files: at least so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// Lines, links, files: at most so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Automatic number: `SO-{yyyy}{mm}-{0000}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Automatic number: when counting starts again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// Automatic number: no number is left out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gapless: bool,
    /// Automatic number: the transition that gives it; left out: given when the record is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign_on: Option<String>,
    /// Formula: the expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Formula: the type of its result, with `scale`, `currency_field`, … as for a field of that type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<FieldKind>,
    /// Roll-up: the sibling `lines` field, or `<entity>.<reference field>` for records that refer to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Roll-up: how the values are combined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<RollupFunction>,
    /// Roll-up: the field of the lines. Lookup: the path `customer.country`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Roll-up: only lines for which this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Lookup: `true` keeps the value of the moment of writing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub copied: bool,
    /// A role that can read this derived field may not be able to read its inputs, and that is meant.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reveals: bool,
}

/// `true`, `false` or a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BoolOrExpression {
    /// Always or never.
    Bool(bool),
    /// When the condition holds.
    Expression(String),
}

/// The types of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation; definitions.md of the design lists them")]
pub enum FieldKind {
    Text,
    LongText,
    RichText,
    Integer,
    Decimal,
    Money,
    Percent,
    Quantity,
    Boolean,
    Date,
    Datetime,
    Time,
    Duration,
    Choice,
    Choices,
    State,
    Reference,
    Lines,
    Links,
    User,
    Department,
    Email,
    Phone,
    Url,
    Country,
    Currency,
    Language,
    Address,
    File,
    Files,
    Image,
    Signature,
    Barcode,
    AutoNumber,
    Formula,
    Rollup,
    Lookup,
    Location,
    Color,
    Rating,
    Json,
}

/// One option of a choice, or one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// Stored value, `snake_case` or a code.
    pub name: String,
    /// Shown title.
    pub title: LocalText,
    /// Colour token of the tag: `grey`, `blue`, `green`, `orange`, `red`, `purple`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// No longer offered; records that have it keep it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
}

/// Colour tokens of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Color {
    Grey,
    Blue,
    Green,
    Orange,
    Red,
    Purple,
}

/// A move from some states to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransitionDoc {
    /// Stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DefId>,
    /// The action's name, `snake_case`.
    pub action: String,
    /// Shown on the button.
    pub title: LocalText,
    /// States it starts from.
    pub from: Vec<String>,
    /// The state it leads to.
    pub to: String,
    /// Roles that may do it, besides holding the action right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// A condition over the record that must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// How a stored amount is rounded to its currency's digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundMode {
    /// To even on a tie (default).
    HalfEven,
    /// Away from zero on a tie, the commercial rounding 四舍五入.
    HalfUp,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// What a purge of a referenced record does to the records that refer to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The purge is refused.
    #[default]
    Restrict,
    /// The reference becomes empty.
    Clear,
}

/// When an automatic number starts again at 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Reset {
    #[default]
    Never,
    Year,
    Month,
    Day,
}

/// How a roll-up combines values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum RollupFunction {
    Sum,
    Count,
    Min,
    Max,
    Average,
}
