//! Purging what definitions no longer use: counted, confirmed, gone for good, and everything holds afterwards.
use axum::http::Method;
use kontor_apps::package::Package;
use serde_json::{Value as Json, json};

use super::{
    files::uploaded,
    schema::{codes, made, record},
};
use crate::harness::{both_databases, client::Client, database::Database, instance::Instance, raw::Raw};

both_databases!(
    a_removed_field_is_purged_with_its_values_and_files,
    a_removed_entity_takes_lines_and_references_with_it,
    columns_of_former_types_are_purged,
    what_is_used_is_not_purged,
    what_removed_fields_and_entities_refer_to_is_purged,
);

fn title() -> Json {
    json!({"zh-CN": "题", "en": "Title"})
}

fn field(id: &str, name: &str, ty: &str) -> Json {
    json!({"id": id, "name": name, "title": title(), "type": ty})
}

fn reference(id: &str, name: &str, target: &str) -> Json {
    let mut field = field(id, name, "reference");
    field["entity"] = json!(target);
    field
}

fn entity(id: &str, name: &str, fields: &Json) -> (String, Json) {
    let document = json!({"id": id, "name": name, "title": title(), "label": "name", "fields": fields});
    (format!("entities/{name}.json"), document)
}

/// Items with a size, a scan and a maker; orders with lines of items.
fn shop(database: &Database) -> Instance {
    let instance = Instance::new(database);
    let mut lines = field("line0000", "lines", "lines");
    lines["entity"] = json!("order_line");
    let mut row =
        entity("ordl0000", "order_line", &json!([field("text0000", "text", "text"), reference("prod0000", "item", "item")]));
    row.1.as_object_mut().unwrap().remove("label");
    let mut item =
        json!([field("name0001", "name", "text"), field("size0000", "size", "text"), field("scan0000", "scan", "file")]);
    item.as_array_mut().unwrap().extend([field("qty00000", "qty", "text"), reference("makr0000", "maker", "maker")]);
    let documents = [
        (
            "app.json".to_owned(),
            json!({"id": "shop0000", "name": "shop", "version": "1.0.0", "title": title(),
            "locales": ["zh-CN", "en"], "requires": ["base"]}),
        ),
        entity("item0000", "item", &item),
        entity("make0000", "maker", &json!([field("name0002", "name", "text"), reference("pare0000", "owner_of", "maker")])),
        entity("orde0000", "order", &json!([field("name0003", "name", "text"), lines])),
        row,
        ("roles/clerk.json".to_owned(), json!({"id": "cler0000", "name": "clerk", "title": title()})),
        (
            "roles/keeper.json".to_owned(),
            json!({"id": "keep0000", "name": "keeper", "title": title(),
            "entities": {"*": {"read": "all", "delete": "all", "purge": true}}}),
        ),
    ];
    let mut package = Package::default();
    package.source.files = documents.into_iter().map(|(path, document)| (path, document.to_string())).collect();
    instance.install(&package);
    instance
}

fn change(admin: &Client, entity: &str, change: impl FnOnce(&mut Vec<Json>)) {
    let path = format!("/api/draft/shop/entity/{entity}");
    let mut document = admin.get(&path).expect(200).json();
    change(document["fields"].as_array_mut().unwrap());
    admin.put(&path, &document).expect(200);
}

fn remove(admin: &Client, entity: &str, names: &[&str]) {
    change(admin, entity, |fields| fields.retain(|field| !names.contains(&field["name"].as_str().unwrap())));
}

fn publish(admin: &Client) -> u64 {
    admin.post("/api/draft/publish", &json!({})).expect(200).json()["revision"].as_u64().unwrap()
}

/// What is not used: key, name, values.
fn unused(admin: &Client) -> Vec<(String, String, u64)> {
    shown(&admin.get("/api/unused").expect(200).json())
}

fn shown(answer: &Json) -> Vec<(String, String, u64)> {
    let name = |item: &Json| match item["field"].as_str() {
        Some(field) => format!("{}.{field}", item["entity"].as_str().unwrap()),
        None => item["entity"].as_str().unwrap().to_owned(),
    };
    let items = answer["items"].as_array().unwrap().iter();
    items.map(|item| (item["key"].as_str().unwrap().to_owned(), name(item), item["values"].as_u64().unwrap())).collect()
}

