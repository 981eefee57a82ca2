//! The access log over HTTP: what is noted, who may read it, and that reading it is noted too.
use axum::http::Method;
use kontor_definitions::{EntityId, RecordId};
use kontor_records::{Caller, Who};
use kontor_storage::{Queue, StorageError, system::access_log};
use serde_json::{Value as Json, json};
use time::Duration;

use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(
    coming_and_going_is_noted,
    wrong_passwords_are_noted_for_people_who_exist,
    changes_of_rights_are_noted,
    what_goes_in_and_out_is_noted,
    opened_records_are_noted_before_the_answer,
    only_administrators_read_it_and_that_is_noted,
    bad_filters_are_told,
    old_rows_are_removed_and_that_is_noted,
    sessions_that_end_by_themselves_are_noted,
    roles_have_their_titles
);

const LOG: &str = "/api/access-log";

/// The log as `kind detail`, newest first.
fn kinds(client: &Client, query: &str) -> Vec<String> {
    let items = items(client, query);
    let text = |item: &Json| format!("{} {}", item["kind"].as_str().unwrap(), item["detail"].as_str().unwrap());
    items.iter().map(|item| text(item).trim_end().to_owned()).collect()
}

fn items(client: &Client, query: &str) -> Vec<Json> {
    client.get(&format!("{LOG}{query}")).expect(200).json()["items"].as_array().unwrap().clone()
}

fn id_of(client: &Client) -> String {
    client.get("/api/session").expect(200).json()["user"]["id"].as_str().unwrap().to_owned()
}

