//! One graph over all derived fields: circles, what is stored and what is live, and the order of computing.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    codes::Code,
    expressions::{Compiled, FieldExpression, rolled_up},
    fields::site,
    findings::Findings,
    world::{EntityIx, SlotState, World},
};
use crate::{
    catalog::{FieldClass, FieldType},
    expr::{
        EnvValue, Expr,
        reads::{converts, env_values, folds, reads},
    },
    id::FieldId,
};

/// A field: place of the entity, place of the field in it.
pub(super) type Node = (EntityIx, usize);

/// What the graph says of the derived fields.
pub(super) struct Graph {
    /// How each derived field comes to its value; others are entered.
    pub(super) classes: BTreeMap<Node, FieldClass>,
    /// Derived fields, inputs before what uses them.
    pub(super) order: Vec<Node>,
    /// What each derived field reads: steps of fields from its record.
    pub(super) inputs: BTreeMap<Node, Vec<Vec<Node>>>,
}

/// What one derived field reads, and whether it is live by itself.
struct Inputs {
    paths: Vec<Vec<Node>>,
    live: bool,
}

/// Stored roll-ups over roll-ups go so deep; what is deeper is computed when it is read, so that one write never touches an
/// unlimited chain of records.
const ROLLUP_DEPTH: u8 = 8;

/// Builds the graph and tells circles.
pub(super) fn build(world: &World, compiled: &[Compiled], findings: &mut Findings) -> Graph {
    let slots = slots_by_id(world);
    let mut inputs: BTreeMap<Node, Inputs> = BTreeMap::new();
    for (entity, work) in world.entities.iter().enumerate() {
        for (place, slot) in work.slots.iter().enumerate() {
            let SlotState::Ready(ty) = &slot.state else { continue };
            if let Some(found) = inputs_of(world, &slots, (entity, place), ty, compiled) {
                inputs.insert((entity, place), found);
            }
        }
    }
    let edges: BTreeMap<Node, BTreeSet<Node>> = inputs
        .iter()
        .map(|(node, found)| (*node, found.paths.iter().flatten().copied().filter(|to| inputs.contains_key(to)).collect()))
        .collect();
    let (order, left) = sort(&edges);
    tell_circles(world, &edges, left, findings);
    let mut classes = BTreeMap::new();
    let mut depths: BTreeMap<Node, u8> = BTreeMap::new();
    for node in &order {
        let Some(found) = inputs.get(node) else { continue };
        let live_input = |to: &Node| classes.get(to) == Some(&FieldClass::Live);
        let inputs = || edges.get(node).into_iter().flatten();
        let over_records = matches!(type_of(world, *node), Some(FieldType::Rollup { of: Some(_), .. }));
        let depth = inputs().filter_map(|to| depths.get(to)).max().copied().unwrap_or_default() + u8::from(over_records);
        let live = found.live || depth > ROLLUP_DEPTH || inputs().any(live_input);
        depths.insert(*node, if live { 0 } else { depth });
        let copied = matches!(type_of(world, *node), Some(FieldType::Lookup { copied: true, .. }));
        let class = match (live && !copied, over_records) {
            (true, _) => FieldClass::Live,
            (false, true) => FieldClass::Rollup,
            (false, false) => FieldClass::Row,
        };
        classes.insert(*node, class);
    }
    tell_live_conversions(world, compiled, &classes, findings);
    tell_live_folds(world, compiled, &classes, findings);
    Graph { classes, order, inputs: inputs.into_iter().map(|(node, found)| (node, found.paths)).collect() }
}

/// Rates and units are read when a record is written, so a formula that converts must be stored.
fn tell_live_conversions(world: &World, compiled: &[Compiled], classes: &BTreeMap<Node, FieldClass>, findings: &mut Findings) {
    for found in compiled.iter().filter(|found| found.role == FieldExpression::Formula && converts(&found.expr)) {
        if classes.get(&(found.entity, found.place)) == Some(&FieldClass::Live)
            && let Some(site) = site(world, found.entity, found.place)
        {
            findings.add(site.file, &site.at("expression"), Code::ConvertNotStored, &[&site.slot.name]);
        }
    }
}

/// A formula that is computed when it is read is a piece of a statement.
fn tell_live_folds(world: &World, compiled: &[Compiled], classes: &BTreeMap<Node, FieldClass>, findings: &mut Findings) {
    for found in compiled.iter().filter(|found| found.role == FieldExpression::Formula) {
        if classes.get(&(found.entity, found.place)) == Some(&FieldClass::Live)
            && !folds(&found.expr, &|field| world.is_folded(field))
            && let Some(site) = site(world, found.entity, found.place)
        {
            findings.add(site.file, &site.at("expression"), Code::FoldNotHere, &[]);
        }
    }
}

