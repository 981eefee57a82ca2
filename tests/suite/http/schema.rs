//! Changes of the tables under records that are there already, over HTTP: what the plan says, what is filled, converted,
//! refused and lost, and that everything holds afterwards.
use axum::http::Method;
use kontor_apps::package::kapp;
use kontor_records::verify::Invariant;
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::Client,
    database::Database,
    instance::{Instance, folder},
};

both_databases!(
    a_field_that_becomes_required_is_filled_with_its_default,
    without_a_default_empty_values_are_counted_and_told,
    a_restore_asks_for_defaults,
    a_loss_is_shown_counted_and_accepted,
    a_plan_says_rows_locks_and_stalls,
    an_install_accepts_a_loss_as_a_publish_does,
);

/// A document of an entity of the trade app in the draft.
fn at(entity: &str) -> String {
    format!("/api/draft/trade/entity/{entity}")
}

/// Stores an entity as changed by `change`.
fn change(admin: &Client, entity: &str, change: impl FnOnce(&mut Vec<Json>)) {
    let answer = admin.get(&at(entity)).expect(200);
    let mut document = answer.json();
    change(document["fields"].as_array_mut().unwrap());
    admin.send(Method::PUT, &at(entity), Some(document.to_string().into_bytes()), &[("if-match", answer.etag())]).expect(200);
}

fn add(admin: &Client, entity: &str, mut field: Json) {
    field["title"] = json!({"zh-CN": "新增", "en": "Added"});
    change(admin, entity, |fields| fields.push(field));
}

fn set(admin: &Client, entity: &str, name: &str, key: &str, value: Json) {
    change(admin, entity, |fields| fields.iter_mut().find(|field| field["name"] == name).unwrap()[key] = value);
}

fn remove(admin: &Client, entity: &str, name: &str) {
    change(admin, entity, |fields| fields.retain(|field| field["name"] != name));
}

fn publish(admin: &Client) -> u64 {
    admin.post("/api/draft/publish", &json!({})).expect(200).json()["revision"].as_u64().unwrap()
}

/// The steps of a plan: action, field, rows.
fn steps(plan: &Json) -> Vec<(String, String, u64)> {
    let text = |step: &Json, key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let steps = plan["steps"].as_array().unwrap().iter();
    steps.map(|step| (text(step, "action"), text(step, "field"), step["rows"].as_u64().unwrap())).collect()
}

