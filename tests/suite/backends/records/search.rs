//! Words find what the person may read: lists with `q`, hits over entities, and the index after every kind of write.
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
    words_find_records,
    changed_and_archived_records_are_found_by_what_they_say,
    words_of_unreadable_fields_find_nothing,
    a_field_that_becomes_searchable_is_filled_at_publish,
    the_index_is_what_the_records_say
);

fn customers(world: &World) {
    for (code, name) in
        [("C1", "上海贸易有限公司"), ("C2", "Müller Steel-Works GmbH"), ("C3", "ＡＢＣ重庆长城"), ("C4", "北京海运")]
    {
        world.create("boss", "customer", &json!({"code": code, "name": name, "note": "上海 secret"})).unwrap();
    }
}

/// The codes of the customers that are found, in order.
fn found(world: &World, who: &str, q: &str) -> Vec<String> {
    let list = world.list(who, "customer", &format!("q={q}&sort=code&count=true")).unwrap();
    let codes: Vec<String> =
        list["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["count"], json!(codes.len()), "{q}");
    codes
}

fn assert_index_is_exact(world: &World) {
    let report = read_blocking(&world.tenant, world.caller("engine"), |session| session.verify()).unwrap();
    assert_eq!(report.breaches, []);
}

fn words_find_records(database: &Database) {
    let world = World::new(database);
    customers(&world);
    let cases: &[(&str, &[&str])] = &[
        ("上海", &["C1"]),
        ("海贸", &["C1"]),
        ("海", &["C1", "C4"]),
        ("shmy", &["C1"]),
        ("maoyi", &["C1"]),
        ("cqcc", &["C3"]),
        ("zhongqing", &["C3"]),
        ("abc", &["C3"]),
        ("ＡＢＣ 长城", &["C3"]),
        ("muller", &["C2"]),
        ("ＭÜ", &["C2"]),
        ("steel gm", &["C2"]),
        ("eel", &[]),
        ("上贸", &[]),
        ("上海 北京", &[]),
        ("---", &[]),
        ("' OR 1=1 & | ! \" * :", &[]),
        ("", &["C1", "C2", "C3", "C4"]),
        ("  ", &["C1", "C2", "C3", "C4"]),
    ];
    for (q, codes) in cases {
        assert_eq!(found(&world, "boss", q), *codes, "{q}");
    }
    // With a filter, an order and a cursor: pages of the words, and a cursor of other words is none of theirs.
    let page = world.list("boss", "customer", "q=海&filter=code > \"C0\"&sort=-code&limit=1").unwrap();
    assert_eq!(page["items"][0]["code"], "C4");
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = format!("q=海&filter=code > \"C0\"&sort=-code&limit=1&cursor={cursor}");
    assert_eq!(world.list("boss", "customer", &next).unwrap()["items"][0]["code"], "C1");
    let other = next.replace("q=海", "q=上");
    assert_eq!(findings(world.list("boss", "customer", &other)), ["/cursor wrong_cursor"]);
    let long = "a ".repeat(11);
    assert_eq!(findings(world.list("boss", "customer", &format!("q={long}"))), ["/q too_long"]);
    hits_over_entities(&world);
}

fn hits_over_entities(world: &World) {
    world.create("boss", "product", &json!({"name": "海绵", "price": "1"})).unwrap();
    let groups = world.search("boss", "q=海").unwrap()["groups"].clone();
    let labels = |group: &Json| -> Vec<String> {
        let hits = group["hits"].as_array().unwrap();
        let mut labels: Vec<String> = hits.iter().map(|hit| hit["label"].as_str().unwrap().to_owned()).collect();
        labels.sort();
        labels
    };
    assert_eq!(groups.as_array().unwrap().len(), 2, "{groups}");
    assert_eq!((&groups[0]["entity"], &groups[0]["title"]), (&json!("shop.customer"), &json!("Customer")));
    assert_eq!(labels(&groups[0]), ["上海贸易有限公司", "北京海运"]);
    assert_eq!(labels(&groups[1]), ["海绵"]);
    assert_eq!(groups[0]["hits"][0]["fields"], json!(["name"]));
    let one = world.search("boss", "q=海&entities=customer&limit=1").unwrap()["groups"].clone();
    assert_eq!((&one[0]["more"], one[0]["hits"].as_array().unwrap().len(), &one[1]), (&json!(true), 1, &Json::Null));
    assert_eq!(world.search("boss", "q=").unwrap(), json!({"groups": []}));
    // People and entities that one has no right to answer like nothing there.
    assert_eq!(world.search("nobody", "q=海").unwrap(), json!({"groups": []}));
    assert_eq!(world.search("clerk", "q=绵").unwrap(), json!({"groups": []}));
    assert_eq!(findings(world.search("clerk", "q=a&entities=product")), ["/entities/0 unknown_entity"]);
    assert_eq!(
        findings(world.search("boss", "q=a&entities=nothing&limit=51")),
        ["/entities/0 unknown_entity", "/limit out_of_range"]
    );
}

fn changed_and_archived_records_are_found_by_what_they_say(database: &Database) {
    let world = World::new(database);
    let id = world.create("boss", "customer", &json!({"code": "C1", "name": "上海贸易"})).unwrap().id;
    world.update("boss", "customer", &id, &json!({"name": "北京海运"})).unwrap();
    assert_eq!(found(&world, "boss", "上海"), [""; 0]);
    assert_eq!(found(&world, "boss", "hy"), ["C1"]);
    world.archive("boss", "customer", &id).unwrap();
    assert_eq!(found(&world, "boss", "北京"), [""; 0]);
    assert_eq!(world.search("boss", "q=北京").unwrap(), json!({"groups": []}));
    assert_index_is_exact(&world);
    let back = id.clone();
    world.write("boss", move |session| session.unarchive("customer", &back, None)).unwrap();
    assert_eq!(found(&world, "boss", "北京"), ["C1"]);
    // A write that is refused leaves no words behind.
    assert!(world.update("boss", "customer", &id, &json!({"name": "天津", "code": null})).is_err());
    assert_eq!((found(&world, "boss", "天津"), found(&world, "boss", "北京")), (vec![], vec!["C1".to_owned()]));
    assert_index_is_exact(&world);
}

/// Makes fields searchable, or not any more, and publishes.
fn publish(world: &World, entity: &str, fields: &[(&str, bool)]) {
    let key = DocumentKey { app: "shop".to_owned(), kind: Kind::Entity, name: entity.to_owned() };
    let draft = world.tenant.draft().unwrap();
    let mut document: Json = serde_json::from_str(draft.sources.get(&key).unwrap()).unwrap();
    for field in document["fields"].as_array_mut().unwrap() {
        if let Some((_, searchable)) = fields.iter().find(|(name, _)| field["name"] == *name) {
            field["searchable"] = json!(searchable);
        }
    }
    let act = Act::of_engine(NOW, 77);
    let text = document.to_string();
    let put = move |tx: &mut kontor_storage::Tx| draft::put(tx, act, &key, &text, &Precondition::None).map(drop);
    world.tenant.db().write_blocking(Queue::Interactive, put).unwrap();
    let backfill: Arc<dyn Backfill> = Arc::new(Recompute);
    world.tenant.publish_draft("search", act, &backfill).unwrap();
}

fn words_of_unreadable_fields_find_nothing(database: &Database) {
    let world = World::new(database);
    publish(&world, "customer", &[("note", true), ("score", true), ("email", true)]);
    let own = json!({"code": "C1", "name": "Eins", "email": "eins@mail.example", "note": "geheim"});
    world.create("sales", "customer", &own).unwrap();
    let boss = json!({"code": "C2", "name": "Zwei", "email": "zwei@mail.example", "note": "geheim", "score": 4711});
    world.create("boss", "customer", &boss).unwrap();
    assert_eq!(found(&world, "boss", "4711"), ["C2"]);
    assert_eq!(found(&world, "boss", "zwei geheim"), ["C2"]);
    // Salespeople see their own customers, without the score; clerks see all, without the address.
    assert_eq!(found(&world, "sales", "mail"), ["C1"]);
    assert_eq!(found(&world, "sales", "geheim"), ["C1"]);
    assert_eq!(found(&world, "sales", "4711"), [""; 0]);
    assert_eq!(found(&world, "clerk", "4711"), ["C2"]);
    assert_eq!(found(&world, "clerk", "mail"), [""; 0]);
    assert_eq!(found(&world, "clerk", "zwei mail"), [""; 0]);
    // Who has both roles reads the address of their own rows only.
    let mine = json!({"code": "C3", "name": "Drei", "email": "drei@mail.example"});
    world.create("both", "customer", &mine).unwrap();
    assert_eq!(found(&world, "both", "mail"), ["C3"]);
    assert_eq!(found(&world, "both", "geheim"), ["C1", "C2"]);
    // Byte for byte like a word that is nowhere, in lists and in hits.
    for (who, hidden) in [("clerk", "mail"), ("sales", "4711"), ("sales", "zwei"), ("nobody", "eins")] {
        let answers =
            |q: &str| (world.list(who, "customer", &format!("q={q}&count=true")).ok(), world.search(who, &format!("q={q}")).ok());
        assert_eq!(answers(hidden), answers("xyzzy"), "{who} {hidden}");
    }
}

fn a_field_that_becomes_searchable_is_filled_at_publish(database: &Database) {
    let world = World::new(database);
    for index in 0..7 {
        let body =
            json!({"code": format!("C{index}"), "name": format!("N{index}"), "note": format!("备注{index}"), "grade": "a"});
        world.create("boss", "customer", &body).unwrap();
    }
    assert_eq!(found(&world, "boss", "备注"), [""; 0]);
    publish(&world, "customer", &[("note", true), ("grade", true)]);
    assert_eq!(found(&world, "boss", "备注 n3"), ["C3"]);
    // Options are found by their titles.
    assert_eq!(found(&world, "boss", "甲 n5"), ["C5"]);
    assert_index_is_exact(&world);
    publish(&world, "customer", &[("note", false)]);
    assert_eq!(found(&world, "boss", "备注"), [""; 0]);
    assert_index_is_exact(&world);
}

fn the_index_is_what_the_records_say(database: &Database) {
    const WORDS: [&str; 8] = ["上海", "Müller", "ＡＢＣ", "重庆长城", "x-1", "", "ｶﾀｶﾅ", "SO-2026"];
    let world = World::new(database);
    publish(&world, "customer", &[("note", true), ("since", true), ("score", true)]);
    let mut ids: Vec<String> = Vec::new();
    // A fixed sequence that looks like chance.
    let mut state = 20_260_307_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for step in 0..120 {
        let body = json!({
            "name": format!("{} {} {step}", WORDS[next(8)], WORDS[next(8)]),
            "note": WORDS[next(8)],
            "score": next(1_000),
            "since": format!("2026-01-{:02}", 1 + next(28)),
        });
        let place = next(ids.len() + 1);
        match ids.get(place).cloned() {
            None => {
                let mut made = body;
                made["code"] = json!(format!("C{step}"));
                ids.push(world.create("boss", "customer", &made).unwrap().id);
            }
            Some(id) => match next(4) {
                0 => drop(world.archive("boss", "customer", &id)),
                1 => drop(world.write("boss", move |session| session.unarchive("customer", &id, None))),
                // Refused while archived.
                _ => drop(world.update("boss", "customer", &id, &body)),
            },
        }
        if step % 40 == 39 {
            assert_index_is_exact(&world);
        }
    }
}
