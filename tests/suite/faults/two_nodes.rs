//! Two server processes on one PostgreSQL, asked over sockets: writers that collide, what one does the other knows, and a
//! process that dies.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

use crate::harness::{
    database::Database,
    instance::{Instance, folder},
    node::{Address, Node, Person, Reply},
};

/// Writers that begin at once.
const WRITERS: usize = 50;
/// Bookings that a course takes at most.
const SEATS: usize = 20;
/// Writes that the process which is killed acknowledges before.
const BEFORE: usize = 6;
/// Writes of each writer in all.
const EACH: usize = 8;

fn prepared(database: &Database) -> Instance {
    let instance = Instance::new(database);
    for app in ["shop", "register", "course"] {
        instance.install(&folder(&format!("tests/cases/records/{app}")));
    }
    instance.add_person("boss", "shop.boss");
    instance.add_person("keeper", "register.keeper");
    instance.add_person("office", "course.office");
    instance
}

fn started(database: &Database) -> [Node; 2] {
    thread::scope(|scope| {
        let [one, two] = [(), ()].map(|()| scope.spawn(|| Node::start(database)));
        [one.join().unwrap(), two.join().unwrap()]
    })
}

/// A write; one that lost a lock to a crowd is sent again, as its answer says.
fn write(node: Address, person: &Person, path: &str, body: &Json) -> Reply {
    loop {
        let reply = node.ask(person, &format!("POST /api/records/{path}"), Some(body)).unwrap();
        if !is_busy(&reply) {
            return reply;
        }
    }
}

fn is_busy(reply: &Reply) -> bool {
    reply.body["code"] == "busy" || reply.status == 503
}

fn order(customer: &str, product: &str, qty: usize) -> Json {
    json!({"customer": customer, "lines": [{"product": product, "qty": qty.to_string(), "price": "1"}]})
}

#[test]
fn fifty_writers_on_two_nodes_collide_and_all_rules_hold() {
    let database = Database::postgres();
    let instance = prepared(&database);
    let running = started(&database);
    let nodes = running.each_ref().map(Node::at);
    let (boss, keeper) = (nodes[0].signed_in("boss"), nodes[1].signed_in("keeper"));
    let customer = write(nodes[0], &boss, "shop.customer", &json!({"code": "C0", "name": "Rush"})).expect(201).id();
    let product = write(nodes[1], &boss, "shop.product", &json!({"name": "Chai", "price": "1"})).expect(201).id();
    let office = nodes[0].signed_in("office");
    let course = write(nodes[0], &office, "course.course", &json!({"name": "Rush"})).expect(201).id();
    let start = Barrier::new(WRITERS);
    let run = |writer: usize| {
        let node = nodes[writer % 2];
        start.wait();
        let unique = write(node, &boss, "shop.customer", &json!({"code": "ONE", "name": format!("N{writer}")}));
        let invoice = json!({"subject": format!("S{writer}"), "lines": [{"item": "a", "amount": "1"}]});
        let invoice = write(node, &keeper, "register.invoice", &invoice).expect(201).id();
        start.wait();
        let issued = write(node, &keeper, &format!("register.invoice/{invoice}/actions/issue"), &json!({})).expect(200);
        start.wait();
        let summed = write(node, &boss, "shop.order", &order(&customer, &product, writer + 1)).expect(201);
        start.wait();
        let booked = write(node, &office, "course.booking", &json!({"who": format!("W{writer}"), "course": course}));
        [unique, issued, summed, booked]
    };
    let replies: Vec<[Reply; 4]> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn({
                    let run = &run;
                    move || run(writer)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });

    for rush in 0..4 {
        let of = |node: usize| replies.iter().skip(node).step_by(2).map(move |all| &all[rush]);
        assert!(of(0).any(|one| of(1).any(|two| one.overlaps(two))), "none of rush {rush} met another on the other node");
    }
    let counted = |rush: usize| {
        replies.iter().fold(BTreeMap::new(), |mut counted: BTreeMap<u16, usize>, all| {
            *counted.entry(all[rush].status).or_default() += 1;
            counted
        })
    };
    assert_eq!(counted(0), BTreeMap::from([(201, 1), (409, WRITERS - 1)]), "one customer has the code");
    assert_eq!(counted(3), BTreeMap::from([(201, SEATS), (422, WRITERS - SEATS)]), "a course takes no more");
    let numbers: BTreeSet<&str> = replies.iter().map(|[_, issued, ..]| issued.body["number"].as_str().unwrap()).collect();
    let tails: Vec<&str> = numbers.iter().map(|number| number.rsplit('-').next().unwrap()).collect();
    assert_eq!(tails, (1..=WRITERS).map(|number| format!("{number:04}")).collect::<Vec<_>>(), "no gap and none twice");
    let sum = nodes[1].ask(&boss, &format!("GET /api/records/shop.customer/{customer}"), None).unwrap().expect(200).body;
    assert_eq!(sum["order_count"], WRITERS);
    let total = WRITERS * (WRITERS + 1) / 2;
    assert!(sum["order_total"].to_string().contains(&format!("{total}.")), "{} is not {total}", sum["order_total"]);
    instance.assert_whole("after fifty writers on two nodes");
}

