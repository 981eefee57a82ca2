//! Names and paths: fields of the record, of closures' lines, of referenced records, and `user`.
use super::Resolver;
use crate::{
    expr::{
        EnvValue, Expr, ExprKind, Span, Type,
        ast::{Ast, AstKind, Word},
        error::ExprError,
        names::{ANY_ENTITY, CompanyOf},
    },
    id::{EntityId, FieldId},
};

/// Fields reached from the row of a scope.
pub(super) struct Reached {
    pub(super) scope: u8,
    pub(super) path: Vec<FieldId>,
    pub(super) ty: Type,
}

/// The words of `a.b.c`; `None` if something else than names stands in it.
pub(super) fn words(ast: &Ast) -> Option<Vec<Word>> {
    match &ast.kind {
        AstKind::Name(text) => Some(vec![Word { text: text.clone(), span: ast.span }]),
        AstKind::Member { of, name } => {
            let mut words = words(of)?;
            words.push(name.clone());
            Some(words)
        }
        AstKind::Null
        | AstKind::Bool(_)
        | AstKind::Number(_)
        | AstKind::Text(_)
        | AstKind::Parameter(_)
        | AstKind::Method { .. }
        | AstKind::Call { .. }
        | AstKind::Not(_)
        | AstKind::Negate(_)
        | AstKind::Binary { .. }
        | AstKind::If { .. }
        | AstKind::List(_)
        | AstKind::Closure { .. } => None,
    }
}

fn env_named(name: &str) -> Option<EnvValue> {
    match name {
        "id" => Some(EnvValue::UserId),
        "name" => Some(EnvValue::UserName),
        "department" => Some(EnvValue::UserDepartment),
        _ => None,
    }
}

