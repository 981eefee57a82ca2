//! The mapping of an import: which column of the file fills which field, and how.
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A mapping file. Without one, every column must be headed by the path of the field it fills.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportMap {
    /// The entity; must agree with the one named in the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Fields that tell whether a record exists, and which rows of the file belong to one record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// What happens to records that exist.
    #[serde(default)]
    pub existing: Existing,
    /// Field path to its source: `customer.code` finds the customer by its code, `lines.qty` fills a line.
    pub columns: IndexMap<String, ColumnMap>,
    /// Field path to one text for every record.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub constants: IndexMap<String, String>,
    /// Reference path (`customer`, `lines.product`) to the fields of the record that is made when none is found.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub create_missing: IndexMap<String, IndexMap<String, ColumnMap>>,
}

/// What happens to records that exist already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// It is an error of the row.
    #[default]
    Error,
    /// They stay as they are.
    Skip,
    /// They are changed to what the file says.
    Update,
}

/// A source: the name of a column, or a column with options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ColumnMap {
    /// The column's name.
    Name(String),
    /// With options.
    Options(ColumnOptions),
}

/// A source with options. Applied in this order: `strip_suffix`, `when_empty`, `values`, `format`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnOptions {
    /// The column; none for a text that is the same in every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The same text in every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<String>,
    /// Taken off the end where it is there: `17850.0` becomes `17850`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strip_suffix: Option<String>,
    /// Stands in for an empty cell; each use is listed in the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<String>,
    /// Replacements of whole cells: `EIRE` becomes `IE`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub values: IndexMap<String, String>,
    /// Dates and times: a format description such as `[day].[month].[year]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Values the report lists as odd; they are imported all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<Odd>,
}

/// Values that are worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Odd {
    /// Nothing in the cell.
    Empty,
    /// A number that is zero.
    Zero,
    /// A number below zero.
    Negative,
}

impl ColumnMap {
    /// The options, those of a plain name being only the column.
    pub fn options(&self) -> ColumnOptions {
        match self {
            Self::Name(column) => ColumnOptions { column: Some(column.clone()), ..ColumnOptions::default() },
            Self::Options(options) => options.clone(),
        }
    }
}
