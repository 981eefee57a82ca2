//! PostgreSQL restarts while people write: they are told, what was acknowledged stays, and service goes on by itself.
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

use crate::harness::{
    client::Client,
    cluster::Cluster,
    database::Database,
    instance::{Instance, folder},
};

/// Nobody waits longer for the service to come back.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Written {
    kept: Vec<String>,
    refused: Vec<Json>,
}

#[test]
fn a_restart_of_postgresql_is_told_and_overcome() {
    let cluster = Cluster::start();
    let database = Database::on(cluster.url());
    let instance = Instance::new(&database);
    instance.install(&folder("tests/cases/records/shop"));
    instance.add_person("boss", "shop.boss");
    let boss = instance.client("boss");
    let mut stream = boss.follow(None);
    let restarted = AtomicBool::new(false);
    let written: Vec<Written> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                scope.spawn({
                    let (boss, restarted) = (&boss, &restarted);
                    move || writes(boss, writer, restarted)
                })
            })
            .collect();
        // Everybody is at work when it happens.
        stream.expect();
        cluster.restart();
        restarted.store(true, Ordering::SeqCst);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let refused: Vec<&Json> = written.iter().flat_map(|one| &one.refused).collect();
    assert!(!refused.is_empty(), "nobody noticed the restart");
    for problem in refused {
        assert_eq!(problem["code"], "unavailable", "{problem}");
        let text = problem.to_string();
        assert!(!["127.0.0.1", "postgres", "SELECT", "INSERT"].iter().any(|word| text.contains(word)), "{text}");
    }
    for id in written.iter().flat_map(|one| &one.kept) {
        boss.get(&format!("/api/records/shop.customer/{id}")).expect(200);
    }
    assert_eq!(boss.get("/readyz").status, 200);
    // Streams ended with the database; who comes back hears all that was missed, and what comes after.
    let mut stream = boss.follow(Some(&stream.last_id));
    let last = boss.post("/api/records/shop.customer", &json!({"code": "LAST", "name": "Last"})).expect(201).json()["id"].clone();
    let mut heard = BTreeSet::new();
    while !heard.contains(last.as_str().unwrap()) {
        heard.insert(stream.next(PATIENCE).expect("the stream goes on")["id"].as_str().unwrap().to_owned());
    }
    assert!(written.iter().flat_map(|one| &one.kept).filter(|id| heard.contains(*id)).count() > 4, "{heard:?}");
    instance.assert_whole("after a restart of PostgreSQL");
}

/// Writes without pause until two writes after the restart went well.
fn writes(boss: &Client, writer: usize, restarted: &AtomicBool) -> Written {
    let (mut written, mut after, begun) = (Written::default(), 0, Instant::now());
    let mut number = 0;
    while after < 2 {
        assert!(begun.elapsed() < PATIENCE, "service does not come back");
        let was_restarted = restarted.load(Ordering::SeqCst);
        number += 1;
        let body = json!({"code": format!("{writer}-{number}"), "name": "N"});
        let answer = boss.post("/api/records/shop.customer", &body);
        match answer.status.as_u16() {
            201 => {
                written.kept.push(answer.json()["id"].as_str().unwrap().to_owned());
                after += usize::from(was_restarted);
            }
            503 => written.refused.push(answer.json()),
            other => panic!("{other}: {}", String::from_utf8_lossy(&answer.bytes)),
        }
    }
    written
}
