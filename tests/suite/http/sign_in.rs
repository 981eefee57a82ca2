//! Signing in: wrong and right, locked out, cookies, CSRF, signing out.
use axum::http::{Method, header};
use serde_json::json;

use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(
    a_session_begins_and_ends,
    ten_wrong_passwords_lock_known_and_unknown_addresses_alike,
    unsafe_requests_carry_the_token,
    several_tenants_ask_which,
);

fn try_password(visitor: &Client, email: &str, password: &str) -> crate::harness::client::Answer {
    visitor.post("/api/session", &json!({"email": email, "password": password}))
}

fn a_session_begins_and_ends(database: &Database) {
    let instance = Instance::new(database);
    let answer = try_password(&instance.visitor(), " ADMIN@test.kontor ", "kontor-test").expect(200);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("kontor_session="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "this instance is not behind TLS: {cookie}");
    let body = answer.json();
    assert_eq!(body["user"]["email"], "admin@test.kontor");
    assert_eq!(body["tenant"], json!({"name": "test", "title": "Test"}));
    assert_eq!(body["administrator"], true);

    let admin = instance.client("admin");
    assert_eq!(admin.get("/api/session").expect(200).json()["user"], body["user"]);
    let gone = admin.delete("/api/session").expect(204);
    assert!(gone.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    admin.get("/api/session").expect(401);
}

fn ten_wrong_passwords_lock_known_and_unknown_addresses_alike(database: &Database) {
    let instance = Instance::new(database);
    let visitor = instance.visitor();
    for email in ["admin@test.kontor", "nobody@test.kontor"] {
        for _ in 0..10 {
            try_password(&visitor, email, "wrong").expect(401);
        }
        let locked = try_password(&visitor, email, "kontor-test").expect(429);
        assert_eq!(locked.json()["code"], "too_many_attempts");
        let wait: u32 = locked.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((800..=900).contains(&wait), "{wait} seconds");
    }
}

fn unsafe_requests_carry_the_token(database: &Database) {
    let instance = Instance::new(database);
    let admin = instance.client("admin");
    let refused = admin.without_token().delete("/api/session").expect(403);
    assert_eq!(refused.json()["code"], "bad_csrf_token");
    let wrong = admin.without_token().send(Method::DELETE, "/api/session", None, &[("x-csrf-token", "00")]);
    assert_eq!(wrong.expect(403).bytes, refused.bytes);
    admin.get("/api/session").expect(200);
}

fn several_tenants_ask_which(database: &Database) {
    let instance = Instance::new(database);
    instance.add_tenant("second", "Second company");
    let visitor = instance.visitor();
    let answer = try_password(&visitor, "admin@test.kontor", "kontor-test").expect(200);
    assert!(!answer.headers.contains_key(header::SET_COOKIE));
    let choices = json!([{"tenant": "second", "title": "Second company"}, {"tenant": "test", "title": "Test"}]);
    assert_eq!(answer.json(), json!({"choose": choices}));
    let named = json!({"tenant": "second", "email": "admin@test.kontor", "password": "kontor-test"});
    assert_eq!(visitor.post("/api/session", &named).expect(200).json()["tenant"]["name"], "second");
    let foreign = json!({"tenant": "third", "email": "admin@test.kontor", "password": "kontor-test"});
    assert_eq!(visitor.post("/api/session", &foreign).expect(401).json()["code"], "wrong_credentials");
}
