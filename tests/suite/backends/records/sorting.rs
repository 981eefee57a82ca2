//! Lists in the order of the language, page by page; `fold()` in filters; what is stored for both after writes and publishes.
use std::sync::Arc;

use kontor_apps::{
    Act, Backfill, DocumentKey,
    draft::{self, Precondition},
};
use kontor_definitions::model::Kind;
use kontor_records::{Recompute, read_blocking};
use kontor_storage::Queue;
use serde_json::{Value as Json, json};

use super::world::{NOW, World, findings};
use crate::harness::{both_databases, database::Database};

both_databases!(
    texts_stand_in_the_order_of_the_language,
    references_stand_by_label_and_choices_by_option,
    pages_continue_behind_the_sort_key,
    a_field_that_is_sorted_from_now_on_is_filled,
    names_are_filtered_folded
);

/// Names in the order in which a list shows them.
const ORDER: [&str; 14] = [
    "2号仓库",
    "10号仓库",
    "阿里巴巴",
    "北京海运",
    "重庆长城",
    "上海贸易",
    "石家庄",
    "中国远洋",
    "ábaco",
    "ABD",
    "acme",
    "Acme",
    "ＡＣＭＥ",
    "Zürich",
];

/// Customers whose codes stand in another order than their names.
fn customers(world: &World) {
    for (index, name) in ORDER.iter().enumerate() {
        let code = (index * 5 + 3) % ORDER.len();
        world.create("boss", "customer", &json!({"code": format!("C{code:02}"), "name": name})).unwrap();
    }
}

fn column(list: &Json, field: &str) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap_or("-").to_owned()).collect()
}

fn sorted(world: &World, who: &str, entity: &str, params: &str, field: &str) -> Vec<String> {
    column(&world.list(who, entity, params).unwrap(), field)
}

fn assert_exact(world: &World) {
    let report = read_blocking(&world.tenant, world.caller("engine"), |session| session.verify()).unwrap();
    assert_eq!(report.breaches, []);
}

fn publish(world: &World, change: impl Fn(&mut Json)) {
    let key = DocumentKey { app: "shop".to_owned(), kind: Kind::Entity, name: "customer".to_owned() };
    let draft = world.tenant.draft().unwrap();
    let mut document: Json = serde_json::from_str(draft.sources.get(&key).unwrap()).unwrap();
    change(&mut document);
    let act = Act::of_engine(NOW, 77);
    let text = document.to_string();
    let put = move |tx: &mut kontor_storage::Tx| draft::put(tx, act, &key, &text, &Precondition::None).map(drop);
    world.tenant.db().write_blocking(Queue::Interactive, put).unwrap();
    let backfill: Arc<dyn Backfill> = Arc::new(Recompute);
    world.tenant.publish_draft("sorting", act, &backfill).unwrap();
}

fn field<'j>(document: &'j mut Json, name: &str) -> &'j mut Json {
    document["fields"].as_array_mut().unwrap().iter_mut().find(|field| field["name"] == name).unwrap()
}

fn texts_stand_in_the_order_of_the_language(database: &Database) {
    let world = World::new(database);
    customers(&world);
    assert_eq!(sorted(&world, "boss", "customer", "sort=name", "name"), ORDER);
    let down: Vec<&str> = ORDER.iter().rev().copied().collect();
    assert_eq!(sorted(&world, "boss", "customer", "sort=-name", "name"), down);
    // Written anew, a name stands in its new place.
    let list = world.list("boss", "customer", "filter=name == \"Zürich\"").unwrap();
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    world.update("boss", "customer", &id, &json!({"name": "安徽"})).unwrap();
    let names = sorted(&world, "boss", "customer", "sort=name", "name");
    assert_eq!(names[2..4], ["阿里巴巴", "安徽"]);
    assert_exact(&world);
}

