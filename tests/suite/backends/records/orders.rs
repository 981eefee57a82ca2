//! An order from its first line to its archive.
use serde_json::json;

use super::world::{World, findings};
use crate::harness::{both_databases, database::Database};

both_databases!(an_order_lives, findings_come_together, lists_page_without_gaps);

fn an_order_lives(database: &Database) {
    let world = World::new(database);
    let customer = world.create("sales", "customer", &json!({"code": "ACME", "name": "Acme", "country": "DE"})).unwrap();
    assert_eq!(customer.json["owner"], world.user("sales"));
    assert_eq!(customer.json["grade"], "b");
    let cup = world.create("boss", "product", &json!({"name": "Cup", "price": "2.50", "cost": "1"})).unwrap();
    let order = world
        .create("sales", "order", &json!({"customer": customer.id, "lines": [{"product": cup.id, "qty": "3"}, {"product": cup.id, "qty": 2.5, "price": "1.115"}]}))
        .unwrap();
    assert_eq!(order.json["number"], "SO-202603-0001");
    assert_eq!(order.json["order_date"], "2026-03-07");
    assert_eq!(order.json["lines"][0]["amount"], "7.50");
    // 1.115 is rounded half-even to 1.12, times 2.5.
    assert_eq!(order.json["lines"][1]["price"], "1.12");
    assert_eq!(order.json["total"], "10.30");
    assert_eq!(order.json["country"], "DE");
    assert_eq!(order.json["status"], "draft");
    let first = order.json["lines"][0]["id"].as_str().unwrap().to_owned();
    let patch =
        json!({"discount": "0.1", "lines": {"upsert": [{"id": first, "qty": "4"}], "remove": [order.json["lines"][1]["id"]]}});
    let order = world.update("sales", "order", &order.id, &patch).unwrap();
    assert_eq!(order.revision, 2);
    assert_eq!(order.json["subtotal"], "10.00");
    assert_eq!(order.json["total"], "9.00");
    assert_eq!(order.json["lines"].as_array().unwrap().len(), 1);
    // Saying the same again changes nothing.
    let same = world.update("sales", "order", &order.id, &order.json).unwrap();
    assert_eq!(same.revision, 2);
    let sent = world.act("sales", "order", &order.id, "send").unwrap();
    assert_eq!(sent.json["status"], "sent");
    assert_eq!(findings(world.act("sales", "order", &order.id, "send")), ["/status wrong_state"]);
    assert!(world.act("sales", "order", &order.id, "finish").is_err(), "sales may not finish");
    world.act("boss", "order", &order.id, "finish").unwrap();
    let history = world.history("sales", "order", &order.id).unwrap();
    let actions: Vec<&str> = history["items"].as_array().unwrap().iter().map(|item| item["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["finish", "send", "update", "create"]);
    assert!(history["items"][2]["changes"].as_array().unwrap().iter().any(|change| change["field"] == "lines.qty"));
    world.archive("boss", "order", &order.id).unwrap();
    assert_eq!(world.list("boss", "order", "count=true").unwrap()["count"], 0);
    assert_eq!(world.list("boss", "order", "count=true&archived=only").unwrap()["count"], 1);
    assert_eq!(findings(world.update("boss", "order", &order.id, &json!({"discount": "0"}))), [" archived"]);
}

fn findings_come_together(database: &Database) {
    let world = World::new(database);
    let wrong = json!({"name": 7, "country": "XX", "email": "no", "limit": "-1", "grade": "a", "since": "2026-02-30", "score": 1.5, "nope": 1});
    assert_eq!(
        findings(world.create("boss", "customer", &wrong)),
        [
            "/code required",
            "/country unknown_code",
            "/email wrong_format",
            "/limit too_small",
            "/name wrong_type",
            "/nope unknown_property",
            "/note required",
            "/score not_whole",
            "/since not_a_date",
        ]
    );
    let order = json!({"lines": [{"qty": "0.0001"}, {"qty": "-1"}]});
    assert_eq!(
        findings(world.create("boss", "order", &order)),
        [
            "/customer required",
            "/lines/0/product required",
            "/lines/0/qty too_many_decimals",
            "/lines/1/product required",
            "/lines/1/qty too_small"
        ]
    );
    assert_eq!(findings(world.create("boss", "order", &json!({}))), ["/customer required", "/lines too_few_lines"]);
}

fn lists_page_without_gaps(database: &Database) {
    let world = World::new(database);
    for index in 0..25 {
        let country = if index % 2 == 0 { json!("DE") } else { json!(null) };
        world
            .create(
                "boss",
                "customer",
                &json!({"code": format!("C{index:02}"), "name": format!("N{}", index % 3), "country": country}),
            )
            .unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world.list("boss", "customer", &format!("sort=country,-name&limit=4&fields=code&cursor={cursor}")).unwrap();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
        // A record before the place changes nothing for the pages to come.
        if seen.len() == 8 {
            world.create("boss", "customer", &json!({"code": "NEW", "name": "N2"})).unwrap();
        }
    }
    assert_eq!(seen.len(), 25);
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 25);
    let tampered = format!("sort=country,-name&limit=4&fields=code&cursor={cursor}0");
    assert_eq!(findings(world.list("boss", "customer", &tampered)), ["/cursor wrong_cursor"]);
    assert_eq!(findings(world.list("boss", "customer", &format!("sort=name&cursor={cursor}"))), ["/cursor wrong_cursor"]);
    let groups = world.aggregate("boss", "customer", "group=country&measures=count()").unwrap();
    assert_eq!(groups["items"], json!([{"country": null, "count()": 13}, {"country": "DE", "count()": 13}]));
}
