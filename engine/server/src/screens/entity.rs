//! An entity as one person may know it: its document without unknown fields, the person's rights, trees for the browser.
use kontor_access::Action;
use kontor_definitions::{
    Entity, Field, FieldId, FieldType,
    catalog::{FieldClass, NumberFormat, Requirement},
    expr::Expr,
    model::{
        EntityDoc, FieldDoc,
        field::{BoolOrExpression, FieldKind},
    },
};
use serde_json::{Map, Value, json};

use super::reader::{Reader, lines_of};

/// An item of `entities`.
pub(super) fn entity(reader: Reader<'_>, entity: &Entity, mut document: EntityDoc) -> Value {
    document.title.clone_from(&entity.title);
    document.fields.retain(|field| !field.retired && reader.field(entity, &field.name).is_some());
    for field in &mut document.fields {
        if let Some(known) = entity.field_named(&field.name) {
            cut(reader, entity, known, field);
        }
    }
    document.fields.extend(company(reader, entity));
    document.label = document.label.filter(|name| reader.field(entity, name).is_some());
    let all_known = |names: &Vec<String>| names.iter().all(|name| reader.field(entity, name).is_some());
    document.unique.retain(all_known);
    document.indexes.retain(all_known);
    json!({
        "app": entity.app,
        "document": document,
        "rights": rights(reader, entity),
        "derived": derived(reader, entity),
        "expressions": expressions(reader, entity),
    })
}

/// The company of a record stands in no document; whoever knows companies sees it in forms like any other reference.
fn company(reader: Reader<'_>, entity: &Entity) -> Option<FieldDoc> {
    let field = entity.field(FieldId::COMPANY).filter(|field| reader.knows_field(entity.id, field.id))?;
    let companies = field.ty.reference().and_then(|id| reader.catalog.entity(id)).filter(|target| reader.knows(target.id))?;
    let document = json!({"name": field.name, "title": field.title, "type": "reference", "entity": companies.full_name()});
    serde_json::from_value(document).ok()
}

/// Takes out of a field what speaks of fields that the person does not know.
fn cut(reader: Reader<'_>, entity: &Entity, known: &Field, field: &mut FieldDoc) {
    let hidden = |expression: &Expr| !reader.knows_expression(entity, expression);
    field.title.clone_from(&known.title);
    if known.default.as_deref().is_some_and(hidden) {
        field.default = None;
    }
    if let (Requirement::When(condition), Some(BoolOrExpression::Expression(_))) = (&known.required, &field.required)
        && hidden(condition)
    {
        field.required = None;
    }
    for name in [&mut field.currency_field, &mut field.unit_field] {
        if name.as_ref().is_some_and(|name| reader.field(entity, name).is_none()) {
            *name = None;
        }
    }
    match &known.ty {
        FieldType::Formula { expression, .. } if hidden(expression) => field.expression = None,
        FieldType::Rollup { lines, field: of, filter, .. } => {
            field.returns = kind_of(known.ty.result());
            let rows = entity.field(*lines).and_then(lines_of).and_then(|id| reader.catalog.entity(id));
            if !reader.knows_field(entity.id, *lines) {
                field.of = None;
            }
            if let Some(rows) = rows {
                if of.is_some_and(|of| !reader.knows_field(rows.id, of)) {
                    field.field = None;
                }
                if filter.as_ref().is_some_and(|filter| !reader.knows_expression(rows, filter)) {
                    field.filter = None;
                }
            }
        }
        FieldType::Lookup { .. } if field.field.as_ref().is_some_and(|path| !reader.knows_path(entity, path)) => {
            field.field = None;
        }
        FieldType::State(machine) => {
            for (transition, move_) in field.transitions.iter_mut().zip(&machine.transitions) {
                if move_.when.as_deref().is_some_and(hidden) {
                    transition.when = None;
                }
            }
        }
        // Nothing in these speaks of other fields.
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
        | FieldType::Reference { .. }
        | FieldType::Lines { .. }
        | FieldType::Code(_)
        | FieldType::Json(_)
        | FieldType::Files { .. }
        | FieldType::AutoNumber { .. }
        | FieldType::Formula { .. }
        | FieldType::Lookup { .. } => {}
    }
}

