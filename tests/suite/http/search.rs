//! Search over HTTP: who may not read an entity, a record or a field is answered as if the word stood nowhere.
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, folder},
};

both_databases!(
    words_find_what_the_person_reads,
    words_of_what_one_may_not_read_stand_nowhere,
    a_field_is_searched_on_the_rows_where_it_is_read,
    what_is_asked_wrongly_is_named,
);

/// Stands in no record.
const ABSENT: &str = "zzqqxx";
/// Words of the hidden company, as they are and as they are typed: label, pinyin, code, note.
const HIDDEN: [&str; 8] = ["绝密", "juemi", "jm", "canary", "ＣＡＮ", "密语", "xsecret", "上海 canary"];

/// Two companies and a product; the first company is of `all`, in the south.
fn firms(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/search/firms"));
    for (name, role) in [
        ("all", "firms.all"),
        ("north", "firms.north"),
        ("own", "firms.own"),
        ("products", "firms.products"),
        ("codes", "firms.codes"),
    ] {
        instance.add_person(name, role);
    }
    let all = instance.client("all");
    let company =
        |code: &str, name: &str, region: &str, note: &str| json!({"code": code, "name": name, "region": region, "note": note});
    create(&all, "firms.company", &company("XSECRET-1", "上海绝密 Canary", "south", "密语"));
    create(&all, "firms.company", &company("OPEN-2", "北京公开", "north", "公告"));
    create(&all, "product", &json!({"code": "P-1", "name": "公开螺丝"}));
    instance
}

