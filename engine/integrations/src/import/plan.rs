//! The mapping resolved against the definitions: which cell fills which field of the record or of its lines.
use std::collections::HashMap;

use indexmap::IndexMap;
use kontor_access::{Action, Rights, decide};
use kontor_definitions::{Catalog, Entity, EntityId, Field, FieldId, FieldType, LocalText, texts};

use super::map::{ColumnMap, ColumnOptions, Existing, ImportMap};
use crate::table::Table;

/// One thing that is wrong with a mapping.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MapError {
    /// The path or column it is about.
    pub place: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: LocalText,
}

impl MapError {
    /// The mapping is for another entity than the one named in the call.
    pub fn other_entity(named: &str) -> Self {
        let zh = format!("映射文件是为「{named}」写的。请换一个映射文件，或改为导入该实体。");
        let en = format!("The mapping was written for \"{named}\". Use another mapping, or import that entity.");
        Self {
            place: "entity".to_owned(),
            code: "other_entity",
            message: LocalText::from([("zh-CN", zh.as_str()), ("en", en.as_str())].as_slice()),
        }
    }
}

/// What an import will do with each row.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// The entity.
    pub entity: EntityId,
    /// Key fields, as places in `head`.
    pub key: Vec<usize>,
    /// What happens to records that exist.
    pub existing: Existing,
    /// Fields of the record.
    pub head: Vec<Target>,
    /// Fields of its lines.
    pub lines: Option<Lines>,
}

/// The lines of the record.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The `lines` field's name.
    pub field: String,
    /// Fields of a line.
    pub targets: Vec<Target>,
}

/// One field to fill.
#[derive(Clone, Debug)]
pub struct Target {
    /// As in the mapping: `lines.product.code`.
    pub path: String,
    /// The field's name in its entity.
    pub field: String,
    /// The field's type.
    pub ty: FieldType,
    /// What is wrong with a value is told without the value.
    pub sensitive: bool,
    /// Of a translatable field: which of its texts.
    pub text: Option<TextOf>,
    /// Where the text comes from.
    pub source: Source,
    /// For references found by a field of the target.
    pub reference: Option<ReferenceBy>,
}

/// A text of a translatable field: `name[en]`, or `name` alone.
#[derive(Clone, Debug)]
pub struct TextOf {
    /// The language; none where only the field is named.
    pub locale: Option<String>,
    /// The first language of the app, which `name` stands for beside `name[en]`.
    pub first: String,
}

/// Where a text comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The place of the column in the file; none for a constant.
    pub column: Option<usize>,
    /// The options of the column.
    pub options: ColumnOptions,
}

/// How a referenced record is found, and made where it is missing.
#[derive(Clone, Debug)]
pub struct ReferenceBy {
    /// The target entity.
    pub entity: EntityId,
    /// The field whose value is in the file.
    pub key: FieldId,
    /// Its name.
    pub key_name: String,
    /// Its type.
    pub key_type: FieldType,
    /// Fields of the record that is made when none is found.
    pub create: Option<Vec<Target>>,
}

/// Resolves a mapping. Names are resolved among what the person may read; all mistakes are told at once.
pub fn resolve(
    catalog: &Catalog,
    rights: &Rights,
    entity: &Entity,
    map: &ImportMap,
    table: &Table,
) -> Result<ImportPlan, Vec<MapError>> {
    let mut resolver = Resolver {
        catalog,
        rights,
        columns: table.header.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect(),
        errors: Vec::new(),
    };
    let plan = resolver.plan(entity, map);
    if resolver.errors.is_empty() { Ok(plan) } else { Err(resolver.errors) }
}

/// The mapping of a file whose header is already field paths.
pub fn map_of_header(table: &Table, key: Vec<String>, existing: Existing) -> ImportMap {
    ImportMap {
        key,
        existing,
        columns: table.header.iter().map(|name| (name.clone(), ColumnMap::Name(name.clone()))).collect(),
        ..ImportMap::default()
    }
}

struct Resolver<'a> {
    catalog: &'a Catalog,
    rights: &'a Rights,
    columns: HashMap<&'a str, usize>,
    errors: Vec<MapError>,
}

