//! Tables too large to be filled at once: sort keys, folded texts and roll-ups are filled beside writers, chunk by chunk.
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use kontor_apps::{AppError, Backfill, BackfillWork, Rows, Since, Stage, Totals};
use kontor_definitions::{RecordId, aspect::sort_key};
use kontor_records::{Input, Params, Recompute, read_blocking, write_blocking};
use kontor_storage::{Queue, Tx, system::publishing};
use serde_json::{Value as Json, json};

use super::phases::{GROUPS, Stock, act, caller, changed, create, double, publish_among_writers, size_of, title, update};
use crate::harness::{both_databases, database::Database, raw::Raw};

both_databases!(
    sort_keys_of_another_label_are_filled_beside_writers,
    sort_keys_made_in_another_way_are_made_anew_beside_writers,
    a_computed_label_changes_with_its_sort_keys,
    totals_over_thousands_hold_no_lock_and_miss_nothing,
    roll_ups_over_a_new_reference_go_live_with_it,
);

impl Stock {
    /// Values of a field in the order of another.
    fn listed(&self, sort: &str, field: &str) -> Vec<String> {
        let params =
            Params([("sort", sort), ("fields", field), ("limit", "1000")].map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let page = read_blocking(&self.tenant, caller(), move |session| session.list("item", &params)).unwrap();
        let page: Json = serde_json::from_str(&page).unwrap();
        let values = page["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap_or_default().to_owned());
        values.collect()
    }

    fn assert_sorted(&self, field: &str) {
        let listed = self.listed(field, field);
        assert!(listed.len() > 200 && listed.is_sorted_by_key(|text| sort_key(text)), "{field}: {listed:?}");
    }

    /// The last publish went in phases and filled so many rows or more.
    pub(super) fn assert_filled_in_phases(&self, revision: i64, rows: i64) {
        let last = self.tenant.db().read_blocking(publishing::read).unwrap().expect("nothing was ever published in phases");
        assert!(last.revision == revision && !last.is_open() && last.done >= rows, "{last:?}");
    }

    /// Columns of items that are kept and not used.
    fn former(&self) -> usize {
        let snapshot = self.tenant.snapshot();
        let item = snapshot.catalog.entity_named("stock.item").unwrap().id;
        snapshot.physical.tables[&item].former.len()
    }
}

fn sort_keys_of_another_label_are_filled_beside_writers(database: &Database) {
    let stock = Stock::new(database);
    // Under another label nobody keeps the keys of the first one.
    for label in ["size", "code"] {
        stock.edit_whole("item", |document| document["label"] = json!(label));
        let (published, journal) = publish_among_writers(database, &stock, changed);
        let revision = published.unwrap_or_else(|error| panic!("{error:?}"));
        stock.assert_filled_in_phases(revision, 900);
        assert!(journal.len() > 2, "nobody wrote");
        stock.assert_sorted(label);
        stock.assert_whole(label);
        for place in [3, 700] {
            update(&stock.tenant, &stock.items[place], &json!({"code": format!("after {place}"), "size": size_of(place)}))
                .unwrap();
        }
    }
    stock.assert_whole("after the label came back");
    assert_eq!(stock.former(), 0, "what was not in use is filled where it stands");
}

fn sort_keys_made_in_another_way_are_made_anew_beside_writers(database: &Database) {
    let stock = Stock::new(database);
    for round in 0..2 {
        // As an engine with another collation left them.
        let snapshot = stock.tenant.snapshot();
        let item = snapshot.catalog.entity_named("stock.item").unwrap();
        let table = &snapshot.physical.tables[&item.id];
        let key = item.aspects.first().copied().expect("labels have sort keys");
        let column = &table.columns[&key].name;
        let mut raw = Raw::open(database, &stock.tenant);
        raw.run("UPDATE {t}aspect SET way = '0 ' || way");
        raw.run(&format!("UPDATE {{t}}\"{}\" SET \"{column}\" = 'same'", table.name));
        stock.edit("group", |fields| fields[0]["title"] = title(&format!("Name {round}")));
        let (published, _) = publish_among_writers(database, &stock, changed);
        let revision = published.unwrap_or_else(|error| panic!("{error:?}"));
        stock.assert_filled_in_phases(revision, 900);
        stock.assert_sorted("code");
        stock.assert_whole("after sort keys were made anew");
        assert_eq!(stock.former(), 2, "keys and folded texts go to and fro between two columns each");
    }
    let unused = stock.tenant.unused().unwrap();
    assert!(unused.len() > 2 && unused.iter().all(|part| part.values == 0), "nothing is lost with them: {unused:?}");
}

fn mark(expression: &str) -> Json {
    json!({"id": "mark0000", "name": "mark", "title": title("mark"), "type": "formula", "returns": "text", "expression": expression})
}

fn a_computed_label_changes_with_its_sort_keys(database: &Database) {
    let stock = Stock::new(database);
    stock.edit_whole("item", |document| {
        document["label"] = json!("mark");
        document["fields"].as_array_mut().unwrap().push(mark("code + \"!\""));
    });
    stock.publish(|_| {}).unwrap();
    stock.assert_sorted("mark");
    stock.edit("item", |fields| *fields.last_mut().unwrap() = mark("size + \" \" + code"));
    let (tenant, groups) = (Arc::clone(&stock.tenant), stock.groups.clone());
    let before = stock.listed("mark", "mark");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let published = stock.publish(move |stage| {
        if stage == Stage::Filled {
            let page = read_blocking(&tenant, caller(), |session| {
                session
                    .list("item", &Params(vec![("sort".to_owned(), "mark".to_owned()), ("limit".to_owned(), "1000".to_owned())]))
            });
            *kept.lock().unwrap() = marks_of(&page.unwrap());
            create(&tenant, "item", &json!({"code": "C0b", "size": "large", "group": groups[1 % GROUPS]})).unwrap();
        }
    });
    let revision = published.unwrap();
    assert_eq!(*seen.lock().unwrap(), before, "until it is live lists stand in the order of the label as it is");
    stock.assert_filled_in_phases(revision, 900);
    stock.assert_sorted("mark");
    assert_eq!(stock.listed("mark", "mark")[..2], ["large C0b", "large C1"]);
    stock.assert_whole("after a computed label changed");
    // Again, among writers.
    stock.edit("item", |fields| *fields.last_mut().unwrap() = mark("code + \" \" + size"));
    let (published, _) = publish_among_writers(database, &stock, changed);
    stock.assert_filled_in_phases(published.unwrap_or_else(|error| panic!("{error:?}")), 900);
    stock.assert_sorted("mark");
    stock.assert_whole("after it changed among writers");
    assert_eq!(stock.former(), 3, "the formula, its keys and its folded texts");
}

fn marks_of(page: &str) -> Vec<String> {
    let page: Json = serde_json::from_str(page).unwrap();
    page["items"].as_array().unwrap().iter().map(|item| item["mark"].as_str().unwrap().to_owned()).collect()
}

/// Changes an item each time after totals were read, before they are written.
struct Between {
    write: Box<dyn Fn(usize) + Send + Sync>,
    read: AtomicUsize,
    moved: AtomicUsize,
}

impl Backfill for Between {
    fn rows(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Vec<RecordId>, AppError> {
        Recompute.rows(tx, work, ids)
    }

    fn totals(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Totals, AppError> {
        let totals = Recompute.totals(tx, work, ids)?;
        (self.write)(self.read.fetch_add(1, Ordering::Relaxed));
        Ok(totals)
    }

    fn stored(&self, tx: &mut Tx, work: &BackfillWork<'_>, ids: &[RecordId]) -> Result<Rows, AppError> {
        Recompute.stored(tx, work, ids)
    }

    fn totals_since(
        &self,
        tx: &mut Tx,
        work: &BackfillWork<'_>,
        ids: &[RecordId],
        since: &Since<'_>,
    ) -> Result<Totals, AppError> {
        let totals = Recompute.totals_since(tx, work, ids, since)?;
        self.moved.fetch_add(totals.len(), Ordering::Relaxed);
        Ok(totals)
    }
}

fn rollup(id: &str, name: &str, what: &Json) -> Json {
    let mut field = json!({"id": id, "name": name, "title": title(name), "type": "rollup", "of": "item.group"});
    field.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    field
}

fn totals_over_thousands_hold_no_lock_and_miss_nothing(database: &Database) {
    let stock = Stock::new(database);
    let group = stock.groups[0].clone();
    for batch in 0..2 {
        let item = |number: usize| json!({"code": format!("B{batch} {number}"), "qty": number % 50, "group": group});
        let body = Input::from(&json!({"create": (0..900).map(item).collect::<Vec<_>>()}));
        write_blocking(&stock.tenant, Queue::Interactive, caller(), move |session| session.batch("item", &body)).unwrap();
    }
    stock.edit("item", |fields| *fields.last_mut().unwrap() = double(3));
    stock.edit("group", |fields| {
        fields.push(rollup("gcnt0000", "heavy", &json!({"function": "count", "filter": "double > 60"})));
        fields.push(rollup("gmax0000", "most", &json!({"function": "max", "field": "qty"})));
        fields.push(rollup("gavg0000", "mean", &json!({"function": "average", "field": "double"})));
    });
    let (tenant, items, groups) = (Arc::clone(&stock.tenant), stock.items.clone(), stock.groups.clone());
    let write = move |turn: usize| {
        // Into the large group, out of it, and away: the third of each is the item of the largest value.
        let group = &groups[turn % 2];
        update(&tenant, &items[turn % 3], &json!({"qty": 1000 - turn, "group": group, "code": format!("T{turn}")})).unwrap();
        create(&tenant, "item", &json!({"qty": 7, "group": group, "code": format!("N{turn}")})).unwrap();
        let away = items[10 + turn].clone();
        write_blocking(&tenant, Queue::Interactive, caller(), move |session| session.archive("item", &away, None)).unwrap();
        if turn > 0 {
            let gone = items[9 + turn].clone();
            write_blocking(&tenant, Queue::Interactive, caller(), move |session| session.purge("item", &gone, None)).unwrap();
        }
    };
    let between = Arc::new(Between { write: Box::new(write), read: AtomicUsize::new(0), moved: AtomicUsize::new(0) });
    let backfill: Arc<dyn Backfill> = Arc::clone(&between) as _;
    let revision = stock.tenant.publish_draft("", act(), &backfill).unwrap().revision;
    // When the table is filled, when marked rows are filled again, and just before the last step.
    assert!(between.read.load(Ordering::Relaxed) >= 3, "totals are read before rows are locked");
    assert!(between.moved.load(Ordering::Relaxed) >= 1, "in the last step totals move by what changed");
    stock.assert_filled_in_phases(revision, 2700);
    stock.assert_whole("after totals over thousands");
}

fn roll_ups_over_a_new_reference_go_live_with_it(database: &Database) {
    let stock = Stock::new(database);
    stock.edit("item", |fields| {
        fields.push(json!({"id": "othr0000", "name": "other", "title": title("other"), "type": "reference", "entity": "group"}));
        *fields.iter_mut().find(|field| field["name"] == "double").unwrap() = double(3);
    });
    stock.edit("group", |fields| {
        fields.push(rollup("goth0000", "others", &json!({"of": "item.other", "function": "sum", "field": "double"})));
    });
    let (published, _) = publish_among_writers(database, &stock, changed);
    stock.assert_filled_in_phases(published.unwrap_or_else(|error| panic!("{error:?}")), 900);
    for place in [0, 500] {
        update(&stock.tenant, &stock.items[place], &json!({"qty": 10, "other": stock.groups[2]})).unwrap();
    }
    stock.assert_whole("after a roll-up over a new reference");
}
