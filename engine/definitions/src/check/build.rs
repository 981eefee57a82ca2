//! Puts the catalogue together from what was checked.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    expressions::{Compiled, FieldExpression},
    graph::{Graph, Node},
    literals::literal,
    sets::Sets,
    world::{EntityIx, EntityWork, Slot, SlotState, World},
};
use crate::{
    LocalText,
    catalog::{Entity, Field, FieldClass, FieldType, Requirement},
    expr::Expr,
    id::FieldId,
    model::{entity::Track, field::BoolOrExpression},
};

/// Every entity that could be read, in order.
pub(super) fn entities(world: &World, compiled: Vec<Compiled>, graph: &Graph, sets: Vec<Sets>) -> Vec<Entity> {
    let mut of_field: BTreeMap<Node, Vec<(FieldExpression, Arc<Expr>)>> = BTreeMap::new();
    for Compiled { entity, place, role, expr } in compiled {
        of_field.entry((entity, place)).or_default().push((role, expr));
    }
    let numbered = world.entities.iter().enumerate().zip(sets);
    numbered.filter_map(|((index, work), sets)| entity(world, index, work, sets, graph, &of_field)).collect()
}

type Expressions = BTreeMap<Node, Vec<(FieldExpression, Arc<Expr>)>>;

fn entity(
    world: &World,
    index: EntityIx,
    work: &EntityWork,
    sets: Sets,
    graph: &Graph,
    expressions: &Expressions,
) -> Option<Entity> {
    let head = work.head.as_ref()?;
    let mut fields = Vec::with_capacity(work.slots.len());
    for (place, slot) in work.slots.iter().enumerate() {
        let class = graph.classes.get(&(index, place)).copied().unwrap_or(FieldClass::Input);
        let expressions = expressions.get(&(index, place)).map(Vec::as_slice).unwrap_or_default();
        fields.extend(field(work, slot, class, expressions));
    }
    let positions: HashMap<FieldId, usize> = fields.iter().enumerate().map(|(place, field)| (field.id, place)).collect();
    let names = fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect();
    let in_order = graph.order.iter().filter(|node| node.0 == index && is_stored(graph.classes.get(node)));
    let compute_order = in_order.filter_map(|node| positions.get(&work.slots.get(node.1)?.id).copied()).collect();
    let mut unique = sets.unique;
    unique.dedup();
    Some(Entity {
        id: work.id,
        app: world.apps.get(work.app).map(|app| app.name.clone()).unwrap_or_default(),
        name: work.name.clone(),
        title: head.title.clone(),
        label: sets.label.unwrap_or(FieldId::ID),
        fields,
        unique,
        indexes: sets.indexes,
        aspects: Vec::new(),
        duplicates: sets.duplicates,
        owner: head.owner && work.parent.is_none(),
        department: head.department && work.parent.is_none(),
        track: head.track == Track::All,
        append_only: head.append_only,
        parent: work.parent.and_then(|(parent, lines)| Some((world.entities.get(parent)?.id, lines))),
        compute_order,
        positions,
        names,
    })
}

fn is_stored(class: Option<&FieldClass>) -> bool {
    matches!(class, Some(FieldClass::Row | FieldClass::Rollup))
}

