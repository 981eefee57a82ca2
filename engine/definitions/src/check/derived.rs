//! The types of roll-ups and lookups, which follow from the types of other fields.
use super::{
    codes::Code,
    fields::{places, set, site, unsuitable},
    findings::Findings,
    types::{Site, currency_of, placeholder},
    world::{EntityWork, Found, SlotState, World},
};
use crate::{
    catalog::{CurrencyOf, FieldType, NumberFormat},
    id::FieldId,
    model::{FieldKind, field::RollupFunction},
};

/// Roll-ups and lookups, until nothing moves any more; what is left waits for itself.
pub(super) fn follow(world: &mut World, findings: &mut Findings) {
    let waiting = |world: &World| -> Vec<(usize, usize)> {
        let all = places(world).into_iter();
        all.filter(|(entity, place)| {
            site(world, *entity, *place).is_some_and(|site| matches!(site.slot.state, SlotState::Waiting))
        })
        .collect()
    };
    loop {
        let mut moved = false;
        for (entity, place) in waiting(world) {
            let state = {
                let Some(site) = site(world, entity, place) else { continue };
                if site.doc.kind == FieldKind::Rollup { rollup(&site, findings) } else { lookup(&site, findings) }
            };
            if let Some(state) = state {
                set(world, entity, place, state);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let left = waiting(world);
    let mut told: Vec<(usize, usize)> = Vec::new();
    for start in &left {
        if !told.contains(start) {
            tell_circle(world, *start, &mut told, findings);
        }
    }
    for (entity, place) in left {
        set(world, entity, place, SlotState::Broken);
    }
}

/// Tells the circle that a waiting field leads to, once.
fn tell_circle(world: &World, start: (usize, usize), told: &mut Vec<(usize, usize)>, findings: &mut Findings) {
    let mut walked = vec![start];
    let circle = loop {
        let Some(next) = walked.last().and_then(|last| site(world, last.0, last.1)).and_then(|site| waits_for(&site)) else {
            return;
        };
        if let Some(from) = walked.iter().position(|node| *node == next) {
            break walked.split_off(from);
        }
        walked.push(next);
    };
    let again = circle.iter().any(|node| told.contains(node));
    told.extend(walked);
    if again {
        return;
    }
    told.extend(circle.iter().copied());
    let name = |node: &(usize, usize)| {
        let entity = world.entities.get(node.0)?;
        Some(format!("{}.{}", entity.name, entity.slots.get(node.1)?.name))
    };
    let names: Vec<String> = circle.iter().chain(circle.first()).filter_map(name).collect();
    let first = circle.iter().min().copied().unwrap_or(start);
    if let Some(site) = site(world, first.0, first.1) {
        findings.add(site.file, &site.at("field"), Code::DerivedCycle, &[&names.join(" → ")]);
    }
}

/// The field that a lookup or roll-up waits for.
fn waits_for(site: &Site<'_>) -> Option<(usize, usize)> {
    let path = site.doc.field.as_deref().unwrap_or_default();
    let mut at = site.entity;
    if site.doc.kind == FieldKind::Rollup {
        at = source(site, &mut Findings::default())?.entity;
    }
    for part in path.split('.') {
        let place = site.world.entities.get(at)?.slots.iter().position(|slot| slot.name == part)?;
        match &site.world.entities.get(at)?.slots.get(place)?.state {
            SlotState::Waiting => return Some((at, place)),
            SlotState::Ready(ty) => at = *site.world.by_id.get(&ty.reference()?)?,
            SlotState::Broken | SlotState::Retired => return None,
        }
    }
    None
}

/// Whether a path leads through a field whose type is not known yet.
fn waits(world: &World, entity: usize, path: &str) -> bool {
    let mut at = entity;
    for part in path.split('.') {
        match world.slot(at, part).map(|slot| &slot.state) {
            Some(SlotState::Waiting) => return true,
            Some(SlotState::Ready(ty)) => match ty.reference().and_then(|id| world.by_id.get(&id)) {
                Some(next) => at = *next,
                None => return false,
            },
            Some(SlotState::Broken | SlotState::Retired) | None => return false,
        }
    }
    false
}

/// The type of a lookup; `None` while a field on its path waits.
fn lookup(site: &Site<'_>, findings: &mut Findings) -> Option<SlotState> {
    let path = site.doc.field.as_deref().unwrap_or_default();
    if waits(site.world, site.entity, path) {
        return None;
    }
    let target = match site.world.path(site.entity, path) {
        Found::Yes(target) => target,
        Found::Broken => return Some(SlotState::Broken),
        Found::No(wrong) => {
            wrong.tell(site.file, &site.at("field"), findings);
            return Some(SlotState::Broken);
        }
    };
    if target.ids.len() < 2 {
        findings.add(site.file, &site.at("field"), Code::NotAReference, &[path, "…"]);
        return Some(SlotState::Broken);
    }
    let result = target.ty.result().clone();
    if matches!(result, FieldType::Lines { .. }) {
        unsuitable(site, "field", target.slot, findings);
        return Some(SlotState::Broken);
    }
    Some(SlotState::Ready(FieldType::Lookup { path: target.ids, copied: site.doc.copied, result: Box::new(result) }))
}

/// What a roll-up combines: own lines, or records that refer to this one.
struct Source {
    entity: usize,
    field: FieldId,
    /// The other entity, where it is not own lines.
    of: Option<crate::EntityId>,
}

/// The type of a roll-up; `None` while its field waits.
fn rollup(site: &Site<'_>, findings: &mut Findings) -> Option<SlotState> {
    let Some(source) = source(site, findings) else { return Some(SlotState::Broken) };
    let function = site.doc.function.unwrap_or(RollupFunction::Count);
    let of_links = site.world.entities.get(source.entity).is_some_and(EntityWork::is_of_links);
    if of_links && (function != RollupFunction::Count || site.doc.filter.is_some()) {
        let option = if function == RollupFunction::Count { "filter" } else { "function" };
        findings.add(site.file, &site.at(option), Code::RollupOverLinks, &[site.doc.of.as_deref().unwrap_or_default()]);
        return Some(SlotState::Broken);
    }
    let mut field = None;
    let mut result = FieldType::Integer { rating: None };
    if function != RollupFunction::Count {
        let name = site.doc.field.as_deref().unwrap_or_default();
        if waits(site.world, source.entity, name) {
            return None;
        }
        let (slot, ty) = match site.world.field(source.entity, name) {
            Found::Yes(found) => found,
            Found::Broken => return Some(SlotState::Broken),
            Found::No(wrong) => {
                wrong.tell(site.file, &site.at("field"), findings);
                return Some(SlotState::Broken);
            }
        };
        let Some(combined) = combined(site, &source, function, ty.result(), findings) else {
            unsuitable(site, "field", slot, findings);
            return Some(SlotState::Broken);
        };
        field = Some(slot.id);
        result = combined;
    }
    let filter = site.doc.filter.as_ref().map(|_| placeholder());
    Some(SlotState::Ready(FieldType::Rollup {
        lines: source.field,
        of: source.of,
        function,
        field,
        filter,
        result: Box::new(result),
    }))
}

fn source(site: &Site<'_>, findings: &mut Findings) -> Option<Source> {
    let of = site.doc.of.as_deref().unwrap_or_default();
    let pointer = site.at("of");
    let Some((entity, field)) = of.rsplit_once('.') else {
        return match site.world.field(site.entity, of) {
            Found::Yes((slot, FieldType::Lines { entity, .. })) => {
                Some(Source { entity: *site.world.by_id.get(entity)?, field: slot.id, of: None })
            }
            Found::Yes(_) => {
                findings.add(site.file, &pointer, Code::NotLines, &[of]);
                None
            }
            Found::Broken => None,
            Found::No(wrong) => {
                wrong.tell(site.file, &pointer, findings);
                None
            }
        };
    };
    let entity = match site.world.entity_named(site.app, entity) {
        Found::Yes(index) => index,
        Found::Broken => return None,
        Found::No(wrong) => {
            wrong.tell(site.file, &pointer, findings);
            return None;
        }
    };
    let own = site.world.entities.get(site.entity)?.id;
    match site.world.field(entity, field) {
        // A reference with a column of its own: lookups lead to the same record in other ways.
        Found::Yes((slot, ty @ FieldType::Reference { .. })) if ty.reference() == Some(own) => {
            Some(Source { entity, field: slot.id, of: site.world.entities.get(entity).map(|entity| entity.id) })
        }
        Found::Yes((slot, _)) => {
            unsuitable(site, "of", slot, findings);
            None
        }
        Found::Broken => None,
        Found::No(wrong) => {
            wrong.tell(site.file, &pointer, findings);
            None
        }
    }
}

/// The type of combined values; `None` where the function does not take such values.
fn combined(
    site: &Site<'_>,
    source: &Source,
    function: RollupFunction,
    of: &FieldType,
    findings: &mut Findings,
) -> Option<FieldType> {
    let scale = |scale: u8| site.doc.scale.unwrap_or(scale).min(12);
    let adds = matches!(function, RollupFunction::Sum | RollupFunction::Average);
    Some(match of {
        FieldType::Integer { .. } if function == RollupFunction::Average => {
            FieldType::Decimal { format: NumberFormat::Plain, precision: 18, scale: scale(4), unit_field: None }
        }
        FieldType::Integer { .. } | FieldType::Duration => of.clone(),
        FieldType::Decimal { format, scale: of_field, .. } => {
            FieldType::Decimal { format: *format, precision: 18, scale: scale(*of_field), unit_field: None }
        }
        FieldType::Money { currency, scale: of_field, round } => {
            let declared = currency_of(site, findings);
            let mixed = is_mixed(site.world, source, currency);
            if mixed {
                let name = site.doc.field.as_deref().unwrap_or_default();
                findings.add(site.file, &site.at("field"), Code::MixedCurrencies, &[name]);
            }
            let of_lines = if mixed { CurrencyOf::Base } else { currency_above(site, source, currency) };
            FieldType::Money {
                currency: declared.unwrap_or(of_lines),
                scale: scale(*of_field),
                round: site.doc.round.unwrap_or(*round),
            }
        }
        FieldType::Date | FieldType::DateTime | FieldType::Time if !adds => of.clone(),
        FieldType::Text { .. }
        | FieldType::LongText { .. }
        | FieldType::Boolean
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Time
        | FieldType::Choice { .. }
        | FieldType::Choices { .. }
        | FieldType::State(_)
        | FieldType::Reference { .. }
        | FieldType::Lines { .. }
        | FieldType::Code(_)
        | FieldType::Json(_)
        | FieldType::Files { .. }
        | FieldType::AutoNumber { .. }
        | FieldType::Formula { .. }
        | FieldType::Rollup { .. }
        | FieldType::Lookup { .. } => return None,
    })
}

/// Whether the amounts of an entity can differ in currency among the lines of one record, or among the records that refer to it.
fn is_mixed(world: &World, source: &Source, currency: &CurrencyOf) -> bool {
    let CurrencyOf::Field(field) = currency else {
        let by_company = |entity: &super::world::EntityWork| entity.slots.iter().any(|slot| slot.id == FieldId::COMPANY);
        let source_entity = world.entities.get(source.entity);
        return *currency == CurrencyOf::Base && source.of.is_some() && source_entity.is_some_and(by_company);
    };
    if source.of.is_some() {
        return true;
    }
    let Some(slot) = world.entities.get(source.entity).and_then(|entity| entity.slots.iter().find(|slot| slot.id == *field))
    else {
        return false;
    };
    // A lookup through the parent is the same for all lines of a record.
    !matches!(&slot.state, SlotState::Ready(FieldType::Lookup { path, .. }) if path.first() == Some(&FieldId::PARENT))
}

/// The lines' currency as the record above them knows it.
fn currency_above(site: &Site<'_>, source: &Source, currency: &CurrencyOf) -> CurrencyOf {
    let CurrencyOf::Field(field) = currency else { return currency.clone() };
    let line = site.world.entities.get(source.entity).and_then(|entity| entity.slots.iter().find(|slot| slot.id == *field));
    match line.map(|slot| &slot.state) {
        Some(SlotState::Ready(FieldType::Lookup { path, .. })) => {
            path.get(1).map_or(CurrencyOf::Base, |own| CurrencyOf::Field(*own))
        }
        _ => currency.clone(),
    }
}
