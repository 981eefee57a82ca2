//! Takes a random app through its life over the HTTP API and compares every step with the model.
use std::collections::BTreeSet;

use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value as Json, json};

use super::{
    change, generate,
    model::{APP, AppModel, EntityModel, FieldKind, RecordModel},
};
use crate::harness::client::{Answer, Client};

/// One app under test.
pub(super) struct Driver<'a> {
    admin: &'a Client,
    seed: u64,
}

impl<'a> Driver<'a> {
    pub(super) fn new(admin: &'a Client, seed: u64) -> Self {
        Self { admin, seed }
    }

    /// Puts a broken app into the draft: the check names it, publishing is refused, nothing goes live.
    pub(super) fn refuse(&self, random: &mut StdRng, before: &[String]) {
        let model = self.app(random);
        self.write(&model, &mut before.to_vec());
        let (path, text) = generate::broken(random, &model);
        let name = path.trim_start_matches("entities/").trim_end_matches(".json");
        let body: Json = serde_json::from_str(&text).unwrap();
        let put = self.admin.put(&format!("/api/draft/{APP}/entity/{name}"), &body);
        // A document that does not fit its kind's shape is refused at the door; everything else by the check.
        if put.status.is_success() {
            let checked = self.admin.post("/api/draft/check", &json!({})).expect(200).json();
            let errors = checked["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error").count();
            assert!(errors > 0, "seed {}: a broken app checks clean: {text}", self.seed);
            self.admin.post("/api/draft/publish", &json!({"message": "broken"})).expect(422);
        } else {
            assert_eq!(put.status.as_u16(), 422, "seed {}: {}", self.seed, String::from_utf8_lossy(&put.bytes));
        }
        self.admin.post("/api/draft/discard", &json!({})).expect(204);
    }

    /// Publishes an app, uses it, changes it three times.
    pub(super) fn live_through(&self, random: &mut StdRng, before: &mut Vec<String>) {
        let mut model = self.app(random);
        self.write(&model, before);
        self.publish("first", &model);
        self.use_it(random, &mut model);
        for round in 0..3 {
            let done = change::change(random, &mut model);
            if done == "nothing" {
                continue;
            }
            self.write(&model, before);
            self.publish(&done, &model);
            self.compare(&model, &format!("after change {round}: {done}"));
            self.use_it(random, &mut model);
        }
    }

    fn app(&self, random: &mut StdRng) -> AppModel {
        generate::app(random, self.seed)
    }

    /// Makes the draft hold exactly the model's documents.
    fn write(&self, model: &AppModel, before: &mut Vec<String>) {
        let source = model.source();
        for path in before.iter().filter(|path| !source.files.contains_key(*path)) {
            self.admin.delete(&address(path)).expect(204);
        }
        for (path, text) in &source.files {
            let answer = self.admin.put(&address(path), &serde_json::from_str(text).unwrap());
            self.good(&answer, path);
        }
        *before = source.files.keys().cloned().collect();
    }

    fn publish(&self, what: &str, model: &AppModel) {
        let answer = self.admin.post("/api/draft/publish", &json!({"message": what}));
        let shown = || model.source().files.values().cloned().collect::<Vec<_>>().join("\n");
        assert_eq!(
            answer.status.as_u16(),
            200,
            "seed {}: {what}: {}\n{}",
            self.seed,
            String::from_utf8_lossy(&answer.bytes),
            shown()
        );
    }

    fn use_it(&self, random: &mut StdRng, model: &mut AppModel) {
        for place in 0..model.entities.len() {
            if model.entities[place].is_line {
                continue;
            }
            for _ in 0..3 {
                self.create(random, model, place);
            }
            self.update(random, model, place);
            self.list(random, &model.entities[place]);
        }
        self.compare(model, "after use");
    }

    fn create(&self, random: &mut StdRng, model: &mut AppModel, place: usize) {
        let Some(mut record) = generate::record(random, model, place) else { return };
        let entity = model.entities[place].clone();
        let body = input(model, &entity, &record);
        let answer = self.admin.post(&records(&entity), &body);
        self.good(&answer, &format!("create {} {body}", entity.name));
        let shown = answer.json();
        record.id = shown["id"].as_str().unwrap().to_owned();
        record.revision = 1;
        entity.derive(&model.entities, &mut record);
        self.same(model, &entity, &record, &shown, "created");
        model.entities[place].records.push(record);
    }

    fn update(&self, random: &mut StdRng, model: &mut AppModel, place: usize) {
        let entity = model.entities[place].clone();
        if entity.records.is_empty() {
            return;
        }
        let at = random.random_range(0..entity.records.len());
        let changes = change::patch(random, model, place);
        let patch: serde_json::Map<String, Json> =
            changes.iter().map(|(id, value)| (entity.field(id).name.clone(), value.clone())).collect();
        let path = format!("{}/{}", records(&entity), entity.records[at].id);
        let answer = self.admin.patch(&path, &Json::Object(patch.clone()));
        self.good(&answer, &format!("patch {path} {patch:?}"));
        let record = &mut model.entities[place].records[at];
        record.values.extend(changes);
        let mut derived = record.clone();
        entity.derive(&model.entities, &mut derived);
        derived.revision = answer.json()["revision"].as_i64().unwrap();
        self.same(model, &entity, &derived, &answer.json(), "updated");
        model.entities[place].records[at] = derived;
    }

