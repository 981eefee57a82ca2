//! Changing definitions over HTTP: draft, findings with their place, plan, publish, revisions, restore, packages.
use axum::http::{Method, header};
use serde_json::{Value as Json, json};

use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(
    a_field_is_added_renamed_retired_and_brought_back,
    a_draft_is_guarded_against_lost_changes,
    definitions_are_cut_and_cached,
    an_app_travels_as_a_package,
    a_new_formula_is_there_for_old_records,
);

const CUSTOMER: &str = "/api/draft/trade/entity/customer";

fn customer(admin: &Client) -> (Json, String) {
    let answer = admin.get(CUSTOMER).expect(200);
    (answer.json(), answer.etag().to_owned())
}

/// Stores the customer entity as changed by `change`.
fn change(admin: &Client, change: impl FnOnce(&mut Vec<Json>)) {
    let (mut document, tag) = customer(admin);
    change(document["fields"].as_array_mut().unwrap());
    let body = document.to_string().into_bytes();
    admin.send(Method::PUT, CUSTOMER, Some(body), &[("if-match", tag.as_str())]).expect(200);
}

fn publish(admin: &Client, message: &str) -> u64 {
    admin.post("/api/draft/publish", &json!({"message": message})).expect(200).json()["revision"].as_u64().unwrap()
}

fn index_of(fields: &[Json], name: &str) -> usize {
    fields.iter().position(|field| field["name"] == name).unwrap()
}

