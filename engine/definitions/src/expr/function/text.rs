//! What the text functions mean. Each can be said exactly in SQL too; characters are Unicode code points everywhere.
use std::sync::LazyLock;

use rust_decimal::{Decimal, prelude::ToPrimitive};

/// The characters that [`trim`] takes away: blanks, tabs, line breaks, the no-break space, and the full-width space.
pub const BLANKS: &str = " \t\r\n\u{a0}\u{3000}";

/// Small letters and, at the same place, their capitals: every pair of Latin, Greek and Cyrillic letters that maps
/// one to one both ways. Two databases and a browser agree on these; on all of Unicode they do not.
pub static LETTERS: LazyLock<(String, String)> = LazyLock::new(|| {
    let ranges = [('a', 'z'), ('\u{df}', '\u{17f}'), ('\u{3ac}', '\u{3ce}'), ('\u{430}', '\u{45f}')];
    ranges.into_iter().flat_map(|(first, last)| first..=last).filter_map(pair).unzip()
});

fn pair(small: char) -> Option<(char, char)> {
    let single = |mut letters: Box<dyn Iterator<Item = char>>| letters.next().filter(|_| letters.next().is_none());
    let large = single(Box::new(small.to_uppercase()))?;
    (large != small && single(Box::new(large.to_lowercase())) == Some(small)).then_some((small, large))
}

fn translate(text: &str, from: &str, to: &str) -> String {
    text.chars().map(|c| from.chars().zip(to.chars()).find(|(a, _)| *a == c).map_or(c, |(_, b)| b)).collect()
}

/// Small letters become capitals; what is not in [`LETTERS`] stays.
pub fn upper(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { translate(text, &LETTERS.0, &LETTERS.1) }
}

/// Capitals become small letters; what is not in [`LETTERS`] stays.
pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { translate(text, &LETTERS.1, &LETTERS.0) }
}

/// Takes [`BLANKS`] away at both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| BLANKS.contains(c))
}

/// Number of characters.
pub fn length(text: &str) -> Decimal {
    Decimal::from(text.chars().count())
}

/// The characters from place `start` on (the first is 1; less counts as 1), `length` of them (less than 0 counts as 0) or all.
pub fn substring(text: &str, start: Decimal, length: Option<Decimal>) -> String {
    let clamp = |number: Decimal, low: usize| {
        if number.is_sign_negative() { low } else { number.to_usize().unwrap_or(usize::MAX).max(low) }
    };
    let take = length.map_or(usize::MAX, |length| clamp(length, 0));
    text.chars().skip(clamp(start, 1).saturating_sub(1)).take(take).collect()
}

/// Every `from`, left to right, becomes `to`; an empty `from` changes nothing.
pub fn replace(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() { text.to_owned() } else { text.replace(from, to) }
}

/// A number in digits, without trailing zeros behind the point.
pub fn number(number: Decimal) -> String {
    number.normalize().to_string()
}

/// A day as 2026-01-31.
pub fn date(date: time::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}