fn type_of(world: &World, (entity, place): Node) -> Option<&FieldType> {
    match &world.entities.get(entity)?.slots.get(place)?.state {
        SlotState::Ready(ty) => Some(ty),
        SlotState::Waiting | SlotState::Broken | SlotState::Retired => None,
    }
}

type Slots = Vec<HashMap<FieldId, usize>>;

fn slots_by_id(world: &World) -> Slots {
    let of_entity = |entity: &super::world::EntityWork| {
        let mut places = HashMap::new();
        for (place, slot) in entity.slots.iter().enumerate() {
            places.entry(slot.id).or_insert(place);
        }
        places
    };
    world.entities.iter().map(of_entity).collect()
}

/// What a derived field reads; `None` for a field that is entered.
fn inputs_of(world: &World, slots: &Slots, node: Node, ty: &FieldType, compiled: &[Compiled]) -> Option<Inputs> {
    let (entity, place) = node;
    // `compiled` is in the order of entities and fields.
    let first = compiled.partition_point(|found| (found.entity, found.place) < node);
    let of_node = || compiled.iter().skip(first).take_while(|found| (found.entity, found.place) == node);
    let expr = |role| of_node().find(|found| found.role == role).map(|found| &found.expr);
    let mut live = false;
    let paths = match ty {
        FieldType::Formula { .. } => {
            let Some(expr) = expr(FieldExpression::Formula) else { return Some(Inputs { paths: Vec::new(), live: false }) };
            live = asks_the_moment(world, expr);
            let company = company_values(world, slots, expr);
            reads(expr).into_iter().filter_map(|path| follow(world, slots, entity, &path, &mut live)).chain(company).collect()
        }
        FieldType::Lookup { path, .. } => follow(world, slots, entity, path, &mut live).into_iter().collect(),
        FieldType::Rollup { lines, of, field, .. } => {
            let site = site(world, entity, place)?;
            let other = rolled_up(&site, *lines, *of)?;
            let filter = expr(FieldExpression::Filter);
            live = filter.is_some_and(|filter| asks_the_moment(world, filter));
            let of_filter = filter.map(|filter| reads(filter)).unwrap_or_default();
            let start: Vec<Node> =
                slots.get(entity).and_then(|slots| slots.get(lines)).map(|place| (entity, *place)).into_iter().collect();
            let mut paths = vec![start];
            let from_lines = field.iter().map(|field| vec![*field]).chain(of_filter);
            paths.extend(from_lines.filter_map(|path| follow(world, slots, other, &path, &mut live)));
            paths
        }
        FieldType::Text { .. }
        | FieldType::LongText { .. }
        | FieldType::Integer { .. }
        | FieldType::Decimal { .. }
        | FieldType::Money { .. }
        | FieldType::Boolean
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Time
        | FieldType::Duration
        | FieldType::Choice { .. }
        | FieldType::Choices { .. }
        | FieldType::State(_)
        | FieldType::Reference { .. }
        | FieldType::Lines { .. }
        | FieldType::Code(_)
        | FieldType::Json(_)
        | FieldType::Files { .. }
        | FieldType::AutoNumber { .. } => return None,
    };
    Some(Inputs { paths, live })
}

/// Whether an expression depends on the moment, the person, or something of the default company that may change.
fn asks_the_moment(world: &World, expr: &Expr) -> bool {
    env_values(expr).into_iter().any(|value| match value {
        EnvValue::Today | EnvValue::Now | EnvValue::UserId | EnvValue::UserName | EnvValue::UserDepartment => true,
        EnvValue::Company(field) => company_entity(world).is_none_or(|company| !is_fixed(world, company, field)),
    })
}

/// What an expression reads of the tenant's default company.
fn company_values(world: &World, slots: &Slots, expr: &Expr) -> Vec<Vec<Node>> {
    let Some(company) = company_entity(world) else { return Vec::new() };
    let fields = env_values(expr).into_iter().filter_map(|value| match value {
        EnvValue::Company(field) => slots.get(company)?.get(&field).map(|place| vec![(company, *place)]),
        EnvValue::Today | EnvValue::Now | EnvValue::UserId | EnvValue::UserName | EnvValue::UserDepartment => None,
    });
    fields.collect()
}

