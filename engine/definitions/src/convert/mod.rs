//! What becomes of a stored value when its field gets another type: the table of allowed changes and the one conversion.
//!
//! | from | to |
//! |---|---|
//! | text, long text, code, automatic number, choice, state | text, long text, automatic number: as it is |
//! | the same | choice, choices, state, whole number, decimal, boolean, date, time |
//! | whole number, duration | decimal, text, choice, boolean (0 and 1) |
//! | decimal, money | another scale, whole number, text, choice, boolean (0 and 1) |
//! | boolean | text, choice, whole number, decimal (0 and 1) |
//! | date, time | text |
//! | date | date and time: its first moment in the business zone |
//! | date and time | date in the business zone |
//! | choices | choice, text |
//!
//! Everything else is refused. A value that keeps less than it said (digits, further options, the time of day) is converted and
//! counted as a loss; one that means nothing in the new type becomes empty and is counted too.
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, Time, format_description::BorrowedFormatItem, macros::format_description};

use crate::{catalog::FieldType, model::field::OptionDoc, value::Value};

const DATE: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");
const TIME: &[BorrowedFormatItem<'static>] = format_description!("[hour]:[minute]:[second]");

/// What a change of type means for the values that are there.
#[derive(Clone, Debug, PartialEq)]
pub enum Retype {
    /// They are values of the new type as they are.
    Keep,
    /// Each is converted; `from` is what they were.
    Convert {
        /// What they were.
        from: Shape,
        /// What they become.
        to: Shape,
    },
    /// There is no conversion.
    Refused,
}

/// As much of a type as a conversion must know: data, so that it can stand in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Shape {
    /// Text, at most so many characters.
    Text {
        /// The limit, where there is one.
        longest: Option<u32>,
    },
    /// One of the options.
    Choice {
        /// They.
        options: Vec<Named>,
        /// What a text becomes that is none of them: the first state of a state machine.
        otherwise: Option<String>,
    },
    /// Several of the options.
    Choices {
        /// They.
        options: Vec<Named>,
    },
    /// A whole number.
    Integer,
    /// A decimal.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A date and time.
    Moment {
        /// The zone in which its day is told; empty until the plan is settled.
        zone: String,
    },
}

/// What a conversion between days and moments must know.
pub trait Zones {
    /// The day on which a moment falls in a zone.
    fn day(&self, zone: &str, at: OffsetDateTime) -> Option<Date>;
    /// The first moment of a day in a zone.
    fn first_moment(&self, zone: &str, day: Date) -> Option<OffsetDateTime>;
}

/// An option: the stored name with the titles people may have written instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The stored value.
    pub name: String,
    /// Its titles, in every language.
    pub titles: Vec<String>,
}

/// A converted value.
#[derive(Clone, Debug, PartialEq)]
pub struct Converted {
    /// It; null where nothing of it can be kept.
    pub value: Value,
    /// It says all that the value before said.
    pub exact: bool,
}

impl Converted {
    const LOST: Self = Self { value: Value::Null, exact: false };

    fn exact(value: Value) -> Self {
        Self { value, exact: true }
    }
}

/// What changing a field's type does to its values.
pub fn retype(from: &FieldType, to: &FieldType) -> Retype {
    let (from, to) = (from.result(), to.result());
    if from.column() == to.column() && keeps(from, to) {
        return Retype::Keep;
    }
    match (Shape::read(from), Shape::written(to)) {
        (Some(from), Some(to)) if allowed(&from, &to) => Retype::Convert { from, to },
        _ => Retype::Refused,
    }
}

/// What values are read and written as, where both can be.
pub fn shapes(from: &FieldType, to: &FieldType) -> Option<(Shape, Shape)> {
    Shape::read(from.result()).zip(Shape::written(to.result()))
}

/// Whether going from the second type to the first loses what is none of its options: then the way back may find it.
pub fn narrower(from: &FieldType, to: &FieldType) -> bool {
    matches!(from.result(), FieldType::Choice { .. } | FieldType::State(_))
        && std::mem::discriminant(from.result()) != std::mem::discriminant(to.result())
}

