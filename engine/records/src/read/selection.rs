//! What is answered of an entity: which columns, under which names, what is unfolded behind references and lines.
use std::sync::Arc;

use indexmap::IndexMap;
use kontor_definitions::{Entity, Field, FieldId, FieldType, catalog::FieldClass};
use kontor_storage::query::Path;

use crate::{
    finding::{Class, FieldError, Findings, Text},
    json::Shape,
    names::Names,
};

/// References and lines may be unfolded so deep.
pub(crate) const EXPAND_DEPTH: usize = 4;

/// What is answered of the records of one entity.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) entity: Arc<Entity>,
    /// The id is always selected before them.
    pub(crate) columns: Vec<Column>,
    pub(crate) lines: Vec<LinesColumn>,
}

/// One answered value.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) key: String,
    pub(crate) path: Path,
    pub(crate) shape: Shape,
    /// What is written in place of the reference.
    pub(crate) expanded: Option<Selection>,
}

/// Owned lines as an array; of links what each of them leads to.
#[derive(Clone, Debug)]
pub(crate) struct LinesColumn {
    pub(crate) key: String,
    pub(crate) field: FieldId,
    pub(crate) selection: Selection,
    /// Of links in a list: how many there are, and the first ones.
    pub(crate) brief: bool,
}

/// References and lines to unfold, by field name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expand(pub(crate) IndexMap<String, Expand>);

/// Which fields a selection takes where none are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every stored field, no lines: lists.
    Stored,
    /// Live fields and lines too: one record.
    Whole(Besides),
}

/// What the engine keeps beside fields, where it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Besides {
    /// What conversions were made with.
    pub(crate) conversions: bool,
    /// The texts of translatable fields in all languages.
    pub(crate) texts: bool,
}

impl Extent {
    /// One record, without what is kept beside its fields.
    pub(crate) const WHOLE: Self = Self::Whole(Besides { conversions: false, texts: false });
}

impl Selection {
    /// Every readable field.
    pub(crate) fn all(names: Names<'_>, entity: &Arc<Entity>, extent: Extent) -> Self {
        let mut selection = Self { entity: Arc::clone(entity), columns: Vec::new(), lines: Vec::new() };
        for field in names.fields(entity) {
            match field.ty {
                FieldType::Lines { .. } if extent != Extent::Stored => selection.add_lines(names, field, extent),
                FieldType::Lines { .. } => {}
                _ if is_answered(entity, field, extent) => selection.add(&[field], field.name.clone()),
                _ => {}
            }
        }
        selection
    }

    /// The named fields.
    pub(crate) fn named(names: Names<'_>, entity: &Arc<Entity>, fields: &[(String, &str)], findings: &mut Findings) -> Self {
        let mut selection = Self { entity: Arc::clone(entity), columns: Vec::new(), lines: Vec::new() };
        for (pointer, written) in fields {
            let Some(along) = names.path(entity, written) else {
                findings.push(names.unknown_field(entity, written, pointer));
                continue;
            };
            if selection.has(written) {
                continue;
            }
            match along.as_slice() {
                [field] if matches!(field.ty, FieldType::Lines { .. }) => selection.add_lines(names, field, Extent::WHOLE),
                _ if along.last().is_some_and(|last| matches!(last.ty, FieldType::Lines { .. })) => {
                    findings.push(FieldError::new(
                        Class::Malformed,
                        pointer,
                        "not_a_column",
                        Text { zh: "这里不能列出明细行", en: "lines cannot be a column here" },
                    ));
                }
                _ => selection.add(&along, (*written).to_owned()),
            }
        }
        selection
    }

    fn has(&self, key: &str) -> bool {
        self.columns.iter().any(|column| column.key == key) || self.lines.iter().any(|lines| lines.key == key)
    }

    fn add(&mut self, along: &[&Field], key: String) {
        let Some(last) = along.last() else { return };
        if along.len() == 1 && last.id == FieldId::ID {
            // Always answered.
            return;
        }
        let path = along.iter().map(|field| field.id).collect();
        self.columns.push(Column { key, path, shape: Shape::of(last), expanded: None });
    }

    fn add_lines(&mut self, names: Names<'_>, field: &Field, extent: Extent) {
        let FieldType::Lines { entity, .. } = field.ty else { return };
        let Some(line) = names.catalog.entity(entity).filter(|line| names.permit(line.id).is_some()) else { return };
        let selection = match line.link() {
            Some(link) => {
                let column = Column { key: link.name.clone(), path: vec![link.id], shape: Shape::Plain, expanded: None };
                Self { entity: Arc::clone(line), columns: vec![column], lines: Vec::new() }
            }
            None => Self::all(names, line, extent),
        };
        self.lines.push(LinesColumn { key: field.name.clone(), field: field.id, selection, brief: false });
    }

