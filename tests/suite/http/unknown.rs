//! What one may not see answers byte for byte like what does not exist.
use axum::http::Method;
use serde_json::json;

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::Instance,
};

both_databases!(a_forbidden_record_is_like_none, a_forbidden_field_is_like_none, methods_and_addresses_that_are_not_there,);

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// Equal in status, headers that say anything, and body.
fn assert_same(left: &Answer, right: &Answer, what: &str) {
    assert_eq!(left.status, right.status, "{what}");
    assert_eq!(left.headers, right.headers, "{what}");
    assert_eq!(String::from_utf8_lossy(&left.bytes), String::from_utf8_lossy(&right.bytes), "{what}");
}

fn a_forbidden_record_is_like_none(database: &Database) {
    let instance = Instance::with_trade(database);
    let (manager, sales) = (instance.client("manager"), instance.client("sales"));
    let customer = json!({"code": "C1", "name": "ACME", "country": "DE", "currency": "EUR"});
    let id = manager.post("/api/records/customer", &customer).expect(201).json()["id"].as_str().unwrap().to_owned();
    let paths = |id: &str| {
        [
            (Method::GET, format!("/api/records/customer/{id}"), None),
            (Method::GET, format!("/api/records/customer/{id}/history"), None),
            (Method::PATCH, format!("/api/records/customer/{id}"), Some(b"{\"name\": \"x\"}".to_vec())),
            (Method::DELETE, format!("/api/records/customer/{id}"), None),
        ]
    };
    for ((method, path, body), (_, other, _)) in paths(&id).into_iter().zip(paths(NOBODY)) {
        let forbidden = sales.send(method.clone(), &path, body.clone(), &[]).expect(404);
        let absent = sales.send(method.clone(), &other, body, &[]).expect(404);
        assert_same(&forbidden, &absent, &format!("{method} {path}"));
    }
    assert_eq!(manager.get(&format!("/api/records/customer/{id}")).expect(200).json()["name"], "ACME");
    // An entity that the role does not name, and one that there is not.
    let (forbidden, absent) = (sales.get("/api/records/role_assignment"), sales.get("/api/records/nothing_like_it"));
    assert_same(&forbidden.expect(404), &absent.expect(404), "entity");
}

fn a_forbidden_field_is_like_none(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let product = json!({"code": "P1", "name": "Chai", "cost": "7.50", "list_price": "18"});
    let id = admin.post("/api/records/product", &product).expect(201).json()["id"].as_str().unwrap().to_owned();
    let sales = instance.client("sales");
    let shown = sales.get(&format!("/api/records/product/{id}")).expect(200).json();
    assert!(shown.get("cost").is_none() && shown["list_price"] == "18.000000", "{shown}");
    let list = sales.get("/api/records/product").expect(200);
    assert!(!String::from_utf8_lossy(&list.bytes).contains("cost"));
    let history = sales.get(&format!("/api/records/product/{id}/history")).expect(200);
    assert!(!String::from_utf8_lossy(&history.bytes).contains("7.5"));
    assert!(!String::from_utf8_lossy(&sales.get("/api/definitions").expect(200).bytes).contains("\"cost\""));
    for (name, value) in
        [("filter", "cost > 5"), ("filter", "cost == null"), ("sort", "-cost"), ("fields", "code,cost"), ("expand", "cost")]
    {
        let ask = |client: &Client, value: &str| client.query("/api/records/product", &[(name, value)]);
        let forbidden = ask(&sales, value).expect(400);
        let absent = ask(&sales, &value.replace("cost", "tsoc")).expect(400);
        let (forbidden, absent) = (String::from_utf8_lossy(&forbidden.bytes), String::from_utf8_lossy(&absent.bytes));
        assert_eq!(forbidden.replace("cost", "tsoc"), absent, "{name}={value}");
    }
    for (name, value) in [
        ("group", "cost"),
        ("group", "month(cost)"),
        ("measures", "sum(cost),count_distinct(cost)"),
        ("having", "sum(cost) > 5 && cost != 1"),
        ("sort", "-cost,max(cost),week(cost)"),
    ] {
        let ask = |value: &str| {
            let mut pairs = vec![(name, value)];
            if name != "measures" {
                pairs.push(("measures", "count()"));
            }
            sales.query("/api/records/product/aggregate", &pairs).expect(400)
        };
        let (forbidden, absent) = (ask(value), ask(&value.replace("cost", "tsoc")));
        let (forbidden, absent) = (String::from_utf8_lossy(&forbidden.bytes), String::from_utf8_lossy(&absent.bytes));
        assert_eq!(forbidden.replace("cost", "tsoc"), absent, "{name}={value}");
    }
}

fn methods_and_addresses_that_are_not_there(database: &Database) {
    let instance = Instance::new(database);
    let admin = instance.client("admin");
    let refused = admin.send(Method::PUT, "/api/session", None, &[]).expect(405);
    assert_eq!(refused.headers["allow"], "GET, HEAD, POST, DELETE");
    assert_eq!(refused.json()["code"], "method_not_allowed");
    let absent = admin.get("/api/nothing/here").expect(404);
    assert_eq!(absent.json()["code"], "not_found");
    assert_eq!(absent.headers["content-type"], "application/problem+json");
    assert!(absent.headers["content-security-policy"].to_str().unwrap().contains("script-src 'self';"));
    assert_eq!(absent.headers["x-content-type-options"], "nosniff");
}
