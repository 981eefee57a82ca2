//! Amounts of several currencies are never combined silently.
use kontor_definitions::{
    Entity, FieldId, FieldType, Value,
    catalog::CurrencyOf,
    expr::{Aggregate, BinaryOp, Expr, ExprKind},
};
use kontor_storage::{Group, query::Path};

use super::keys::Keys;
use crate::finding::{Class, FieldError, Findings, Text, quoted};

/// Where the currency of a measured amount stands.
enum Currency {
    /// No amount, or always the same currency.
    One,
    /// In this field.
    At { path: Path, written: String },
    /// Not in reach of the record.
    Elsewhere,
}

/// Refuses measures that would combine currencies: theirs is neither fixed, nor a group, nor held by the filter.
pub(super) fn check(keys: &Keys<'_>, filter: Option<&Expr>, findings: &mut Findings) {
    for (measure, (written, pointer)) in keys.measures.iter().zip(&keys.origins) {
        let Some(path) = &measure.path else { continue };
        if measure.function == Aggregate::Count {
            continue;
        }
        let field = match currency(keys, path) {
            Currency::One => continue,
            Currency::At { path, written } => {
                let grouped = keys.groups.contains(&Group { path: path.clone(), bucket: None });
                if grouped || filter.is_some_and(|filter| holds(filter, &path)) {
                    continue;
                }
                // A way that leads to a field the person may not know is none.
                keys.names.path(keys.entity, &written).map(|_fields| written)
            }
            Currency::Elsewhere => None,
        };
        findings.push(refused(written, pointer, field.as_deref()));
    }
}

fn refused(written: &str, pointer: &str, field: Option<&str>) -> FieldError {
    let shown = quoted(written);
    let text = Text {
        zh: &format!("“{shown}”会把不同币种的金额合在一起"),
        en: &format!("\"{shown}\" would combine amounts of different currencies"),
    };
    let finding = FieldError::new(Class::Malformed, pointer, "mixed_currencies", text);
    match field {
        Some(field) if field == "company" || field.ends_with(".company") => finding.suggest(Text {
            zh: &format!("请在 group 中加上 {field}，或在 filter 中只留一家公司"),
            en: &format!("add {field} to group, or keep one company by filter"),
        }),
        Some(field) => finding.suggest(Text {
            zh: &format!("请在 group 中加上 {field}，或在 filter 中只留一种币种，例如 {field} == \"USD\""),
            en: &format!("add {field} to group, or keep one currency by filter, for example {field} == \"USD\""),
        }),
        None => finding.suggest(Text {
            zh: "请改用固定币种或本位币的金额",
            en: "use an amount in a fixed currency or in the base currency",
        }),
    }
}

fn currency(keys: &Keys<'_>, path: &[FieldId]) -> Currency {
    let mut at: &Entity = keys.entity;
    let (mut before, mut names) = (Vec::new(), Vec::new());
    let mut rest = path.to_vec();
    loop {
        let Some((id, behind)) = rest.split_first() else { return Currency::Elsewhere };
        let Some(field) = at.field(*id) else { return Currency::Elsewhere };
        if !behind.is_empty() {
            let target = field.ty.reference().and_then(|target| keys.names.catalog.entity(target));
            let Some(target) = target else { return Currency::Elsewhere };
            before.push(*id);
            names.push(field.name.as_str());
            at = target;
            rest = behind.to_vec();
            continue;
        }
        // A looked-up amount has the currency of the record where it stands.
        if let FieldType::Lookup { path, .. } = &field.ty {
            rest.clone_from(path);
            continue;
        }
        return match field.ty.result() {
            FieldType::Money { currency: CurrencyOf::Field(currency), .. } => match at.field(*currency) {
                Some(currency) => {
                    before.push(currency.id);
                    names.push(&currency.name);
                    Currency::At { path: before, written: names.join(".") }
                }
                None => Currency::Elsewhere,
            },
            FieldType::Money { currency: CurrencyOf::Base, .. } if at.field(FieldId::COMPANY).is_some() => {
                before.push(FieldId::COMPANY);
                names.push("company");
                Currency::At { path: before, written: names.join(".") }
            }
            _ => Currency::One,
        };
    }
}

/// Whether a filter lets only one value of a field through: `currency == "USD"`, alone or with others by `&&`.
fn holds(filter: &Expr, field: &[FieldId]) -> bool {
    let ExprKind::Binary { op, left, right } = &filter.kind else { return false };
    let is_field = |expr: &Expr| matches!(&expr.kind, ExprKind::Field { scope: 0, path } if path == field);
    let is_value = |expr: &Expr| matches!(&expr.kind, ExprKind::Literal(value) if *value != Value::Null);
    match op {
        BinaryOp::And => holds(left, field) || holds(right, field),
        BinaryOp::Equal => (is_field(left) && is_value(right)) || (is_value(left) && is_field(right)),
        _ => false,
    }
}
