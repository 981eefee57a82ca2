//! What the steps of a publish take on this machine, printed beside what the plan says of them.
//!
//! `make test` only shows that both can be told; `KONTOR_LONG=1` measures a hundred thousand rows. The figures are those of an engine
//! built for tests, without optimisation: the time of an index is the database's own, a fill takes longer than in use.
#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --no-capture")]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use kontor_apps::Stage;
use kontor_storage::schema::AT_ONCE;
use serde_json::json;

use super::{
    large_waits::multiply,
    phases::{Stock, create, double, sizes},
};
use crate::harness::{both_databases, database::Database, raw::Raw};

both_databases!(steps_take_what_the_plan_says);

fn steps_take_what_the_plan_says(database: &Database) {
    let asked = std::env::var("KONTOR_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: usize = asked.unwrap_or(if std::env::var("KONTOR_LONG").is_ok() { 100_000 } else { 1_000 });
    let stock = Stock::new(database);
    let parents: Vec<String> =
        (0..10).map(|number| create(&stock.tenant, "group", &json!({"name": format!("P{number}")})).unwrap()).collect();
    multiply(database, &stock, &parents, rows);
    let rows = rows + stock.items.len();
    index(database, &stock, rows);
    stock.edit("item", |fields| fields[1] = sizes());
    chunk(&stock, "a text becomes a choice", rows);
    stock.edit("item", |fields| *fields.last_mut().unwrap() = double(3));
    chunk(&stock, "a formula changes", rows);
    stock.edit("item", |fields| {
        fields[1] = json!({"id": "size0000", "name": "size", "title": {"zh-CN": "size", "en": "size"}, "type": "text"})
    });
    stock.edit_whole("item", |document| document["label"] = json!("size"));
    chunk(&stock, "another label: converted, sort keys, folded texts", rows);
    stock.assert_filled_in_phases(stock.tenant.snapshot().revision, 1_000);
}

/// Builds an index over numbers, past the engine.
fn index(database: &Database, stock: &Stock, rows: usize) {
    let snapshot = stock.tenant.snapshot();
    let item = snapshot.catalog.entity_named("stock.item").unwrap();
    let table = &snapshot.physical.tables[&item.id];
    let column = &table.columns[&item.field_named("qty").unwrap().id].name;
    let mut raw = Raw::open(database, &stock.tenant);
    let began = Instant::now();
    raw.run(&format!("CREATE INDEX i_measured ON {{t}}\"{}\" (\"{column}\")", table.name));
    let took = began.elapsed();
    raw.run("DROP INDEX {t}i_measured");
    println!("{:?}, {rows} rows: an index in {took:.1?}, {:.1?} for 100,000 rows", database.dialect(), per(took, rows, 100_000));
}

/// Publishes the draft without anybody else and tells what a chunk took, with what the plan says of its steps.
fn chunk(stock: &Stock, what: &str, rows: usize) {
    let plan = stock.tenant.plan_draft().unwrap().plan;
    let planned: Vec<String> = plan
        .steps
        .iter()
        .map(|step| {
            let kind = serde_json::to_value(&step.action).unwrap()["type"].as_str().unwrap().to_owned();
            format!("{kind} {} ms", step.stall_ms)
        })
        .collect();
    assert!(!planned.is_empty(), "{what}");
    let stages = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&stages);
    stock.publish(move |stage| note.lock().unwrap().push((stage, Instant::now(), worked()))).unwrap();
    let stages: Vec<(Stage, Instant, Duration)> = stages.lock().unwrap().clone();
    let at = |wanted: Stage| *stages.iter().find(|(stage, ..)| *stage == wanted).expect("it went in phases");
    let ((_, announced, before), (_, filled, after)) = (at(Stage::Announced), at(Stage::Filled));
    let (chunk, busy) = (per(filled - announced, rows, AT_ONCE), per(after - before, rows, AT_ONCE));
    let last = at(Stage::Live).1 - at(Stage::Indexed).1;
    println!(
        "{rows} rows, {what}: {chunk:.1?} a chunk, {busy:.1?} of them this process's work, the last step {last:.1?}; planned: {}",
        planned.join(", ")
    );
}

/// What this process has worked in all, where the system tells: on a busy machine it says more than the clock.
fn worked() -> Duration {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = told.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or_default();
    // In hundredths of a second: the eleventh and twelfth number behind the process's name and state.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

fn per(took: Duration, rows: usize, of: usize) -> Duration {
    let micros = took.as_micros() * of as u128 / rows as u128;
    Duration::from_micros(u64::try_from(micros).unwrap())
}
