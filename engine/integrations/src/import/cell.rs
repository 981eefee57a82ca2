//! One cell of text as the input value that the write pipeline expects for a field.
//!
//! Only the notation is settled here (dates, yes and no, titles of options); whether the value is allowed is the
//! pipeline's to say, so that an import and a form refuse the same things with the same words.
use kontor_definitions::{FieldType, LocalText};
use kontor_records::Input;
use rust_decimal::Decimal;
use time::{Date, Duration, PrimitiveDateTime, format_description, macros::format_description as fd};

use super::map::ColumnOptions;

/// The cell cannot be read as the field's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: LocalText,
}

impl CellError {
    /// No record with this key is there, or not for this person.
    pub fn not_found(text: &str) -> Self {
        Self::new(
            "reference_not_found",
            &format!("找不到「{text}」。请先建立该记录，或在映射中用 create_missing 自动建立。"),
            &format!("\"{text}\" was not found. Create the record first, or let the mapping's create_missing make it."),
        )
    }

    /// The record with this key could not be made.
    pub fn not_made(text: &str, why: &LocalText) -> Self {
        let why = |locale: &str| why.get(locale).unwrap_or_default().to_owned();
        Self::new(
            "reference_not_made",
            &format!("找不到「{text}」，也无法自动建立：{}", why("zh-CN")),
            &format!("\"{text}\" was not found and could not be made: {}", why("en")),
        )
    }

    /// What is said of a sensitive value instead of the value.
    pub fn hidden() -> LocalText {
        let texts = [("zh-CN", "值不符合此字段的格式。"), ("en", "The value does not have the form of this field.")];
        LocalText::from(texts.as_slice())
    }

    fn new(code: &'static str, zh: &str, en: &str) -> Self {
        Self { code, message: LocalText::from([("zh-CN", zh), ("en", en)].as_slice()) }
    }
}

/// The cell's text after the options of its column: suffix stripped, empty filled, value replaced.
pub fn prepared(cell: &str, options: &ColumnOptions) -> String {
    let mut text = cell.trim();
    if let Some(suffix) = &options.strip_suffix {
        text = text.strip_suffix(suffix.as_str()).unwrap_or(text);
    }
    if text.is_empty() {
        text = options.when_empty.as_deref().unwrap_or_default();
    }
    options.values.get(text).map_or(text, String::as_str).to_owned()
}

/// The input value of a prepared cell. `today` resolves relative dates (`@-120d`), which sample data uses.
pub fn to_input(text: &str, ty: &FieldType, options: &ColumnOptions, today: Date) -> Result<Input, CellError> {
    if text.is_empty() {
        return Ok(Input::Null);
    }
    match ty.result() {
        FieldType::Boolean => boolean(text),
        FieldType::Integer { .. } | FieldType::Duration => whole_number(text),
        FieldType::Date => date(text, options, today).map(Input::Text),
        FieldType::DateTime => instant(text, options, today).map(Input::Text),
        FieldType::Choice { options: choices } => Ok(Input::Text(option_named(choices, text))),
        FieldType::State(machine) => Ok(Input::Text(option_named(&machine.states, text))),
        FieldType::Choices { options: choices } => {
            Ok(Input::List(several(text).map(|part| Input::Text(option_named(choices, part))).collect()))
        }
        FieldType::Lines { links: Some(_), .. } => Ok(Input::List(several(text).map(Input::text).collect())),
        FieldType::Json(_) => Input::parse(text.as_bytes()).map_err(|_no_json| {
            CellError::new("wrong_type", &format!("「{text}」不是 JSON。"), &format!("\"{text}\" is not JSON."))
        }),
        FieldType::Text { .. }
        | FieldType::LongText { .. }
        | FieldType::Decimal { .. }
        | FieldType::Money { .. }
        | FieldType::Time
        | FieldType::Reference { .. }
        | FieldType::Lines { links: None, .. }
        | FieldType::Code(_)
        | FieldType::Files { .. }
        | FieldType::AutoNumber { .. }
        | FieldType::Formula { .. }
        | FieldType::Rollup { .. }
        | FieldType::Lookup { .. } => Ok(Input::text(text)),
    }
}

/// The parts of a cell that holds several.
pub fn several(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// Spreadsheets write whole numbers as 12.0.
fn whole_number(text: &str) -> Result<Input, CellError> {
    match text.parse::<Decimal>() {
        Ok(number) if number.fract().is_zero() => Ok(Input::Number(number.trunc().normalize().to_string())),
        Ok(_) | Err(_) => {
            Err(CellError::new("wrong_type", &format!("「{text}」不是整数。"), &format!("\"{text}\" is not a whole number.")))
        }
    }
}

fn boolean(text: &str) -> Result<Input, CellError> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "是" | "真" => Ok(Input::Bool(true)),
        "false" | "no" | "n" | "0" | "否" | "假" => Ok(Input::Bool(false)),
        _ => Err(CellError::new(
            "wrong_type",
            &format!("「{text}」不是「是」或「否」。"),
            &format!("\"{text}\" is neither yes nor no."),
        )),
    }
}