fn references_stand_by_label_and_choices_by_option(database: &Database) {
    let world = World::new(database);
    let product = world.create("boss", "product", &json!({"name": "P", "price": "1"})).unwrap().id;
    let mut ids = Vec::new();
    for (index, name) in ["中国远洋", "重庆长城", "阿里巴巴"].iter().enumerate() {
        let body = json!({"code": format!("C{index}"), "name": name, "grade": if index == 1 { "a" } else { "b" }, "note": "x"});
        ids.push(world.create("boss", "customer", &body).unwrap().id);
    }
    for id in ids.iter().chain(&ids) {
        world.create("boss", "order", &json!({"customer": id, "lines": [{"product": product}]})).unwrap();
    }
    let by_number = sorted(&world, "boss", "order", "sort=number", "number");
    let at = |places: [usize; 6]| places.map(|place| by_number[place].clone());
    let paths = ["sort=customer,number", "sort=customer.name,number"];
    for path in paths {
        assert_eq!(sorted(&world, "boss", "order", path, "number"), at([2, 5, 1, 4, 0, 3]), "{path}");
    }
    assert_eq!(sorted(&world, "boss", "order", "sort=-customer,-number", "number"), at([3, 0, 4, 1, 5, 2]));
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world.list("boss", "order", &format!("sort=customer,number&limit=1{cursor}")).unwrap();
        paged.extend(column(&page, "number"));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, at([2, 5, 1, 4, 0, 3]));
    assert_eq!(sorted(&world, "boss", "customer", "sort=grade,name", "name"), ["重庆长城", "阿里巴巴", "中国远洋"]);
    // Options the other way round: so are the records.
    publish(&world, |document| field(document, "grade")["options"].as_array_mut().unwrap().reverse());
    assert_eq!(sorted(&world, "boss", "customer", "sort=grade,name", "name"), ["阿里巴巴", "中国远洋", "重庆长城"]);
    let page = world.list("boss", "customer", "sort=-grade&limit=1").unwrap();
    assert_eq!(column(&page, "name"), ["重庆长城"]);
    let next = format!("sort=-grade&limit=5&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(world.list("boss", "customer", &next).unwrap()["items"].as_array().unwrap().len(), 2);
}

fn pages_continue_behind_the_sort_key(database: &Database) {
    let world = World::new(database);
    customers(&world);
    // Two with one name: the id decides.
    world.create("boss", "customer", &json!({"code": "X1", "name": "acme"})).unwrap();
    for direction in ["", "-"] {
        let whole = sorted(&world, "boss", "customer", &format!("sort={direction}name"), "code");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.list("boss", "customer", &format!("sort={direction}name&limit=2{cursor}")).unwrap();
            seen.extend(column(&page, "code"));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, whole, "{direction}");
    }
}

fn a_field_that_is_sorted_from_now_on_is_filled(database: &Database) {
    let world = World::new(database);
    for (index, email) in ["b@x.example", "A@x.example", "a@x.example", "B@x.example"].iter().enumerate() {
        let body = json!({"code": format!("C{index}"), "name": "N", "email": email});
        let id = world.create("boss", "customer", &body).unwrap().id;
        if index == 3 {
            world.archive("boss", "customer", &id).unwrap();
        }
    }
    let by_email = "sort=email&archived=with";
    assert_eq!(sorted(&world, "boss", "customer", by_email, "code"), ["C1", "C3", "C2", "C0"]);
    publish(&world, |document| document["label"] = json!("email"));
    assert_eq!(sorted(&world, "boss", "customer", by_email, "code"), ["C2", "C1", "C0", "C3"]);
    assert_exact(&world);
    // No longer: by code point again. And back, with what was written meanwhile.
    publish(&world, |document| document["label"] = json!("name"));
    assert_eq!(sorted(&world, "boss", "customer", by_email, "code"), ["C1", "C3", "C2", "C0"]);
    world.create("boss", "customer", &json!({"code": "C4", "name": "N", "email": "aB@x.example"})).unwrap();
    publish(&world, |document| document["label"] = json!("email"));
    assert_eq!(sorted(&world, "boss", "customer", by_email, "code"), ["C2", "C1", "C4", "C0", "C3"]);
    assert_exact(&world);
}

fn names_are_filtered_folded(database: &Database) {
    let world = World::new(database);
    for (index, name) in ["ACME Co., Ltd.", "Acme Trading", "ａｃｍｅ", "上海华通有限公司"].iter().enumerate() {
        world.create("boss", "customer", &json!({"code": format!("C{index}"), "name": name})).unwrap();
    }
    let found = |filter: &str| sorted(&world, "boss", "customer", &format!("sort=code&filter={filter}"), "code");
    assert_eq!(found("fold(name) == fold(\"Acme Inc\")"), ["C0", "C2"]);
    assert_eq!(found("fold(name) == \"上海华通\""), ["C3"]);
    assert_eq!(found("starts_with(fold(name), \"acme\") && fold(name) != \"acme\""), ["C1"]);
    for filter in ["fold(note) == \"x\"", "fold(name + \"x\") == \"x\"", "fold(code) == \"c1\""] {
        assert_eq!(findings(world.list("boss", "customer", &format!("filter={filter}"))), ["/filter fold_not_here"], "{filter}");
    }
    // Behind a reference, and only where the customer may be read.
    let product = world.create("boss", "product", &json!({"name": "P", "price": "1"})).unwrap().id;
    let customer = world.list("boss", "customer", "filter=code == \"C0\"").unwrap()["items"][0]["id"].clone();
    world.create("boss", "order", &json!({"customer": customer, "lines": [{"product": product}]})).unwrap();
    let orders =
        |who: &str| world.list(who, "order", "filter=fold(customer.name) == \"acme\"&count=true").unwrap()["count"].clone();
    assert_eq!(orders("boss"), 1);
    assert_eq!(orders("sales"), 0);
}
