//! Reads a document strictly: JSON without comments or trailing commas, each key once, text that every database can hold.
use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Map, Number, Value};

use super::{
    codes::Code,
    places::{At, Place, Places, join},
};

/// The largest document, in bytes.
pub const MAX_DOCUMENT: usize = 2_000_000;
/// How deep a document may be nested.
pub const MAX_NESTING: usize = 64;

/// A document as read: its value where the text is JSON, the places of its parts, and what was wrong with it.
pub(super) struct Read {
    /// The value; of a key given twice, the first.
    pub(super) value: Option<Value>,
    /// Where everything is.
    pub(super) places: Places,
    /// What was wrong.
    pub(super) problems: Vec<Problem>,
}

/// Something wrong with a text, before its meaning is looked at.
pub(super) struct Problem {
    /// What.
    pub(super) code: Code,
    /// Pointer of the value.
    pub(super) pointer: String,
    /// The spot.
    pub(super) at: At,
    /// Arguments of the message.
    pub(super) argument: String,
}

/// Reads a text.
pub(super) fn read(text: &str) -> Read {
    let mut reader = Reader { places: Places::new(text), problems: Vec::new() };
    let value = reader.document(text);
    Read { value, places: reader.places, problems: reader.problems }
}

struct Reader {
    places: Places,
    problems: Vec<Problem>,
}

impl Reader {
    fn document(&mut self, text: &str) -> Option<Value> {
        if text.len() > MAX_DOCUMENT {
            self.problem(Code::TooLarge, "", At::Offset(0), MAX_DOCUMENT.to_string());
            return None;
        }
        let collect = CollectOptions::default();
        match parse_to_ast(text, &collect, &strict()) {
            Ok(parsed) => {
                let Some(root) = parsed.value else {
                    self.problem(Code::InvalidJson, "", At::Offset(0), "nothing".to_owned());
                    return None;
                };
                self.value(&root, "", None, 0)
            }
            Err(error) => {
                let code = if error.kind().to_string().contains("surrogate") { Code::BadCharacter } else { Code::InvalidJson };
                self.problem(code, "", At::Offset(error.range().start), near(text, error.range().start));
                None
            }
        }
    }

    fn value(&mut self, node: &ast::Value<'_>, pointer: &str, key: Option<usize>, depth: usize) -> Option<Value> {
        let start = start_of(node);
        self.places.insert(pointer.to_owned(), Place { key: key.unwrap_or(start), value: start });
        if depth > MAX_NESTING {
            self.problem(Code::TooDeep, pointer, At::Value, MAX_NESTING.to_string());
            return None;
        }
        Some(match node {
            ast::Value::StringLit(text) => {
                self.text(&text.value, pointer, At::Value);
                Value::String(text.value.clone().into_owned())
            }
            ast::Value::NumberLit(number) => self.number(number.value, pointer),
            ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::Array(array) => {
                let items = array.elements.iter().enumerate();
                items
                    .map(|(index, item)| self.value(item, &join(pointer, &index.to_string()), None, depth + 1))
                    .collect::<Option<Vec<_>>>()
                    .map(Value::Array)?
            }
            ast::Value::Object(object) => self.object(object, pointer, depth)?,
        })
    }

    fn object(&mut self, object: &ast::Object<'_>, pointer: &str, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        for property in &object.properties {
            let name = property.name.as_str();
            let inner = join(pointer, name);
            if map.contains_key(name) {
                self.problem(Code::DuplicateKey, &inner, At::Offset(property.range.start), name.to_owned());
                continue;
            }
            self.text(name, &inner, At::Key);
            let value = self.value(&property.value, &inner, Some(property.range.start), depth + 1)?;
            map.insert(name.to_owned(), value);
        }
        Some(Value::Object(map))
    }

    fn text(&mut self, text: &str, pointer: &str, at: At) {
        if text.contains('\0') {
            self.problem(Code::BadCharacter, pointer, at, "U+0000".to_owned());
        }
    }

    /// Whole numbers stay whole however they are written (`1.0`, `1e2`), so that they fit the types of the documents.
    fn number(&mut self, text: &str, pointer: &str) -> Value {
        let exact = text.parse::<Decimal>().or_else(|_plain| Decimal::from_scientific(text));
        let whole = exact.ok().filter(Decimal::is_integer).and_then(|number| number.to_i64());
        if let Some(whole) = whole {
            return Value::Number(Number::from(whole));
        }
        match text.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_no_number) => {
                self.problem(Code::OutOfRange, pointer, At::Value, text.to_owned());
                Value::Number(Number::from(0))
            }
        }
    }

    fn problem(&mut self, code: Code, pointer: &str, at: At, argument: String) {
        self.problems.push(Problem { code, pointer: pointer.to_owned(), at, argument });
    }
}

fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn start_of(node: &ast::Value<'_>) -> usize {
    match node {
        ast::Value::StringLit(node) => node.range.start,
        ast::Value::NumberLit(node) => node.range.start,
        ast::Value::BooleanLit(node) => node.range.start,
        ast::Value::Object(node) => node.range.start,
        ast::Value::Array(node) => node.range.start,
        ast::Value::NullKeyword(node) => node.range.start,
    }
}

/// The few characters from a place on, to be shown in a message.
fn near(text: &str, offset: usize) -> String {
    let rest = text.get(offset..).unwrap_or_default();
    let shown: String = rest.lines().next().unwrap_or_default().chars().take(20).collect();
    if shown.trim().is_empty() { "…".to_owned() } else { shown }
}
