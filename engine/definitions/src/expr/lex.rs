//! Text to tokens, all lexical mistakes at once.
use rust_decimal::Decimal;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{Span, ast::Operator, error::ExprError};

/// Digits behind the point a literal may have.
pub(super) const MAX_LITERAL_SCALE: usize = 12;
/// Digits a literal may have in all.
const MAX_LITERAL_DIGITS: usize = 28;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(Decimal),
    Text(String),
    Name(String),
    Parameter(String),
    Operator(Operator),
    True,
    False,
    Null,
    If,
    Else,
    Not,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Dot,
    Pipe,
    End,
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<(Token, Span)>,
    errors: Vec<ExprError>,
}

/// The tokens of a text, `End` last; or every lexical mistake.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, Vec<ExprError>> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), errors: Vec::new() };
    while let Some(first) = lexer.peek() {
        lexer.token(first);
    }
    lexer.tokens.push((Token::End, Span { start: text.len(), end: text.len() }));
    if lexer.errors.is_empty() { Ok(lexer.tokens) } else { Err(lexer.errors) }
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn bump_while(&mut self, keep: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&keep) {
            self.bump();
        }
    }

    fn span_from(&self, start: usize) -> Span {
        Span { start, end: self.at }
    }

    fn push(&mut self, token: Token, start: usize) {
        let span = self.span_from(start);
        self.tokens.push((token, span));
    }

    fn token(&mut self, first: char) {
        let start = self.at;
        if first.is_whitespace() {
            self.bump();
        } else if first.is_ascii_digit() {
            self.number(start);
        } else if first == '"' {
            self.string(start);
        } else if starts_name(first) {
            self.bump_while(continues_name);
            let name = self.name_from(start);
            self.push(keyword(name), start);
        } else if first == '$' {
            self.bump();
            let begin = self.at;
            self.bump_while(continues_name);
            if begin == self.at {
                let error = ExprError::new(
                    "unexpected_character",
                    self.span_from(start),
                    "$ 后面缺少参数名",
                    "the name of the parameter is missing after $",
                );
                self.errors.push(error.hint("例如 $from", "for example $from"));
            } else {
                let name = self.name_from(begin);
                self.push(Token::Parameter(name), start);
            }
        } else {
            self.symbol(start, first);
        }
    }

    fn name_from(&self, start: usize) -> String {
        self.text.get(start..self.at).unwrap_or_default().nfc().collect()
    }

    fn number(&mut self, start: usize) {
        self.bump_while(|c| c.is_ascii_digit());
        let mut after_dot = self.rest().chars();
        if after_dot.next() == Some('.') && after_dot.next().is_some_and(|c| c.is_ascii_digit()) {
            self.bump();
            self.bump_while(|c| c.is_ascii_digit());
        }
        let digits_end = self.at;
        self.bump_while(continues_name);
        let span = self.span_from(start);
        let written = self.text.get(start..digits_end).unwrap_or_default();
        if digits_end != self.at {
            let whole = self.text.get(start..self.at).unwrap_or_default();
            self.errors.push(
                ExprError::new("bad_number", span, format!("{whole} 不是数字"), format!("{whole} is not a number"))
                    .hint("数字只写数字和小数点, 例如 1250.5", "write digits and a decimal point only, for example 1250.5"),
            );
            return;
        }
        let scale = written.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let significant = written.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
        if scale > MAX_LITERAL_SCALE {
            self.errors.push(
                ExprError::new(
                    "scale_overflow",
                    span,
                    format!("小数点后有 {scale} 位, 最多 {MAX_LITERAL_SCALE} 位"),
                    format!("{scale} digits behind the point, at most {MAX_LITERAL_SCALE} are kept"),
                )
                .hint("请减少小数位数", "write fewer digits"),
            );
        } else if let (true, Ok(number)) = (significant <= MAX_LITERAL_DIGITS, Decimal::from_str_exact(written)) {
            self.push(Token::Number(number), start);
        } else {
            self.errors.push(
                ExprError::new(
                    "bad_number",
                    span,
                    format!("数字超过 {MAX_LITERAL_DIGITS} 位"),
                    format!("a number has at most {MAX_LITERAL_DIGITS} digits"),
                )
                .hint("请减少位数", "write fewer digits"),
            );
        }
    }

    fn string(&mut self, start: usize) {
        self.bump();
        let mut out = String::new();
        loop {
            let at = self.at;
            match self.bump() {
                Some('"') => {
                    self.push(Token::Text(out), start);
                    return;
                }
                None | Some('\n' | '\r') => {
                    let error = ExprError::new(
                        "unterminated_text",
                        self.span_from(start),
                        "文本缺少结束的引号",
                        "the text has no closing quote",
                    );
                    self.errors.push(error.hint("请补上 \"; 换行请写 \\n", "add \" at its end; write a line break as \\n"));
                    return;
                }
                Some('\\') => match self.escape() {
                    Some(character) => out.push(character),
                    None => self.errors.push(
                        ExprError::new("bad_escape", self.span_from(at), "无法识别的转义符", "an escape that is not known").hint(
                            "可用 \\\" \\\\ \\n \\r \\t \\x41 \\u4e2d \\U0001f600; 反斜杠本身写 \\\\",
                            "there are \\\" \\\\ \\n \\r \\t \\x41 \\u4e2d \\U0001f600; a backslash itself is \\\\",
                        ),
                    ),
                },
                Some('\0') => {
                    let error = ExprError::new(
                        "unexpected_character",
                        self.span_from(at),
                        "文本中不能有 NUL 字符",
                        "text cannot hold the NUL character",
                    );
                    self.errors.push(error.hint("请删除该字符", "remove it"));
                }
                Some(other) => out.push(other),
            }
        }
    }

    /// The character an escape stands for, the backslash already read.
    fn escape(&mut self) -> Option<char> {
        let digits = match self.bump()? {
            '"' => return Some('"'),
            '\\' => return Some('\\'),
            'n' => return Some('\n'),
            'r' => return Some('\r'),
            't' => return Some('\t'),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return None,
        };
        let hex = self.rest().get(..digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?.to_owned();
        self.at += digits;
        u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).filter(|c| *c != '\0')
    }

    fn symbol(&mut self, start: usize, first: char) {
        let second = self.rest().chars().nth(1);
        let (token, length) = match (first, second) {
            ('=', Some('=')) => (Token::Operator(Operator::Equal), 2),
            ('!', Some('=')) => (Token::Operator(Operator::NotEqual), 2),
            ('<', Some('=')) => (Token::Operator(Operator::LessEqual), 2),
            ('>', Some('=')) => (Token::Operator(Operator::GreaterEqual), 2),
            ('&', Some('&')) => (Token::Operator(Operator::And), 2),
            ('|', Some('|')) => (Token::Operator(Operator::Or), 2),
            ('?', Some('?')) => (Token::Operator(Operator::Coalesce), 2),
            ('<', _) => (Token::Operator(Operator::Less), 1),
            ('>', _) => (Token::Operator(Operator::Greater), 1),
            ('+', _) => (Token::Operator(Operator::Add), 1),
            ('-', _) => (Token::Operator(Operator::Subtract), 1),
            ('*', _) => (Token::Operator(Operator::Multiply), 1),
            ('/', _) => (Token::Operator(Operator::Divide), 1),
            ('!', _) => (Token::Not, 1),
            ('|', _) => (Token::Pipe, 1),
            ('(', _) => (Token::OpenParen, 1),
            (')', _) => (Token::CloseParen, 1),
            ('[', _) => (Token::OpenBracket, 1),
            (']', _) => (Token::CloseBracket, 1),
            ('{', _) => (Token::OpenBrace, 1),
            ('}', _) => (Token::CloseBrace, 1),
            (',', _) => (Token::Comma, 1),
            ('.', _) => (Token::Dot, 1),
            (other, _) => return self.unexpected(start, other),
        };
        for _ in 0..length {
            self.bump();
        }
        self.push(token, start);
    }

    /// Reports a character that has no meaning; a run of the same one is one finding.
    fn unexpected(&mut self, start: usize, character: char) {
        self.bump_while(|c| c == character);
        let shown: String = character.escape_debug().collect();
        let error = ExprError::new(
            "unexpected_character",
            self.span_from(start),
            format!("这里不能用字符 {shown}"),
            format!("the character {shown} means nothing here"),
        );
        self.errors.push(match instead_of(character) {
            Some(instead) => error.hint(format!("请改用 {instead}"), format!("write {instead} instead")),
            None => error.hint("请删除该字符", "remove it"),
        });
    }
}