fn field(work: &EntityWork, slot: &Slot, class: FieldClass, expressions: &[(FieldExpression, Arc<Expr>)]) -> Option<Field> {
    let SlotState::Ready(ty) = &slot.state else { return None };
    let expression = |role| expressions.iter().find(|(of, _)| *of == role).map(|(_, expr)| Arc::clone(expr));
    let ty = with_expressions(ty.clone(), expressions);
    let Some(doc) = &slot.doc else {
        let is_link = work.is_link(slot.id);
        return Some(Field {
            id: slot.id,
            name: slot.name.clone(),
            title: match &work.head {
                Some(head) if is_link => head.title.clone(),
                Some(_) | None if slot.id.0.is_companion() => companion_title(&work.slots, slot),
                Some(_) | None => system_title(slot.id),
            },
            ty,
            required: if is_link { Requirement::Yes } else { Requirement::No },
            default: None,
            unique: false,
            searchable: false,
            sensitive: false,
            translatable: false,
            minimum: None,
            maximum: None,
            system: slot.id != FieldId::COMPANY && !is_link,
            class: FieldClass::Input,
        });
    };
    let required = match &doc.required {
        None | Some(BoolOrExpression::Bool(false)) => Requirement::No,
        Some(BoolOrExpression::Bool(true)) => Requirement::Yes,
        Some(BoolOrExpression::Expression(_)) => expression(FieldExpression::Required).map_or(Requirement::No, Requirement::When),
    };
    let limit = |text: &Option<String>| text.as_deref().and_then(|text| literal(&ty, text));
    Some(Field {
        id: slot.id,
        name: slot.name.clone(),
        title: doc.title.clone(),
        required,
        default: expression(FieldExpression::Default),
        unique: doc.unique,
        searchable: doc.searchable,
        sensitive: doc.sensitive,
        translatable: doc.translatable,
        minimum: limit(&doc.minimum),
        maximum: limit(&doc.maximum),
        system: doc.system,
        class,
        ty,
    })
}

/// Puts the compiled expressions where the type holds them.
fn with_expressions(mut ty: FieldType, expressions: &[(FieldExpression, Arc<Expr>)]) -> FieldType {
    for (role, expr) in expressions {
        match (&mut ty, role) {
            (FieldType::Formula { expression, .. }, FieldExpression::Formula) => *expression = Arc::clone(expr),
            (FieldType::Rollup { filter, .. }, FieldExpression::Filter) => *filter = Some(Arc::clone(expr)),
            (FieldType::State(machine), FieldExpression::Transition(index)) => {
                if let Some(transition) = machine.transitions.get_mut(*index) {
                    transition.when = Some(Arc::clone(expr));
                }
            }
            (_, FieldExpression::Default | FieldExpression::Required) => {}
            (_, FieldExpression::Formula | FieldExpression::Filter | FieldExpression::Transition(_)) => {}
        }
    }
    ty
}

/// The title of what the engine keeps beside a field: what a formula converted with, the texts of a translatable field.
fn companion_title(slots: &[Slot], kept: &Slot) -> LocalText {
    let of = slots.iter().find(|slot| slot.id.0.companion() == Some(kept.id.0)).and_then(|slot| slot.doc.as_ref());
    let title = |locale| of.and_then(|doc| doc.title.get(locale)).unwrap_or(&kept.name);
    let (zh, en) = match of {
        Some(doc) if doc.translatable => ("各语言文本", "Languages of"),
        Some(_) | None if kept.name.ends_with("_units") => ("换算单位", "Units of"),
        Some(_) | None => ("汇率", "Rates of"),
    };
    let (zh, en) = (format!("{}的{zh}", title("zh-CN")), format!("{en} {}", title("en")));
    LocalText::from([("zh-CN", zh.as_str()), ("en", en.as_str())].as_slice())
}

/// Titles of the fields every record has.
fn system_title(id: FieldId) -> LocalText {
    let (zh, en) = match id {
        FieldId::ID => ("编号", "Id"),
        FieldId::REVISION => ("版本", "Revision"),
        FieldId::CREATED_AT => ("创建时间", "Created at"),
        FieldId::CREATED_BY => ("创建人", "Created by"),
        FieldId::UPDATED_AT => ("修改时间", "Updated at"),
        FieldId::UPDATED_BY => ("修改人", "Updated by"),
        FieldId::OWNER => ("负责人", "Owner"),
        FieldId::DEPARTMENT => ("部门", "Department"),
        FieldId::COMPANY => ("公司", "Company"),
        FieldId::ARCHIVED_AT => ("归档时间", "Archived at"),
        FieldId::PARENT => ("所属单据", "Belongs to"),
        FieldId::POSITION => ("行号", "Position"),
        _ => return LocalText::default(),
    };
    LocalText::from([("zh-CN", zh), ("en", en)].as_slice())
}
