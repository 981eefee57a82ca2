//! Drafts, publishing and revisions: what goes live, what is refused, and that values outlive every change.
//!
//! Long because every case tells one publish from draft to stored values in the same small app.
use std::sync::Arc;

use kontor_access::{Action, Rights, decide};
use kontor_apps::{
    Act, AppError, Apps, Backfill, DocumentKey, NewUser, NoBackfill, Publishing, Snapshot, Tenant,
    draft::{self, DraftState, Precondition},
    package::{self, Package},
    revisions,
};
use kontor_definitions::{EntityId, FieldId, RecordId, Value, model::Kind};
use kontor_storage::{Archived, Query, Queue, StorageError};
use serde_json::{Value as Json, json};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::harness::{both_databases, database::Database};

both_databases!(
    a_published_field_is_there_and_the_mistake_before_was_refused,
    renamed_retired_and_restored_fields_keep_their_values,
    of_two_publishes_at_once_the_second_is_refused,
    a_draft_on_an_older_revision_is_refused,
    etags_guard_documents_of_the_draft,
    a_failed_publish_leaves_nothing_behind,
    a_field_with_equal_values_cannot_become_unique,
    a_field_gets_another_type_with_its_values,
    going_back_to_a_type_brings_back_what_was_not_changed,
    numbers_dates_and_lists_are_converted_in_the_tables,
    ids_of_removed_fields_are_never_given_to_others,
    a_removed_field_that_comes_back_is_converted,
    other_instances_follow_at_their_next_transaction,
    apps_install_upgrade_and_refuse_changed_documents,
    a_tenant_half_made_is_finished_by_the_same_call,
    rights_follow_roles_days_and_deactivation,
);

const START: OffsetDateTime = datetime!(2026-01-31 08:00:00 UTC);

/// A tenant with the app `shop`.
struct Shop {
    apps: Apps,
    tenant: Arc<Tenant>,
}

fn act(seed: u64) -> Act {
    Act { by: RecordId(Uuid::nil()), at: START + Duration::seconds(i64::try_from(seed).unwrap()), seed, from: None }
}

fn none() -> Arc<dyn Backfill> {
    Arc::new(NoBackfill)
}

fn person(name: &str, role: &str) -> NewUser {
    NewUser {
        email: format!("{name}@test.kontor"),
        name: name.to_owned(),
        password_hash: "none".to_owned(),
        locale: "en".to_owned(),
        roles: vec![role.to_owned()],
    }
}

fn shop_package(version: &str) -> Package {
    let mut package = Package::default();
    let title = |zh: &str, en: &str| json!({"zh-CN": zh, "en": en});
    let app = json!({"id": "shop0000", "name": "shop", "version": version, "title": title("商店", "Shop"),
        "locales": ["zh-CN", "en"], "requires": ["base"]});
    let item = json!({"id": "item0000", "name": "item", "title": title("货品", "Item"), "label": "name", "fields": [
        {"id": "name0000", "name": "name", "title": title("名称", "Name"), "type": "text", "required": true},
        {"id": "size0000", "name": "size", "title": title("尺寸", "Size"), "type": "text"},
    ]});
    for (path, document) in [("app.json", app), ("entities/item.json", item)] {
        package.source.files.insert(path.to_owned(), document.to_string());
    }
    package
}

impl Shop {
    fn new(database: &Database) -> Self {
        let apps = Apps::open(database.open());
        let tenant = apps.create_tenant("shop", "Shop", &person("admin", "base.administrator"), act(1)).unwrap();
        tenant.install(&shop_package("1.0.0"), act(2), &none()).unwrap();
        Self { apps, tenant }
    }

    fn item() -> DocumentKey {
        DocumentKey::new("shop", Kind::Entity, "item")
    }

    /// Changes the document of the item in the draft.
    fn edit(&self, change: impl FnOnce(&mut Json)) -> Result<(), AppError> {
        let current = self.tenant.db().read_blocking(|tx| draft::get(tx, &Self::item()))?;
        let mut document: Json = serde_json::from_str(&current.text).unwrap();
        change(&mut document);
        let text = document.to_string();
        self.tenant.db().write_blocking(Queue::Interactive, move |tx| {
            draft::put(tx, act(100), &Self::item(), &text, &Precondition::None).map(drop)
        })
    }

