//! Query parameters read one by one: each at most once, each with its own finding when it cannot be read.
use crate::{
    finding::{Class, FieldError, Findings, Text, quoted},
    session::Params,
};

/// The parameters of a request, with everything that is wrong with them.
pub(crate) struct Reader<'p> {
    params: &'p Params,
    pub(crate) findings: Findings,
}

impl<'p> Reader<'p> {
    /// Begins; `known` are the parameters of this request.
    pub(crate) fn new(params: &'p Params, known: &[&str]) -> Self {
        let mut reader = Self { params, findings: Findings::default() };
        for (place, (name, _)) in params.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let shown = quoted(name);
                reader.malformed(
                    name,
                    "unknown_parameter",
                    Text { zh: &format!("没有参数“{shown}”"), en: &format!("there is no parameter \"{shown}\"") },
                    Text {
                        zh: &format!("可用参数：{}", known.join(", ")),
                        en: &format!("parameters here: {}", known.join(", ")),
                    },
                );
            } else if params.0.iter().take(place).any(|(earlier, _)| earlier == name) {
                reader.malformed(
                    name,
                    "duplicate_parameter",
                    Text { zh: "同一参数出现了两次", en: "the parameter occurs twice" },
                    Text { zh: "请只保留一个", en: "keep one of them" },
                );
            }
        }
        reader
    }

    /// A parameter's text; an empty one counts as left out.
    pub(crate) fn text(&self, name: &str) -> Option<&'p str> {
        self.params.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|text| !text.is_empty())
    }

    /// A list separated by commas outside of parentheses, each item with its pointer.
    pub(crate) fn list(&mut self, name: &str) -> Vec<(String, &'p str)> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let mut items = Vec::new();
        for (index, item) in text.split(',').map(str::trim).enumerate() {
            let pointer = format!("/{name}/{index}");
            if item.is_empty() {
                self.findings.push(FieldError::new(
                    Class::Malformed,
                    pointer,
                    "empty",
                    Text { zh: "两个逗号之间没有内容", en: "there is nothing between two commas" },
                ));
            } else {
                items.push((pointer, item));
            }
        }
        items
    }

    /// A whole number between two bounds.
    pub(crate) fn number(&mut self, name: &str, least: u32, most: u32, default: u32) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                let shown = quoted(text);
                self.malformed(
                    name,
                    "out_of_range",
                    Text { zh: &format!("“{shown}”不在范围内"), en: &format!("\"{shown}\" is out of range") },
                    Text {
                        zh: &format!("请用 {least} 到 {most} 的整数"),
                        en: &format!("use a whole number from {least} to {most}"),
                    },
                );
                default
            }
        }
    }

    /// One of some words.
    pub(crate) fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)], default: T) -> T {
        let Some(text) = self.text(name) else { return default };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let (shown, names) = (quoted(text), names.join(", "));
        self.malformed(
            name,
            "unknown_option",
            Text { zh: &format!("“{shown}”不在可选范围内"), en: &format!("\"{shown}\" is not one of the options") },
            Text { zh: &format!("可选：{names}"), en: &format!("choose one of: {names}") },
        );
        default
    }

    fn malformed(&mut self, name: &str, code: &'static str, message: Text<'_>, way: Text<'_>) {
        let pointer = crate::finding::below("", name);
        self.findings.push(FieldError::new(Class::Malformed, pointer, code, message).suggest(way));
    }
}
