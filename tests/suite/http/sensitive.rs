//! Sensitive fields over HTTP: masked unless revealed, found by equality alone, and nowhere in what is stored as they are
//! (long because every way out of a value is asked on one small app).
use std::{path::Path, time::Duration};

use axum::http::Method;
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{self, Import, ImportError, map::Existing, plan::map_of_header, report::Report},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who, verify::Invariant};
use kontor_storage::system::access_log::{self, Access, Kind, Wanted};
use serde_json::{Value as Json, json};

use crate::harness::{
    both_databases,
    client::{Answer, Client},
    database::Database,
    instance::{Instance, folder},
    raw::Raw,
};

both_databases!(
    values_are_masked_until_they_are_revealed,
    only_equality_finds_them,
    a_mask_sent_back_changes_nothing,
    no_value_leaves_or_lies_open,
    damage_is_found,
    a_field_neither_becomes_sensitive_nor_ceases_to_be,
    the_key_file_is_needed,
);

const PEOPLE: &str = "/api/records/person";

/// What occurs nowhere else.
const CANARY: &str = "CANARY-7310-4455";

fn staff(database: &Database) -> (Instance, Client, Client) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/sensitive/staff"));
    instance.add_person("hr", "staff.hr");
    instance.add_person("clerk", "staff.clerk");
    let (hr, clerk) = (instance.client("hr"), instance.client("clerk"));
    (instance, hr, clerk)
}

fn person(number: &str) -> Json {
    json!({
        "name": "Li Na", "id_number": number, "salary": "18000.50", "share": "0.1250", "years": 7,
        "birthday": "1990-02-28", "seen": "2026-03-01T08:00:00Z", "start": "08:30:00", "mail": "li@example.com",
        "note": "line one\nline two", "accounts": [{"bank": "ICBC", "iban": format!("IBAN-{number}")}],
    })
}

const SENSITIVE: [&str; 9] = ["id_number", "salary", "share", "years", "birthday", "seen", "start", "mail", "note"];