pub(super) fn codes(answer: &Json) -> Vec<String> {
    answer["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn made(client: &Client, entity: &str, body: &Json) -> String {
    client.post(&format!("/api/records/{entity}"), body).expect(201).json()["id"].as_str().unwrap().to_owned()
}

pub(super) fn record(client: &Client, entity: &str, id: &str) -> Json {
    client.get(&format!("/api/records/{entity}/{id}")).expect(200).json()
}

/// A quote with two lines, one archived product among what they name.
fn quote(instance: &Instance) -> (String, [String; 2]) {
    let admin = instance.client("admin");
    let product = |code: &str, price: &str| json!({"code": code, "name": format!("Tea {code}"), "list_price": price});
    let products = [made(&admin, "product", &product("P1", "10")), made(&admin, "product", &product("P2", "20"))];
    let customer = made(&admin, "customer", &json!({"code": "C1", "name": "ACME", "country": "DE", "currency": "EUR"}));
    let lines = json!([{"product": products[0], "qty": "2"}, {"product": products[1], "qty": "3"}]);
    let quote = made(&admin, "quote", &json!({"customer": customer, "lines": lines}));
    admin.delete(&format!("/api/records/product/{}", products[1])).expect(204);
    (quote, products)
}

fn a_field_that_becomes_required_is_filled_with_its_default(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let (quote, products) = quote(&instance);
    let before = record(&admin, "quote", &quote);
    add(&admin, "product", json!({"name": "grade", "type": "text", "required": true, "default": "\"A\" + code"}));
    add(&admin, "product", json!({"name": "shown", "type": "formula", "returns": "text", "expression": "grade + \"!\""}));
    // A line's default may read its document.
    let terms = json!({"name": "money", "type": "currency", "required": true, "default": "parent.currency"});
    add(&admin, "quote_line", terms);
    set(&admin, "quote_line", "discount", "required", json!(true));
    let plan = admin.get("/api/draft/plan").expect(200).json();
    let fills: Vec<_> = steps(&plan).into_iter().filter(|step| step.0 == "fill").collect();
    let step = |field: &str, rows| ("fill".to_owned(), field.to_owned(), rows);
    assert_eq!(fills, [step("grade", 2), step("money", 2)], "{plan}");
    assert_eq!(codes(&plan), Vec::<String>::new(), "nothing is missing afterwards");
    publish(&admin);
    for (id, code) in products.iter().zip(["P1", "P2"]) {
        let seen = record(&admin, "product", id);
        assert_eq!((&seen["grade"], &seen["shown"]), (&json!(format!("A{code}")), &json!(format!("A{code}!"))));
    }
    assert_eq!(record(&admin, "product", &products[0])["revision"], 1, "a publish changes no record");
    let seen = record(&admin, "quote", &quote);
    assert_eq!((&seen["lines"][0]["money"], &seen["lines"][1]["money"]), (&json!("EUR"), &json!("EUR")));
    assert_eq!((&seen["total"], &seen["revision"]), (&before["total"], &before["revision"]));
    instance.assert_whole("after fields were filled");
}

fn without_a_default_empty_values_are_counted_and_told(database: &Database) {
    let instance = Instance::with_trade(database);
    let (admin, sales) = (instance.client("admin"), instance.client("sales"));
    let (_, products) = quote(&instance);
    set(&admin, "product", "origin", "required", json!(true));
    let plan = admin.get("/api/draft/plan").expect(200).json();
    assert_eq!((steps(&plan), codes(&plan)), (Vec::new(), vec!["required_without_value".to_owned()]));
    let finding = &plan["findings"][0];
    assert!(finding["message"].as_str().unwrap().contains('1'), "live records are counted: {finding}");
    assert!(finding["suggestion"].as_str().unwrap().contains("default"), "{finding}");
    publish(&admin);
    let path = format!("/api/records/product/{}", products[0]);
    let refused = admin.patch(&path, &json!({"remark": "x"})).expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/origin", "{refused}");
    sales.post("/api/records/product", &json!({"code": "P3", "name": "Tea"})).expect(404);
    admin.post("/api/records/product", &json!({"code": "P3", "name": "Tea"})).expect(422);
    let report = instance.verified();
    assert_eq!((report.errors, report.counts.get(&Invariant::Values)), (0, Some(&1)), "{report:?}");
    admin.patch(&path, &json!({"origin": "CN"})).expect(200);
    assert_eq!(instance.verified().counts.get(&Invariant::Values), None);
}

fn a_restore_asks_for_defaults(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    add(&admin, "product", json!({"name": "grade", "type": "text", "required": true}));
    let with = publish(&admin);
    let product = |code: &str| json!({"code": code, "name": "Tea"});
    let mut first = product("P1");
    first["grade"] = json!("best");
    let first = made(&admin, "product", &first);
    remove(&admin, "product", "grade");
    publish(&admin);
    let second = made(&admin, "product", &product("P2"));
    let plan = admin.get(&format!("/api/revisions/{with}/plan")).expect(200).json();
    assert_eq!(codes(&plan), ["required_without_value"]);
    assert_eq!(steps(&plan), [("restore_column".to_owned(), "grade".to_owned(), 2)]);
    let restore = |defaults: Json| admin.post(&format!("/api/revisions/{with}/restore"), &json!({"defaults": defaults}));
    let stranger = restore(json!({"trade.product.nothing": "1"})).expect(422).json();
    assert_eq!(codes(&stranger), ["unknown_field"]);
    let wrong = restore(json!({"trade.product.grade": "nmae"})).expect(422).json();
    assert!(wrong["findings"][0]["pointer"].as_str().unwrap().ends_with("/default"), "{wrong}");
    restore(json!({"trade.product.grade": 1})).expect(400);
    restore(json!({"trade.product.grade": "\"plain\""})).expect(200);
    let grade = |id: &str| record(&admin, "product", id)["grade"].clone();
    assert_eq!([grade(&first), grade(&second)], [json!("best"), json!("plain")]);
    for other in [instance.client("sales"), instance.visitor()] {
        let answer = other.get(&format!("/api/revisions/{with}/plan"));
        assert!([401, 404].contains(&answer.status.as_u16()), "{}", answer.status);
    }
    instance.assert_whole("after a restore with defaults");
}

fn a_loss_is_shown_counted_and_accepted(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let before = admin.get("/api/draft").expect(200).json()["revision"].as_u64().unwrap();
    let product = |code: &str, code_of_customs: &str| {
        made(&admin, "product", &json!({"code": code, "name": "Tea", "hs_code": code_of_customs}))
    };
    let ids = [product("P1", " 12 "), product("P2", "12.5"), product("P3", "a dozen"), product("P4", "a dozen")];
    change(&admin, "product", |fields| {
        let field = fields.iter_mut().find(|field| field["name"] == "hs_code").unwrap();
        field["type"] = json!("integer");
        field.as_object_mut().unwrap().remove("max_length");
    });
    let plan = admin.get("/api/draft/plan").expect(200).json();
    let step = &plan["steps"][0];
    assert_eq!((&step["action"], &step["data_lost"], &step["reversible"]), (&json!("retype_column"), &json!(3), &json!(true)));
    assert_eq!((codes(&plan), &plan["findings"][0]["severity"]), (vec!["conversion_loss".to_owned()], &json!("warning")));
    assert!(plan["findings"][0]["message"].as_str().unwrap().contains("“a dozen” × 2"), "{plan}");
    for body in [json!({}), json!({"accept_loss": false}), json!({"accept_loss": null})] {
        let refused = admin.post("/api/draft/publish", &body).expect(422).json();
        assert_eq!((codes(&refused), &refused["findings"][0]["severity"]), (codes(&plan), &json!("error")));
    }
    admin.post("/api/draft/publish", &json!({"accept_loss": "yes"})).expect(400);
    admin.post("/api/draft/publish", &json!({"accept_loss": true})).expect(200);
    let values = || ids.iter().map(|id| record(&admin, "product", id)["hs_code"].clone()).collect::<Vec<_>>();
    assert_eq!(values(), [json!(12), json!(12), Json::Null, Json::Null]);
    instance.assert_whole("after a loss was accepted");
    admin.post(&format!("/api/revisions/{before}/restore"), &json!({})).expect(200);
    assert_eq!(values(), [json!(" 12 "), json!("12.5"), json!("a dozen"), json!("a dozen")]);
    instance.assert_whole("after the values came back");
}

fn a_plan_says_rows_locks_and_stalls(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    quote(&instance);
    add(&admin, "product", json!({"name": "former", "type": "text"}));
    publish(&admin);
    add(&admin, "product", json!({"name": "grade", "type": "text", "unique": true}));
    add(&admin, "product", json!({"name": "shown", "type": "formula", "returns": "text", "expression": "name + grade"}));
    remove(&admin, "product", "former");
    let plan = admin.get("/api/draft/plan").expect(200).json();
    let of = |action: &str| plan["steps"].as_array().unwrap().iter().find(|step| step["action"] == action).unwrap().clone();
    for step in plan["steps"].as_array().unwrap() {
        assert_eq!((&step["entity"], &step["rows"]), (&json!("trade.product"), &json!(2)), "{step}");
        assert!(["none", "writes", "reads"].contains(&step["lock"].as_str().unwrap()), "{step}");
        assert!(step["stall_ms"].is_u64() && !step["text"].as_str().unwrap().is_empty(), "{step}");
    }
    assert_eq!((&of("retire_column")["lock"], &of("retire_column")["stall_ms"]), (&json!("none"), &json!(0)));
    assert_eq!(of("create_index")["data_lost"], json!(0));
    assert!(of("backfill")["field"] == "shown");
    // Two with the same value stand in the way of a unique key, and are told with the value.
    admin.post("/api/draft/discard", &json!({})).expect(204);
    made(&admin, "product", &json!({"code": "P9", "name": "Coffee"}));
    set(&admin, "product", "currency", "unique", json!(true));
    let refused = admin.post("/api/draft/publish", &json!({"accept_loss": true})).expect(422).json();
    assert_eq!(codes(&refused), ["duplicate_values"]);
    assert!(refused["findings"][0]["message"].as_str().unwrap().contains("“USD” × 2"), "{refused}");
    assert_eq!(codes(&admin.get("/api/draft/plan").expect(200).json()), ["duplicate_values"]);
}

fn an_install_accepts_a_loss_as_a_publish_does(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let id = made(&admin, "product", &json!({"code": "P1", "name": "Tea", "hs_code": "a dozen"}));
    let mut package = folder("templates-trade");
    let file = package.source.files.get_mut("entities/product.json").unwrap();
    let mut document: Json = serde_json::from_str(file).unwrap();
    let fields = document["fields"].as_array_mut().unwrap();
    let field = fields.iter_mut().find(|field| field["name"] == "hs_code").unwrap();
    field["type"] = json!("integer");
    field.as_object_mut().unwrap().remove("max_length");
    *file = document.to_string();
    let bytes = kapp::write(&package).unwrap();
    let send = |query: &str| {
        let path = format!("/api/apps/install{query}");
        admin.send(Method::POST, &path, Some(bytes.clone()), &[("content-type", "application/zip")])
    };
    for query in ["", "?accept_loss=false"] {
        assert_eq!(codes(&send(query).expect(422).json()), ["conversion_loss"]);
    }
    send("?accept_loss=perhaps").expect(400);
    send("?loss=true").expect(400);
    send("?accept_loss=true").expect(200);
    assert_eq!(record(&admin, "product", &id)["hs_code"], Json::Null);
    instance.assert_whole("after an install");
}