    fn publish(&self) -> Result<Arc<Snapshot>, AppError> {
        self.tenant.publish_draft("", act(200), &none())
    }

    fn add_field(&self, field: Json) -> Result<(), AppError> {
        self.edit(|item| item["fields"].as_array_mut().unwrap().push(field))
    }

    /// Inserts an item with these values by field name.
    fn insert(&self, values: &[(&str, &str)]) -> RecordId {
        let id = RecordId(Uuid::now_v7());
        let values: Vec<(String, String)> =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let written = self.tenant.write_blocking(Queue::Interactive, move |snapshot, _, tx| {
            let (entity, rights) = (item(snapshot), Rights::definer(&snapshot.catalog));
            let permit = decide(&rights, Action::Create, entity).unwrap();
            let by = Value::Id(Uuid::nil());
            let mut row = vec![
                (FieldId::ID, Value::Id(id.0)),
                (FieldId::REVISION, Value::Number(1.into())),
                (FieldId::CREATED_AT, Value::Instant(START)),
                (FieldId::CREATED_BY, by.clone()),
                (FieldId::UPDATED_AT, Value::Instant(START)),
                (FieldId::UPDATED_BY, by),
            ];
            let known = snapshot.catalog.entity(entity).unwrap();
            row.extend(values.iter().map(|(name, value)| (known.field_named(name).unwrap().id, Value::Text(value.clone()))));
            tx.insert(snapshot.context(&rights, START, START.date()), permit, entity, &row)?;
            Ok::<_, AppError>(())
        });
        written.unwrap();
        id
    }

    /// Changes a text of an item.
    fn set(&self, id: RecordId, field: &'static str, value: &'static str) {
        let written = self.tenant.write_blocking(Queue::Interactive, move |snapshot, _, tx| {
            let (entity, rights) = (item(snapshot), Rights::definer(&snapshot.catalog));
            let permit = decide(&rights, Action::Update, entity).unwrap();
            let field = snapshot.catalog.entity(entity).unwrap().field_named(field).unwrap().id;
            tx.update(snapshot.context(&rights, START, START.date()), permit, entity, id, &[(field, text(value))])?;
            Ok::<_, AppError>(())
        });
        written.unwrap();
    }

    /// The values of a field in all items; `None` where the field does not exist.
    fn values(&self, field: &'static str) -> Option<Vec<Value>> {
        let read = self.tenant.read_blocking(move |snapshot, _, tx| {
            let (entity, rights) = (item(snapshot), Rights::definer(&snapshot.catalog));
            let permit = decide(&rights, Action::Read, entity).unwrap();
            let Some(field) = snapshot.catalog.entity(entity).unwrap().field_named(field) else { return Ok(None) };
            let query = Query {
                entity,
                columns: vec![vec![field.id]],
                filter: None,
                sort: Vec::new(),
                after: None,
                limit: 100,
                archived: Archived::Without,
            };
            let rows = tx.select(snapshot.context(&rights, START, START.date()), permit, &query)?;
            Ok::<_, AppError>(Some(rows.into_iter().flatten().collect()))
        });
        read.unwrap()
    }
}

