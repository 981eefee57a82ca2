//! Views and pages: what lists show, and what the navigation opens.
use std::{collections::HashMap, sync::Arc};

use super::{
    codes::Code,
    expressions::compile,
    findings::Findings,
    load::Document,
    names::check_name,
    options::kind_name,
    sensitive::{self, May, is_sensitive},
    sets::has_plain_value,
    world::{EntityIx, Found, World},
};
use crate::{
    catalog::{FieldType, Owned},
    expr::{Expr, Type},
    id::DefId,
    model::{Kind, PageDoc, ViewDoc, page::MenuItemDoc},
};

/// Conditions and filters of forms and views, by the id of what they stand in and the key.
pub(super) type Expressions = HashMap<(DefId, &'static str), Arc<Expr>>;

/// A document in a place, with everything needed to look names up from it.
pub(super) struct Screen<'a> {
    pub(super) world: &'a World,
    pub(super) document: &'a Document,
}

impl Screen<'_> {
    /// The entity a document names.
    pub(super) fn entity(&self, name: &str, pointer: &str, findings: &mut Findings) -> Option<EntityIx> {
        match self.world.entity_named(self.document.app, name) {
            Found::Yes(index) => Some(index),
            Found::Broken => None,
            Found::No(wrong) => {
                wrong.tell(self.document.file, pointer, findings);
                None
            }
        }
    }

    /// The name must be that of the file and usable; roles must exist.
    pub(super) fn head(&self, name: &str, roles: &[String], findings: &mut Findings) {
        let Document { file, name: of_file, app, .. } = self.document;
        if name != of_file {
            findings.add(*file, "/name", Code::NameMismatch, &[name, of_file]);
        }
        check_name(*file, "/name", name, findings);
        for (index, role) in roles.iter().enumerate() {
            if let Err(wrong) = self.world.other_named(Kind::Role, *app, role, Code::UnknownRole) {
                wrong.tell(*file, &format!("/roles/{index}"), findings);
            }
        }
    }

    /// A view by name, if it is one of this entity's.
    pub(super) fn view(&self, name: &str, of: Option<EntityIx>, views: &Views, pointer: &str, findings: &mut Findings) {
        let file = self.document.file;
        if let Err(wrong) = self.world.other_named(Kind::View, self.document.app, name, Code::UnknownView) {
            wrong.tell(file, pointer, findings);
            return;
        }
        let Ok((app, plain)) = self.world.app_of(self.document.app, name) else { return };
        let (Some(wanted), Some(found)) = (of, views.get(&(app, plain.to_owned()))) else { return };
        let title = |index: EntityIx| self.world.entities.get(index).map(|entity| entity.name.as_str()).unwrap_or_default();
        if wanted != *found {
            findings.add(file, pointer, Code::WrongEntity, &[name, title(*found), title(wanted)]);
        }
    }
}

/// The entity of each view, by app and name.
pub(super) type Views = HashMap<(usize, String), EntityIx>;

/// Checks all views.
pub(super) fn views(
    world: &World,
    documents: &[Document],
    expressions: &mut Expressions,
    findings: &mut Findings,
) -> (Vec<Owned<ViewDoc>>, Views) {
    let mut out = Vec::new();
    let mut by_name = Views::new();
    for document in documents.iter().filter(|document| document.kind == Kind::View) {
        let Some(doc) = document.typed::<ViewDoc>() else { continue };
        let screen = Screen { world, document };
        screen.head(&doc.name, &doc.roles, findings);
        if let Some(entity) = screen.entity(&doc.entity, "/entity", findings) {
            by_name.insert((document.app, document.name.clone()), entity);
            view(&screen, entity, &doc, expressions, findings);
        }
        out.push(owned(world, document, doc));
    }
    (out, by_name)
}

