//! What people may see and do: a matrix of roles, answers about hidden fields, two roles on one person.
use std::fmt::Write as _;

use kontor_records::RecordsError;
use serde_json::{Value as Json, json};

use super::world::{World, findings};
use crate::harness::{both_databases, cases::golden, database::Database};

both_databases!(
    the_matrix_is_as_written,
    a_hidden_field_answers_like_no_field,
    two_roles_add_up_by_row,
    a_hidden_entity_is_not_there,
    a_person_cannot_give_a_record_away,
);

/// Something to do, and what comes of it in one word.
type Deed = (&'static str, fn(&World, &str, &Things) -> Result<(), RecordsError>);

struct Things {
    own: String,
    foreign: String,
    product: String,
    order: String,
}

const DEEDS: [Deed; 14] = [
    ("customer create", |world, name, _| {
        world.create(name, "customer", &json!({"code": format!("X{name}"), "name": "X"})).map(drop)
    }),
    ("customer read own", |world, name, things| world.get(name, "customer", &things.own, "").map(drop)),
    ("customer read foreign", |world, name, things| world.get(name, "customer", &things.foreign, "").map(drop)),
    ("customer update name own", |world, name, things| {
        world.update(name, "customer", &things.own, &json!({"name": format!("by {name}")})).map(drop)
    }),
    ("customer update name foreign", |world, name, things| {
        world.update(name, "customer", &things.foreign, &json!({"name": format!("by {name}")})).map(drop)
    }),
    ("customer update limit own", |world, name, things| {
        world.update(name, "customer", &things.own, &json!({"limit": "77"})).map(drop)
    }),
    ("customer update score own", |world, name, things| {
        world.update(name, "customer", &things.own, &json!({"score": 77})).map(drop)
    }),
    ("customer update score foreign", |world, name, things| {
        world.update(name, "customer", &things.foreign, &json!({"score": 78})).map(drop)
    }),
    ("product read", |world, name, things| world.get(name, "product", &things.product, "").map(drop)),
    ("product update cost", |world, name, things| {
        world.update(name, "product", &things.product, &json!({"cost": "9"})).map(drop)
    }),
    ("product update price", |world, name, things| {
        world.update(name, "product", &things.product, &json!({"price": "9"})).map(drop)
    }),
    ("order send", |world, name, things| world.act(name, "order", &things.order, "send").map(drop)),
    ("order finish", |world, name, things| world.act(name, "order", &things.order, "finish").map(drop)),
    ("customer archive own", |world, name, things| world.archive(name, "customer", &things.own)),
];

fn verdict(result: Result<(), RecordsError>) -> String {
    match result {
        Ok(()) => "yes".to_owned(),
        Err(RecordsError::NotFound) => "not found".to_owned(),
        Err(RecordsError::Rejected(found)) => found.0.iter().map(|finding| finding.code).collect::<Vec<_>>().join(" "),
        Err(other) => panic!("{other:?}"),
    }
}

fn the_matrix_is_as_written(database: &Database) {
    let world = World::new(database);
    let mut out = String::from("# Roles of the app shop: what each person may do. `own`: the record belongs to the person.\n");
    for (round, name) in ["boss", "sales", "clerk", "both", "nobody"].into_iter().enumerate() {
        let owner = world.user(name);
        let make = |code: &str, owner: &str| {
            let body = json!({"code": format!("{code}{round}"), "name": "N", "owner": owner});
            world.create("engine", "customer", &body).unwrap().id
        };
        let product =
            world.create("boss", "product", &json!({"name": format!("P{round}"), "price": "1", "cost": "1"})).unwrap().id;
        let (own, foreign) = (make("O", &owner), make("F", &world.user("other")));
        let order = json!({"customer": own, "owner": owner, "lines": [{"product": product}]});
        let order = world.create("engine", "order", &order).unwrap().id;
        let things = Things { own, foreign, product, order };
        let _written = writeln!(out, "\n## {name}");
        for (deed, run) in DEEDS {
            let _written = writeln!(out, "{deed:32}{}", verdict(run(&world, name, &things)));
        }
        for (entity, id) in [("customer", &things.foreign), ("product", &things.product), ("order", &things.order)] {
            if let Ok(record) = world.get(name, entity, id, "") {
                let fields: Vec<&str> = record.json.as_object().unwrap().keys().map(String::as_str).collect();
                let _written = writeln!(out, "{entity:32}{}", fields.join(" "));
            }
        }
    }
    golden("records/matrix.txt", &out);
}

/// The same request with the name of a hidden field and with a name that nobody gave.
fn same(database: &World, request: impl Fn(&str) -> Result<Json, RecordsError>, what: &str) {
    let text = |name: &str| {
        let answer = match request(name) {
            Ok(answer) => answer.to_string(),
            Err(RecordsError::Rejected(findings)) => format!("{:?}", findings.0),
            Err(other) => format!("{other:?}"),
        };
        answer.replace(name, "NAME")
    };
    let _world = database;
    assert_eq!(text("cost"), text("hush"), "{what}");
}

fn a_hidden_field_answers_like_no_field(database: &Database) {
    let world = World::new(database);
    let product = world.create("boss", "product", &json!({"name": "Cup", "price": "2", "cost": "1"})).unwrap();
    let customer = world.create("sales", "customer", &json!({"code": "A", "name": "A"})).unwrap();
    let order = world.create("sales", "order", &json!({"customer": customer.id, "lines": [{"product": product.id}]})).unwrap();
    world.update("boss", "product", &product.id, &json!({"cost": "1.5"})).unwrap();
    for params in [
        "fields={}",
        "sort={}",
        "sort=-{}",
        "filter={} > 1",
        "filter={} == null",
        "expand={}",
        "fields=name,{}.name",
        "{}=1",
        "filter=price > {}",
        "filter=name == \"{}\" && {} < 5",
        "count=true&filter={} > 1",
        "fields={},nope&sort={}&filter={} > nope",
    ] {
        same(&world, |name| world.list("sales", "product", &params.replace("{}", name)), params);
    }
    for params in [
        "fields=customer,lines.product.{}",
        "fields=customer.{}",
        "filter=lines.sum(|l| l.product.{}) > 1",
        "sort=customer.{}",
        "expand=lines.{}",
    ] {
        same(&world, |name| world.list("sales", "order", &params.replace("{}", name)), params);
    }
    for params in [
        "group={}&measures=count()",
        "group=month({})&measures=count()",
        "group=nope({})&measures=count()",
        "measures=sum({})",
        "measures=count_distinct({})",
        "measures=max({}),count()&group=name",
        "measures=count()&filter={} > 1",
        "measures=count()&having={} > 1",
        "measures=count()&having=sum({}) > 1",
        "measures=count()&having=count() > len({}.name) || year({}) > max({})",
        "measures=count()&having={}.any(|l| l.{} > 1)",
        "measures=count()&having=count() > \"{}\"",
        "measures=count()&sort=-{}",
        "measures=count()&sort=day({}),-avg({}),{}.name",
        "group={}&measures=sum({})&having={} > 1&sort={}&filter={} > 1",
    ] {
        same(&world, |name| world.aggregate("sales", "product", &params.replace("{}", name)), params);
    }
    same(&world, |name| world.get("sales", "product", &product.id, &format!("fields={name}")).map(|record| record.json), "get");
    let patch = |name: &str| json!({ (name): "1.5" });
    same(
        &world,
        |name| world.update("boss", "customer", &customer.id, &patch(name)).map(|record| record.json),
        "update elsewhere",
    );
    same(&world, |name| world.create("sales", "customer", &patch(name)).map(|record| record.json), "create");
    same(&world, |name| world.evaluate("sales", "customer", &patch(name)), "evaluate");
    for text in [
        world.list("sales", "product", "").unwrap().to_string(),
        world.get("sales", "product", &product.id, "").unwrap().json.to_string(),
        world.history("sales", "product", &product.id).unwrap().to_string(),
        world.get("sales", "order", &order.id, "expand=lines.product").unwrap().json.to_string(),
    ] {
        assert!(!text.contains("cost") && !text.contains("1.5"), "{text}");
    }
    assert!(world.history("boss", "product", &product.id).unwrap().to_string().contains("\"field\":\"cost\""));
}

fn two_roles_add_up_by_row(database: &Database) {
    let world = World::new(database);
    let make = |code: &str, owner: &str| {
        let body = json!({"code": code, "name": code, "email": format!("{code}@x.de").to_lowercase(), "limit": "5", "score": 3, "owner": world.user(owner)});
        world.create("engine", "customer", &body).unwrap().id
    };
    let (own, foreign) = (make("OWN", "both"), make("FOR", "other"));
    // As sales the person sees e-mail and limit of their own rows, as clerk the score of every row.
    let list = world.list("both", "customer", "fields=code,email,limit,score&sort=code").unwrap();
    let row = |code: &str, email: Json, limit: Json| json!({"code": code, "email": email, "limit": limit, "score": 3});
    let items: Vec<Json> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let mut item = item.clone();
            item.as_object_mut().unwrap().remove("id");
            item
        })
        .collect();
    assert_eq!(items, [row("FOR", Json::Null, Json::Null), row("OWN", json!("own@x.de"), json!("5.00"))]);
    assert_eq!(world.list("both", "customer", "filter=email != null&count=true").unwrap()["count"], 1);
    assert_eq!(world.list("both", "customer", "filter=limit == 5&count=true").unwrap()["count"], 1);
    let sums = world.aggregate("both", "customer", "measures=sum(limit),count()").unwrap();
    assert_eq!(sums["items"], json!([{"sum(limit)": "5.00", "count()": 2}]));
    let groups = world.aggregate("both", "customer", "group=email&measures=count()").unwrap();
    assert_eq!(groups["items"], json!([{"email": null, "count()": 1}, {"email": "own@x.de", "count()": 1}]));
    assert_eq!(world.get("both", "customer", &foreign, "").unwrap().json["email"], Json::Null);
    // Writing follows the same rows.
    world.update("both", "customer", &own, &json!({"email": "new@x.de", "score": 4})).unwrap();
    assert_eq!(
        findings(world.update("both", "customer", &foreign, &json!({"email": "new@x.de", "score": 4}))),
        ["/email read_only"]
    );
    world.update("both", "customer", &foreign, &json!({"score": 4})).unwrap();
    // A hidden value cannot be guessed by sending it back.
    assert_eq!(findings(world.update("both", "customer", &foreign, &json!({"limit": "5"}))), ["/limit read_only"]);
    world.update("boss", "customer", &foreign, &json!({"email": "secret@x.de"})).unwrap();
    let history = world.history("both", "customer", &foreign).unwrap().to_string();
    assert!(!history.contains("secret@x.de") && !history.contains("\"email\""), "{history}");
    assert!(world.history("both", "customer", &own).unwrap().to_string().contains("new@x.de"));
}

