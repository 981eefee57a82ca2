//! Several writes at once or as one: races on a unique key, batches, keys of requests, dry runs.
use kontor_records::{IdempotencyKey, Input, RecordsError, dry_run_blocking, write_blocking};
use kontor_storage::Queue;
use serde_json::json;

use super::world::{World, findings};
use crate::harness::{both_databases, database::Database};

both_databases!(
    fifty_writers_one_wins,
    batches_are_all_or_nothing,
    a_key_writes_once,
    dry_runs_write_nothing,
    numbers_have_no_twins
);

fn fifty_writers_one_wins(database: &Database) {
    let world = World::new(database);
    let won = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..50)
            .map(|index| {
                let world = &world;
                scope.spawn(move || world.create("boss", "customer", &json!({"code": "ONE", "name": format!("N{index}")})))
            })
            .collect();
        tries
            .into_iter()
            .map(|handle| handle.join().unwrap())
            .filter(|result| match result {
                Ok(_) => true,
                Err(RecordsError::Rejected(found)) => {
                    assert_eq!(
                        found.0.iter().map(|finding| (finding.pointer.as_str(), finding.code)).collect::<Vec<_>>(),
                        [("/code", "duplicate")]
                    );
                    false
                }
                Err(other) => panic!("{other:?}"),
            })
            .count()
    });
    assert_eq!(won, 1);
    assert_eq!(world.list("boss", "customer", "count=true").unwrap()["count"], 1);
}

fn numbers_have_no_twins(database: &Database) {
    let world = World::new(database);
    let customer = world.create("boss", "customer", &json!({"code": "A", "name": "A"})).unwrap().id;
    let product = world.create("boss", "product", &json!({"name": "P", "price": "1"})).unwrap().id;
    let body = json!({"customer": customer, "lines": [{"product": product}]});
    let mut numbers: Vec<String> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..20).map(|_| scope.spawn(|| world.create("boss", "order", &body).unwrap())).collect();
        let number = |record: super::world::Record| record.json["number"].as_str().unwrap().to_owned();
        tries.into_iter().map(|handle| number(handle.join().unwrap())).collect()
    });
    numbers.sort();
    let expected: Vec<String> = (1..=20).map(|number| format!("SO-202603-{number:04}")).collect();
    assert_eq!(numbers, expected);
}

fn batches_are_all_or_nothing(database: &Database) {
    let world = World::new(database);
    let batch = |body: serde_json::Value| {
        let input = Input::from(&body);
        world
            .write("boss", move |session| session.batch("customer", &input))
            .map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap())
    };
    let made = batch(json!({"create": [{"code": "A", "name": "A"}, {"code": "B", "name": "B"}]})).unwrap();
    let (a, b) = (made["created"][0].as_str().unwrap(), made["created"][1].as_str().unwrap());
    let refused = batch(
        json!({"create": [{"code": "C", "name": "C"}, {"code": "A", "name": "again"}, {"code": "D"}], "update": [{"id": a, "name": "new"}]}),
    );
    assert_eq!(findings(refused), ["/create/1/code duplicate", "/create/2/name required"]);
    // Two of the batch with one code.
    assert_eq!(
        findings(batch(json!({"create": [{"code": "E", "name": "E"}, {"code": "E", "name": "F"}]}))),
        ["/create/1/code duplicate"]
    );
    assert_eq!(world.list("boss", "customer", "count=true").unwrap()["count"], 2);
    let done =
        batch(json!({"create": [{"code": "C", "name": "C"}], "update": [{"id": a, "name": "new"}], "delete": [b]})).unwrap();
    assert_eq!((&done["updated"], &done["deleted"]), (&json!(1), &json!(1)));
    assert_eq!(world.get("boss", "customer", a, "").unwrap().json["name"], "new");
    assert_eq!(findings(batch(json!({"creat": [], "delete": 7}))), ["/creat unknown_property", "/delete wrong_type"]);
    // The code of an archived record is free again, until it comes back.
    world.create("boss", "customer", &json!({"code": "B", "name": "B2"})).unwrap();
    let b = b.to_owned();
    assert_eq!(findings(world.write("boss", move |session| session.unarchive("customer", &b, None))), ["/code duplicate"]);
}

fn a_key_writes_once(database: &Database) {
    let world = World::new(database);
    let send = |fingerprint: &str| {
        let key = IdempotencyKey { key: "k1".to_owned(), fingerprint: fingerprint.to_owned() };
        let input = Input::from(&json!({"code": "A", "name": "A"}));
        world.write("boss", move |session| {
            session.once(Some(&key), |session| session.create("customer", &input).map(|shown| shown.body))
        })
    };
    let first = send("one").unwrap();
    assert_eq!(send("one").unwrap(), first);
    assert!(matches!(send("two"), Err(RecordsError::KeyReused)));
    assert_eq!(world.list("boss", "customer", "count=true").unwrap()["count"], 1);
}

fn dry_runs_write_nothing(database: &Database) {
    let world = World::new(database);
    let input = Input::from(&json!({"code": "A", "name": "A"}));
    let again = input.clone();
    let run = dry_run_blocking(&world.tenant, Queue::Background, world.caller("boss"), move |session| {
        session.create_each("customer", &[again.clone(), Input::from(&json!({"code": "B"})), again.clone()])
    });
    let verdicts = run.unwrap();
    assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(world.list("boss", "customer", "count=true").unwrap()["count"], 0);
    let product = world.create("boss", "product", &json!({"name": "P", "price": "1.5"})).unwrap().id;
    let record = json!({"lines": [{"product": product, "qty": "2"}], "discount": "2", "total": "77", "number": "x"});
    let seen = world.evaluate("boss", "order", &record).unwrap();
    assert_eq!(seen["record"]["subtotal"], "3.00");
    assert_eq!(seen["record"]["lines"][0]["price"], "1.50");
    assert_eq!(seen["record"]["order_date"], "2026-03-07");
    let codes: Vec<&str> = seen["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(codes, ["/customer", "/discount"]);
    assert_eq!(world.list("boss", "order", "count=true").unwrap()["count"], 0);
    let stale = write_blocking(&world.tenant, Queue::Interactive, world.caller("boss"), move |session| {
        let made = session.create("customer", &input)?;
        session.update("customer", &made.id, &Input::object([("name", Input::text("B"))]), Some(7))
    });
    assert!(matches!(stale, Err(RecordsError::Stale { current: 1 })));
    assert_eq!(world.list("boss", "customer", "count=true").unwrap()["count"], 0);
}
