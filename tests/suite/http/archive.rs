//! Archive, purge and gapless numbers over HTTP: what is refused, what stays, and that nobody without the right does any of it.
use std::collections::BTreeSet;

use axum::http::Method;
use kontor_definitions::RecordId;
use kontor_server::http::table;
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, folder},
};

both_databases!(
    an_archived_record_is_hidden_not_gone,
    coming_back_is_checked_again,
    purge_needs_its_own_right,
    purge_leaves_a_tombstone_and_history,
    references_stand_in_the_way_or_are_emptied,
    some_records_are_never_purged,
    a_transition_gives_the_number,
    fifty_issuers_leave_no_gap
);

fn world(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/register"));
    for role in ["keeper", "clerk", "agent"] {
        instance.add_person(role, &format!("register.{role}"));
    }
    instance
}

fn an_archived_record_is_hidden_not_gone(database: &Database) {
    let keeper = world(database).client("keeper");
    let partner = made(&keeper, "partner", &json!({"name": "ACME"}));
    let visit = made(&keeper, "visit", &json!({"about": "first", "partner": partner}));
    keeper.delete(&at("partner", &partner)).expect(204);
    assert_eq!(count(&keeper, "partner", ""), 0);
    assert_eq!(count(&keeper, "partner", "&archived=only"), 1);
    assert_eq!(count(&keeper, "partner", "&archived=with"), 1);
    // What refers to it already stays and shows it; nothing new may.
    let seen = keeper.get(&format!("{}?expand=partner", at("visit", &visit))).expect(200).json();
    assert_eq!(seen["partner"]["name"], "ACME");
    keeper.patch(&at("visit", &visit), &json!({"about": "changed"})).expect(200);
    let refused = keeper.post("/api/records/visit", &json!({"about": "second", "partner": partner})).expect(422);
    assert_eq!(found(&refused), ["/partner archived_reference"]);
    assert!(refused.json()["errors"][0]["suggestion"].as_str().is_some_and(|way| !way.is_empty()));
}

fn coming_back_is_checked_again(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let partner = made(&keeper, "partner", &json!({"name": "ACME"}));
    let visit = made(&keeper, "visit", &json!({"about": "first", "partner": partner}));
    for path in [at("visit", &visit), at("partner", &partner)] {
        keeper.delete(&path).expect(204);
    }
    made(&keeper, "partner", &json!({"name": "ACME"}));
    let back = |entity: &str, id: &str| keeper.post(&format!("{}/unarchive", at(entity, id)), &json!({}));
    assert_eq!(found(&back("visit", &visit).expect(409)), ["/partner archived_reference"]);
    assert_eq!(found(&back("partner", &partner).expect(409)), ["/name duplicate"]);
    let other = keeper.query("/api/records/partner", &[("filter", "name == \"ACME\"")]).expect(200).json();
    keeper.patch(&at("partner", other["items"][0]["id"].as_str().unwrap()), &json!({"name": "Other"})).expect(200);
    let shown = back("partner", &partner).expect(200);
    assert!(shown.json().get("archived_at").is_none_or(Json::is_null), "{}", shown.json());
    back("visit", &visit).expect(200);
    // Whoever may not archive does not bring back either.
    instance.client("agent").post(&format!("{}/unarchive", at("visit", &visit)), &json!({})).expect(404);
    instance.visitor().post(&format!("{}/unarchive", at("visit", &visit)), &json!({})).expect(401);
}

fn purge_needs_its_own_right(database: &Database) {
    let instance = world(database);
    let (keeper, clerk, agent) = (instance.client("keeper"), instance.client("clerk"), instance.client("agent"));
    let partner = made(&clerk, "partner", &json!({"name": "ACME"}));
    clerk.delete(&at("partner", &partner)).expect(204);
    let nothing = clerk.delete(&purge("partner", RecordId(uuid::Uuid::nil()).to_string().as_str())).expect(404);
    for answer in [clerk.delete(&purge("partner", &partner)), agent.delete(&purge("partner", &partner))] {
        assert_eq!(answer.expect(404).bytes, nothing.bytes);
    }
    // The administrator's `*` does not say purge.
    instance.client("admin").get(&at("partner", &partner)).expect(200);
    instance.client("admin").delete(&purge("partner", &partner)).expect(404);
    instance.visitor().delete(&purge("partner", &partner)).expect(401);
    instance.add_tenant("elsewhere", "Elsewhere");
    instance.visitor().signed_in_to("elsewhere", "admin@test.kontor").delete(&purge("partner", &partner)).expect(404);
    keeper.delete(&format!("{}?purge=perhaps", at("partner", &partner))).expect(400);
    keeper.delete(&format!("{}?purge=true&force=1", at("partner", &partner))).expect(400);
    keeper.get(&at("partner", &partner)).expect(200);
    let rights = |client: &Client| {
        let seen = client.get("/api/definitions").expect(200).json();
        let all = seen["entities"].as_array().unwrap().clone();
        all.into_iter().find(|entity| entity["document"]["name"] == "partner").unwrap()["rights"]["purge"].clone()
    };
    assert_eq!([rights(&keeper), rights(&clerk), rights(&agent)], [json!(true), json!(false), json!(true)]);
    // An agent purges what an agent may archive: the own ones.
    let own = made(&agent, "partner", &json!({"name": "Mine"}));
    agent.delete(&at("partner", &own)).expect(204);
    agent.delete(&purge("partner", &own)).expect(204);
    assert!(table().iter().any(|route| route.path.ends_with("/unarchive")));
}

