//! A random app in memory: what its documents say, and what its records must therefore hold.
use std::collections::BTreeMap;

use kontor_definitions::source::AppSource;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

/// The app's name in every tenant.
pub(super) const APP: &str = "random";

/// An app.
#[derive(Clone, Debug)]
pub(super) struct AppModel {
    pub(super) entities: Vec<EntityModel>,
    /// Ids handed out so far.
    pub(super) ids: u64,
}

/// An entity with its records.
#[derive(Clone, Debug)]
pub(super) struct EntityModel {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) fields: Vec<FieldModel>,
    /// A line entity has no records of its own.
    pub(super) is_line: bool,
    pub(super) records: Vec<RecordModel>,
}

/// A field.
#[derive(Clone, Debug)]
pub(super) struct FieldModel {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: FieldKind,
    pub(super) required: bool,
    /// An expression for its default.
    pub(super) default: Option<String>,
    pub(super) retired: bool,
    pub(super) translatable: bool,
}

/// The types of fields that are mixed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldKind {
    Text,
    LongText,
    Integer,
    Decimal(u32),
    Boolean,
    Date,
    Datetime,
    Choice(Vec<String>),
    /// A reference to the entity at this place.
    Reference(usize),
    /// Links to records of the entity at this place.
    Links(usize),
    /// Lines of the entity at this place.
    Lines(usize),
    /// The product of two sibling numbers by field id; the scale is the sum of theirs.
    Product(String, String, u32),
    /// The sum of a field (by id) of the lines (by id of the lines field), with its scale; none for whole numbers, which
    /// JSON writes without quotes.
    Sum(String, String, Option<u32>),
    AutoNumber,
}

/// A record: values by field id, lines as records of the line entity.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordModel {
    pub(super) id: String,
    pub(super) revision: i64,
    pub(super) values: BTreeMap<String, Json>,
    pub(super) lines: BTreeMap<String, Vec<RecordModel>>,
}

impl AppModel {
    /// A new id that was never used.
    pub(super) fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("r{:07}", self.ids)
    }

    /// Visits the value of a field in every record or line that there is; one that is not there is null.
    pub(super) fn each_value(&mut self, place: usize, field: &str, change: &mut dyn FnMut(&mut Json)) {
        let visit = |record: &mut RecordModel, change: &mut dyn FnMut(&mut Json)| {
            change(record.values.entry(field.to_owned()).or_default());
        };
        for record in &mut self.entities[place].records {
            visit(record, change);
        }
        let of_place = |field: &&FieldModel| field.kind == FieldKind::Lines(place);
        for entity in &mut self.entities {
            for lines in entity.fields.iter().filter(of_place) {
                let rows = entity.records.iter_mut().filter_map(|record| record.lines.get_mut(&lines.id));
                rows.flatten().for_each(|line| visit(line, change));
            }
        }
    }

    /// Computes the derived values of every record anew.
    pub(super) fn derive_all(&mut self) {
        let all = self.entities.clone();
        for entity in &mut self.entities {
            let definition = all.iter().find(|other| other.id == entity.id).unwrap();
            entity.records.iter_mut().for_each(|record| definition.derive(&all, record));
        }
    }

    /// The documents.
    pub(super) fn source(&self) -> AppSource {
        let mut source = AppSource::default();
        let app = json!({"id": "r0app000", "name": APP, "version": "1.0.0", "title": {"zh-CN": "随机", "en": "Random"}, "locales": ["zh-CN", "en"]});
        source.files.insert("app.json".to_owned(), pretty(&app));
        for entity in &self.entities {
            source.files.insert(format!("entities/{}.json", entity.name), pretty(&self.entity(entity)));
        }
        source
    }

    /// The document of one entity.
    pub(super) fn entity(&self, entity: &EntityModel) -> Json {
        let live = || entity.fields.iter().filter(|field| !field.retired);
        let fields: Vec<Json> = live().map(|field| self.field(entity, field)).collect();
        let mut document = json!({"id": entity.id, "name": entity.name, "title": title(&entity.name)});
        if let Some(label) = live().find(|field| field.kind == FieldKind::Text) {
            document["label"] = json!(label.name);
        }
        document["fields"] = Json::Array(fields);
        document
    }

    fn field(&self, entity: &EntityModel, field: &FieldModel) -> Json {
        let mut out = json!({"id": field.id, "name": field.name, "title": title(&field.name), "type": field.kind.type_name()});
        let named = |id: &String| entity.fields.iter().find(|other| other.id == *id).map(|other| other.name.clone()).unwrap();
        match &field.kind {
            FieldKind::Decimal(scale) => out["scale"] = json!(scale),
            FieldKind::Choice(options) => {
                out["options"] = options
                    .iter()
                    .enumerate()
                    .map(|(place, name)| json!({"id": format!("{}{place}", &field.id[1..]), "name": name, "title": title(name)}))
                    .collect();
            }
            FieldKind::Reference(target) | FieldKind::Links(target) => {
                out["entity"] = json!(self.entities[*target].name);
            }
            FieldKind::Lines(line) => out["entity"] = json!(self.entities[*line].name),
            FieldKind::Product(left, right, scale) => {
                out["expression"] = json!(format!("{} * {}", named(left), named(right)));
                out["returns"] = json!("decimal");
                out["scale"] = json!(scale);
            }
            FieldKind::Sum(lines, of, _) => {
                let line = entity.fields.iter().find(|other| other.id == *lines).unwrap();
                let FieldKind::Lines(place) = line.kind else { panic!("a sum is over lines") };
                let summed = self.entities[place].fields.iter().find(|other| other.id == *of).unwrap();
                out["of"] = json!(line.name);
                out["function"] = json!("sum");
                out["field"] = json!(summed.name);
            }
            FieldKind::AutoNumber => out["pattern"] = json!("N-{0000}"),
            FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Integer
            | FieldKind::Boolean
            | FieldKind::Date
            | FieldKind::Datetime => {}
        }
        if field.required {
            out["required"] = json!(true);
        }
        if field.translatable && field.kind.is_words() {
            out["translatable"] = json!(true);
        }
        if let Some(default) = &field.default {
            out["default"] = json!(default);
        }
        out
    }
}

