//! The strict reader of JSON bodies: no duplicate keys, no NUL, no lone surrogates, no number that would lose digits.
//!
//! A number is kept only if the shortest text of its double says the same number, so that whoever reads its text
//! reads what was sent; others (`0.12345678901234567890`) are refused and must be sent as strings.
use serde_json::{Map, Number, Value};

/// How deep objects and arrays may nest.
const DEPTH: usize = 64;

/// Why a body is not acceptable JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadJson {
    /// What is wrong.
    pub(crate) fault: Fault,
    /// JSON pointer of the value or member at fault.
    pub(crate) pointer: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
}

/// What can be wrong with JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not JSON at this place.
    Syntax,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Text after the value.
    Trailing,
    /// A member that was there before.
    DuplicateKey(String),
    /// `\u0000`
    Nul,
    /// Half of a surrogate pair.
    LoneSurrogate,
    /// A number with more digits than survive.
    Inexact,
    /// Nested too deep.
    TooDeep,
}

/// Reads one JSON value.
pub(crate) fn parse(body: &[u8]) -> Result<Value, BadJson> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            let good = body.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
            return Err(place(good, good.len(), Fault::NotUtf8, String::new()));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, path: Vec::new() };
    let value = reader.value().and_then(|value| {
        reader.space();
        if reader.at == text.len() { Ok(value) } else { Err(Fault::Trailing) }
    });
    value.map_err(|fault| {
        let pointer = match fault {
            Fault::Trailing => String::new(),
            Fault::Syntax
            | Fault::NotUtf8
            | Fault::DuplicateKey(_)
            | Fault::Nul
            | Fault::LoneSurrogate
            | Fault::Inexact
            | Fault::TooDeep => pointer(&reader.path),
        };
        place(text, reader.at, fault, pointer)
    })
}

enum Step {
    Key(String),
    Index(usize),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    path: Vec<Step>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn value(&mut self) -> Result<Value, Fault> {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(Fault::Syntax),
        }
    }

    fn word(&mut self) -> Result<Value, Fault> {
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(Fault::Syntax)
    }

    fn object(&mut self) -> Result<Value, Fault> {
        self.deeper()?;
        let mut members = Map::new();
        self.at += 1;
        self.space();
        if self.eat(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(Fault::Syntax);
            }
            let key = self.string()?;
            self.path.push(Step::Key(key.clone()));
            if members.contains_key(&key) {
                return Err(Fault::DuplicateKey(key));
            }
            self.space();
            if !self.eat(b':') {
                return Err(Fault::Syntax);
            }
            members.insert(key, self.value()?);
            self.path.pop();
            self.space();
            if self.eat(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.eat(b',') {
                return Err(Fault::Syntax);
            }
        }
    }

    fn array(&mut self) -> Result<Value, Fault> {
        self.deeper()?;
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            self.path.push(Step::Index(items.len()));
            items.push(self.value()?);
            self.path.pop();
            self.space();
            if self.eat(b']') {
                return Ok(Value::Array(items));
            }
            if !self.eat(b',') {
                return Err(Fault::Syntax);
            }
        }
    }

    fn deeper(&self) -> Result<(), Fault> {
        if self.path.len() >= DEPTH { Err(Fault::TooDeep) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        let mut whole = true;
        if self.eat(b'.') {
            whole = false;
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            whole = false;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        if whole && let Ok(number) = literal.parse::<i64>() {
            return Ok(Value::Number(number.into()));
        }
        let number = literal.parse::<f64>().ok().and_then(Number::from_f64);
        match number {
            Some(number) if decimal(&number.to_string()) == decimal(literal) => Ok(Value::Number(number)),
            Some(_) | None => {
                self.at = start;
                Err(Fault::Inexact)
            }
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(Fault::Syntax) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or_else(|| {
                self.at = self.text.len();
                Fault::Syntax
            })?;
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) | None => return Err(Fault::Syntax),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        self.at += 1;
        let plain = match self.peek() {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let character = self.unicode();
                if character.is_err() {
                    self.at = start;
                }
                return character;
            }
            Some(_) | None => return Err(Fault::Syntax),
        };
        self.at += 1;
        Ok(plain)
    }

    /// A `\uXXXX`, or two that make a pair; stands on the `u`.
    fn unicode(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let first = self.hex()?;
        let code = match first {
            0 => return Err(Fault::Nul),
            0xD800..=0xDBFF => {
                if !(self.eat(b'\\') && self.eat(b'u')) {
                    return Err(Fault::LoneSurrogate);
                }
                let second = self.hex()?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err(Fault::LoneSurrogate);
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            other => other,
        };
        char::from_u32(code).ok_or(Fault::LoneSurrogate)
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(Fault::Syntax)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Fault::Syntax);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_checked_above| Fault::Syntax)
    }
}