fn a_field_is_added_renamed_retired_and_brought_back(database: &Database) {
    let instance = Instance::with_trade(database);
    let (admin, sales) = (instance.client("admin"), instance.client("sales"));
    let title = json!({"zh-CN": "包装要求", "en": "Packaging"});
    change(&admin, |fields| fields.push(json!({"name": "packaging", "title": title, "type": "text", "default": "nmae"})));
    let findings = admin.post("/api/draft/check", &json!({})).expect(200).json()["findings"].clone();
    let planted = findings.as_array().unwrap().iter().find(|one| one["severity"] == "error").unwrap();
    assert_eq!((&planted["app"], &planted["kind"], &planted["name"]), (&json!("trade"), &json!("entity"), &json!("customer")));
    assert!(planted["pointer"].as_str().unwrap().ends_with("/default") && planted["line"].as_u64() > Some(1), "{planted}");
    let refused = admin.post("/api/draft/publish", &json!({"message": "x"})).expect(422).json();
    assert_eq!(refused["findings"], findings);

    change(&admin, |fields| drop(fields.last_mut().unwrap().as_object_mut().unwrap().remove("default")));
    let plan = admin.get("/api/draft/plan").expect(200).json();
    assert_eq!(plan["steps"][0]["action"], "add_column", "{plan}");
    assert_eq!(plan["steps"][0]["field"], "packaging");
    assert!(plan["steps"][0]["text"].as_str().unwrap().contains("packaging"));
    let added = publish(&admin, "packaging");
    let body = json!({"code": "C1", "name": "ACME", "country": "DE", "currency": "EUR", "packaging": "pallets"});
    let id = sales.post("/api/records/customer", &body).expect(201).json()["id"].as_str().unwrap().to_owned();
    let record = format!("/api/records/customer/{id}");

    change(&admin, |fields| {
        let place = index_of(fields, "packaging");
        fields[place]["name"] = json!("packing");
    });
    publish(&admin, "a better name");
    assert_eq!(sales.get(&record).expect(200).json()["packing"], "pallets");
    change(&admin, |fields| {
        let place = index_of(fields, "packing");
        fields[place]["retired"] = json!(true);
    });
    let plan = admin.get("/api/draft/plan").expect(200).json();
    assert_eq!((&plan["steps"][0]["action"], &plan["steps"][0]["data_lost"]), (&json!("retire_column"), &json!(1)), "{plan}");
    publish(&admin, "not needed");
    let gone = sales.get(&record).expect(200).json();
    assert!(gone.get("packing").is_none() && gone.get("packaging").is_none());

    let restored = admin.post(&format!("/api/revisions/{added}/restore"), &json!({"message": "back"})).expect(200).json();
    assert_eq!(sales.get(&record).expect(200).json()["packaging"], "pallets");
    let revisions = admin.get("/api/revisions").expect(200).json();
    assert_eq!(revisions["items"][0]["revision"], restored["revision"]);
    assert_eq!(revisions["items"][0]["live"], true);
    assert_eq!(revisions["items"][0]["by"]["label"], "admin");
    let diff = admin.get(&format!("/api/revisions/{added}/diff")).expect(200).json();
    let documents = diff["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 1);
    assert_eq!((&documents[0]["name"], &documents[0]["state"]), (&json!("customer"), &json!("changed")));
}

fn a_draft_is_guarded_against_lost_changes(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let (document, tag) = customer(&admin);
    change(&admin, |fields| fields[1]["help"] = json!({"zh-CN": "公司全称", "en": "The full name"}));
    let listed = admin.get("/api/draft").expect(200).json();
    assert_eq!(listed["changed"], json!(["trade/entity/customer"]));
    let body = Some(document.to_string().into_bytes());
    admin.send(Method::PUT, CUSTOMER, body.clone(), &[("if-match", tag.as_str())]).expect(412);
    admin.send(Method::PUT, CUSTOMER, body.clone(), &[("if-none-match", "*")]).expect(412);
    for broken in ["", "[]", "{\"name\": \"customer\"", "{\"name\": \"a\", \"name\": \"b\"}"] {
        let answer = admin.send(Method::PUT, CUSTOMER, Some(broken.as_bytes().to_vec()), &[]).expect(422).json();
        assert!(!answer["findings"].as_array().unwrap().is_empty(), "{broken}");
    }
    admin.post("/api/draft/discard", &json!({})).expect(204);
    assert_eq!(customer(&admin), (document, tag));
    admin.post("/api/draft/publish", &json!({})).expect(409);
    admin.get("/api/draft/trade/entity/nothing").expect(404);
    admin.get("/api/draft/trade/nothing/customer").expect(404);
    admin.get("/api/revisions/99/diff").expect(404);
}

fn definitions_are_cut_and_cached(database: &Database) {
    let instance = Instance::with_trade(database);
    let (sales, purchase) = (instance.client("sales"), instance.client("purchase"));
    let first = sales.get("/api/definitions").expect(200);
    let tag = first.etag().to_owned();
    let same = sales.send(Method::GET, "/api/definitions", None, &[("if-none-match", tag.as_str())]).expect(304);
    assert!(same.bytes.is_empty());
    assert_ne!(purchase.get("/api/definitions").expect(200).etag(), tag);
    let names = |client: &Client| {
        let shown = client.get("/api/definitions").expect(200).json();
        let entities = shown["entities"].as_array().unwrap().clone();
        entities.iter().map(|one| one["document"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(names(&sales).contains(&"quote_line".to_owned()) && !names(&sales).contains(&"role_assignment".to_owned()));
    assert!(names(&instance.client("admin")).contains(&"role_assignment".to_owned()));
}

fn an_app_travels_as_a_package(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let package = admin.get("/api/apps/trade/export").expect(200);
    assert_eq!(package.headers[header::CONTENT_TYPE], "application/zip");
    let send = |bytes: Vec<u8>, kind: &str| admin.send(Method::POST, "/api/apps/install", Some(bytes), &[("content-type", kind)]);
    let before = admin.get("/api/definitions").expect(200).json()["revision"].clone();
    let again = send(package.bytes.clone(), "application/zip").expect(200).json();
    assert_eq!(again["revision"], before, "what is installed already changes nothing");
    send(b"PK nothing".to_vec(), "application/zip").expect(422);
    send(package.bytes, "application/json").expect(415);
    admin.get("/api/apps/nothing/export").expect(404);
    let schema = admin.get("/api/schemas/entity.json").expect(200).json();
    assert!(schema["properties"]["fields"].is_object());
    admin.get("/api/schemas/nothing.json").expect(404);
}

fn a_new_formula_is_there_for_old_records(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let product = json!({"code": "P1", "name": "Chai", "cost": "7.5", "list_price": "18"});
    let created = admin.post("/api/records/product", &product).expect(201).json();
    let path = "/api/draft/trade/entity/product";
    let answer = admin.get(path).expect(200);
    let mut document = answer.json();
    document["fields"].as_array_mut().unwrap().push(json!({
        "name": "margin", "title": {"zh-CN": "毛利", "en": "Margin"}, "type": "formula", "returns": "decimal",
        "precision": 15, "scale": 6, "expression": "(list_price ?? 0) - (cost ?? 0)", "reveals": true,
    }));
    let body = document.to_string().into_bytes();
    admin.send(Method::PUT, path, Some(body), &[("if-match", answer.etag())]).expect(200);
    publish(&admin, "margin");
    let shown = admin.get(&format!("/api/records/product/{}", created["id"].as_str().unwrap())).expect(200).json();
    assert_eq!(shown["margin"], "10.500000");
    assert_eq!(shown["revision"], created["revision"], "computed by the engine, not changed by a person");
}