fn part(key: &str, name: &str, values: u64) -> (String, String, u64) {
    (key.to_owned(), name.to_owned(), values)
}

fn purge(admin: &Client, items: &[&str], accept_loss: bool) -> crate::harness::client::Answer {
    admin.post("/api/unused/purge", &json!({"items": items, "accept_loss": accept_loss}))
}

fn a_removed_field_is_purged_with_its_values_and_files(database: &Database) {
    let instance = shop(database);
    let admin = instance.client("admin");
    let scan = uploaded(&admin, "a.pdf", b"%PDF-1.7 a scan");
    let item = made(&admin, "item", &json!({"name": "box", "size": "large", "scan": scan["id"]}));
    made(&admin, "item", &json!({"name": "bag"}));
    assert_eq!(unused(&admin), []);
    let with = admin.get("/api/draft").expect(200).json()["revision"].as_u64().unwrap();
    remove(&admin, "item", &["size", "scan"]);
    let without = publish(&admin);
    let both = ["item0000.scan0000.scan", "item0000.size0000.size"];
    assert_eq!(unused(&admin), [part(both[0], "shop.item.scan", 1), part(both[1], "shop.item.size", 1)]);
    // A draft of something else goes on after the purge.
    change(&admin, "maker", |fields| fields.push(json!({"name": "city", "title": title(), "type": "text"})));

    let refused = purge(&admin, &both, false).expect(422).json();
    assert_eq!(codes(&refused), ["purge_loss", "purge_loss"]);
    assert!(refused["findings"][1]["message"].as_str().unwrap().contains('1'), "{refused}");
    assert_eq!(unused(&admin).len(), 2, "nothing is half done");
    let done = purge(&admin, &both, true).expect(200).json();
    assert_eq!((&done["revision"], shown(&done).len()), (&json!(without + 1), 2));
    assert_eq!(unused(&admin), []);
    assert_eq!(codes_of(&purge(&admin, &both, true).expect(409).json()), "not_unused");
    let latest = admin.get("/api/revisions").expect(200).json()["items"][0].clone();
    assert!(latest["message"].as_str().unwrap().contains("shop.item.size"), "{latest}");
    assert_eq!(latest["live"], true);
    instance.assert_whole("after the purge of fields");
    assert_eq!(record(&admin, "item", &item)["name"], "box");
    publish(&admin);

    let plan = admin.get(&format!("/api/revisions/{with}/plan")).expect(200).json();
    assert_eq!(plan["steps"][0]["action"], "add_column", "{plan}");
    admin.post(&format!("/api/revisions/{with}/restore"), &json!({})).expect(200);
    let seen = record(&admin, "item", &item);
    assert_eq!((&seen["size"], &seen["scan"]), (&Json::Null, &Json::Null), "made anew, empty");
    admin.patch(&format!("/api/records/item/{item}"), &json!({"size": "small", "scan": scan["id"]})).expect(200);
    instance.assert_whole("after the restore");
}

fn codes_of(problem: &Json) -> &str {
    problem["code"].as_str().unwrap()
}

fn a_removed_entity_takes_lines_and_references_with_it(database: &Database) {
    let instance = shop(database);
    let admin = instance.client("admin");
    let maker = made(&admin, "maker", &json!({"name": "ACME"}));
    let daughter = made(&admin, "maker", &json!({"name": "ACME II", "owner_of": maker}));
    let item = made(&admin, "item", &json!({"name": "box", "maker": daughter}));
    made(&admin, "order", &json!({"name": "first", "lines": [{"text": "a", "item": item}, {"text": "b"}]}));
    let all = admin.get("/api/draft").expect(200).json()["revision"].as_u64().unwrap();
    for entity in ["maker", "order", "order_line"] {
        admin.send(Method::DELETE, &format!("/api/draft/shop/entity/{entity}"), None, &[]).expect(204);
    }
    remove(&admin, "item", &["maker"]);
    publish(&admin);
    let listed = admin.get("/api/unused").expect(200).json();
    let (maker_key, order, line, column) = ("make0000", "orde0000", "ordl0000", "item0000.makr0000.maker");
    let of = |key: &str| listed["items"].as_array().unwrap().iter().find(|item| item["key"] == key).unwrap().clone();
    assert_eq!((&of(maker_key)["with"], &of(order)["with"]), (&json!([column]), &json!([line])), "{listed}");
    let names: Vec<String> = unused(&admin).into_iter().map(|(_, name, values)| format!("{name} {values}")).collect();
    assert_eq!(names, ["shop.item.maker 1", "shop.maker 2", "shop.order 1", "shop.order_line 2"]);

    assert_eq!(codes(&purge(&admin, &[maker_key], false).expect(422).json()).len(), 2, "the reference is told, too");
    purge(&admin, &[maker_key], true).expect(200);
    instance.assert_whole("after the purge of an entity");
    purge(&admin, &[order], true).expect(200);
    assert_eq!(unused(&admin), []);
    instance.assert_whole("after the purge of an entity with lines");

    admin.post(&format!("/api/revisions/{all}/restore"), &json!({})).expect(200);
    assert_eq!(admin.get("/api/records/maker").expect(200).json()["items"], json!([]));
    assert_eq!(record(&admin, "item", &item)["maker"], Json::Null);
    let again = made(&admin, "maker", &json!({"name": "ACME"}));
    admin.patch(&format!("/api/records/item/{item}"), &json!({"maker": again})).expect(200);
    made(&admin, "order", &json!({"name": "second", "lines": [{"text": "a", "item": item}]}));
    instance.assert_whole("after everything was made anew");
}

