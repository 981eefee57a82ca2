//! Roll-ups over records that refer to a record: stored on it, and always what computing them anew would say.
use std::{collections::BTreeMap, sync::Arc};

use kontor_apps::{Act, DocumentKey, draft};
use kontor_definitions::model::Kind;
use kontor_records::{Input, Recompute};
use kontor_storage::Queue;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::world::{NOW, World, findings};
use crate::harness::{both_databases, database::Database};

both_databases!(
    random_writes_keep_totals,
    fifty_writers_of_one_total,
    totals_move_without_a_trace,
    a_published_rollup_is_filled,
    a_total_out_of_range_is_refused
);

/// Everything of an entity, archived records too, by id.
fn all(world: &World, entity: &str) -> BTreeMap<String, Json> {
    let list = world.list("engine", entity, "limit=200&archived=with").unwrap();
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| (item["id"].as_str().unwrap().to_owned(), item.clone())).collect()
}

fn number(value: &Json) -> Decimal {
    match value {
        Json::String(text) => text.parse().unwrap(),
        Json::Number(number) => number.to_string().parse().unwrap(),
        other => panic!("{other} is no number"),
    }
}

/// Compares every stored total with what the records say.
fn check(world: &World) {
    let (orders, customers) = (all(world, "order"), all(world, "customer"));
    for (id, customer) in &customers {
        let of = orders.values().filter(|order| order["customer"] == **id && order["archived_at"].is_null());
        let of: Vec<&Json> = of.collect();
        let totals: Vec<Decimal> = of.iter().map(|order| number(&order["total"])).collect();
        let open: Decimal = of.iter().filter(|order| order["status"] != "done").map(|order| number(&order["total"])).sum();
        assert_eq!(number(&customer["order_count"]), Decimal::from(of.len()), "{customer}");
        assert_eq!(number(&customer["order_total"]), open, "{customer}");
        assert_eq!(number(&customer["credit_left"]), Decimal::from(1_000) - open, "{customer}");
        let largest = Some(&customer["largest"]).filter(|value| !value.is_null()).map(number);
        assert_eq!(largest, totals.iter().max().copied(), "{customer}");
        let first = of.iter().map(|order| order["order_date"].as_str().unwrap()).min();
        assert_eq!(customer["first_order"].as_str(), first, "{customer}");
        let mean = (!of.is_empty()).then(|| (totals.iter().sum::<Decimal>() / Decimal::from(of.len())).round_dp(2));
        assert_eq!(Some(&customer["mean"]).filter(|value| !value.is_null()).map(number), mean, "{customer}");
    }
    for (id, group) in all(world, "group") {
        let of = || customers.values().filter(|customer| customer["group"] == *id && customer["archived_at"].is_null());
        assert_eq!(number(&group["customers"]), Decimal::from(of().count()), "{group}");
        assert_eq!(number(&group["turnover"]), of().map(|customer| number(&customer["order_total"])).sum(), "{group}");
    }
    let mut sold: BTreeMap<String, Decimal> = BTreeMap::new();
    for id in orders.keys() {
        let order = world.get("engine", "order", id, "").unwrap().json;
        for line in order["lines"].as_array().unwrap() {
            *sold.entry(line["product"].as_str().unwrap().to_owned()).or_default() += number(&line["qty"]);
        }
    }
    for (id, product) in all(world, "product") {
        assert_eq!(number(&product["sold"]), sold.get(&id).copied().unwrap_or_default(), "{product}");
    }
}

fn some<'v>(random: &mut StdRng, from: &'v [String]) -> &'v str {
    &from[random.random_range(0..from.len())]
}

