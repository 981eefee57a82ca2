//! Findings about an expression: a stable code, the place, and what to do, in both languages of the engine.
use super::{Span, Type};
use crate::text::LocalText;

/// What is wrong with an expression, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// Stable code in snake_case; `docs/expressions.md` explains each.
    pub code: &'static str,
    /// Where in the text.
    pub span: Span,
    /// What is wrong.
    pub message: LocalText,
    /// What to do about it; may be empty.
    pub suggestion: LocalText,
}

impl ExprError {
    /// A finding without a suggestion.
    pub fn new(code: &'static str, span: Span, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, span, message: both(zh, en), suggestion: LocalText::default() }
    }

    /// The same finding with a way out.
    #[must_use]
    pub fn hint(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.suggestion = both(zh, en);
        self
    }

    /// The same finding, offering the nearest of the known names, if one is near.
    #[must_use]
    pub(super) fn did_you_mean<'n>(self, written: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        match nearest(written, known) {
            Some(name) => self.hint(format!("是否想写 {name}?"), format!("did you mean {name}?")),
            None => self,
        }
    }
}

/// A text in both languages of the engine.
pub(super) fn both(zh: impl Into<String>, en: impl Into<String>) -> LocalText {
    LocalText([("zh-CN".to_owned(), zh.into()), ("en".to_owned(), en.into())].into_iter().collect())
}

/// A type as people call it: (Chinese, English).
pub(super) fn type_name(ty: &Type) -> (&'static str, &'static str) {
    match ty {
        Type::Null => ("空值", "null"),
        Type::Boolean => ("是/否", "yes/no"),
        Type::Number { .. } => ("数字", "a number"),
        Type::Text => ("文本", "text"),
        Type::Date => ("日期", "a date"),
        Type::Instant => ("日期时间", "a date and time"),
        Type::Time => ("时间", "a time of day"),
        Type::Record(_) => ("记录引用", "a reference to a record"),
        Type::List(_) => ("列表", "a list"),
        Type::Rows(_) => ("明细行", "lines"),
        Type::Json => ("结构化数据", "structured data"),
    }
}

/// The known name nearest to what was written, if at most a third of it (and at most three characters) differs.
fn nearest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let length = written.chars().count();
    if length > 64 {
        return None;
    }
    let limit = (length / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|name| (distance(written, name), name))
        .filter(|(distance, name)| *distance <= limit && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// Number of characters to insert, remove, replace or swap with their neighbour to get from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    let mut last_from = None;
    for (i, a) in from.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        let mut last_to = None;
        for (j, b) in to.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&row, j) + usize::from(a != *b)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            if j > 0 && last_from == Some(*b) && last_to == Some(a) {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
            last_to = Some(*b);
        }
        before = std::mem::replace(&mut row, next);
        last_from = Some(a);
    }
    row.last().copied().unwrap_or(0)
}
