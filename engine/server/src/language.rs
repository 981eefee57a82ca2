//! The language of an answer: Chinese or English, from `Accept-Language` or from the shell's `LANG`.
use kontor_definitions::LocalText;

/// The languages the engine itself speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Simplified Chinese.
    Chinese,
    /// English.
    #[default]
    English,
}

/// A text of the engine in both languages, Chinese first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(pub &'static str, pub &'static str);

impl Language {
    /// The tag used everywhere in definitions and answers.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language a header `Accept-Language` prefers among ours; English if it names neither.
    pub fn accepted(header: &str) -> Self {
        let mut best: Option<(u32, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(|tag| Self::of_tag(tag.trim())) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, thousandths);
            if weight > 0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, language));
            }
        }
        best.map_or(Self::English, |(_, language)| language)
    }

    /// The language of the shell: `LC_ALL`, `LC_MESSAGES` or `LANG` as POSIX orders them.
    pub fn of_shell(read: impl Fn(&str) -> Option<String>) -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| read(name).filter(|value| !value.is_empty()))
            .and_then(|value| Self::of_tag(&value))
            .unwrap_or_default()
    }

    /// The text in this language.
    pub fn of(self, text: Text) -> &'static str {
        match self {
            Self::Chinese => text.0,
            Self::English => text.1,
        }
    }

    /// A localised text in this language; empty where there is none at all.
    pub fn pick(self, text: &LocalText) -> &str {
        text.get(self.tag()).unwrap_or_default()
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_', '.']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

impl Text {
    /// As a localised text, with `{0}`, `{1}` … replaced.
    pub fn with(self, values: &[&str]) -> LocalText {
        let fill = |template: &str| {
            values
                .iter()
                .enumerate()
                .fold(template.to_owned(), |text, (place, value)| text.replace(&format!("{{{place}}}"), value))
        };
        LocalText::from(&[("zh-CN", fill(self.0).as_str()), ("en", fill(self.1).as_str())][..])
    }
}

/// A weight such as `0.8` in thousandths.
fn thousandths(text: &str) -> u32 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let fraction: u32 = digits.parse().unwrap_or(0);
    if whole == "1" { 1000 } else { fraction }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_heavier_of_our_languages_wins() {
        for (header, expected) in [
            ("", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("de, zh;q=0.5", Language::Chinese),
            ("en;q=0.2, zh-Hans;q=0.7", Language::Chinese),
            ("fr", Language::English),
            ("zh;q=0, en;q=0.1", Language::English),
            (";;;,q=,zh;q=x", Language::English),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn the_shell_says_its_language() {
        assert_eq!(Language::of_shell(|name| (name == "LANG").then(|| "zh_CN.UTF-8".to_owned())), Language::Chinese);
        assert_eq!(Language::of_shell(|_| Some("C.UTF-8".to_owned())), Language::English);
    }
}