impl Resolver<'_> {
    pub(super) fn member(&mut self, ast: &Ast) -> Option<Expr> {
        let Some(words) = words(ast) else {
            let error = ExprError::new("not_a_reference", ast.span, "这里不能用点取字段", "fields cannot be reached from this");
            return self.report(error.hint(
                "点的左边只能是字段路径, 例如 customer.country",
                "only a path of fields can stand left of the dot, for example customer.country",
            ));
        };
        if let [first, rest @ ..] = words.as_slice()
            && first.text == "user"
            && !rest.is_empty()
            && !self.is_parameter("user")
        {
            return self.user(rest, ast.span);
        }
        if let Some(first) = words.first()
            && first.text == "company"
            && !self.is_parameter("company")
            && let Some(found) = self.company(&words, ast.span)
        {
            return found;
        }
        // `lines.count` without parentheses.
        if let [before @ .., last] = words.as_slice()
            && last.text == "count"
            && !before.is_empty()
            && let Some(reached) = self.quietly(|resolver| resolver.reach(before))
            && let Type::Rows(_) = reached.ty
        {
            return Some(Self::count(reached, ast.span));
        }
        let reached = self.reach(&words)?;
        Some(Expr { kind: ExprKind::Field { scope: reached.scope, path: reached.path }, ty: reached.ty, span: ast.span })
    }

    /// Tries something without keeping its findings.
    pub(super) fn quietly<T>(&mut self, attempt: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let known = self.errors.len();
        let result = attempt(self);
        self.errors.truncate(known);
        result
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.parameter.as_deref() == Some(name))
    }

    fn user(&mut self, rest: &[Word], span: Span) -> Option<Expr> {
        if let [name] = rest
            && let Some(value) = env_named(&name.text)
        {
            let entity = |name| Type::Record(self.names.entity_named(name).unwrap_or(ANY_ENTITY));
            let ty = match value {
                EnvValue::UserId => entity("base.user"),
                EnvValue::UserDepartment => entity("base.department"),
                EnvValue::UserName | EnvValue::Today | EnvValue::Now | EnvValue::Company(_) => Type::Text,
            };
            return Some(Expr { kind: ExprKind::Env(value), ty, span });
        }
        let place = rest.first().map_or(span, |word| word.span);
        let error = ExprError::new("unknown_field", place, "user 没有这个属性", "user has no such property");
        self.report(error.hint("可用 user.id, user.name, user.department", "there are user.id, user.name and user.department"))
    }

    /// `company` and `company.x`: the record's company, that of the record a line belongs to, or the tenant's default.
    /// Nothing where `company` is an ordinary name.
    fn company(&mut self, words: &[Word], span: Span) -> Option<Option<Expr>> {
        let company = self.names.entity_named("base.company")?;
        match self.names.root().map_or(CompanyOf::Tenant, |root| self.names.company_of(root)) {
            CompanyOf::Record => return None,
            CompanyOf::Parent => {
                let parent = words.first().map(|first| Word { text: "parent".to_owned(), span: first.span });
                let words: Vec<Word> = parent.into_iter().chain(words.iter().cloned()).collect();
                return Some(self.reach(&words).map(|reached| Expr {
                    kind: ExprKind::Field { scope: reached.scope, path: reached.path },
                    ty: reached.ty,
                    span,
                }));
            }
            // An entity of `base` may have a field of that name.
            CompanyOf::Tenant if self.names.root().is_some_and(|root| self.names.field(root, "company").is_some()) => {
                return None;
            }
            CompanyOf::Tenant => {}
        }
        let of = |field, ty| Some(Some(Expr { kind: ExprKind::Env(EnvValue::Company(field)), ty, span }));
        match words {
            [_] => of(FieldId::ID, Type::Record(company)),
            [_, name] => match self.names.company_field(&name.text) {
                Some(field) => of(field.id, field.ty),
                None => {
                    let names = self.names.field_names(company);
                    let known: Vec<String> = names.into_iter().filter(|name| self.names.company_field(name).is_some()).collect();
                    Some(self.unknown_field(name, &known))
                }
            },
            [_, name, next, ..] => {
                let error = ExprError::new(
                    "not_a_reference",
                    next.span,
                    format!("company.{} 之后不能再取字段", name.text),
                    format!("nothing can be reached through company.{}", name.text),
                );
                Some(self.report(error.hint(
                    "请只用公司自己的字段, 例如 company.currency",
                    "use the company's own fields only, for example company.currency",
                )))
            }
            [] => None,
        }
    }

    /// Follows a path of names from a closure's parameter or from the record.
    pub(super) fn reach(&mut self, words: &[Word]) -> Option<Reached> {
        let (first, rest) = words.split_first()?;
        let inner = self.scopes.iter().enumerate().rev().find(|(_, scope)| scope.parameter.as_ref() == Some(&first.text));
        let (scope, entity, path) = match inner {
            Some((place, scope)) => (place + 1, Some(scope.entity), rest),
            None => (0, self.names.root(), words),
        };
        let scope = u8::try_from(scope).unwrap_or(u8::MAX);
        if let Some((link, target)) = entity.and_then(|entity| self.names.link(entity)) {
            return self.linked(scope, (link, target), path);
        }
        if path.is_empty() {
            let error = ExprError::new(
                "not_a_value",
                first.span,
                format!("{} 是一整行, 不是一个值", first.text),
                format!("{} is a whole line, not a value", first.text),
            );
            return self.report(error.hint(
                format!("请写字段, 例如 {}.amount", first.text),
                format!("name a field of it, for example {}.amount", first.text),
            ));
        }
        let Some(entity) = entity else { return self.unknown_field(first, &[]) };
        self.walk(scope, entity, path)
    }

    /// What is behind a `links` field is read as if it stood on the row itself; the record, like its `id`, is the reference.
    fn linked(&mut self, scope: u8, (link, target): (FieldId, EntityId), path: &[Word]) -> Option<Reached> {
        let is_id = |word: &Word| self.names.field(target, &word.text).is_some_and(|field| field.id == FieldId::ID);
        if path.is_empty() || matches!(path, [word] if is_id(word)) {
            return Some(Reached { scope, path: vec![link], ty: Type::Record(target) });
        }
        let mut reached = self.walk(scope, target, path)?;
        reached.path.insert(0, link);
        Some(reached)
    }

    fn walk(&mut self, scope: u8, entity: EntityId, words: &[Word]) -> Option<Reached> {
        let mut at = entity;
        let mut path = Vec::with_capacity(words.len());
        let mut ty = Type::Null;
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                let before = words.get(index - 1).map_or("", |word| word.text.as_str());
                at = self.target(&ty, before, word)?;
            }
            let Some(field) = self.names.field(at, &word.text) else {
                let names = self.names.field_names(at);
                return self.unknown_field(word, &names);
            };
            path.push(field.id);
            ty = field.ty;
            if !field.options.is_empty() {
                self.options.insert(field.id, field.options);
            }
        }
        Some(Reached { scope, path, ty })
    }

    /// The entity that the next name of a path belongs to.
    fn target(&mut self, ty: &Type, before: &str, word: &Word) -> Option<EntityId> {
        if let Type::Record(entity) = ty {
            return Some(*entity);
        }
        if let Type::Rows(_) = ty {
            let error = ExprError::new(
                "lines_need_aggregate",
                word.span,
                format!("{before} 是多行明细, 不能直接取 {}", word.text),
                format!("{before} are many lines, {} is not one value", word.text),
            );
            return self.report(error.hint(
                format!("请加汇总, 例如 {before}.sum({})", word.text),
                format!("combine them, for example {before}.sum({})", word.text),
            ));
        }
        let error = ExprError::new(
            "not_a_reference",
            word.span,
            format!("{before} 不是引用字段, 没有 {}", word.text),
            format!("{before} is not a reference, so it has no {}", word.text),
        );
        self.report(error.hint("点的左边必须是引用字段", "only a reference can stand left of a dot"))
    }

    fn unknown_field<T>(&mut self, word: &Word, known: &[String]) -> Option<T> {
        let error = ExprError::new(
            "unknown_field",
            word.span,
            format!("没有名为 {} 的字段", word.text),
            format!("there is no field called {}", word.text),
        );
        self.report(error.did_you_mean(&word.text, known.iter().map(String::as_str)))
    }
}
