//! Collects findings of all documents, with the place of each, and puts them in order.
use indexmap::IndexMap;

use super::{
    codes::Code,
    places::{At, Places},
};
use crate::{diagnostic::Diagnostic, text::LocalText};

/// The findings so far, and where the documents are that they speak of.
#[derive(Default)]
pub(super) struct Findings {
    documents: Vec<(String, Places)>,
    list: Vec<(u32, u32, Diagnostic)>,
}

/// A document whose findings are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileId(usize);

impl Findings {
    /// Makes a document known; its findings name `file`.
    pub(super) fn file(&mut self, file: String, places: Places) -> FileId {
        self.documents.push((file, places));
        FileId(self.documents.len() - 1)
    }

    /// Adds a finding at a JSON pointer.
    pub(super) fn add(&mut self, file: FileId, pointer: &str, code: Code, arguments: &[&str]) {
        self.add_at(file, pointer, At::Value, code, arguments);
    }

    /// Adds a finding at the key, at the value or inside the text at a JSON pointer.
    pub(super) fn add_at(&mut self, file: FileId, pointer: &str, at: At, code: Code, arguments: &[&str]) {
        let text = code.text();
        let suggestion = if text.fix_en.is_empty() {
            LocalText::default()
        } else {
            local(&fill(text.fix_zh, arguments), &fill(text.fix_en, arguments))
        };
        let finding = Finding {
            code: text.code,
            severity: text.severity,
            message: local(&fill(text.zh, arguments), &fill(text.en, arguments)),
            suggestion,
        };
        self.add_finding(file, pointer, at, finding);
    }

    /// Adds a finding whose text was written elsewhere (the expression language).
    pub(super) fn add_finding(&mut self, file: FileId, pointer: &str, at: At, finding: Finding<'_>) {
        let Some((name, places)) = self.documents.get(file.0) else { return };
        let (line, column) = places.locate(pointer, at);
        let Finding { code, severity, message, suggestion } = finding;
        let diagnostic = Diagnostic {
            severity,
            code: code.to_owned(),
            file: name.clone(),
            pointer: pointer.to_owned(),
            line,
            column,
            message,
            suggestion,
        };
        self.list.push((line, column, diagnostic));
    }

    /// Every finding, by file, place and code; the same finding twice at one place is told once.
    pub(super) fn sorted(self) -> Vec<Diagnostic> {
        let mut list = self.list;
        list.sort_by(|(line, column, a), (other_line, other_column, b)| {
            (&a.file, line, column, &a.pointer, &a.code).cmp(&(&b.file, other_line, other_column, &b.pointer, &b.code))
        });
        list.dedup_by(|a, b| a.2 == b.2);
        list.into_iter().map(|(_, _, diagnostic)| diagnostic).collect()
    }
}

/// What a finding says, without its place.
pub(super) struct Finding<'a> {
    /// Stable code.
    pub(super) code: &'a str,
    /// Error or warning.
    pub(super) severity: crate::Severity,
    /// What is wrong.
    pub(super) message: LocalText,
    /// What to do.
    pub(super) suggestion: LocalText,
}

/// A text in both languages of the engine.
pub(super) fn local(zh: &str, en: &str) -> LocalText {
    LocalText(IndexMap::from([("zh-CN".to_owned(), zh.to_owned()), ("en".to_owned(), en.to_owned())]))
}

/// Puts arguments in the places `{0}`, `{1}`, … of a text; a long argument is cut.
fn fill(text: &str, arguments: &[&str]) -> String {
    let mut out = text.to_owned();
    for (index, argument) in arguments.iter().enumerate() {
        let shown: String = if argument.chars().count() > 120 {
            argument.chars().take(117).chain("...".chars()).collect()
        } else {
            (*argument).to_owned()
        };
        // An argument that itself holds `{1}` cannot be mistaken for a place: braces in it are spread.
        out = out.replace(&format!("{{{index}}}"), &shown.replace('{', "{\u{200b}"));
    }
    out.replace("{\u{200b}", "{")
}