fn coming_and_going_is_noted(database: &Database) {
    let instance = Instance::with_trade(database);
    let (admin, sales) = (instance.client("admin"), instance.client("sales"));
    let person = id_of(&sales);
    sales.delete("/api/session").expect(204);
    let noted = items(&admin, &format!("?person={person}"));
    assert_eq!(noted.iter().map(|item| item["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["sign_out", "sign_in"]);
    assert_eq!(noted[0]["person"], json!({"id": person, "label": "sales"}));
    assert!(noted[0]["number"].as_i64() > noted[1]["number"].as_i64());
}

fn wrong_passwords_are_noted_for_people_who_exist(database: &Database) {
    let instance = Instance::with_trade(database);
    let (admin, visitor) = (instance.client("admin"), instance.visitor());
    for (email, password) in [("sales@test.kontor", "not this"), ("nobody@test.kontor", "not this"), ("sesame", "sesame")] {
        visitor.post("/api/session", &json!({"email": email, "password": password})).expect(401);
    }
    // It is noted beside the answer, so that waiting does not tell who exists.
    let mut failed = Vec::new();
    for _ in 0..1_000 {
        failed = items(&admin, "?kind=sign_in_failed");
        if !failed.is_empty() {
            break;
        }
    }
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["person"]["label"], "sales");
    let log = admin.get(&format!("{LOG}?limit=200")).expect(200);
    assert!(!String::from_utf8_lossy(&log.bytes).contains("sesame"), "what strangers type is kept nowhere");
}

fn changes_of_rights_are_noted(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    // The tenant's first days: roles of base and trade, and who was given which.
    let rights = || kinds(&admin, "?kind=rights&limit=200");
    let first = rights();
    for expected in ["create base.administrator", "create trade.sales", "publish trade.sales", "publish base.administrator"] {
        assert!(first.contains(&format!("rights {expected}")), "{expected}: {first:?}");
    }
    let person = id_of(&instance.client("sales"));
    let patch = |body: &Json| admin.patch(&format!("/api/records/user/{person}"), body).expect(200);
    patch(&json!({"phone": "+86 21 5555"}));
    assert_eq!(rights(), first, "a telephone gives nobody rights");
    let department = admin.post("/api/records/department", &json!({"name": "East"})).expect(201).json()["id"].clone();
    patch(&json!({"department": department}));
    patch(&json!({"department": null}));
    let filter = ("filter", format!("user == \"{person}\""));
    let assigned = admin.query("/api/records/role_assignment", &[(filter.0, filter.1.as_str())]).expect(200).json();
    let assignment = assigned["items"][0].clone();
    let given = json!({"user": person, "role": assignment["role"]});
    let again = admin.post("/api/records/role_assignment", &given);
    admin.delete(&format!("/api/records/role_assignment/{}", assignment["id"].as_str().unwrap())).expect(204);
    let mut now = rights();
    now.truncate(now.len() - first.len());
    let mut expected =
        vec!["rights archive trade.sales", "rights update department", "rights update department", "rights create"];
    if again.status == 201 {
        expected.insert(1, "rights create trade.sales");
    }
    assert_eq!(now, expected);
    let newest = &items(&admin, "?kind=rights&limit=1")[0];
    assert_eq!((&newest["entity"], &newest["record"]), (&json!("base.role_assignment"), &assignment["id"]));
    assert_eq!(newest["person"]["label"], "admin");
    // A refused change leaves nothing behind.
    admin.patch(&format!("/api/records/user/{person}"), &json!({"department": department, "active": false})).expect(422);
    assert_eq!(kinds(&admin, "?kind=rights&limit=1"), ["rights archive trade.sales"]);
}

fn what_goes_in_and_out_is_noted(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let package = admin.get("/api/apps/trade/export").expect(200).bytes;
    admin.send(Method::POST, "/api/apps/install", Some(package), &[("content-type", "application/zip")]);
    assert_eq!(kinds(&admin, "?kind=export"), ["export app trade"]);
    admin.get("/api/apps/nothing/export").expect(404);
    assert_eq!(kinds(&admin, "?kind=export"), ["export app trade"]);
}

fn opened_records_are_noted_before_the_answer(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let person = RecordId(id_of(&instance.client("sales")).parse().unwrap());
    let product: EntityId = instance.tenant().snapshot().catalog.entity_named("trade.product").unwrap().id;
    let record = RecordId(uuid::Uuid::from_u128(7));
    let (now, today) = instance.engine().moment();
    let caller = Caller { who: Who::User(person), now, today, seed: 1, locale: "en".to_owned() };
    let open = move |session: &mut kontor_records::Session<'_>| {
        session.comes_from("192.0.2.7");
        session.note_opened(product, record);
        Ok(())
    };
    let read = kontor_records::read(instance.tenant(), caller.clone(), open);
    instance.runtime().block_on(read).unwrap();
    kontor_records::read_blocking(instance.tenant(), caller.clone(), open).unwrap();
    kontor_records::write_blocking(instance.tenant(), Queue::Interactive, caller.clone(), open).unwrap();
    // What fails has shown nothing.
    let fails = move |session: &mut kontor_records::Session<'_>| {
        open(session)?;
        Err::<(), _>(kontor_records::RecordsError::NotFound)
    };
    kontor_records::read_blocking(instance.tenant(), caller, fails).unwrap_err();
    let noted = items(&admin, &format!("?kind=open&record={}", record.0));
    assert_eq!(noted.len(), 3, "{noted:?}");
    for item in noted {
        assert_eq!(item["entity"], "trade.product");
        assert_eq!(item["address"], "192.0.2.7");
        assert_eq!(item["person"]["id"], json!(person));
    }
}

fn only_administrators_read_it_and_that_is_noted(database: &Database) {
    let instance = Instance::with_trade(database);
    instance.add_tenant("other", "Other");
    let here = instance.visitor().signed_in_to("test", "admin@test.kontor");
    let there = instance.visitor().signed_in_to("other", "admin@test.kontor");
    instance.visitor().get(LOG).expect(401);
    for name in ["sales", "gm"] {
        let client = instance.client(name);
        let (refused, unknown) = (client.get(LOG), client.get("/api/nowhere"));
        assert_eq!((refused.status.as_u16(), refused.bytes), (404, unknown.bytes), "{name}");
    }
    assert!(kinds(&there, "?limit=200").iter().all(|kind| !kind.contains("trade")), "another tenant's log is not here");
    assert_eq!(kinds(&here, "?kind=log_read"), Vec::<String>::new());
    assert_eq!(kinds(&here, "?kind=log_read"), ["log_read kind"]);
    let first = here.get(&format!("{LOG}?limit=2")).expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = here.get(&format!("{LOG}?limit=2&cursor={cursor}")).expect(200).json();
    assert!(second["items"][0]["number"].as_i64() < first["items"][1]["number"].as_i64());
    let reads = items(&here, "?kind=log_read&limit=2");
    assert_eq!(reads.iter().map(|read| read["count"].as_i64()).collect::<Vec<_>>(), [Some(2), Some(2)]);
    // Nobody writes it over HTTP.
    for method in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
        assert_eq!(here.send(method, LOG, None, &[]).status.as_u16(), 405);
    }
    instance.assert_whole("after reading the log");
}

