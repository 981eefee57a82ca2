//! The template's sample data says what the data set it was made from says.
use std::collections::BTreeSet;

use kontor_definitions::RecordId;
use kontor_integrations::data::{self, Which};
use kontor_records::{Caller, Who};
use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};
use uuid::Uuid;

use crate::harness::{
    both_databases,
    database::Database,
    instance::{Instance, folder},
    repository,
};

both_databases!(the_sample_data_is_installed_whole);

type Row = std::collections::HashMap<String, String>;

/// Figures of Northwind that were computed elsewhere, from the original files.
const ORDERS: usize = 830;
const LINES: usize = 2155;
const CUSTOMERS: usize = 91;
const PRODUCTS: usize = 77;
const UNSHIPPED: usize = 21;
const REVENUE: &str = "1265793.29";
const FREIGHT: &str = "64942.69";

#[test]
fn northwind_keeps_its_figures() {
    let orders = rows("order");
    let documents: BTreeSet<&str> = orders.iter().map(|row| row["external_number"].as_str()).collect();
    assert_eq!((documents.len(), orders.len()), (ORDERS, LINES));
    assert_eq!((rows("customer").len(), rows("product").len()), (CUSTOMERS, PRODUCTS));

    let number = |row: &Row, column: &str| row[column].parse::<Decimal>().unwrap();
    let revenue: Decimal = orders
        .iter()
        .map(|row| {
            let amount = number(row, "lines.qty") * number(row, "lines.price") * (Decimal::ONE - number(row, "lines.discount"));
            amount.round_dp_with_strategy(2, MidpointAwayFromZero)
        })
        .sum();
    assert_eq!(revenue.to_string(), REVENUE);

    let mut seen = BTreeSet::new();
    let first: Vec<&Row> = orders.iter().filter(|row| seen.insert(&row["external_number"])).collect();
    assert_eq!(first.iter().map(|row| number(row, "freight")).sum::<Decimal>().to_string(), FREIGHT);
    assert_eq!(first.iter().filter(|row| row["shipped_date"].is_empty()).count(), UNSHIPPED);
}

#[test]
fn every_reference_has_a_target() {
    let keys = |entity: &str| rows(entity).into_iter().map(|row| row["code"].clone()).collect::<BTreeSet<_>>();
    let (customers, products) = (keys("customer"), keys("product"));
    for entity in ["contact", "price_list", "quote", "order"] {
        for row in rows(entity) {
            if let Some(customer) = row.get("customer.code") {
                assert!(customers.contains(customer), "{entity}: {customer}");
            }
            if let Some(product) = row.get("lines.product.code") {
                assert!(products.contains(product), "{entity}: {product}");
            }
        }
    }
}

fn the_sample_data_is_installed_whole(database: &Database) {
    let instance = Instance::with_trade(database);
    let mut files = folder("templates-trade").data;
    for bytes in files.values_mut() {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace("@demo.kontor", "@test.kontor").into_bytes();
    }
    // Rates of the sample are there for every day on which something was ordered or quoted; a second time nothing is added.
    for round in 0..2_u64 {
        let (now, today) = instance.engine().moment();
        let caller = Caller { who: Who::Engine(RecordId(Uuid::nil())), now, today, seed: 1 + round, locale: "en".to_owned() };
        for which in [Which::Reference, Which::Sample] {
            data::install(instance.tenant(), &caller, &files, which, &mut |_, _, _| {}).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    let admin = instance.client("admin");
    let count = |entity: &str, filter: &str| {
        let answer = admin.query(&format!("/api/records/{entity}"), &[("filter", filter), ("count", "true"), ("limit", "1")]);
        answer.expect(200).json()["count"].as_u64().unwrap()
    };
    assert_eq!((count("order", "true"), count("order", "base_total > 0 && gross_weight > 0")), (830, 830));
    assert_eq!(count("quote", "base_total > 0"), count("quote", "true"));
    assert_eq!(count("exchange_rate", "currency == \"EUR\""), 240);

    // Chang, the first line, comes in cartons of 19.8 pounds, the others are weighed in kilograms.
    let found = admin.query("/api/records/order", &[("filter", "external_number == \"NW10255\"")]).expect(200).json();
    let order = found["items"][0]["id"].as_str().unwrap();
    let order = admin.query(&format!("/api/records/order/{order}"), &[("expand", "lines.product")]).expect(200).json();
    let mut total = Decimal::ZERO;
    for line in order["lines"].as_array().unwrap() {
        let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
        let pounds = line["product"]["weight_unit"] == "lb";
        let each = number(&line["product"]["gross_weight"]) * if pounds { "0.45359237".parse().unwrap() } else { Decimal::ONE };
        let weight = (each * number(&line["qty"])).round_dp(3);
        assert_eq!(number(&line["gross_weight"]), weight, "{line}");
        total += weight;
    }
    assert_eq!(order["gross_weight"].as_str().unwrap().parse::<Decimal>().unwrap(), total);
    // A quantity in another unit is refused where the weight cannot be told.
    let patch = serde_json::json!({"lines": {"upsert": [{"id": order["lines"][0]["id"], "unit": "pcs"}]}});
    let path = format!("/api/records/order/{}", order["id"].as_str().unwrap());
    let refused = admin.patch(&path, &patch).expect(422).json();
    assert_eq!(refused["errors"][0]["code"], "units_differ", "{refused}");
    instance.assert_whole("the sample data");
}

fn rows(entity: &str) -> Vec<Row> {
    let path = repository::path(&format!("templates-trade/data/sample/{entity}.csv"));
    csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect()
}