fn create(hr: &Client, number: &str) -> String {
    hr.post(PEOPLE, &person(number)).expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn values_are_masked_until_they_are_revealed(database: &Database) {
    let (instance, hr, clerk) = staff(database);
    let mask = json!({"masked": true});
    let made = hr.post(PEOPLE, &person("X1")).expect(201).json();
    let path = format!("{PEOPLE}/{}", made["id"].as_str().unwrap());
    let read = hr.get(&path).expect(200).json();
    assert_eq!(made, read);
    let listed = hr.get(&format!("{PEOPLE}?fields=id,{}&count=true", SENSITIVE.join(","))).expect(200).json();
    for field in SENSITIVE {
        assert_eq!((&read[field], &listed["items"][0][field]), (&mask, &mask), "{field}");
    }
    assert_eq!(read["accounts"][0]["iban"], mask);

    let whole = format!("{path}?reveal={},accounts.iban", SENSITIVE.join(","));
    let revealed = hr.get(&whole).expect(200).json();
    let entered = person("X1");
    for field in SENSITIVE {
        assert_eq!(revealed[field], entered[field], "{field}");
    }
    assert_eq!(revealed["accounts"][0]["iban"], "IBAN-X1");
    let opened = accesses(&instance);
    assert_eq!(opened.len(), 1, "only who asks for values opens a record: {opened:?}");
    assert_eq!(opened[0].record.map(|record| record.to_string()).as_deref(), made["id"].as_str());
    hr.get(&format!("{path}?reveal=name")).refused(400, "not_sensitive");
    hr.get(&format!("{PEOPLE}?reveal=salary")).refused(400, "unknown_parameter");

    // Empty is empty, not masked.
    hr.patch(&path, &json!({"note": null})).expect(200);
    assert_eq!(hr.get(&path).expect(200).json()["note"], Json::Null);

    // Who may not read a field does not know it; who reads one of them sees that one.
    let seen = clerk.get(&path).expect(200).json();
    assert_eq!((seen.get("salary"), &seen["years"]), (None, &mask));
    assert_eq!(seen["accounts"][0].get("iban"), None);
    assert_eq!(clerk.get(&format!("{path}?reveal=years")).expect(200).json()["years"], 7);
    clerk.get(&format!("{path}?reveal=salary")).refused(400, "not_sensitive");
    clerk.get(&format!("{PEOPLE}?fields=salary")).expect(400);
    clerk.query(PEOPLE, &[("filter", "id_number == \"X1\"")]).refused(400, "unknown_field");
    let stranger = instance.visitor();
    stranger.get(&whole).expect(401);
    instance.add_person("new", "staff.own_pay");
    instance.client("new").get(&whole).expect(404);

    let history = hr.get(&format!("{path}/history")).expect(200).json();
    let changes = history["items"][1]["changes"].as_array().unwrap();
    let of = |name: &str| changes.iter().find(|change| change["field"] == name).unwrap()["new"].clone();
    assert_eq!((of("salary"), of("accounts.iban"), of("name")), (mask.clone(), mask, json!("Li Na")));
    let opened = hr.get(&format!("{path}/history?reveal=salary,accounts.iban,note")).expect(200).json();
    let changes = opened["items"][1]["changes"].as_array().unwrap();
    let of = |name: &str| changes.iter().find(|change| change["field"] == name).unwrap()["new"].clone();
    assert_eq!((of("salary"), of("accounts.iban")), (json!("18000.50"), json!("IBAN-X1")));
    assert_eq!(opened["items"][0]["changes"][0]["old"], "line one\nline two");
    // Of these three were shown: one's own look, the clerk's and the history.
    assert_eq!(accesses(&instance).len(), 3);
    let text = clerk.get(&format!("{path}/history?reveal=salary")).expect(200).text();
    assert!(!text.contains("18000") && !text.contains("salary"), "{text}");
    instance.assert_whole("after reading and writing");
}

/// Records that were opened for their sensitive values.
fn accesses(instance: &Instance) -> Vec<Access> {
    let wanted = Wanted { kind: Some(Kind::Open), ..Wanted::default() };
    let rows = instance.tenant().db().read_blocking(move |tx| access_log::list(tx, &wanted, 100)).unwrap();
    rows.into_iter().map(|(_, access)| access).collect()
}

fn only_equality_finds_them(database: &Database) {
    let (_instance, hr, _) = staff(database);
    let (first, second) = (create(&hr, "X1"), create(&hr, "X2"));
    hr.patch(&format!("{PEOPLE}/{second}"), &json!({"salary": "18000.5", "birthday": null, "boss": first})).expect(200);
    let found = |filter: &str| {
        let answer = hr.query(PEOPLE, &[("filter", filter), ("sort", "created_at")]).expect(200).json();
        answer["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (both, none): (Vec<String>, Vec<String>) = (vec![first.clone(), second.clone()], Vec::new());
    for (filter, expected) in [
        ("id_number == \"X1\"", vec![first.clone()]),
        ("\"X1\" == id_number", vec![first.clone()]),
        ("id_number == \"x1\"", none.clone()),
        ("id_number != \"X1\"", vec![second.clone()]),
        ("id_number in [\"X1\", \"X2\", \"X3\"]", both.clone()),
        ("!(id_number in [\"X1\"])", vec![second.clone()]),
        ("salary == 18000.50", both.clone()),
        ("share == 0.125 && years == 7", both.clone()),
        ("birthday == \"1990-02-28\"", vec![first.clone()]),
        ("birthday != \"1990-02-28\"", vec![second.clone()]),
        ("birthday == ()", vec![second.clone()]),
        ("birthday != ()", vec![first.clone()]),
        ("seen == \"2026-03-01T08:00:00Z\" && start == \"08:30\"", both.clone()),
        ("boss.id_number == \"X1\"", vec![second.clone()]),
        ("accounts.any(|a| a.iban == \"IBAN-X2\")", vec![second.clone()]),
        ("accounts.count(|a| a.iban in [\"IBAN-X1\"]) == 1", vec![first.clone()]),
    ] {
        assert_eq!(found(filter), expected, "{filter}");
    }
    for filter in [
        "salary > 100",
        "salary + 1 == 5",
        "years <= 7",
        "starts_with(id_number, \"X\")",
        "id_number == name",
        "birthday == today()",
        "(salary ?? 0) == 0",
        "if years == 1 { salary } else { 0 } == 2",
        "accounts.any(|a| contains(a.iban, \"X\"))",
        "boss.salary > 1",
    ] {
        let refused = hr.query(PEOPLE, &[("filter", filter)]);
        assert_eq!(refused.status, 400, "{filter}: {}", refused.text());
    }
    hr.query(PEOPLE, &[("filter", "salary > 100")]).refused(400, "sensitive_comparison");
    for (path, parameters) in [
        (PEOPLE.to_owned(), [("sort", "salary")].as_slice()),
        (PEOPLE.to_owned(), &[("sort", "-boss.years")]),
        (format!("{PEOPLE}/aggregate"), &[("group", "years"), ("measures", "count()")]),
        (format!("{PEOPLE}/aggregate"), &[("group", "year(birthday)"), ("measures", "count()")]),
        (format!("{PEOPLE}/aggregate"), &[("measures", "sum(salary)")]),
        (format!("{PEOPLE}/aggregate"), &[("measures", "count_distinct(id_number)")]),
        (format!("{PEOPLE}/aggregate"), &[("measures", "count()"), ("filter", "salary > 5")]),
    ] {
        hr.query(&path, parameters).expect(400);
    }
    let counted = hr.query(&format!("{PEOPLE}/aggregate"), &[("measures", "count()"), ("filter", "salary == 18000.5")]);
    assert!(counted.expect(200).text().contains('2'));
    // Unique through fingerprints, among live records.
    hr.post(PEOPLE, &person("X1")).refused(409, "duplicate");
    hr.delete(&format!("{PEOPLE}/{first}")).expect(204);
    let third = create(&hr, "X1");
    assert!(!hr.get("/api/search?q=X1").expect(200).text().contains(&third));
    assert!(hr.get("/api/search?q=li").expect(200).text().contains(&third));
}

fn a_mask_sent_back_changes_nothing(database: &Database) {
    let (instance, hr, clerk) = staff(database);
    let id = create(&hr, "X1");
    let path = format!("{PEOPLE}/{id}");
    let mut whole = hr.get(&path).expect(200).json();
    whole["name"] = json!("Li Nana");
    for property in ["id", "revision", "created_at", "created_by", "updated_at", "updated_by", "archived_at"] {
        whole.as_object_mut().unwrap().remove(property);
    }
    let saved = hr.patch(&path, &whole).expect(200).json();
    assert_eq!((&saved["name"], &saved["revision"]), (&json!("Li Nana"), &json!(2)));
    let revealed = hr.get(&format!("{path}?reveal=salary,accounts.iban")).expect(200).json();
    assert_eq!((&revealed["salary"], &revealed["accounts"][0]["iban"]), (&json!("18000.50"), &json!("IBAN-X1")));
    let history = hr.get(&format!("{path}/history")).expect(200).json();
    assert_eq!(history["items"][0]["changes"].as_array().unwrap().len(), 1, "{history}");
    // One that may be read but not written goes back as it came.
    let seen = clerk.get(&path).expect(200).json();
    clerk.patch(&path, &json!({"name": "Li", "years": seen["years"]})).expect(200);
    clerk.patch(&path, &json!({"years": 8})).expect(422);

    hr.post(PEOPLE, &json!({"name": "N", "salary": {"masked": true}})).refused(400, "masked_value");
    let evaluated = hr.post(&format!("{PEOPLE}/evaluate"), &json!({"record": {"id": id, "salary": "-5"}})).expect(200).text();
    assert!(!evaluated.contains("18000") && evaluated.contains("too_small"), "{evaluated}");
    // What is wrong with a value is told without it.
    for (field, bad) in [("mail", CANARY), ("birthday", CANARY), ("salary", CANARY), ("years", "CANARY-7310-44551")] {
        let refused = hr.post(PEOPLE, &json!({"name": "N", field: bad}));
        assert!(refused.status.is_client_error() && !refused.text().contains("CANARY"), "{field}: {}", refused.text());
    }
    instance.assert_whole("after masks");
}

/// Writes the canary through every door, moves it, and looks for it wherever bytes are kept or sent.
fn no_value_leaves_or_lies_open(database: &Database) {
    let (instance, hr, clerk) = staff(database);
    let body = person(CANARY).to_string().into_bytes();
    let header = [("idempotency-key", CANARY.get(7..).unwrap())];
    let made = hr.send(Method::POST, PEOPLE, Some(body.clone()), &header).expect(201);
    let again = hr.send(Method::POST, PEOPLE, Some(body), &header).expect(201);
    assert_eq!(made.bytes, again.bytes);
    let other = hr.send(Method::POST, PEOPLE, Some(person("Y").to_string().into_bytes()), &header);
    assert_eq!(other.status, 422);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("{PEOPLE}/{id}");
    let mut events = hr.follow(None);
    hr.patch(&path, &json!({"note": format!("before {CANARY} after"), "mail": format!("{CANARY}@example.com")})).expect(200);
    hr.post(&format!("{path}/actions/finish"), &json!({})).expect(200);
    hr.delete(&path).expect(204);
    let imported = import(&instance, &hr, &[], &format!("name,id_number,note\nBo,N-1,{CANARY} imported\n")).unwrap();
    assert_eq!(imported.created, 1, "{imported:?}");
    let report = import(&instance, &hr, &[], &format!("name,birthday,mail,years\nBo,{CANARY},{CANARY},{CANARY}\n")).unwrap();
    assert!(report.failed == 1 && !format!("{report:?}").contains(CANARY), "{report:?}");
    let Err(ImportError::Map(errors)) = import(&instance, &hr, &["id_number"], "name,id_number\nBo,N-1\n") else {
        panic!("a sensitive field is a key")
    };
    assert_eq!(errors[0].code, "sensitive_key");
    while let Some(event) = events.next(Duration::from_millis(300)) {
        assert!(!event.to_string().contains(CANARY), "{event}");
    }

    let mut sent: Vec<Answer> = vec![made, again];
    for address in [
        format!("{PEOPLE}?archived=with"),
        format!("{path}/history"),
        format!("/api/search?q={CANARY}"),
        format!("{PEOPLE}?archived=with&expand=boss"),
    ] {
        sent.push(hr.get(&address));
        sent.push(clerk.get(&address));
    }
    for field in SENSITIVE {
        sent.push(clerk.get(&format!("{path}?reveal={field}")));
        sent.push(clerk.get(&format!("{path}/history?reveal={field}")));
    }
    for answer in sent {
        assert!(!answer.text().contains(CANARY), "{}", answer.text());
    }
    instance.assert_whole("after the canary");
    drop((hr, clerk, events));
    let data = stored(database, &instance);
    assert!(data.windows(5).any(|part| part == b"Li Na"), "what is not sensitive is found in the same bytes");
    for needle in [CANARY.as_bytes(), b"18000.5", b"li@example.com"] {
        assert!(!data.windows(needle.len()).any(|part| part == needle), "{}", String::from_utf8_lossy(needle));
    }
}

fn import(instance: &Instance, person: &Client, key: &[&str], csv: &str) -> Result<Report, ImportError> {
    let session = person.get("/api/session").expect(200).json();
    let user = RecordId(session["user"]["id"].as_str().unwrap().parse().unwrap());
    let (now, today) = instance.engine().moment();
    let caller = Caller { who: Who::User(user), now, today, seed: 1, locale: "en".to_owned() };
    let table = Table::from_csv(csv.as_bytes(), Encoding::Utf8).unwrap();
    let existing = if key.is_empty() { Existing::Error } else { Existing::Skip };
    let map = map_of_header(&table, key.iter().map(|name| (*name).to_owned()).collect(), existing);
    let import = Import { entity: "person".to_owned(), table, map, dry_run: false, accept_duplicates: false };
    import::run(instance.tenant(), &caller, import, &mut |_, _| {})
}

/// Every byte that is kept: the files of the data directory, or the text of every row of every table.
fn stored(database: &Database, instance: &Instance) -> Vec<u8> {
    let mut bytes = Vec::new();
    files(&database.config().data, &mut bytes);
    if database.url().is_some() {
        for row in Raw::open(database, instance.tenant()).everything() {
            bytes.extend_from_slice(row.as_bytes());
            bytes.push(b'\n');
        }
    }
    bytes
}

fn files(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, bytes);
        } else {
            bytes.append(&mut std::fs::read(path).unwrap());
        }
    }
}