    /// Unfolds what `expand` names.
    pub(crate) fn expand(&mut self, names: Names<'_>, expand: &Expand) {
        for (name, deeper) in &expand.0 {
            let entity = Arc::clone(&self.entity);
            let Some(field) = names.field(&entity, name) else { continue };
            if !self.has(name) {
                match field.ty {
                    FieldType::Lines { .. } => self.add_lines(names, field, Extent::WHOLE),
                    _ => self.add(&[field], name.clone()),
                }
            }
            let lines = self.lines.iter_mut().find(|lines| lines.key == *name);
            let column = match lines {
                Some(links) if field.ty.links().is_some() => links.selection.columns.first_mut(),
                Some(lines) => {
                    lines.selection.expand(names, deeper);
                    None
                }
                None => self.columns.iter_mut().find(|column| column.key == *name),
            };
            // A target that the person may not read at all still answers with its id alone.
            if let (Some(column), Some(target)) = (column, names.target(field)) {
                let mut selection = Self::all(names, target, Extent::Stored);
                selection.expand(names, deeper);
                column.expanded = Some(selection);
            }
        }
    }

    /// Answers of links only how many there are and the first ones, so that a page of records stays small.
    pub(crate) fn shorten_links(&mut self) {
        for lines in &mut self.lines {
            lines.brief = lines.selection.entity.link().is_some();
            lines.selection.shorten_links();
        }
        self.columns.iter_mut().filter_map(|column| column.expanded.as_mut()).for_each(Self::shorten_links);
    }

    /// Shows the value of a sensitive field of the record, or of its lines (`lines.account`); whether there is one.
    pub(crate) fn reveal(&mut self, names: Names<'_>, written: &str) -> bool {
        if let Some((lines, rest)) = written.split_once('.') {
            let lines = self.lines.iter_mut().find(|column| column.key == lines);
            return lines.is_some_and(|column| column.selection.reveal(names, rest));
        }
        let entity = Arc::clone(&self.entity);
        let Some(field) = names.field(&entity, written).filter(|field| field.sensitive) else { return false };
        let column = self.columns.iter_mut().find(|column| column.path == [field.id]);
        column.map(|column| column.shape = Shape::of_type(&field.ty)).is_some()
    }

    /// The paths to select, the id first.
    pub(crate) fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::with_capacity(self.columns.len() + 1);
        paths.push(vec![FieldId::ID]);
        paths.extend(self.columns.iter().map(|column| column.path.clone()));
        paths
    }
}

/// Whether a field is answered where no fields are named.
fn is_answered(entity: &Entity, field: &Field, extent: Extent) -> bool {
    if field.id.0.is_companion() {
        let Extent::Whole(besides) = extent else { return false };
        return if entity.translated_by(field.id).is_some() { besides.texts } else { besides.conversions };
    }
    if entity.parent.is_some() && field.system && field.id != FieldId::POSITION {
        return false;
    }
    field.column().is_some() || (extent != Extent::Stored && field.class == FieldClass::Live)
}

/// Reads `expand=customer,lines.product`.
pub(crate) fn expand_of(names: Names<'_>, entity: &Arc<Entity>, items: &[(String, &str)], findings: &mut Findings) -> Expand {
    let mut root = Expand::default();
    for (pointer, written) in items {
        if written.split('.').count() > EXPAND_DEPTH {
            findings.push(FieldError::new(
                Class::Malformed,
                pointer,
                "too_deep",
                Text {
                    zh: &format!("最多展开 {EXPAND_DEPTH} 层"),
                    en: &format!("at most {EXPAND_DEPTH} levels can be expanded"),
                },
            ));
            continue;
        }
        let mut at = entity;
        let mut node = &mut root;
        for part in written.split('.') {
            let Some(field) = names.field(at, part) else {
                findings.push(names.unknown_field(at, part, pointer));
                break;
            };
            let Some(target) = names.target(field) else {
                findings.push(FieldError::new(
                    Class::Malformed,
                    pointer,
                    "not_expandable",
                    Text {
                        zh: &format!("“{part}”既不是引用也不是明细行，不能展开"),
                        en: &format!("\"{part}\" is neither a reference nor lines and cannot be expanded"),
                    },
                ));
                break;
            };
            node = node.0.entry(part.to_owned()).or_default();
            at = target;
        }
    }
    root
}
