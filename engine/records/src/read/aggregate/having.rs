//! `having`: an expression in which groups and measures stand as they are written, `sum(total) > 1000 && status != "draft"`.
//!
//! The expression language reads the text; then every group and measure in the tree becomes a parameter with the type
//! of its column, so that nothing of a single record is left that the expression could name.
use std::sync::Arc;

use kontor_definitions::{
    EntityId, FieldId,
    expr::{
        self, Expr, NamedField, Span, Type,
        ast::{Ast, AstKind},
        names::CompanyOf,
    },
};
use kontor_storage::Aggregation;

use super::keys::{self, Keys};
use crate::{
    finding::{FieldError, Findings},
    read::filter,
};

const POINTER: &str = "/having";

/// Compiles the condition on groups; everything that is wrong with it becomes a finding at `/having`.
pub(super) fn compiled(keys: &mut Keys<'_>, text: Option<&str>, findings: &mut Findings) -> Option<Arc<Expr>> {
    let text = text?;
    let mut ast = match expr::parse(text) {
        Ok(ast) => ast,
        Err(errors) => {
            errors.into_iter().for_each(|error| findings.push(filter::placed(error, text, POINTER)));
            return None;
        }
    };
    let mut rewriting = Rewriting { keys, text, found: Vec::new() };
    rewriting.rewrite(&mut ast);
    let found = rewriting.found;
    if !found.is_empty() {
        findings.0.extend(found);
        return None;
    }
    match expr::resolve(&ast, &Columns(keys), Some(&Type::Boolean)) {
        Ok(having) if expr::converts(&having) => {
            findings.push(filter::no_rates(POINTER));
            None
        }
        Ok(having) if !expr::folds(&having, &|_| false) => {
            findings.push(filter::not_folded(POINTER));
            None
        }
        Ok(having) => Some(Arc::new(having)),
        Err(errors) => {
            errors.into_iter().for_each(|error| findings.push(filter::placed(error, text, POINTER)));
            None
        }
    }
}

struct Rewriting<'k, 'a> {
    keys: &'k mut Keys<'a>,
    text: &'k str,
    found: Vec<FieldError>,
}

/// `customer.country`; `None` if something else than names stands in it.
fn path_of(ast: &Ast) -> Option<String> {
    match &ast.kind {
        AstKind::Name(name) => Some(name.clone()),
        AstKind::Member { of, name } => path_of(of).map(|before| format!("{before}.{}", name.text)),
        _ => None,
    }
}

impl Rewriting<'_, '_> {
    fn rewrite(&mut self, ast: &mut Ast) {
        match self.column(ast) {
            Some(Ok(column)) => {
                ast.kind = AstKind::Parameter(Aggregation::parameter(column));
                return;
            }
            Some(Err(finding)) => {
                self.found.push(self.placed(*finding, ast.span));
                return;
            }
            None => {}
        }
        match &mut ast.kind {
            AstKind::Member { of, .. } => {
                // What the caller is called has nothing to do with records.
                if path_of(of).as_deref() != Some("user") {
                    self.rewrite(of);
                }
            }
            AstKind::Method { of, arguments, .. } => {
                self.rewrite(of);
                arguments.iter_mut().for_each(|argument| self.rewrite(argument));
            }
            AstKind::Call { arguments: parts, .. } | AstKind::List(parts) => {
                parts.iter_mut().for_each(|part| self.rewrite(part));
            }
            AstKind::Not(inner) | AstKind::Negate(inner) => self.rewrite(inner),
            AstKind::Binary { left, right, .. } => {
                self.rewrite(left);
                self.rewrite(right);
            }
            AstKind::If { condition, then, otherwise } => {
                self.rewrite(condition);
                self.rewrite(then);
                self.rewrite(otherwise);
            }
            // Groups have no lines: the resolver refuses a closure whatever it says.
            AstKind::Closure { .. }
            | AstKind::Null
            | AstKind::Bool(_)
            | AstKind::Number(_)
            | AstKind::Text(_)
            | AstKind::Name(_)
            | AstKind::Parameter(_) => {}
        }
    }

    /// The column that a piece of syntax names; `None` if it names none.
    fn column(&mut self, ast: &Ast) -> Option<Result<usize, Box<FieldError>>> {
        match &ast.kind {
            AstKind::Call { name, arguments } => {
                let path = match arguments.as_slice() {
                    [] => String::new(),
                    [argument] => path_of(argument)?,
                    _ => return None,
                };
                let written = format!("{}({path})", name.text);
                if keys::is_measure(&written) {
                    return Some(self.keys.read_measure(&written, POINTER).map(|asked| self.keys.add_measure(asked)));
                }
                // `month(order_date)` is the group if there is one, else the function of the language.
                self.keys.column_of(&written, POINTER).ok().map(Ok)
            }
            AstKind::Name(_) | AstKind::Member { .. } => {
                let path = path_of(ast).filter(|path| !path.starts_with("user."))?;
                Some(self.keys.column_of(&path, POINTER))
            }
            _ => None,
        }
    }

    fn placed(&self, mut finding: FieldError, span: Span) -> FieldError {
        filter::at_character(&mut finding.message, self.text, span);
        finding
    }
}

/// Only columns have names here.
struct Columns<'k, 'a>(&'k Keys<'a>);

impl expr::Names for Columns<'_, '_> {
    fn root(&self) -> Option<EntityId> {
        None
    }

    fn field(&self, _entity: EntityId, _name: &str) -> Option<NamedField> {
        None
    }

    fn link(&self, _entity: EntityId) -> Option<(FieldId, EntityId)> {
        None
    }

    fn field_names(&self, _entity: EntityId) -> Vec<String> {
        Vec::new()
    }

    fn parameter(&self, name: &str) -> Option<Type> {
        let mut columns = self.0.columns.iter().enumerate();
        columns.find(|(at, _)| Aggregation::parameter(*at) == name).map(|(_, column)| column.ty.clone())
    }

    fn entity_named(&self, name: &str) -> Option<EntityId> {
        self.0.names.catalog.entity_named(name).map(|entity| entity.id)
    }

    fn company_of(&self, _entity: EntityId) -> CompanyOf {
        CompanyOf::Tenant
    }

    fn company_field(&self, _name: &str) -> Option<NamedField> {
        None
    }
}