fn create(client: &Client, entity: &str, body: &Json) -> String {
    let made = client.post(&format!("/api/records/{entity}"), body).expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

fn hits(client: &Client, q: &str) -> Answer {
    client.query("/api/search", &[("q", q)]).expect(200)
}

fn list(client: &Client, q: &str) -> Answer {
    let asked = [("q", q), ("sort", "code"), ("count", "true"), ("archived", "with"), ("fields", "code")];
    client.query("/api/records/firms.company", &asked)
}

fn words_find_what_the_person_reads(database: &Database) {
    let instance = firms(database);
    let all = instance.client("all");
    let groups = hits(&all, "公开").json()["groups"].clone();
    let labels: Vec<&Json> = groups.as_array().unwrap().iter().map(|group| &group["hits"][0]["label"]).collect();
    assert_eq!(labels, ["北京公开", "公开螺丝"]);
    for q in HIDDEN {
        let groups = hits(&all, q).json()["groups"].clone();
        assert_eq!(groups[0]["hits"][0]["label"], "上海绝密 Canary", "{q}");
        assert_eq!(list(&all, q).expect(200).json()["count"], 1, "{q}");
    }
    // The same words in the other language of the person: the same records, the entity's title in that language.
    let zh = hits(&all.clone().reading("zh-CN"), "公开").json();
    assert_eq!(zh["groups"][0]["hits"], groups[0]["hits"]);
    let products = instance.client("products");
    assert_eq!(hits(&products, "公开").json()["groups"].as_array().unwrap().len(), 1);
    assert_eq!(hits(&instance.client("north"), "beijing").json()["groups"][0]["hits"][0]["fields"], json!(["name"]));
}

/// Answers of both doors to a word, with the word taken out of them.
fn assert_like_absent(client: &Client, who: &str, q: &str) {
    let (found, absent) = (hits(client, q), hits(client, ABSENT));
    assert_eq!((found.status, &found.headers, found.text()), (absent.status, &absent.headers, absent.text()), "{who} {q}");
    assert_eq!(found.text(), "{\"groups\":[]}");
    let (found, absent) = (list(client, q), list(client, ABSENT));
    assert_eq!((found.status, &found.headers, found.text()), (absent.status, &absent.headers, absent.text()), "{who} {q}");
}

fn words_of_what_one_may_not_read_stand_nowhere(database: &Database) {
    let instance = firms(database);
    // The record: another region, another owner. The entity: a role without companies, one without anything of the app.
    instance.add_tenant("other", "Other");
    let people = ["north", "own", "products"].map(|name| (name, instance.client(name)));
    let elsewhere = ("another tenant", instance.visitor().signed_in_to("other", "admin@test.kontor"));
    for (who, client) in people.iter().chain([&elsewhere]) {
        for q in HIDDEN {
            assert_like_absent(client, who, q);
        }
    }
    let visitor = instance.visitor();
    for path in ["/api/search", "/api/records/firms.company"] {
        let [hidden, absent] = ["canary", ABSENT].map(|q| visitor.query(path, &[("q", q)]).expect(401).text());
        assert_eq!(hidden, absent);
    }
    // The field: who reads codes alone finds by codes, not by labels and notes.
    let codes = instance.client("codes");
    for q in HIDDEN.iter().filter(|q| **q != "xsecret") {
        assert_like_absent(&codes, "codes", q);
    }
    assert_eq!(list(&codes, "xsecret").expect(200).json()["count"], 1);
    let hit = hits(&codes, "xsecret").json()["groups"][0]["hits"][0].clone();
    assert_eq!((&hit["label"], &hit["fields"]), (&Json::Null, &json!(["code"])));
    // What the person may read beside it changes nothing: a page that holds other records is the same with and without it.
    let north = instance.client("north");
    assert_eq!(list(&north, "公开").expect(200).json()["count"], 1);
    let [hidden, absent] = ["company", "nothing"].map(|entity| {
        let asked = [("q", "canary"), ("entities", entity)];
        instance.client("products").query("/api/search", &asked).expect(400).text().replace(entity, "?")
    });
    assert_eq!(hidden, absent);
}

fn a_field_is_searched_on_the_rows_where_it_is_read(database: &Database) {
    let instance = firms(database);
    instance.add_person("mixed", "firms.codes");
    let admin = instance.client("admin");
    let filter = "email == \"mixed@test.kontor\"";
    let found = admin.query("/api/records/base.user", &[("filter", filter)]).expect(200).json();
    let person = found["items"][0]["id"].clone();
    admin.post("/api/records/base.role_assignment", &json!({"user": person, "role": "frmsrol6"})).expect(201);
    let mixed = instance.client("mixed");
    create(&mixed, "firms.company", &json!({"code": "MINE-3", "name": "自己", "note": "密语"}));
    // Codes of all, notes of one's own: the note of the other record is no way to it.
    let listed = list(&mixed, "密语").expect(200).json();
    assert_eq!((&listed["count"], &listed["items"][0]["code"]), (&json!(1), &json!("MINE-3")));
    let both = list(&mixed, "密语 xsecret").expect(200).json();
    assert_eq!(both["count"], 0, "a word in a field that is hidden on this row, another in one that is not");
    assert_eq!(list(&mixed, "mine 密语").expect(200).json()["count"], 1);
}

fn what_is_asked_wrongly_is_named(database: &Database) {
    let instance = firms(database);
    let all = instance.client("all");
    let long = "字".repeat(201);
    for path in ["/api/search", "/api/records/firms.company"] {
        all.query(path, &[("q", &long)]).refused(400, "too_long");
        all.query(path, &[("q", "a"), ("limit", "0")]).refused(400, "out_of_range");
        all.query(path, &[("q", "a"), ("nothing", "1")]).refused(400, "unknown_parameter");
    }
    for q in ["\u{1f600}", "'; DROP TABLE search; --", "\" OR \"", "NEAR(a b)", "a*", "*", "公* & !x", "\\", "%", "_"] {
        let groups = hits(&all, q).json()["groups"].as_array().unwrap().len();
        assert!(groups <= 2, "{q}");
    }
    assert_eq!(hits(&all, "canary").json()["groups"].as_array().unwrap().len(), 1);
}
