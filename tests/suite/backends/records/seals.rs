//! Seals: what was sealed cannot be changed unseen, not even with every record's chain made anew.
use kontor_definitions::RecordId;
use kontor_records::{
    read_blocking, seal_blocking,
    verify::{Invariant, Report},
};
use kontor_storage::{
    Queue, StorageError, Tx,
    system::{
        access_log::{self, Access, Kind},
        history,
        seal::{self, Head},
    },
};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::world::{NOW, World};
use crate::harness::{both_databases, database::Database, raw::Raw};

both_databases!(
    sealing_is_clean_and_told_when_it_is_late,
    what_is_sealed_is_not_changed_unseen,
    a_head_kept_elsewhere_sees_what_the_tables_do_not,
    what_is_dated_back_is_told,
    the_access_log_is_only_removed_when_it_is_old
);

/// Tables that damage is done to; a copy of each undoes it.
const TABLES: [&str; 4] = ["history", "access_log", "seal", "seal_head"];

fn verified(world: &World, now: OffsetDateTime, heads: Vec<Head>) -> Report {
    let caller = kontor_records::Caller { now, ..world.caller("engine") };
    read_blocking(&world.tenant, caller, move |session| session.verify_against(&heads)).unwrap()
}

fn seals_of(report: &Report) -> u64 {
    report.counts.get(&Invariant::Seals).copied().unwrap_or_default()
}

fn sealed(world: &World) -> Head {
    seal_blocking(world.tenant.db(), NOW).unwrap()
}

fn write(world: &World, job: impl Fn(&mut Tx) -> Result<(), StorageError> + Send + 'static) {
    world.tenant.db().write_blocking(Queue::Interactive, job).unwrap();
}

fn access(kind: Kind) -> Access {
    let address = "192.0.2.7".to_owned();
    Access { made_at: NOW, kind, person: None, address, entity: None, record: None, number: None, detail: String::new() }
}

/// A customer in the first seal, changed in the second, whose id is answered.
fn used(world: &World) -> String {
    let customer = world.create("boss", "customer", &json!({"code": "A", "name": "A", "grade": "b"})).unwrap().id;
    world.create("boss", "customer", &json!({"code": "B", "name": "B", "grade": "b"})).unwrap();
    write(world, |tx| access_log::append(tx, &access(Kind::Export)));
    sealed(world);
    world.update("boss", "customer", &customer, &json!({"name": "C"})).unwrap();
    write(world, |tx| access_log::append(tx, &access(Kind::Import)));
    sealed(world);
    customer
}

fn sealing_is_clean_and_told_when_it_is_late(database: &Database) {
    let world = World::new(database);
    used(&world);
    assert_eq!(sealed(&world).number, 2, "nothing is left to seal");
    assert_eq!(verified(&world, NOW, Vec::new()).breaches, []);
    world.create("boss", "customer", &json!({"code": "D", "name": "D", "grade": "b"})).unwrap();
    assert_eq!(seals_of(&verified(&world, NOW + Duration::minutes(19), Vec::new())), 0);
    let late = verified(&world, NOW + Duration::minutes(21), Vec::new());
    assert_eq!((seals_of(&late), late.errors), (1, 0), "{late:?}");
    assert_eq!(sealed(&world).number, 3);
    assert_eq!(verified(&world, NOW + Duration::minutes(21), Vec::new()).breaches, []);
}

/// What a damage needs to know.
struct Scene<'a> {
    world: &'a World,
    raw: &'a mut Raw,
    /// A customer with a revision in each of two seals.
    customer: RecordId,
    /// Its id as it stands in a statement.
    literal: String,
}

impl Scene<'_> {
    fn run(&mut self, sql: &str) {
        self.raw.run(&sql.replace("{customer}", &self.literal));
    }

    /// Makes the history of the customer anew, chain and all, as somebody who knows how it is made.
    fn forge(&mut self, change: fn(&mut history::Entry)) {
        let record = self.customer;
        let read = move |tx: &mut Tx| history::list(tx, record, i64::MAX, 100);
        let mut entries = self.world.tenant.db().read_blocking(read).unwrap();
        entries.reverse();
        entries.iter_mut().for_each(change);
        self.run("DELETE FROM {t}history WHERE record = {customer}");
        write(self.world, move |tx| entries.iter().try_for_each(|entry| history::append(tx, entry)));
        self.run("UPDATE {t}history SET seal = revision WHERE record = {customer}");
    }
}

/// What damage is called and what it does.
type Damage = (&'static str, fn(&mut Scene<'_>));

