//! What the date functions mean. The calendar is Gregorian, from 0001-01-01 to 9999-12-31; leaving it is an overflow.
use rust_decimal::{Decimal, prelude::ToPrimitive};
use time::{Date, Duration, Month};

use crate::expr::decimal::ArithmeticError;

/// A stretch of the calendar that days are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `"year"`
    Year,
    /// `"quarter"`: from January, April, July, October.
    Quarter,
    /// `"month"`
    Month,
    /// `"week"`: Monday to Sunday.
    Week,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 4] = [Self::Year, Self::Quarter, Self::Month, Self::Week];

    /// Its name in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
        }
    }

    /// The unit of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }
}

fn in_calendar(date: Option<Date>) -> Result<Date, ArithmeticError> {
    date.filter(|date| (1..=9999).contains(&date.year())).ok_or(ArithmeticError::Overflow)
}

/// The day so many days later (earlier if negative).
pub fn add_days(date: Date, days: Decimal) -> Result<Date, ArithmeticError> {
    let days = days.to_i64().filter(|days| days.abs() < 10_000_000).ok_or(ArithmeticError::Overflow)?;
    in_calendar(date.checked_add(Duration::days(days)))
}

/// The same day so many months later (earlier if negative); the last day of the month where it has no such day.
pub fn add_months(date: Date, months: Decimal) -> Result<Date, ArithmeticError> {
    let months = months.to_i32().filter(|months| months.abs() < 1_000_000).ok_or(ArithmeticError::Overflow)?;
    let count = date.year() * 12 + i32::from(u8::from(date.month())) - 1 + months;
    let month = u8::try_from(count.rem_euclid(12) + 1).ok().and_then(|month| Month::try_from(month).ok());
    let (year, month) = (count.div_euclid(12), month.unwrap_or(Month::January));
    in_calendar(Date::from_calendar_date(year, month, date.day().min(month.length(year))).ok())
}

/// Days from one day to another, negative if the second is earlier.
pub fn days_between(from: Date, to: Date) -> Decimal {
    Decimal::from((to - from).whole_days())
}

/// Monday is 1, Sunday 7.
pub fn weekday(date: Date) -> u8 {
    date.weekday().number_from_monday()
}

/// The first day of the unit that holds the day.
pub fn start_of(unit: Unit, date: Date) -> Result<Date, ArithmeticError> {
    let month = match unit {
        Unit::Year => Month::January,
        Unit::Quarter => match date.month() {
            Month::January | Month::February | Month::March => Month::January,
            Month::April | Month::May | Month::June => Month::April,
            Month::July | Month::August | Month::September => Month::July,
            Month::October | Month::November | Month::December => Month::October,
        },
        Unit::Month => date.month(),
        Unit::Week => return add_days(date, Decimal::ONE - Decimal::from(weekday(date))),
    };
    in_calendar(Date::from_calendar_date(date.year(), month, 1).ok())
}

/// The last day of the unit that holds the day.
pub fn end_of(unit: Unit, date: Date) -> Result<Date, ArithmeticError> {
    let months = match unit {
        Unit::Year => 11,
        Unit::Quarter => 2,
        Unit::Month => 0,
        Unit::Week => return add_days(start_of(unit, date)?, Decimal::from(6)),
    };
    let last = add_months(start_of(unit, date)?, Decimal::from(months))?;
    in_calendar(last.replace_day(last.month().length(last.year())).ok())
}
