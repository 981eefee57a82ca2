//! `kontor verify`: clean after ordinary work, and no damage done behind the engine's back stays unseen.
use kontor_definitions::Aspect;
use kontor_records::verify::{Invariant, Report};
use serde_json::json;

use super::world::World;
use crate::harness::{both_databases, database::Database, raw::Raw};

both_databases!(ordinary_work_is_clean, damage_is_found, only_the_engine_may_ask);

/// Tables that damage is done to; a copy of each undoes it.
const TABLES: [&str; 9] =
    ["state", "history", "sequence", "document", "revision_entry", "search", "order", "order_line", "customer"];

/// Damage: what it is called, the statement, the invariant it breaks. `{order}`, `{order.total}` … are physical names.
const DAMAGE: [(&str, &str, Invariant); 27] = [
    ("a publish left its marks on", "UPDATE {t}state SET marking = 'x'", Invariant::Tables),
    ("a total is raised", "UPDATE {t}{order} SET {order.total} = {order.total} + 1", Invariant::Derived),
    ("an amount of a line is raised", "UPDATE {t}{order_line} SET {order_line.amount} = 7", Invariant::Derived),
    ("a quantity is changed", "UPDATE {t}{order_line} SET {order_line.qty} = {order_line.qty} + 1", Invariant::Derived),
    ("a line is lost", "DELETE FROM {t}{order_line} WHERE \"position\" = 1", Invariant::Derived),
    ("a copied line", "UPDATE {t}{order} SET {order.subtotal} = {order.subtotal} * 2", Invariant::Derived),
    ("a total over records", "UPDATE {t}{customer} SET {customer.order_count} = 7", Invariant::Derived),
    ("an order past its customer", "UPDATE {t}{order} SET archived_at = NULL", Invariant::Derived),
    ("the first revision is lost", "DELETE FROM {t}history WHERE revision = 1", Invariant::History),
    ("a revision in the middle is lost", "DELETE FROM {t}history WHERE revision = 2", Invariant::History),
    ("the last revision is lost", "DELETE FROM {t}history WHERE revision = 3", Invariant::History),
    ("all history is lost", "DELETE FROM {t}history", Invariant::History),
    ("who did it is changed", "UPDATE {t}history SET action = 'other' WHERE revision = 2", Invariant::History),
    ("a hash is changed", "UPDATE {t}history SET hash = 'none' WHERE revision = 1", Invariant::History),
    ("a record is written past history", "UPDATE {t}{order} SET \"revision\" = \"revision\" + 1", Invariant::History),
    ("a record is deleted", "DELETE FROM {t}{order_line}; DELETE FROM {t}{order}", Invariant::History),
    ("a customer is deleted", "DELETE FROM {t}{customer}", Invariant::References),
    ("a grade nobody defined", "UPDATE {t}{customer} SET {customer.grade} = 'zz'", Invariant::Values),
    ("a state nobody defined", "UPDATE {t}{order} SET {order.status} = 'gone'", Invariant::Values),
    ("a required name is emptied", "UPDATE {t}{customer} SET {customer.name} = NULL", Invariant::Values),
    ("a sequence is set back", "UPDATE {t}sequence SET value = value - 1", Invariant::Numbers),
    ("a definition is altered", "UPDATE {t}document SET body = body || ' '", Invariant::Definitions),
    ("words are lost", "DELETE FROM {t}search", Invariant::Search),
    ("a name is changed past the index", "UPDATE {t}{customer} SET {customer.name} = 'B'", Invariant::Search),
    ("a sort key is lost", "UPDATE {t}{customer} SET {customer.name.sort} = NULL", Invariant::Aspects),
    ("a folded name is another", "UPDATE {t}{customer} SET {customer.name.fold} = 'b'", Invariant::Aspects),
    ("a revision loses its documents", "DELETE FROM {t}revision_entry", Invariant::Definitions),
];

/// Damage to the tables themselves, which a copy of the rows does not undo: last, one after the other.
const TABLE_DAMAGE: [(&str, &str); 3] = [
    ("a column nobody made", "ALTER TABLE {t}{order} ADD COLUMN stray TEXT"),
    ("an index is dropped", "DROP INDEX {t}{index}"),
    ("a column is dropped", "ALTER TABLE {t}{customer} DROP COLUMN {customer.score}"),
];

