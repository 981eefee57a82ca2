//! `Idempotency-Key`: the same request again gets the same answer and does nothing; another request is refused.
use axum::http::Method;
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::Instance,
};

both_databases!(the_same_key_writes_once, a_refused_write_may_be_tried_again);

fn create(client: &Client, key: &str, body: &Json) -> Answer {
    let body = body.to_string().into_bytes();
    client.send(Method::POST, "/api/records/product", Some(body), &[("idempotency-key", key)])
}

fn the_same_key_writes_once(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let product = json!({"code": "P1", "name": "Chai"});
    let first = create(&admin, "one", &product).expect(201);
    let again = create(&admin, "one", &product).expect(201);
    assert_eq!((&first.bytes, &first.headers["location"]), (&again.bytes, &again.headers["location"]));
    assert_eq!(first.etag(), again.etag());
    let other = create(&admin, "one", &json!({"code": "P2", "name": "Chang"})).expect(422);
    assert_eq!(other.json()["code"], "idempotency_key_reused");
    create(&admin, "two", &json!({"code": "P2", "name": "Chang"})).expect(201);
    assert_eq!(admin.get("/api/records/product?count=true").expect(200).json()["count"], 2);

    let path = format!("/api/records/product/{}", first.json()["id"].as_str().unwrap());
    for _ in 0..2 {
        admin.send(Method::DELETE, &path, None, &[("idempotency-key", "gone")]).expect(204);
    }
    create(&admin, &"k".repeat(256), &product).expect(400);
}

fn a_refused_write_may_be_tried_again(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    create(&admin, "one", &json!({"code": "P1"})).expect(422);
    create(&admin, "one", &json!({"code": "P1", "name": "Chai"})).expect(201);
}
