//! A table of text as it comes out of a file: a header and rows, decoded, every cell with its place.
use std::borrow::Cow;

use kontor_definitions::LocalText;

/// The most rows one file may have; more are refused before anything is written.
pub const MAX_ROWS: usize = 1_000_000;

/// A table of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The names of the columns.
    pub header: Vec<String>,
    /// The rows.
    pub rows: Vec<TableRow>,
}

/// One row with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// Line in the file, from 1 (a quoted cell may span several lines; this is the first).
    pub line: u64,
    /// As many cells as the header has.
    pub cells: Vec<String>,
}

/// How the bytes of a file become text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    #[default]
    Utf8,
    /// GB18030, which includes GBK and GB2312.
    Gb18030,
    /// Windows-1252, Western European.
    Windows1252,
}

impl Encoding {
    /// The encoding of that name (`utf-8`, `gb18030`, `gbk`, `windows-1252`, `latin1`).
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" => Some(Self::Gb18030),
            "windows-1252" | "cp1252" | "latin1" | "iso-8859-1" => Some(Self::Windows1252),
            _ => None,
        }
    }
}

/// What is wrong with a file as a table. `line` is 1-based.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The bytes are no text in the stated encoding.
    #[error("line {line} is not text in the stated encoding")]
    Encoding {
        /// Where the first bad byte is.
        line: u64,
    },
    /// A row has more or fewer cells than the header.
    #[error("line {line} has {found} cells, the header has {expected}")]
    Ragged {
        /// Where.
        line: u64,
        /// How many cells the row has.
        found: usize,
        /// How many the header has.
        expected: usize,
    },
    /// No header, or one that names a column twice or not at all.
    #[error("the header is empty or names a column twice: \"{0}\"")]
    Header(String),
    /// More rows than [`MAX_ROWS`].
    #[error("more than {MAX_ROWS} rows")]
    TooManyRows,
    /// A quote that is never closed, a NUL byte, or the like.
    #[error("line {line} cannot be read as CSV: {reason}")]
    Csv {
        /// Where.
        line: u64,
        /// What the reader says.
        reason: String,
    },
}

impl TableError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Encoding { .. } => "wrong_encoding",
            Self::Ragged { .. } => "ragged_row",
            Self::Header(_) => "bad_header",
            Self::TooManyRows => "too_many_rows",
            Self::Csv { .. } => "bad_csv",
        }
    }

    /// What is wrong and what to do, for people.
    pub fn message(&self) -> LocalText {
        let (zh, en) = match self {
            Self::Encoding { line } => (
                format!("第 {line} 行不是所选编码的文字。请另存为 UTF-8,或指定编码 gb18030 / windows-1252。"),
                format!(
                    "Line {line} is not text in the stated encoding. Save the file as UTF-8, or state the encoding gb18030 or windows-1252."
                ),
            ),
            Self::Ragged { line, found, expected } => (
                format!("第 {line} 行有 {found} 列,表头有 {expected} 列。请检查该行的分隔符和引号。"),
                format!(
                    "Line {line} has {found} cells, the header has {expected}. Check the separators and quotes of that line."
                ),
            ),
            Self::Header(name) => (
                format!("表头为空或有重复的列名「{name}」。第一行必须是互不相同的列名。"),
                format!(
                    "The header is empty or names a column twice: \"{name}\". The first line must hold column names that differ."
                ),
            ),
            Self::TooManyRows => (
                format!("文件超过 {MAX_ROWS} 行。请拆成几个文件。"),
                format!("The file has more than {MAX_ROWS} rows. Split it into several files."),
            ),
            Self::Csv { line, reason } => (
                format!("第 {line} 行无法按 CSV 读取({reason})。请检查引号。"),
                format!("Line {line} cannot be read as CSV ({reason}). Check the quotes."),
            ),
        };
        LocalText::from([("zh-CN", zh.as_str()), ("en", en.as_str())].as_slice())
    }
}

