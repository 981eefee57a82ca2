//! Texts: normalised, without characters no database keeps, in the format the field asks for.
use kontor_definitions::{Value, catalog::TextFormat};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::Place;
use crate::finding::{FieldError, Text, quoted};

/// Characters in a text of several lines.
const LONGEST: usize = 1_000_000;

/// One line of text. An empty one is no value.
pub(super) fn line(place: Place<'_>, text: &str, format: TextFormat, max_length: u32) -> Result<Value, FieldError> {
    let text = normal(place, text)?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if text.chars().any(char::is_control) {
        return Err(place.refused(
            "control_character",
            Text {
                zh: "单行文本不能换行，也不能含控制字符", en: "one line of text holds no line break or control character"
            },
        ));
    }
    within(place, &text, usize::try_from(max_length).unwrap_or(usize::MAX))?;
    formatted(place, &text, format)?;
    Ok(Value::Text(text))
}

/// Several lines of text. An empty one is no value.
pub(super) fn long(place: Place<'_>, text: &str) -> Result<Value, FieldError> {
    let text = normal(place, text)?;
    within(place, &text, LONGEST)?;
    Ok(if text.is_empty() { Value::Null } else { Value::Text(text) })
}

pub(super) fn normal(place: Place<'_>, text: &str) -> Result<String, FieldError> {
    if text.contains('\0') {
        return Err(place.refused("control_character", Text { zh: "文本不能含 NUL 字符", en: "a text holds no NUL character" }));
    }
    Ok(if is_nfc(text) { text.to_owned() } else { text.nfc().collect() })
}

fn within(place: Place<'_>, text: &str, most: usize) -> Result<(), FieldError> {
    // Bytes are never fewer than characters: counting is for texts near the limit.
    if text.len() <= most {
        return Ok(());
    }
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    Err(place.refused(
        "too_long",
        Text {
            zh: &format!("最多 {most} 个字符，现有 {length} 个"),
            en: &format!("at most {most} characters, these are {length}"),
        },
    ))
}

fn formatted(place: Place<'_>, text: &str, format: TextFormat) -> Result<(), FieldError> {
    let shown = quoted(text);
    let (good, message, way) = match format {
        TextFormat::Plain => return Ok(()),
        TextFormat::Email => (
            is_email(text),
            Text { zh: &format!("“{shown}”不是电子邮箱地址"), en: &format!("\"{shown}\" is no e-mail address") },
            Text { zh: "例如 name@example.com", en: "for example name@example.com" },
        ),
        TextFormat::Phone => (
            is_phone(text),
            Text { zh: &format!("“{shown}”不是电话号码"), en: &format!("\"{shown}\" is no telephone number") },
            Text { zh: "只用数字、空格和 + - ( ) / . #", en: "use digits, spaces and + - ( ) / . #" },
        ),
        TextFormat::Url => (
            is_url(text),
            Text { zh: &format!("“{shown}”不是网址"), en: &format!("\"{shown}\" is no web address") },
            Text { zh: "以 https:// 或 http:// 开头", en: "begin with https:// or http://" },
        ),
        TextFormat::Barcode => (
            text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '),
            Text {
                zh: "条码只能含英文字母、数字和符号", en: "a barcode holds Latin letters, digits and signs only"
            },
            Text { zh: "请核对条码", en: "check the barcode" },
        ),
        TextFormat::Color => (
            is_color(text),
            Text { zh: &format!("“{shown}”不是颜色"), en: &format!("\"{shown}\" is no colour") },
            Text { zh: "例如 #1f6feb", en: "for example #1f6feb" },
        ),
    };
    if good { Ok(()) } else { Err(place.refused("wrong_format", message).suggest(way)) }
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || "@<>()[],;:\"\\".contains(c));
    plain(name)
        && plain(host)
        && name.len() <= 64
        && text.len() <= 254
        && host.contains('.')
        && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
}

fn is_phone(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 3 && text.chars().all(|c| c.is_ascii_digit() || " +-()/.#".contains(c))
}

fn is_url(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let rest = if lower.starts_with("https://") {
        text.get(8..)
    } else if lower.starts_with("http://") {
        text.get(7..)
    } else {
        None
    };
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with(['/', '?', '#', ':'])
            && !text.chars().any(|c| c.is_whitespace() || "<>\"".contains(c))
    })
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
