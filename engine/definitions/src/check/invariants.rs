//! Invariants: a number per group of records and the bound that it keeps.
use rust_decimal::Decimal;

use super::{
    codes::Code,
    expressions::compile,
    findings::Findings,
    load::Document,
    options::kind_name,
    screens::{Screen, owned},
    sensitive::{self, May, is_sensitive},
    world::{EntityIx, Found, Target, World},
};
use crate::{
    catalog::{CurrencyOf, FieldType, Owned},
    expr::{Aggregate, Type},
    measure,
    model::{InvariantDoc, Kind},
};

/// Longer operators first, so that `>` is not read out of `>=`.
const OPERATORS: [&str; 6] = ["==", "!=", ">=", "<=", ">", "<"];

/// Checks all invariants.
pub(super) fn invariants(world: &World, documents: &[Document], findings: &mut Findings) -> Vec<Owned<InvariantDoc>> {
    let mut out = Vec::new();
    for document in documents.iter().filter(|document| document.kind == Kind::Invariant) {
        let Some(doc) = document.typed::<InvariantDoc>() else { continue };
        let screen = Screen { world, document };
        screen.head(&doc.name, &[], findings);
        if let Some(entity) = screen.entity(&doc.source, "/source", findings) {
            invariant(&screen, entity, &doc, findings);
        }
        if !is_bound(&doc.must) {
            findings.add(document.file, "/must", Code::BadBound, &[&doc.must]);
        }
        out.push(owned(world, document, doc));
    }
    out
}

/// Whether it is an operator and a number, as `>= 0` is.
fn is_bound(must: &str) -> bool {
    let must = must.trim();
    let number = OPERATORS.into_iter().find_map(|operator| must.strip_prefix(operator));
    number.is_some_and(|number| number.trim().parse::<Decimal>().is_ok())
}

fn invariant(screen: &Screen<'_>, entity: EntityIx, doc: &InvariantDoc, findings: &mut Findings) {
    let (world, file) = (screen.world, screen.document.file);
    if world.entities.get(entity).is_some_and(|work| work.parent.is_some()) {
        findings.add(file, "/source", Code::UnsuitableField, &[&doc.source, "lines"]);
    }
    if let Some(filter) = &doc.filter
        && let Some(expr) = compile(world, (file, "/filter"), entity, filter, Some(&Type::Boolean), findings)
    {
        sensitive::expression(world, (file, "/filter"), entity, (&expr, May::Compare), findings);
    }
    for (index, path) in doc.group.iter().enumerate() {
        let pointer = format!("/group/{index}");
        reach(screen, (entity, path), &pointer, findings, |target| measure::can_group(target.ty));
    }
    expression(screen, entity, doc, findings);
}

fn expression(screen: &Screen<'_>, entity: EntityIx, doc: &InvariantDoc, findings: &mut Findings) {
    let file = screen.document.file;
    match measure::measure(doc.expression.trim()) {
        Some((_, _, "")) => {}
        Some((function, _, path)) => {
            let counts = function == Aggregate::Count;
            let target = reach(screen, (entity, path), "/expression", findings, |target| counts || is_number(target.ty));
            if let (Some(target), false) = (target, counts) {
                one_currency(screen, (path, &target), doc, findings);
            }
        }
        None => findings.add(file, "/expression", Code::BadMeasure, &[&doc.expression]),
    }
}

fn is_number(ty: &FieldType) -> bool {
    matches!(ty.result(), FieldType::Integer { .. } | FieldType::Decimal { .. } | FieldType::Money { .. })
}

/// Amounts are combined only where the groups keep their currencies apart.
fn one_currency(screen: &Screen<'_>, (path, target): (&str, &Target<'_>), doc: &InvariantDoc, findings: &mut Findings) {
    let FieldType::Money { currency: CurrencyOf::Field(id), .. } = target.ty.result() else { return };
    let slots = screen.world.entities.iter().flat_map(|work| &work.slots);
    let Some(currency) = slots.into_iter().find(|slot| slot.id == *id && !slot.pointer.is_empty()) else { return };
    let wanted = match path.rsplit_once('.') {
        Some((before, _)) => format!("{before}.{}", currency.name),
        None => currency.name.clone(),
    };
    if !doc.group.contains(&wanted) {
        findings.add(screen.document.file, "/expression", Code::CurrenciesNotGrouped, &[&doc.expression, &wanted]);
    }
}

/// The field a path leads to, if it suits.
fn reach<'a>(
    screen: &Screen<'a>,
    (entity, path): (EntityIx, &str),
    pointer: &str,
    findings: &mut Findings,
    suits: impl FnOnce(&Target<'_>) -> bool,
) -> Option<Target<'a>> {
    let file = screen.document.file;
    match screen.world.path(entity, path) {
        Found::Yes(target) if is_sensitive(target.slot) => findings.add(file, pointer, Code::SensitiveHere, &[path]),
        Found::Yes(target) if suits(&target) => return Some(target),
        Found::Yes(target) => {
            let kind = target.slot.doc.as_ref().map_or("system", |doc| kind_name(doc.kind));
            findings.add(file, pointer, Code::UnsuitableField, &[path, kind]);
        }
        Found::Broken => {}
        Found::No(wrong) => wrong.tell(file, pointer, findings),
    }
    None
}