fn item(snapshot: &Snapshot) -> EntityId {
    snapshot.catalog.entity_named("shop.item").unwrap().id
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn color() -> Json {
    json!({"id": "colr0000", "name": "color", "title": {"zh-CN": "颜色", "en": "Color"}, "type": "text"})
}

fn codes(error: AppError) -> Vec<String> {
    match error {
        AppError::Findings(findings) => findings.into_iter().map(|finding| finding.code).collect(),
        other => panic!("no findings: {other:?}"),
    }
}

fn a_published_field_is_there_and_the_mistake_before_was_refused(database: &Database) {
    let shop = Shop::new(database);
    shop.insert(&[("name", "box")]);
    shop.add_field(
        json!({"name": "price", "title": {"zh-CN": "价格", "en": "Price"}, "type": "decimal", "scale": 2, "default": "\"x\""}),
    )
    .unwrap();
    let refused = codes(shop.publish().unwrap_err());
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(shop.tenant.check_draft().unwrap()[0].file, "shop/entities/item.json");
    shop.edit(|item| item["fields"][2]["default"] = json!("1.50")).unwrap();
    let outline = shop.tenant.plan_draft().unwrap();
    assert_eq!(outline.plan.steps.iter().map(ToString::to_string).collect::<Vec<_>>(), ["add price to shop.item"]);
    assert_eq!((outline.plan.steps[0].rows, outline.findings.len()), (1, 0));
    let snapshot = shop.publish().unwrap();
    assert_eq!(snapshot.revision, 3);
    assert_eq!(shop.values("price"), Some(vec![Value::Null]));
    let (list, live) = shop.tenant.db().read_blocking(revisions::list).unwrap();
    assert_eq!((list.iter().map(|entry| entry.revision).collect::<Vec<_>>(), live), (vec![3, 2, 1], 3));
    let changed = shop.tenant.db().read_blocking(|tx| revisions::diff(tx, 3, None)).unwrap();
    assert_eq!(
        changed.iter().map(|change| (change.key.to_string(), change.state())).collect::<Vec<_>>(),
        [("shop/entity/item".to_owned(), "changed")]
    );
    assert!(matches!(shop.publish(), Err(AppError::NothingToPublish)));
}

fn renamed_retired_and_restored_fields_keep_their_values(database: &Database) {
    let shop = Shop::new(database);
    shop.insert(&[("name", "box"), ("size", "large")]);
    shop.edit(|item| item["fields"][1]["name"] = json!("extent")).unwrap();
    assert_eq!(shop.tenant.plan_draft().unwrap().plan.steps, []);
    shop.publish().unwrap();
    assert_eq!((shop.values("size"), shop.values("extent")), (None, Some(vec![text("large")])));
    shop.edit(|item| drop(item["fields"].as_array_mut().unwrap().remove(1))).unwrap();
    let outline = shop.tenant.plan_draft().unwrap();
    assert_eq!((outline.plan.steps.len(), outline.plan.steps[0].data_lost, outline.plan.steps[0].reversible), (1, 1, true));
    shop.publish().unwrap();
    assert_eq!(shop.values("extent"), None);
    shop.insert(&[("name", "bag")]);
    let restored = shop.tenant.restore(2, "back", act(300), &none()).unwrap();
    assert_eq!(restored.revision, 5);
    let mut values = shop.values("size").unwrap();
    values.sort_by_key(|value| value.is_null());
    assert_eq!(values, [text("large"), Value::Null]);
    let (list, _) = shop.tenant.db().read_blocking(revisions::list).unwrap();
    assert_eq!((list[0].restored_from, list[0].message.as_str()), (Some(2), "back"));
    let empty = shop.tenant.db().read_blocking(|tx| revisions::diff(tx, 5, Some(2))).unwrap();
    assert_eq!(empty, []);
    // Required on a field that some records have no value in: counted, not forbidden.
    shop.edit(|item| item["fields"][1]["required"] = json!(true)).unwrap();
    let findings = shop.tenant.plan_draft().unwrap().findings;
    assert_eq!(findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["required_without_value"]);
    assert_eq!(findings[0].pointer, "/fields/1");
    assert!(findings[0].message.get("en").unwrap().contains("1 record"), "{findings:?}");
    shop.publish().unwrap();
}

fn of_two_publishes_at_once_the_second_is_refused(database: &Database) {
    let shop = Shop::new(database);
    shop.add_field(color()).unwrap();
    let answers: Vec<Result<i64, AppError>> = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(|| shop.publish().map(|snapshot| snapshot.revision))).collect();
        both.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (1, 1));
    assert_eq!(good.into_iter().flatten().collect::<Vec<_>>(), [3]);
    let error = bad.into_iter().find_map(Result::err).unwrap();
    assert_eq!(error.kind(), kontor_storage::Kind::Conflict, "{error:?}");
}

