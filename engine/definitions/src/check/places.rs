//! Where the parts of a JSON text are: from JSON pointer to line and column.
use std::collections::HashMap;

/// The places of everything in one text.
#[derive(Debug, Default)]
pub(super) struct Places {
    text: String,
    line_starts: Vec<usize>,
    by_pointer: HashMap<String, Place>,
}

/// Byte offsets of one value and of the key before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where the key starts, or the value where there is no key.
    pub(super) key: usize,
    /// Where the value starts.
    pub(super) value: usize,
}

/// Which spot of a place is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// The key of the property.
    Key,
    /// The value.
    Value,
    /// This many bytes into the text that the value is (escapes resolved).
    Inside(usize),
    /// This byte of the whole text.
    Offset(usize),
}

impl Places {
    /// A text in which nothing is known yet.
    pub(super) fn new(text: &str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text: text.to_owned(), line_starts, by_pointer: HashMap::new() }
    }

    /// Remembers a place.
    pub(super) fn insert(&mut self, pointer: String, place: Place) {
        self.by_pointer.entry(pointer).or_insert(place);
    }

    /// Line and column, from 1, of a pointer; of the nearest part around it where the pointer itself is not in the text.
    pub(super) fn locate(&self, pointer: &str, at: At) -> (u32, u32) {
        let (place, exact) = self.nearest(pointer);
        let offset = match at {
            At::Offset(offset) => offset,
            At::Key if exact => place.key,
            At::Inside(bytes) if exact => self.inside(place.value, bytes),
            At::Key | At::Value | At::Inside(_) => place.value,
        };
        self.line_and_column(offset)
    }

    fn nearest(&self, pointer: &str) -> (Place, bool) {
        let mut part = pointer;
        loop {
            if let Some(place) = self.by_pointer.get(part) {
                return (*place, part.len() == pointer.len());
            }
            match part.rfind('/') {
                Some(cut) => part = part.get(..cut).unwrap_or_default(),
                None => return (Place { key: 0, value: 0 }, false),
            }
        }
    }

    fn line_and_column(&self, offset: usize) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The byte in the whole text that stands for a byte of a string's content, over its escapes.
    fn inside(&self, start: usize, bytes: usize) -> usize {
        let Some(raw) = self.text.get(start..).filter(|raw| raw.starts_with('"')) else { return start };
        let mut decoded = 0;
        let mut chars = raw.char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            if decoded >= bytes || char == '"' {
                return start + at;
            }
            decoded += if char != '\\' {
                char.len_utf8()
            } else if chars.next().is_some_and(|(_, escaped)| escaped == 'u') {
                escaped_width(&mut chars)
            } else {
                1
            };
        }
        start
    }
}

/// How many bytes a `\uXXXX` escape stands for; a surrogate counts half of its pair.
fn escaped_width(chars: &mut impl Iterator<Item = (usize, char)>) -> usize {
    let code = chars.take(4).filter_map(|(_, digit)| digit.to_digit(16)).fold(0, |code, digit| code * 16 + digit);
    match code {
        0xD800..=0xDFFF => 2,
        _ => char::from_u32(code).map_or(1, char::len_utf8),
    }
}

/// A property name or an index as the next part of a JSON pointer.
pub(super) fn join(pointer: &str, part: &str) -> String {
    format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1"))
}
