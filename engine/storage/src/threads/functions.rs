//! The expression language inside SQLite: exact arithmetic, text and dates, each with the meaning of `definitions::expr`.
//!
//! A stored decimal is an integer scaled by its column. A computed number can need more than 64 bits, so the
//! functions answer 16 bytes, big-endian with the sign bit flipped: comparing two of one scale as blobs compares
//! the numbers, so `<`, `ORDER BY`, `GROUP BY`, `min` and `max` need nothing else. A number's scale is the next argument.
use kontor_definitions::expr::{
    decimal::{self, ArithmeticError, MAX_SCALE},
    function::{
        date::{self, Unit},
        round_mode, text,
    },
};
use rusqlite::{
    Connection, Error, Result,
    functions::{Aggregate, Context, FunctionFlags},
    types::{ToSqlOutput, Value, ValueRef},
};
use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};

use crate::value::{date_text, parse_date};

/// Begins the message of an error that an expression could not be computed.
pub(crate) const COMPUTATION: &str = "computation: ";

/// The number in a blob, as a decimal of this scale; `None` if it is too large for one.
pub(crate) fn decimal_from_blob(bytes: &[u8], scale: u8) -> Option<Decimal> {
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    let whole = i128::from_be_bytes(bytes) ^ i128::MIN;
    Decimal::try_from_i128_with_scale(whole, u32::from(scale)).ok()
}

/// The blob of a number that has no more digits behind the point than `scale`.
pub(crate) fn blob_of(number: Decimal, scale: u8) -> Option<Vec<u8>> {
    let missing = u32::from(scale).checked_sub(number.scale())?;
    let whole = 10_i128.checked_pow(missing).and_then(|factor| number.mantissa().checked_mul(factor))?;
    Some((whole ^ i128::MIN).to_be_bytes().to_vec())
}

fn failed(code: &str) -> Error {
    Error::UserFunctionError(format!("{COMPUTATION}{code}").into())
}

fn computed(error: ArithmeticError) -> Error {
    failed(match error {
        ArithmeticError::Overflow => "overflow",
        ArithmeticError::DivisionByZero => "division_by_zero",
    })
}

/// What a function answers.
struct Answer(Value);

impl rusqlite::ToSql for Answer {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

fn answered(number: Decimal, scale: u8) -> Result<Answer> {
    blob_of(number, scale).map(|blob| Answer(Value::Blob(blob))).ok_or_else(|| failed("overflow"))
}

/// A null argument; every function answers null then.
struct IsNull;

/// Arguments, read one after the other.
struct Arguments<'c, 'v> {
    context: &'v Context<'c>,
    next: usize,
}

type Read<T> = std::result::Result<Result<T>, IsNull>;

impl<'v> Arguments<'_, 'v> {
    fn raw(&mut self) -> ValueRef<'v> {
        let index = self.next;
        self.next += 1;
        self.context.get_raw(index)
    }

    fn small(&mut self) -> u8 {
        self.raw().as_i64().ok().and_then(|number| u8::try_from(number).ok()).unwrap_or_default()
    }

    fn number(&mut self) -> Read<Decimal> {
        let raw = self.raw();
        let scale = self.small();
        match raw {
            ValueRef::Null => Err(IsNull),
            ValueRef::Integer(whole) => Ok(Ok(Decimal::from_i128_with_scale(i128::from(whole), u32::from(scale)))),
            ValueRef::Blob(bytes) => Ok(decimal_from_blob(bytes, scale).ok_or_else(|| failed("overflow"))),
            ValueRef::Real(_) | ValueRef::Text(_) => Ok(Err(failed("bad_value"))),
        }
    }

    fn text(&mut self) -> Read<&'v str> {
        match self.raw() {
            ValueRef::Null => Err(IsNull),
            raw => Ok(raw.as_str().map_err(|_no_text| failed("bad_value"))),
        }
    }

    fn moment(&mut self) -> Read<OffsetDateTime> {
        match self.raw() {
            ValueRef::Null => Err(IsNull),
            raw => Ok(raw
                .as_i64()
                .ok()
                .and_then(|micros| OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).ok())
                .ok_or_else(|| failed("bad_value"))),
        }
    }

    fn date(&mut self) -> Read<Date> {
        let text = self.text()?;
        Ok(text.and_then(|text| parse_date(text).map_err(|_no_day| failed("bad_value"))))
    }
}

