//! Sensitive fields: what would need their plain values in the database, or tell them elsewhere, is refused.
use super::{
    codes::Code,
    expressions::{Compiled, FieldExpression},
    fields::site,
    findings::{FileId, Findings},
    places::At,
    types::Site,
    world::{EntityIx, Slot, SlotState, World},
};
use crate::{
    catalog::FieldType,
    expr::{
        Expr,
        sensitive::{SensitiveUse, sensitive_uses},
    },
    id::{EntityId, FieldId},
};

/// What an expression may do with sensitive fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum May {
    /// Ask whether they are equal to a constant: conditions that the database answers.
    Compare,
    /// Nothing: values computed from them, and conditions that forms evaluate.
    Nothing,
}

/// Checks what fields say of sensitive ones, themselves and others.
pub(super) fn check_fields(world: &World, compiled: &[Compiled], findings: &mut Findings) {
    for (entity, work) in world.entities.iter().enumerate() {
        if let Some(label) = work.head.as_ref().and_then(|head| head.label.as_deref())
            && world.slot(entity, label).is_some_and(is_sensitive)
        {
            findings.add(work.file, "/label", Code::SensitiveHere, &[label]);
        }
        for place in 0..work.slots.len() {
            let Some(site) = site(world, entity, place) else { continue };
            if is_sensitive(site.slot) && site.doc.searchable {
                findings.add(site.file, &site.at("searchable"), Code::SensitiveHere, &[&site.slot.name]);
            }
            check_source(&site, findings);
        }
    }
    for Compiled { entity, place, role, expr } in compiled {
        let Some(site) = site(world, *entity, *place) else { continue };
        let (option, root, may) = match role {
            FieldExpression::Default => ("default".to_owned(), Some(*entity), May::Nothing),
            FieldExpression::Required => ("required".to_owned(), Some(*entity), May::Nothing),
            FieldExpression::Formula => ("expression".to_owned(), Some(*entity), May::Nothing),
            FieldExpression::Filter => ("filter".to_owned(), filtered(&site), May::Nothing),
            FieldExpression::Transition(index) => (format!("transitions/{index}/when"), Some(*entity), May::Nothing),
        };
        if let Some(root) = root {
            expression(world, (site.file, &site.at(&option)), root, (expr, may), findings);
        }
    }
}

/// Checks an expression that stands on an entity's record.
pub(super) fn expression(
    world: &World,
    (file, pointer): (FileId, &str),
    root: EntityIx,
    (expr, may): (&Expr, May),
    findings: &mut Findings,
) {
    let Some(root) = world.entities.get(root).map(|work| work.id) else { return };
    let step = |entity: EntityId, field: FieldId| {
        let work = world.by_id.get(&entity).and_then(|index| world.entities.get(*index))?;
        let slot = work.slots.iter().find(|slot| slot.id == field)?;
        let target = match &slot.state {
            SlotState::Ready(FieldType::Lines { entity, .. }) => Some(*entity),
            SlotState::Ready(ty) => ty.reference(),
            SlotState::Waiting | SlotState::Broken | SlotState::Retired => None,
        };
        Some((is_sensitive(slot), target))
    };
    for SensitiveUse { span, comparison } in sensitive_uses(expr, root, &step) {
        let code = match may {
            May::Nothing => Code::SensitiveRead,
            May::Compare if !comparison => Code::SensitiveComparison,
            May::Compare => continue,
        };
        findings.add_at(file, pointer, At::Inside(span.start), code, &[]);
    }
}

/// Whether a field is sensitive.
pub(super) fn is_sensitive(slot: &Slot) -> bool {
    slot.doc.as_ref().is_some_and(|doc| doc.sensitive && !doc.retired)
}

/// Roll-ups and lookups of sensitive fields, units and currencies taken from them.
fn check_source(site: &Site<'_>, findings: &mut Findings) {
    let SlotState::Ready(ty) = &site.slot.state else { return };
    let of = match ty {
        FieldType::Rollup { field, .. } => field.as_ref(),
        FieldType::Lookup { path, .. } => path.last(),
        _ => None,
    };
    if let Some(slot) = of.and_then(|of| slot_of(site, *of, ty)) {
        findings.add(site.file, &site.at("field"), Code::SensitiveRead, &[&slot.name]);
    }
    for (option, name) in [("unit_field", &site.doc.unit_field), ("currency_field", &site.doc.currency_field)] {
        let Some(name) = name else { continue };
        if site.world.slot(site.entity, name).is_some_and(is_sensitive) {
            findings.add(site.file, &site.at(option), Code::SensitiveHere, &[name]);
        }
    }
}

/// The sensitive field that a roll-up combines or a lookup shows.
fn slot_of<'a>(site: &Site<'a>, field: FieldId, ty: &FieldType) -> Option<&'a Slot> {
    let mut at = site.entity;
    let find = |at: EntityIx, id: FieldId| site.world.entities.get(at)?.slots.iter().find(|slot| slot.id == id);
    if let FieldType::Lookup { path, .. } = ty {
        for step in path.iter().take(path.len().saturating_sub(1)) {
            let SlotState::Ready(ty) = &find(at, *step)?.state else { return None };
            at = *site.world.by_id.get(&ty.reference()?)?;
        }
    } else {
        at = filtered(site)?;
    }
    find(at, field).filter(|slot| is_sensitive(slot))
}

/// The entity whose records a roll-up combines.
fn filtered(site: &Site<'_>) -> Option<EntityIx> {
    match &site.slot.state {
        SlotState::Ready(FieldType::Rollup { lines, of, .. }) => super::expressions::rolled_up(site, *lines, *of),
        _ => None,
    }
}
