//! Texts in several languages: titles, help, option labels.
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language tag such as `zh-CN` or `en` (BCP 47).
pub type Locale = String;

/// A text by language, `{"zh-CN": "客户", "en": "Customer"}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LocalText(pub IndexMap<Locale, String>);

impl LocalText {
    /// Whether no language has a text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text for `locale`: exact tag, then the same language, then the first there is.
    pub fn get(&self, locale: &str) -> Option<&str> {
        let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
        self.0
            .get(locale)
            .or_else(|| self.0.iter().find(|(tag, _)| language(tag) == language(locale)).map(|(_, text)| text))
            .or_else(|| self.0.values().next())
            .map(String::as_str)
    }
}

impl From<&[(&str, &str)]> for LocalText {
    fn from(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect())
    }
}