/// Whether values of one type are values of the other as they are; both are stored in the same way.
fn keeps(from: &FieldType, to: &FieldType) -> bool {
    match to {
        FieldType::Text { .. } | FieldType::LongText { .. } | FieldType::AutoNumber { .. } => true,
        FieldType::Integer { .. } | FieldType::Duration => true,
        FieldType::Decimal { .. } | FieldType::Money { .. } => true,
        FieldType::Reference { .. } => from.reference() == to.reference(),
        FieldType::Boolean
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Time
        | FieldType::Choice { .. }
        | FieldType::Choices { .. }
        | FieldType::State(_)
        | FieldType::Code(_)
        | FieldType::Json(_)
        | FieldType::Files { .. }
        | FieldType::Lines { .. }
        | FieldType::Formula { .. }
        | FieldType::Rollup { .. }
        | FieldType::Lookup { .. } => std::mem::discriminant(from) == std::mem::discriminant(to),
    }
}

fn allowed(from: &Shape, to: &Shape) -> bool {
    use Shape::{Boolean, Choice, Choices, Date, Decimal, Integer, Moment, Text, Time};
    match from {
        Text { .. } | Choice { .. } => !matches!(to, Moment { .. }),
        Choices { .. } => matches!(to, Text { .. } | Choice { .. } | Choices { .. }),
        Integer => matches!(to, Text { .. } | Choice { .. } | Integer | Decimal { .. } | Boolean),
        Decimal { .. } => matches!(to, Text { .. } | Choice { .. } | Integer | Decimal { .. } | Boolean),
        Boolean => matches!(to, Text { .. } | Choice { .. } | Integer | Decimal { .. } | Boolean),
        Date => matches!(to, Text { .. } | Date | Moment { .. }),
        Moment { .. } => matches!(to, Date | Moment { .. }),
        Time => matches!(to, Text { .. } | Time),
    }
}

impl Shape {
    /// What values of a type are to be read as.
    fn read(ty: &FieldType) -> Option<Self> {
        match ty {
            FieldType::Code(_) => Some(Self::Text { longest: None }),
            other => Self::written(other),
        }
    }

    /// What values of a type are to be written as; codes are checked against lists and not made from other values.
    fn written(ty: &FieldType) -> Option<Self> {
        Some(match ty {
            FieldType::Text { max_length, .. } => Self::Text { longest: Some(*max_length) },
            FieldType::LongText { .. } | FieldType::AutoNumber { .. } => Self::Text { longest: None },
            FieldType::Choice { options } => Self::Choice { options: named(options), otherwise: None },
            FieldType::State(machine) => {
                Self::Choice { options: named(&machine.states), otherwise: Some(machine.initial.clone()) }
            }
            FieldType::Choices { options } => Self::Choices { options: named(options) },
            FieldType::Integer { .. } | FieldType::Duration => Self::Integer,
            FieldType::Decimal { precision, scale, .. } => Self::Decimal { precision: *precision, scale: *scale },
            FieldType::Money { scale, .. } => Self::Decimal { precision: 18, scale: *scale },
            FieldType::Boolean => Self::Boolean,
            FieldType::Date => Self::Date,
            FieldType::Time => Self::Time,
            FieldType::DateTime => Self::Moment { zone: String::new() },
            FieldType::Code(_)
            | FieldType::Reference { .. }
            | FieldType::Json(_)
            | FieldType::Files { .. }
            | FieldType::Lines { .. }
            | FieldType::Formula { .. }
            | FieldType::Rollup { .. }
            | FieldType::Lookup { .. } => return None,
        })
    }

