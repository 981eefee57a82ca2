//! The trade template's roles at work: who sees prices, who sets limits, whose records are whose.
use serde_json::{Value as Json, json};

use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(finance_sets_limits_and_edits_nothing_else, warehouse_ships_without_prices, an_order_goes_its_way);

fn finance_sets_limits_and_edits_nothing_else(database: &Database) {
    let instance = Instance::with_trade(database);
    let (sales, finance) = (instance.client("sales"), instance.client("finance"));
    let path = format!("/api/records/customer/{}", customer(&sales));
    finance.patch(&path, &json!({"name": "Renamed"})).expect(422);
    sales.patch(&path, &json!({"credit_limit": "1000"})).expect(422);
    let limited = finance.patch(&path, &json!({"credit_limit": "1000"})).expect(200).json();
    assert_eq!((limited["name"].as_str(), limited["credit_limit"].as_str()), (Some("ACME"), Some("1000.00")));
}

fn warehouse_ships_without_prices(database: &Database) {
    let instance = Instance::with_trade(database);
    let (sales, manager, warehouse) = (instance.client("sales"), instance.client("manager"), instance.client("warehouse"));
    let path = format!("/api/records/order/{}", order(&instance, &sales));
    warehouse.get(&path).expect(404);
    sales.post(&format!("{path}/actions/submit"), &json!({})).expect(200);
    manager.post(&format!("{path}/actions/approve"), &json!({})).expect(200);
    let seen = warehouse.get(&path).expect(200).json();
    for hidden in ["total", "freight", "grand_total", "payment_terms"] {
        assert!(seen.get(hidden).is_none(), "{hidden}");
    }
    assert!(seen["lines"][0].get("price").is_none() && seen["lines"][0]["qty"].is_string(), "{seen}");
    warehouse.post(&format!("{path}/actions/ship"), &json!({})).expect(422);
    warehouse.patch(&path, &json!({"shipped_date": "2026-01-31"})).expect(200);
    let shipped = warehouse.post(&format!("{path}/actions/ship"), &json!({})).expect(200).json();
    assert_eq!(shipped["status"], "shipped");
}

fn an_order_goes_its_way(database: &Database) {
    let instance = Instance::with_trade(database);
    let (sales, manager) = (instance.client("sales"), instance.client("manager"));
    let path = format!("/api/records/order/{}", order(&instance, &sales));
    let read = sales.get(&path).expect(200).json();
    // 3 × 0.335 = 1.005 and 2 × 9.90 less 15 %: each line rounded as merchants do.
    let amounts: Vec<&str> = read["lines"].as_array().unwrap().iter().filter_map(|line| line["amount"].as_str()).collect();
    assert_eq!((amounts, read["total"].as_str()), (vec!["1.01", "16.83"], Some("17.84")));
    assert_eq!((read["currency"].as_str(), read["status"].as_str()), (Some("EUR"), Some("draft")));
    sales.post(&format!("{path}/actions/approve"), &json!({})).expect(404);
    sales.post(&format!("{path}/actions/submit"), &json!({})).expect(200);
    let back = manager.post(&format!("{path}/actions/return"), &json!({})).expect(200).json();
    assert_eq!(back["status"], "draft");
}

fn customer(client: &Client) -> String {
    id(&client
        .post("/api/records/customer", &json!({"code": "C1", "name": "ACME", "country": "DE", "currency": "EUR"}))
        .expect(201)
        .json())
}

/// An order of two lines, made by `client` for a customer of theirs.
fn order(instance: &Instance, client: &Client) -> String {
    let product =
        id(&instance.client("purchase").post("/api/records/product", &json!({"code": "P1", "name": "Chai"})).expect(201).json());
    let lines = json!([{"product": product, "qty": "3", "price": "0.335"}, {"product": product, "qty": "2", "price": "9.90", "discount": "0.15"}]);
    id(&client.post("/api/records/order", &json!({"customer": customer(client), "lines": lines})).expect(201).json())
}

fn id(record: &Json) -> String {
    record["id"].as_str().unwrap().to_owned()
}