fn bad_filters_are_told(database: &Database) {
    let admin = Instance::new(database).client("admin");
    for bad in ["kind=x", "person=1", "record=x", "from=yesterday", "until=2026-01-31", "limit=0", "limit=201", "cursor=x", "x=1"]
    {
        let answer = admin.get(&format!("{LOG}?{bad}")).expect(400).json();
        assert!(answer["errors"][0]["message"].as_str().is_some_and(|message| !message.is_empty()), "{bad}: {answer}");
    }
    assert_eq!(items(&admin, "?until=2020-01-01T00:00:00Z").len(), 0);
    assert!(!items(&admin, "?from=2020-01-01T00:00:00Z").is_empty());
}

fn old_rows_are_removed_and_that_is_noted(database: &Database) {
    let instance = Instance::new(database);
    let admin = instance.client("admin");
    let before = items(&admin, "?limit=200").len();
    let job = |name: &str, days: i64| {
        let moment = instance.engine().now() + Duration::days(days);
        instance.runtime().block_on(kontor_server::jobs::run_once(instance.engine(), name, moment)).unwrap();
    };
    job("seal", 0);
    job("forget accesses", 729);
    assert_eq!(items(&admin, "?kind=log_forgotten").len(), 0);
    job("forget accesses", 731);
    let forgotten = &items(&admin, "?kind=log_forgotten")[0];
    // The first reading of this case is among them.
    assert_eq!(forgotten["count"].as_u64(), Some(before as u64 + 1));
    let left: Result<_, StorageError> =
        instance.tenant().db().read_blocking(|tx| access_log::list(tx, &access_log::Wanted::default(), 100));
    assert!(left.unwrap().iter().all(|(number, _)| *number > before as i64));
}

fn sessions_that_end_by_themselves_are_noted(database: &Database) {
    let instance = Instance::with_trade(database);
    instance.add_tenant("second", "Second");
    let sales = instance.client("sales");
    let person = id_of(&sales);
    let other = instance.visitor().signed_in_to("second", "admin@test.kontor");
    let sweep = |days: i64| {
        let moment = instance.engine().now() + Duration::days(days);
        instance.runtime().block_on(kontor_server::jobs::run_once(instance.engine(), "remove sessions", moment)).unwrap();
    };
    sweep(0);
    sales.get("/api/session").expect(200);
    other.get("/api/session").expect(200);
    let ends = instance.engine().now() + Duration::hours(1);
    for _again in 0..2 {
        sweep(60);
    }
    let admin = instance.visitor().signed_in_to("test", "admin@test.kontor");
    let ended = items(&admin, &format!("?kind=session_expired&person={person}"));
    assert_eq!(ended.len(), 1, "once: {ended:?}");
    let at = time::OffsetDateTime::parse(ended[0]["at"].as_str().unwrap(), &time::format_description::well_known::Rfc3339);
    assert!(at.unwrap() > ends, "when it ended, which is later than now: {ended:?}");
    let elsewhere = instance.visitor().signed_in_to("second", "admin@test.kontor");
    assert_eq!(items(&elsewhere, "?kind=session_expired").len(), 1, "of this tenant alone");
    instance.assert_whole("with sessions that ended");
}

fn roles_have_their_titles(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let first = |client: &Client| {
        let log = items(client, "?kind=rights&limit=200");
        log.iter().find(|item| item["detail"] == "create trade.sales").unwrap_or_else(|| panic!("{log:?}"))["role"].clone()
    };
    assert_eq!(first(&admin)["name"], "trade.sales");
    let titles = [first(&admin.clone().reading("en")), first(&admin.clone().reading("zh-CN"))].map(|role| role["title"].clone());
    let role = instance.tenant().snapshot().catalog.roles.values().find(|role| role.name == "sales").unwrap().title.clone();
    assert_eq!(titles, [json!(role.get("en").unwrap()), json!(role.get("zh-CN").unwrap())]);
    assert_eq!(items(&admin, "?kind=sign_in&limit=1")[0]["role"], Json::Null);
}
