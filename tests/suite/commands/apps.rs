//! `kontor app install` and `kontor app purge`.
use std::{fs, path::Path};

use serde_json::{Value as Json, json};

use super::{kontor, prepared, refuses_unknown_tenants};
use crate::harness::{both_databases, database::Database, instance::Instance, program::Ended};

both_databases!(an_app_is_installed_anew_and_what_it_drops_is_purged, wrong_apps_and_keys_are_told);

const APP: &str = "tests/cases/records/shop";

/// The app as a folder that can be changed.
fn exported(database: &Database) -> String {
    let folder = database.folder().join("shop");
    let path = folder.to_str().unwrap().to_owned();
    kontor(database, &["app", "export", "--tenant", "test", "--app", "shop", "-o", &path]).expect(0);
    path
}

/// Changes a document of the app.
fn edit(app: &str, path: &str, edit: impl FnOnce(&mut Json)) {
    let path = Path::new(app).join(path);
    let mut document: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    edit(&mut document);
    fs::write(path, document.to_string()).unwrap();
}

/// Changes the fields of customers, and the version of the app.
fn change(app: &str, version: &str, change: impl FnOnce(&mut Vec<Json>)) {
    edit(app, "entities/customer.json", |document| change(document["fields"].as_array_mut().unwrap()));
    edit(app, "app.json", |document| document["version"] = json!(version));
}

fn with_values(database: &Database) {
    let instance = Instance::new(database);
    instance.install(&crate::harness::instance::folder(APP));
    instance.add_person("boss", "shop.boss");
    let boss = instance.client("boss");
    for (code, name) in [("A", "12"), ("B", "many")] {
        boss.post("/api/records/shop.customer", &json!({"code": code, "name": "N", "note": name})).expect(201);
    }
}

fn an_app_is_installed_anew_and_what_it_drops_is_purged(database: &Database) {
    with_values(database);
    let app = exported(database);
    let install = |arguments: &[&str]| kontor(database, &[&["app", "install", &app, "--tenant", "test"], arguments].concat());
    let at = |fields: &[Json]| fields.iter().position(|field| field["name"] == "note").unwrap();
    change(&app, "2.0.0", |fields| {
        let place = at(fields);
        let (id, title) = (fields[place]["id"].clone(), fields[place]["title"].clone());
        fields[place] = json!({"id": id, "name": "note", "title": title, "type": "integer"});
    });
    let refused = install(&[]).expect(1);
    assert!(refused.printed.contains("conversion_loss") && refused.complained.starts_with("error: "), "{}", refused.printed);
    assert_eq!(
        install(&["--accept-loss"]).expect(0).complained.lines().last().unwrap().split(" (").next().unwrap(),
        "Installed shop 2.0.0 in the tenant test"
    );
    change(&app, "3.0.0", |fields| drop(fields.remove(at(fields))));
    edit(&app, "roles/clerk.json", |role| drop(role["entities"]["customer"]["fields"].as_object_mut().unwrap().remove("note")));
    install(&[]).expect(0);

    let purge = |arguments: &[&str]| kontor(database, &[&["app", "purge", "--tenant", "test"], arguments].concat());
    let listed = purge(&[]).expect(0).printed;
    let keys: Vec<&str> = listed.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert!(
        keys.len() == 2 && listed.contains("note (former type): 2 value(s)") && listed.contains("note_v2: 1 value(s)"),
        "{listed}"
    );
    let refused = purge(&keys).expect(1);
    assert!(refused.printed.contains("purge_loss") && refused.complained.starts_with("error: "), "{}", refused.complained);
    assert_eq!(purge(&[]).expect(0).printed, listed, "nothing is half done");
    let gone = purge(&[&keys, &["--accept-loss"][..]].concat()).expect(0);
    assert!(gone.complained.starts_with("Purged 2 of them"), "{}", gone.complained);
    assert_eq!(purge(&[]).expect(0).printed, "");
    let line = purge(&keys).refused(3);
    assert!(line.contains(keys[0]), "{line}");
    kontor(database, &["verify"]).expect(0);
}

fn wrong_apps_and_keys_are_told(database: &Database) {
    prepared(database, APP);
    let app = exported(database);
    refuses_unknown_tenants(database, &["app", "install", &app]);
    refuses_unknown_tenants(database, &["app", "purge"]);
    kontor(database, &["app", "purge"]).expect(2);
    kontor(database, &["app", "install", &app]).expect(2);
    let install = |app: &str| -> Ended { kontor(database, &["app", "install", app, "--tenant", "test"]) };
    assert!(install("nowhere").refused(3).contains("nowhere"));
    let broken = database.folder().join("broken.kapp");
    fs::write(&broken, "no package").unwrap();
    assert!(install(broken.to_str().unwrap()).refused(1).contains(".kapp"));
    fs::write(Path::new(&app).join("entities/customer.json"), "{").unwrap();
    let found = install(&app).expect(1);
    assert!(found.printed.contains("entities/customer.json:1:"), "{}", found.printed);
    fs::remove_file(Path::new(&app).join("app.json")).unwrap();
    assert!(install(&app).refused(1).contains("app.json"));
    assert!(kontor(database, &["app", "purge", "--tenant", "test", "nothing"]).refused(3).contains("nothing"));
}
