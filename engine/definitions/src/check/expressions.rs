//! Expressions inside documents: compiled against the world, their findings put at the right place of the document.
use std::{cell::RefCell, sync::Arc};

use super::{
    codes::Code,
    fields::site,
    findings::{FileId, Finding, Findings},
    places::At,
    suggest::suggest,
    types::Site,
    world::{EntityIx, SlotState, World},
};
use crate::{
    Severity,
    catalog::FieldType,
    expr::{
        BinaryOp, Expr, ExprKind, Type, converts,
        error::ExprError,
        folds,
        names::{CompanyOf, NamedField, is_company_value},
        resolve,
    },
    id::{EntityId, FieldId},
    model::field::BoolOrExpression,
    value::Value,
};

/// A compiled expression and the place in a field that it belongs to.
pub(super) struct Compiled {
    pub(super) entity: EntityIx,
    pub(super) place: usize,
    pub(super) role: FieldExpression,
    pub(super) expr: Arc<Expr>,
}

/// What an expression is for in its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldExpression {
    Default,
    Required,
    Formula,
    Filter,
    /// The condition of the n-th transition.
    Transition(usize),
}

/// Compiles every expression of every field.
pub(super) fn compile_fields(world: &World, findings: &mut Findings) -> Vec<Compiled> {
    let mut compiled = Vec::new();
    for (entity, work) in world.entities.iter().enumerate() {
        for place in 0..work.slots.len() {
            let Some(site) = site(world, entity, place) else { continue };
            let SlotState::Ready(ty) = &site.slot.state else { continue };
            for (role, expr) in of_field(&site, ty, findings) {
                compiled.push(Compiled { entity, place, role, expr: Arc::new(expr) });
            }
        }
    }
    compiled
}

fn of_field(site: &Site<'_>, ty: &FieldType, findings: &mut Findings) -> Vec<(FieldExpression, Expr)> {
    let doc = site.doc;
    let mut found = Vec::new();
    let mut condition = |role, pointer: &str, entity, text: &str, findings: &mut Findings| {
        let expr = compile(site.world, (site.file, pointer), entity, text, Some(&Type::Boolean), findings);
        found.extend(expr.map(|expr| (role, expr)));
    };
    if let Some(BoolOrExpression::Expression(text)) = &doc.required {
        condition(FieldExpression::Required, &site.at("required"), site.entity, text, findings);
    }
    for (index, transition) in doc.transitions.iter().enumerate().filter(|_| matches!(ty, FieldType::State(_))) {
        if let Some(text) = &transition.when {
            let pointer = site.at(&format!("transitions/{index}/when"));
            condition(FieldExpression::Transition(index), &pointer, site.entity, text, findings);
        }
    }
    if let (FieldType::Rollup { lines, of, .. }, Some(text)) = (ty, &doc.filter)
        && let Some(entity) = rolled_up(site, *lines, *of)
    {
        condition(FieldExpression::Filter, &site.at("filter"), entity, text, findings);
    }
    if let Some(expr) = formula(site, ty, findings) {
        found.push((FieldExpression::Formula, expr));
    }
    if let Some(expr) = default(site, ty, findings) {
        found.push((FieldExpression::Default, expr));
    }
    found
}

/// The entity whose records a roll-up combines.
pub(super) fn rolled_up(site: &Site<'_>, lines: crate::FieldId, of: Option<EntityId>) -> Option<EntityIx> {
    let entity = of.or_else(|| {
        let slot = site.world.entities.get(site.entity)?.slots.iter().find(|slot| slot.id == lines)?;
        match &slot.state {
            SlotState::Ready(FieldType::Lines { entity, .. }) => Some(*entity),
            _ => None,
        }
    })?;
    site.world.by_id.get(&entity).copied()
}