fn a_draft_on_an_older_revision_is_refused(database: &Database) {
    let shop = Shop::new(database);
    shop.add_field(color()).unwrap();
    shop.publish().unwrap();
    shop.edit(|item| item["fields"][1]["name"] = json!("extent")).unwrap();
    shop.tenant.restore(2, "", act(300), &none()).unwrap();
    let stale = |answer: Result<(), AppError>| {
        let error = answer.unwrap_err();
        assert!(matches!(error, AppError::StaleBase { base: 3, live: 4 }), "{error:?}");
    };
    stale(shop.edit(|item| item["fields"][1]["name"] = json!("other")));
    stale(shop.tenant.plan_draft().map(drop));
    stale(shop.publish().map(drop));
    shop.tenant.db().write_blocking(Queue::Interactive, draft::discard).unwrap();
    shop.edit(|item| item["fields"][1]["name"] = json!("extent")).unwrap();
    assert_eq!(shop.publish().unwrap().revision, 5);
}

fn etags_guard_documents_of_the_draft(database: &Database) {
    let shop = Shop::new(database);
    let db = shop.tenant.db();
    let put = |text: &'static str, condition: Precondition| {
        db.write_blocking(Queue::Interactive, move |tx| draft::put(tx, act(9), &Shop::item(), text, &condition))
    };
    let first = db.read_blocking(|tx| draft::get(tx, &Shop::item())).unwrap();
    assert_eq!(first.state, DraftState::Unchanged);
    assert!(matches!(put("{}", Precondition::Absent), Err(AppError::Precondition)));
    let changed = put("{\"name\": \"item\"}", Precondition::Match(first.etag.clone())).unwrap();
    assert_eq!(changed.state, DraftState::Changed);
    assert!(changed.text.contains("\"id\""), "a missing id is added: {}", changed.text);
    assert!(matches!(put("{}", Precondition::Match(first.etag)), Err(AppError::Precondition)));
    for broken in ["[]", "{", "", "{\"name\": \"a\", \"name\": \"b\"}", "{\"name\": \"\\u0000\"}"] {
        assert!(matches!(put(broken, Precondition::None), Err(AppError::Findings(_))), "{broken}");
    }
    let kept: &'static str = Box::leak(first.text.to_string().into_boxed_str());
    assert_eq!(put(kept, Precondition::None).unwrap().state, DraftState::Unchanged);
    assert!(!shop.tenant.draft().unwrap().is_changed());
    let gone = Precondition::Match("other".to_owned());
    let delete = move |condition: Precondition| {
        db.write_blocking(Queue::Interactive, move |tx| draft::delete(tx, act(9), &Shop::item(), &condition))
    };
    assert!(matches!(delete(gone), Err(AppError::Precondition)));
    delete(Precondition::None).unwrap();
    assert!(matches!(delete(Precondition::None), Err(AppError::UnknownDocument(_))));
    let removed = shop.tenant.draft().unwrap();
    assert_eq!(removed.entries.iter().filter(|entry| entry.state == DraftState::Removed).count(), 1);
    let stray = DocumentKey::new("nothing", Kind::Entity, "item");
    let answer = db.write_blocking(Queue::Interactive, move |tx| draft::put(tx, act(9), &stray, "{}", &Precondition::None));
    assert!(matches!(answer, Err(AppError::UnknownApp(_))));
}

fn a_field_with_equal_values_cannot_become_unique(database: &Database) {
    let shop = Shop::new(database);
    shop.insert(&[("name", "box"), ("size", "large")]);
    shop.insert(&[("name", "bag"), ("size", "large")]);
    shop.edit(|item| item["fields"][1]["unique"] = json!(true)).unwrap();
    let error = shop.publish().unwrap_err();
    let AppError::Findings(findings) = &error else { panic!("{error:?}") };
    assert_eq!((findings[0].code.as_str(), findings[0].pointer.as_str()), ("duplicate_values", "/fields/1"));
    assert_eq!(shop.tenant.snapshot().revision, 2);
    assert_eq!(shop.values("size").unwrap().len(), 2);
}

fn choice(names: &[&str]) -> Json {
    let options: Vec<Json> = names
        .iter()
        .map(|name| json!({"name": name, "title": {"zh-CN": format!("{name}号"), "en": format!("Size {name}")}}))
        .collect();
    json!({"id": "size0000", "name": "size", "title": {"zh-CN": "尺寸", "en": "Size"}, "type": "choice", "options": options})
}

fn accepting() -> Publishing<'static> {
    Publishing { accept_loss: true, ..Publishing::default() }
}