fn a_hidden_entity_is_not_there(database: &Database) {
    let world = World::new(database);
    for entity in ["order", "shop.order", "nothing", "order_line"] {
        assert!(matches!(world.list("clerk", entity, "filter=nonsense((&x=1"), Err(RecordsError::NotFound)), "{entity}");
        assert!(matches!(world.create("clerk", entity, &json!({"x": 1})), Err(RecordsError::NotFound)), "{entity}");
    }
    assert!(matches!(world.list("boss", "order_line", ""), Err(RecordsError::NotFound)), "lines have no door of their own");
}

fn a_person_cannot_give_a_record_away(database: &Database) {
    let world = World::new(database);
    let other = world.user("other");
    let refused = json!({"code": "A", "name": "A", "owner": other, "created_by": other, "id": other, "revision": 9, "archived_at": "2026-01-01T00:00:00Z"});
    assert_eq!(
        findings(world.create("sales", "customer", &refused)),
        ["/archived_at read_only", "/created_by read_only", "/id read_only", "/owner read_only", "/revision read_only"]
    );
    let customer = world.create("sales", "customer", &json!({"code": "A", "name": "A"})).unwrap();
    assert_eq!(findings(world.update("sales", "customer", &customer.id, &json!({"owner": other}))), ["/owner read_only"]);
    assert_eq!(
        findings(world.create(
            "sales",
            "order",
            &json!({"customer": customer.id, "status": "done", "number": "X", "total": "1", "lines": []})
        )),
        ["/lines too_few_lines", "/number read_only", "/status read_only", "/total read_only"]
    );
}
