//! Structured values: addresses, locations, free JSON, lists of files.
use kontor_definitions::{Value, catalog::JsonFormat};
use rust_decimal::Decimal;

use super::{Place, parse_id, text::normal};
use crate::{
    finding::{FieldError, Text, quoted},
    input::Input,
};

const ADDRESS: [&str; 8] = ["name", "street", "street2", "city", "region", "postal_code", "country", "note"];

/// An address, a location or free JSON. Texts inside obey the rules of texts.
pub(super) fn json(place: Place<'_>, input: &Input, format: JsonFormat) -> Result<Value, FieldError> {
    match format {
        JsonFormat::Address => address(place, input)?,
        JsonFormat::Location => location(place, input)?,
        JsonFormat::Any => {}
    }
    clean(place, input)?;
    Ok(Value::Json(Box::new(input.to_json())))
}

fn address(place: Place<'_>, input: &Input) -> Result<(), FieldError> {
    let Input::Object(properties) = input else {
        return Err(place.wrong_type(input, Text { zh: "地址对象", en: "an address object" }));
    };
    for (key, value) in properties {
        if !ADDRESS.contains(&key.as_str()) {
            return Err(place
                .refused(
                    "unknown_part",
                    Text {
                        zh: &format!("地址没有“{}”这一项", quoted(key)),
                        en: &format!("an address has no \"{}\"", quoted(key)),
                    },
                )
                .suggest(Text { zh: &format!("可用：{}", ADDRESS.join(", ")), en: &format!("use: {}", ADDRESS.join(", ")) }));
        }
        if !matches!(value, Input::Text(_) | Input::Null) {
            return Err(place.wrong_type(value, Text { zh: "文本", en: "a text" }));
        }
    }
    Ok(())
}

fn location(place: Place<'_>, input: &Input) -> Result<(), FieldError> {
    let degrees = |key: &str, most: i64| -> bool {
        let number = match input.get(key) {
            Some(Input::Number(text) | Input::Text(text)) => text.parse::<Decimal>().ok(),
            _ => None,
        };
        number.is_some_and(|number| number.abs() <= Decimal::from(most))
    };
    let Input::Object(properties) = input else {
        return Err(place.wrong_type(input, Text { zh: "位置对象", en: "a location object" }));
    };
    if properties.len() == 2 && degrees("latitude", 90) && degrees("longitude", 180) {
        return Ok(());
    }
    Err(place.refused("wrong_format", Text { zh: "这不是位置", en: "this is no location" }).suggest(Text {
        zh: "写成 {\"latitude\": 31.23, \"longitude\": 121.47}",
        en: "write {\"latitude\": 31.23, \"longitude\": 121.47}",
    }))
}

fn clean(place: Place<'_>, input: &Input) -> Result<(), FieldError> {
    match input {
        Input::Text(text) => normal(place, text).map(drop),
        Input::List(items) => items.iter().try_for_each(|item| clean(place, item)),
        Input::Object(properties) => properties.iter().try_for_each(|(key, value)| {
            normal(place, key)?;
            clean(place, value)
        }),
        Input::Null | Input::Bool(_) | Input::Number(_) => Ok(()),
    }
}

/// Ids of files, or files as they are answered. A field for one file takes it alone too.
pub(super) fn files(place: Place<'_>, input: &Input, many: bool, (min, max): (u32, u32)) -> Result<Value, FieldError> {
    let single;
    let items = match input {
        Input::List(items) => items,
        Input::Text(_) | Input::Object(_) if !many => {
            single = vec![input.clone()];
            &single
        }
        other => return Err(place.wrong_type(other, Text { zh: "文件 ID 的数组", en: "an array of file ids" })),
    };
    if !many && items.len() > 1 {
        return Err(place.refused("too_many", Text { zh: "只能放一个文件", en: "one file only" }));
    }
    let count = items.len();
    if count > usize::try_from(max).unwrap_or(usize::MAX) {
        let text = Text { zh: &format!("最多 {max} 个文件"), en: &format!("at most {max} files") };
        return Err(place.refused("too_many", text));
    }
    if count > 0 && count < usize::try_from(min).unwrap_or(usize::MAX) {
        let text = Text { zh: &format!("至少需要 {min} 个文件"), en: &format!("at least {min} files are needed") };
        return Err(place.refused("too_few", text));
    }
    let mut ids = Vec::with_capacity(items.len());
    for item in items {
        let text = place.text(item.get("id").unwrap_or(item))?;
        let id = parse_id(text).ok_or_else(|| {
            place.refused(
                "not_an_id",
                Text {
                    zh: &format!("“{}”不是文件 ID", quoted(text)),
                    en: &format!("\"{}\" is not the id of a file", quoted(text)),
                },
            )
        })?;
        let id = Value::Text(id.to_string());
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(if ids.is_empty() { Value::Null } else { Value::List(ids) })
}
