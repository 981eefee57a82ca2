//! The little app the vectors speak about, as a catalog, and its records in memory.
use std::{collections::HashMap, fs, path::PathBuf, sync::Arc};

use serde_json::Value as Json;

use crate::{
    catalog::{Catalog, CurrencyOf, Entity, Field, FieldClass, FieldType, JsonFormat, NumberFormat, Requirement, TextFormat},
    expr::{
        CatalogNames, Type,
        eval::{EvalEnv, EvalError, RowSource},
        resolve::read_literal,
    },
    id::{DefId, EntityId, FieldId},
    model::{EntityDoc, FieldDoc, FieldKind, field::OnDelete},
    value::Value,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/expressions")
}

/// Where an expected output is kept.
pub(super) fn golden(file: &str) -> PathBuf {
    folder().join("../../golden").join(file)
}

/// A file of the vectors.
pub(super) fn read(file: &str) -> Json {
    let path = folder().join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The app, the moment, and the records that references lead to.
pub(super) struct Sample {
    pub(super) catalog: Catalog,
    pub(super) root: EntityId,
    pub(super) env: EvalEnv,
    pub(super) params: Vec<(String, Type)>,
    partners: Json,
}

impl Sample {
    pub(super) fn load() -> Self {
        let docs: Vec<EntityDoc> = ["partner", "sample_line", "sample"]
            .map(|name| serde_json::from_value(read(&format!("app/entities/{name}.json"))).expect("an entity"))
            .into();
        let ids: HashMap<String, EntityId> =
            docs.iter().map(|doc| (doc.name.clone(), EntityId(doc.id.expect("has an id")))).collect();
        let mut catalog = Catalog::default();
        for doc in &docs {
            let entity = entity(doc, &ids);
            catalog.entity_names.insert(entity.full_name(), entity.id);
            catalog.entities.insert(entity.id, Arc::new(entity));
        }
        let env = read("env.json");
        let mut params = Vec::new();
        let mut parameters = std::collections::BTreeMap::new();
        for (name, parameter) in env["parameters"].as_object().expect("an object") {
            let ty = match parameter["type"].as_str() {
                Some("number") => Type::Number { scale: u8::try_from(parameter["scale"].as_u64().unwrap()).unwrap() },
                Some("date") => Type::Date,
                _ => Type::Text,
            };
            parameters.insert(name.clone(), value(&parameter["value"], &ty));
            params.push((name.clone(), ty));
        }
        let uuid = |json: &Json| json.as_str().map(|text| text.parse().expect("a uuid"));
        let Value::Date(today) = value(&env["today"], &Type::Date) else { panic!("today is a date") };
        let Value::Instant(now) = value(&env["now"], &Type::Instant) else { panic!("now is a moment") };
        Self {
            root: ids["sample"],
            catalog,
            params,
            env: EvalEnv {
                today,
                now,
                user_id: uuid(&env["user"]["id"]),
                user_name: env["user"]["name"].as_str().expect("a name").to_owned(),
                user_department: uuid(&env["user"]["department"]),
                company: std::sync::Arc::default(),
                parameters,
                rates: crate::expr::rates::Rates::default(),
                units: crate::expr::units::Units::default(),
            },
            partners: env["partners"].clone(),
        }
    }

    pub(super) fn names<'a>(&'a self, readable: &'a dyn Fn(EntityId, FieldId) -> bool) -> CatalogNames<'a> {
        CatalogNames { catalog: &self.catalog, entity: self.root, params: &self.params, readable }
    }

    pub(super) fn row<'a>(&'a self, record: &'a Json) -> Row<'a> {
        Row { sample: self, entity: self.root, record }
    }
}

/// A record written as JSON.
pub(super) struct Row<'a> {
    sample: &'a Sample,
    entity: EntityId,
    record: &'a Json,
}

