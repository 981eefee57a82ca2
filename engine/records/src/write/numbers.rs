//! Step: automatic numbers of new records and those that a transition gives, last, because their sequence stays locked until the end.
use std::sync::Arc;

use kontor_definitions::{FieldType, Value, model::field::Reset};
use kontor_storage::{StorageError, Tx, system::sequence};
use time::Date;

use super::draft::Draft;

/// Gives a new record and its new lines their numbers, and a record whose state moves by `transition` those that this transition
/// gives; answers whether there were any. A number once given stays when the transition runs again.
pub(crate) fn assign(tx: &mut Tx, today: Date, draft: &mut Draft, transition: Option<&str>) -> Result<bool, StorageError> {
    let mut given = false;
    let plan = Arc::clone(&draft.plan);
    for place in &plan.numbers {
        let field = draft.entity.fields.get(*place);
        let Some((field, FieldType::AutoNumber { pattern, reset, assign_on, .. })) = field.map(|field| (field, &field.ty)) else {
            continue;
        };
        let due = match assign_on {
            None => draft.is_new(),
            Some(action) => transition == Some(action.as_str()),
        };
        if due && draft.at(*place).is_null() {
            let number = sequence::next(tx, &field.id.to_string(), &period(*reset, today))?;
            let text = numbered(pattern, today, number);
            draft.set(*place, Value::Text(text));
            given = true;
        }
    }
    for line in draft.lines.iter_mut().flat_map(|lines| &mut lines.rows) {
        given |= assign(tx, today, line, None)?;
    }
    Ok(given)
}

/// What a sequence counts within.
fn period(reset: Reset, today: Date) -> String {
    let (year, month, day) = (today.year(), u8::from(today.month()), today.day());
    match reset {
        Reset::Never => String::new(),
        Reset::Year => format!("{year:04}"),
        Reset::Month => format!("{year:04}-{month:02}"),
        Reset::Day => format!("{year:04}-{month:02}-{day:02}"),
    }
}

/// The pattern with its tokens replaced: `{yyyy}`, `{yy}`, `{mm}`, `{dd}`, and `{0000}` for the number with at least so many digits.
pub(crate) fn numbered(pattern: &str, today: Date, number: i64) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, token, after)) =
        rest.split_once('{').and_then(|(before, tail)| tail.split_once('}').map(|(token, after)| (before, token, after)))
    {
        out.push_str(before);
        match token {
            "yyyy" => out.push_str(&format!("{:04}", today.year())),
            "yy" => out.push_str(&format!("{:02}", today.year() % 100)),
            "mm" => out.push_str(&format!("{:02}", u8::from(today.month()))),
            "dd" => out.push_str(&format!("{:02}", today.day())),
            zeros if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => {
                out.push_str(&format!("{number:0width$}", width = zeros.len()));
            }
            other => {
                out.push('{');
                out.push_str(other);
                out.push('}');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::numbered;

    #[test]
    fn tokens_are_replaced() {
        let today = date!(2026 - 03 - 07);
        for (pattern, number, text) in [
            ("SO-{yyyy}{mm}-{0000}", 12, "SO-202603-0012"),
            ("{yy}/{dd}-{0}", 12, "26/07-12"),
            ("{00}", 12345, "12345"),
            ("A{x}{000}", 1, "A{x}001"),
        ] {
            assert_eq!(numbered(pattern, today, number), text, "{pattern}");
        }
    }
}