    /// The value, read as another shape, in this one.
    pub fn convert(&self, value: &Value, from: &Self, zones: &dyn Zones) -> Converted {
        match (self, value) {
            (_, Value::Null) => Converted::exact(Value::Null),
            (Self::Text { longest }, value) => as_text(value).map_or(Converted::LOST, |text| cut(text, *longest)),
            (Self::Choices { options }, value) => as_choices(options, value),
            (shape, Value::List(items)) => shape.first(items, from, zones),
            (Self::Choice { options, otherwise }, value) => as_choice(options, otherwise.as_ref(), value),
            (Self::Integer, value) => as_number(value).map_or(Converted::LOST, |number| rounded(number, 18, 0)),
            (Self::Decimal { precision, scale }, value) => {
                as_number(value).map_or(Converted::LOST, |number| rounded(number, *precision, *scale))
            }
            (Self::Boolean, value) => as_boolean(value).map_or(Converted::LOST, |flag| Converted::exact(Value::Bool(flag))),
            (Self::Date, Value::Date(date)) => Converted::exact(Value::Date(*date)),
            (Self::Date, Value::Text(text)) => parsed(Date::parse(text.trim(), DATE).map(Value::Date)),
            (Self::Date, Value::Instant(at)) => from.day_of(*at, zones),
            (Self::Moment { zone }, Value::Date(day)) => {
                let first = zones.first_moment(zone, *day);
                first.map_or(Converted::LOST, |at| Converted::exact(Value::Instant(at)))
            }
            (Self::Moment { .. }, Value::Instant(at)) => Converted::exact(Value::Instant(*at)),
            (Self::Time, Value::Time(time)) => Converted::exact(Value::Time(*time)),
            (Self::Time, Value::Text(text)) => parsed(parse_time(text.trim()).map(Value::Time)),
            (
                Self::Date | Self::Time | Self::Moment { .. },
                Value::Bool(_)
                | Value::Number(_)
                | Value::Text(_)
                | Value::Date(_)
                | Value::Time(_)
                | Value::Instant(_)
                | Value::Id(_)
                | Value::Json(_),
            ) => Converted::LOST,
        }
    }

    /// The day of a moment of this shape; its time of day is lost unless it is the day's first moment.
    fn day_of(&self, at: OffsetDateTime, zones: &dyn Zones) -> Converted {
        let Self::Moment { zone } = self else { return Converted::LOST };
        let Some(day) = zones.day(zone, at) else { return Converted::LOST };
        Converted { value: Value::Date(day), exact: zones.first_moment(zone, day) == Some(at) }
    }

    /// Of several values the first is kept.
    fn first(&self, items: &[Value], from: &Self, zones: &dyn Zones) -> Converted {
        match items {
            [] => Converted::exact(Value::Null),
            [one] => self.convert(one, from, zones),
            [first, ..] => Converted { exact: false, ..self.convert(first, from, zones) },
        }
    }
}

fn named(options: &[OptionDoc]) -> Vec<Named> {
    let titles = |option: &OptionDoc| option.title.0.values().cloned().collect();
    options.iter().map(|option| Named { name: option.name.clone(), titles: titles(option) }).collect()
}

fn parsed(value: Result<Value, time::error::Parse>) -> Converted {
    value.map_or(Converted::LOST, Converted::exact)
}

fn parse_time(text: &str) -> Result<Time, time::error::Parse> {
    const SHORT: &[BorrowedFormatItem<'static>] = format_description!("[hour]:[minute]");
    Time::parse(text, TIME).or_else(|_no_seconds| Time::parse(text, SHORT))
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Date(date) => date.format(DATE).ok(),
        Value::Time(time) => time.format(TIME).ok(),
        Value::List(items) => items.iter().map(as_text).collect::<Option<Vec<_>>>().map(|texts| texts.join(", ")),
        Value::Null | Value::Instant(_) | Value::Id(_) | Value::Json(_) => None,
    }
}

fn cut(text: String, longest: Option<u32>) -> Converted {
    let longest = longest.map_or(usize::MAX, |longest| usize::try_from(longest).unwrap_or(usize::MAX));
    if text.chars().count() <= longest {
        return Converted::exact(Value::Text(text));
    }
    Converted { value: Value::Text(text.chars().take(longest).collect()), exact: false }
}

