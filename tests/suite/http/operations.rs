//! What an operator asks: is it alive, is it ready, what does a stranger learn.
use serde_json::json;

use crate::harness::{both_databases, database::Database, instance::Instance};

both_databases!(an_instance_is_ready, strangers_learn_nothing);

fn an_instance_is_ready(database: &Database) {
    let visitor = Instance::new(database).visitor();
    assert_eq!(visitor.get("/healthz").expect(200).json(), json!({"status": "ok"}));
    assert_eq!(visitor.get("/readyz").expect(200).json(), json!({"status": "ok"}));
}

fn strangers_learn_nothing(database: &Database) {
    let visitor = Instance::new(database).visitor();
    for path in ["/api/session", "/api/definitions", "/api/records/user", "/api/draft", "/api/revisions"] {
        visitor.get(path).expect(401);
    }
    let wrong = visitor.post("/api/session", &json!({"email": "admin@test.kontor", "password": "not this one"})).expect(401);
    let unknown = visitor.post("/api/session", &json!({"email": "nobody@test.kontor", "password": "not this one"})).expect(401);
    assert_eq!(wrong.bytes, unknown.bytes);
    assert_eq!(wrong.json()["code"], "wrong_credentials");
}
