//! Forms: every node has what its type needs, and shows only what belongs to its entity.
use std::sync::Arc;

use super::{
    codes::Code,
    expressions::compile,
    findings::Findings,
    load::Document,
    options::kind_name,
    places::At,
    screens::{Expressions, Screen, Views, owned},
    sensitive::{self, May},
    world::{EntityIx, Found, Slot, World},
};
use crate::{
    catalog::{FieldType, Owned},
    expr::Type,
    model::{
        FormDoc, Kind,
        field::BoolOrExpression,
        form::{ColumnsDoc, NodeDoc, NodeKind},
    },
};

/// Checks all forms.
pub(super) fn forms(
    world: &World,
    documents: &[Document],
    views: &Views,
    expressions: &mut Expressions,
    findings: &mut Findings,
) -> Vec<Owned<FormDoc>> {
    let mut out = Vec::new();
    for document in documents.iter().filter(|document| document.kind == Kind::Form) {
        let Some(doc) = document.typed::<FormDoc>() else { continue };
        let screen = Screen { world, document };
        screen.head(&doc.name, &doc.roles, findings);
        if let Some(entity) = screen.entity(&doc.entity, "/entity", findings) {
            let mut form = Form { screen, entity, views, expressions, findings };
            form.nodes(&doc.layout, "/layout");
        }
        out.push(owned(world, document, doc));
    }
    out
}

struct Form<'a> {
    screen: Screen<'a>,
    entity: EntityIx,
    views: &'a Views,
    expressions: &'a mut Expressions,
    findings: &'a mut Findings,
}

impl<'a> Form<'a> {
    fn nodes(&mut self, nodes: &[NodeDoc], pointer: &str) {
        for (index, node) in nodes.iter().enumerate() {
            let at = format!("{pointer}/{index}");
            self.keys(node, &at);
            self.conditions(node, &at);
            match node.kind {
                NodeKind::Field => self.field(node, &at),
                NodeKind::Lines => self.lines(node, &at),
                NodeKind::Related => self.related(node, &at),
                NodeKind::Section | NodeKind::Tabs | NodeKind::Columns | NodeKind::Text | NodeKind::Actions => {}
            }
            self.nodes(&node.children, &format!("{at}/children"));
        }
    }

    fn add(&mut self, pointer: &str, code: Code, arguments: &[&str]) {
        self.findings.add(self.screen.document.file, pointer, code, arguments);
    }

    /// Keys that the type does not take and those that it needs.
    fn keys(&mut self, node: &NodeDoc, at: &str) {
        let count = matches!(node.columns, Some(ColumnsDoc::Count(_)));
        let given: [(&str, bool); 11] = [
            ("columns", node.columns.is_some()),
            ("field", node.field.is_some()),
            ("span", node.span.is_some()),
            ("totals", !node.totals.is_empty()),
            ("entity", node.entity.is_some()),
            ("by", node.by.is_some()),
            ("view", node.view.is_some()),
            ("text", !node.text.is_empty()),
            ("required", node.required.is_some()),
            ("readonly", node.readonly.is_some()),
            ("children", !node.children.is_empty()),
        ];
        let (name, takes, needs): (&str, &[&str], &[&str]) = match node.kind {
            NodeKind::Section => ("section", &["columns", "children", "readonly"], &[]),
            NodeKind::Tabs => ("tabs", &["children"], &[]),
            NodeKind::Columns => ("columns", &["columns", "children"], &[]),
            NodeKind::Field => ("field", &["field", "span", "required", "readonly"], &["field"]),
            NodeKind::Lines => ("lines", &["field", "columns", "totals", "readonly"], &["field"]),
            NodeKind::Related => ("related", &["entity", "by", "view"], &["entity", "by"]),
            NodeKind::Text => ("text", &["text"], &["text"]),
            NodeKind::Actions => ("actions", &[], &[]),
        };
        for (key, set) in given {
            if set && !takes.contains(&key) {
                let file = self.screen.document.file;
                self.findings.add_at(file, &format!("{at}/{key}"), At::Key, Code::OptionNotForType, &[key, name]);
            } else if !set && needs.contains(&key) {
                self.add(at, Code::MissingOption, &[key, name]);
            }
        }
        if node.columns.is_some() && takes.contains(&"columns") && count == (node.kind == NodeKind::Lines) {
            let (zh, en) = if count { ("字段列表", "a list of fields") } else { ("栏数", "a number of columns") };
            self.add(&format!("{at}/columns"), Code::WrongType, &["columns", zh, en]);
        }
        if let Some(ColumnsDoc::Count(columns)) = node.columns
            && !(1..=4).contains(&columns)
        {
            self.add(&format!("{at}/columns"), Code::OutOfRange, &[&columns.to_string()]);
        }
    }