fn damage_is_found(database: &Database) {
    let (instance, hr, _) = staff(database);
    for number in ["X1", "X2"] {
        create(&hr, number);
    }
    instance.assert_whole("before any damage");
    let snapshot = instance.tenant().snapshot();
    let entity = snapshot.catalog.entity_named("staff.person").unwrap();
    let table = &snapshot.physical.tables[&entity.id];
    let column = |name: &str| table.columns[&entity.field_named(name).unwrap().id].name.clone();
    let (number, note) = (column("id_number"), column("note"));
    let table = format!("{{t}}\"{}\"", table.name);
    let swapped =
        format!("UPDATE {table} AS p SET \"{number}\" = (SELECT o.\"{number}\" FROM {table} AS o WHERE o.\"id\" <> p.\"id\")");
    let mut raw = Raw::open(database, instance.tenant());
    raw.run(&format!("CREATE TABLE {{t}}copy_person AS SELECT * FROM {table}"));
    for (what, sql) in [
        ("two rows swap what is encrypted", swapped),
        ("a fingerprint is another one's", format!("UPDATE {table} SET \"{number}_mac\" = \"{number}\"")),
        ("a fingerprint is lost", format!("UPDATE {table} SET \"{number}_mac\" = NULL")),
        ("a value is lost", format!("UPDATE {table} SET \"{number}\" = NULL")),
        (
            "a value moves to another field",
            format!("UPDATE {table} SET \"{note}\" = \"{number}\", \"{note}_mac\" = \"{number}_mac\""),
        ),
    ] {
        raw.run(&sql);
        let report = instance.verified();
        assert!(report.counts.get(&Invariant::Sensitive).is_some_and(|count| *count > 0), "{what}: {report:?}");
        raw.run(&format!("DELETE FROM {table}"));
        raw.run(&format!("INSERT INTO {table} SELECT * FROM {{t}}copy_person"));
        instance.assert_whole(what);
    }
}