fn purge_leaves_a_tombstone_and_history(database: &Database) {
    let instance = world(database);
    let keeper = instance.client("keeper");
    let invoice = made(&keeper, "invoice", &json!({"subject": "Draft", "lines": [{"item": "a", "amount": "1"}]}));
    assert_eq!(found(&keeper.delete(&purge("invoice", &invoice)).expect(409)), [" not_archived"]);
    keeper.delete(&at("invoice", &invoice)).expect(204);
    keeper.send(Method::DELETE, &purge("invoice", &invoice), None, &[("if-match", "\"1\"")]).expect(412);
    keeper.delete(&purge("invoice", &invoice)).expect(204);
    for gone in [keeper.get(&at("invoice", &invoice)), keeper.delete(&purge("invoice", &invoice))] {
        gone.expect(404);
    }
    assert_eq!(count(&keeper, "invoice", "&archived=with"), 0);
    let record = RecordId(invoice.parse().unwrap());
    let kept = instance.tenant().read_blocking(move |_snapshot, _rights, tx| -> Result<_, kontor_apps::AppError> {
        let stone = kontor_storage::system::tombstone::get(tx, record)?;
        let log = kontor_storage::system::history::list(tx, record, i64::MAX, 10)?;
        let broken = kontor_storage::system::history::first_broken(tx, record)?;
        let last = kontor_storage::system::history::last_hash(tx, record)?;
        Ok((stone, log, broken, last))
    });
    let (stone, log, broken, last) = kept.unwrap();
    let stone = stone.expect("a tombstone");
    assert_eq!((stone.record, stone.history_hash, broken), (record, last, None));
    let actions: Vec<&str> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["purge", "archive", "create"]);
    assert_eq!(log[0].changes, json!([]));
    instance.assert_whole("after a purge");
}

fn references_stand_in_the_way_or_are_emptied(database: &Database) {
    let instance = world(database);
    let (keeper, agent) = (instance.client("keeper"), instance.client("agent"));
    let partner = made(&agent, "partner", &json!({"name": "ACME"}));
    let visit = made(&keeper, "visit", &json!({"about": "first", "partner": partner}));
    let lines = json!([{"item": "a", "amount": "1", "payee": partner}, {"item": "b", "amount": "2"}]);
    let invoice = made(&keeper, "invoice", &json!({"subject": "S", "partner": partner, "lines": lines}));
    agent.delete(&at("partner", &partner)).expect(204);
    let told = keeper.delete(&purge("partner", &partner)).expect(409);
    assert_eq!(found(&told), [" referenced"]);
    assert_eq!(told.json()["errors"][0]["message"], "records that refer to it in \"Invoice\": 1");
    // Somebody who does not see invoices learns that there is something, not what or how much.
    let told = agent.delete(&purge("partner", &partner)).expect(409);
    assert_eq!(told.json()["errors"][0]["message"], "records that you cannot see refer to it");
    assert!(!String::from_utf8_lossy(&told.bytes).contains("Invoice"));
    keeper.patch(&at("invoice", &invoice), &json!({"partner": null})).expect(200);
    agent.delete(&purge("partner", &partner)).expect(204);
    let (visit, invoice) = (at("visit", &visit), at("invoice", &invoice));
    assert_eq!(keeper.get(&visit).expect(200).json()["partner"], Json::Null);
    let seen = keeper.get(&invoice).expect(200).json();
    assert_eq!((&seen["lines"][0]["payee"], &seen["total"]), (&Json::Null, &json!("3.00")));
    for path in [&visit, &invoice] {
        let log = instance.client("admin").get(&format!("{path}/history")).expect(200).json();
        assert_eq!(log["items"][0]["changes"].as_array().unwrap().len(), 1, "{log}");
        assert_eq!(log["items"][0]["by"]["label"], "agent");
    }
    instance.assert_whole("after references were emptied");
    // A reference that can never be changed stands in the way whatever it says.
    let partner = made(&keeper, "partner", &json!({"name": "Stamped"}));
    made(&keeper, "stamp", &json!({"note": "n", "partner": partner}));
    keeper.delete(&at("partner", &partner)).expect(204);
    assert_eq!(found(&keeper.delete(&purge("partner", &partner)).expect(409)), [" referenced"]);
    keeper.get(&at("partner", &partner)).expect(200);
}

