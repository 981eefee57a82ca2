//! Gives every field its type: first those that stand alone, then roll-ups and lookups, which follow other fields.
use super::{
    codes::Code,
    derived,
    expressions::{Compiled, FieldExpression},
    findings::Findings,
    literals::{is_larger, literal},
    options::{check_options, kind_name},
    types::{Site, type_of},
    world::{Slot, SlotState, World},
};
use crate::{
    catalog::{CurrencyOf, FieldType, JsonFormat},
    expr::{Expr, Function, calls, converts},
    model::FieldKind,
};

/// Types all fields of the world.
pub(super) fn type_fields(world: &mut World, findings: &mut Findings) {
    for (entity, place) in places(world) {
        let state = {
            let Some(site) = site(world, entity, place) else { continue };
            let complete = check_options(site.slot, site.doc, site.file, findings);
            match site.doc.kind {
                FieldKind::Rollup | FieldKind::Lookup if complete => continue,
                _ if complete => type_of(&site, site.doc.kind, findings).map_or(SlotState::Broken, SlotState::Ready),
                _ => SlotState::Broken,
            }
        };
        set(world, entity, place, state);
    }
    derived::follow(world, findings);
    for (entity, place) in places(world) {
        let Some(site) = site(world, entity, place) else { continue };
        let SlotState::Ready(ty) = &site.slot.state else { continue };
        check_limits(&site, ty, findings);
        check_companions(&site, ty, findings);
    }
}

/// Adds a field beside every formula that converts: the rates or units that its result was computed with.
pub(super) fn add_rates(world: &mut World, compiled: &[Compiled], findings: &mut Findings) {
    let formulas = compiled.iter().filter(|found| found.role == FieldExpression::Formula && converts(&found.expr));
    for found in formulas {
        let Some(entity) = world.entities.get_mut(found.entity) else { continue };
        let Some(formula) = entity.slots.get(found.place) else { continue };
        let (Some(id), name) = (formula.id.rates(), companion_of(&formula.name, &found.expr)) else { continue };
        if let Some(other) = entity.slots.iter().find(|slot| slot.name == name || slot.id == id) {
            let (code, what) = if other.name == name { (Code::ReservedName, &name) } else { (Code::DuplicateId, &formula.name) };
            findings.add(entity.file, &format!("{}/name", other.pointer), code, &[what, &formula.name]);
            continue;
        }
        let state = SlotState::Ready(FieldType::Json(JsonFormat::Any));
        entity.slots.push(Slot { id, name, doc: None, pointer: String::new(), cut: Vec::new(), state });
    }
}

/// The name of the field beside a formula that converts: after rates, where there are any.
fn companion_of(formula: &str, expression: &Expr) -> String {
    let what = if calls(expression, Function::Convert) { "rates" } else { "units" };
    format!("{formula}_{what}")
}

/// Every field that a document describes and that is in use.
pub(super) fn places(world: &World) -> Vec<(usize, usize)> {
    let in_use = |(entity, place): &(usize, usize)| site(world, *entity, *place).is_some();
    let all =
        world.entities.iter().enumerate().flat_map(|(index, entity)| (0..entity.slots.len()).map(move |place| (index, place)));
    all.filter(in_use).collect()
}

/// A field in use with its document.
pub(super) fn site(world: &World, entity: usize, place: usize) -> Option<Site<'_>> {
    let work = world.entities.get(entity)?;
    let slot = work.slots.get(place)?;
    let doc = slot.doc.as_ref()?;
    let in_use = matches!(slot.state, SlotState::Waiting | SlotState::Ready(_));
    in_use.then_some(Site { world, entity, app: work.app, file: work.file, slot, doc })
}

/// Notes what became known of a field.
pub(super) fn set(world: &mut World, entity: usize, place: usize, state: SlotState) {
    if let Some(slot) = world.entities.get_mut(entity).and_then(|entity| entity.slots.get_mut(place)) {
        slot.state = state;
    }
}

/// Smallest and largest value.
fn check_limits(site: &Site<'_>, ty: &FieldType, findings: &mut Findings) {
    if matches!(ty.result(), FieldType::Integer { rating: Some(_) }) {
        return;
    }
    let kind = if site.doc.kind == FieldKind::Formula { site.doc.returns.unwrap_or(FieldKind::Formula) } else { site.doc.kind };
    let mut value = |option: &str, text: &Option<String>| {
        let text = text.as_deref()?;
        let value = literal(ty, text);
        if value.is_none() && super::options::takes_limits(kind) {
            findings.add(site.file, &site.at(option), Code::BadLiteral, &[text]);
        }
        value
    };
    let minimum = value("minimum", &site.doc.minimum);
    let maximum = value("maximum", &site.doc.maximum);
    if let (Some(minimum), Some(maximum)) = (minimum, maximum)
        && is_larger(&minimum, &maximum)
    {
        let (minimum, maximum) = (site.doc.minimum.as_deref(), site.doc.maximum.as_deref());
        findings.add(site.file, &site.at("minimum"), Code::BadRange, &[minimum.unwrap_or_default(), maximum.unwrap_or_default()]);
    }
}

/// The fields that hold a currency or a unit must be able to hold one.
fn check_companions(site: &Site<'_>, ty: &FieldType, findings: &mut Findings) {
    let (option, name, id) = match ty.result() {
        FieldType::Money { currency: CurrencyOf::Field(id), .. } => ("currency_field", site.doc.currency_field.as_deref(), *id),
        FieldType::Decimal { unit_field: Some(id), .. } => ("unit_field", site.doc.unit_field.as_deref(), *id),
        _ => return,
    };
    if name.is_none() {
        return;
    }
    let all = site.world.entities.iter().flat_map(|entity| &entity.slots);
    let Some(slot) = all.into_iter().find(|slot| slot.id == id && !slot.pointer.is_empty()) else { return };
    let SlotState::Ready(other) = &slot.state else { return };
    let fits = matches!(
        other.result(),
        FieldType::Code(_) | FieldType::Text { .. } | FieldType::Choice { .. } | FieldType::Reference { .. }
    );
    if !fits {
        unsuitable(site, option, slot, findings);
    }
}

/// Tells that a field's type does not suit.
pub(super) fn unsuitable(site: &Site<'_>, option: &str, slot: &super::world::Slot, findings: &mut Findings) {
    let kind = slot.doc.as_ref().map_or("system", |doc| kind_name(doc.kind));
    findings.add(site.file, &site.at(option), Code::UnsuitableField, &[&slot.name, kind]);
}
