//! What texts are ordered and compared by: sort keys of a language, names without what their spellings differ in.
mod fold;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use icu_collator::{CollatorBorrowed, CollatorPreferences, options::CollatorOptions, preferences::CollationNumericOrdering};
use icu_locale_core::locale;

pub use fold::folded;

use crate::{id::Aspect, texts, value::Value};

/// Changes when sort keys are made in another way (`icu_collator` brings another version of Unicode): the next publish fills
/// every column anew.
const SORT_VERSION: u8 = 1;
/// The same for folded texts.
const FOLD_VERSION: u8 = 1;
/// Characters that count for the order; texts equal in them stand in the order of their ids.
const LONGEST: usize = 120;

/// Chinese by sound, all other scripts as the Unicode root orders them; numbers inside texts by their value.
static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut preferences = CollatorPreferences::from(&locale!("zh-u-co-pinyin"));
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    CollatorBorrowed::try_new(preferences, CollatorOptions::default()).expect("the data of the collation is compiled in")
});

/// The version of the way in which an aspect is made of a value.
pub fn version(aspect: Aspect) -> u8 {
    match aspect {
        Aspect::SortKey => SORT_VERSION,
        Aspect::Folded => FOLD_VERSION,
        Aspect::Rank => 0,
    }
}

/// The stored aspect of a text; of everything else there is none.
pub fn stored(aspect: Aspect, value: &Value) -> Value {
    match (aspect, value) {
        (Aspect::SortKey, Value::Text(text)) => Value::Text(sort_key(text)),
        (Aspect::Folded, Value::Text(text)) => Value::Text(folded(text)),
        // Texts of several languages have a key each.
        (Aspect::SortKey, Value::Json(_)) => {
            let keys = texts::of_value(value).into_iter().map(|(tag, text)| (tag, sort_key(&text))).collect();
            texts::to_value(&keys)
        }
        _ => Value::Null,
    }
}

/// The key of a text: keys compare by code point as the texts do in the language. The bytes of the collation's key become
/// the characters of the same numbers, so that any text column holds them; no byte is zero.
pub fn sort_key(text: &str) -> String {
    let counted = text.char_indices().nth(LONGEST).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    let mut bytes = Vec::with_capacity(counted.len() * 2);
    let Ok(()) = COLLATOR.write_sort_key_to(counted, &mut bytes);
    bytes.into_iter().filter(|byte| *byte != 0).map(char::from).collect()
}