/// Registers a function of so many arguments; null in, null out.
fn define(
    connection: &Connection,
    name: &str,
    count: i32,
    function: impl Fn(&mut Arguments<'_, '_>) -> Read<Answer> + Send + std::panic::UnwindSafe + 'static,
) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function(name, count, flags, move |context| {
        function(&mut Arguments { context, next: 0 }).unwrap_or(Ok(Answer(Value::Null)))
    })
}

macro_rules! read {
    ($argument:expr) => {
        match $argument? {
            Ok(value) => value,
            Err(error) => return Ok(Err(error)),
        }
    };
}

fn text_answer(text: impl Into<String>) -> Answer {
    Answer(Value::Text(text.into()))
}

fn flag(value: bool) -> Answer {
    Answer(Value::Integer(i64::from(value)))
}

fn day(date: std::result::Result<Date, ArithmeticError>) -> Result<Answer> {
    let date = date.map_err(computed)?;
    date_text(date).map(text_answer).map_err(|_unwritable| failed("overflow"))
}

/// The day on which a moment falls in a zone of the IANA database.
fn local_day(at: OffsetDateTime, zone: &str) -> Result<Date> {
    let day = crate::zone::day(at, zone);
    day.ok_or_else(|| failed(if crate::zone::is_known(zone) { "overflow" } else { "bad_value" }))
}

/// Registers the functions on a connection.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    arithmetic(connection)?;
    rounding(connection)?;
    texts(connection)?;
    parts_of_text(connection)?;
    dates(connection)?;
    aggregates(connection)
}

type Part = fn(Date) -> i64;
type Edge = fn(Unit, Date) -> std::result::Result<Date, ArithmeticError>;
type Operation = fn(Decimal, Decimal, u8) -> std::result::Result<Decimal, ArithmeticError>;

fn arithmetic(connection: &Connection) -> Result<()> {
    let all: [(&str, Operation); 4] = [
        ("k_add", decimal::add),
        ("k_subtract", decimal::subtract),
        ("k_multiply", decimal::multiply),
        ("k_divide", decimal::divide),
    ];
    for (name, operation) in all {
        define(connection, name, 5, move |take| {
            let (a, b, scale) = (read!(take.number()), read!(take.number()), take.small());
            Ok(operation(a, b, scale).map_err(computed).and_then(|number| answered(number, scale)))
        })?;
    }
    define(connection, "k_compare", 4, |take| {
        let (a, b) = (read!(take.number()), read!(take.number()));
        Ok(Ok(Answer(Value::Integer(a.cmp(&b) as i64))))
    })
}

fn rounding(connection: &Connection) -> Result<()> {
    define(connection, "k_round", 4, |take| {
        let (number, digits, mode) = (read!(take.number()), take.small(), read!(take.text()));
        let Some(mode) = round_mode(mode) else { return Ok(Err(failed("bad_value"))) };
        Ok(decimal::round(number, digits, mode).map_err(computed).and_then(|number| answered(number, digits)))
    })?;
    define(connection, "k_negate", 2, |take| {
        let number = read!(take.number());
        Ok(answered(-number, scale_of(number)))
    })?;
    define(connection, "k_abs", 2, |take| {
        let number = read!(take.number());
        Ok(answered(decimal::absolute(number), scale_of(number)))
    })?;
    define(connection, "k_floor", 2, |take| {
        Ok(decimal::floor(read!(take.number())).map_err(computed).and_then(|number| answered(number, 0)))
    })?;
    define(connection, "k_ceil", 2, |take| {
        Ok(decimal::ceil(read!(take.number())).map_err(computed).and_then(|number| answered(number, 0)))
    })
}

fn scale_of(number: Decimal) -> u8 {
    u8::try_from(number.scale()).unwrap_or(u8::MAX)
}

fn texts(connection: &Connection) -> Result<()> {
    define(connection, "k_len", 1, |take| {
        let count = i64::try_from(read!(take.text()).chars().count()).unwrap_or(i64::MAX);
        Ok(Ok(Answer(Value::Integer(count))))
    })?;
    define(connection, "k_upper", 1, |take| Ok(Ok(text_answer(text::upper(read!(take.text()))))))?;
    define(connection, "k_lower", 1, |take| Ok(Ok(text_answer(text::lower(read!(take.text()))))))?;
    define(connection, "k_trim", 1, |take| Ok(Ok(text_answer(text::trim(read!(take.text()))))))?;
    define(connection, "k_text", 1, |take| Ok(Ok(text_answer(text::date(read!(take.date()))))))?;
    define(connection, "k_text", 2, |take| Ok(Ok(text_answer(text::number(read!(take.number()))))))
}