/// The stored name of an option written by name or, in any language, by title; unknown ones pass for the pipeline to refuse.
fn option_named(options: &[kontor_definitions::model::field::OptionDoc], text: &str) -> String {
    options
        .iter()
        .find(|option| option.name == text)
        .or_else(|| options.iter().find(|option| option.title.0.values().any(|title| title == text)))
        .map_or(text, |option| option.name.as_str())
        .to_owned()
}

fn relative(text: &str, today: Date) -> Option<Date> {
    let days: i64 = text.strip_prefix('@')?.strip_suffix('d')?.parse().ok()?;
    today.checked_add(Duration::days(days))
}

fn date(text: &str, options: &ColumnOptions, today: Date) -> Result<String, CellError> {
    let bad = || {
        let form = options.format.as_deref().unwrap_or("2026-01-31");
        CellError::new(
            "wrong_date",
            &format!("「{text}」不是日期,应写作 {form}。"),
            &format!("\"{text}\" is not a date; write it as {form}."),
        )
    };
    let parsed = match (relative(text, today), &options.format) {
        (Some(date), _) => Some(date),
        (None, Some(format)) => {
            let format = format_description::parse_borrowed::<1>(format).map_err(|_bad_format| bad())?;
            PrimitiveDateTime::parse(text, &format)
                .map(PrimitiveDateTime::date)
                .or_else(|_only_date| Date::parse(text, &format))
                .ok()
        }
        (None, None) => {
            let day = text.split([' ', 'T']).next().unwrap_or_default();
            Date::parse(day, fd!("[year]-[month]-[day]"))
                .or_else(|_other| Date::parse(day, fd!("[year]/[month padding:none]/[day padding:none]")))
                .ok()
        }
    };
    parsed.and_then(|date| date.format(fd!("[year]-[month]-[day]")).ok()).ok_or_else(bad)
}

fn instant(text: &str, options: &ColumnOptions, today: Date) -> Result<String, CellError> {
    let bad = || {
        CellError::new(
            "wrong_date",
            &format!("「{text}」不是日期时间,应写作 2026-01-31 08:30:00。"),
            &format!("\"{text}\" is not a date and time; write it as 2026-01-31 08:30:00."),
        )
    };
    let iso = fd!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let moment = match (relative(text, today), &options.format) {
        (Some(date), _) => Some(date.midnight()),
        (None, Some(format)) => {
            let format = format_description::parse_borrowed::<1>(format).map_err(|_bad_format| bad())?;
            PrimitiveDateTime::parse(text, &format).ok()
        }
        // RFC 3339 goes to the pipeline as it stands, with its zone and fractions.
        (None, None) if text.contains('T') => return Ok(text.to_owned()),
        (None, None) => PrimitiveDateTime::parse(text, fd!("[year]-[month]-[day] [hour]:[minute]:[second]"))
            .or_else(|_short| PrimitiveDateTime::parse(text, fd!("[year]-[month]-[day] [hour]:[minute]")))
            .or_else(|_day| Date::parse(text, fd!("[year]-[month]-[day]")).map(Date::midnight))
            .ok(),
    };
    moment.and_then(|moment| moment.format(iso).ok()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn read(text: &str, ty: &FieldType, format: Option<&str>) -> Result<Input, &'static str> {
        let options = ColumnOptions { format: format.map(str::to_owned), ..ColumnOptions::default() };
        to_input(text, ty, &options, date!(2026 - 03 - 10)).map_err(|error| error.code)
    }

    #[test]
    fn reads_dates_as_people_write_them() {
        for (text, format, expected) in [
            ("2010-12-01 08:26:00", Some("[year]-[month]-[day] [hour]:[minute]:[second]"), Ok("2010-12-01")),
            ("31.01.2026", Some("[day].[month].[year]"), Ok("2026-01-31")),
            ("2026/1/5", None, Ok("2026-01-05")),
            ("@-10d", None, Ok("2026-02-28")),
            ("2026-02-30", None, Err("wrong_date")),
            ("tomorrow", None, Err("wrong_date")),
        ] {
            assert_eq!(read(text, &FieldType::Date, format), expected.map(Input::text), "{text}");
        }
    }

    #[test]
    fn reads_whole_numbers_of_spreadsheets() {
        let integer = FieldType::Integer { rating: None };
        assert_eq!(read("12.0", &integer, None), Ok(Input::Number("12".into())));
        assert_eq!(read("12.5", &integer, None), Err("wrong_type"));
    }

    #[test]
    fn prepares_cells_in_order() {
        let options = ColumnOptions {
            strip_suffix: Some(".0".into()),
            when_empty: Some("none".into()),
            values: [("none".to_owned(), "WALK-IN".to_owned())].into_iter().collect(),
            ..ColumnOptions::default()
        };
        assert_eq!(prepared(" 17850.0 ", &options), "17850");
        assert_eq!(prepared("", &options), "WALK-IN");
    }
}
