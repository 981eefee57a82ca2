//! The vectors of the expression language, computed by both databases.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use kontor_access::{Action, Actor, Rights};
use kontor_definitions::{
    Catalog, ColumnType, Entity, EntityId, FieldId, RecordId, Value,
    check::{CheckOptions, check},
    expr::{CatalogNames, Expr, ExprKind, Type, compile, decimal, json::value_json},
    source::AppSource,
};
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{on_both, tenant_id};
use crate::{
    error::StorageError,
    query::Context,
    schema::{Physical, plan},
    sql::{View, Writer},
    store::{Queue, Store},
    tx::Tx,
};

const FILES: [&str; 5] = ["null", "numbers", "text", "dates", "lines"];

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/expressions")
}

fn read(file: &str) -> Json {
    serde_json::from_str(&fs::read_to_string(cases().join(file)).unwrap()).unwrap()
}

fn app(folder: &Path) -> AppSource {
    let mut source = AppSource::default();
    source.files.insert("app.json".to_owned(), fs::read_to_string(folder.join("app.json")).unwrap());
    let mut entities: Vec<PathBuf> = fs::read_dir(folder.join("entities")).unwrap().map(|entry| entry.unwrap().path()).collect();
    entities.sort();
    for path in entities {
        let name = format!("entities/{}", path.file_name().unwrap().to_str().unwrap());
        source.files.insert(name, fs::read_to_string(path).unwrap());
    }
    source
}

/// The app of the vectors with the engine's own app.
pub(crate) fn checked() -> Catalog {
    let base = app(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../apps/base"));
    let vectors = app(&cases().join("app"));
    let checked = check(&[("base".to_owned(), &base), ("vectors".to_owned(), &vectors)], &CheckOptions::default());
    checked.catalog.unwrap_or_else(|| panic!("{:#?}", checked.findings))
}

/// A value as the vectors write it.
pub(crate) fn value(json: &Json, ty: ColumnType, list: bool) -> Value {
    let text = || json.as_str().unwrap();
    match (json, ty) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(flag), _) => Value::Bool(*flag),
        (Json::Number(number), _) => Value::Number(number.to_string().parse().unwrap()),
        (_, ColumnType::Decimal { .. } | ColumnType::Integer) => Value::Number(text().parse().unwrap()),
        (_, ColumnType::Text) => Value::Text(text().to_owned()),
        (_, ColumnType::Date) => Value::Date(crate::value::parse_date(text()).unwrap()),
        (_, ColumnType::Time) => {
            let format = time::macros::format_description!("[hour]:[minute]:[second]");
            Value::Time(time::Time::parse(text(), format).unwrap())
        }
        (_, ColumnType::Instant) => {
            Value::Instant(OffsetDateTime::parse(text(), &time::format_description::well_known::Rfc3339).unwrap())
        }
        (_, ColumnType::Uuid) => Value::Id(text().parse().unwrap()),
        (Json::Array(items), ColumnType::Json) if list => {
            Value::List(items.iter().map(|item| Value::Text(item.as_str().unwrap().to_owned())).collect())
        }
        (json, _) => Value::Json(Box::new(json.clone())),
    }
}

/// The catalog, its tables, and the moment and person of the vectors.
struct Bench {
    catalog: Catalog,
    physical: Physical,
    definer: Rights,
    person: Rights,
    now: OffsetDateTime,
    today: time::Date,
}