/// The engine's own functions make whole chains again.
const DAMAGE: [Damage; 12] = [
    ("a revision says something else", |scene| scene.forge(|entry| entry.changes = json!([]))),
    ("somebody else did it", |scene| scene.forge(|entry| entry.made_by = RecordId(uuid::Uuid::from_u128(5)))),
    ("a record's whole history is gone", |scene| scene.run("DELETE FROM {t}history WHERE record = {customer}")),
    ("a revision came out of its seal", |scene| scene.run("UPDATE {t}history SET seal = NULL WHERE record = {customer}")),
    ("a revision moved to another seal", |scene| {
        scene.run("UPDATE {t}history SET seal = 2 WHERE record = {customer}");
    }),
    ("a revision slipped into a seal", |scene| {
        scene.world.create("boss", "customer", &json!({"code": "X", "name": "X", "grade": "b"})).unwrap();
        scene.run("UPDATE {t}history SET seal = 1 WHERE seal IS NULL");
    }),
    ("the last seal is gone", |scene| scene.run("DELETE FROM {t}seal WHERE number = 2")),
    ("the last seal and the note of it are gone", |scene| {
        scene.run("DELETE FROM {t}seal WHERE number = 2");
        scene.run("UPDATE {t}seal_head SET number = 1, hash = (SELECT hash FROM {t}seal WHERE number = 1)");
    }),
    ("a root is changed", |scene| scene.run("UPDATE {t}seal SET root = access_root WHERE number = 1")),
    ("a seal follows from another", |scene| scene.run("UPDATE {t}seal SET previous = root WHERE number = 2")),
    ("an access is changed", |scene| scene.run("UPDATE {t}access_log SET address = '192.0.2.8' WHERE kind = 'export'")),
    ("an access is gone", |scene| scene.run("DELETE FROM {t}access_log WHERE kind = 'import'")),
];

fn what_is_sealed_is_not_changed_unseen(database: &Database) {
    let world = World::new(database);
    let customer = used(&world);
    let mut raw = Raw::open(database, &world.tenant);
    for name in TABLES {
        raw.run(&format!("CREATE TABLE {{t}}copy_{name} AS SELECT * FROM {{t}}{name}"));
    }
    for (what, damage) in DAMAGE {
        let literal = raw.literal(&customer);
        damage(&mut Scene { world: &world, raw: &mut raw, customer: RecordId(customer.parse().unwrap()), literal });
        let report = verified(&world, NOW, Vec::new());
        assert!(seals_of(&report) > 0 && !report.is_clean(), "{what}: {report:?}");
        for name in TABLES {
            raw.run(&format!("DELETE FROM {{t}}{name}"));
            let with_numbers = if name == "access_log" { raw.with_numbers() } else { "" };
            raw.run(&format!("INSERT INTO {{t}}{name} {with_numbers} SELECT * FROM {{t}}copy_{name}"));
        }
        assert_eq!(seals_of(&verified(&world, NOW, Vec::new())), 0, "after {what}");
    }
}

fn a_head_kept_elsewhere_sees_what_the_tables_do_not(database: &Database) {
    let world = World::new(database);
    used(&world);
    let head = sealed(&world);
    let other = Head { number: 1, hash: head.hash.clone() };
    assert_eq!(verified(&world, NOW, vec![head.clone()]).breaches, []);
    assert_eq!(seals_of(&verified(&world, NOW, vec![other])), 1);
    assert_eq!(seals_of(&verified(&world, NOW, vec![Head { number: 3, hash: head.hash.clone() }])), 1);
    // Everything is sealed anew, as somebody may who owns the machine: whole in itself, but not what was kept elsewhere.
    let mut raw = Raw::open(database, &world.tenant);
    for sql in ["DELETE FROM {t}seal", "UPDATE {t}history SET seal = NULL", "UPDATE {t}access_log SET seal = NULL"] {
        raw.run(sql);
    }
    raw.run("UPDATE {t}seal_head SET number = 0, hash = ''");
    sealed(&world);
    assert_eq!(verified(&world, NOW, Vec::new()).breaches, []);
    let report = verified(&world, NOW, vec![head]);
    assert_eq!((seals_of(&report), report.is_clean()), (1, false));
}

fn what_is_dated_back_is_told(database: &Database) {
    let world = World::new(database);
    used(&world);
    let later = NOW + Duration::hours(5);
    seal_blocking(world.tenant.db(), later).unwrap();
    world.create_at(later, "boss", "customer", &json!({"code": "D", "name": "D", "grade": "b"})).unwrap();
    seal_blocking(world.tenant.db(), later).unwrap();
    assert_eq!(seals_of(&verified(&world, later, Vec::new())), 0);
    world.create("boss", "customer", &json!({"code": "E", "name": "E", "grade": "b"})).unwrap();
    seal_blocking(world.tenant.db(), later + Duration::MINUTE).unwrap();
    let report = verified(&world, later, Vec::new());
    assert_eq!((seals_of(&report), report.errors), (1, 0), "{report:?}");
}

fn the_access_log_is_only_removed_when_it_is_old(database: &Database) {
    let world = World::new(database);
    used(&world);
    let removed = world.tenant.db().write_blocking(Queue::Background, |tx| access_log::forget(tx, NOW + Duration::SECOND));
    // With them go the rows of the tenant's first day.
    assert!(removed.is_ok_and(|rows: u64| rows > 2));
    assert_eq!(seals_of(&verified(&world, NOW + Duration::days(179), Vec::new())), 2);
    assert_eq!(seals_of(&verified(&world, NOW + Duration::days(181), Vec::new())), 0);
    let left = world.tenant.db().read_blocking(|tx| seal::covered(tx, 1)).unwrap();
    assert_eq!((left.accesses, left.revisions > 0), (0, true));
}