fn formula(site: &Site<'_>, ty: &FieldType, findings: &mut Findings) -> Option<Expr> {
    let (FieldType::Formula { result, .. }, Some(text)) = (ty, &site.doc.expression) else { return None };
    let pointer = site.at("expression");
    let expr = compile_any(site.world, (site.file, &pointer), site.entity, text, Some(&Type::of(result)), findings)?;
    // Money is rounded by its own declared mode, and a quotient or a conversion never ends; anything else would lose digits silently.
    if let (Type::Number { scale }, FieldType::Decimal { scale: kept, .. }) = (&expr.ty, result.as_ref())
        && scale > kept
        && !has_quotient(&expr)
    {
        let at = At::Inside(expr.span.start);
        findings.add_at(site.file, &pointer, at, Code::ScaleOverflow, &[&scale.to_string(), &kept.to_string()]);
        return None;
    }
    Some(expr)
}

fn has_quotient(expr: &Expr) -> bool {
    let mut found = converts(expr);
    expr.walk(&mut |part| found |= matches!(&part.kind, ExprKind::Binary { op: BinaryOp::Divide, .. }));
    found
}

fn default(site: &Site<'_>, ty: &FieldType, findings: &mut Findings) -> Option<Expr> {
    let text = site.doc.default.as_deref()?;
    if matches!(
        ty,
        FieldType::Lines { .. }
            | FieldType::Formula { .. }
            | FieldType::Rollup { .. }
            | FieldType::Lookup { .. }
            | FieldType::AutoNumber { .. }
    ) {
        return None;
    }
    let pointer = site.at("default");
    let expr = compile(site.world, (site.file, &pointer), site.entity, text, Some(&Type::of(ty)), findings)?;
    let options = match ty {
        FieldType::Choice { options } | FieldType::Choices { options } => options,
        FieldType::State(machine) => &machine.states,
        _ => return Some(expr),
    };
    let mut known = true;
    for wrong in literals(&expr).into_iter().filter(|text| !options.iter().any(|option| option.name == *text)) {
        let (zh, en) = suggest(wrong, options.iter().map(|option| option.name.as_str()));
        findings.add(site.file, &pointer, Code::UnknownOption, &[wrong, &zh, &en]);
        known = false;
    }
    known.then_some(expr)
}

/// The texts that an expression may yield as they stand.
fn literals(expr: &Expr) -> Vec<&str> {
    match &expr.kind {
        ExprKind::Literal(Value::Text(text)) => vec![text],
        ExprKind::List(items) => items.iter().flat_map(literals).collect(),
        ExprKind::If { then, otherwise, .. } => [literals(then), literals(otherwise)].concat(),
        ExprKind::Coalesce(first, second) => [literals(first), literals(second)].concat(),
        ExprKind::Literal(_)
        | ExprKind::Field { .. }
        | ExprKind::Parameter(_)
        | ExprKind::Env(_)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::Binary { .. }
        | ExprKind::In { .. }
        | ExprKind::Call { .. }
        | ExprKind::Aggregate { .. } => Vec::new(),
    }
}

/// Compiles an expression that is no formula, and so cannot convert between currencies or units nor fold what is not stored folded; see [`compile_any`].
pub(super) fn compile(
    world: &World,
    (file, pointer): (FileId, &str),
    entity: EntityIx,
    text: &str,
    expected: Option<&Type>,
    findings: &mut Findings,
) -> Option<Expr> {
    let expr = compile_any(world, (file, pointer), entity, text, expected, findings)?;
    if converts(&expr) {
        findings.add(file, pointer, Code::ConvertNotHere, &[]);
        return None;
    }
    if !folds(&expr, &|field| world.is_folded(field)) {
        findings.add(file, pointer, Code::FoldNotHere, &[]);
        return None;
    }
    Some(expr)
}

/// Compiles one expression that stands on a record of an entity; tells what is wrong at its place.
///
/// What is only wrong because a field it uses is broken is not told: that field was.
fn compile_any(
    world: &World,
    (file, pointer): (FileId, &str),
    entity: EntityIx,
    text: &str,
    expected: Option<&Type>,
    findings: &mut Findings,
) -> Option<Expr> {
    let names = WorldNames { world, root: world.entities.get(entity)?.id, met: RefCell::new(Met::default()) };
    let errors = match resolve::compile(text, &names, expected) {
        Ok(expr) => return Some(expr),
        Err(errors) => errors,
    };
    let met = names.met.into_inner();
    for error in errors {
        tell(text, error, &met, (file, pointer), findings);
    }
    None
}