fn parts_of_text(connection: &Connection) -> Result<()> {
    define(connection, "k_contains", 2, |take| Ok(Ok(flag(read!(take.text()).contains(read!(take.text()))))))?;
    define(connection, "k_starts_with", 2, |take| Ok(Ok(flag(read!(take.text()).starts_with(read!(take.text()))))))?;
    define(connection, "k_ends_with", 2, |take| Ok(Ok(flag(read!(take.text()).ends_with(read!(take.text()))))))?;
    define(connection, "k_replace", 3, |take| {
        let (whole, from, to) = (read!(take.text()), read!(take.text()), read!(take.text()));
        Ok(Ok(text_answer(text::replace(whole, from, to))))
    })?;
    define(connection, "k_substring", 3, |take| {
        let (whole, start) = (read!(take.text()), read!(take.number()));
        Ok(Ok(text_answer(text::substring(whole, start, None))))
    })?;
    define(connection, "k_substring", 5, |take| {
        let (whole, start, length) = (read!(take.text()), read!(take.number()), read!(take.number()));
        Ok(Ok(text_answer(text::substring(whole, start, Some(length)))))
    })
}

fn dates(connection: &Connection) -> Result<()> {
    let parts: [(&str, Part); 4] = [
        ("k_year", |date| i64::from(date.year())),
        ("k_month", |date| i64::from(u8::from(date.month()))),
        ("k_day", |date| i64::from(date.day())),
        ("k_weekday", |date| i64::from(date::weekday(date))),
    ];
    for (name, part) in parts {
        define(connection, name, 1, move |take| Ok(Ok(Answer(Value::Integer(part(read!(take.date())))))))?;
    }
    define(connection, "k_add_days", 3, |take| {
        let (from, days) = (read!(take.date()), read!(take.number()));
        Ok(day(date::add_days(from, days)))
    })?;
    define(connection, "k_add_months", 3, |take| {
        let (from, months) = (read!(take.date()), read!(take.number()));
        Ok(day(date::add_months(from, months)))
    })?;
    define(connection, "k_days_between", 2, |take| {
        let (from, to) = (read!(take.date()), read!(take.date()));
        Ok(Ok(Answer(Value::Integer((to - from).whole_days()))))
    })?;
    define(connection, "k_local_day", 2, |take| {
        let at = read!(take.moment());
        let zone = read!(take.text());
        Ok(local_day(at, zone).and_then(|date| day(Ok(date))))
    })?;
    let edges: [(&str, Edge); 2] = [("k_start_of", date::start_of), ("k_end_of", date::end_of)];
    for (name, edge) in edges {
        define(connection, name, 2, move |take| {
            let (unit, date) = (read!(take.text()), read!(take.date()));
            let Some(unit) = Unit::named(unit) else { return Ok(Err(failed("bad_value"))) };
            Ok(day(edge(unit, date)))
        })?;
    }
    Ok(())
}

/// `k_sum`: of nothing 0; `k_average`: of nothing null.
#[derive(Clone, Copy, PartialEq)]
enum Combine {
    Sum,
    Average,
}

#[derive(Default)]
struct Total {
    sum: Decimal,
    count: u64,
    scale: u8,
}

impl Aggregate<Total, Answer> for Combine {
    fn init(&self, _context: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        let mut take = Arguments { context, next: 0 };
        let number = take.number();
        total.scale = Arguments { context, next: 1 }.small();
        if let Ok(number) = number {
            total.sum = decimal::add(total.sum, number?, total.scale).map_err(computed)?;
            total.count += 1;
        }
        Ok(())
    }

    fn finalize(&self, _context: &mut Context<'_>, total: Option<Total>) -> Result<Answer> {
        let total = total.unwrap_or_default();
        match self {
            Self::Sum => answered(total.sum, total.scale),
            Self::Average if total.count == 0 => Ok(Answer(Value::Null)),
            Self::Average => {
                let average = decimal::divide(total.sum, Decimal::from(total.count), MAX_SCALE).map_err(computed)?;
                answered(average, MAX_SCALE)
            }
        }
    }
}

fn aggregates(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_aggregate_function("k_sum", 2, flags, Combine::Sum)?;
    connection.create_aggregate_function("k_average", 2, flags, Combine::Average)
}
