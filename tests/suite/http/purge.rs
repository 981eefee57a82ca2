//! Purging and archiving where somebody else is in the way: another tenant with the same app, a writer at the same moment, too many
//! references, people, a lock.
use std::thread;

use kontor_definitions::RecordId;
use kontor_storage::{Dialect, StorageError, system::tombstone};
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, folder},
    raw::Raw,
};

both_databases!(
    a_tenant_with_the_same_app_is_another_tenant,
    a_purge_and_a_new_reference_do_not_both_win,
    too_many_references_are_not_emptied_at_once,
    people_are_never_purged,
    a_locked_record_is_told_and_nothing_is_half_done
);

fn world(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/register"));
    instance.add_person("keeper", "register.keeper");
    instance
}

fn at(entity: &str, id: &str) -> String {
    format!("/api/records/{entity}/{id}")
}

fn purge(client: &Client, entity: &str, id: &str) -> Answer {
    client.delete(&format!("{}?purge=true", at(entity, id)))
}

fn made(client: &Client, entity: &str, body: &Json) -> String {
    client.post(&format!("/api/records/{entity}"), body).expect(201).json()["id"].as_str().unwrap().to_owned()
}

/// The code of the only thing that is wrong.
fn code(answer: &Answer) -> String {
    answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

fn a_tenant_with_the_same_app_is_another_tenant(database: &Database) {
    let instance = world(database);
    let register = folder("tests/cases/records/register");
    let other = instance.add_tenant_with("other", &register, &[("keeper", "register.keeper")]);
    let here = instance.visitor().signed_in_to("test", "keeper@test.kontor");
    let there = instance.visitor().signed_in_to("other", "keeper@test.kontor");
    let partner = made(&here, "partner", &json!({"name": "ACME"}));
    let theirs = made(&there, "partner", &json!({"name": "ACME"}));
    let visit = made(&there, "visit", &json!({"about": "first", "partner": theirs}));
    here.delete(&at("partner", &partner)).expect(204);
    let nothing = purge(&there, "partner", &uuid::Uuid::nil().to_string()).expect(404);
    assert_eq!(purge(&there, "partner", &partner).expect(404).bytes, nothing.bytes);
    here.get(&at("partner", &partner)).expect(200);
    // The same entity, the same rights, another table: nothing there refers to it, and nothing there changes.
    let before = there.get(&at("visit", &visit)).expect(200).bytes;
    purge(&here, "partner", &partner).expect(204);
    assert_eq!(there.get(&at("visit", &visit)).expect(200).bytes, before);
    there.get(&at("partner", &theirs)).expect(200);
    let record = RecordId(partner.parse().unwrap());
    let stone =
        |db: &kontor_storage::TenantDb| -> Result<_, StorageError> { db.read_blocking(move |tx| tombstone::get(tx, record)) };
    assert!(stone(instance.tenant().db()).unwrap().is_some());
    assert_eq!(stone(other.db()).unwrap(), None);
}

fn a_purge_and_a_new_reference_do_not_both_win(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    for round in 0..12 {
        let partner = made(&keeper, "partner", &json!({"name": format!("P{round}")}));
        let gate = std::sync::Barrier::new(3);
        // A reference that is emptied by a purge, one that stands in its way, and the purge itself, all at once.
        let (purged, answers) = thread::scope(|scope| {
            let (keeper, partner, gate) = (&keeper, &partner, &gate);
            let writer = |entity: &'static str, body: Json| {
                scope.spawn(move || {
                    gate.wait();
                    keeper.post(&format!("/api/records/{entity}"), &body)
                })
            };
            let visit = writer("visit", json!({"about": "a", "partner": partner}));
            let lines = json!([{"item": "a", "amount": "1"}]);
            let invoice = writer("invoice", json!({"subject": "a", "partner": partner, "lines": lines}));
            gate.wait();
            keeper.delete(&at("partner", partner)).expect(204);
            let purged = purge(keeper, "partner", partner);
            (purged, [visit.join().unwrap(), invoice.join().unwrap()])
        });
        for answer in &answers {
            // Too late: the record is archived or gone. Never an accident.
            let late = ["archived_reference", "unknown_reference"];
            assert!(answer.status == 201 || (answer.status == 422 && late.contains(&code(answer).as_str())), "{answer:?}");
        }
        let [visit, invoice] = answers;
        match purged.status.as_u16() {
            204 => {
                assert_ne!(invoice.status, 201, "round {round}: an invoice refers to nothing");
                if visit.status == 201 {
                    let visit = visit.json()["id"].as_str().unwrap().to_owned();
                    assert_eq!(keeper.get(&at("visit", &visit)).expect(200).json()["partner"], Json::Null);
                }
            }
            409 => assert_eq!((code(&purged).as_str(), invoice.status.as_u16()), ("referenced", 201), "round {round}"),
            other => panic!("round {round}: {other} {}", String::from_utf8_lossy(&purged.bytes)),
        }
    }
    instance.assert_whole("after purges and new references at once");
}

