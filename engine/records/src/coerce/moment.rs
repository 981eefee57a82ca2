//! Days, moments and times of day, in the one form the API knows.
use kontor_definitions::Value;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset, format_description::well_known::Rfc3339};

use super::Place;
use crate::finding::{FieldError, Text, quoted};

/// `2026-01-31`, from 0001-01-01 to 9999-12-31.
pub(super) fn date(place: Place<'_>, text: &str) -> Result<Value, FieldError> {
    place.not_empty(text)?;
    read_date(text).map(Value::Date).ok_or_else(|| {
        place
            .refused(
                "not_a_date",
                Text { zh: &format!("“{}”不是日期", quoted(text)), en: &format!("\"{}\" is not a date", quoted(text)) },
            )
            .suggest(Text { zh: "写成 2026-01-31，年份 0001 至 9999", en: "write 2026-01-31, years 0001 to 9999" })
    })
}

/// RFC 3339 with an offset; kept in UTC to the microsecond.
pub(super) fn instant(place: Place<'_>, text: &str) -> Result<Value, FieldError> {
    place.not_empty(text)?;
    read_instant(text).map(Value::Instant).ok_or_else(|| {
        place
            .refused(
                "not_a_moment",
                Text {
                    zh: &format!("“{}”不是日期时间", quoted(text)),
                    en: &format!("\"{}\" is not a date with time", quoted(text)),
                },
            )
            .suggest(Text {
                zh: "写成 2026-01-31T08:30:00Z 或带时区 2026-01-31T16:30:00+08:00",
                en: "write 2026-01-31T08:30:00Z or, with an offset, 2026-01-31T16:30:00+08:00",
            })
    })
}

/// `08:30` or `08:30:15`.
pub(super) fn time(place: Place<'_>, text: &str) -> Result<Value, FieldError> {
    place.not_empty(text)?;
    read_time(text).map(Value::Time).ok_or_else(|| {
        place
            .refused(
                "not_a_time",
                Text {
                    zh: &format!("“{}”不是时间", quoted(text)), en: &format!("\"{}\" is not a time of day", quoted(text))
                },
            )
            .suggest(Text { zh: "写成 08:30 或 08:30:15", en: "write 08:30 or 08:30:15" })
    })
}

fn digits(text: &str, length: usize) -> Option<u32> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

pub(crate) fn read_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let day = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    if parts.next().is_some() || year == 0 {
        return None;
    }
    Date::from_calendar_date(i32::try_from(year).ok()?, Month::try_from(month).ok()?, day).ok()
}

fn read_instant(text: &str) -> Option<OffsetDateTime> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?.checked_to_offset(UtcOffset::UTC)?;
    if !(1..=9999).contains(&at.year()) {
        return None;
    }
    at.replace_nanosecond(at.microsecond() * 1_000).ok()
}

pub(crate) fn read_time(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let mut part = || parts.next().map(|part| digits(part, 2).and_then(|number| u8::try_from(number).ok()));
    let hour = part()??;
    let minute = part()??;
    let second = match part() {
        Some(second) => second?,
        None => 0,
    };
    if part().is_some() {
        return None;
    }
    Time::from_hms(hour, minute, second).ok()
}

/// A day as the API writes it.
pub(crate) fn date_text(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// A moment as the API writes it: UTC, microseconds where there are some.
pub(crate) fn instant_text(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = at.to_hms();
    let day = date_text(at.date());
    match at.microsecond() {
        0 => format!("{day}T{hour:02}:{minute:02}:{second:02}Z"),
        micros => {
            let fraction = format!("{micros:06}");
            format!("{day}T{hour:02}:{minute:02}:{second:02}.{}Z", fraction.trim_end_matches('0'))
        }
    }
}

/// A time of day as the API writes it.
pub(crate) fn time_text(time: Time) -> String {
    let (hour, minute, second) = time.as_hms();
    format!("{hour:02}:{minute:02}:{second:02}")
}
