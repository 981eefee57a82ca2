//! What is wrong with an input: place, code, and texts in the engine's languages, collected and never thrown one by one.
use kontor_definitions::LocalText;

/// What kind of refusal a finding is; the worst one of an input decides the answer's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The data as it is stands against it (409).
    Conflict,
    /// The definition, a rule or a limit refuses the value (422).
    Refused,
    /// Not what can be read at all: unknown name, wrong JSON type, broken expression (400).
    Malformed,
}

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or `/filter`, `/sort/1` for a parameter.
    pub pointer: String,
    /// Stable code in snake_case.
    pub code: &'static str,
    /// What is wrong.
    pub message: LocalText,
    /// The way out.
    pub suggestion: LocalText,
    /// What kind of refusal.
    pub class: Class,
    /// A record that stands in the way and that the person may read.
    pub other: Option<Other>,
}

/// Another record that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// `app.entity`
    pub entity: String,
    /// Its id.
    pub id: String,
}

/// Everything that is wrong with an input, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<FieldError>);

impl Findings {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Adds a finding.
    pub fn push(&mut self, finding: FieldError) {
        self.0.push(finding);
    }
    /// The worst class found.
    pub fn class(&self) -> Option<Class> {
        self.0.iter().map(|finding| finding.class).max()
    }
    /// Whether something was found at this place or below it.
    pub fn at(&self, pointer: &str) -> bool {
        self.0
            .iter()
            .any(|finding| finding.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }
}

impl From<FieldError> for Findings {
    fn from(finding: FieldError) -> Self {
        Self(vec![finding])
    }
}

impl FieldError {
    /// A finding with its texts in Chinese and English.
    pub fn new(class: Class, pointer: impl Into<String>, code: &'static str, message: Text<'_>) -> Self {
        Self { pointer: pointer.into(), code, message: message.into(), suggestion: LocalText::default(), class, other: None }
    }
    /// The same with a way out.
    #[must_use]
    pub fn suggest(mut self, suggestion: Text<'_>) -> Self {
        self.suggestion = suggestion.into();
        self
    }
}

/// A text in the two languages of the engine.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Simplified Chinese.
    pub zh: &'a str,
    /// English.
    pub en: &'a str,
}

impl From<Text<'_>> for LocalText {
    fn from(text: Text<'_>) -> Self {
        [("zh-CN", text.zh), ("en", text.en)].as_slice().into()
    }
}

/// A JSON pointer one step further down.
pub(crate) fn below(pointer: &str, part: &str) -> String {
    if part.contains(['~', '/']) {
        format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{pointer}/{part}")
    }
}

/// A text as it is quoted in a message: cut where it is long, without control characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let shown: String = text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() { format!("{shown}…") } else { shown }
}