impl RowSource for Row<'_> {
    fn field(&self, path: &[FieldId]) -> Result<Value, EvalError> {
        let entity = self.sample.catalog.entity(self.entity).expect("known");
        let (first, rest) = path.split_first().expect("not empty");
        let field = entity.field(*first).expect("known");
        let json = &self.record[&field.name];
        if rest.is_empty() || json.is_null() {
            return Ok(if rest.is_empty() { value(json, &Type::of(&field.ty)) } else { Value::Null });
        }
        let target = field.ty.reference().expect("a reference");
        let record = &self.sample.partners[json.as_str().expect("an id")];
        Row { sample: self.sample, entity: target, record }.field(rest)
    }

    fn lines(&self, path: &[FieldId]) -> Result<Vec<Box<dyn RowSource + '_>>, EvalError> {
        let entity = self.sample.catalog.entity(self.entity).expect("known");
        let [only] = path else { panic!("the vectors reach lines from their own record") };
        let field = entity.field(*only).expect("known");
        let FieldType::Lines { entity, .. } = field.ty else { panic!("lines") };
        let lines = self.record[&field.name].as_array().into_iter().flatten();
        Ok(lines.map(|record| Box::new(Row { sample: self.sample, entity, record }) as Box<dyn RowSource + '_>).collect())
    }
}

/// A value as the vectors write it.
pub(super) fn value(json: &Json, ty: &Type) -> Value {
    match (json, ty) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(value), _) => Value::Bool(*value),
        (Json::Number(number), _) => Value::Number(number.to_string().parse().expect("a number")),
        (Json::String(text), Type::Number { .. }) => Value::Number(text.parse().expect("a number")),
        (Json::String(text), Type::Text) => Value::Text(text.clone()),
        (Json::String(text), _) => read_literal(text, ty).expect("a value of the type"),
        (Json::Array(items), Type::List(item)) => Value::List(items.iter().map(|json| value(json, item)).collect()),
        (json, _) => Value::Json(Box::new(json.clone())),
    }
}

fn entity(doc: &EntityDoc, ids: &HashMap<String, EntityId>) -> Entity {
    let fields: Vec<Field> = doc.fields.iter().map(|field| self::field(field, ids)).collect();
    Entity {
        id: EntityId(doc.id.expect("has an id")),
        app: "vectors".to_owned(),
        name: doc.name.clone(),
        title: doc.title.clone(),
        label: FieldId::ID,
        unique: Vec::new(),
        indexes: Vec::new(),
        owner: false,
        department: false,
        track: false,
        append_only: false,
        parent: None,
        aspects: Vec::new(),
        duplicates: Vec::new(),
        compute_order: Vec::new(),
        positions: fields.iter().enumerate().map(|(place, field)| (field.id, place)).collect(),
        names: fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect(),
        fields,
    }
}

fn field(doc: &FieldDoc, ids: &HashMap<String, EntityId>) -> Field {
    let other = || ids[doc.entity.as_deref().expect("names its entity")];
    let scale = doc.scale.unwrap_or(0);
    let ty = match doc.kind {
        FieldKind::Text => FieldType::Text { format: TextFormat::Plain, max_length: 1000 },
        FieldKind::Country => FieldType::Code(crate::catalog::CodeList::Country),
        FieldKind::Integer => FieldType::Integer { rating: None },
        FieldKind::Decimal => FieldType::Decimal { format: NumberFormat::Plain, precision: 18, scale, unit_field: None },
        FieldKind::Money => {
            FieldType::Money { currency: CurrencyOf::Base, scale: 4, round: crate::model::field::RoundMode::HalfEven }
        }
        FieldKind::Boolean => FieldType::Boolean,
        FieldKind::Date => FieldType::Date,
        FieldKind::Datetime => FieldType::DateTime,
        FieldKind::Time => FieldType::Time,
        FieldKind::Choice => FieldType::Choice { options: doc.options.clone() },
        FieldKind::Choices => FieldType::Choices { options: doc.options.clone() },
        FieldKind::Reference => FieldType::Reference { entity: other(), on_delete: OnDelete::Clear },
        FieldKind::Lines => FieldType::Lines { entity: other(), min: 0, max: 1000, links: None },
        FieldKind::Address => FieldType::Json(JsonFormat::Address),
        other => panic!("the vectors have no field of type {other:?}"),
    };
    Field {
        id: FieldId(doc.id.unwrap_or(DefId::system("none"))),
        name: doc.name.clone(),
        title: doc.title.clone(),
        ty,
        required: Requirement::No,
        default: None,
        unique: false,
        searchable: false,
        sensitive: false,
        translatable: false,
        minimum: None,
        maximum: None,
        system: false,
        class: FieldClass::Input,
    }
}
