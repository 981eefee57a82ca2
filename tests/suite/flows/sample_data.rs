//! The template's sample data says what the data set it was made from says.
use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};

use crate::harness::repository;

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

fn rows(entity: &str) -> Vec<Row> {
    let path = repository::path(&format!("templates-trade/data/sample/{entity}.csv"));
    csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect()
}
