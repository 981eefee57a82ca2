//! What takes long answers early and is followed: publishing and installing.
use axum::http::Method;
use kontor_apps::package::kapp;
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, folder},
};

both_databases!(a_publish_goes_on_after_its_answer, an_install_goes_on_after_its_answer);

const COMPANY: &str = "/api/draft/firms/entity/company";
const PUBLISHING: &str = "/api/draft/publish";

fn firms(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/search/firms"));
    instance.add_person("all", "firms.all");
    instance
}

/// Sends without waiting for what takes long.
fn hasty(admin: &Client, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    admin.send(Method::POST, path, Some(body), &[("content-type", kind), ("prefer", "wait=0")])
}

fn live(admin: &Client) -> u64 {
    let items = admin.get("/api/revisions").expect(200).json()["items"].clone();
    items.as_array().unwrap().iter().find(|item| item["live"] == true).unwrap()["revision"].as_u64().unwrap()
}

fn add_formula(admin: &Client) {
    let mut document = admin.get(COMPANY).expect(200).json();
    let title = json!({"zh-CN": "短名", "en": "Short"});
    let field = json!({"id": "frmsshrt", "name": "short", "title": title, "type": "formula", "returns": "text",
        "expression": "code + \" \" + name"});
    document["fields"].as_array_mut().unwrap().push(field);
    admin.put(COMPANY, &document).expect(200);
}

fn a_publish_goes_on_after_its_answer(database: &Database) {
    let instance = firms(database);
    let (admin, all) = (instance.client("admin"), instance.client("all"));
    assert_eq!(admin.get(PUBLISHING).expect(200).json(), json!({"publishing": null}));
    // More than a publish fills at once.
    let records: Vec<Json> = (0..250).map(|number| json!({"code": format!("C{number}"), "name": "上海"})).collect();
    all.post("/api/records/firms.company/batch", &json!({"create": records})).expect(200);
    add_formula(&admin);
    let before = live(&admin);
    let answer = hasty(&admin, PUBLISHING, "application/json", b"{}".to_vec()).expect(202);
    assert_eq!(answer.json(), json!({"publishing": true}));
    let publish = followed(&admin);
    assert_eq!((&publish["phase"], &publish["revision"], &publish["problem"]), (&json!("done"), &json!(before + 1), &Json::Null));
    assert_eq!((&publish["by"]["label"], &publish["done"]), (&json!("admin"), &publish["total"]));
    assert_eq!(live(&admin), before + 1);
    let filled = all.query("/api/records/firms.company", &[("filter", "short == \"C7 上海\""), ("count", "true")]);
    assert_eq!(filled.expect(200).json()["count"], 1);
    // Only administrators know of it.
    assert_eq!(all.get(PUBLISHING).status, all.get("/api/draft").status);
    assert!(all.get(PUBLISHING).status.is_client_error());
    instance.visitor().get(PUBLISHING).expect(401);
    // A wrong word is no reason to refuse; what is preferred is not what must be.
    add_nothing(&admin);
}

/// Nothing to publish is said at once, however little somebody waits.
fn add_nothing(admin: &Client) {
    let headers = [("content-type", "application/json"), ("prefer", "wait=soon, respond-async")];
    admin.send(Method::POST, PUBLISHING, Some(b"{}".to_vec()), &headers).refused(409, "nothing_to_publish");
}

/// The publish, when it is through.
fn followed(admin: &Client) -> Json {
    loop {
        let publish = admin.get(PUBLISHING).expect(200).json()["publishing"].clone();
        match publish["phase"].as_str() {
            Some("done" | "failed") => return publish,
            Some("filling" | "finishing") | None => std::thread::yield_now(),
            Some(other) => panic!("{other}"),
        }
    }
}

fn an_install_goes_on_after_its_answer(database: &Database) {
    let instance = firms(database);
    let admin = instance.client("admin");
    let before = live(&admin);
    let mut package = folder("tests/cases/search/firms");
    let app = package.source.files["app.json"].replace("\"1.0.0\"", "\"1.1.0\"");
    package.source.files.insert("app.json".to_owned(), app);
    let bytes = kapp::write(&package).unwrap();
    let answer = hasty(&admin, "/api/apps/install", "application/zip", bytes).expect(202);
    assert_eq!(answer.json(), json!({"publishing": true}));
    while live(&admin) == before {
        std::thread::yield_now();
    }
    assert_eq!(live(&admin), before + 1);
    let answer = hasty(&admin, "/api/apps/install", "application/zip", b"no package".to_vec());
    assert!(answer.status == 202 || answer.status.is_client_error());
    assert_eq!(live(&admin), before + 1);
}
