//! One JSON value to one value of a field's type, or a finding that says what is wrong with it.
mod code;
mod moment;
mod number;
mod structure;
mod text;

use kontor_definitions::{Field, FieldType, Value, model::field::OptionDoc};
use uuid::Uuid;

use crate::{
    finding::{Class, FieldError, Text, quoted},
    input::Input,
};

pub(crate) use moment::{date_text, instant_text, read_date, read_time, time_text};
pub(crate) use number::{limit, plain};

/// Coerces a value for a field. `null` is a value of every type. `kept` is the stored value: an option that is no longer
/// offered may stay where it is.
pub(crate) fn coerce(field: &Field, input: &Input, kept: Option<&Value>, pointer: &str) -> Result<Value, FieldError> {
    if *input == Input::Null {
        return Ok(Value::Null);
    }
    let place = Place { pointer };
    match field.ty.result() {
        FieldType::Text { format, max_length } => text::line(place, place.text(input)?, *format, *max_length),
        FieldType::LongText { .. } => text::long(place, place.text(input)?),
        FieldType::AutoNumber { .. } => {
            text::line(place, place.text(input)?, kontor_definitions::catalog::TextFormat::Plain, 200)
        }
        FieldType::Integer { rating } => number::integer(place, input, *rating),
        FieldType::Duration => number::integer(place, input, None),
        FieldType::Decimal { precision, scale, .. } => number::decimal(place, input, *precision, *scale),
        FieldType::Money { scale, .. } => number::decimal(place, input, number::MONEY_PRECISION, *scale),
        FieldType::Boolean => match input {
            Input::Bool(value) => Ok(Value::Bool(*value)),
            other => Err(place.wrong_type(other, Text { zh: "true 或 false", en: "true or false" })),
        },
        FieldType::Date => moment::date(place, place.text(input)?),
        FieldType::DateTime => moment::instant(place, place.text(input)?),
        FieldType::Time => moment::time(place, place.text(input)?),
        FieldType::Choice { options } => option(place, options, place.text(input)?, kept),
        FieldType::State(machine) => option(place, &machine.states, place.text(input)?, kept),
        FieldType::Choices { options } => choices(place, options, input, kept),
        FieldType::Reference { .. } => reference(place, place.text(input)?),
        FieldType::Code(list) => code::code(place, place.text(input)?, *list),
        FieldType::Json(format) => structure::json(place, input, *format),
        FieldType::Files { many, min, max, .. } => structure::files(place, input, *many, (*min, *max)),
        FieldType::Lines { .. } | FieldType::Formula { .. } | FieldType::Rollup { .. } | FieldType::Lookup { .. } => {
            Err(place.refused("read_only", Text { zh: "此字段不能直接填写", en: "this field is not entered" }))
        }
    }
}

/// Where a value stands, for findings.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pointer: &'a str,
}

impl Place<'_> {
    fn text<'i>(&self, input: &'i Input) -> Result<&'i str, FieldError> {
        match input {
            Input::Text(text) => Ok(text),
            other => Err(self.wrong_type(other, Text { zh: "文本", en: "a text" })),
        }
    }

    fn wrong_type(&self, input: &Input, wanted: Text<'_>) -> FieldError {
        let found = input.type_name();
        FieldError::new(
            Class::Malformed,
            self.pointer,
            "wrong_type",
            Text {
                zh: &format!("这里需要{}，收到的是{}", wanted.zh, found.zh),
                en: &format!("{} is wanted here, not {}", wanted.en, found.en),
            },
        )
    }

    fn refused(&self, code: &'static str, message: Text<'_>) -> FieldError {
        FieldError::new(Class::Refused, self.pointer, code, message)
    }

    /// An empty text where it means nothing: `null` clears.
    fn not_empty(&self, text: &str) -> Result<(), FieldError> {
        if text.is_empty() {
            return Err(self
                .refused("empty", Text { zh: "不能是空文本", en: "an empty text is no value here" })
                .suggest(Text { zh: "要清空请传 null", en: "send null to clear it" }));
        }
        Ok(())
    }
}

fn option(place: Place<'_>, options: &[OptionDoc], text: &str, kept: Option<&Value>) -> Result<Value, FieldError> {
    place.not_empty(text)?;
    let stays = matches!(kept, Some(Value::Text(stored)) if stored == text);
    if options.iter().any(|option| option.name == text && (!option.retired || stays)) {
        return Ok(Value::Text(text.to_owned()));
    }
    Err(unknown_option(place, options, text))
}

fn choices(place: Place<'_>, options: &[OptionDoc], input: &Input, kept: Option<&Value>) -> Result<Value, FieldError> {
    let Input::List(items) = input else {
        return Err(place.wrong_type(input, Text { zh: "数组", en: "an array" }));
    };
    let mut chosen: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let text = place.text(item)?;
        let value = Value::Text(text.to_owned());
        let stays = matches!(kept, Some(Value::List(stored)) if stored.contains(&value));
        if !options.iter().any(|option| option.name == text && (!option.retired || stays)) {
            return Err(unknown_option(place, options, text));
        }
        if !chosen.contains(&value) {
            chosen.push(value);
        }
    }
    // No choice and no value are the same.
    Ok(if chosen.is_empty() { Value::Null } else { Value::List(chosen) })
}

fn unknown_option(place: Place<'_>, options: &[OptionDoc], text: &str) -> FieldError {
    const SHOWN: usize = 20;
    let text = quoted(text);
    let mut names: Vec<&str> = options.iter().filter(|option| !option.retired).map(|option| option.name.as_str()).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    names.truncate(SHOWN);
    let names = names.join(", ");
    place
        .refused(
            "unknown_option",
            Text { zh: &format!("“{text}”不在可选范围内"), en: &format!("\"{text}\" is not one of the options") },
        )
        .suggest(Text { zh: &format!("可选：{names}{more}"), en: &format!("choose one of: {names}{more}") })
}

fn reference(place: Place<'_>, text: &str) -> Result<Value, FieldError> {
    place.not_empty(text)?;
    parse_id(text).map(Value::Id).ok_or_else(|| {
        place.refused(
            "not_an_id",
            Text {
                zh: &format!("“{}”不是记录 ID", quoted(text)),
                en: &format!("\"{}\" is not the id of a record", quoted(text)),
            },
        )
    })
}

/// An id in its usual form of 36 characters.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

#[cfg(test)]
mod tests;
