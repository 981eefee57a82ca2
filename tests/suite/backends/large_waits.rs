//! How long writers wait while a large table gets other sort keys and new roll-ups, on PostgreSQL.
//!
//! `make test` goes through three thousand rows; `KONTOR_LONG=1` (`make test-long`) through a million, prints the waits and
//! demands that none is longer than a second. `KONTOR_ROWS` sets another number.
#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --no-capture")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use kontor_apps::Tenant;
use kontor_records::{Params, read_blocking};
use kontor_storage::Dialect;
use serde_json::{Value as Json, json};

use super::phases::{Stock, caller, create, size_of, title, update};
use crate::harness::{database::Database, raw::Raw};

/// The pause of a writer after each write.
const PAUSE: Duration = Duration::from_millis(5);
const WRITERS: usize = 3;
const PARENTS: usize = 10;

#[test]
fn writers_of_a_large_table_wait_less_than_a_second() {
    let long = std::env::var("KONTOR_LONG").is_ok();
    let rows = std::env::var("KONTOR_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: usize = rows.unwrap_or(if long { 1_000_000 } else { 3_000 });
    let database = Database::postgres();
    let stock = Stock::new(&database);
    let parents: Vec<String> =
        (0..PARENTS).map(|number| create(&stock.tenant, "group", &json!({"name": format!("P{number}")})).unwrap()).collect();
    multiply(&database, &stock, &parents, rows);
    let told = |what: &str, Waits { took, writes, longest, after }: Waits| {
        println!(
            "{rows} rows, {what}: published in {took:.1?}, {writes} writes meanwhile, the longest {longest:.0?} (afterwards {after:.0?})"
        );
        assert!(!long || longest < Duration::from_secs(1), "somebody waited longer than a second");
    };
    stock.edit("group", |fields| {
        let rollup = |id: &str, name: &str, function: &str| {
            let mut field = json!({"id": id, "name": name, "title": title(name), "type": "rollup", "of": "item.group",
                "function": function});
            if function != "count" {
                field["field"] = json!("qty");
            }
            field
        };
        fields.push(rollup("gcnt0000", "items", "count"));
        fields.push(rollup("gsum0000", "pieces", "sum"));
        fields.push(rollup("gmax0000", "most", "max"));
    });
    told("three roll-ups over a tenth of the rows each", publish(&stock, &parents));
    stock.assert_filled_in_phases(stock.tenant.snapshot().revision, 1);
    for parent in &parents {
        assert_totals(&stock.tenant, parent);
    }
    stock.edit_whole("item", |document| document["label"] = json!("size"));
    told("sort keys and folded texts of another label", publish(&stock, &parents));
}

/// What writers met.
struct Waits {
    took: Duration,
    writes: usize,
    longest: Duration,
    /// The longest of as many writes without a publish.
    after: Duration,
}

/// Publishes the draft among writers who change items of the parents, and lets them go on for a while afterwards.
fn publish(stock: &Stock, parents: &[String]) -> Waits {
    let (publishing, over) = (AtomicBool::new(true), AtomicBool::new(false));
    let (during, after) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let took = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (publishing, over, during, after) = (&publishing, &over, &during, &after);
            scope.spawn(move || {
                let mut turn = writer;
                while !over.load(Ordering::Relaxed) {
                    // Never the largest: where that goes the next one is looked for among all.
                    let body = json!({"qty": turn % 80, "group": parents[turn * 7 % PARENTS], "size": size_of(turn)});
                    let (began, beside) = (Instant::now(), publishing.load(Ordering::Relaxed));
                    update(&stock.tenant, &stock.items[turn % stock.items.len()], &body).unwrap();
                    let waits = if beside { during } else { after };
                    waits.lock().unwrap().push(began.elapsed());
                    turn += WRITERS;
                    std::thread::park_timeout(PAUSE);
                }
            });
        }
        let began = Instant::now();
        let published = stock.publish(|_| {});
        let took = began.elapsed();
        publishing.store(false, Ordering::Relaxed);
        std::thread::park_timeout(took.clamp(PAUSE, Duration::from_secs(2)));
        over.store(true, Ordering::Relaxed);
        published.unwrap_or_else(|error| panic!("{error:?}"));
        took
    });
    let longest = |waits: &Mutex<Vec<Duration>>| waits.lock().unwrap().iter().max().copied().unwrap_or_default();
    let writes = during.lock().unwrap().len();
    Waits { took, writes, longest: longest(&during), after: longest(&after) }
}

