//! What conversions of a stored formula were made with, as it is stored beside the result and read again.
use kontor_definitions::{
    Field, FieldId, FieldType, Value,
    expr::{
        eval::EvalEnv,
        rates::{Conversion, Rates, Step, Used},
        units::{Measure, Units, UsedUnits},
    },
};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use time::{Date, macros::format_description};

use super::draft::Draft;
use crate::{
    finding::{Class, FieldError, Text, below},
    frame::Frame,
};

/// Rates and units that one result was computed with.
#[derive(Debug, Default)]
pub(crate) struct Made {
    rates: Vec<Used>,
    units: Vec<UsedUnits>,
}

impl Made {
    /// What was taken since it was asked the last time.
    pub(crate) fn take(env: &EvalEnv) -> Self {
        Self { rates: env.rates.used(), units: env.units.used() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rates.is_empty() && self.units.is_empty()
    }

    /// The same moment, in which these conversions alone can be made.
    pub(crate) fn again(self, env: &EvalEnv) -> EvalEnv {
        EvalEnv { rates: Rates::kept(self.rates), units: Units::kept(self.units), ..env.clone() }
    }

    /// As it is stored; nothing where nothing was needed.
    pub(crate) fn to_value(&self) -> Value {
        if self.is_empty() {
            return Value::Null;
        }
        Value::Json(Box::new(Json::Array(self.rates.iter().map(rate).chain(self.units.iter().map(pair)).collect())))
    }

    /// As it was; nothing where what is stored is something else.
    pub(crate) fn of_value(value: &Value) -> Option<Self> {
        let mut made = Self::default();
        match value {
            Value::Null => {}
            Value::Json(json) => {
                for json in json.as_array()? {
                    if json.get("units").is_some() {
                        made.units.push(units_of(json)?);
                    } else {
                        made.rates.push(used(json)?);
                    }
                }
            }
            _ => return None,
        }
        Some(made)
    }
}

fn pair(used: &UsedUnits) -> Json {
    let number = |number: Decimal| number.normalize().to_string();
    let unit = |unit: &Measure| json!({ "unit": unit.code, "factor": number(unit.factor), "divisor": number(unit.divisor) });
    json!({ "from": used.from.code, "to": used.to.code, "dimension": used.from.dimension, "factor": used.factor().ok().map(number),
        "units": [unit(&used.from), unit(&used.to)] })
}

fn units_of(json: &Json) -> Option<UsedUnits> {
    let dimension = Some(json.get("dimension")?.as_str()?.to_owned());
    let unit = |unit: &Json| {
        let number = |key: &str| unit.get(key)?.as_str()?.parse::<Decimal>().ok().filter(|number| *number > Decimal::ZERO);
        let code = unit.get("unit")?.as_str()?.to_owned();
        Some(Measure { code, dimension: dimension.clone(), factor: number("factor")?, divisor: number("divisor")? })
    };
    let [from, to] = json.get("units")?.as_array()?.as_slice() else { return None };
    Some(UsedUnits { from: unit(from)?, to: unit(to)? })
}

fn rate(used: &Used) -> Json {
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

/// The place of what stands beside a field, if it converts.
pub(crate) fn place(draft: &Draft, field: FieldId) -> Option<usize> {
    let converts = matches!(draft.entity.field(field)?.ty, FieldType::Formula { .. });
    draft.entity.index_of(field.rates().filter(|_| converts)?)
}

/// Warnings about a record that was just computed: where a conversion took the last known rate for want of a younger one.
/// A field that the person may not read is not named, nor is what it was computed at.
pub(crate) fn warnings(frame: &Frame, draft: &Draft) -> Vec<FieldError> {
    let mut found = Vec::new();
    draft.visit(&mut |draft| {
        for field in &draft.entity.fields {
            let Some(place) = place(draft, field.id).filter(|place| draft.at(*place) != draft.was(*place)) else { continue };
            let made = Made::of_value(draft.at(place)).unwrap_or_default();
            found.extend(made.rates.iter().filter(|used| used.is_old()).map(|used| old_rate(frame, draft, field, used)));
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