    /// Pages of two in a random order show every record once.
    fn list(&self, random: &mut StdRng, entity: &EntityModel) {
        let sortable: Vec<&str> = entity
            .fields
            .iter()
            .filter(|field| {
                !field.retired && !matches!(field.kind, FieldKind::Lines(_) | FieldKind::Links(_) | FieldKind::Sum(..))
            })
            .map(|field| field.name.as_str())
            .collect();
        let down = if random.random_bool(0.5) { "-" } else { "" };
        let sort = sortable.choose(random).map_or_else(String::new, |name| format!("{down}{name}"));
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut parameters = vec![("limit", "2"), ("count", "true")];
            if !sort.is_empty() {
                parameters.push(("sort", sort.as_str()));
            }
            if let Some(cursor) = &cursor {
                parameters.push(("cursor", cursor.as_str()));
            }
            let answer = self.admin.query(&records(entity), &parameters);
            self.good(&answer, &format!("list {} by {sort}", entity.name));
            let page = answer.json();
            assert_eq!(page["count"], json!(entity.records.len()), "seed {}", self.seed);
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        let mut expected: Vec<String> = entity.records.iter().map(|record| record.id.clone()).collect();
        expected.sort();
        seen.sort();
        assert_eq!(seen, expected, "seed {}: {} by {sort}", self.seed, entity.name);
    }

    fn compare(&self, model: &AppModel, when: &str) {
        for entity in model.entities.iter().filter(|entity| !entity.is_line) {
            for record in &entity.records {
                let answer = self.admin.get(&format!("{}/{}", records(entity), record.id));
                self.good(&answer, when);
                self.same(model, entity, record, &answer.json(), when);
            }
        }
    }

    fn same(&self, model: &AppModel, entity: &EntityModel, record: &RecordModel, shown: &Json, when: &str) {
        for field in &entity.fields {
            let place = format!("seed {}: {when}: {}.{}", self.seed, entity.name, field.name);
            let actual = shown.get(&field.name);
            if field.retired {
                let renamed = entity.fields.iter().any(|other| !other.retired && other.name == field.name);
                assert!(renamed || actual.is_none(), "{place} is retired");
                continue;
            }
            match &field.kind {
                FieldKind::Lines(line) => {
                    let lines = record.lines.get(&field.id).map(Vec::as_slice).unwrap_or_default();
                    let shown = actual.and_then(Json::as_array).unwrap_or_else(|| panic!("{place} has no lines"));
                    assert_eq!(shown.len(), lines.len(), "{place}");
                    for (line_record, shown) in lines.iter().zip(shown) {
                        self.same(model, &model.entities[*line], line_record, shown, when);
                    }
                }
                FieldKind::Links(_) => {
                    assert_eq!(ids(actual), ids(record.values.get(&field.id)), "{place}: {actual:?}");
                }
                FieldKind::AutoNumber => assert!(actual.is_some_and(|number| number.is_string()), "{place}: {actual:?}"),
                FieldKind::Text
                | FieldKind::LongText
                | FieldKind::Integer
                | FieldKind::Decimal(_)
                | FieldKind::Boolean
                | FieldKind::Date
                | FieldKind::Datetime
                | FieldKind::Choice(_)
                | FieldKind::Reference(_)
                | FieldKind::Product(..)
                | FieldKind::Sum(..) => {
                    let expected = record.values.get(&field.id).cloned().unwrap_or(Json::Null);
                    assert_eq!(actual, Some(&expected), "{place}");
                }
            }
        }
    }

    fn good(&self, answer: &Answer, what: &str) {
        assert!(answer.status.is_success(), "seed {}: {what}: {}", self.seed, String::from_utf8_lossy(&answer.bytes));
    }
}

/// What links lead to: once each, in no order.
fn ids(value: Option<&Json>) -> BTreeSet<String> {
    let items = value.and_then(Json::as_array).cloned().unwrap_or_default();
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn address(path: &str) -> String {
    if path == "app.json" {
        return format!("/api/draft/{APP}/app/app");
    }
    format!("/api/draft/{APP}/entity/{}", path.trim_start_matches("entities/").trim_end_matches(".json"))
}

fn records(entity: &EntityModel) -> String {
    format!("/api/records/{APP}.{}", entity.name)
}

/// A record as the body of a request.
fn input(model: &AppModel, entity: &EntityModel, record: &RecordModel) -> Json {
    let mut body = serde_json::Map::new();
    for (id, value) in &record.values {
        body.insert(entity.field(id).name.clone(), value.clone());
    }
    for (id, lines) in &record.lines {
        let field = entity.field(id);
        let FieldKind::Lines(line) = field.kind else { panic!("lines belong to a lines field") };
        let items = lines.iter().map(|line_record| input(model, &model.entities[line], line_record)).collect();
        body.insert(field.name.clone(), items);
    }
    Json::Object(body)
}
