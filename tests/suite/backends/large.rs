//! Tables too large to be filled at once: sort keys and folded texts are filled beside writers, chunk by chunk.
use kontor_definitions::aspect::sort_key;
use kontor_records::{Params, read_blocking};
use kontor_storage::system::publishing;
use serde_json::{Value as Json, json};

use super::phases::{GROUPS, Stock, caller, changed, create, publish_among_writers, size_of, title, update};
use crate::harness::{both_databases, database::Database, raw::Raw};

both_databases!(
    sort_keys_of_another_label_are_filled_beside_writers,
    sort_keys_made_in_another_way_are_made_anew_beside_writers,
    a_computed_label_changes_with_its_sort_keys,
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
    for round in 0..3 {
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
    let (tenant, groups) = (std::sync::Arc::clone(&stock.tenant), stock.groups.clone());
    let before = stock.listed("mark", "mark");
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = std::sync::Arc::clone(&seen);
    let published = stock.publish(move |stage| {
        if stage == kontor_apps::Stage::Filled {
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