fn tell(text: &str, error: ExprError, met: &Met, (file, pointer): (FileId, &str), findings: &mut Findings) {
    let at = At::Inside(error.span.start);
    let written = text.get(error.span.start..error.span.end).unwrap_or_default();
    let names = |list: &[String]| written.split('.').find(|part| list.iter().any(|name| name == part)).map(str::to_owned);
    if error.code == "unknown_field" || error.code == "not_a_reference" {
        if names(&met.broken).is_some() {
            return;
        }
        if let Some(name) = names(&met.retired) {
            findings.add_at(file, pointer, at, Code::RetiredField, &[&name]);
            return;
        }
    }
    let ExprError { code, message, suggestion, .. } = error;
    findings.add_finding(file, pointer, at, Finding { code, severity: Severity::Error, message, suggestion });
}

/// Fields that were asked for and cannot be used.
#[derive(Default)]
struct Met {
    broken: Vec<String>,
    retired: Vec<String>,
}

/// What names mean in the world, for a record of one entity.
struct WorldNames<'a> {
    world: &'a World,
    root: EntityId,
    met: RefCell<Met>,
}

impl crate::expr::names::Names for WorldNames<'_> {
    fn root(&self) -> Option<EntityId> {
        Some(self.root)
    }

    fn field(&self, entity: EntityId, name: &str) -> Option<NamedField> {
        let Some(index) = self.world.by_id.get(&entity) else {
            self.met.borrow_mut().broken.push(name.to_owned());
            return None;
        };
        let slot = self.world.slot(*index, name)?;
        match &slot.state {
            SlotState::Ready(ty) => return Some(NamedField::of(slot.id, ty)),
            SlotState::Retired => self.met.borrow_mut().retired.push(name.to_owned()),
            SlotState::Waiting | SlotState::Broken => self.met.borrow_mut().broken.push(name.to_owned()),
        }
        None
    }

    fn link(&self, entity: EntityId) -> Option<(FieldId, EntityId)> {
        let work = self.world.entities.get(*self.world.by_id.get(&entity)?)?;
        let link = work.slots.iter().find(|slot| work.is_link(slot.id))?;
        match &link.state {
            SlotState::Ready(ty) => Some((link.id, ty.reference()?)),
            SlotState::Waiting | SlotState::Broken | SlotState::Retired => None,
        }
    }

    fn field_names(&self, entity: EntityId) -> Vec<String> {
        let work = self.world.by_id.get(&entity).and_then(|index| self.world.entities.get(*index));
        let slots = work.into_iter().flat_map(|work| &work.slots);
        slots.filter(|slot| matches!(slot.state, SlotState::Ready(_))).map(|slot| slot.name.clone()).collect()
    }

    fn parameter(&self, _: &str) -> Option<Type> {
        None
    }

    fn entity_named(&self, name: &str) -> Option<EntityId> {
        match self.world.entity_named(0, name) {
            super::world::Found::Yes(index) => self.world.entities.get(index).map(|entity| entity.id),
            super::world::Found::Broken | super::world::Found::No(_) => None,
        }
    }

    fn company_of(&self, entity: EntityId) -> CompanyOf {
        let Some(index) = self.world.by_id.get(&entity) else { return CompanyOf::Tenant };
        let has = |index: EntityIx| {
            let work = self.world.entities.get(index);
            work.is_some_and(|work| work.slots.iter().any(|slot| slot.id == FieldId::COMPANY))
        };
        let parent = self.world.entities.get(*index).and_then(|work| work.parent);
        match parent {
            _ if has(*index) => CompanyOf::Record,
            Some((parent, _lines)) if has(parent) => CompanyOf::Parent,
            Some(_) | None => CompanyOf::Tenant,
        }
    }

    fn company_field(&self, name: &str) -> Option<NamedField> {
        let company = self.entity_named("base.company")?;
        let slot = self.world.slot(*self.world.by_id.get(&company)?, name)?;
        match &slot.state {
            SlotState::Ready(ty) if is_company_value(ty) => Some(NamedField::of(slot.id, ty)),
            SlotState::Ready(_) | SlotState::Waiting | SlotState::Broken | SlotState::Retired => None,
        }
    }
}