impl FieldKind {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long_text",
            Self::Integer => "integer",
            Self::Decimal(_) => "decimal",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Choice(_) => "choice",
            Self::Reference(_) => "reference",
            Self::Links(_) => "links",
            Self::Lines(_) => "lines",
            Self::Product(..) => "formula",
            Self::Sum(..) => "rollup",
            Self::AutoNumber => "auto_number",
        }
    }

    /// Whether it can have a text per language.
    pub(super) fn is_words(&self) -> bool {
        matches!(self, Self::Text | Self::LongText)
    }

    /// Whether a person enters it.
    pub(super) fn is_input(&self) -> bool {
        !matches!(self, Self::Product(..) | Self::Sum(..) | Self::AutoNumber | Self::Lines(_))
    }

    /// The scale of a number.
    pub(super) fn scale(&self) -> Option<u32> {
        match self {
            Self::Integer => Some(0),
            Self::Decimal(scale) | Self::Product(_, _, scale) => Some(*scale),
            Self::Text
            | Self::LongText
            | Self::Boolean
            | Self::Date
            | Self::Datetime
            | Self::Choice(_)
            | Self::Reference(_)
            | Self::Links(_)
            | Self::Lines(_)
            | Self::Sum(..)
            | Self::AutoNumber => None,
        }
    }
}

impl EntityModel {
    /// The field of that id.
    pub(super) fn field(&self, id: &str) -> &FieldModel {
        self.fields.iter().find(|field| field.id == id).unwrap()
    }

    /// Computes the derived values of a record anew. Sums come last: they may add up products of their lines.
    pub(super) fn derive(&self, all: &[Self], record: &mut RecordModel) {
        for field in self.fields.iter().filter(|field| !field.retired) {
            if let FieldKind::Lines(line) = field.kind {
                for line_record in record.lines.get_mut(&field.id).into_iter().flatten() {
                    all[line].derive(all, line_record);
                }
            }
        }
        for field in self.fields.iter().filter(|field| !field.retired) {
            match &field.kind {
                FieldKind::Product(left, right, scale) => {
                    let product = number(record.values.get(left)).zip(number(record.values.get(right))).map(|(a, b)| a * b);
                    record.values.insert(field.id.clone(), scaled(product, *scale));
                }
                FieldKind::Sum(lines, of, scale) => {
                    let lines = record.lines.get(lines).map(Vec::as_slice).unwrap_or_default();
                    let sum: Decimal = lines.iter().filter_map(|line| number(line.values.get(of))).sum();
                    let value = match scale {
                        Some(scale) => scaled(Some(sum), *scale),
                        None => Json::from(i64::try_from(sum.mantissa()).unwrap()),
                    };
                    record.values.insert(field.id.clone(), value);
                }
                FieldKind::Text
                | FieldKind::LongText
                | FieldKind::Integer
                | FieldKind::Decimal(_)
                | FieldKind::Boolean
                | FieldKind::Date
                | FieldKind::Datetime
                | FieldKind::Choice(_)
                | FieldKind::Reference(_)
                | FieldKind::Links(_)
                | FieldKind::Lines(_)
                | FieldKind::AutoNumber => {}
            }
        }
    }
}

fn number(value: Option<&Json>) -> Option<Decimal> {
    match value? {
        Json::Number(number) => number.to_string().parse().ok(),
        Json::String(text) => text.parse().ok(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A decimal as the API writes it: text with the field's scale.
pub(super) fn scaled(value: Option<Decimal>, scale: u32) -> Json {
    value.map_or(Json::Null, |mut value| {
        value.rescale(scale);
        Json::String(value.to_string())
    })
}

fn title(name: &str) -> Json {
    json!({"zh-CN": name, "en": name})
}

/// A document as a file.
pub(super) fn pretty(document: &Json) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap();
    text.push('\n');
    text
}
