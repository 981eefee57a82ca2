//! Canonical text: one spelling per tree, valid rhai, so that an expression pasted into a script means the same.
use time::format_description::well_known::Rfc3339;

use super::{
    Aggregate, BinaryOp, EnvValue, Expr, ExprKind, Span,
    ast::{Ast, AstKind, Operator, Word},
    function::text,
    spell::Spelling,
};
use crate::{catalog::Catalog, id::EntityId, id::FieldId, value::Value};

/// A syntax tree as text; reading it again gives the same tree, places aside.
pub fn print(ast: &Ast) -> String {
    let mut out = String::new();
    write(ast, &mut out);
    out
}

/// A typed expression as text, with the names its fields have in `catalog` now. `None` if it does not fit the catalog.
pub fn print_typed(expr: &Expr, catalog: &Catalog, root: EntityId) -> Option<String> {
    syntax(expr, &mut Spelling::new(catalog, root)).map(|ast| print(&ast))
}

fn write(ast: &Ast, out: &mut String) {
    match &ast.kind {
        AstKind::Null => out.push_str("()"),
        AstKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        AstKind::Number(number) => out.push_str(&number.to_string()),
        AstKind::Text(text) => write_text(text, out),
        AstKind::Name(name) => out.push_str(name),
        AstKind::Parameter(name) => {
            out.push('$');
            out.push_str(name);
        }
        AstKind::Member { of, name } => {
            write_receiver(of, out);
            out.push('.');
            out.push_str(&name.text);
        }
        AstKind::Method { of, name, arguments } => {
            write_receiver(of, out);
            out.push('.');
            out.push_str(&name.text);
            write_items('(', arguments, ')', out);
        }
        AstKind::Call { name, arguments } => {
            out.push_str(&name.text);
            write_items('(', arguments, ')', out);
        }
        AstKind::Not(inner) => {
            out.push('!');
            write_operand(inner, matches!(inner.kind, AstKind::Binary { .. }), out);
        }
        AstKind::Negate(inner) => {
            out.push('-');
            // Two minus signs in a row are a token of their own in rhai.
            write_operand(inner, matches!(inner.kind, AstKind::Binary { .. } | AstKind::Negate(_)), out);
        }
        AstKind::Binary { operator, left, right } => {
            // A leading `if` would be read as a statement.
            let lower =
                |side: &Ast, limit: u8| matches!(&side.kind, AstKind::Binary { operator, .. } if operator.precedence() < limit);
            write_operand(left, lower(left, operator.precedence()) || matches!(left.kind, AstKind::If { .. }), out);
            out.push(' ');
            out.push_str(operator.text());
            out.push(' ');
            write_operand(right, lower(right, operator.precedence() + 1), out);
        }
        AstKind::If { condition, then, otherwise } => {
            out.push_str("if ");
            write(condition, out);
            out.push_str(" { ");
            write(then, out);
            out.push_str(" } else ");
            if matches!(otherwise.kind, AstKind::If { .. }) {
                write(otherwise, out);
            } else {
                out.push_str("{ ");
                write(otherwise, out);
                out.push_str(" }");
            }
        }
        AstKind::List(items) => write_items('[', items, ']', out),
        AstKind::Closure { parameter, body } => {
            out.push('|');
            out.push_str(&parameter.text);
            out.push_str("| ");
            write(body, out);
        }
    }
}

fn write_operand(ast: &Ast, parentheses: bool, out: &mut String) {
    if parentheses {
        out.push('(');
    }
    write(ast, out);
    if parentheses {
        out.push(')');
    }
}

/// What stands left of a dot.
fn write_receiver(ast: &Ast, out: &mut String) {
    let simple = match &ast.kind {
        AstKind::Null
        | AstKind::Text(_)
        | AstKind::Name(_)
        | AstKind::Parameter(_)
        | AstKind::Member { .. }
        | AstKind::Method { .. }
        | AstKind::Call { .. }
        | AstKind::List(_) => true,
        AstKind::Bool(_)
        | AstKind::Number(_)
        | AstKind::Not(_)
        | AstKind::Negate(_)
        | AstKind::Binary { .. }
        | AstKind::If { .. }
        | AstKind::Closure { .. } => false,
    };
    write_operand(ast, !simple, out);
}

fn write_items(open: char, items: &[Ast], close: char, out: &mut String) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(close);
}

/// A text as a literal of the language, in quotes: for whoever builds an expression from data.
pub fn text_literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(text, &mut out);
    out
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(other))),
            other => out.push(other),
        }
    }
    out.push('"');
}

fn node(kind: AstKind) -> Ast {
    Ast { kind, span: Span::default(), height: 1 }
}

fn word(text: &str) -> Word {
    Word { text: text.to_owned(), span: Span::default() }
}

fn call(name: &str, arguments: Vec<Ast>) -> Ast {
    node(AstKind::Call { name: word(name), arguments })
}