fn a_field_neither_becomes_sensitive_nor_ceases_to_be(database: &Database) {
    let (instance, hr, _) = staff(database);
    let id = create(&hr, "X1");
    let admin = instance.client("admin");
    let address = "/api/draft/staff/entity/person";
    let change = |change: &dyn Fn(&mut Json)| {
        let answer = admin.get(address).expect(200);
        let mut document = answer.json();
        for field in document["fields"].as_array_mut().unwrap() {
            change(field);
        }
        let tag = answer.etag().to_owned();
        let body = document.to_string().into_bytes();
        admin.send(Method::PUT, address, Some(body), &[("if-match", tag.as_str())]).expect(200);
        let publishing = admin.post("/api/draft/publish", &json!({"message": "x"}));
        admin.post("/api/draft/discard", &json!({})).expect(204);
        publishing
    };
    for (name, value) in [("name", json!(true)), ("salary", json!(false))] {
        let refused = change(&|field| {
            if field["name"] == name {
                field["sensitive"] = value.clone();
                field.as_object_mut().unwrap().remove("searchable");
            }
        });
        let text = refused.expect(422).text();
        assert!(text.contains("encryption_change") || text.contains("sensitive_here"), "{text}");
    }
    let refused = change(&|field| {
        if field["name"] == "years" {
            field["type"] = json!("text");
        }
    });
    assert!(refused.expect(422).text().contains("encryption_change"));
    // Renamed, the values stay readable; a new sensitive field is an ordinary change.
    change(&|field| {
        if field["name"] == "share" {
            field["name"] = json!("part");
        }
    })
    .expect(200);
    let renamed = hr.get(&format!("{PEOPLE}/{id}?reveal=part")).expect(200).json();
    assert_eq!(renamed["part"], "0.1250");
    // Removed and brought back it is what it was; purged it is gone with its fingerprints.
    let mail = || {
        let answer = admin.get(address).expect(200);
        (answer.json(), answer.etag().to_owned())
    };
    let without = || {
        let (mut document, tag) = mail();
        document["fields"].as_array_mut().unwrap().retain(|field| field["name"] != "mail");
        let body = document.to_string().into_bytes();
        admin.send(Method::PUT, address, Some(body), &[("if-match", tag.as_str())]).expect(200);
        admin.post("/api/draft/publish", &json!({"message": "x"})).expect(200).json()["revision"].as_u64().unwrap()
    };
    let removed = without();
    instance.assert_whole("after a removal");
    let restored = admin.post(&format!("/api/revisions/{}/restore", removed - 1), &json!({"message": "back"}));
    restored.expect(200);
    let back = hr.get(&format!("{PEOPLE}/{id}?reveal=mail")).expect(200).json();
    assert_eq!(back["mail"], "li@example.com");
    without();
    let unused = admin.get("/api/unused").expect(200).json();
    let keys: Vec<&Json> = unused["items"].as_array().unwrap().iter().map(|item| &item["key"]).collect();
    admin.post("/api/unused/purge", &json!({"items": keys, "accept_loss": true})).expect(200);
    instance.assert_whole("after a purge");
}

fn the_key_file_is_needed(database: &Database) {
    let file = database.config().data.join("kontor.key");
    let id = {
        let (instance, hr, _) = staff(database);
        let id = create(&hr, "X1");
        drop(instance);
        id
    };
    let text = std::fs::read_to_string(&file).unwrap();
    let opened = || kontor_storage::Store::open(&database.config()).map(drop);
    assert!(opened().is_ok(), "{id}");
    std::fs::remove_file(&file).unwrap();
    let said = opened().unwrap_err().to_string();
    assert!(said.contains("is missing") && said.contains("kontor.key"), "{said}");
    assert!(!file.exists());
    std::fs::write(&file, format!("kontor-key-1 {}\n", "ab".repeat(32))).unwrap();
    let said = opened().unwrap_err().to_string();
    assert!(said.contains("is not the one"), "{said}");
    std::fs::write(&file, text).unwrap();
    assert!(opened().is_ok());
}