fn a_field_gets_another_type_with_its_values(database: &Database) {
    let shop = Shop::new(database);
    for size in ["large", "Size small", "huge", "huge", "tiny"] {
        shop.insert(&[("name", "box"), ("size", size)]);
    }
    shop.edit(|item| item["fields"][1] = choice(&["large", "small"])).unwrap();
    let outline = shop.tenant.plan_draft().unwrap();
    assert_eq!(outline.plan.steps.len(), 1, "{:?}", outline.plan);
    let step = &outline.plan.steps[0];
    assert_eq!((step.rows, step.data_lost, step.reversible), (5, 3, true));
    assert!(step.stall_ms > 0 && outline.findings[0].severity == kontor_definitions::Severity::Warning);
    let said = outline.findings[0].message.get("en").unwrap();
    assert!(said.contains("3 record(s)") && said.contains("“huge” × 2, “tiny” × 1"), "{said}");
    let AppError::Findings(findings) = shop.publish().unwrap_err() else { panic!("another error") };
    assert_eq!((findings[0].code.as_str(), findings[0].pointer.as_str()), ("conversion_loss", "/fields/1"));
    assert_eq!(shop.values("size").unwrap().len(), 5);
    assert_eq!(shop.values("size").unwrap()[1], text("Size small"), "a refused publish converts nothing");
    shop.tenant.publish_draft(accepting(), act(200), &none()).unwrap();
    let mut values = shop.values("size").unwrap();
    values.sort_by_key(|value| format!("{value:?}"));
    assert_eq!(values, [Value::Null, Value::Null, Value::Null, text("large"), text("small")]);
}

fn going_back_to_a_type_brings_back_what_was_not_changed(database: &Database) {
    let shop = Shop::new(database);
    let [large, huge, tiny] = ["Size large", "huge", "tiny"].map(|size| shop.insert(&[("name", "box"), ("size", size)]));
    shop.edit(|item| {
        item["fields"][1] = choice(&["large", "small"]);
        item["indexes"] = json!([["size"]]);
    })
    .unwrap();
    shop.tenant.publish_draft(accepting(), act(200), &none()).unwrap();
    shop.set(tiny, "size", "small");
    shop.insert(&[("name", "new"), ("size", "small")]);
    shop.tenant.restore(2, "back", act(300), &none()).unwrap();
    let values = shop.values("size").unwrap();
    assert_eq!(values, [text("Size large"), text("huge"), text("small"), text("small")], "{large:?} {huge:?}");
    // And forward again: the column of then is used again, with what was entered meanwhile converted.
    shop.set(huge, "size", "large");
    shop.tenant.restore(3, "forward", act(400), &none()).unwrap();
    assert_eq!(shop.values("size").unwrap(), ["large", "large", "small", "small"].map(text));
    let former = shop.tenant.snapshot().physical.tables[&item(&shop.tenant.snapshot())].former.len();
    assert_eq!(former, 1, "two columns in all, however often the type changes");
}

fn numbers_dates_and_lists_are_converted_in_the_tables(database: &Database) {
    let shop = Shop::new(database);
    let decimal = |scale: u8| json!({"type": "decimal", "precision": 12, "scale": scale});
    let options =
        json!([{"name": "yes", "title": {"zh-CN": "是", "en": "Yes"}}, {"name": "no", "title": {"zh-CN": "否", "en": "No"}}]);
    // Each row: the texts that are there, and the types they go through one after another without a loss.
    let ways: [(&[&str], Vec<Json>, &[&str]); 3] = [
        (&["1,250.00", "-3"], vec![decimal(2), decimal(4), json!({"type": "integer"}), json!({"type": "text"})], &["1250", "-3"]),
        (&["2026-01-31"], vec![json!({"type": "date"}), json!({"type": "text"})], &["2026-01-31"]),
        (
            &["yes", "否"],
            vec![
                json!({"type": "boolean"}),
                json!({"type": "choice", "options": options}),
                json!({"type": "choices", "options": options}),
                json!({"type": "long_text"}),
            ],
            &["yes", "no"],
        ),
    ];
    for (place, (given, types, wanted)) in ways.into_iter().enumerate() {
        let (id, name) = (format!("way0000{place}"), ["first", "second", "third"][place]);
        let field = |ty: &Json| {
            let mut field = json!({"id": id, "name": name, "title": {"zh-CN": "值", "en": "Value"}});
            field.as_object_mut().unwrap().extend(ty.as_object().unwrap().clone());
            field
        };
        let last = 2 + place;
        shop.add_field(field(&json!({"type": "text"}))).unwrap();
        shop.publish().unwrap();
        for text in given {
            shop.insert(&[("name", "row"), (name, text)]);
        }
        for ty in types {
            shop.edit(|item| item["fields"][last] = field(&ty)).unwrap();
            shop.publish().unwrap_or_else(|error| panic!("{ty}: {error:?}"));
        }
        let values: Vec<Value> = shop.values(name).unwrap().into_iter().filter(|value| !value.is_null()).collect();
        // Texts of the first column that still say the same come back as they were written.
        let written: Vec<Value> = given.iter().map(|value| text(value)).collect();
        let converted: Vec<Value> = wanted.iter().map(|value| text(value)).collect();
        assert!(values == written || values == converted, "{name}: {values:?}");
    }
}