#[test]
fn what_one_node_does_the_other_knows() {
    let database = Database::postgres();
    let instance = prepared(&database);
    let running = started(&database);
    let [one, two] = running.each_ref().map(Node::at);
    let (admin, boss) = (one.signed_in("admin"), one.signed_in("boss"));
    let mut stream = two.follow(&boss);
    let made = write(one, &boss, "shop.customer", &json!({"code": "C1", "name": "A"})).expect(201).id();
    assert_eq!(stream.next(), json!({"kind": "created", "entity": "shop.customer", "id": made, "revision": 1}));
    let path = format!("GET /api/records/shop.customer/{made}");
    two.ask(&boss, &path, None).unwrap().expect(200);

    let document = one.ask(&admin, "GET /api/draft/shop/entity/product", None).unwrap().expect(200).body;
    let changed = with_field(document);
    one.ask(&admin, "PUT /api/draft/shop/entity/product", Some(&changed)).unwrap().expect(200);
    let published = one.ask(&admin, "POST /api/draft/publish", Some(&json!({"message": "shelf"}))).unwrap().expect(200).body;
    let live = two.ask(&admin, "GET /api/definitions", None).unwrap().expect(200).body;
    assert_eq!(live["revision"], published["revision"], "the next answer is of the new revision");
    assert_eq!(stream.next()["kind"], "published");

    let filter = "filter=role%20!%3D%20null&limit=100&expand=user";
    let held = one.ask(&admin, &format!("GET /api/records/base.role_assignment?{filter}"), None).unwrap().expect(200).body;
    let of_boss = held["items"].as_array().unwrap().iter().find(|item| item["user"]["email"] == "boss@test.kontor");
    let assignment = of_boss.unwrap_or_else(|| panic!("{held}"))["id"].as_str().unwrap();
    one.ask(&admin, &format!("DELETE /api/records/base.role_assignment/{assignment}"), None).unwrap().expect(204);
    two.ask(&boss, &path, None).unwrap().expect(404);
    assert_eq!(stream.next()["kind"], "rights");

    one.ask(&boss, "DELETE /api/session", None).unwrap().expect(204);
    // A session is believed for a second.
    let signed_out = Instant::now();
    while two.ask(&boss, "GET /api/session", None).unwrap().status != 401 {
        assert!(signed_out.elapsed() < Duration::from_secs(10), "the session goes on");
    }
    instance.assert_whole("after two nodes took turns");
}

fn with_field(mut document: Json) -> Json {
    let title = json!({"zh-CN": "货位", "en": "Shelf"});
    document["fields"].as_array_mut().unwrap().push(json!({"name": "shelf", "title": title, "type": "text"}));
    document
}

/// One of two processes is killed while both write: what was acknowledged is there, the other goes on.
#[test]
fn a_killed_node_loses_nothing_that_it_acknowledged() {
    let database = Database::postgres();
    let instance = prepared(&database);
    let [going_on, mut doomed] = started(&database);
    let (one, two) = (going_on.at(), doomed.at());
    let boss = one.signed_in("boss");
    let customer = write(one, &boss, "shop.customer", &json!({"code": "C0", "name": "Rush"})).expect(201).id();
    let product = write(one, &boss, "shop.product", &json!({"name": "Chai", "price": "1"})).expect(201).id();
    let (acknowledged, enough) = std::sync::mpsc::channel();
    let (order, line) = (order(&customer, &product, 1), "POST /api/records/shop.order");
    let kept: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (acknowledged, boss, order) = (acknowledged.clone(), &boss, &order);
                let node = if writer < 2 { one } else { two };
                scope.spawn(move || {
                    let mut kept = Vec::new();
                    while kept.len() < EACH {
                        match node.ask(boss, line, Some(order)) {
                            Ok(reply) if reply.status == 201 => {
                                kept.push(reply.id());
                                acknowledged.send(writer).unwrap();
                            }
                            Ok(reply) => assert!(is_busy(&reply), "{}", reply.body),
                            // The process is gone; nobody knows whether the last write was stored.
                            Err(_gone) => break,
                        }
                    }
                    kept
                })
            })
            .collect();
        let mut of_doomed = enough.iter().filter(|writer| *writer >= 2);
        for _write in 0..BEFORE {
            of_doomed.next().unwrap();
        }
        doomed.kill();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    for id in &kept {
        one.ask(&boss, &format!("GET /api/records/shop.order/{id}"), None).unwrap().expect(200);
    }
    let stored =
        one.ask(&boss, "GET /api/records/shop.order?count=true", None).unwrap().expect(200).body["count"].as_u64().unwrap();
    let kept = kept.len() as u64;
    assert!((kept..=kept + 2).contains(&stored), "{stored} stored, {kept} acknowledged");
    let sum = one.ask(&boss, &format!("GET /api/records/shop.customer/{customer}"), None).unwrap().expect(200).body;
    assert_eq!(sum["order_count"], stored);
    instance.assert_whole("after a node was killed");
}
