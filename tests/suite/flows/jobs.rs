//! Periodic work: done for every tenant, loaded or not, by one node at a time; what fails waits and stops nobody.
use std::{sync::Arc, thread};

use axum::http::Method;
use kontor_server::{engine::Engine, jobs};
use kontor_storage::{
    Dialect, Queue, StorageError,
    control::jobs::{JobRow, Scope, list, sooner},
    system::event,
};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::harness::{both_databases, database::Database, instance::Instance, raw::Raw};

both_databases!(
    every_tenant_is_worked_for_by_one_node_at_a_time,
    tenants_that_nobody_uses_are_worked_for,
    answers_are_forgotten_after_a_week,
    a_tenant_whose_database_is_damaged_keeps_no_other_waiting,
);

fn every_tenant_is_worked_for_by_one_node_at_a_time(database: &Database) {
    let instance = Instance::new(database);
    instance.add_tenant("second", "Second");
    instance.add_tenant("third", "Third");
    run_due(&instance);
    let rows = rows(&instance);
    assert_eq!(rows.iter().filter(|row| row.scope == Scope::Instance).count(), 1);
    assert_eq!(rows.len() % 3, 1, "the instance's own and as many for each tenant: {rows:?}");
    for _round in 0..3 {
        make_due(&instance);
        let nodes = match database.dialect() {
            Dialect::Sqlite => vec![Arc::clone(instance.engine()); 2],
            Dialect::Postgres => vec![Arc::clone(instance.engine()), Arc::clone(instance.another_node(database).engine())],
        };
        let runs: Vec<u64> = thread::scope(|scope| {
            let workers: Vec<_> = nodes.iter().map(|engine| scope.spawn(|| due(&instance, engine))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        assert_eq!(runs.iter().sum::<u64>(), rows.len() as u64, "each once: {runs:?}");
    }
    assert!(self::rows(&instance).iter().all(|row| row.leased_by.is_none() && row.problem.is_none()));
}

fn tenants_that_nobody_uses_are_worked_for(database: &Database) {
    let first = Instance::new(database);
    let mut raw = Raw::open(database, first.tenant());
    let long_ago = match database.dialect() {
        Dialect::Sqlite => "1",
        Dialect::Postgres => "'2020-01-01'",
    };
    for _event in 0..3 {
        raw.run(&format!("INSERT INTO {{t}}event (writer, kind, revision, made_at) VALUES (0, 'rights', 0, {long_ago})"));
    }
    let engine = Instance::unloaded(database);
    due(&first, &engine);
    make_due(&first);
    due(&first, &engine);
    assert_eq!(engine.apps().in_use().len(), 0, "nothing was loaded for it");
    let yesterday = OffsetDateTime::now_utc() - Duration::hours(12);
    let rest = first.tenant().db().write_blocking(Queue::Background, move |tx| event::forget(tx, yesterday)).unwrap();
    assert_eq!(rest, 0, "nothing is left to forget");
}

fn answers_are_forgotten_after_a_week(database: &Database) {
    let instance = Instance::with_trade(database);
    let admin = instance.client("admin");
    let ask = |name: &str| {
        let body = json!({"code": name, "name": name}).to_string().into_bytes();
        admin.send(Method::POST, "/api/records/product", Some(body), &[("idempotency-key", "k")]).status.as_u16()
    };
    assert_eq!((ask("P1"), ask("P2")), (201, 422));
    let forget = |days| {
        let moment = instance.engine().now() + Duration::days(days);
        instance.runtime().block_on(jobs::run_once(instance.engine(), "forget answers", moment)).unwrap();
    };
    forget(6);
    assert_eq!(ask("P2"), 422);
    forget(8);
    assert_eq!(ask("P2"), 201);
}

fn a_tenant_whose_database_is_damaged_keeps_no_other_waiting(database: &Database) {
    let instance = Instance::new(database);
    instance.add_tenant("second", "Second");
    run_due(&instance);
    make_due(&instance);
    Raw::open(database, instance.tenant()).run("ALTER TABLE {t}event RENAME TO elsewhere");
    let all = rows(&instance).len() as u64;
    assert_eq!(run_due(&instance), all);
    let failed: Vec<JobRow> = rows(&instance).into_iter().filter(|row| row.problem.is_some()).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].scope, Scope::Tenant(instance.tenant().id()));
    assert_eq!(run_due(&instance), 0, "it is tried again later");
    Raw::open(database, instance.tenant()).run("ALTER TABLE {t}elsewhere RENAME TO event");
    make_due(&instance);
    run_due(&instance);
    assert!(rows(&instance).iter().all(|row| row.problem.is_none()));
}

fn run_due(instance: &Instance) -> u64 {
    due(instance, instance.engine())
}

fn due(instance: &Instance, engine: &Arc<Engine>) -> u64 {
    instance.runtime().block_on(jobs::run_due(engine)).unwrap()
}

fn rows(instance: &Instance) -> Vec<JobRow> {
    instance.engine().apps().store().control().read_blocking(list).unwrap()
}

/// As if the time of every job had come.
fn make_due(instance: &Instance) {
    let all = rows(instance);
    let control = instance.engine().apps().store().control();
    let made: Result<(), StorageError> = control.write_blocking(Queue::Interactive, move |tx| {
        all.iter().try_for_each(|row| sooner(tx, row.scope, &row.name, OffsetDateTime::UNIX_EPOCH))
    });
    made.unwrap();
}
