//! `fold(text)`: a name without what its spellings differ in. The tables are in `docs/expressions.md` too.
use unicode_normalization::UnicodeNormalization as _;

/// Legal forms and other words at the end of a company's name that do not tell it from another one, in Latin letters.
pub(super) const WORDS: [&str; 42] = [
    "ab",
    "ag",
    "and",
    "aps",
    "as",
    "bhd",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "eg",
    "ev",
    "gmbh",
    "group",
    "holding",
    "holdings",
    "inc",
    "incorporated",
    "kg",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "plc",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sarl",
    "sas",
    "sdn",
    "spa",
    "srl",
    "ug",
];
/// The same in Chinese and Japanese; longer ones first.
pub(super) const ENDINGS: [&str; 10] =
    ["股份有限公司", "有限责任公司", "有限公司", "股份公司", "集团公司", "株式会社", "有限会社", "公司", "集团", "股份"];

/// A text in compatibility form (full-width letters are letters), in small letters without accents, without blanks,
/// punctuation and legal forms at its end. A text of nothing but those keeps what would be the last of it to go.
pub fn folded(text: &str) -> String {
    let plain = text.nfkd().filter(|character| !is_accent(*character)).nfc().flat_map(char::to_lowercase);
    let plain: String = plain.filter(|character| !is_accent(*character)).collect::<String>().replace('ß', "ss");
    let mut words = words(&plain);
    while shorten(&mut words) {}
    let joined = words.concat();
    if joined.is_empty() { plain.trim().to_owned() } else { joined }
}

fn is_accent(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// The words between blanks and punctuation; the points of `S.A.` separate none.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    // Letters since the word or its last point; none: the next letter begins a word.
    let mut letters = None;
    for character in text.chars() {
        match (character, letters) {
            ('&', _) => {
                words.push("and".to_owned());
                letters = None;
            }
            ('.', Some(1)) => letters = Some(0),
            (other, _) if !other.is_alphanumeric() => letters = None,
            (letter, Some(count)) => {
                letters = Some(count + 1);
                if let Some(word) = words.last_mut() {
                    word.push(letter);
                }
            }
            (letter, None) => {
                words.push(letter.to_string());
                letters = Some(1);
            }
        }
    }
    words
}

/// Takes one legal form off the end; answers whether there was one and something before it.
fn shorten(words: &mut Vec<String>) -> bool {
    let alone = words.len() == 1;
    let Some(last) = words.last_mut() else { return false };
    if let Some(ending) = ENDINGS.iter().find(|ending| last.ends_with(**ending)) {
        last.truncate(last.len() - ending.len());
        if last.is_empty() && alone {
            last.push_str(ending);
            return false;
        }
        if last.is_empty() {
            words.pop();
        }
        return true;
    }
    let is_form = !alone && WORDS.contains(&last.as_str());
    if is_form {
        words.pop();
    }
    is_form
}
