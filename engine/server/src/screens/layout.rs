//! Forms, views and menus as one person may know them.
use kontor_definitions::{
    DefId, Entity,
    catalog::Owned,
    model::{
        FormDoc, PageDoc, ViewDoc,
        field::BoolOrExpression,
        form::{ColumnsDoc, NodeDoc, NodeKind},
        page::MenuItemDoc,
    },
};
use serde_json::{Map, Value, json};

use super::reader::{Reader, lines_of};

/// Whether a document that is meant for some roles is meant for the person. Administrators get everything.
fn is_for(reader: Reader<'_>, app: &str, roles: &[String]) -> bool {
    let has = |name: &String| {
        let (app, name) = name.split_once('.').unwrap_or((app, name));
        let mut own = reader.rights.actor().roles.iter().filter_map(|id| reader.catalog.roles.get(id));
        own.any(|role| role.app == app && role.name == name)
    };
    roles.is_empty() || reader.rights.is_administrator() || roles.iter().any(has)
}

/// An item of `forms`; none when the person has nothing to do with it.
pub(super) fn form(reader: Reader<'_>, form: &Owned<FormDoc>) -> Option<Value> {
    let entity = reader.entity(&form.app, &form.document.entity)?;
    if !is_for(reader, &form.app, &form.document.roles) {
        return None;
    }
    let mut document = form.document.clone();
    let mut trees = Map::new();
    let mut cut = FormCut { reader, app: &form.app, entity, trees: &mut trees };
    document.layout = cut.nodes(document.layout);
    Some(json!({"app": form.app, "document": document, "expressions": trees}))
}

struct FormCut<'a> {
    reader: Reader<'a>,
    app: &'a str,
    entity: &'a Entity,
    trees: &'a mut Map<String, Value>,
}

impl FormCut<'_> {
    fn nodes(&mut self, nodes: Vec<NodeDoc>) -> Vec<NodeDoc> {
        nodes.into_iter().filter_map(|node| self.node(node)).collect()
    }

    fn node(&mut self, mut node: NodeDoc) -> Option<NodeDoc> {
        match node.kind {
            NodeKind::Section | NodeKind::Tabs | NodeKind::Columns => {
                node.children = self.nodes(node.children);
                if node.children.is_empty() {
                    return None;
                }
            }
            NodeKind::Field => {
                self.reader.field(self.entity, node.field.as_deref()?)?;
            }
            NodeKind::Lines => self.lines(&mut node)?,
            NodeKind::Related => {
                let related = self.reader.entity(self.app, node.entity.as_deref()?)?;
                if node.by.as_ref().is_some_and(|by| self.reader.field(related, by).is_none()) {
                    return None;
                }
            }
            NodeKind::Text | NodeKind::Actions => {}
        }
        self.conditions(&mut node);
        Some(node)
    }

    fn lines(&self, node: &mut NodeDoc) -> Option<()> {
        let field = self.reader.field(self.entity, node.field.as_deref()?)?;
        let rows = lines_of(field).and_then(|id| self.reader.catalog.entity(id))?;
        if let Some(ColumnsDoc::Fields(columns)) = &mut node.columns {
            columns.retain(|column| self.reader.knows_path(rows, column));
        }
        node.totals.retain(|total| self.reader.knows_path(rows, total));
        Some(())
    }

    /// A condition that reads what the person does not know is not shown: the node stays hidden, or cannot be changed.
    fn conditions(&mut self, node: &mut NodeDoc) {
        let Some(id) = node.id else { return };
        for (key, condition, instead) in [
            ("visible", &mut node.visible, Some(false)),
            ("required", &mut node.required, None),
            ("readonly", &mut node.readonly, Some(true)),
        ] {
            if !matches!(condition, Some(BoolOrExpression::Expression(_))) {
                continue;
            }
            match self.tree(id, key) {
                Shown::Hidden => *condition = instead.map(BoolOrExpression::Bool),
                Shown::OnServer => {}
                Shown::Tree(tree) => {
                    self.trees.insert(format!("{id}:{key}"), tree);
                }
            }
        }
    }

    fn tree(&self, node: DefId, key: &'static str) -> Shown {
        let Some(expression) = self.reader.catalog.expressions.get(&(node, key)) else { return Shown::Hidden };
        if !self.reader.knows_expression(self.entity, expression) {
            return Shown::Hidden;
        }
        self.reader.tree(self.entity, expression).map_or(Shown::OnServer, Shown::Tree)
    }
}

/// How a condition reaches the browser.
enum Shown {
    Hidden,
    OnServer,
    Tree(Value),
}

/// An item of `views`; none when the person cannot use it.
pub(super) fn view(reader: Reader<'_>, view: &Owned<ViewDoc>) -> Option<Value> {
    let entity = visible_view(reader, view)?;
    let mut document = view.document.clone();
    document.columns.retain(|column| reader.knows_path(entity, &column.field));
    document.sort.retain(|path| reader.knows_path(entity, path.trim_start_matches('-')));
    Some(json!({"app": view.app, "document": document}))
}

/// The entity of a view that the person can use: a view whose filter reads unknown fields is none of theirs.
fn visible_view<'a>(reader: Reader<'a>, view: &Owned<ViewDoc>) -> Option<&'a Entity> {
    let entity = reader.entity(&view.app, &view.document.entity)?;
    let filter = view.document.id.and_then(|id| reader.catalog.expressions.get(&(id, "filter")));
    let usable = match (&view.document.filter, filter) {
        (None, _) => true,
        (Some(_), Some(filter)) => reader.knows_expression(entity, filter),
        (Some(_), None) => false,
    };
    (usable && is_for(reader, &view.app, &view.document.roles)).then_some(entity)
}

/// An item of `pages`; none when nothing is left of it.
pub(super) fn page(reader: Reader<'_>, page: &Owned<PageDoc>) -> Option<Value> {
    if !is_for(reader, &page.app, &page.document.roles) {
        return None;
    }
    let mut document = page.document.clone();
    document.items = entries(reader, &page.app, document.items);
    (!document.items.is_empty()).then(|| json!({"app": page.app, "document": document}))
}

fn entries(reader: Reader<'_>, app: &str, items: Vec<MenuItemDoc>) -> Vec<MenuItemDoc> {
    items
        .into_iter()
        .filter_map(|mut item| {
            if let Some(name) = &item.view {
                return opens(reader, app, name).then_some(item);
            }
            item.items = entries(reader, app, item.items);
            (!item.items.is_empty()).then_some(item)
        })
        .collect()
}

fn opens(reader: Reader<'_>, app: &str, name: &str) -> bool {
    let (app, name) = name.split_once('.').unwrap_or((app, name));
    let mut views = reader.catalog.views.iter();
    views.any(|view| view.app == app && view.document.name == name && visible_view(reader, view).is_some())
}
