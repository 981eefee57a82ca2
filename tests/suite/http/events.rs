//! The stream of events: who hears what, coming back, the end of a session, and two nodes on one database.
use std::time::{Duration, Instant};

use axum::http::Method;
use serde_json::{Value as Json, json};

use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(
    changes_are_told_without_values,
    nobody_hears_of_what_they_may_not_read,
    other_tenants_and_strangers_hear_nothing,
    who_comes_back_misses_nothing,
    the_end_of_a_session_ends_its_streams,
    a_person_has_a_bounded_number_of_streams,
    old_events_are_removed_and_numbers_never_come_twice,
);

const SECOND: Duration = Duration::from_secs(1);

fn create(client: &Client, code: &str) -> String {
    let body = json!({"code": code, "name": code, "country": "DE", "currency": "EUR"});
    let made = client.post("/api/records/customer", &body).expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

fn told(kind: &str, id: &str, revision: u64) -> Json {
    json!({"kind": kind, "entity": "trade.customer", "id": id, "revision": revision})
}

fn changes_are_told_without_values(database: &Database) {
    let instance = Instance::with_trade(database);
    let (sales, manager) = (instance.client("sales"), instance.client("manager"));
    let mut stream = manager.follow(None);
    let id = create(&sales, "C1");
    let path = format!("/api/records/customer/{id}");
    assert_eq!(stream.expect(), told("created", &id, 1));
    sales.patch(&path, &json!({"name": "Renamed"})).expect(200);
    assert_eq!(stream.expect(), told("updated", &id, 2));
    // Nothing changes, nothing is told.
    sales.patch(&path, &json!({"name": "Renamed"})).expect(200);
    // A change that is refused is none.
    sales.patch(&path, &json!({"name": null})).expect(422);
    let next = create(&sales, "C2");
    assert_eq!(stream.expect(), told("created", &next, 1));
}

fn nobody_hears_of_what_they_may_not_read(database: &Database) {
    let instance = Instance::with_trade(database);
    instance.add_person("colleague", "trade.sales");
    let (sales, colleague) = (instance.client("sales"), instance.client("colleague"));
    let (mut of_sales, mut of_colleague) = (sales.follow(None), colleague.follow(None));
    let hidden = create(&sales, "C1");
    let own = create(&colleague, "C2");
    colleague.get(&format!("/api/records/customer/{hidden}")).expect(404);
    assert_eq!(of_sales.expect(), told("created", &hidden, 1));
    // The first that each of them hears of the other's record would be told before their own.
    assert_eq!(of_colleague.expect(), told("created", &own, 1));
    sales.patch(&format!("/api/records/customer/{hidden}"), &json!({"name": "Still hidden"})).expect(200);
    assert_eq!(of_sales.expect(), told("updated", &hidden, 2));
    // Coming back from the very beginning does not show it either.
    let mut again = colleague.follow(Some(&beginning(&of_colleague.last_id)));
    while let Some(event) = again.next(Duration::from_millis(300)) {
        assert_ne!(event["id"], json!(hidden));
    }
}

/// An id before everything that this database has written.
fn beginning(id: &str) -> String {
    let (seconds, cursor) = id.split_once('-').unwrap();
    if cursor.contains(':') { format!("{seconds}-1:1:") } else { format!("{seconds}-0") }
}

fn other_tenants_and_strangers_hear_nothing(database: &Database) {
    let instance = Instance::with_trade(database);
    instance.visitor().get("/api/events").expect(401);
    let sales = instance.client("sales");
    instance.add_tenant("second", "Second");
    let elsewhere = instance.visitor().signed_in_to("second", "admin@test.kontor");
    let mut stream = elsewhere.follow(None);
    create(&sales, "C1");
    let made = elsewhere.post("/api/records/department", &json!({"name": "Export"})).expect(201).json();
    assert_eq!(stream.expect()["id"], made["id"]);
}

fn who_comes_back_misses_nothing(database: &Database) {
    let instance = Instance::with_trade(database);
    let sales = instance.client("sales");
    let mut stream = sales.follow(None);
    let first = create(&sales, "C1");
    assert_eq!(stream.expect(), told("created", &first, 1));
    let id = stream.last_id.clone();
    drop(stream);
    let missed: Vec<String> = ["C2", "C3"].iter().map(|code| create(&sales, code)).collect();
    let mut again = sales.follow(Some(&id));
    assert_eq!(again.expect(), told("created", &missed[0], 1));
    assert_eq!(again.expect(), told("created", &missed[1], 1));
    // An id that is too old, or none of ours, is told to look at everything.
    let (_, cursor) = id.split_once('-').unwrap();
    for bad in [format!("1000-{cursor}"), "nonsense".to_owned(), format!("{}-x", i64::MAX)] {
        assert_eq!(sales.follow(Some(&bad)).expect(), json!({"kind": "resync"}), "{bad}");
    }
}

fn the_end_of_a_session_ends_its_streams(database: &Database) {
    let instance = Instance::with_trade(database);
    let (sales, manager) = (instance.client("sales"), instance.client("manager"));
    let (stream, mut other) = (sales.follow(None), manager.follow(None));
    sales.delete("/api/session").expect(204);
    assert!(stream.ends(SECOND));
    let id = create(&instance.client("sales"), "C1");
    assert_eq!(other.expect(), told("created", &id, 1));
}

fn a_person_has_a_bounded_number_of_streams(database: &Database) {
    let instance = Instance::with_trade(database);
    let sales = instance.client("sales");
    let mut streams: Vec<_> = (0..12).map(|_| sales.follow(None)).collect();
    assert_eq!(sales.get("/api/events").expect(429).json()["code"], "too_many_streams");
    let id = create(&sales, "C1");
    for stream in &mut streams {
        assert_eq!(stream.expect(), told("created", &id, 1));
    }
}

fn old_events_are_removed_and_numbers_never_come_twice(database: &Database) {
    use kontor_storage::{Queue, system::event};
    let instance = Instance::with_trade(database);
    let sales = instance.client("sales");
    create(&sales, "C1");
    let db = instance.tenant().db();
    let before = db.read_blocking(event::now).unwrap();
    let later = instance.engine().now() + time::Duration::hours(25);
    let removed = db.write_blocking(Queue::Background, move |tx| event::forget(tx, later)).unwrap();
    assert!(removed > 0);
    assert_eq!(db.write_blocking(Queue::Background, move |tx| event::forget(tx, later)).unwrap(), 0);
    create(&sales, "C2");
    let news = db.read_blocking(move |tx| event::since(tx, &before, 10)).unwrap();
    assert_eq!(news.events.len(), 1);
}

/// A publish, a role, a sign-out and a record on one node are seen on the other: by its next question to the database.
#[test]
fn two_nodes_see_each_other() {
    let database = Database::postgres();
    let one = Instance::with_trade(&database);
    let two = one.another_node(&database);
    let (admin, sales) = (one.client("admin"), one.client("sales"));
    let (there, manager_there) = (two.client("sales"), two.client("manager"));
    let mut stream = manager_there.follow(None);

    let id = create(&sales, "C1");
    assert_eq!(stream.expect(), told("created", &id, 1));
    there.get(&format!("/api/records/customer/{id}")).expect(200);

    let answer = admin.get("/api/draft/trade/entity/customer").expect(200);
    let (mut document, tag) = (answer.json(), answer.etag().to_owned());
    let title = json!({"zh-CN": "包装要求", "en": "Packaging"});
    document["fields"].as_array_mut().unwrap().push(json!({"name": "packaging", "title": title, "type": "text"}));
    let body = document.to_string().into_bytes();
    admin.send(Method::PUT, "/api/draft/trade/entity/customer", Some(body), &[("if-match", tag.as_str())]).expect(200);
    let revision = admin.post("/api/draft/publish", &json!({"message": "packaging"})).expect(200).json()["revision"].clone();
    let looks = || two.engine().looks(two.tenant().id()).unwrap();
    let before = looks().begun;
    // However slow this machine is: the first question that is begun now finds it, and there are four in a second.
    let published = stream.next(60 * SECOND).expect("the publish");
    assert!(looks().found <= before + 1, "{before} questions before, {:?} now", looks());
    assert_eq!(published, json!({"kind": "published", "entity": null, "id": null, "revision": revision}));
    assert_eq!(two.client("admin").get("/api/definitions").expect(200).json()["revision"], revision);

    // The manager loses the role: what they could read is gone, and they are told.
    let user = manager_there.get("/api/session").expect(200).json()["user"]["id"].as_str().unwrap().to_owned();
    let held = admin.query("/api/records/role_assignment", &[("filter", &format!("user == \"{user}\""))]).expect(200).json();
    let assignment = held["items"][0]["id"].as_str().unwrap();
    manager_there.get(&format!("/api/records/customer/{id}")).expect(200);
    admin.delete(&format!("/api/records/role_assignment/{assignment}")).expect(204);
    assert!(within(SECOND, || manager_there.get(&format!("/api/records/customer/{id}")).status == 404));
    assert_eq!(stream.expect()["kind"], "rights");
    let mut of_sales = there.follow(None);
    sales.patch(&format!("/api/records/customer/{id}"), &json!({"name": "Renamed"})).expect(200);
    assert_eq!(of_sales.expect(), told("updated", &id, 2));
    assert_eq!(stream.next(Duration::from_millis(400)), None);

    // The same session on the other node: signing out here ends it there.
    let wandering = sales.at(&two.visitor());
    let of_session = wandering.follow(None);
    wandering.get("/api/session").expect(200);
    sales.delete("/api/session").expect(204);
    assert!(of_session.ends(SECOND));
    assert!(within(SECOND, || wandering.get("/api/session").status == 401));
}

fn within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
    }
}
