//! What the steps of a publish take on this machine, printed beside what the plan says of them.
//!
//! `make test` only shows that both can be told; `KONTOR_LONG=1` measures a hundred thousand rows. The figures are those of an engine
//! built for tests, without optimisation: the time of an index is the database's own, a fill takes longer than in use.
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
    let rows: usize = if std::env::var("KONTOR_LONG").is_ok() { 100_000 } else { 1_000 };
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
    stock.publish(move |stage| note.lock().unwrap().push((stage, Instant::now()))).unwrap();
    let stages: Vec<(Stage, Instant)> = stages.lock().unwrap().clone();
    let at = |wanted: Stage| stages.iter().find(|(stage, _)| *stage == wanted).map(|(_, at)| *at).expect("it went in phases");
    let (took, last) = (at(Stage::Filled) - at(Stage::Announced), at(Stage::Live) - at(Stage::Indexed));
    let chunk = per(took, rows, AT_ONCE);
    println!(
        "{rows} rows, {what}: filled in {took:.1?}, {chunk:.1?} a chunk, the last step {last:.1?}; planned: {}",
        planned.join(", ")
    );
}

fn per(took: Duration, rows: usize, of: usize) -> Duration {
    let micros = took.as_micros() * of as u128 / rows as u128;
    Duration::from_micros(u64::try_from(micros).unwrap())
}