impl Resolver<'_> {
    fn plan(&mut self, entity: &Entity, map: &ImportMap) -> ImportPlan {
        let mut head = Vec::new();
        let mut lines: Option<Lines> = None;
        let constants = map
            .constants
            .iter()
            .map(|(path, text)| (path, ColumnOptions { constant: Some(text.clone()), ..ColumnOptions::default() }));
        let columns = map.columns.iter().map(|(path, column)| (path, column.options()));
        for (path, options) in columns.chain(constants) {
            let Some(source) = self.source(path, options) else { continue };
            match self.lines_of(entity, path) {
                Some((field, line, rest)) => {
                    let Some(target) = self.target(&line, path, rest, source, &map.create_missing) else { continue };
                    match &mut lines {
                        Some(known) if known.field != field => self.error(
                            path,
                            "second_lines",
                            ("一次导入只能填写一个明细表。", "One import can fill one lines field only."),
                        ),
                        Some(known) => known.targets.push(target),
                        None => lines = Some(Lines { field, targets: vec![target] }),
                    }
                }
                None => head.extend(self.target(entity, path, path, source, &map.create_missing)),
            }
        }
        let key = self.key(map, &head, lines.is_some());
        for path in map.create_missing.keys() {
            let used = |targets: &[Target]| {
                targets.iter().any(|target| {
                    target.reference.is_some() && target.path.rsplit_once('.').is_some_and(|(start, _)| start == path)
                })
            };
            if !used(&head) && !lines.as_ref().is_some_and(|lines| used(&lines.targets)) {
                self.error(
                    path,
                    "unused_create_missing",
                    (
                        "没有按字段查找这个引用的列。请先映射例如「客户.编码」的列。",
                        "No column looks this reference up by a field. Map a column such as customer.code first.",
                    ),
                );
            }
        }
        ImportPlan { entity: entity.id, key, existing: map.existing, head, lines }
    }

    fn key(&mut self, map: &ImportMap, head: &[Target], has_lines: bool) -> Vec<usize> {
        let mut key = Vec::new();
        for name in &map.key {
            let is_key = |target: &Target| target.field == *name && target.text.as_ref().is_none_or(|text| text.locale.is_none());
            match head.iter().position(is_key) {
                Some(place) if head.get(place).is_some_and(|target| target.sensitive) => self.sensitive_key(name),
                Some(place) => key.push(place),
                None => {
                    self.error(name, "key_not_mapped", ("关键字段没有映射到任何列。", "The key field is not mapped to a column."))
                }
            }
        }
        if map.key.is_empty() && (has_lines || map.existing != Existing::Error) {
            self.error(
                "key",
                "key_missing",
                (
                    "导入明细、跳过或更新已有记录时,必须指定关键字段。",
                    "Importing lines, skipping or updating existing records needs key fields.",
                ),
            );
        }
        key
    }

    fn source(&mut self, path: &str, options: ColumnOptions) -> Option<Source> {
        let Some(name) = &options.column else {
            return Some(Source { column: None, options });
        };
        let Some(place) = self.columns.get(name.as_str()).copied() else {
            self.errors.push(MapError {
                place: path.to_owned(),
                code: "unknown_column",
                message: LocalText::from(
                    [
                        ("zh-CN", format!("文件中没有列「{name}」。").as_str()),
                        ("en", format!("The file has no column \"{name}\".").as_str()),
                    ]
                    .as_slice(),
                ),
            });
            return None;
        };
        Some(Source { column: Some(place), options })
    }

    /// The lines field that a path begins with, the line entity, and the rest of the path.
    fn lines_of<'p>(&self, entity: &Entity, path: &'p str) -> Option<(String, std::sync::Arc<Entity>, &'p str)> {
        let (first, rest) = path.split_once('.')?;
        let field = self.readable(entity, first)?;
        let FieldType::Lines { entity: line, links: None, .. } = field.ty else { return None };
        Some((first.to_owned(), self.catalog.entity(line)?.clone(), rest))
    }

    fn readable<'e>(&self, entity: &'e Entity, name: &str) -> Option<&'e Field> {
        let field = entity.field_named(name)?;
        // Lines have no permit of their own: their fields' rights are asked of the line entity where the role names it.
        let permit = [Action::Create, Action::Update, Action::Read]
            .into_iter()
            .find_map(|action| decide(self.rights, action, entity.id).ok());
        match permit {
            Some(permit) => permit.can_read(field.id).then_some(field),
            None => None,
        }
    }

    fn target(
        &mut self,
        entity: &Entity,
        path: &str,
        rest: &str,
        source: Source,
        create_missing: &IndexMap<String, IndexMap<String, ColumnMap>>,
    ) -> Option<Target> {
        let (name, key) = rest.split_once('.').map_or((rest, None), |(name, key)| (name, Some(key)));
        let (name, locale) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((name, tag)) => (name, Some(tag)),
            None => (name, None),
        };
        let Some(field) = self.readable(entity, name).filter(|field| locale.is_none() || field.translatable) else {
            self.unknown(path);
            return None;
        };
        if let Some(tag) = locale.filter(|tag| texts::canonical(tag).as_deref() != Some(*tag)) {
            self.bad_locale(path, tag);
            return None;
        }
        let reference = match (field.ty.reference().or_else(|| field.ty.links()), key) {
            (_, None) => None,
            (Some(target), Some(key)) => Some(self.reference(target, path, key, create_missing)?),
            (None, Some(_)) => {
                self.unknown(path);
                return None;
            }
        };
        Some(Target {
            path: path.to_owned(),
            field: name.to_owned(),
            ty: field.ty.clone(),
            sensitive: field.sensitive,
            text: field.translatable.then(|| TextOf {
                locale: locale.map(str::to_owned),
                first: texts::first_language(self.catalog, entity).to_owned(),
            }),
            source,
            reference,
        })
    }

    fn reference(
        &mut self,
        target: EntityId,
        path: &str,
        key: &str,
        create_missing: &IndexMap<String, IndexMap<String, ColumnMap>>,
    ) -> Option<ReferenceBy> {
        let entity = self.catalog.entity(target)?.clone();
        let Some(field) = self.readable(&entity, key).filter(|field| field.column().is_some()) else {
            self.unknown(path);
            return None;
        };
        if field.sensitive {
            self.sensitive_key(path);
            return None;
        }
        let start = path.rsplit_once('.').map_or(path, |(start, _)| start);
        let create = create_missing.get(start).map(|columns| {
            columns
                .iter()
                .filter_map(|(name, column)| {
                    let source = self.source(name, column.options())?;
                    self.target(&entity, name, name, source, &IndexMap::new())
                })
                .collect()
        });
        Some(ReferenceBy { entity: target, key: field.id, key_name: key.to_owned(), key_type: field.ty.clone(), create })
    }

    fn sensitive_key(&mut self, path: &str) {
        self.error(
            path,
            "sensitive_key",
            (
                "敏感字段不能用来查找记录。请改用其他字段作为关键字段。",
                "Records are not looked up by a sensitive field. Use another field as the key.",
            ),
        );
    }

    fn bad_locale(&mut self, path: &str, tag: &str) {
        let tag = texts::canonical(tag).unwrap_or_else(|| "zh-CN".to_owned());
        let (zh, en) = (
            format!("方括号里要写语言代码，例如「{tag}」。"),
            format!("In brackets stands the tag of a language, such as \"{tag}\"."),
        );
        let message = LocalText::from([("zh-CN", zh.as_str()), ("en", en.as_str())].as_slice());
        self.errors.push(MapError { place: path.to_owned(), code: "bad_locale", message });
    }

    fn unknown(&mut self, path: &str) {
        self.error(
            path,
            "unknown_field",
            (
                "没有这个字段。请使用字段名、「引用.字段」或「明细.字段」。",
                "There is no such field. Use a field name, reference.field or lines.field.",
            ),
        );
    }

    fn error(&mut self, place: &str, code: &'static str, (zh, en): (&str, &str)) {
        self.errors.push(MapError {
            place: place.to_owned(),
            code,
            message: LocalText::from([("zh-CN", zh), ("en", en)].as_slice()),
        });
    }
}