fn random_writes_keep_totals(database: &Database) {
    let world = World::new(database);
    let mut random = StdRng::seed_from_u64(11);
    let make = |entity: &str, body: Json| world.create("engine", entity, &body).unwrap().id;
    let groups: Vec<String> = (0..2).map(|index| make("group", json!({"name": format!("G{index}")}))).collect();
    let products: Vec<String> =
        (1..4).map(|index| make("product", json!({"name": format!("P{index}"), "price": format!("{index}.25")}))).collect();
    let customer = |index: usize| json!({"code": format!("C{index}"), "name": "C", "limit": "1000", "group": groups[index % 2]});
    let customers: Vec<String> = (0..4).map(|index| make("customer", customer(index))).collect();
    let mut orders: Vec<String> = Vec::new();
    check(&world);
    for step in 0..60 {
        let line = json!({"product": some(&mut random, &products), "qty": random.random_range(1..9).to_string()});
        let order = json!({"customer": some(&mut random, &customers), "lines": [line],
            "order_date": format!("2026-03-{:02}", random.random_range(1..28))});
        let id = if orders.is_empty() { String::new() } else { some(&mut random, &orders).to_owned() };
        match random.random_range(0..8) {
            0 | 1 => orders.push(world.create("engine", "order", &order).unwrap().id),
            _ if orders.len() < 4 => orders.push(world.create("engine", "order", &order).unwrap().id),
            // Moves it to another customer with other lines; a record in the archive refuses and nothing changes.
            2 => drop(world.update("engine", "order", &id, &order)),
            3 => drop(world.update("engine", "order", &id, &json!({"discount": "0.1", "lines": {"upsert": [line]}}))),
            4 => drop(world.archive("engine", "order", &id)),
            5 => drop(world.write("engine", move |session| session.unarchive("order", &id, None))),
            6 => {
                let action = if step % 2 == 0 { "send" } else { "finish" };
                drop(world.act("engine", "order", &id, action));
            }
            _ => {
                let (first, other) = (&orders[0], &orders[1]);
                let patch = json!({"id": first, "customer": some(&mut random, &customers)});
                let batch = Input::from(&json!({"create": [order, order], "update": [patch], "delete": [other]}));
                drop(world.write("engine", move |session| session.batch("order", &batch)));
                orders = all(&world, "order").into_keys().collect();
            }
        }
        let moved = json!({"group": some(&mut random, &groups)});
        world.update("engine", "customer", some(&mut random, &customers), &moved).unwrap();
        if step % 10 == 9 {
            check(&world);
        }
    }
    let live = world.list("engine", "order", "count=true").unwrap();
    assert!(live["count"].as_u64().unwrap() > 4, "the writes left something to add up");
    let sorted = world.list("engine", "customer", "sort=-order_total&filter=order_total > 0").unwrap();
    let totals: Vec<Decimal> = sorted["items"].as_array().unwrap().iter().map(|item| number(&item["order_total"])).collect();
    assert!(!totals.is_empty() && totals.is_sorted_by(|a, b| a >= b), "{totals:?}");
}

fn fifty_writers_of_one_total(database: &Database) {
    let world = World::new(database);
    let group = world.create("boss", "group", &json!({"name": "G"})).unwrap().id;
    let customer = world.create("boss", "customer", &json!({"code": "A", "name": "A", "group": group})).unwrap().id;
    let product = world.create("boss", "product", &json!({"name": "P", "price": "1.01"})).unwrap().id;
    let body = json!({"customer": customer, "lines": [{"product": product, "qty": "1"}]});
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..50).map(|_| scope.spawn(|| world.create("boss", "order", &body).unwrap())).collect();
        writers.into_iter().for_each(|writer| drop(writer.join().unwrap()));
    });
    let after = world.get("boss", "customer", &customer, "").unwrap().json;
    assert_eq!((&after["order_count"], &after["order_total"]), (&json!(50), &json!("50.50")));
    assert_eq!(world.get("boss", "group", &group, "").unwrap().json["turnover"], "50.50");
    assert_eq!(number(&world.get("boss", "product", &product, "").unwrap().json["sold"]), Decimal::from(50));
}

