//! The functions of the expression language: names, arguments, results. Their meaning is in [`text`] and [`date`] and in `decimal`.
pub mod date;
pub mod text;

use super::{Type, decimal::MAX_SCALE};
use crate::model::field::RoundMode;

/// A function. `resolve` has already checked number and type of its arguments and put them into the order given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `len(text)`: number of characters (code points).
    Length,
    /// `upper(text)`: see [`text::upper`].
    Upper,
    /// `lower(text)`: see [`text::lower`].
    Lower,
    /// `trim(text)`: see [`text::trim`].
    Trim,
    /// `contains(text, part)`: never null, false with a null argument.
    Contains,
    /// `starts_with(text, part)`: never null, false with a null argument.
    StartsWith,
    /// `ends_with(text, part)`: never null, false with a null argument.
    EndsWith,
    /// `concat(a, b, …)`: joins texts, null counts as empty; never null.
    Concat,
    /// `substring(text, start, length)`: see [`text::substring`]; the length may be missing.
    Substring,
    /// `replace(text, from, to)`: see [`text::replace`].
    Replace,
    /// `text(number or date)`: number without trailing zeros, date as 2026-01-31.
    ToText,
    /// `round(number, digits, mode)`: always three arguments, the last two literals (whole number; name of a `RoundMode`).
    Round,
    /// `abs(number)`
    Abs,
    /// `floor(number)`: to the next whole number below.
    Floor,
    /// `ceil(number)`: to the next whole number above.
    Ceil,
    /// `min(a, b, …)` of numbers, dates or moments; null if one is null.
    Min,
    /// `max(a, b, …)` of numbers, dates or moments; null if one is null.
    Max,
    /// `year(date)`
    Year,
    /// `month(date)`
    Month,
    /// `day(date)`
    Day,
    /// `weekday(date)`: Monday is 1, Sunday 7.
    Weekday,
    /// `add_days(date, days)`: see [`date::add_days`].
    AddDays,
    /// `add_months(date, months)`: see [`date::add_months`].
    AddMonths,
    /// `days_between(from, to)`: days from the first to the second, negative if the second is earlier.
    DaysBetween,
    /// `start_of("month", date)`: the unit is a literal, see [`date::Unit`].
    StartOf,
    /// `end_of("month", date)`: the last day of the unit.
    EndOf,
    /// `is_null(x)`: never null.
    IsNull,
    /// `fold(text)`: see [`crate::aspect::folded`]. A statement reads the stored column instead, see [`super::folds`].
    Fold,
    /// `convert(amount, from, to, date)`: see [`super::rates`]; only in stored formulas.
    Convert,
    /// `convert_unit(quantity, from, to)`: see [`super::units`]; only in stored formulas.
    ConvertUnit,
}

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Text.
    Text,
    /// Any number.
    Number,
    /// A number of scale 0.
    Whole,
    /// A day.
    Date,
    /// A number or a day.
    NumberOrDate,
    /// Numbers, days or moments, all arguments alike.
    Ordered,
    /// A literal whole number from 0 to 12.
    Digits,
    /// A literal name of a `RoundMode`.
    Mode,
    /// A literal name of a [`date::Unit`].
    Unit,
    /// A currency: a text, and if written out three capital letters.
    Currency,
    /// A unit of measurement: a text, and if written out one that can be a code.
    Measure,
    /// Anything but lines.
    Any,
}

