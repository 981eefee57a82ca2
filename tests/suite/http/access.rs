//! Who may call what: every route of the table, asked by a stranger and by somebody who administers nothing.
use kontor_server::http::{Access, Route, table};
use serde_json::json;

use crate::harness::{both_databases, client::Answer, client::Client, database::Database, instance::Instance, repository};

both_databases!(strangers_are_turned_away, administration_does_not_exist_for_others, sign_in_does_not_tell_who_exists);

fn strangers_are_turned_away(database: &Database) {
    let visitor = Instance::new(database).visitor();
    for route in table().iter().filter(|route| route.access != Access::Anyone) {
        let answer = ask(&visitor, route);
        assert_eq!(answer.status, 401, "{} {}", route.method, route.path);
    }
}

fn administration_does_not_exist_for_others(database: &Database) {
    let instance = Instance::with_trade(database);
    let sales = instance.client("sales");
    let nowhere = sales.get("/api/nowhere").expect(404);
    for route in table().iter().filter(|route| route.access == Access::Administrator) {
        let answer = ask(&sales, route);
        assert_eq!(answer.status, 404, "{} {}", route.method, route.path);
        assert_eq!(answer.bytes, nowhere.bytes, "{} {}", route.method, route.path);
    }
}

fn sign_in_does_not_tell_who_exists(database: &Database) {
    let visitor = Instance::new(database).visitor();
    let wrong = visitor.post("/api/session", &json!({"email": "admin@test.kontor", "password": "not this one"})).expect(401);
    let unknown = visitor.post("/api/session", &json!({"email": "nobody@test.kontor", "password": "not this one"})).expect(401);
    assert_eq!(wrong.bytes, unknown.bytes);
    assert_eq!(wrong.json()["code"], "wrong_credentials");
}

#[test]
fn every_route_is_documented() {
    let documentation = repository::read("docs/api.md");
    let missing: Vec<String> = table()
        .iter()
        .filter(|route| !documentation.contains(route.path.split("{file}").next().unwrap_or_default()))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert!(missing.is_empty(), "docs/api.md does not mention:\n  {}", missing.join("\n  "));
}

/// Asks a route with something in the place of each part of its path.
fn ask(client: &Client, route: &Route) -> Answer {
    let path: Vec<&str> = route.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
    client.send(route.method.clone(), &path.join("/"), None, &[])
}
