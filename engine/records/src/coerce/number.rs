//! Numbers, read exactly from their text: no value is ever rounded on the way in.
use kontor_definitions::Value;
use rust_decimal::Decimal;

use super::Place;
use crate::{
    finding::{FieldError, Text, quoted},
    input::Input,
};

/// Digits of an amount of money in all.
pub(super) const MONEY_PRECISION: u8 = 18;
/// Digits that are read at most; longer ones are out of every field's range.
const MOST_DIGITS: usize = 28;

/// A whole number that fits 64 bits; a rating from 0 to its stars.
pub(super) fn integer(place: Place<'_>, input: &Input, rating: Option<u8>) -> Result<Value, FieldError> {
    let Input::Number(text) = input else {
        return Err(place.wrong_type(input, Text { zh: "整数", en: "a whole number" }));
    };
    let number = read(place, text)?;
    if !number.fract().is_zero() {
        return Err(place.refused(
            "not_whole",
            Text { zh: &format!("{} 不是整数", quoted(text)), en: &format!("{} is not a whole number", quoted(text)) },
        ));
    }
    let (least, most) = rating.map_or((i64::MIN, i64::MAX), |stars| (0, i64::from(stars)));
    if number < Decimal::from(least) || number > Decimal::from(most) {
        return Err(out_of_range(place, &least.to_string(), &most.to_string()));
    }
    Ok(Value::Number(number.trunc().normalize()))
}

/// A decimal of at most `precision` digits, `scale` of them behind the point.
pub(super) fn decimal(place: Place<'_>, input: &Input, precision: u8, scale: u8) -> Result<Value, FieldError> {
    let text = match input {
        Input::Number(text) | Input::Text(text) => text,
        Input::Null | Input::Bool(_) | Input::List(_) | Input::Object(_) => {
            return Err(
                place.wrong_type(input, Text { zh: "数字（文本形式，如 \"12.50\"）", en: "a number (as a text, \"12.50\")" })
            );
        }
    };
    place.not_empty(text)?;
    let number = read(place, text)?;
    if number.scale() > u32::from(scale) {
        return Err(place.refused(
            "too_many_decimals",
            Text { zh: &format!("最多 {scale} 位小数"), en: &format!("at most {scale} digits behind the point") },
        ));
    }
    let most = limit(precision, scale);
    if number.abs() >= most {
        let shown = (most - Decimal::new(1, u32::from(scale))).to_string();
        return Err(out_of_range(place, &format!("-{shown}"), &shown));
    }
    let mut number = number;
    number.rescale(u32::from(scale));
    Ok(Value::Number(number))
}

/// The smallest number too large for so many digits.
pub(crate) fn limit(precision: u8, scale: u8) -> Decimal {
    let digits = u32::from(precision.saturating_sub(scale)).min(28);
    Decimal::from_i128_with_scale(10_i128.pow(digits), 0)
}

/// A number without needless zeros behind the point.
pub(crate) fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

fn out_of_range(place: Place<'_>, least: &str, most: &str) -> FieldError {
    place.refused(
        "out_of_range",
        Text {
            zh: &format!("超出范围，应在 {least} 与 {most} 之间"), en: &format!("out of range: from {least} to {most}")
        },
    )
}

/// A number as JSON writes it, exactly: `-12.50`, `1e3`. Trailing zeros behind the point do not count.
fn read(place: Place<'_>, text: &str) -> Result<Decimal, FieldError> {
    let Some(parts) = parts(text) else {
        return Err(place
            .refused(
                "not_a_number",
                Text { zh: &format!("“{}”不是数字", quoted(text)), en: &format!("\"{}\" is not a number", quoted(text)) },
            )
            .suggest(Text {
                zh: "只写数字和小数点，例如 1234.50，不要千分位和货币符号",
                en: "write digits and a point, 1234.50, without thousands separators or currency signs",
            }));
    };
    parts.decimal().ok_or_else(|| {
        place.refused(
            "out_of_range",
            Text {
                zh: &format!("数字 {} 位数太多", quoted(text)),
                en: &format!("the number {} has too many digits", quoted(text)),
            },
        )
    })
}

/// Digits without the point, and how many of them stand behind it.
struct Parts {
    negative: bool,
    digits: String,
    behind: i64,
}

impl Parts {
    fn decimal(mut self) -> Option<Decimal> {
        while self.digits.ends_with('0') {
            self.digits.pop();
            self.behind -= 1;
        }
        if self.digits.is_empty() {
            return Some(Decimal::ZERO);
        }
        let zeros = usize::try_from(-self.behind).unwrap_or(0);
        if self.digits.len().checked_add(zeros)? > MOST_DIGITS || self.behind > 28 {
            return None;
        }
        self.digits.extend(std::iter::repeat_n('0', zeros));
        let scale = u32::try_from(self.behind.max(0)).ok()?;
        let number = Decimal::from_i128_with_scale(self.digits.parse().ok()?, scale);
        Some(if self.negative { -number } else { number })
    }
}

fn parts(text: &str) -> Option<Parts> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let point_without_digits = mantissa.contains('.') && fraction.is_empty();
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || point_without_digits {
        return None;
    }
    let digits = format!("{whole}{fraction}").trim_start_matches('0').to_owned();
    let behind = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    Some(Parts { negative, digits, behind })
}

/// Exponents are cut where no field's range reaches.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.trim_start_matches('0').get(..5).map_or_else(|| digits.parse().unwrap_or(99_999), |_long| 99_999);
    Some(if text.starts_with('-') { -size } else { size })
}