/// Fails in the middle of the publish, after the tables were changed.
struct Failing;

impl Backfill for Failing {
    fn rows(
        &self,
        _tx: &mut kontor_storage::Tx,
        _work: &kontor_apps::BackfillWork<'_>,
        _ids: &[RecordId],
    ) -> Result<Vec<RecordId>, AppError> {
        Err(StorageError::Unavailable("the power is gone".to_owned()).into())
    }
}

fn a_failed_publish_leaves_nothing_behind(database: &Database) {
    let shop = Shop::new(database);
    shop.insert(&[("name", "box"), ("size", "large")]);
    let formula = json!({"name": "shown", "title": {"zh-CN": "显示", "en": "Shown"}, "type": "formula", "returns": "text",
        "expression": "name + \" \" + (size ?? \"\")"});
    shop.add_field(formula).unwrap();
    let steps = shop.tenant.plan_draft().unwrap().plan.steps;
    assert_eq!(
        steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["add shown to shop.item", "compute shown for the 1 record(s) that shop.item has already"]
    );
    let before = shop.tenant.db().read_blocking(|tx| tx.physical()).unwrap();
    let failing: Arc<dyn Backfill> = Arc::new(Failing);
    assert!(matches!(shop.tenant.publish_draft("", act(200), &failing), Err(AppError::Storage(_))));
    assert_eq!(shop.tenant.db().read_blocking(|tx| tx.physical()).unwrap(), before);
    assert_eq!(shop.tenant.snapshot().revision, 2);
    assert!(shop.tenant.draft().unwrap().is_changed());
    assert_eq!(shop.publish().unwrap().revision, 3);
}

fn ids_of_removed_fields_are_never_given_to_others(database: &Database) {
    let shop = Shop::new(database);
    shop.edit(|item| drop(item["fields"].as_array_mut().unwrap().remove(1))).unwrap();
    shop.publish().unwrap();
    let bag = DocumentKey::new("shop", Kind::Entity, "bag");
    let document = json!({"name": "bag", "title": {"zh-CN": "袋", "en": "Bag"}, "label": "size", "fields": [
        {"id": "size0000", "name": "size", "title": {"zh-CN": "尺寸", "en": "Size"}, "type": "text"}]});
    let body = document.to_string();
    shop.tenant
        .db()
        .write_blocking(Queue::Interactive, move |tx| draft::put(tx, act(9), &bag, &body, &Precondition::None).map(drop))
        .unwrap();
    assert_eq!(codes(shop.publish().unwrap_err()), ["retired_id"]);
    shop.tenant.db().write_blocking(Queue::Interactive, draft::discard).unwrap();
    // The field itself may come back, but not as a type that its values cannot become.
    let size = |ty: &str| json!({"id": "size0000", "name": "size", "title": {"zh-CN": "尺寸", "en": "Size"}, "type": ty});
    shop.add_field(size("user")).unwrap();
    assert_eq!(shop.tenant.plan_draft().unwrap().findings[0].code, "type_change");
    assert_eq!(codes(shop.publish().unwrap_err()), ["type_change"]);
    shop.edit(|item| item["fields"][1] = size("text")).unwrap();
    shop.publish().unwrap();
}