fn company_entity(world: &World) -> Option<EntityIx> {
    let base = world.apps.iter().position(|app| app.name == "base")?;
    world.by_name.get(&(base, "company".to_owned())).copied()
}

/// Whether a field of a company stays what it is once records depend on it: the write gate refuses to change its currency then.
fn is_fixed(world: &World, company: EntityIx, field: FieldId) -> bool {
    let slots = world.entities.get(company).map(|work| work.slots.as_slice()).unwrap_or_default();
    slots.iter().any(|slot| slot.id == field && slot.name == "currency")
}

/// The fields along a path; a reference that is crossed makes it live, unless it leads to what stays as it is.
fn follow(world: &World, slots: &Slots, entity: EntityIx, path: &[FieldId], live: &mut bool) -> Option<Vec<Node>> {
    let mut at = entity;
    let mut nodes = Vec::with_capacity(path.len());
    for (step, id) in path.iter().enumerate() {
        let node = (at, *slots.get(at)?.get(id)?);
        nodes.push(node);
        if step + 1 == path.len() {
            break;
        }
        let ty = type_of(world, node)?;
        let next = match ty.result() {
            FieldType::Lines { entity, .. } => *entity,
            _ => {
                let last = path.get(step + 1).filter(|_| step + 2 == path.len());
                let fixed = *id == FieldId::COMPANY
                    && company_entity(world).zip(last).is_some_and(|(company, field)| is_fixed(world, company, *field));
                *live |= !fixed;
                ty.reference()?
            }
        };
        at = *world.by_id.get(&next)?;
    }
    Some(nodes)
}

/// Inputs before what uses them; what is left lies on circles or behind them.
fn sort(edges: &BTreeMap<Node, BTreeSet<Node>>) -> (Vec<Node>, BTreeSet<Node>) {
    let mut users: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    let mut open: BTreeMap<Node, usize> = BTreeMap::new();
    for (node, inputs) in edges {
        open.insert(*node, inputs.len());
        for input in inputs {
            users.entry(*input).or_default().push(*node);
        }
    }
    let mut ready: Vec<Node> = open.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).rev().collect();
    let mut order = Vec::with_capacity(edges.len());
    while let Some(node) = ready.pop() {
        order.push(node);
        open.remove(&node);
        for user in users.get(&node).into_iter().flatten() {
            if let Some(count) = open.get_mut(user) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.push(*user);
                }
            }
        }
    }
    (order, open.into_keys().collect())
}

/// Tells each circle once, at a formula in it where there is one.
fn tell_circles(world: &World, edges: &BTreeMap<Node, BTreeSet<Node>>, mut left: BTreeSet<Node>, findings: &mut Findings) {
    while let Some(start) = left.first().copied() {
        let mut walked = vec![start];
        let circle = loop {
            let Some(last) = walked.last() else { return };
            let next = edges.get(last).into_iter().flatten().find(|to| left.contains(to)).copied();
            let Some(next) = next else { break None };
            if let Some(from) = walked.iter().position(|node| *node == next) {
                break Some(walked.split_off(from));
            }
            walked.push(next);
        };
        match circle {
            Some(circle) => {
                tell_circle(world, &circle, findings);
                for node in circle {
                    left.remove(&node);
                }
            }
            // Nothing it waits for is left: it only lay behind a circle.
            None => {
                if let Some(last) = walked.last() {
                    left.remove(last);
                }
            }
        }
    }
}

fn tell_circle(world: &World, circle: &[Node], findings: &mut Findings) {
    let is_formula = |node: &&Node| matches!(type_of(world, **node), Some(FieldType::Formula { .. }));
    let Some(first) = circle.iter().filter(is_formula).min().or_else(|| circle.iter().min()) else { return };
    let turn = circle.iter().position(|node| node == first).unwrap_or_default();
    let in_order = circle.iter().skip(turn).chain(circle.iter().take(turn)).chain(std::iter::once(first));
    let names: Vec<String> = in_order
        .filter_map(|(entity, place)| {
            let entity = world.entities.get(*entity)?;
            Some(format!("{}.{}", entity.name, entity.slots.get(*place)?.name))
        })
        .collect();
    let Some(site) = site(world, first.0, first.1) else { return };
    let pointer = if is_formula(&first) { site.at("expression") } else { site.slot.pointer.clone() };
    findings.add(site.file, &pointer, Code::DerivedCycle, &[&names.join(" → ")]);
}
