//! Chinese names by their sound: `上海贸易` is found by `shanghai`, `maoyi`, `shmy` and `my`.
use std::collections::BTreeSet;

use pinyin::ToPinyinMulti as _;

use super::tokens::{Piece, add_beginnings, fold, pieces};

/// Letters of a sound at most; it starts at any character.
const LONGEST_SOUND: usize = 16;
/// Initials at most.
const LONGEST_INITIALS: usize = 8;
/// Ways to read the characters behind one start at most: `重庆` is `chongqing` and `zhongqing`.
const MOST_READINGS: usize = 4;
/// Characters of a run that are read.
const LONGEST_RUN: usize = 60;

/// Adds the sounds of the Chinese characters in a text.
pub(super) fn add(text: &str, all: &mut BTreeSet<String>) {
    for piece in pieces(&fold(text)) {
        let Piece::Run(run) = piece else { continue };
        // A character without a sound ends a name.
        for spoken in run.split(|character| readings(*character).is_empty()) {
            let spoken = spoken.get(..LONGEST_RUN).unwrap_or(spoken);
            for start in 0..spoken.len() {
                add_from(spoken.get(start..).unwrap_or_default(), all);
            }
        }
    }
}

fn add_from(characters: &[char], all: &mut BTreeSet<String>) {
    // Sounds so far and their initials, one for each way to read the characters.
    let mut ways: Vec<(String, String)> = vec![Default::default()];
    for character in characters.iter().take(LONGEST_INITIALS) {
        let mut known = readings(*character);
        if ways.len() * known.len() > MOST_READINGS {
            known.truncate(1);
        }
        let longer = ways.iter().flat_map(|(sound, initials)| {
            known.iter().map(move |reading| {
                let initial = reading.chars().take(1);
                (format!("{sound}{reading}"), initials.chars().chain(initial).collect())
            })
        });
        ways = longer.collect();
    }
    for (sound, initials) in ways {
        add_beginnings(&sound.chars().collect::<Vec<_>>(), LONGEST_SOUND, all);
        add_beginnings(&initials.chars().collect::<Vec<_>>(), LONGEST_INITIALS, all);
    }
}

/// The two most usual sounds of a character without tones, as they are typed: `ü` is `v` or `u`.
fn readings(character: char) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let sounds = character.to_pinyin_multi().into_iter().flatten().map(pinyin::Pinyin::plain);
    for sound in sounds.flat_map(|sound| [sound.replace('ü', "v"), sound.replace('ü', "u")]) {
        if !all.contains(&sound) && sound.chars().all(|letter| letter.is_ascii_lowercase()) {
            all.push(sound);
        }
    }
    all.truncate(2);
    all
}
