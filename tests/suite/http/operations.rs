//! What an operator asks: is it alive, is it ready.
use serde_json::json;

use crate::harness::{both_databases, database::Database, instance::Instance};

both_databases!(an_instance_is_ready);

fn an_instance_is_ready(database: &Database) {
    let visitor = Instance::new(database).visitor();
    assert_eq!(visitor.get("/healthz").expect(200).json(), json!({"status": "ok"}));
    assert_eq!(visitor.get("/readyz").expect(200).json(), json!({"status": "ok"}));
}