impl Bench {
    fn context(&self) -> Context<'_> {
        Context {
            catalog: &self.catalog,
            physical: &self.physical,
            rights: &self.person,
            now: self.now,
            today: self.today,
            company: &crate::query::NO_COMPANY,
            locale: None,
        }
    }

    fn insert(
        &self,
        tx: &mut Tx,
        entity: EntityId,
        id: Uuid,
        more: &[(FieldId, Value)],
        record: &Json,
    ) -> Result<(), StorageError> {
        let entity: &Entity = self.catalog.entity(entity).unwrap();
        let mut values = vec![(FieldId::ID, Value::Id(id))];
        values.extend_from_slice(more);
        for (name, json) in record.as_object().unwrap() {
            let field = entity.field_named(name).unwrap();
            let Some(ty) = field.column() else { continue };
            let list = matches!(field.ty, kontor_definitions::FieldType::Choices { .. });
            values.push((field.id, value(json, ty, list)));
        }
        let permit = self.definer.permit(Action::Create, entity.id).unwrap();
        tx.insert(self.context(), permit, entity.id, &values)
    }

    /// The record with its lines; answers its id.
    fn record(&self, tx: &mut Tx, number: u128, record: &Json) -> Result<Uuid, StorageError> {
        let root = self.catalog.entity_named("vectors.sample").unwrap();
        let lines = self.catalog.entity_named("vectors.sample_line").unwrap().id;
        let id = Uuid::from_u128(number << 32);
        self.insert(tx, root.id, id, &[], record)?;
        for (place, line) in (1_u128..).zip(record["lines"].as_array().into_iter().flatten()) {
            let parent =
                [(FieldId::PARENT, Value::Id(id)), (FieldId::POSITION, Value::Number(rust_decimal::Decimal::from(place)))];
            self.insert(tx, lines, Uuid::from_u128((number << 32) + place), &parent, line)?;
        }
        Ok(id)
    }
}

fn bench(store: &Store) -> (crate::TenantDb, Arc<Bench>) {
    let tenant = store.create_tenant(tenant_id("tenant01")).unwrap();
    let catalog = checked();
    let planned = plan(&Physical::default(), &catalog).unwrap();
    let physical = tenant.write_blocking(Queue::Interactive, move |tx| tx.apply(&planned)).unwrap();
    let env = read("env.json");
    let actor = Actor {
        user: RecordId(env["user"]["id"].as_str().unwrap().parse().unwrap()),
        name: env["user"]["name"].as_str().unwrap().to_owned(),
        department: env["user"]["department"].as_str().map(|id| id.parse().unwrap()),
        below: Vec::new(),
        roles: Vec::new(),
    };
    let Value::Instant(now) = value(&env["now"], ColumnType::Instant, false) else { panic!("a moment") };
    let Value::Date(today) = value(&env["today"], ColumnType::Date, false) else { panic!("a day") };
    let (definer, person) = (Rights::definer(&catalog), Rights::of(&catalog, actor));
    let bench = Arc::new(Bench { catalog, physical, definer, person, now, today });
    let shared = Arc::clone(&bench);
    let partners = tenant.write_blocking(Queue::Interactive, move |tx| -> Result<(), StorageError> {
        let partner = shared.catalog.entity_named("vectors.partner").unwrap().id;
        for (id, record) in read("env.json")["partners"].as_object().unwrap().iter().rev() {
            shared.insert(tx, partner, id.parse().unwrap(), &[], record)?;
        }
        Ok(())
    });
    partners.unwrap();
    (tenant, bench)
}

/// Parameters become what they are given as.
fn given(expr: &mut Expr, parameters: &BTreeMap<String, Value>) {
    if let ExprKind::Parameter(name) = &expr.kind {
        expr.kind = ExprKind::Literal(parameters[name].clone());
    }
    match &mut expr.kind {
        ExprKind::Not(inner) | ExprKind::Negate(inner) => given(inner, parameters),
        ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|part| given(part, parameters)),
        ExprKind::Coalesce(left, right) => [left, right].into_iter().for_each(|part| given(part, parameters)),
        ExprKind::If { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|part| given(part, parameters));
        }
        ExprKind::In { needle, list } => [needle, list].into_iter().for_each(|part| given(part, parameters)),
        ExprKind::List(items) => items.iter_mut().for_each(|item| given(item, parameters)),
        ExprKind::Call { arguments, .. } => arguments.iter_mut().for_each(|item| given(item, parameters)),
        ExprKind::Aggregate { body, filter, .. } => {
            [body, filter].into_iter().flatten().for_each(|part| given(part, parameters));
        }
        ExprKind::Literal(_) | ExprKind::Field { .. } | ExprKind::Parameter(_) | ExprKind::Env(_) => {}
    }
}