/// Copies of one item, spread over the parents, past the engine.
pub(super) fn multiply(database: &Database, stock: &Stock, parents: &[String], rows: usize) {
    let snapshot = stock.tenant.snapshot();
    let item = snapshot.catalog.entity_named("stock.item").unwrap();
    let table = &snapshot.physical.tables[&item.id];
    let mut raw = Raw::open(database, &stock.tenant);
    let column = |name: &str| table.columns[&item.field_named(name).unwrap().id].name.clone();
    let ids = parents.iter().map(|id| raw.literal(id)).enumerate();
    let parent = ids.map(|(place, id)| format!("WHEN {place} THEN {id}")).collect::<Vec<_>>().join(" ");
    let (uuid, random) = match database.dialect() {
        Dialect::Postgres => ("UUID", "gen_random_uuid()"),
        Dialect::Sqlite => ("BLOB", "randomblob(16)"),
    };
    let value = |name: &str| {
        if name == "id" {
            random.to_owned()
        } else if name == column("group") {
            format!("CAST(CASE n % {} {parent} END AS {uuid})", parents.len())
        } else if name == column("qty") {
            "n % 90".to_owned()
        } else if name == column("double") {
            "n % 90 * 2".to_owned()
        } else if name == column("size") {
            "CASE n % 2 WHEN 0 THEN 'small' ELSE 'large' END".to_owned()
        } else {
            format!("t.\"{name}\"")
        }
    };
    let names: Vec<&str> = table.columns.values().map(|column| column.name.as_str()).collect();
    let list = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let values = names.iter().map(|name| value(name)).collect::<Vec<_>>().join(", ");
    let (name, id) = (&table.name, raw.literal(&stock.items[0]));
    raw.run(&format!(
        "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {rows})
        INSERT INTO {{t}}\"{name}\" ({list}) SELECT {values} FROM {{t}}\"{name}\" t, series WHERE t.id = {id}"
    ));
    // What the engine would have kept of them; a total that was never filled is combined anew at the next write.
    let group = snapshot.catalog.entity_named("stock.group").unwrap();
    let above = &snapshot.physical.tables[&group.id];
    let total = &above.columns[&group.field_named("total").unwrap().id].name;
    let (double, link) = (column("double"), column("group"));
    raw.run(&format!(
        "UPDATE {{t}}\"{}\" SET \"{total}\" = COALESCE((SELECT sum(i.\"{double}\") FROM {{t}}\"{name}\" i
        WHERE i.\"{link}\" = {{t}}\"{}\".id), 0)",
        above.name, above.name
    ));
    raw.run(&format!("ANALYZE {{t}}\"{name}\""));
}

/// What is stored of a parent is what its items combine to.
fn assert_totals(tenant: &Arc<Tenant>, parent: &str) {
    let id = parent.to_owned();
    let shown = read_blocking(tenant, caller(), move |session| session.get("group", &id, &Params::default())).unwrap();
    let group: Json = serde_json::from_str(&shown.body).unwrap();
    let params = [("filter", format!("group == \"{parent}\"")), ("measures", "count(),sum(qty),max(qty)".to_owned())];
    let params = Params(params.map(|(name, value)| (name.to_owned(), value)).into());
    let measured = read_blocking(tenant, caller(), move |session| session.aggregate("item", &params, "UTC")).unwrap();
    let measured: Json = serde_json::from_str(&measured).unwrap();
    let row = &measured["items"][0];
    let told = ["count()", "sum(qty)", "max(qty)"].map(|measure| row[measure].to_string());
    assert_eq!(["items", "pieces", "most"].map(|field| group[field].to_string()), told, "{measured}");
}
