//! A publish in phases: writers go on beside it, what fails or dies leaves the revision before, and nothing written is lost.
//!
//! Long because every case fills the same app and tells one publish from draft to stored values.
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use kontor_apps::{
    Act, AppError, Apps, Backfill, BackfillWork, DocumentKey, NewUser, Publishing, Rows, Since, Stage, Tenant, Totals,
    draft::{self, Precondition},
    package::Package,
};
use kontor_definitions::{RecordId, model::Kind};
use kontor_records::{Caller, Input, Params, Recompute, RecordsError, Session, Who, read_blocking, write_blocking};
use kontor_storage::{Dialect, Queue, Tx};
use serde_json::{Value as Json, json};
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::harness::{both_databases, database::Database};

both_databases!(
    writers_go_on_while_formulas_change,
    writers_go_on_while_a_text_becomes_a_choice,
    writers_go_on_while_a_field_becomes_unique,
    duplicates_that_appear_meanwhile_leave_the_revision_before,
    a_value_that_would_be_lost_meanwhile_leaves_the_revision_before,
    a_publish_that_dies_is_ended_by_the_next_start,
    one_publish_at_a_time_and_the_draft_stays_open,
);

const NOW: OffsetDateTime = datetime!(2026-03-07 08:30 UTC);
/// More than a publish fills at once, in several chunks.
pub(super) const ITEMS: usize = 900;
pub(super) const GROUPS: usize = 7;

/// A tenant with many items in a few groups.
pub(super) struct Stock {
    pub(super) tenant: Arc<Tenant>,
    apps: Apps,
    pub(super) groups: Vec<String>,
    pub(super) items: Vec<String>,
}

static SEED: AtomicU64 = AtomicU64::new(1);

pub(super) fn act() -> Act {
    Act::of_engine(NOW, SEED.fetch_add(1, Ordering::Relaxed))
}

pub(super) fn title(text: &str) -> Json {
    json!({"zh-CN": text, "en": text})
}

pub(super) fn double(factor: u32) -> Json {
    json!({"id": "dble0000", "name": "double", "title": title("double"), "type": "formula", "returns": "integer",
        "expression": format!("qty * {factor}")})
}

fn stock_package() -> Package {
    let app = json!({"id": "stck0000", "name": "stock", "version": "1.0.0", "title": title("stock"), "locales": ["zh-CN", "en"],
        "requires": ["base"]});
    let group = json!({"id": "grop0000", "name": "group", "title": title("group"), "label": "name", "fields": [
        {"id": "gnam0000", "name": "name", "title": title("name"), "type": "text", "required": true},
        {"id": "gtot0000", "name": "total", "title": title("total"), "type": "rollup", "of": "item.group", "function": "sum",
            "field": "double"},
    ]});
    let item = json!({"id": "item0000", "name": "item", "title": title("item"), "label": "code", "fields": [
        {"id": "code0000", "name": "code", "title": title("code"), "type": "text", "required": true},
        {"id": "size0000", "name": "size", "title": title("size"), "type": "text"},
        {"id": "qtyx0000", "name": "qty", "title": title("qty"), "type": "integer"},
        {"id": "grup0000", "name": "group", "title": title("group"), "type": "reference", "entity": "group"},
        double(2),
    ]});
    let mut package = Package::default();
    for (path, document) in [("app.json", app), ("entities/group.json", group), ("entities/item.json", item)] {
        package.source.files.insert(path.to_owned(), document.to_string());
    }
    package
}

pub(super) fn size_of(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "small" } else { "large" }
}

pub(super) fn caller() -> Caller {
    let seed = SEED.fetch_add(1, Ordering::Relaxed);
    Caller { who: Who::Engine(RecordId(Uuid::nil())), now: NOW, today: NOW.date(), seed, locale: "en".to_owned() }
}

fn write<T: Send + 'static>(
    tenant: &Arc<Tenant>,
    job: impl Fn(&mut Session<'_>) -> Result<T, RecordsError> + Send + Sync + 'static,
) -> Result<T, RecordsError> {
    write_blocking(tenant, Queue::Interactive, caller(), job)
}

