//! Texts cut into tokens: words of letters and digits with all their beginnings; Chinese, Japanese and Korean by single
//! characters and pairs.
use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Characters of a text that are indexed; what stands behind them is not found.
const LONGEST_TEXT: usize = 20_000;
/// Letters of a beginning at most; longer words are found by their first letters.
pub(super) const LONGEST: usize = 32;

/// A piece of a text.
pub(super) enum Piece {
    /// Letters and digits of an alphabet.
    Word(Vec<char>),
    /// Characters of a script without blanks.
    Run(Vec<char>),
}

/// One spelling of what reads the same: full-width and compatibility forms, case and accents are taken off.
pub(super) fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|character| !('\u{300}'..='\u{36f}').contains(character));
    plain.nfc().flat_map(char::to_lowercase).filter(|character| !('\u{300}'..='\u{36f}').contains(character)).collect()
}

/// The pieces of a folded text in order; everything that is no letter and no digit separates them.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    let mut joined = false;
    for character in text.chars().take(LONGEST_TEXT) {
        if !character.is_alphanumeric() {
            // A mark belongs to the letter before it; the index knows letters only.
            joined &= is_combining_mark(character);
            continue;
        }
        match (all.last_mut(), is_dense(character)) {
            (Some(Piece::Run(run)), true) if joined => run.push(character),
            (Some(Piece::Word(word)), false) if joined => word.push(character),
            (_, true) => all.push(Piece::Run(vec![character])),
            (_, false) => all.push(Piece::Word(vec![character])),
        }
        joined = true;
    }
    all
}

/// Whether a script is written without blanks between words.
pub(super) fn is_dense(character: char) -> bool {
    matches!(character,
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{30ff}' | '\u{3100}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Adds every token by which a text is found.
pub(super) fn add(text: &str, all: &mut BTreeSet<String>) {
    for piece in pieces(&fold(text)) {
        match piece {
            Piece::Word(word) => add_beginnings(&word, LONGEST, all),
            Piece::Run(run) => {
                all.extend(run.iter().map(char::to_string));
                all.extend(run.windows(2).map(String::from_iter));
            }
        }
    }
}

/// Adds the beginnings of a word up to a length.
pub(super) fn add_beginnings(word: &[char], longest: usize, all: &mut BTreeSet<String>) {
    let mut beginning = String::new();
    for character in word.iter().take(longest) {
        beginning.push(*character);
        all.insert(beginning.clone());
    }
}

/// The tokens that must be found for a text that a person typed: one list per word; words are separated by blanks. A text
/// without a letter or digit has one word without tokens, which is found nowhere.
pub fn asked(text: &str) -> Vec<Vec<String>> {
    let folded = fold(text);
    folded.split_whitespace().map(word).collect()
}

/// The tokens of one typed word: beginnings as they are, characters in pairs.
fn word(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => tokens.push(word.iter().take(LONGEST).collect()),
            Piece::Run(run) if run.len() == 1 => tokens.extend(run.iter().map(char::to_string)),
            Piece::Run(run) => tokens.extend(run.windows(2).map(String::from_iter)),
        }
    }
    tokens
}