fn a_removed_field_that_comes_back_is_converted(database: &Database) {
    let shop = Shop::new(database);
    for size in ["large", "red"] {
        shop.insert(&[("name", size), ("size", size)]);
    }
    shop.edit(|item| drop(item["fields"].as_array_mut().unwrap().remove(1))).unwrap();
    shop.publish().unwrap();
    let title = json!({"zh-CN": "色", "en": "Color"});
    let options = json!([{"id": "redd0000", "name": "red", "title": title}, {"id": "blue0000", "name": "blue", "title": title}]);
    let choice = json!({"id": "size0000", "name": "size", "title": title, "type": "choice", "options": options});
    shop.add_field(choice).unwrap();
    // Stored alike, and yet not every text is one of the options.
    let outline = shop.tenant.plan_draft().unwrap();
    assert_eq!(outline.plan.steps[0].data_lost, 1, "{:?}", outline.plan.steps);
    assert_eq!(codes(shop.publish().unwrap_err()), ["conversion_loss"]);
    shop.tenant.publish_draft(accepting(), act(200), &none()).unwrap();
    let sorted = |mut values: Vec<Value>| {
        values.sort_by_key(|value| format!("{value:?}"));
        values
    };
    assert_eq!(sorted(shop.values("size").unwrap()), [Value::Null, text("red")]);
    // Coming back as it was, it has its values without a conversion.
    let fields = |item: &mut Json| drop(item["fields"].as_array_mut().unwrap().remove(1));
    shop.edit(fields).unwrap();
    shop.publish().unwrap();
    shop.tenant.restore(4, "", act(300), &none()).unwrap();
    assert_eq!(sorted(shop.values("size").unwrap()), [Value::Null, text("red")]);
    shop.tenant.restore(2, "", act(301), &none()).unwrap();
    assert_eq!(sorted(shop.values("size").unwrap()), [text("large"), text("red")]);
}

fn other_instances_follow_at_their_next_transaction(database: &Database) {
    let shop = Shop::new(database);
    // On SQLite one process owns the files, so there the other is the same.
    let other = match database.dialect() {
        kontor_storage::Dialect::Postgres => Apps::open(database.open()).tenant_named("shop").unwrap(),
        kontor_storage::Dialect::Sqlite => shop.apps.tenant_named("shop").unwrap(),
    };
    shop.add_field(color()).unwrap();
    shop.publish().unwrap();
    let seen = other.write_blocking(Queue::Interactive, |snapshot, _, _| {
        Ok::<_, AppError>((snapshot.revision, snapshot.catalog.entity(item(snapshot)).unwrap().field_named("color").is_some()))
    });
    assert_eq!(seen.unwrap(), (3, true));
    assert_eq!(other.snapshot().revision, 3);
}

fn apps_install_upgrade_and_refuse_changed_documents(database: &Database) {
    let shop = Shop::new(database);
    let again = shop.tenant.install(&shop_package("1.0.0"), act(3), &none()).unwrap();
    assert_eq!(again.revision, 2, "what is installed already changes nothing");
    let mut newer = shop_package("1.1.0");
    let entity = newer.source.files.get_mut("entities/item.json").unwrap();
    let mut document: Json = serde_json::from_str(entity).unwrap();
    document["fields"].as_array_mut().unwrap().push(color());
    *entity = document.to_string();
    assert_eq!(shop.tenant.plan_install(&newer).unwrap().plan.steps.len(), 1);
    assert_eq!(shop.tenant.install(&newer, act(4), &none()).unwrap().revision, 3);
    let exported = package::export(&shop.tenant.snapshot(), "shop").unwrap();
    assert_eq!(exported.app().unwrap(), ("shop".to_owned(), "1.1.0".to_owned()));
    shop.edit(|item| item["title"]["en"] = json!("Thing")).unwrap();
    let refusal = |package: &Package| match shop.tenant.install(package, act(5), &none()) {
        Err(AppError::Package(problem)) => problem,
        other => panic!("not refused: {:?}", other.map(|snapshot| snapshot.revision)),
    };
    assert_eq!(refusal(&newer), kontor_apps::PackageProblem::InDraft);
    shop.publish().unwrap();
    assert_eq!(refusal(&newer), kontor_apps::PackageProblem::Changed(vec!["entities/item.json".to_owned()]));
    let mut base = Package::default();
    base.source = kontor_apps::base().clone();
    assert_eq!(refusal(&base), kontor_apps::PackageProblem::Base);
    let mut stray = newer.clone();
    stray.source.files.insert("widgets/x.json".to_owned(), "{}".to_owned());
    assert_eq!(refusal(&stray), kontor_apps::PackageProblem::Stray("widgets/x.json".to_owned()));
}