pub(super) fn create(tenant: &Arc<Tenant>, entity: &'static str, body: &Json) -> Result<String, RecordsError> {
    let input = Input::from(body);
    write(tenant, move |session| session.create(entity, &input)).map(|shown| id_of(&shown.body))
}

pub(super) fn update(tenant: &Arc<Tenant>, id: &str, patch: &Json) -> Result<(), RecordsError> {
    let (id, input) = (id.to_owned(), Input::from(patch));
    write(tenant, move |session| session.update("item", &id, &input, None)).map(drop)
}

fn id_of(json: &str) -> String {
    serde_json::from_str::<Json>(json).unwrap()["id"].as_str().unwrap().to_owned()
}

impl Stock {
    pub(super) fn new(database: &Database) -> Self {
        let apps = Apps::open(database.open());
        let admin = NewUser {
            email: "admin@test.kontor".to_owned(),
            name: "admin".to_owned(),
            password_hash: "none".to_owned(),
            locale: "en".to_owned(),
            roles: vec!["base.administrator".to_owned()],
        };
        let tenant = apps.create_tenant("stock", "Stock", &admin, act()).unwrap();
        let backfill: Arc<dyn Backfill> = Arc::new(Recompute);
        tenant.install(&stock_package(), act(), &backfill).unwrap_or_else(|error| panic!("{error:?}"));
        let groups = (0..GROUPS).map(|number| create(&tenant, "group", &json!({"name": format!("G{number}")})).unwrap());
        let groups: Vec<String> = groups.collect();
        let item = |number: usize| {
            json!({"code": format!("C{number}"), "size": size_of(number), "qty": number % 10,
                "group": groups[number % GROUPS]})
        };
        let body = Input::from(&json!({"create": (0..ITEMS).map(item).collect::<Vec<_>>()}));
        let made = write(&tenant, move |session| session.batch("item", &body)).unwrap();
        let made: Json = serde_json::from_str(&made).unwrap();
        let items = made["created"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        Self { tenant, apps, groups, items }
    }

    /// The same tenant after its process ended and another one began.
    fn restarted(self, database: &Database) -> Self {
        let Self { tenant, apps, groups, items } = self;
        drop((tenant, apps));
        let apps = Apps::open(database.open());
        let tenant = apps.tenant_named("stock").unwrap();
        Self { tenant, apps, groups, items }
    }

    /// Changes fields of an entity in the draft.
    pub(super) fn edit(&self, entity: &'static str, change: impl FnOnce(&mut Vec<Json>)) {
        self.edit_whole(entity, |document| change(document["fields"].as_array_mut().unwrap()));
    }

    /// Changes the document of an entity in the draft.
    pub(super) fn edit_whole(&self, entity: &'static str, change: impl FnOnce(&mut Json)) {
        let key = move || DocumentKey::new("stock", Kind::Entity, entity);
        let current = self.tenant.db().read_blocking(move |tx| draft::get(tx, &key())).unwrap();
        let mut document: Json = serde_json::from_str(&current.text).unwrap();
        change(&mut document);
        let text = document.to_string();
        let put = move |tx: &mut Tx| draft::put(tx, act(), &key(), &text, &Precondition::None).map(drop);
        self.tenant.db().write_blocking(Queue::Interactive, put).unwrap();
    }

    pub(super) fn publish(&self, on: impl Fn(Stage) + Send + Sync + 'static) -> Result<i64, AppError> {
        let backfill: Arc<dyn Backfill> = Arc::new(Watched(Box::new(on)));
        let publishing = Publishing { message: "", ..Publishing::default() };
        self.tenant.publish_draft(publishing, act(), &backfill).map(|snapshot| snapshot.revision)
    }

    pub(super) fn item(&self, id: &str) -> Json {
        let id = id.to_owned();
        let shown = read_blocking(&self.tenant, caller(), move |session| session.get("item", &id, &Params::default()));
        serde_json::from_str(&shown.unwrap().body).unwrap()
    }

    pub(super) fn assert_whole(&self, when: &str) {
        let report = read_blocking(&self.tenant, caller(), |session| session.verify()).unwrap();
        assert!(report.is_clean(), "{when}: {:?}", report.breaches);
    }
}

/// Computes as the engine does and tells how far a publish has come.
struct Watched(Box<dyn Fn(Stage) + Send + Sync>);

impl Backfill for Watched {
    fn rows(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Vec<RecordId>, AppError> {
        Recompute.rows(tx, work, ids)
    }

    fn totals(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Totals, AppError> {
        Recompute.totals(tx, work, ids)
    }

    fn stored(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Rows, AppError> {
        Recompute.stored(tx, work, ids)
    }

    fn totals_since(
        &self,
        tx: &mut Tx,
        work: &BackfillWork<'_>,
        ids: &[RecordId],
        since: &Since<'_>,
    ) -> Result<Totals, AppError> {
        Recompute.totals_since(tx, work, ids, since)
    }

    fn reached(&self, stage: Stage) -> Result<(), AppError> {
        (self.0)(stage);
        Ok(())
    }
}

/// What was acknowledged: by item, the last body written to it.
pub(super) type Journal = BTreeMap<String, Json>;

/// Runs a publish while two writers write without a pause, on PostgreSQL one of them through another node; answers what was
/// acknowledged in all.
pub(super) fn publish_among_writers(
    database: &Database,
    stock: &Stock,
    change: impl Fn(&Stock, usize) -> Json + Sync,
) -> (Result<i64, AppError>, Journal) {
    let other = match database.dialect() {
        Dialect::Postgres => Some(Apps::open(database.open())),
        Dialect::Sqlite => None,
    };
    let elsewhere = other.as_ref().map_or_else(|| Arc::clone(&stock.tenant), |apps| apps.tenant_named("stock").unwrap());
    let (over, journal) = (AtomicBool::new(false), Mutex::new(Journal::new()));
    let published = std::thread::scope(|scope| {
        for (writer, tenant) in [&stock.tenant, &elsewhere].into_iter().enumerate() {
            let (over, journal, change) = (&over, &journal, &change);
            scope.spawn(move || {
                // Each writer has its own items, so that the journal knows what came last.
                let mut turn = writer;
                while !over.load(Ordering::Relaxed) {
                    let body = change(stock, turn);
                    let id = if turn % 10 < 2 {
                        create(tenant, "item", &body).unwrap_or_else(|error| panic!("{error:?}"))
                    } else {
                        let id = stock.items[(turn * 7) / 2 * 2 % (ITEMS - 2) + writer].clone();
                        update(tenant, &id, &body).unwrap_or_else(|error| panic!("{error:?}"));
                        id
                    };
                    journal.lock().unwrap().insert(id, body);
                    turn += 2;
                }
            });
        }
        let published = stock.publish(|_| {});
        over.store(true, Ordering::Relaxed);
        published
    });
    (published, journal.into_inner().unwrap())
}

pub(super) fn changed(stock: &Stock, turn: usize) -> Json {
    json!({"code": format!("N{turn}"), "qty": turn % 100, "group": stock.groups[turn % GROUPS], "size": size_of(turn)})
}

fn writers_go_on_while_formulas_change(database: &Database) {
    let stock = Stock::new(database);
    for factor in [3, 4] {
        stock.edit("item", |fields| *fields.last_mut().unwrap() = double(factor));
        stock.edit("group", |fields| {
            let id = format!("gheav{factor:03}");
            fields.push(json!({"id": id, "name": format!("heavy{factor}"), "title": title("heavy"), "type": "rollup",
                "of": "item.group", "function": "count", "filter": "double > 60"}));
        });
        let (published, journal) = publish_among_writers(database, &stock, changed);
        published.unwrap_or_else(|error| panic!("{error:?}"));
        assert!(journal.len() > 2, "nobody wrote");
        for (id, body) in &journal {
            let (item, qty) = (stock.item(id), body["qty"].as_u64().unwrap());
            assert_eq!((&item["qty"], &item["double"]), (&json!(qty), &json!(qty * u64::from(factor))), "{item}");
        }
        stock.assert_whole("after formulas changed");
    }
    let snapshot = stock.tenant.snapshot();
    let item = snapshot.catalog.entity_named("stock.item").unwrap().id;
    assert_eq!(snapshot.physical.tables[&item].former.len(), 1, "a formula goes to and fro between two columns");
}

pub(super) fn sizes() -> Json {
    let option = |name: &str| json!({"name": name, "title": title(name)});
    json!({"id": "size0000", "name": "size", "title": title("size"), "type": "choice",
        "options": [option("small"), option("large")]})
}

fn writers_go_on_while_a_text_becomes_a_choice(database: &Database) {
    let stock = Stock::new(database);
    stock.edit("item", |fields| fields[1] = sizes());
    let (published, journal) = publish_among_writers(database, &stock, changed);
    published.unwrap_or_else(|error| panic!("{error:?}"));
    for (id, body) in &journal {
        assert_eq!(stock.item(id)["size"], body["size"]);
    }
    assert_eq!(stock.item(&stock.items[1])["size"], "large");
    stock.assert_whole("after a text became a choice");
}

fn writers_go_on_while_a_field_becomes_unique(database: &Database) {
    let stock = Stock::new(database);
    stock.edit("item", |fields| fields[0]["unique"] = json!(true));
    let (published, journal) = publish_among_writers(
        database,
        &stock,
        |stock, turn| json!({"code": format!("N{turn}"), "group": stock.groups[turn % GROUPS]}),
    );
    published.unwrap_or_else(|error| panic!("{error:?}"));
    let (id, body) = journal.first_key_value().unwrap();
    assert_eq!(stock.item(id)["code"], body["code"]);
    assert!(matches!(create(&stock.tenant, "item", &json!({"code": body["code"]})), Err(RecordsError::Rejected(_))));
    stock.assert_whole("after a field became unique");
}

fn codes(error: &AppError) -> Vec<String> {
    match error {
        AppError::Findings(findings) => findings.iter().map(|finding| finding.code.clone()).collect(),
        other => vec![other.code().to_owned()],
    }
}

fn duplicates_that_appear_meanwhile_leave_the_revision_before(database: &Database) {
    let stock = Stock::new(database);
    stock.edit("item", |fields| {
        fields[0]["unique"] = json!(true);
        *fields.last_mut().unwrap() = double(5);
    });
    let tenant = Arc::clone(&stock.tenant);
    let twin = Arc::new(Mutex::new(String::new()));
    let made = Arc::clone(&twin);
    let refused = stock.publish(move |stage| {
        if stage == Stage::Announced {
            *made.lock().unwrap() = create(&tenant, "item", &json!({"code": "C1", "qty": 1})).unwrap();
        }
    });
    assert_eq!(codes(&refused.unwrap_err()), ["duplicate_values"]);
    assert_eq!(stock.tenant.snapshot().revision, 2);
    assert_eq!(stock.item(&stock.items[3])["double"], 6);
    create(&stock.tenant, "item", &json!({"code": "C1"}))
        .map(|id| update(&stock.tenant, &id, &json!({"code": "C1b"})).unwrap())
        .unwrap();
    stock.assert_whole("after a refused publish");
    update(&stock.tenant, &twin.lock().unwrap(), &json!({"code": "twin"})).unwrap();
    // With the index built beside, the rule that is coming binds writers already; on SQLite it is built at the end.
    let (tenant, beside) = (Arc::clone(&stock.tenant), database.dialect() == Dialect::Postgres);
    let published = stock.publish(move |stage| {
        if stage == Stage::Indexed {
            let twin = create(&tenant, "item", &json!({"code": "C2"}));
            assert_eq!(matches!(twin, Err(RecordsError::Rejected(_))), beside, "{twin:?}");
        }
    });
    match published {
        Ok(revision) => assert_eq!((revision, stock.item(&stock.items[3])["double"].clone()), (3, json!(15))),
        Err(error) => assert_eq!((codes(&error), beside), (vec!["duplicate_values".to_owned()], false)),
    }
    stock.assert_whole("after the second publish");
}

fn a_value_that_would_be_lost_meanwhile_leaves_the_revision_before(database: &Database) {
    let stock = Stock::new(database);
    stock.edit("item", |fields| fields[1] = sizes());
    let (tenant, id) = (Arc::clone(&stock.tenant), stock.items[5].clone());
    let refused = stock.publish(move |stage| {
        if stage == Stage::Filled {
            update(&tenant, &id, &json!({"size": "huge"})).unwrap();
        }
    });
    assert_eq!(codes(&refused.unwrap_err()), ["conversion_loss"]);
    assert_eq!(stock.item(&stock.items[5])["size"], "huge");
    stock.assert_whole("after a refused publish");
    update(&stock.tenant, &stock.items[5], &json!({"size": "small"})).unwrap();
    update(&stock.tenant, &stock.items[7], &json!({"size": null})).unwrap();
    stock.publish(|_| {}).unwrap();
    assert_eq!(
        (stock.item(&stock.items[5])["size"].clone(), stock.item(&stock.items[7])["size"].clone()),
        (json!("small"), Json::Null)
    );
    stock.assert_whole("after the second publish");
}

fn a_publish_that_dies_is_ended_by_the_next_start(database: &Database) {
    let mut stock = Stock::new(database);
    stock.edit("item", |fields| {
        fields[0]["unique"] = json!(true);
        fields[1] = sizes();
        *fields.last_mut().unwrap() = double(5);
        fields.push(json!({"id": "othr0000", "name": "other", "title": title("other"), "type": "reference", "entity": "group"}));
        fields.push(json!({"id": "trpl0000", "name": "triple", "title": title("triple"), "type": "formula", "returns": "text",
            "expression": "code + \"!\"", "searchable": true}));
    });
    for fatal in [Stage::Begun, Stage::Expanded, Stage::Announced, Stage::Filled, Stage::Indexed, Stage::Live] {
        let (tenant, items) = (Arc::clone(&stock.tenant), stock.items.clone());
        let died = catch_unwind(AssertUnwindSafe(|| {
            stock.publish(move |stage| {
                if stage == fatal {
                    update(&tenant, &items[11], &json!({"qty": 4, "size": "large"})).unwrap();
                    panic!("the power is gone");
                }
            })
        }));
        assert!(died.is_err(), "{fatal:?} was never reached");
        stock = stock.restarted(database);
        let live = if fatal == Stage::Live { 3 } else { 2 };
        assert_eq!(stock.tenant.snapshot().revision, live, "{fatal:?}");
        stock.assert_whole(&format!("after it died when {fatal:?}"));
        update(&stock.tenant, &stock.items[12], &json!({"qty": 6})).unwrap();
        let factor = if fatal == Stage::Live { 5 } else { 2 };
        let doubles = [11, 12].map(|place: usize| stock.item(&stock.items[place])["double"].clone());
        assert_eq!(doubles, [json!(4 * factor), json!(6 * factor)], "{fatal:?}");
    }
    stock.edit("item", |fields| fields[4] = double(7));
    stock.publish(|_| {}).unwrap();
    assert_eq!(stock.item(&stock.items[12])["double"], 42);
    stock.assert_whole("after one that lived");
    let table = stock.tenant.snapshot().physical.tables.values().map(|table| table.former.len()).max();
    // Those of the choice and the formula from before, and four of the reference; what is computed takes what was left.
    assert_eq!(table, Some(6));
}

fn one_publish_at_a_time_and_the_draft_stays_open(database: &Database) {
    let stock = Arc::new(Stock::new(database));
    stock.edit("item", |fields| *fields.last_mut().unwrap() = double(5));
    let inner = Arc::clone(&stock);
    let published = stock.publish(move |stage| {
        if stage == Stage::Announced {
            assert_eq!(codes(&inner.publish(|_| {}).unwrap_err()), ["publish_under_way"]);
            inner.edit("group", |fields| fields[0]["title"] = title("Group name"));
        }
    });
    assert_eq!(published.unwrap(), 3);
    let draft = stock.tenant.draft().unwrap();
    assert!(draft.is_changed(), "what a colleague changed meanwhile is still in the draft");
    stock.publish(|_| {}).unwrap();
    assert!(!stock.tenant.draft().unwrap().is_changed());
    stock.assert_whole("after two publishes");
}