    fn conditions(&mut self, node: &NodeDoc, at: &str) {
        for (key, condition) in [("visible", &node.visible), ("required", &node.required), ("readonly", &node.readonly)] {
            let Some(BoolOrExpression::Expression(text)) = condition else { continue };
            let pointer = format!("{at}/{key}");
            let place = (self.screen.document.file, pointer.as_str());
            let expr = compile(self.screen.world, place, self.entity, text, Some(&Type::Boolean), self.findings);
            if let Some(expr) = &expr {
                sensitive::expression(self.screen.world, place, self.entity, (expr, May::Nothing), self.findings);
            }
            if let (Some(expr), Some(id)) = (expr, node.id) {
                self.expressions.insert((id, key), Arc::new(expr));
            }
        }
    }

    /// The field of an entity that a key names.
    fn named(&mut self, entity: EntityIx, name: &str, pointer: &str) -> Option<(&'a Slot, &'a FieldType)> {
        match self.screen.world.field(entity, name) {
            Found::Yes(found) => Some(found),
            Found::Broken => None,
            Found::No(wrong) => {
                wrong.tell(self.screen.document.file, pointer, self.findings);
                None
            }
        }
    }

    fn field(&mut self, node: &NodeDoc, at: &str) {
        if let Some(name) = &node.field {
            self.named(self.entity, name, &format!("{at}/field"));
        }
    }

    fn lines(&mut self, node: &NodeDoc, at: &str) {
        let Some(name) = &node.field else { return };
        let pointer = format!("{at}/field");
        let Some((_, ty)) = self.named(self.entity, name, &pointer) else { return };
        let FieldType::Lines { entity, links: None, .. } = ty else {
            self.add(&pointer, Code::NotLines, &[name]);
            return;
        };
        let Some(line) = self.screen.world.by_id.get(entity).copied() else { return };
        if let Some(ColumnsDoc::Fields(columns)) = &node.columns {
            for (index, column) in columns.iter().enumerate() {
                self.named(line, column, &format!("{at}/columns/{index}"));
            }
        }
        for (index, total) in node.totals.iter().enumerate() {
            let pointer = format!("{at}/totals/{index}");
            let Some((slot, ty)) = self.named(line, total, &pointer) else { continue };
            if !matches!(Type::of(ty), Type::Number { .. }) {
                self.add(&pointer, Code::UnknownFieldsTotal, &[total]);
            } else if sensitive::is_sensitive(slot) {
                self.add(&pointer, Code::SensitiveHere, &[total]);
            }
        }
    }

    fn related(&mut self, node: &NodeDoc, at: &str) {
        let Some(name) = &node.entity else { return };
        let Some(other) = self.screen.entity(name, &format!("{at}/entity"), self.findings) else { return };
        if let Some(by) = &node.by {
            let pointer = format!("{at}/by");
            let own = self.screen.world.entities.get(self.entity).map(|entity| entity.id);
            if let Some((slot, ty)) = self.named(other, by, &pointer)
                && ty.reference() != own
            {
                let kind = slot.doc.as_ref().map_or("system", |doc| kind_name(doc.kind));
                self.add(&pointer, Code::UnsuitableField, &[by, kind]);
            }
        }
        if let Some(view) = &node.view {
            self.screen.view(view, Some(other), self.views, &format!("{at}/view"), self.findings);
        }
    }
}