fn columns_of_former_types_are_purged(database: &Database) {
    let instance = shop(database);
    let admin = instance.client("admin");
    let item = made(&admin, "item", &json!({"name": "box", "qty": " 12"}));
    let set = |ty: Json| change(&admin, "item", |fields| fields[3]["type"] = ty);
    set(json!("integer"));
    publish(&admin);
    instance.assert_whole("with a column of a former type");
    assert_eq!(unused(&admin), [part("item0000.qty00000.qty", "shop.item.qty", 1)]);
    purge(&admin, &["item0000.qty00000.qty"], true).expect(200);
    assert_eq!(record(&admin, "item", &item)["qty"], json!(12));
    set(json!("text"));
    publish(&admin);
    assert_eq!(record(&admin, "item", &item)["qty"], "12", "converted, as its first form is gone");
    instance.assert_whole("after going back");
}

fn what_is_used_is_not_purged(database: &Database) {
    let instance = shop(database);
    let admin = instance.client("admin");
    remove(&admin, "item", &["size"]);
    publish(&admin);
    let key = "item0000.size0000.size";
    // Not while the draft brings it back.
    change(&admin, "item", |fields| fields.push(field("size0000", "extent", "text")));
    let listed = admin.get("/api/unused").expect(200).json();
    assert_eq!(listed["items"][0]["in_draft"], true, "{listed}");
    assert_eq!(codes_of(&purge(&admin, &[key], true).expect(409).json()), "in_draft");
    admin.post("/api/draft/discard", &json!({})).expect(204);
    for used in ["item0000", "item0000.name0001.name", "nothing"] {
        assert_eq!(codes_of(&purge(&admin, &[key, used], true).expect(409).json()), "not_unused");
    }
    purge(&admin, &[], true).expect(409);
    admin.post("/api/unused/purge", &json!({"items": key})).expect(400);
    admin.post("/api/unused/purge", &json!({"items": [key], "force": true})).expect(400);
    // Nobody but administrators, and nobody of another tenant.
    instance.add_person("clerk", "shop.clerk");
    let clerk = instance.client("clerk");
    clerk.get("/api/unused").expect(404);
    purge(&clerk, &[key], true).expect(404);
    instance.visitor().get("/api/unused").expect(401);
    instance.add_tenant("elsewhere", "Elsewhere");
    let elsewhere = instance.visitor().signed_in_to("elsewhere", "admin@test.kontor");
    assert_eq!(unused(&elsewhere), []);
    purge(&elsewhere, &[key], true).expect(409);
    // Without values nothing is lost and nothing has to be accepted.
    purge(&admin, &[key], false).expect(200);
    instance.assert_whole("after the purge of an empty field");
}

fn keeper(instance: &Instance) -> Client {
    instance.add_person("keeper", "shop.keeper");
    instance.client("keeper")
}

fn purged(keeper: &Client, entity: &str, id: &str) {
    let path = format!("/api/records/{entity}/{id}");
    keeper.delete(&path).expect(204);
    keeper.delete(&format!("{path}?purge=true")).expect(204);
}