fn a_tenant_half_made_is_finished_by_the_same_call(database: &Database) {
    let apps = Apps::open(database.open());
    let wrong = person("admin", "base.nobody");
    assert!(matches!(apps.create_tenant("late", "Late", &wrong, act(1)), Err(AppError::UnknownRole(_))));
    assert!(matches!(apps.tenant_named("late"), Err(AppError::UnknownTenant(_))));
    let admin = person("admin", "base.administrator");
    let made = apps.create_tenant("late", "Late", &admin, act(2)).unwrap();
    assert_eq!((made.snapshot().revision, made.id()), (1, apps.tenant_named("late").unwrap().id()));
    assert!(matches!(apps.create_tenant("late", "Late", &admin, act(3)), Err(AppError::TenantExists(_))));
    assert!(!made.upgrade_base(act(3), &none()).unwrap(), "it has this engine's base already");
    assert!(matches!(apps.create_tenant("Late!", "Late", &admin, act(3)), Err(AppError::BadTenantName(_))));
    let again = apps.add_user(&made, &admin, act(4)).unwrap();
    assert_eq!(again, apps.add_user(&made, &admin, act(5)).unwrap());
    drop((made, apps));
    assert_eq!(Apps::open(database.open()).tenant_named("late").unwrap().snapshot().revision, 1);
}

fn rights_follow_roles_days_and_deactivation(database: &Database) {
    let shop = Shop::new(database);
    let admin = shop.apps.add_user(&shop.tenant, &person("admin", "base.administrator"), act(3)).unwrap();
    let tenant = Arc::clone(&shop.tenant);
    let items = item(&tenant.snapshot());
    let administrator = move |user: RecordId| {
        let asked = Arc::clone(&tenant);
        let rights =
            tenant.read_blocking(move |snapshot, version, tx| asked.rights(tx, snapshot, version, user, (START, START.date())));
        let rights = rights.unwrap();
        (rights.is_administrator(), rights.permit(Action::Read, items).is_some())
    };
    assert_eq!(administrator(admin), (true, true));
    assert_eq!(administrator(RecordId(Uuid::from_u128(5))), (false, false), "nobody has no rights");
    let set = |entity: &'static str, field: &'static str, value: Value| {
        let written = shop.tenant.write_blocking(Queue::Interactive, move |snapshot, _, tx| {
            let rights = Rights::definer(&snapshot.catalog);
            let entity = snapshot.catalog.entity_named(entity).unwrap();
            let context = snapshot.context(&rights, START, START.date());
            let id = match entity.name.as_str() {
                "user" => admin,
                _ => {
                    let of_user = [(entity.field_named("user").unwrap().id, Value::Id(admin.0))];
                    tx.find_duplicate(context, entity.id, &of_user, None)?.unwrap()
                }
            };
            let permit = decide(&rights, Action::Update, entity.id).unwrap();
            tx.update(context, permit, entity.id, id, &[(entity.field_named(field).unwrap().id, value.clone())])?;
            kontor_storage::system::state::bump_rights(tx)?;
            Ok::<_, AppError>(())
        });
        written.unwrap();
    };
    set("base.role_assignment", "to", Value::Date(START.date().previous_day().unwrap()));
    assert_eq!(administrator(admin), (false, false), "the assignment ended yesterday");
    set("base.role_assignment", "to", Value::Date(START.date()));
    assert_eq!(administrator(admin), (true, true), "today is its last day");
    set("base.role_assignment", "from", Value::Date(START.date().next_day().unwrap()));
    assert_eq!(administrator(admin), (false, false), "it begins tomorrow");
    set("base.role_assignment", "from", Value::Null);
    set("base.user", "active", Value::Bool(false));
    assert_eq!(administrator(admin), (false, false), "the person is deactivated");
}