fn syntax(expr: &Expr, names: &mut Spelling<'_>) -> Option<Ast> {
    let boxed = |expr: &Expr, names: &mut Spelling<'_>| syntax(expr, names).map(Box::new);
    Some(match &expr.kind {
        ExprKind::Literal(value) => literal(value),
        ExprKind::Field { scope, path } => reach(*scope, path, names)?,
        ExprKind::Parameter(name) => node(AstKind::Parameter(name.clone())),
        ExprKind::Env(value) => env(*value, names)?,
        ExprKind::Not(inner) => node(AstKind::Not(boxed(inner, names)?)),
        ExprKind::Negate(inner) => node(AstKind::Negate(boxed(inner, names)?)),
        ExprKind::Binary { op, left, right } => {
            node(AstKind::Binary { operator: op.operator(), left: boxed(left, names)?, right: boxed(right, names)? })
        }
        ExprKind::If { condition, then, otherwise } => node(AstKind::If {
            condition: boxed(condition, names)?,
            then: boxed(then, names)?,
            otherwise: boxed(otherwise, names)?,
        }),
        ExprKind::Coalesce(left, right) => {
            node(AstKind::Binary { operator: Operator::Coalesce, left: boxed(left, names)?, right: boxed(right, names)? })
        }
        ExprKind::In { needle, list } => {
            node(AstKind::Binary { operator: Operator::In, left: boxed(needle, names)?, right: boxed(list, names)? })
        }
        ExprKind::List(items) => node(AstKind::List(all(items, names)?)),
        ExprKind::Call { function, arguments } => call(function.name(), all(arguments, names)?),
        ExprKind::Aggregate { function, scope, path, body, filter } => {
            let mut of = reach(*scope, path, names)?;
            names.enter(*scope, path);
            let inner = |expr: &Option<Box<Expr>>, names: &mut Spelling<'_>| match expr {
                Some(expr) => closure(expr, names).map(Some),
                None => Some(None),
            };
            let closures = (inner(filter, names), inner(body, names));
            names.leave();
            let (filter, body) = (closures.0?, closures.1?);
            if let Some(filter) = filter {
                of = node(AstKind::Method { of: Box::new(of), name: word("filter"), arguments: vec![filter] });
            }
            let name = word(Aggregate::name(*function));
            node(AstKind::Method { of: Box::new(of), name, arguments: body.into_iter().collect() })
        }
    })
}

fn all(items: &[Expr], names: &mut Spelling<'_>) -> Option<Vec<Ast>> {
    items.iter().map(|item| syntax(item, names)).collect()
}

fn closure(body: &Expr, names: &mut Spelling<'_>) -> Option<Ast> {
    let parameter = word(&names.parameter(names.depth()));
    let body = Box::new(syntax(body, names)?);
    Some(node(AstKind::Closure { parameter, body }))
}

fn reach(scope: u8, path: &[FieldId], names: &Spelling<'_>) -> Option<Ast> {
    let mut words = names.words(scope, path)?.into_iter();
    let first = if scope > 0 { names.parameter(usize::from(scope)) } else { words.next()?.to_owned() };
    let start = node(AstKind::Name(first));
    Some(words.fold(start, |of, name| node(AstKind::Member { of: Box::new(of), name: word(name) })))
}

fn env(value: EnvValue, names: &Spelling<'_>) -> Option<Ast> {
    let of = |of: &str, name| node(AstKind::Member { of: Box::new(node(AstKind::Name(of.to_owned()))), name: word(name) });
    Some(match value {
        EnvValue::Today => call("today", Vec::new()),
        EnvValue::Now => call("now", Vec::new()),
        EnvValue::UserId => of("user", "id"),
        EnvValue::UserName => of("user", "name"),
        EnvValue::UserDepartment => of("user", "department"),
        EnvValue::Company(field) => of("company", names.of_company(field)?),
    })
}

fn literal(value: &Value) -> Ast {
    let quoted = |name: &str, text: String| call(name, vec![node(AstKind::Text(text))]);
    match value {
        // Expressions have no literals for structured values.
        Value::Null | Value::Json(_) => node(AstKind::Null),
        Value::Bool(value) => node(AstKind::Bool(*value)),
        Value::Number(number) if number.is_sign_negative() => node(AstKind::Negate(Box::new(node(AstKind::Number(-number))))),
        Value::Number(number) => node(AstKind::Number(*number)),
        Value::Text(text) => node(AstKind::Text(text.clone())),
        Value::Date(date) => quoted("date", text::date(*date)),
        Value::Instant(at) => quoted("datetime", at.format(&Rfc3339).unwrap_or_default()),
        Value::Time(time) => quoted("time", format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())),
        Value::Id(id) => node(AstKind::Text(id.to_string())),
        Value::List(items) => node(AstKind::List(items.iter().map(literal).collect())),
    }
}

impl BinaryOp {
    /// How it is written.
    pub fn operator(self) -> Operator {
        match self {
            Self::Add => Operator::Add,
            Self::Subtract => Operator::Subtract,
            Self::Multiply => Operator::Multiply,
            Self::Divide => Operator::Divide,
            Self::Equal => Operator::Equal,
            Self::NotEqual => Operator::NotEqual,
            Self::Less => Operator::Less,
            Self::LessEqual => Operator::LessEqual,
            Self::Greater => Operator::Greater,
            Self::GreaterEqual => Operator::GreaterEqual,
            Self::And => Operator::And,
            Self::Or => Operator::Or,
        }
    }
}