fn view(screen: &Screen<'_>, entity: EntityIx, doc: &ViewDoc, expressions: &mut Expressions, findings: &mut Findings) {
    let (world, file) = (screen.world, screen.document.file);
    for (index, column) in doc.columns.iter().enumerate() {
        path(screen, entity, &column.field, &format!("/columns/{index}/field"), findings, |target, findings| {
            let own_links = target.ids.len() == 1 && target.ty.links().is_some();
            if matches!(target.ty.result(), FieldType::Lines { .. }) && !own_links {
                findings.add(file, &format!("/columns/{index}/field"), Code::UnsuitableField, &[&column.field, "lines"]);
            }
        });
    }
    if let (Some(filter), Some(id)) = (&doc.filter, doc.id)
        && let Some(expr) = compile(world, (file, "/filter"), entity, filter, Some(&Type::Boolean), findings)
    {
        sensitive::expression(world, (file, "/filter"), entity, (&expr, May::Compare), findings);
        expressions.insert((id, "filter"), Arc::new(expr));
    }
    for (index, sort) in doc.sort.iter().enumerate() {
        let pointer = format!("/sort/{index}");
        let name = sort.strip_prefix('-').unwrap_or(sort);
        // A step into lines is what a person means who writes `lines.qty`; say so instead of "no reference".
        let through_lines = name.split_once('.').is_some_and(|(first, _)| is_lines(world, entity, first));
        if through_lines {
            findings.add(file, &pointer, Code::SortByLines, &[name]);
            continue;
        }
        path(screen, entity, name, &pointer, findings, |target, findings| {
            if matches!(target.ty.result(), FieldType::Lines { .. }) {
                findings.add(file, &pointer, Code::SortByLines, &[name]);
            } else if !has_plain_value(target.ty) {
                let kind = target.slot.doc.as_ref().map_or("system", |doc| kind_name(doc.kind));
                findings.add(file, &pointer, Code::UnsuitableField, &[name, kind]);
            } else if is_sensitive(target.slot) {
                findings.add(file, &pointer, Code::SensitiveHere, &[name]);
            }
        });
    }
}

fn is_lines(world: &World, entity: EntityIx, name: &str) -> bool {
    matches!(world.field(entity, name), Found::Yes((_, FieldType::Lines { .. })))
}

fn path(
    screen: &Screen<'_>,
    entity: EntityIx,
    name: &str,
    pointer: &str,
    findings: &mut Findings,
    suits: impl FnOnce(&super::world::Target<'_>, &mut Findings),
) {
    match screen.world.path(entity, name) {
        Found::Yes(target) => suits(&target, findings),
        Found::Broken => {}
        Found::No(wrong) => wrong.tell(screen.document.file, pointer, findings),
    }
}

/// Checks all pages.
pub(super) fn pages(world: &World, documents: &[Document], views: &Views, findings: &mut Findings) -> Vec<Owned<PageDoc>> {
    let mut out = Vec::new();
    for document in documents.iter().filter(|document| document.kind == Kind::Page) {
        let Some(doc) = document.typed::<PageDoc>() else { continue };
        let screen = Screen { world, document };
        screen.head(&doc.name, &doc.roles, findings);
        items(&screen, &doc.items, "/items", views, findings);
        out.push(owned(world, document, doc));
    }
    out
}

fn items(screen: &Screen<'_>, list: &[MenuItemDoc], pointer: &str, views: &Views, findings: &mut Findings) {
    for (index, item) in list.iter().enumerate() {
        let at = format!("{pointer}/{index}");
        if item.view.is_some() != item.items.is_empty() {
            findings.add(screen.document.file, &at, Code::EmptyMenuItem, &[]);
        }
        if let Some(view) = &item.view {
            screen.view(view, None, views, &format!("{at}/view"), findings);
        }
        items(screen, &item.items, &format!("{at}/items"), views, findings);
    }
}

/// A document with the name of its app.
pub(super) fn owned<T>(world: &World, document: &Document, doc: T) -> Owned<T> {
    Owned { app: world.apps.get(document.app).map(|app| app.name.clone()).unwrap_or_default(), document: doc }
}