/// Which arguments a function takes.
pub(super) struct Signature {
    /// What each argument must be; the last one holds for all that follow if `open`.
    pub(super) parameters: &'static [Parameter],
    /// How many must be there.
    pub(super) required: usize,
    /// More than the listed ones may follow.
    pub(super) open: bool,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 30] = [
        Self::Length,
        Self::Upper,
        Self::Lower,
        Self::Trim,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Concat,
        Self::Substring,
        Self::Replace,
        Self::ToText,
        Self::Round,
        Self::Abs,
        Self::Floor,
        Self::Ceil,
        Self::Min,
        Self::Max,
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Weekday,
        Self::AddDays,
        Self::AddMonths,
        Self::DaysBetween,
        Self::StartOf,
        Self::EndOf,
        Self::IsNull,
        Self::Fold,
        Self::Convert,
        Self::ConvertUnit,
    ];

    /// Its name in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Length => "len",
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Trim => "trim",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Concat => "concat",
            Self::Substring => "substring",
            Self::Replace => "replace",
            Self::ToText => "text",
            Self::Round => "round",
            Self::Abs => "abs",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Min => "min",
            Self::Max => "max",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Weekday => "weekday",
            Self::AddDays => "add_days",
            Self::AddMonths => "add_months",
            Self::DaysBetween => "days_between",
            Self::StartOf => "start_of",
            Self::EndOf => "end_of",
            Self::IsNull => "is_null",
            Self::Fold => "fold",
            Self::Convert => "convert",
            Self::ConvertUnit => "convert_unit",
        }
    }

    /// The function of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// Whether it yields true or false for every argument, null included.
    pub fn is_predicate(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith | Self::IsNull)
    }

    pub(super) fn signature(self) -> Signature {
        use Parameter::{Any, Currency, Date, Digits, Measure, Mode, Number, NumberOrDate, Ordered, Text, Unit, Whole};
        let (parameters, required, open): (&'static [Parameter], usize, bool) = match self {
            Self::Length | Self::Upper | Self::Lower | Self::Trim | Self::Fold => (&[Text], 1, false),
            Self::Contains | Self::StartsWith | Self::EndsWith => (&[Text, Text], 2, false),
            Self::Concat => (&[Text], 1, true),
            Self::Substring => (&[Text, Whole, Whole], 2, false),
            Self::Replace => (&[Text, Text, Text], 3, false),
            Self::ToText => (&[NumberOrDate], 1, false),
            Self::Round => (&[Number, Digits, Mode], 1, false),
            Self::Abs | Self::Floor | Self::Ceil => (&[Number], 1, false),
            Self::Min | Self::Max => (&[Ordered, Ordered], 2, true),
            Self::Year | Self::Month | Self::Day | Self::Weekday => (&[Date], 1, false),
            Self::AddDays | Self::AddMonths => (&[Date, Whole], 2, false),
            Self::DaysBetween => (&[Date, Date], 2, false),
            Self::StartOf | Self::EndOf => (&[Unit, Date], 2, false),
            Self::IsNull => (&[Any], 1, false),
            Self::Convert => (&[Number, Currency, Currency, Date], 4, false),
            Self::ConvertUnit => (&[Number, Measure, Measure], 3, false),
        };
        Signature { parameters, required, open }
    }

    /// The result's type, given the types of checked arguments and, for `round`, the digits.
    pub(super) fn result(self, arguments: &[Type], digits: u8) -> Type {
        let whole = Type::Number { scale: 0 };
        match self {
            Self::Length
            | Self::Floor
            | Self::Ceil
            | Self::Year
            | Self::Month
            | Self::Day
            | Self::Weekday
            | Self::DaysBetween => whole,
            Self::Upper
            | Self::Lower
            | Self::Trim
            | Self::Fold
            | Self::Concat
            | Self::Substring
            | Self::Replace
            | Self::ToText => Type::Text,
            Self::Contains | Self::StartsWith | Self::EndsWith | Self::IsNull => Type::Boolean,
            Self::Round => Type::Number { scale: digits },
            Self::Convert | Self::ConvertUnit => Type::Number { scale: MAX_SCALE },
            Self::Abs | Self::Min | Self::Max => arguments.first().cloned().unwrap_or(whole),
            Self::AddDays | Self::AddMonths | Self::StartOf | Self::EndOf => Type::Date,
        }
    }
}

/// The rounding mode of that name.
pub fn round_mode(name: &str) -> Option<RoundMode> {
    Some(match name {
        "half_even" => RoundMode::HalfEven,
        "half_up" => RoundMode::HalfUp,
        "down" => RoundMode::Down,
        "up" => RoundMode::Up,
        _ => return None,
    })
}