fn starts_name(c: char) -> bool {
    c == '_' || c.is_alphabetic() && !is_combining_mark(c)
}

fn continues_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric() || is_combining_mark(c)
}

fn keyword(name: String) -> Token {
    match name.as_str() {
        "true" => Token::True,
        "false" => Token::False,
        "null" => Token::Null,
        "if" => Token::If,
        "else" => Token::Else,
        "in" => Token::Operator(Operator::In),
        _ => Token::Name(name),
    }
}

/// What people mean by characters that the language does not have: other languages' operators, full-width forms.
fn instead_of(character: char) -> Option<&'static str> {
    Some(match character {
        '=' | '＝' => "==",
        '&' | '＆' => "&&",
        '｜' => "||",
        '?' => "if … { … } else { … }",
        '\'' | '`' | '“' | '”' | '‘' | '’' | '「' | '」' | '《' | '》' => "\"",
        '（' => "(",
        '）' => ")",
        '，' | '、' | ';' | '；' => ",",
        '。' | '．' => ".",
        '＞' => ">",
        '＜' => "<",
        '！' => "!",
        '＋' => "+",
        '－' | '—' | '–' | '−' => "-",
        '＊' | '×' => "*",
        '／' | '÷' => "/",
        '【' | '［' => "[",
        '】' | '］' => "]",
        '≠' => "!=",
        '≥' => ">=",
        '≤' => "<=",
        _ => return None,
    })
}
