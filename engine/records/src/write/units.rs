//! Units for the formulas of a write: read when a formula asks, only those it names.
use std::sync::Arc;

use kontor_access::{Action, decide};
use kontor_definitions::{
    Entity, Field, FieldId, FieldType, Value,
    expr::{
        Expr, ExprKind, Span, Type,
        units::{Measure, UsedUnits},
    },
};
use kontor_storage::{Archived, Query, Tx};
use rust_decimal::Decimal;

use super::{known::definer_bug, rates::reads_openly};
use crate::{
    error::RecordsError,
    finding::{Class, FieldError, Text},
    frame::Frame,
};

/// Units read by one statement; a record rarely has more.
const AT_ONCE: u32 = 500;

/// The units of these codes, as far as there are any; an archived one is none.
pub(super) fn measures(frame: &Frame, tx: &mut Tx, codes: &[String]) -> Result<Vec<Measure>, RecordsError> {
    let Some(entity) = frame.catalog.entity_named("base.unit") else { return Ok(Vec::new()) };
    let columns = ["code", "dimension", "factor", "divisor"].map(|name| entity.field_named(name).map(|field| field.id));
    let [Some(code), Some(dimension), Some(factor), Some(divisor)] = columns else { return Ok(Vec::new()) };
    let permit = decide(&frame.definer, Action::Read, entity.id).map_err(|_denied| definer_bug())?;
    let mut found = Vec::new();
    for some in codes.chunks(AT_ONCE as usize) {
        let query = Query {
            entity: entity.id,
            columns: [code, dimension, factor, divisor].map(|field| vec![field]).into(),
            filter: Some(Arc::new(is_one_of(code, some))),
            sort: Vec::new(),
            after: None,
            limit: AT_ONCE,
            archived: Archived::Without,
        };
        let rows = tx.select(frame.definer_context(), permit, &query)?;
        found.extend(rows.into_iter().filter_map(measure));
    }
    Ok(found)
}

/// Made as a tree and not as text: a code may hold any character.
fn is_one_of(code: FieldId, codes: &[String]) -> Expr {
    let expr = |kind, ty| Expr { kind, ty, span: Span::default() };
    let literal = |code: &String| expr(ExprKind::Literal(Value::Text(code.clone())), Type::Text);
    let list = expr(ExprKind::List(codes.iter().map(literal).collect()), Type::List(Box::new(Type::Text)));
    let needle = expr(ExprKind::Field { scope: 0, path: vec![code] }, Type::Text);
    expr(ExprKind::In { needle: Box::new(needle), list: Box::new(list) }, Type::Boolean)
}

/// A unit without a factor measures nothing that another does.
fn measure(row: Vec<Value>) -> Option<Measure> {
    let Ok([Value::Text(code), dimension, factor, divisor]) = <[Value; 4]>::try_from(row) else { return None };
    Some(match (dimension, factor) {
        (Value::Text(dimension), Value::Number(factor)) => {
            let divisor = if let Value::Number(divisor) = divisor { divisor } else { Decimal::ONE };
            Measure { code, dimension: Some(dimension), factor, divisor }
        }
        _ => Measure { code, dimension: None, factor: Decimal::ONE, divisor: Decimal::ONE },
    })
}

const UNKNOWN: Text<'static> = Text {
    zh: "请在“计量单位”里添加这个单位，或改用已有的单位",
    en: "add the unit among the units of measurement, or use one that is there",
};
const DIFFER: Text<'static> = Text {
    zh: "只有量纲相同的单位才能换算；请换一个单位，或在“计量单位”里填写它的量纲和系数",
    en: "only units of one dimension convert: use another unit, or enter its dimension and factor among the units of measurement",
};

/// The finding for a unit that there is not; what the formula reads is named only to who may read all of it.
pub(super) fn unknown(frame: &Frame, entity: &Entity, field: &Field, pointer: String, code: &str) -> FieldError {
    let open = reads_openly(frame, entity, field);
    let (zh, en) = if open {
        (format!("没有代码为“{code}”的计量单位"), format!("there is no unit with the code \"{code}\""))
    } else {
        ("没有换算所需的计量单位".to_owned(), "a unit that the conversion needs does not exist".to_owned())
    };
    FieldError::new(Class::Refused, pointer, "unit_unknown", Text { zh: &zh, en: &en }).suggest(UNKNOWN)
}

/// The finding for two units that do not measure the same.
pub(super) fn differ(frame: &Frame, entity: &Entity, field: &Field, pointer: &str, used: &UsedUnits) -> FieldError {
    let text = |zh: &str, en: &str| FieldError::new(Class::Refused, pointer, "units_differ", Text { zh, en }).suggest(DIFFER);
    if !reads_openly(frame, entity, field) {
        return text("两个计量单位不能互相换算", "two units do not convert into each other");
    }
    let (UsedUnits { from, to }, zh, en) = (used, "zh-CN", "en");
    let named = |unit: &Measure, locale| dimension(frame, unit, locale);
    text(
        &format!("“{}”（{}）不能换算成“{}”（{}）", from.code, named(from, zh), to.code, named(to, zh)),
        &format!("\"{}\" ({}) does not convert to \"{}\" ({})", from.code, named(from, en), to.code, named(to, en)),
    )
}

/// What a unit measures, as people call it.
fn dimension(frame: &Frame, unit: &Measure, locale: &str) -> String {
    let Some(name) = &unit.dimension else {
        return if locale == "en" { "without dimension" } else { "没有量纲" }.to_owned();
    };
    let field = frame.catalog.entity_named("base.unit").and_then(|entity| entity.field_named("dimension"));
    let options = match field.map(|field| &field.ty) {
        Some(FieldType::Choice { options }) => options.as_slice(),
        _ => &[],
    };
    let option = options.iter().find(|option| option.name == *name);
    option.and_then(|option| option.title.get(locale)).unwrap_or(name).to_owned()
}