fn verified(world: &World) -> Report {
    kontor_records::read_blocking(&world.tenant, world.caller("engine"), |session| session.verify()).unwrap()
}

/// A tenant with some history: a customer, an order changed twice, an order archived.
fn used(database: &Database) -> World {
    let world = World::new(database);
    let customer = world.create("boss", "customer", &json!({"code": "A", "name": "A", "grade": "b"})).unwrap().id;
    let product = world.create("boss", "product", &json!({"name": "P", "price": "12.50"})).unwrap().id;
    let body = json!({"customer": customer, "lines": [{"product": product, "qty": "3"}, {"product": product, "qty": "2"}]});
    let order = world.create("boss", "order", &body).unwrap().id;
    world.update("boss", "order", &order, &json!({"discount": "0.1"})).unwrap();
    world.update("boss", "order", &order, &json!({"discount": "0.2"})).unwrap();
    let second = world.create("boss", "order", &body).unwrap().id;
    world.archive("boss", "order", &second).unwrap();
    world
}

/// A statement with the physical names of the app's entities and fields.
fn named(world: &World, sql: &str) -> String {
    let snapshot = world.tenant.snapshot();
    let mut sql = sql.to_owned();
    for entity in snapshot.catalog.entities.values().filter(|entity| entity.app == "shop") {
        let table = &snapshot.physical.tables[&entity.id];
        sql = sql.replace(&format!("{{{}}}", entity.name), &format!("\"{}\"", table.name));
        for field in &entity.fields {
            if let Some(column) = table.columns.get(&field.id) {
                sql = sql.replace(&format!("{{{}.{}}}", entity.name, field.name), &format!("\"{}\"", column.name));
            }
            for aspect in Aspect::STORED {
                if let Some(column) = table.columns.get(&field.id.aspect(aspect)) {
                    let place = format!("{{{}.{}.{}}}", entity.name, field.name, aspect.name());
                    sql = sql.replace(&place, &format!("\"{}\"", column.name));
                }
            }
        }
        if entity.name == "product" {
            let index = table.indexes.iter().find(|(_, index)| index.unique).map(|(name, _)| name).unwrap();
            sql = sql.replace("{index}", &format!("\"{index}\""));
        }
    }
    sql
}

/// The table behind a name of [`TABLES`].
fn table(world: &World, name: &str) -> String {
    let entity = world.tenant.snapshot().catalog.entity_named(&format!("shop.{name}")).is_some();
    if entity { named(world, &format!("{{{name}}}")) } else { name.to_owned() }
}

fn ordinary_work_is_clean(database: &Database) {
    let report = verified(&used(database));
    assert_eq!(report.breaches, []);
    assert!(report.is_clean() && report.records > 8 && report.revisions > 8, "{report:?}");
}

fn damage_is_found(database: &Database) {
    let world = used(database);
    let mut raw = Raw::open(database, &world.tenant);
    for name in TABLES {
        raw.run(&format!("CREATE TABLE {{t}}copy_{name} AS SELECT * FROM {{t}}{}", table(&world, name)));
    }
    for (what, sql, invariant) in DAMAGE {
        for statement in named(&world, sql).split("; ") {
            raw.run(statement);
        }
        let report = verified(&world);
        assert!(report.counts.contains_key(&invariant), "{what}: {report:?}");
        for name in TABLES {
            raw.run(&format!("DELETE FROM {{t}}{}", table(&world, name)));
        }
        for name in TABLES {
            raw.run(&format!("INSERT INTO {{t}}{} SELECT * FROM {{t}}copy_{name}", table(&world, name)));
        }
        let healed = verified(&world);
        assert_eq!(healed.breaches, [], "after {what}");
    }
    let mut found = 0;
    for (what, sql) in TABLE_DAMAGE {
        raw.run(&named(&world, sql));
        let report = verified(&world);
        let now = report.counts.get(&Invariant::Tables).copied().unwrap_or_default();
        assert!(now > found, "{what}: {report:?}");
        found = now;
    }
}

fn only_the_engine_may_ask(database: &Database) {
    let world = World::new(database);
    for name in ["boss", "sales", "nobody"] {
        let answer = kontor_records::read_blocking(&world.tenant, world.caller(name), |session| session.verify());
        assert!(matches!(answer, Err(kontor_records::RecordsError::NotFound)), "{name}");
    }
}
