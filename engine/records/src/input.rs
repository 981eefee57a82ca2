//! JSON as it was sent: numbers by their text, properties in order, and every defect of the text named by its place.
//!
//! Why not `serde_json::Value`: it turns decimals into binary floats, keeps the last of two equal keys and gives up at a lone
//! surrogate without saying where.
use indexmap::IndexMap;

use crate::finding::{Class, FieldError, Findings, Text, below};

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number by its text.
    Number(String),
    /// A text.
    Text(String),
    /// An array.
    List(Vec<Input>),
    /// An object with its properties in order.
    Object(IndexMap<String, Input>),
}

/// Arrays and objects may be nested so deep.
pub(crate) const MAX_DEPTH: usize = 64;

impl Input {
    /// Reads a body. All defects that leave the rest readable are collected; broken syntax ends the reading.
    pub fn parse(body: &[u8]) -> Result<Self, Findings> {
        let text = std::str::from_utf8(body).map_err(|error| {
            let place = error.valid_up_to();
            Findings::from(malformed(
                "",
                "not_utf8",
                Text {
                    zh: &format!("内容不是有效的 UTF-8 文本（第 {} 字节）", place + 1),
                    en: &format!("the body is not valid UTF-8 (byte {})", place + 1),
                },
            ))
        })?;
        let mut reader = Reader { text, at: 0, findings: Findings::default() };
        let value = reader.document();
        match value {
            Ok(value) if reader.findings.is_empty() => Ok(value),
            Ok(_) => Err(reader.findings),
            Err(Broken) => {
                let finding = reader.syntax();
                // A finding that says more (too deep) is there already.
                if reader.findings.0.last().is_none_or(|last| last.code != "too_deep") {
                    reader.findings.push(finding);
                }
                Err(reader.findings)
            }
        }
    }

    /// An object with these properties.
    pub fn object<K: Into<String>>(properties: impl IntoIterator<Item = (K, Input)>) -> Self {
        Self::Object(properties.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The property of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(properties) => properties.get(key),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// What JSON calls it, for messages.
    pub fn type_name(&self) -> Text<'static> {
        match self {
            Self::Null => Text { zh: "空值", en: "null" },
            Self::Bool(_) => Text { zh: "布尔值", en: "a boolean" },
            Self::Number(_) => Text { zh: "数字", en: "a number" },
            Self::Text(_) => Text { zh: "文本", en: "a text" },
            Self::List(_) => Text { zh: "数组", en: "an array" },
            Self::Object(_) => Text { zh: "对象", en: "an object" },
        }
    }

    /// The same as a tree of the JSON library, for fields that hold free JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(text) => {
                text.parse::<serde_json::Number>().map_or_else(|_too_large| text.clone().into(), serde_json::Value::Number)
            }
            Self::Text(text) => text.clone().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(properties) => {
                serde_json::Value::Object(properties.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }
}

impl From<&serde_json::Value> for Input {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(map) => Self::Object(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
        }
    }
}

/// The syntax is broken at the reader's place.
struct Broken;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    findings: Findings,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Input, Broken> {
        self.space();
        let value = self.value("", 0)?;
        self.space();
        if self.at == self.text.len() { Ok(value) } else { Err(Broken) }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> Result<(), Broken> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(Broken)
        }
    }

    fn value(&mut self, pointer: &str, depth: usize) -> Result<Input, Broken> {
        if depth > MAX_DEPTH {
            self.findings.push(malformed(
                pointer,
                "too_deep",
                Text { zh: &format!("嵌套超过 {MAX_DEPTH} 层"), en: &format!("nested deeper than {MAX_DEPTH} levels") },
            ));
            return Err(Broken);
        }
        match self.peek() {
            Some(b'{') => self.object(pointer, depth),
            Some(b'[') => self.list(pointer, depth),
            Some(b'"') => self.string(pointer).map(Input::Text),
            Some(b't') => self.take("true").map(|()| Input::Bool(true)),
            Some(b'f') => self.take("false").map(|()| Input::Bool(false)),
            Some(b'n') => self.take("null").map(|()| Input::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(Broken),
        }
    }

    fn object(&mut self, pointer: &str, depth: usize) -> Result<Input, Broken> {
        self.take("{")?;
        let mut properties = IndexMap::new();
        self.space();
        if self.take("}").is_ok() {
            return Ok(Input::Object(properties));
        }
        loop {
            self.space();
            let key = self.string(pointer)?;
            self.space();
            self.take(":")?;
            self.space();
            let here = below(pointer, &key);
            let value = self.value(&here, depth + 1)?;
            if properties.insert(key, value).is_some() {
                self.findings.push(malformed(
                    &here,
                    "duplicate_key",
                    Text {
                        zh: "同一属性出现了两次，请只保留一个", en: "the property occurs twice; keep one of them"
                    },
                ));
            }
            self.space();
            if self.take(",").is_err() {
                self.take("}")?;
                return Ok(Input::Object(properties));
            }
        }
    }

    fn list(&mut self, pointer: &str, depth: usize) -> Result<Input, Broken> {
        self.take("[")?;
        let mut items = Vec::new();
        self.space();
        if self.take("]").is_ok() {
            return Ok(Input::List(items));
        }
        loop {
            self.space();
            let here = format!("{pointer}/{}", items.len());
            items.push(self.value(&here, depth + 1)?);
            self.space();
            if self.take(",").is_err() {
                self.take("]")?;
                return Ok(Input::List(items));
            }
        }
    }

    fn number(&mut self) -> Result<Input, Broken> {
        let start = self.at;
        let digits = |reader: &mut Self| {
            let from = reader.at;
            while matches!(reader.peek(), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            if reader.at > from { Ok(reader.at - from) } else { Err(Broken) }
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero_first = self.peek() == Some(b'0');
        if digits(self)? > 1 && zero_first {
            return Err(Broken);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            digits(self)?;
        }
        Ok(Input::Number(self.text.get(start..self.at).unwrap_or_default().to_owned()))
    }

    fn string(&mut self, pointer: &str) -> Result<String, Broken> {
        self.take("\"")?;
        let mut out = String::new();
        loop {
            let plain = self.rest().find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or(Broken)?;
            out.push_str(self.rest().get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape(pointer)?);
                }
                _ => return Err(Broken),
            }
        }
    }

    fn escape(&mut self, pointer: &str) -> Result<char, Broken> {
        let kind = self.peek().ok_or(Broken)?;
        self.at += 1;
        Ok(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(pointer),
            _ => return Err(Broken),
        })
    }

    fn unicode(&mut self, pointer: &str) -> Result<char, Broken> {
        let first = self.hex()?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if first < 0xDC00 && self.rest().starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or(Broken);
            }
            self.at = before;
        }
        self.findings.push(malformed(
            pointer,
            "lone_surrogate",
            Text {
                zh: &format!("文本含有不完整的字符 \\u{first:04x}"),
                en: &format!("the text holds half a character, \\u{first:04x}"),
            },
        ));
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, Broken> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(Broken)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_not_hex| Broken)
    }

    fn syntax(&self) -> FieldError {
        let read = self.text.get(..self.at).unwrap_or_default();
        let line = read.matches('\n').count() + 1;
        let column = read.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        malformed(
            "",
            "not_json",
            Text {
                zh: &format!("内容不是有效的 JSON（第 {line} 行第 {column} 列）"),
                en: &format!("the body is not valid JSON (line {line}, column {column})"),
            },
        )
    }
}

fn malformed(pointer: &str, code: &'static str, message: Text<'_>) -> FieldError {
    FieldError::new(Class::Malformed, pointer, code, message)
}
