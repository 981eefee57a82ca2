//! The check of whole apps: from the texts of their files to the [`Catalog`], with every finding on the way.
//!
//! The order of the files here is the order of the work: [`read`] and [`shape`] look at one document,
//! what follows looks at all of them together. Nothing stops at the first error.
mod aspects;
mod build;
mod canonical;
mod codes;
mod derived;
pub mod diff;
mod duplicates;
mod entities;
mod expressions;
mod fields;
mod findings;
mod forms;
mod graph;
pub mod ids;
mod invariants;
mod literals;
mod load;
mod names;
mod options;
mod places;
mod read;
mod roles;
mod schema;
mod screens;
mod sensitive;
mod sets;
mod shape;
mod states;
mod suggest;
mod titles;
mod translatable;
mod types;
mod world;

use std::{collections::BTreeSet, sync::Arc};

pub use canonical::canonical;
pub use read::{MAX_DOCUMENT, MAX_NESTING};
pub use schema::schema;
use serde_json::Value;

use self::{
    codes::Code,
    findings::{FileId, Findings},
};
use crate::{
    catalog::Catalog,
    diagnostic::{Diagnostic, Severity},
    id::DefId,
    model::Kind,
    source::AppSource,
};

/// How strict a check is.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// What it means when a part has no id.
    pub missing_ids: MissingIds,
    /// Ids of parts that were removed earlier; they may not come back for something else.
    pub retired_ids: BTreeSet<DefId>,
}

/// What it means when a part has no id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingIds {
    /// An error per document; drafts and revisions have ids.
    #[default]
    Refuse,
    /// Provisional ids are made from the place; for folders that people write by hand.
    Allow,
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The catalogue, if there is no error.
    pub catalog: Option<Catalog>,
    /// Every finding, sorted by file and place.
    pub findings: Vec<Diagnostic>,
}

impl Checked {
    /// Whether there is a finding that forbids publishing.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Checks apps together. `base` belongs among them; files of several apps are named `<app>/<path>`.
pub fn check(apps: &[(String, &AppSource)], options: &CheckOptions) -> Checked {
    let mut findings = Findings::default();
    let loaded = load::load(apps, options, &mut findings);
    let (mut world, documents) = entities::gather(loaded, &mut findings);
    titles::check_apps(&world.apps, &mut findings);
    titles::check_texts(&world.apps, &documents, &mut findings);
    fields::type_fields(&mut world, &mut findings);
    let compiled = expressions::compile_fields(&world, &mut findings);
    sensitive::check_fields(&world, &compiled, &mut findings);
    fields::add_rates(&mut world, &compiled, &mut findings);
    translatable::check_fields(&mut world, &mut findings);
    let graph = graph::build(&world, &compiled, &mut findings);
    let sets = (0..world.entities.len()).map(|entity| sets::sets(&world, entity, &graph, &mut findings)).collect();
    let mut expressions = screens::Expressions::new();
    let (views, by_name) = screens::views(&world, &documents, &mut expressions, &mut findings);
    let forms = forms::forms(&world, &documents, &by_name, &mut expressions, &mut findings);
    let pages = screens::pages(&world, &documents, &by_name, &mut findings);
    let invariants = invariants::invariants(&world, &documents, &mut findings);
    let roles = roles::roles(&world, &documents, &graph, &mut findings);
    let findings = findings.sorted();
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Checked { catalog: None, findings };
    }
    let mut entities = build::entities(&world, compiled, &graph, sets);
    aspects::assign(&mut entities, &views);
    let catalog = Catalog {
        apps: world.apps.iter().map(|app| (app.name.clone(), Arc::new(app.doc.clone()))).collect(),
        entity_names: entities.iter().map(|entity| (entity.full_name(), entity.id)).collect(),
        entities: entities.into_iter().map(|entity| (entity.id, Arc::new(entity))).collect(),
        roles: roles.into_iter().map(|role| (role.id, Arc::new(role))).collect(),
        forms,
        views,
        pages,
        invariants,
        expressions,
    };
    Checked { catalog: Some(catalog), findings }
}

/// Reads one document alone: its value if the text is a JSON object, and what is wrong with its text and shape.
///
/// This is the door of the draft: what has findings here cannot be stored; names and expressions are checked later.
pub fn document(kind: Kind, file: &str, text: &str) -> (Option<Value>, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let value = one(kind, file.to_owned(), text, &mut findings).1.map(|(value, _)| value);
    (value, findings.sorted())
}

/// One document as written and without the parts that do not fit its kind.
fn one(kind: Kind, file: String, text: &str, findings: &mut Findings) -> (FileId, Option<(Value, Value)>) {
    let read = read::read(text);
    let file = findings.file(file, read.places);
    for problem in &read.problems {
        findings.add_at(file, &problem.pointer, problem.at, problem.code, &[&problem.argument]);
    }
    let Some(value) = read.value else { return (file, None) };
    if !value.is_object() {
        findings.add(file, "", Code::NotAnObject, &[]);
        return (file, None);
    }
    let mended = shape::mend(kind, &value, file, findings);
    (file, Some((value, mended)))
}

#[cfg(test)]
mod tests;
