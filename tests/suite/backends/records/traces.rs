//! `kontor verify` on what records leave behind: events, tombstones, gapless numbers, and the jobs of a tenant.
use kontor_apps::Tenant;
use kontor_records::verify::{Invariant, Report};
use kontor_server::jobs;
use kontor_storage::{Queue, StorageError, control::jobs as table};
use serde_json::json;
use time::Duration;

use crate::harness::{
    both_databases,
    database::Database,
    instance::{Instance, folder},
    raw::Raw,
};

both_databases!(damage_to_traces_is_found, jobs_that_nobody_will_do_are_found);

const NEW_EVENT: &str = "INSERT INTO {t}event (writer, kind, entity, record, revision, made_at)";
const LAST_EVENT: &str = "DELETE FROM {t}event WHERE seq = (SELECT MAX(seq) FROM {t}event)";
const STONES: &str = "DELETE FROM {t}tombstone; INSERT INTO {t}tombstone SELECT * FROM {t}stones";

/// Damage: what it is called, the statement, how it is undone, the invariant it breaks.
const DAMAGE: [(&str, &str, &str, Invariant); 9] = [
    (
        "an event is told twice",
        "{new} SELECT writer, kind, entity, record, revision, made_at FROM {t}event WHERE kind = 'purged'",
        LAST_EVENT,
        Invariant::Events,
    ),
    (
        "an event tells of what is to come",
        "UPDATE {t}event SET revision = revision + 100 WHERE kind = 'created' AND record IN (SELECT \"id\" FROM {t}{invoice})",
        "UPDATE {t}event SET revision = revision - 100 WHERE kind = 'created' AND record IN (SELECT \"id\" FROM {t}{invoice})",
        Invariant::Events,
    ),
    (
        "a creation of nothing",
        "{new} SELECT 0, 'created', NULL, NULL, 1, purged_at FROM {t}tombstone",
        LAST_EVENT,
        Invariant::Events,
    ),
    (
        "a publish of a record",
        "{new} SELECT 0, 'published', entity, record, 77, purged_at FROM {t}tombstone",
        LAST_EVENT,
        Invariant::Events,
    ),
    ("a purge is forgotten", "DELETE FROM {t}tombstone", STONES, Invariant::Tombstones),
    ("a purge is forgotten and still told", "DELETE FROM {t}tombstone", STONES, Invariant::Events),
    ("the end of a history is altered", "UPDATE {t}tombstone SET history_hash = 'none'", STONES, Invariant::Tombstones),
    (
        "a living record is called purged",
        "INSERT INTO {t}tombstone (record, entity, purged_at, purged_by, history_hash) SELECT r.\"id\", entity, purged_at, purged_by, history_hash FROM {t}tombstone, {t}{invoice} r",
        STONES,
        Invariant::Tombstones,
    ),
    (
        "a gapless number is lost",
        "UPDATE {t}{invoice} SET {invoice.number} = NULL",
        "UPDATE {t}{invoice} SET {invoice.number} = (SELECT c.{invoice.number} FROM {t}invoices c WHERE c.\"id\" = {t}{invoice}.\"id\")",
        Invariant::Numbers,
    ),
];

/// A tenant with a record that was purged and two invoices with numbers.
fn used(database: &Database) -> Instance {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/register"));
    instance.add_person("keeper", "register.keeper");
    let keeper = instance.client("keeper");
    let made = |entity: &str, body: &serde_json::Value| {
        let record = keeper.post(&format!("/api/records/{entity}"), body).expect(201).json();
        format!("/api/records/{entity}/{}", record["id"].as_str().unwrap())
    };
    let partner = made("partner", &json!({"name": "ACME"}));
    keeper.delete(&partner).expect(204);
    keeper.delete(&format!("{partner}?purge=true")).expect(204);
    for subject in ["A", "B"] {
        let invoice = made("invoice", &json!({"subject": subject, "lines": [{"item": "a", "amount": "1"}]}));
        keeper.post(&format!("{invoice}/actions/issue"), &json!({})).expect(200);
    }
    instance
}

/// A statement with the physical names of the register's invoices.
fn named(tenant: &Tenant, sql: &str) -> String {
    let snapshot = tenant.snapshot();
    let entity = snapshot.catalog.entity_named("register.invoice").unwrap();
    let table = &snapshot.physical.tables[&entity.id];
    let number = &table.columns[&entity.field_named("number").unwrap().id].name;
    let sql = sql.replace("{new}", NEW_EVENT).replace("{t}{invoice}.\"id\"", &format!("\"{}\".\"id\"", table.name));
    sql.replace("{invoice}", &format!("\"{}\"", table.name)).replace("{invoice.number}", &format!("\"{number}\""))
}

fn damage_to_traces_is_found(database: &Database) {
    let instance = used(database);
    let tenant = instance.tenant();
    let mut raw = Raw::open(database, tenant);
    raw.run("CREATE TABLE {t}stones AS SELECT * FROM {t}tombstone");
    raw.run(&named(tenant, "CREATE TABLE {t}invoices AS SELECT * FROM {t}{invoice}"));
    instance.assert_whole("before any damage");
    for (what, damage, undo, invariant) in DAMAGE {
        raw.run(&named(tenant, damage));
        let report = instance.verified();
        assert!(report.counts.contains_key(&invariant), "{what}: {report:?}");
        for statement in named(tenant, undo).split("; ") {
            raw.run(statement);
        }
        assert_eq!(instance.verified().breaches, [], "after {what}");
    }
}

fn jobs_that_nobody_will_do_are_found(database: &Database) {
    let instance = Instance::new(database);
    instance.runtime().block_on(jobs::run_due(instance.engine())).unwrap();
    let found = || {
        let mut report = Report::default();
        jobs::verify(instance.engine(), instance.tenant().id(), &mut report).unwrap();
        report.counts.get(&Invariant::Jobs).copied().unwrap_or_default()
    };
    assert_eq!(found(), 0);
    let (control, now) = (instance.engine().apps().store().control(), instance.engine().now());
    let write = |work: fn(&mut kontor_storage::Tx, &table::Lease, time::OffsetDateTime) -> Result<bool, StorageError>| {
        let done = control.write_blocking(Queue::Interactive, move |tx| {
            let rows = table::list(tx)?;
            let row = rows.iter().find(|row| row.scope != table::Scope::Instance).unwrap();
            table::sooner(tx, row.scope, &row.name, now - Duration::DAY)?;
            let until = now + Duration::minutes(1);
            let lease = table::lease(tx, &[&row.name], "node", (now, until), 1)?.remove(0);
            work(tx, &lease, now)
        });
        assert!(done.unwrap());
    };
    // A node whose clock was wrong by a year.
    write(|tx, lease, now| table::renew(tx, lease, now + Duration::days(365)));
    assert_eq!(found(), 1);
    let leased = control.read_blocking(table::list).unwrap().into_iter().find(|row| row.leased_by.is_some()).unwrap();
    let lease = table::Lease { scope: leased.scope, name: leased.name, fence: 1, failures: 0 };
    let ended: Result<bool, StorageError> =
        control.write_blocking(Queue::Interactive, move |tx| table::done(tx, &lease, (now, now + Duration::days(365))));
    assert!(ended.unwrap());
    assert_eq!(found(), 1, "due in a year");
    for failures in 1..=3 {
        write(|tx, lease, now| table::failed(tx, lease, now, "no disk"));
        assert_eq!(found(), u64::from(failures == 3), "after {failures} failures");
    }
}
