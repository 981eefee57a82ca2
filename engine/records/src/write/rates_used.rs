//! What conversions of a stored formula were made at, as it is stored beside the result and read again.
use kontor_definitions::{
    Field, FieldId, Value,
    expr::rates::{Conversion, Step, Used},
};
use serde_json::{Value as Json, json};
use time::{Date, macros::format_description};

use super::draft::Draft;
use crate::{
    finding::{Class, FieldError, Text, below},
    frame::Frame,
};

/// The rates as they are stored; nothing where none was needed.
pub(crate) fn to_value(used: &[Used]) -> Value {
    if used.is_empty() {
        return Value::Null;
    }
    Value::Json(Box::new(Json::Array(used.iter().map(one).collect())))
}

fn one(used: &Used) -> Json {
    let step = |step: &Step| {
        json!({ "from": step.from, "to": step.to, "rate": step.rate.normalize().to_string(), "inverse": step.inverse,
            "date": day(step.date) })
    };
    let steps: Vec<Json> = used.steps.iter().map(step).collect();
    // A rate that has more than 28 digits has none to show; the steps say what was done.
    let rate = used.rate().ok().map(|rate| rate.normalize().to_string());
    json!({ "from": used.conversion.from, "to": used.conversion.to, "date": day(used.conversion.date), "rate": rate,
        "rate_date": used.rate_date().map(day), "steps": steps })
}

/// The rates as they were; nothing where what is stored is something else.
pub(crate) fn of_value(value: &Value) -> Option<Vec<Used>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Json(json) => json.as_array()?.iter().map(used).collect(),
        _ => None,
    }
}

fn used(json: &Json) -> Option<Used> {
    let text = |of: &Json, key: &str| Some(of.get(key)?.as_str()?.to_owned());
    let step = |step: &Json| {
        Some(Step {
            from: text(step, "from")?,
            to: text(step, "to")?,
            rate: text(step, "rate")?.parse().ok()?,
            inverse: step.get("inverse")?.as_bool()?,
            date: date(&text(step, "date")?)?,
        })
    };
    let steps = json.get("steps")?.as_array()?.iter().map(step).collect::<Option<Vec<_>>>()?;
    let conversion = Conversion { from: text(json, "from")?, to: text(json, "to")?, date: date(&text(json, "date")?)? };
    Some(Used { conversion, steps })
}

fn day(date: Date) -> String {
    date.format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}

fn date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// The place of the rates beside a field, if it converts.
pub(crate) fn place(draft: &Draft, field: FieldId) -> Option<usize> {
    draft.entity.index_of(field.rates()?)
}

/// Warnings about a record that was just computed: where a conversion took the last known rate for want of a younger one.
/// A field that the person may not read is not named, nor is what it was computed at.
pub(crate) fn warnings(frame: &Frame, draft: &Draft) -> Vec<FieldError> {
    let mut found = Vec::new();
    draft.visit(&mut |draft| {
        for field in &draft.entity.fields {
            let Some(place) = place(draft, field.id).filter(|place| draft.at(*place) != draft.was(*place)) else { continue };
            let used = of_value(draft.at(place)).unwrap_or_default();
            found.extend(used.iter().filter(|used| used.is_old()).map(|used| old_rate(frame, draft, field, used)));
        }
    });
    found
}

fn old_rate(frame: &Frame, draft: &Draft, field: &Field, used: &Used) -> FieldError {
    let way = Text { zh: "请在“汇率”里补上当日的汇率", en: "enter the rate of the day among the exchange rates" };
    if !frame.names().readable(draft.entity.id, field.id) {
        let text = Text { zh: "换算时用了较早的汇率", en: "an older rate was used to convert" };
        return FieldError::new(Class::Refused, draft.pointer.clone(), "rate_old", text).suggest(way);
    }
    let Conversion { from, to, date } = &used.conversion;
    let of = used.rate_date().unwrap_or(*date);
    let text = Text {
        zh: &format!("{from} 对 {to} 在 {date} 没有近期汇率，用了 {of} 的汇率"),
        en: &format!("there is no recent rate between {from} and {to} for {date}; the one of {of} was used"),
    };
    FieldError::new(Class::Refused, below(&draft.pointer, &field.name), "rate_old", text).suggest(way)
}