/// A record goes though columns that nothing uses refer to it still.
fn what_removed_fields_and_entities_refer_to_is_purged(database: &Database) {
    let instance = shop(database);
    let (admin, keeper) = (instance.client("admin"), keeper(&instance));
    let maker = made(&admin, "maker", &json!({"name": "ACME"}));
    let item = made(&admin, "item", &json!({"name": "box", "maker": maker}));
    let order = made(&admin, "order", &json!({"name": "first", "lines": [{"text": "a", "item": item}, {"text": "b"}]}));
    let with = admin.get("/api/draft").expect(200).json()["revision"].as_u64().unwrap();
    remove(&admin, "item", &["maker"]);
    remove(&admin, "order", &["lines"]);
    admin.send(Method::DELETE, "/api/draft/shop/entity/order_line", None, &[]).expect(204);
    publish(&admin);
    purged(&keeper, "maker", &maker);
    instance.assert_whole("after the purge of a record that a removed field refers to");
    let counts = || unused(&admin).into_iter().map(|(_, name, values)| format!("{name} {values}")).collect::<Vec<_>>();
    assert_eq!(counts(), ["shop.item.maker 0", "shop.order_line 2"]);
    purged(&keeper, "item", &item);
    instance.assert_whole("after the purge of a record that a removed entity refers to");
    assert_eq!(counts(), ["shop.item.maker 0", "shop.order_line 2"]);
    purged(&keeper, "order", &order);
    assert_eq!(counts(), ["shop.item.maker 0", "shop.order_line 0"], "lines go with their record");
    instance.assert_whole("after the purge of a record whose lines were removed");
    admin.post(&format!("/api/revisions/{with}/restore"), &json!({})).expect(200);
    let again = made(&admin, "order", &json!({"name": "second", "lines": [{"text": "a"}]}));
    assert_eq!(record(&admin, "order", &again)["lines"].as_array().unwrap().len(), 1);
    instance.assert_whole("after the restore");
}

/// A table of SQLite as earlier versions made it: foreign keys stand beside the columns, and SQLite drops none that one names.
#[test]
fn a_reference_in_a_table_of_an_earlier_version_is_purged() {
    let database = Database::sqlite();
    let instance = shop(&database);
    let Raw::Sqlite(connection) = Raw::open(&database, instance.tenant()) else { panic!("a file") };
    let read = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let name = read("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%maker_makr0000%'").remove(0);
    let made_by = read(&format!("SELECT sql FROM sqlite_schema WHERE tbl_name = '{name}' AND sql IS NOT NULL ORDER BY rowid"));
    let earlier = earlier_form(&made_by[0]);
    assert!(earlier.contains(" FOREIGN KEY (\"maker_makr0000\") REFERENCES "), "{earlier}");
    connection.execute_batch(&format!("DROP TABLE {name}; {earlier}; {}", made_by[1..].join(";"))).unwrap();
    drop(connection);

    let (admin, keeper) = (instance.client("admin"), keeper(&instance));
    let maker = made(&admin, "maker", &json!({"name": "ACME"}));
    let item = made(&admin, "item", &json!({"name": "box", "maker": maker}));
    instance.assert_whole("with a table of an earlier version");
    remove(&admin, "item", &["maker"]);
    publish(&admin);
    purge(&admin, &["item0000.makr0000.maker"], true).expect(200);
    assert_eq!(unused(&admin), []);
    assert_eq!(record(&admin, "item", &item)["name"], "box");
    purged(&keeper, "maker", &maker);
    made(&admin, "item", &json!({"name": "bag"}));
    instance.assert_whole("after the purge of a reference in it");
}

/// The statement of a table with its foreign keys beside the columns.
fn earlier_form(statement: &str) -> String {
    let (head, rest) = statement.split_once('(').unwrap();
    let (columns, tail) = rest.rsplit_once(')').unwrap();
    let mut keys = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for part in columns.split(", ") {
        match part.split_once(" REFERENCES ") {
            Some((column, target)) => {
                let (column, name) = column.split_once(" CONSTRAINT ").unwrap();
                let named = column.split(' ').next().unwrap();
                keys.push(format!("CONSTRAINT {name} FOREIGN KEY ({named}) REFERENCES {target}"));
                parts.push(column.to_owned());
            }
            None => parts.push(part.to_owned()),
        }
    }
    parts.extend(keys);
    format!("{head}({}){tail}", parts.join(", "))
}