fn totals_move_without_a_trace(database: &Database) {
    let world = World::new(database);
    let make = |code: &str| world.create("boss", "customer", &json!({"code": code, "name": code, "limit": "10"})).unwrap();
    let (first, second) = (make("A"), make("B"));
    assert_eq!((&first.json["order_count"], &first.json["order_total"]), (&json!(0), &json!("0.00")));
    assert_eq!((&first.json["largest"], &first.json["credit_left"]), (&Json::Null, &json!("10.00")));
    let product = world.create("boss", "product", &json!({"name": "P", "price": "4"})).unwrap().id;
    let body = json!({"customer": first.id, "lines": [{"product": product, "qty": "1"}]});
    let order = world.create("boss", "order", &body).unwrap().id;
    world.update("boss", "order", &order, &json!({"customer": second.id})).unwrap();
    let (was, is) =
        (world.get("boss", "customer", &first.id, "").unwrap(), world.get("boss", "customer", &second.id, "").unwrap());
    assert_eq!((&was.json["order_total"], &is.json["order_total"]), (&json!("0.00"), &json!("4.00")));
    assert_eq!(is.json["credit_left"], "6.00");
    for record in [&was, &is] {
        assert_eq!(record.revision, 1);
        assert_eq!(world.history("boss", "customer", &record.id).unwrap()["items"].as_array().unwrap().len(), 1);
    }
    // What was read may be sent back, also when others have moved the total meanwhile.
    let mut stale = first.json.clone();
    stale["order_total"] = json!("77.00");
    assert_eq!(world.update("boss", "customer", &first.id, &stale).unwrap().revision, 1);
    assert_eq!(findings(world.create("boss", "customer", &json!({"code": "C", "name": "C", "order_count": 3}))).len(), 1);
}

fn a_published_rollup_is_filled(database: &Database) {
    let world = World::new(database);
    let group = world.create("boss", "group", &json!({"name": "G"})).unwrap().id;
    let customer = world.create("boss", "customer", &json!({"code": "A", "name": "A", "group": group})).unwrap().id;
    let product = world.create("boss", "product", &json!({"name": "P", "price": "3"})).unwrap().id;
    let body = json!({"customer": customer, "lines": [{"product": product, "qty": "2"}]});
    for _ in 0..3 {
        world.create("boss", "order", &body).unwrap();
    }
    // A new one, one that combines otherwise, and one above both that nobody edits.
    let edit = |name: &'static str, change: &dyn Fn(&mut Vec<Json>)| {
        let key = DocumentKey::new("shop", Kind::Entity, name);
        let current = world.tenant.db().read_blocking(move |tx| draft::get(tx, &DocumentKey::new("shop", Kind::Entity, name)));
        let mut document: Json = serde_json::from_str(&current.unwrap().text).unwrap();
        change(document["fields"].as_array_mut().unwrap());
        let text = document.to_string();
        let put = world.tenant.db().write_blocking(Queue::Interactive, move |tx| {
            draft::put(tx, Act::of_engine(NOW, 77), &key, &text, &draft::Precondition::None).map(drop)
        });
        put.unwrap();
    };
    edit("customer", &|fields| {
        let title = json!({"zh-CN": "大单数", "en": "Large orders"});
        fields.push(json!({"id": "d5c9w3ny", "name": "large", "title": title, "type": "rollup", "of": "order.customer",
            "function": "count", "filter": "total >= 6"}));
        let open = fields.iter_mut().find(|field| field["name"] == "order_total").unwrap();
        open["filter"] = json!("status == \"draft\" && total > 7");
    });
    let backfill: Arc<dyn kontor_apps::Backfill> = Arc::new(Recompute);
    world.tenant.publish_draft("", Act::of_engine(NOW, 78), &backfill).unwrap();
    let after = world.get("boss", "customer", &customer, "").unwrap();
    assert_eq!((&after.json["large"], &after.json["order_total"]), (&json!(3), &json!("0.00")));
    assert_eq!(after.json["credit_left"], "0.00");
    assert_eq!(after.revision, 1);
    assert_eq!(world.get("boss", "group", &group, "").unwrap().json["turnover"], "0.00");
    world.create("boss", "order", &body).unwrap();
    assert_eq!(world.get("boss", "customer", &customer, "").unwrap().json["large"], 4);
}

fn a_total_out_of_range_is_refused(database: &Database) {
    let world = World::new(database);
    let customer = world.create("boss", "customer", &json!({"code": "A", "name": "A"})).unwrap().id;
    let product = world.create("boss", "product", &json!({"name": "P", "price": "9000000000000"})).unwrap().id;
    let body = json!({"customer": customer, "lines": [{"product": product, "qty": "10"}]});
    world.create("boss", "order", &body).unwrap();
    assert_eq!(findings(world.create("boss", "order", &body)), [" overflow"]);
    assert_eq!(world.get("boss", "customer", &customer, "").unwrap().json["order_count"], 1);
}
