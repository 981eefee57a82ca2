//! What apps declare in `invariants/`: `kontor verify` tells the groups of records where it does not hold.
use kontor_records::verify::Invariant;
use serde_json::json;

use crate::harness::{
    both_databases,
    database::Database,
    instance::{Instance, folder},
};

both_databases!(groups_that_break_an_invariant_are_told);

fn groups_that_break_an_invariant_are_told(database: &Database) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/records/course"));
    instance.add_person("office", "course.office");
    let office = instance.client("office");
    let id = |answer: crate::harness::client::Answer| answer.expect(201).json()["id"].as_str().unwrap().to_owned();
    let [one, two] = ["Excel", "Word"].map(|name| id(office.post("/api/records/course", &json!({"name": name}))));
    let book = |course: &str, who: &str, price: &str| {
        id(office.post("/api/records/booking", &json!({"who": who, "course": course, "price": price})))
    };
    book(&one, "A", "5");
    book(&two, "A", "-3");
    book(&two, "house", "-10");
    let told = || {
        let report = instance.verified();
        assert!(report.breaches.iter().all(|breach| breach.invariant == Invariant::Declared), "{:?}", report.breaches);
        let text = |locale| report.breaches.iter().map(|breach| breach.message.get(locale).unwrap().to_owned()).collect();
        let texts: [Vec<String>; 2] = [text("en"), text("zh-CN")];
        texts
    };
    let [en, zh] = told();
    let at = format!("course = {two}, sum(price) = -3.00");
    assert_eq!(en, [format!("\"Fees are never negative\" does not hold: {at}, it must be >= 0")]);
    assert_eq!(zh, [format!("“报名费合计不为负”不成立：{at}，应为 >= 0")]);

    // What the filter leaves out does not count, archived records neither; without groups all records are one.
    book(&two, "B", "4");
    let refund = book(&two, "C", "-1");
    assert_eq!(told()[0], ["\"few_refunds\" does not hold: count() = 3, it must be <= 2"]);
    office.delete(&format!("/api/records/booking/{refund}")).expect(204);
    assert!(told()[0].is_empty());
}
