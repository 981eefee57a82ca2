//! Input that cannot be used: refused with its place and the way out, in the caller's language, nothing half-written.
use axum::http::{Method, header};
use serde_json::{Value as Json, json};

use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(
    problems_have_one_shape_in_two_languages,
    bad_bodies_are_refused_with_their_place,
    bad_queries_are_refused,
    bad_values_are_refused,
);

/// A body and what its refusal says: status, pointer, code.
type BadBody = (&'static str, u16, &'static str, &'static str);

const BAD_BODIES: [BadBody; 9] = [
    (r#"{"code": "A", "code": "B"}"#, 400, "/code", "duplicate_key"),
    (r#"{"name": "a\ud800b"}"#, 400, "/name", "lone_surrogate"),
    (r#"{"code": "A""#, 400, "", "not_json"),
    (r#"{"code": "A"} trailing"#, 400, "", "not_json"),
    ("[1, 2]", 400, "", "wrong_type"),
    (r#"{"code": 5}"#, 400, "/code", "wrong_type"),
    (r#"{"list_price": {"gt": 1}}"#, 400, "/list_price", "wrong_type"),
    (r#"{"active": "yes"}"#, 400, "/active", "wrong_type"),
    (r#"{"colour_of_money": 1}"#, 400, "/colour_of_money", "unknown_property"),
];

fn post(client: &Client, body: &str) -> crate::harness::client::Answer {
    client.send(Method::POST, "/api/records/product", Some(body.as_bytes().to_vec()), &[])
}

fn issues(problem: &Json) -> Vec<(String, String)> {
    let text = |issue: &Json, name: &str| issue[name].as_str().unwrap_or_default().to_owned();
    problem["errors"]
        .as_array()
        .map(|all| all.iter().map(|one| (text(one, "pointer"), text(one, "code"))).collect())
        .unwrap_or_default()
}

fn problems_have_one_shape_in_two_languages(database: &Database) {
    let instance = Instance::with_trade(database);
    let english = instance.client("admin");
    let chinese = english.clone().reading("zh-CN,zh;q=0.9,en;q=0.8");
    for (client, language) in [(&english, "en"), (&chinese, "zh-CN")] {
        let answer = client.post("/api/records/product", &json!({})).expect(422);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.headers[header::CONTENT_LANGUAGE], language);
        let problem = answer.json();
        assert_eq!(problem["type"], "https://kontor.dev/errors/invalid_record");
        assert_eq!((problem["status"].as_u64(), problem["code"].as_str()), (Some(422), Some("invalid_record")));
        let found = issues(&problem);
        assert!(found.contains(&("/code".to_owned(), "required".to_owned())), "{problem}");
        assert!(found.contains(&("/name".to_owned(), "required".to_owned())), "all at once: {problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert_eq!(message.is_ascii(), language == "en", "{message}");
    }
}

fn bad_bodies_are_refused_with_their_place(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    for (body, status, pointer, code) in BAD_BODIES {
        let problem = post(&admin, body).expect(status).json();
        assert!(issues(&problem).contains(&(pointer.to_owned(), code.to_owned())), "{body}: {problem}");
    }
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    post(&admin, &deep).expect(400);
    admin
        .send(
            Method::POST,
            "/api/records/product",
            Some(b"code=A".to_vec()),
            &[("content-type", "application/x-www-form-urlencoded")],
        )
        .expect(415);
    admin.send(Method::POST, "/api/records/product", Some(b"\"\xff\xfe\"".to_vec()), &[]).expect(400);
    let large = format!(r#"{{"code": "{}"}}"#, "x".repeat(10 * 1024 * 1024));
    assert_eq!(post(&admin, &large).expect(413).json()["code"], "too_large");
    assert_eq!(admin.get("/api/records/product?count=true").expect(200).json()["count"], 0, "nothing was written");
}

fn bad_queries_are_refused(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let long = format!("name == \"{}\"", "x".repeat(10_000));
    let deep = format!("{}active{}", "(".repeat(4_900), ")".repeat(4_900));
    for (name, value) in [
        ("colour", "red"),
        ("filter", long.as_str()),
        ("filter", deep.as_str()),
        ("filter", "name =="),
        ("filter", "nmae == \"x\""),
        ("filter", "name == 5"),
        ("sort", "nmae"),
        ("fields", "nmae"),
        ("expand", "nmae"),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "many"),
        ("cursor", "made up"),
        ("count", "perhaps"),
        ("archived", "perhaps"),
    ] {
        let problem = admin.query("/api/records/product", &[(name, value)]).expect(400).json();
        assert!(!issues(&problem).is_empty(), "{name}={value:.40}: {problem}");
    }
    admin.get("/api/records/product?filter=%ff").expect(400);
    admin.get("/api/records/product?filter=%00").expect(400);
    admin.get("/api/records/product").expect(200);
}

fn bad_values_are_refused(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    for (field, value) in [
        ("list_price", json!("1000000000000000000000000000000")),
        ("list_price", json!("ten")),
        ("list_price", json!("NaN")),
        ("name", json!("a\u{0}b")),
        ("category", json!("no such category")),
        ("origin", json!("ZZ")),
        ("currency", json!("dollars")),
    ] {
        let answer = admin.post("/api/records/product", &json!({"code": "A", "name": "A", field: value}));
        assert!([400, 422].contains(&answer.status.as_u16()), "{field}: {}", answer.status);
        let problem = answer.json();
        assert!(issues(&problem).iter().any(|(pointer, _)| *pointer == format!("/{field}")), "{problem}");
    }
    let huge = r#"{"code": "A", "name": "A", "list_price": 1e30}"#;
    let answer = post(&admin, huge);
    assert!([400, 422].contains(&answer.status.as_u16()), "{}", answer.status);
    assert_eq!(admin.get("/api/records/product?count=true").expect(200).json()["count"], 0, "nothing was written");
}
