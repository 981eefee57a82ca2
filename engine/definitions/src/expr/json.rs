//! The typed tree as JSON for the browser, with field names in place of ids; `docs/expressions.md` describes the shape.
use serde_json::{Value as Json, json};
use time::format_description::well_known::Rfc3339;

use super::{EnvValue, Expr, ExprKind, Function, Type, env_values, function::text, spell::Spelling};
use crate::{catalog::Catalog, id::EntityId, id::FieldId, value::Value};

/// The tree of an expression that stands on a record of `root`. `None` if it does not fit the catalog.
pub fn to_json(expr: &Expr, catalog: &Catalog, root: EntityId) -> Option<Json> {
    tree(expr, &mut Spelling::new(catalog, root))
}

/// Whether a form can evaluate the expression by itself: every field it reads belongs to the record or its lines and
/// `in_form` says that it is there and readable, and it asks nothing of the clock's time, the person, exchange rates or units, and folds no text.
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
        && !super::converts(expr)
        && !super::calls(expr, Function::Fold)
        && env_values(expr).iter().all(|value| *value == EnvValue::Today)
        && super::reads(expr).iter().all(|path| in_form(path))
}

/// The recursion is here and nowhere else, in a small frame: trees may be as high as [`super::parse::MAX_HEIGHT`].
fn tree(expr: &Expr, names: &mut Spelling<'_>) -> Option<Json> {
    let reached = match &expr.kind {
        ExprKind::Field { scope, path } | ExprKind::Aggregate { scope, path, .. } => Some((*scope, path)),
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
        | ExprKind::Call { .. } => None,
    };
    let words = match (reached, &expr.kind) {
        (Some((scope, path)), _) => names.words(scope, path)?,
        (None, ExprKind::Env(EnvValue::Company(field))) => vec![names.of_company(*field)?],
        (None, _) => Vec::new(),
    };
    let entered = matches!(expr.kind, ExprKind::Aggregate { .. });
    if let (true, Some((scope, path))) = (entered, reached) {
        names.enter(scope, path);
    }
    let mut below = Vec::new();
    for child in expr.children() {
        below.push(tree(child, names)?);
    }
    if entered {
        names.leave();
    }
    Some(node(expr, &words, below))
}

/// One node; `below` are the trees of [`Expr::children`], in their order.
fn node(expr: &Expr, words: &[&str], below: Vec<Json>) -> Json {
    let mut rest = below.into_iter();
    let mut next = || rest.next().unwrap_or(Json::Null);
    let mut node = match &expr.kind {
        ExprKind::Literal(value) => json!({ "op": "literal", "value": value_json(value) }),
        ExprKind::Field { scope, .. } => json!({ "op": "field", "scope": scope, "path": words }),
        ExprKind::Parameter(name) => json!({ "op": "parameter", "name": name }),
        ExprKind::Env(value) => json!({ "op": "env", "name": env_name(*value, words) }),
        ExprKind::Not(_) => json!({ "op": "not", "of": next() }),
        ExprKind::Negate(_) => json!({ "op": "negate", "of": next() }),
        ExprKind::Binary { op, .. } => json!({ "op": op.operator().text(), "left": next(), "right": next() }),
        ExprKind::If { .. } => json!({ "op": "if", "condition": next(), "then": next(), "otherwise": next() }),
        ExprKind::Coalesce(_, _) => json!({ "op": "??", "left": next(), "right": next() }),
        ExprKind::In { .. } => json!({ "op": "in", "needle": next(), "list": next() }),
        ExprKind::List(_) => json!({ "op": "list", "items": rest.collect::<Vec<_>>() }),
        ExprKind::Call { function, .. } => {
            json!({ "op": "call", "function": function.name(), "arguments": rest.collect::<Vec<_>>() })
        }
        ExprKind::Aggregate { function, scope, body, filter, .. } => {
            let filter = if filter.is_some() { next() } else { Json::Null };
            let body = if body.is_some() { next() } else { Json::Null };
            json!({ "op": "aggregate", "function": function.name(), "scope": scope, "path": words, "body": body, "filter": filter })
        }
    };
    if let Some(object) = node.as_object_mut() {
        object.insert("type".to_owned(), json!(type_name(&expr.ty)));
        if let Type::Number { scale } = expr.ty {
            object.insert("scale".to_owned(), json!(scale));
        }
    }
    node
}

fn env_name(value: EnvValue, words: &[&str]) -> String {
    match value {
        EnvValue::Today => "today".to_owned(),
        EnvValue::Now => "now".to_owned(),
        EnvValue::UserId => "user.id".to_owned(),
        EnvValue::UserName => "user.name".to_owned(),
        EnvValue::UserDepartment => "user.department".to_owned(),
        EnvValue::Company(_) => format!("company.{}", words.concat()),
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