fn compute(bench: &Bench, tx: &mut Tx, expr: &Expr, id: Uuid) -> Result<Value, StorageError> {
    let root = bench.catalog.entity_named("vectors.sample").unwrap().id;
    let mut writer = Writer::new(bench.context(), tx.dialect(), tx.prefix());
    let place = writer.open(root, View::Definer);
    let term = writer.value(expr)?;
    let parameter = writer.bind(&crate::Bind::id(id))?;
    let condition = format!("{}.\"id\" = {parameter}", place.alias);
    let from = writer.close()?;
    let (sql, values) = writer.finish(&format!("SELECT {} FROM {from} WHERE {condition}", term.sql));
    let rows = tx.fetch(&sql, values, &[term.reading])?;
    let value = rows.into_iter().flatten().next().unwrap();
    Ok(match (value, &expr.ty) {
        (Value::Number(number), Type::Number { scale }) => Value::Number(decimal::rescale(number, *scale).unwrap_or(number)),
        (value, _) => value,
    })
}

fn run(bench: &Bench, tx: &mut Tx, file: &str, first: u128, wrong: &mut Vec<String>) -> Result<usize, StorageError> {
    let env = read("env.json");
    let (mut params, mut parameters) = (Vec::new(), BTreeMap::new());
    for (name, parameter) in env["parameters"].as_object().unwrap() {
        let scale = parameter["scale"].as_u64().map(|scale| u8::try_from(scale).unwrap()).unwrap_or_default();
        let (ty, column) = match parameter["type"].as_str() {
            Some("number") => (Type::Number { scale }, ColumnType::Decimal { scale }),
            Some("date") => (Type::Date, ColumnType::Date),
            _ => (Type::Text, ColumnType::Text),
        };
        parameters.insert(name.clone(), value(&parameter["value"], column, false));
        params.push((name.clone(), ty));
    }
    let root = bench.catalog.entity_named("vectors.sample").unwrap().id;
    let names = CatalogNames { catalog: &bench.catalog, entity: root, params: &params, readable: &|_, _| true };
    let mut computed = 0;
    for (number, case) in (first..).zip(read(&format!("{file}.json"))["cases"].as_array().unwrap()) {
        let text = case["expression"].as_str().unwrap();
        let mut expr = compile(text, &names, None).unwrap();
        given(&mut expr, &parameters);
        let empty = json!({});
        let record = if case["record"].is_null() { &empty } else { &case["record"] };
        // A record that no table holds (more than 18 digits, a tenth of a second) is for memory alone.
        let Ok(id) = tx.attempt(|tx| bench.record(tx, number, record)) else { continue };
        if matches!(expr.kind, ExprKind::List(_)) {
            continue;
        }
        computed += 1;
        let actual = match tx.attempt(|tx| compute(bench, tx, &expr, id)) {
            Ok(value) => json!({ "value": value_json(&value) }),
            Err(StorageError::Computation(code)) => json!({ "error": code }),
            Err(error) => json!({ "failed": error.to_string() }),
        };
        let expected = match case.get("error") {
            Some(code) => json!({ "error": code }),
            None => json!({ "value": case["value"] }),
        };
        if actual != expected {
            wrong.push(format!("{file}: {text} with {record}\n  expected {expected}\n  is       {actual}"));
        }
    }
    Ok(computed)
}

#[test]
fn every_vector_holds_in_the_database() {
    on_both(|store| {
        let (tenant, bench) = bench(store);
        let (computed, wrong) = tenant
            .write_blocking(Queue::Interactive, move |tx| -> Result<(usize, Vec<String>), StorageError> {
                let (mut wrong, mut computed) = (Vec::new(), 0);
                for (place, file) in (1_u128..).zip(FILES) {
                    computed += run(&bench, tx, file, place << 20, &mut wrong)?;
                }
                Ok((computed, wrong))
            })
            .unwrap();
        assert!(wrong.is_empty(), "{} of {computed} differ on {:?}:\n{}", wrong.len(), store.dialect(), wrong.join("\n"));
        assert!(computed > 300, "only {computed} vectors could be computed");
    });
}