/// What a roll-up shows as, also to those who do not know what it combines.
fn kind_of(result: &FieldType) -> Option<FieldKind> {
    Some(match result {
        FieldType::Decimal { format: NumberFormat::Plain, .. } => FieldKind::Decimal,
        FieldType::Decimal { format: NumberFormat::Percent, .. } => FieldKind::Percent,
        FieldType::Decimal { format: NumberFormat::Quantity, .. } => FieldKind::Quantity,
        FieldType::Money { .. } => FieldKind::Money,
        FieldType::Integer { .. } => FieldKind::Integer,
        FieldType::Duration => FieldKind::Duration,
        FieldType::Date => FieldKind::Date,
        FieldType::DateTime => FieldKind::Datetime,
        FieldType::Time => FieldKind::Time,
        _ => return None,
    })
}

fn rights(reader: Reader<'_>, entity: &Entity) -> Value {
    let may = |action: Action| reader.rights.permit(action, entity.id).is_some();
    let mut fields = Map::new();
    for field in entity.fields.iter().filter(|field| reader.knows_field(entity.id, field.id)) {
        let write = !field.system && reader.writes_field(entity.id, field.id);
        fields.insert(field.name.clone(), json!(if write { "write" } else { "read" }));
    }
    let transitions = entity.state().map(|(_, machine)| machine.transitions.as_slice()).unwrap_or_default();
    let actions: Vec<&str> = transitions
        .iter()
        .filter(|transition| {
            reader.rights.may_run(entity.id, &transition.action)
                && (transition.roles.is_empty() || transition.roles.iter().any(|role| reader.rights.actor().roles.contains(role)))
        })
        .map(|transition| transition.action.as_str())
        .collect();
    json!({
        "create": may(Action::Create),
        "read": may(Action::Read),
        "update": may(Action::Update),
        "delete": may(Action::Delete),
        "purge": may(Action::Purge),
        "export": may(Action::Export),
        "actions": actions,
        "fields": fields,
    })
}

fn derived(reader: Reader<'_>, entity: &Entity) -> Value {
    let mut classes = Map::new();
    for field in entity.fields.iter().filter(|field| reader.knows_field(entity.id, field.id)) {
        let class = match field.class {
            FieldClass::Input => continue,
            FieldClass::Row => "row",
            FieldClass::Rollup => "rollup",
            FieldClass::Live => "live",
        };
        classes.insert(field.name.clone(), json!(class));
    }
    Value::Object(classes)
}

/// The trees the browser evaluates, by what they are for.
fn expressions(reader: Reader<'_>, entity: &Entity) -> Value {
    let mut trees = Map::new();
    let mut add = |key: String, expression: &Expr| {
        // The browser has the text of the person's language, a formula reads the field's own.
        if reader.reads_texts(entity, expression) {
            return;
        }
        if let Some(tree) = reader.tree(entity, expression) {
            trees.insert(key, tree);
        }
    };
    for field in entity.fields.iter().filter(|field| reader.knows_field(entity.id, field.id)) {
        if let FieldType::Formula { expression, .. } = &field.ty {
            add(field.name.clone(), expression);
        }
        if let Some(default) = &field.default {
            add(format!("default:{}", field.name), default);
        }
        if let Requirement::When(condition) = &field.required {
            add(format!("required:{}", field.name), condition);
        }
        if let FieldType::State(machine) = &field.ty {
            for transition in &machine.transitions {
                if let Some(when) = &transition.when {
                    add(format!("when:{}", transition.action), when);
                }
            }
        }
    }
    Value::Object(trees)
}