impl Table {
    /// Reads CSV. The separator is the one of `,` `;` TAB that the header has most of. All ragged rows are told at once.
    pub fn from_csv(bytes: &[u8], encoding: Encoding) -> Result<Self, Vec<TableError>> {
        let text = decode(bytes, encoding).map_err(|error| vec![error])?;
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(&text)).from_reader(text.as_bytes());
        let mut records = reader.records();
        let first = match records.next() {
            Some(Ok(record)) => record,
            Some(Err(error)) => return Err(vec![csv_error(&error)]),
            None => return Err(vec![TableError::Header(String::new())]),
        };
        let header: Vec<String> = first.iter().map(|name| name.trim().to_owned()).collect();
        check_header(&header).map_err(|error| vec![error])?;
        let mut rows = Vec::new();
        let mut errors = Vec::new();
        for record in records {
            let record = record.map_err(|error| vec![csv_error(&error)])?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() == 1 && record.get(0).is_some_and(str::is_empty) {
                continue;
            }
            if record.len() != header.len() {
                errors.push(TableError::Ragged { line, found: record.len(), expected: header.len() });
                continue;
            }
            if rows.len() == MAX_ROWS {
                return Err(vec![TableError::TooManyRows]);
            }
            rows.push(TableRow { line, cells: record.iter().map(str::to_owned).collect() });
        }
        if errors.is_empty() { Ok(Self { header, rows }) } else { Err(errors) }
    }
}

fn check_header(header: &[String]) -> Result<(), TableError> {
    for (index, name) in header.iter().enumerate() {
        if name.is_empty() || header.iter().take(index).any(|earlier| earlier == name) {
            return Err(TableError::Header(name.clone()));
        }
    }
    Ok(())
}

fn decode(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, str>, TableError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match encoding {
        Encoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(error) => return Err(TableError::Encoding { line: line_at(bytes, error.valid_up_to()) }),
        },
        Encoding::Gb18030 => decode_with(encoding_rs::GB18030, bytes)?,
        Encoding::Windows1252 => decode_with(encoding_rs::WINDOWS_1252, bytes)?,
    };
    match text.find('\0') {
        Some(place) => Err(TableError::Encoding { line: line_at(text.as_bytes(), place) }),
        None => Ok(text),
    }
}

fn decode_with<'a>(encoding: &'static encoding_rs::Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, TableError> {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(text),
        None => {
            let (lossy, _) = encoding.decode_without_bom_handling(bytes);
            let place = lossy.find('\u{FFFD}').unwrap_or_default();
            Err(TableError::Encoding { line: line_at(lossy.as_bytes(), place) })
        }
    }
}

fn line_at(bytes: &[u8], place: usize) -> u64 {
    let breaks = bytes.iter().take(place).filter(|byte| **byte == b'\n').count();
    u64::try_from(breaks).unwrap_or(u64::MAX - 1) + 1
}

fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |mark: u8| header.bytes().filter(|byte| *byte == mark).count();
    // Ties go to the comma, which comes last among equals of `max_by_key`.
    [b'\t', b';', b','].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}

fn csv_error(error: &csv::Error) -> TableError {
    TableError::Csv { line: error.position().map_or(0, csv::Position::line), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quotes_marks_and_semicolons() {
        let table = Table::from_csv("\u{FEFF}a;b\n1;\"x;\ny\"\n".as_bytes(), Encoding::Utf8).unwrap();
        assert_eq!(table.header, ["a", "b"]);
        assert_eq!(table.rows, [TableRow { line: 2, cells: vec!["1".into(), "x;\ny".into()] }]);
    }

    #[test]
    fn reads_gb18030() {
        let (bytes, _, _) = encoding_rs::GB18030.encode("名称,数量\n蓝牙耳机,3\n");
        assert_eq!(Table::from_csv(&bytes, Encoding::Gb18030).unwrap().rows[0].cells, ["蓝牙耳机", "3"]);
        assert_eq!(Table::from_csv(&bytes, Encoding::Utf8), Err(vec![TableError::Encoding { line: 1 }]));
    }

    #[test]
    fn tells_every_ragged_row() {
        let found = Table::from_csv(b"a,b\n1\n2,3\n4,5,6\n", Encoding::Utf8).unwrap_err();
        assert_eq!(
            found,
            [TableError::Ragged { line: 2, found: 1, expected: 2 }, TableError::Ragged { line: 4, found: 3, expected: 2 }]
        );
    }

    #[test]
    fn refuses_headers_that_do_not_name_columns() {
        for text in ["", "a,a\n1,2\n", "a,,b\n"] {
            assert!(matches!(Table::from_csv(text.as_bytes(), Encoding::Utf8).unwrap_err()[0], TableError::Header(_)));
        }
    }
}