/// The option that a text names: by its stored value, then by a title; blanks around and case do not matter.
fn option<'a>(options: &'a [Named], text: &str) -> Option<&'a str> {
    let wanted = text.trim().to_lowercase();
    let by_name = options.iter().find(|option| option.name.to_lowercase() == wanted);
    let titled = |option: &&Named| option.titles.iter().any(|title| title.trim().to_lowercase() == wanted);
    by_name.or_else(|| options.iter().find(titled)).map(|option| option.name.as_str())
}

fn as_choice(options: &[Named], otherwise: Option<&String>, value: &Value) -> Converted {
    let words: Vec<String> = match value {
        Value::Bool(true) => ["true", "yes", "是"].map(str::to_owned).into(),
        Value::Bool(false) => ["false", "no", "否"].map(str::to_owned).into(),
        Value::Number(number) => vec![number.to_string(), number.normalize().to_string()],
        other => as_text(other).into_iter().collect(),
    };
    if words.iter().all(|word| word.trim().is_empty()) {
        return Converted::exact(Value::Null);
    }
    match words.iter().find_map(|word| option(options, word)) {
        Some(name) => Converted::exact(Value::Text(name.to_owned())),
        None => Converted { value: otherwise.cloned().map_or(Value::Null, Value::Text), exact: false },
    }
}

/// Every part that names an option; parts are separated by commas, semicolons and enumeration commas.
fn as_choices(options: &[Named], value: &Value) -> Converted {
    let parts: Vec<String> = match value {
        Value::List(items) => items.iter().filter_map(as_text).collect(),
        Value::Text(text) if option(options, text).is_some() => vec![text.clone()],
        Value::Text(text) => text.split([',', ';', '，', '；', '、']).map(str::to_owned).collect(),
        other => as_text(other).into_iter().collect(),
    };
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
    let mut names: Vec<&str> = Vec::new();
    let mut exact = true;
    for part in &parts {
        match option(options, part) {
            Some(name) if names.contains(&name) => {}
            Some(name) => names.push(name),
            None => exact = false,
        }
    }
    if names.is_empty() {
        return Converted { value: Value::Null, exact };
    }
    Converted { value: Value::List(names.into_iter().map(|name| Value::Text(name.to_owned())).collect()), exact }
}

/// A number as people write it: digits grouped by commas or not, a point before the decimals.
fn as_number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Bool(flag) => Some(Decimal::from(u8::from(*flag))),
        Value::Text(text) => plain_number(text.trim()),
        Value::Null | Value::Date(_) | Value::Time(_) | Value::Instant(_) | Value::Id(_) | Value::List(_) | Value::Json(_) => {
            None
        }
    }
}

fn plain_number(text: &str) -> Option<Decimal> {
    let whole = text.split('.').next().unwrap_or_default();
    let mut groups = whole.trim_start_matches(['-', '+']).split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = whole.contains(',');
    // `1,5` may be a German one and a half; only thousands are read.
    if grouped && (first.is_empty() || first.len() > 3 || groups.any(|group| group.len() != 3)) {
        return None;
    }
    let plain = text.replace(',', "");
    let digits = plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    if digits { Decimal::from_str_exact(&plain).ok() } else { None }
}

fn rounded(number: Decimal, precision: u8, scale: u8) -> Converted {
    let kept = number.round_dp_with_strategy(u32::from(scale), RoundingStrategy::MidpointNearestEven);
    let room = u32::from(precision.saturating_sub(scale));
    let limit = 10_i64.checked_pow(room).map_or(Decimal::MAX, Decimal::from);
    if kept.abs() >= limit {
        return Converted::LOST;
    }
    Converted { exact: kept == number, value: Value::Number(kept) }
}

fn as_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.to_i64().filter(|_| number.fract().is_zero()) {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::Text(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" | "是" => Some(true),
            "false" | "no" | "n" | "0" | "否" => Some(false),
            _ => None,
        },
        Value::Null | Value::Date(_) | Value::Time(_) | Value::Instant(_) | Value::Id(_) | Value::List(_) | Value::Json(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests;
