//! `translations/<locale>.json`: texts of one language by the id of what is translated.
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Locale;

/// The texts of one language. They fill titles that the documents themselves leave out in that language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TranslationDoc {
    /// The language; the file's name.
    pub locale: Locale,
    /// Id of what is translated to its title.
    pub texts: IndexMap<String, String>,
}
