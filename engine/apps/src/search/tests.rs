//! What a text is found by, and what not.
use std::collections::BTreeSet;

use super::{pinyin, tokens};

fn is_found(text: &str, typed: &str) -> bool {
    let mut all = BTreeSet::new();
    tokens::add(text, &mut all);
    pinyin::add(text, &mut all);
    let words = tokens::asked(typed);
    !words.is_empty() && words.iter().all(|word| !word.is_empty() && word.iter().all(|token| all.contains(token)))
}

#[test]
fn words_are_found_by_their_beginnings_in_any_spelling() {
    for typed in ["müller", "MULLER", "mul", "Ｍü", "gmbh mü", "m", "steel-w", "works"] {
        assert!(is_found("Müller Steel-Works GmbH", typed), "{typed}");
    }
    for typed in ["uller", "teel", "mullers", "--", "mu x"] {
        assert!(!is_found("Müller Steel-Works GmbH", typed), "{typed}");
    }
    for typed in ["so-202611-0001", "0001", "202611", "ＳＯ", "so-2026"] {
        assert!(is_found("SO-202611-0001", typed), "{typed}");
    }
}

#[test]
fn chinese_is_found_by_any_part_and_by_its_sound() {
    for typed in ["上海", "贸易", "海贸", "上海贸易", "易", "上海 贸易", "shanghai", "maoyi", "shmy", "my", "SHANGH", "ｓｈｍｙ"]
    {
        assert!(is_found("上海贸易", typed), "{typed}");
    }
    for typed in ["海上", "上贸", "贸易公司", "smh", "anghai"] {
        assert!(!is_found("上海贸易", typed), "{typed}");
    }
    for typed in ["chongqing", "cq", "changcheng", "cqcc"] {
        assert!(is_found("重庆长城", typed), "{typed}");
    }
    for typed in ["lv", "lvse", "绿色"] {
        assert!(is_found("绿色", typed), "{typed}");
    }
    for typed in ["abc上海", "上海abc", "カタ", "한국"] {
        assert!(is_found("ABC上海ABC ｶﾀｶﾅ 한국어", typed), "{typed}");
    }
}

#[test]
fn tokens_are_letters_and_digits() {
    let mut all = BTreeSet::new();
    let text = "a'b\"c & d | !e (f) \u{0}\u{301}x हिन्दी ไทย 𠮷野家 \u{1f600} ①½ ß ŉ İstanbul";
    tokens::add(text, &mut all);
    pinyin::add(text, &mut all);
    assert!(all.iter().all(|token| !token.is_empty() && token.chars().all(char::is_alphanumeric)), "{all:?}");
    assert!(all.contains("istanbul") && all.contains("𠮷野"));
}
