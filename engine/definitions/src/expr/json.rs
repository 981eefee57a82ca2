//! The typed tree as JSON for the browser, with field names in place of ids; `docs/expressions.md` describes the shape.
use serde_json::{Value as Json, json};
use time::format_description::well_known::Rfc3339;

use super::{EnvValue, Expr, ExprKind, Type, env_values, function::text, spell::Spelling};
use crate::{catalog::Catalog, id::EntityId, id::FieldId, value::Value};

/// The tree of an expression that stands on a record of `root`. `None` if it does not fit the catalog.
pub fn to_json(expr: &Expr, catalog: &Catalog, root: EntityId) -> Option<Json> {
    tree(expr, &mut Spelling::new(catalog, root))
}

/// Whether a form can evaluate the expression by itself: every field it reads belongs to the record or its lines and
/// `in_form` says that it is there and readable, and it asks nothing of the clock's time or the person.
///
/// `in_form` gets the path from the record: `[total]`, `[lines]`, `[lines, qty]`.
pub fn is_client(expr: &Expr, in_form: &dyn Fn(&[FieldId]) -> bool) -> bool {
    let mut within_record = true;
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Field { path, .. } | ExprKind::Aggregate { path, .. } => within_record &= path.len() == 1,
        ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Env(_)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::Binary { .. }
        | ExprKind::If { .. }
        | ExprKind::Coalesce(_, _)
        | ExprKind::In { .. }
        | ExprKind::List(_)
        | ExprKind::Call { .. } => {}
    });
    within_record
        && env_values(expr).iter().all(|value| *value == EnvValue::Today)
        && super::reads(expr).iter().all(|path| in_form(path))
}

fn tree(expr: &Expr, names: &mut Spelling<'_>) -> Option<Json> {
    let mut node = match &expr.kind {
        ExprKind::Literal(value) => json!({ "op": "literal", "value": value_json(value) }),
        ExprKind::Field { scope, path } => json!({ "op": "field", "scope": scope, "path": names.words(*scope, path)? }),
        ExprKind::Parameter(name) => json!({ "op": "parameter", "name": name }),
        ExprKind::Env(value) => json!({ "op": "env", "name": env_name(*value) }),
        ExprKind::Not(inner) => json!({ "op": "not", "of": tree(inner, names)? }),
        ExprKind::Negate(inner) => json!({ "op": "negate", "of": tree(inner, names)? }),
        ExprKind::Binary { op, left, right } => {
            json!({ "op": op.operator().text(), "left": tree(left, names)?, "right": tree(right, names)? })
        }
        ExprKind::If { condition, then, otherwise } => {
            json!({ "op": "if", "condition": tree(condition, names)?, "then": tree(then, names)?, "otherwise": tree(otherwise, names)? })
        }
        ExprKind::Coalesce(left, right) => json!({ "op": "??", "left": tree(left, names)?, "right": tree(right, names)? }),
        ExprKind::In { needle, list } => json!({ "op": "in", "needle": tree(needle, names)?, "list": tree(list, names)? }),
        ExprKind::List(items) => json!({ "op": "list", "items": trees(items, names)? }),
        ExprKind::Call { function, arguments } => {
            json!({ "op": "call", "function": function.name(), "arguments": trees(arguments, names)? })
        }
        ExprKind::Aggregate { function, scope, path, body, filter } => {
            let words = names.words(*scope, path)?;
            names.enter(*scope, path);
            let mut inner = |expr: &Option<Box<Expr>>| match expr {
                Some(expr) => tree(expr, names),
                None => Some(Json::Null),
            };
            let parts = (inner(body), inner(filter));
            names.leave();
            json!({ "op": "aggregate", "function": function.name(), "scope": scope, "path": words, "body": parts.0?, "filter": parts.1? })
        }
    };
    let object = node.as_object_mut()?;
    object.insert("type".to_owned(), json!(type_name(&expr.ty)));
    if let Type::Number { scale } = expr.ty {
        object.insert("scale".to_owned(), json!(scale));
    }
    Some(node)
}

fn trees(items: &[Expr], names: &mut Spelling<'_>) -> Option<Vec<Json>> {
    items.iter().map(|item| tree(item, names)).collect()
}

fn env_name(value: EnvValue) -> &'static str {
    match value {
        EnvValue::Today => "today",
        EnvValue::Now => "now",
        EnvValue::UserId => "user.id",
        EnvValue::UserName => "user.name",
        EnvValue::UserDepartment => "user.department",
    }
}

/// The name of a type in the tree.
pub fn type_name(ty: &Type) -> &'static str {
    match ty {
        Type::Null => "null",
        Type::Boolean => "boolean",
        Type::Number { .. } => "number",
        Type::Text => "text",
        Type::Date => "date",
        Type::Instant => "instant",
        Type::Time => "time",
        Type::Record(_) => "record",
        Type::List(_) => "list",
        Type::Rows(_) => "rows",
        Type::Json => "json",
    }
}

/// A value as the API writes it: numbers as strings, so that no digit is lost.
pub fn value_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(number) => json!(number.to_string()),
        Value::Text(text) => json!(text),
        Value::Date(date) => json!(text::date(*date)),
        Value::Instant(at) => json!(at.format(&Rfc3339).unwrap_or_default()),
        Value::Time(time) => json!(format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())),
        Value::Id(id) => json!(id.to_string()),
        Value::List(items) => Json::Array(items.iter().map(value_json).collect()),
        Value::Json(json) => json.as_ref().clone(),
    }
}