fn too_many_references_are_not_emptied_at_once(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let partner = made(&keeper, "partner", &json!({"name": "ACME"}));
    let visits =
        |count: usize| -> Vec<Json> { (0..count).map(|n| json!({"about": format!("{n}"), "partner": partner})).collect() };
    keeper.post("/api/records/visit/batch", &json!({"create": visits(1_000)})).expect(200);
    let last = made(&keeper, "visit", &visits(1)[0]);
    keeper.delete(&at("partner", &partner)).expect(204);
    let refused = purge(&keeper, "partner", &partner).expect(422);
    assert_eq!(code(&refused), "too_many");
    assert!(refused.json()["errors"][0]["suggestion"].as_str().is_some_and(|way| !way.is_empty()));
    let filter = ("filter", format!("partner == \"{partner}\""));
    let left =
        || keeper.query("/api/records/visit", &[(filter.0, &filter.1), ("count", "true"), ("limit", "1")]).expect(200).json();
    assert_eq!(left()["count"], 1_001, "none was emptied");
    // One less, and it goes.
    keeper.patch(&at("visit", &last), &json!({"partner": null})).expect(200);
    purge(&keeper, "partner", &partner).expect(204);
    assert_eq!(keeper.get("/api/records/visit?count=true&filter=partner==null&limit=1").expect(200).json()["count"], 1_001);
    instance.assert_whole("after a thousand references were emptied");
}

fn people_are_never_purged(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    instance.add_person("leaver", "register.keeper");
    let leaver = instance.client("leaver").get("/api/session").expect(200).json()["user"]["id"].as_str().unwrap().to_owned();
    keeper.delete(&at("user", &leaver)).expect(204);
    let refused = purge(&keeper, "user", &leaver).expect(409);
    assert_eq!(code(&refused), "person");
    assert!(refused.json()["errors"][0]["suggestion"].as_str().is_some_and(|way| !way.is_empty()));
    keeper.get(&at("user", &leaver)).expect(200);
    instance.visitor().post("/api/session", &json!({"email": "leaver@test.kontor", "password": "x"})).expect(401);
}

fn a_locked_record_is_told_and_nothing_is_half_done(database: &Database) {
    if database.dialect() == Dialect::Sqlite {
        // One writer at a time: nobody holds a record while another one writes.
        return;
    }
    let instance = world(database);
    let keeper = instance.client("keeper");
    let partner = made(&keeper, "partner", &json!({"name": "ACME"}));
    let mut raw = Raw::open(database, instance.tenant());
    let snapshot = instance.tenant().snapshot();
    let entity = snapshot.catalog.entity_named("register.partner").unwrap().id;
    let table = &snapshot.physical.tables[&entity].name;
    raw.run("BEGIN");
    raw.run(&format!("UPDATE {{t}}\"{table}\" SET \"revision\" = \"revision\""));
    let refused = keeper.delete(&at("partner", &partner));
    assert_eq!(refused.status.as_u16(), 409, "{}", String::from_utf8_lossy(&refused.bytes));
    let told = refused.json();
    assert_eq!(told["code"], "busy", "{told}");
    assert!(told["detail"].as_str().is_some_and(|way| !way.is_empty()), "{told}");
    raw.run("ROLLBACK");
    let seen = keeper.get(&at("partner", &partner)).expect(200).json();
    assert!(seen.get("archived_at").is_none_or(Json::is_null), "{seen}");
    keeper.delete(&at("partner", &partner)).expect(204);
    instance.assert_whole("after a lock");
}