/// A number's sign, digits without outer zeros, and the power of ten of the last digit: equal for equal numbers.
fn decimal(literal: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let negative = mantissa.starts_with('-');
    let (whole, fraction) = mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_end_matches('0');
    let dropped = digits.len() - trimmed.len();
    let significant = trimmed.trim_start_matches('0');
    if significant.is_empty() {
        return (false, String::new(), 0);
    }
    // An exponent that fits no i64 belongs to no double other than 0 or infinity, which the caller has ruled out.
    let power = exponent.parse::<i64>().unwrap_or(i64::MAX / 2);
    let shift = i64::try_from(dropped).unwrap_or(0) - i64::try_from(fraction.len()).unwrap_or(0);
    (negative, significant.to_owned(), power.saturating_add(shift))
}

fn pointer(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        out.push('/');
        match step {
            Step::Key(key) => out.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => out.push_str(&index.to_string()),
        }
    }
    out
}

fn place(text: &str, at: usize, fault: Fault, pointer: String) -> BadJson {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    BadJson { fault, pointer, line, column }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fault, parse};

    #[test]
    fn good_json_is_read_as_it_is() {
        let text = r#" {"a": [1, -2, 0.1, 1e30, 123456789012345678, true, null], "b": {"x": "\u4e2d\ud83d\ude00\n\/"}} "#;
        let value = parse(text.as_bytes()).unwrap();
        assert_eq!(value["b"]["x"], json!("中😀\n/"));
        assert_eq!(value["a"][2].to_string(), "0.1");
        assert_eq!(value["a"][4], json!(123_456_789_012_345_678_i64));
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(text).unwrap());
    }

    #[test]
    fn bad_json_is_refused_with_its_place() {
        let deep = "[".repeat(5000);
        for (text, fault, pointer, line, column) in [
            ("", Fault::Syntax, "", 1, 1),
            ("{", Fault::Syntax, "", 1, 2),
            ("[1,]", Fault::Syntax, "/1", 1, 4),
            ("01", Fault::Trailing, "", 1, 2),
            ("{} x", Fault::Trailing, "", 1, 4),
            ("{\"a\":1,\n \"a\":2}", Fault::DuplicateKey("a".to_owned()), "/a", 2, 5),
            (r#"{"a":{"b/c":"\u0000"}}"#, Fault::Nul, "/a/b~1c", 1, 14),
            (r#"["\ud800"]"#, Fault::LoneSurrogate, "/0", 1, 3),
            (r#"["\udc00"]"#, Fault::LoneSurrogate, "/0", 1, 3),
            (r#"["\ud800\u0041"]"#, Fault::LoneSurrogate, "/0", 1, 3),
            ("[0.12345678901234567890]", Fault::Inexact, "/0", 1, 2),
            ("[12345678901234567890123]", Fault::Inexact, "/0", 1, 2),
            ("[1e999]", Fault::Inexact, "/0", 1, 2),
            ("\"a\nb\"", Fault::Syntax, "", 1, 3),
            ("\"a", Fault::Syntax, "", 1, 3),
            ("NaN", Fault::Syntax, "", 1, 1),
        ] {
            let bad = parse(text.as_bytes()).expect_err(text);
            assert_eq!((&bad.fault, bad.pointer.as_str(), bad.line, bad.column), (&fault, pointer, line, column), "{text}");
        }
        assert_eq!(parse(deep.as_bytes()).unwrap_err().fault, Fault::TooDeep);
        assert_eq!(parse(b"\"\xff\"").unwrap_err().fault, Fault::NotUtf8);
    }

    #[test]
    fn equal_numbers_in_other_words_are_kept() {
        for text in ["1.50", "1E2", "100.0", "-0.0", "0e5", "1000000000000000000000000000000", "1.0e-7"] {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
    }
}