fn some_records_are_never_purged(database: &Database) {
    let keeper = world(database).client("keeper");
    let stamp = made(&keeper, "stamp", &json!({"note": "n"}));
    assert!(found(&keeper.delete(&purge("stamp", &stamp)).expect(409)).contains(&" append_only".to_owned()));
    let invoice = made(&keeper, "invoice", &json!({"subject": "S", "lines": [{"item": "a", "amount": "1"}]}));
    issue(&keeper, &invoice).expect(200);
    keeper.delete(&at("invoice", &invoice)).expect(204);
    assert_eq!(found(&keeper.delete(&purge("invoice", &invoice)).expect(409)), [" numbered"]);
    assert_eq!(count(&keeper, "invoice", "&archived=only"), 1);
}

fn a_transition_gives_the_number(database: &Database) {
    let keeper = world(database).client("keeper");
    let empty = made(&keeper, "invoice", &json!({"subject": "Empty"}));
    let invoice = made(&keeper, "invoice", &json!({"subject": "S", "lines": [{"item": "a", "amount": "1"}]}));
    let draft = keeper.get(&at("invoice", &invoice)).expect(200).json();
    assert_eq!((&draft["number"], &draft["caption"]), (&Json::Null, &json!("- S")));
    // A refused transition gives no number away, and nobody writes one.
    assert_eq!(found(&issue(&keeper, &empty).expect(422)), [" condition_not_met"]);
    keeper.patch(&at("invoice", &invoice), &json!({"number": "INV-1"})).expect(422);
    let issued = issue(&keeper, &invoice).expect(200).json();
    let number = issued["number"].as_str().unwrap().to_owned();
    assert!(number.ends_with("-0001"), "{number}");
    assert_eq!(issued["caption"], format!("{number} S"));
    // Once given it stays.
    keeper.post(&format!("{}/actions/reopen", at("invoice", &invoice)), &json!({})).expect(200);
    assert_eq!(issue(&keeper, &invoice).expect(200).json()["number"], number);
}

fn fifty_issuers_leave_no_gap(database: &Database) {
    let keeper = world(database).client("keeper");
    let ids: Vec<String> = (0..50)
        .map(|n| made(&keeper, "invoice", &json!({"subject": format!("S{n}"), "lines": [{"item": "a", "amount": "1"}]})))
        .collect();
    let empty = made(&keeper, "invoice", &json!({"subject": "Empty"}));
    let numbers: BTreeSet<String> = std::thread::scope(|scope| {
        let issuers: Vec<_> = ids
            .iter()
            .map(|id| {
                let (keeper, empty) = (&keeper, &empty);
                scope.spawn(move || {
                    issue(keeper, empty).expect(422);
                    issue(keeper, id).expect(200).json()["number"].as_str().unwrap().to_owned()
                })
            })
            .collect();
        issuers.into_iter().map(|issuer| issuer.join().unwrap()).collect()
    });
    let tails: Vec<String> = numbers.iter().map(|number| number.rsplit('-').next().unwrap().to_owned()).collect();
    assert_eq!(tails, (1..=50).map(|number| format!("{number:04}")).collect::<Vec<_>>());
}

fn at(entity: &str, id: &str) -> String {
    format!("/api/records/{entity}/{id}")
}

fn purge(entity: &str, id: &str) -> String {
    format!("{}?purge=true", at(entity, id))
}

fn made(client: &Client, entity: &str, body: &Json) -> String {
    client.post(&format!("/api/records/{entity}"), body).expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn issue(client: &Client, id: &str) -> Answer {
    client.post(&format!("{}/actions/issue", at("invoice", id)), &json!({}))
}

fn count(client: &Client, entity: &str, more: &str) -> u64 {
    client.get(&format!("/api/records/{entity}?count=true{more}")).expect(200).json()["count"].as_u64().unwrap()
}

/// What is wrong, as `pointer code`, in order.
fn found(answer: &Answer) -> Vec<String> {
    let text = |error: &Json, key: &str| error[key].as_str().unwrap_or_default().to_owned();
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| format!("{} {}", text(error, "pointer"), text(error, "code"))).collect()
}
