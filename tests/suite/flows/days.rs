//! A date that becomes a date and time and back: in the zone of the company, with what is lost counted, at any size.
use kontor_apps::package::Package;
use serde_json::{Value as Json, json};

use crate::harness::{both_databases, client::Client, database::Database, instance::Instance};

both_databases!(days_become_moments_and_back, days_become_moments_beside_writers);

const VISITS: &str = "/api/records/visits.visit";
const DOCUMENT: &str = "/api/draft/visits/entity/visit";
/// In this zone clocks were put forward at midnight: the fourth began at one o'clock.
const ZONE: &str = "America/Sao_Paulo";
const DAYS: [&str; 3] = ["2018-11-03", "2018-11-04", "2026-03-07"];
const MOMENTS: [&str; 3] = ["2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2026-03-07T03:00:00Z"];

fn days_become_moments_and_back(database: &Database) {
    there_and_back(database, 0);
}

fn days_become_moments_beside_writers(database: &Database) {
    // More than a publish converts at once.
    there_and_back(database, 250);
}

fn package() -> Package {
    let title = |text: &str| json!({"zh-CN": text, "en": text});
    let app = json!({"id": "vsts0000", "name": "visits", "version": "1.0.0", "title": title("visits"), "locales": ["zh-CN", "en"],
        "requires": ["base"]});
    let visit = json!({"id": "vsit0000", "name": "visit", "title": title("visit"), "label": "name", "fields": [
        {"id": "vnam0000", "name": "name", "title": title("name"), "type": "text", "required": true},
        {"id": "vday0000", "name": "day", "title": title("day"), "type": "date"},
    ]});
    let role = json!({"id": "vrol0000", "name": "all", "title": title("all"),
        "entities": {"visit": {"create": true, "read": "all", "update": "all"}}});
    let mut package = Package::default();
    for (path, document) in [("app.json", app), ("entities/visit.json", visit), ("roles/all.json", role)] {
        package.source.files.insert(path.to_owned(), document.to_string());
    }
    package
}

fn there_and_back(database: &Database, more: usize) {
    let instance = Instance::new(database);
    instance.install(&package());
    instance.add_person("all", "visits.all");
    let (admin, all) = (instance.client("admin"), instance.client("all"));
    let given = DAYS.iter().map(|day| json!({"name": day, "day": day})).chain([json!({"name": "none"})]);
    let filling = (0..more).map(|number| json!({"name": format!("z{number:03}"), "day": "2026-01-31"}));
    let records: Vec<Json> = given.chain(filling).collect();
    all.post(&format!("{VISITS}/batch"), &json!({"create": records})).expect(200);

    set_type(&admin, "datetime");
    assert!(step(&admin)["text"].as_str().unwrap().contains("Asia/Shanghai"), "the server's zone");
    let company = admin.get("/api/records/base.company").expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    admin.patch(&format!("/api/records/base.company/{company}"), &json!({"zone": ZONE})).expect(200);
    let planned = step(&admin);
    assert!(planned["text"].as_str().unwrap().contains(ZONE) && planned["data_lost"] == 0, "{planned}");
    let with_moments = publish(&admin, false);
    assert_eq!(days(&all), [MOMENTS[0], MOMENTS[1], MOMENTS[2]].map(Json::from));

    let visit = all.query(VISITS, &[("filter", "name == \"2026-03-07\"")]).expect(200).json()["items"][0].clone();
    let visit = format!("{VISITS}/{}", visit["id"].as_str().unwrap());
    all.patch(&visit, &json!({"day": "2026-03-07T15:30:00Z"})).expect(200);
    set_type(&admin, "date");
    let planned = step(&admin);
    assert_eq!((&planned["data_lost"], &planned["reversible"]), (&json!(1), &json!(true)), "{planned}");
    admin.post("/api/draft/publish", &json!({})).refused(422, "conversion_loss");
    publish(&admin, true);
    assert_eq!(days(&all), DAYS.map(Json::from));

    // The column of then still knows the time of day.
    admin.post(&format!("/api/revisions/{with_moments}/restore"), &json!({})).expect(200);
    assert_eq!(days(&all), [MOMENTS[0], MOMENTS[1], "2026-03-07T15:30:00Z"].map(Json::from));
    instance.assert_whole("after days became moments, days and moments");
}

fn set_type(admin: &Client, ty: &str) {
    let mut document = admin.get(DOCUMENT).expect(200).json();
    document["fields"][1]["type"] = json!(ty);
    admin.put(DOCUMENT, &document).expect(200);
}

fn step(admin: &Client) -> Json {
    admin.get("/api/draft/plan").expect(200).json()["steps"][0].clone()
}

fn publish(admin: &Client, accept_loss: bool) -> u64 {
    let body = json!({"accept_loss": accept_loss});
    admin.post("/api/draft/publish", &body).expect(200).json()["revision"].as_u64().unwrap()
}

/// The values of the first three records by name.
fn days(client: &Client) -> [Json; 3] {
    let items = client.query(VISITS, &[("sort", "name"), ("limit", "3")]).expect(200).json()["items"].clone();
    [0, 1, 2].map(|place| items[place]["day"].clone())
}
