//! Rates that are missing or old: what a company's setting does, what is stored beside a converted amount, who is told what.
use std::{io::Read as _, path::PathBuf};

use flate2::read::GzDecoder;
use kontor_definitions::RecordId;
use kontor_integrations::{
    import::{self, Import, map::ImportMap},
    table::{Encoding, Table},
};
use kontor_records::{Caller, Who, verify::Invariant};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::harness::{
    both_databases,
    client::Client,
    database::Database,
    instance::{Instance, folder},
    raw::Raw,
    repository,
};

both_databases!(
    the_last_known_rate_is_taken_with_a_warning,
    rates_stand_beside_what_was_converted,
    a_total_that_cannot_be_converted_says_why,
    damaged_conversions_are_found,
    rates_of_the_ecb_are_imported,
);

fn instance(database: &Database) -> (Instance, Client) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/companies/app"));
    instance.add_person("clerk", "companies.clerk");
    let admin = instance.client("admin");
    for (currency, rate, date) in [("USD", "1.25", "2026-01-05"), ("CNY", "8", "2026-03-02"), ("HRK", "7.5345", "2022-12-30")] {
        create(&admin, "exchange_rate", &json!({"currency": "EUR", "base": currency, "date": date, "rate": rate}));
    }
    (instance, admin)
}

fn create(client: &Client, entity: &str, record: &Json) -> String {
    let made = client.post(&format!("/api/records/{entity}"), record).expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

fn amount(value: &Json) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("no amount: {value}")).parse().unwrap()
}

/// Takes the last known rates from now on.
fn lenient(admin: &Client) {
    let company = admin.get("/api/records/company").expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    admin.patch(&format!("/api/records/company/{company}"), &json!({"rate_gap": "warn_use_last"})).expect(200);
}

fn claim(currency: &str, day: &str) -> Json {
    json!({"amount": "100", "currency": currency, "day": day})
}

fn the_last_known_rate_is_taken_with_a_warning(database: &Database) {
    let (_instance, admin) = instance(database);
    let old = claim("USD", "2026-03-04");
    let refused = admin.post("/api/records/claim", &old).expect(422).json();
    assert_eq!(refused["errors"][0]["code"], "rate_missing");
    lenient(&admin);
    let dry = admin.post("/api/records/claim/evaluate", &json!({"record": old})).expect(200).json();
    let made = admin.post("/api/records/claim", &old).expect(201).json();
    // 100 · 8 / 1.25, the dollar's rate being of January
    assert_eq!(amount(&made["base_amount"]), "640".parse().unwrap());
    for warnings in [&dry["warnings"], &made["warnings"]] {
        assert_eq!((&warnings[0]["code"], &warnings[0]["pointer"]), (&json!("rate_old"), &json!("/base_amount")), "{made}");
        let message = warnings[0]["message"].as_str().unwrap();
        assert!(["USD", "CNY", "2026-03-04", "2026-01-05"].iter().all(|part| message.contains(part)), "{message}");
    }
    // What is not converted again is not warned of again.
    let path = format!("/api/records/claim/{}", made["id"].as_str().unwrap());
    assert!(admin.patch(&path, &json!({"account": null})).expect(200).json().get("warnings").is_none());
    let batch = json!({"create": [claim("CNY", "2026-03-04"), claim("HRK", "2026-03-04")]});
    let batch = admin.post("/api/records/claim/batch", &batch).expect(200).json();
    assert_eq!(batch["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(batch["warnings"][0]["pointer"], "/create/1/base_amount");
    // A rate within the week is no gap, and before the first rate there is none at all.
    assert!(admin.post("/api/records/claim", &claim("EUR", "2026-03-09")).expect(201).json().get("warnings").is_none());
    let refused = admin.post("/api/records/claim", &claim("USD", "2025-12-31")).expect(422).json();
    assert_eq!(refused["errors"][0]["code"], "rate_missing");
    assert_eq!(
        admin.post("/api/records/claim", &claim("THB", "2026-03-04")).expect(422).json()["errors"][0]["code"],
        "rate_missing"
    );
}

fn rates_stand_beside_what_was_converted(database: &Database) {
    let (instance, admin) = instance(database);
    create(&admin, "exchange_rate", &json!({"currency": "EUR", "base": "USD", "date": "2026-03-03", "rate": "1.25"}));
    let id = create(&admin, "claim", &claim("USD", "2026-03-04"));
    let path = format!("/api/records/claim/{id}");
    let explained = admin.query(&path, &[("explain", "true")]).expect(200).json();
    let expected = json!([{
        "from": "USD", "to": "CNY", "date": "2026-03-04", "rate": "6.4", "rate_date": "2026-03-02",
        "steps": [
            {"from": "USD", "to": "EUR", "rate": "1.25", "inverse": true, "date": "2026-03-03"},
            {"from": "EUR", "to": "CNY", "rate": "8", "inverse": false, "date": "2026-03-02"},
        ],
    }]);
    assert_eq!(explained["base_amount_rates"], expected);
    let listed = admin.query("/api/records/claim", &[("fields", "base_amount,base_amount_rates")]).expect(200).json();
    assert_eq!(listed["items"][0]["base_amount_rates"], expected);
    assert!(admin.get(&path).expect(200).json().get("base_amount_rates").is_none());
    assert_eq!(admin.patch(&path, &json!({"base_amount_rates": []})).expect(422).json()["errors"][0]["code"], "read_only");
    // In the currency itself nothing was needed.
    let own = create(&admin, "claim", &claim("CNY", "2026-03-04"));
    let own = admin.query(&format!("/api/records/claim/{own}"), &[("explain", "true")]).expect(200).json();
    assert!(own["base_amount_rates"].is_null() && own.get("base_amount_rates").is_some());
    // Rates change, the record does not; its history says what it was made at.
    let quotes = admin.query("/api/records/exchange_rate", &[("filter", "base == \"CNY\"")]).expect(200).json();
    let quote = format!("/api/records/exchange_rate/{}", quotes["items"][0]["id"].as_str().unwrap());
    admin.patch(&quote, &json!({"rate": "9"})).expect(200);
    let kept = admin.patch(&path, &json!({"account": null})).expect(200).json();
    assert_eq!(amount(&kept["base_amount"]), "640".parse().unwrap());
    let again = admin.patch(&path, &json!({"amount": "200"})).expect(200).json();
    assert_eq!(amount(&again["base_amount"]), "1440".parse().unwrap());
    let history = admin.get(&format!("{path}/history")).expect(200).json();
    let changes = history["items"][0]["changes"].as_array().unwrap();
    let rates = changes.iter().find(|change| change["field"] == "base_amount_rates").unwrap();
    assert_eq!((&rates["old"][0]["rate"], &rates["new"][0]["rate"]), (&json!("6.4"), &json!("7.2")));

    // Who may not read the amount may not read what it was made at.
    let clerk = instance.client("clerk");
    assert!(clerk.query(&path, &[("explain", "true")]).expect(200).json().get("base_amount_rates").is_some());
    let hidden = |role: &str| role.replace("\"amount\": \"none\"", "\"base_amount\": \"none\"");
    let mut package = folder("tests/cases/companies/app");
    let role = "roles/clerk.json";
    package.source.files.insert(role.to_owned(), hidden(&package.source.files[role]));
    instance.install(&package);
    let seen = clerk.query(&path, &[("explain", "true")]).expect(200).json();
    assert!(seen.get("base_amount_rates").is_none() && seen.get("amount").is_some(), "{seen}");
    let asked = clerk.query("/api/records/claim", &[("fields", "base_amount_rates")]).expect(400).json();
    assert_eq!(asked["errors"][0]["code"], "unknown_field");
    instance.assert_whole("converted amounts");
}

fn a_total_that_cannot_be_converted_says_why(database: &Database) {
    let (instance, admin) = instance(database);
    let account = create(&admin, "account", &json!({"name": "ACME", "as_of": "2026-03-04"}));
    let mut record = claim("CNY", "2026-06-04");
    record["account"] = json!(account);
    let made = admin.post("/api/records/claim", &record).expect(201).json();
    let path = format!("/api/records/account/{account}");
    assert_eq!(amount(&admin.get(&path).expect(200).json()["in_euro"]), "12.5".parse().unwrap());
    // No rate any more where the account's total is converted.
    let quotes = admin.query("/api/records/exchange_rate", &[("filter", "base == \"CNY\"")]).expect(200).json();
    let quote = format!("/api/records/exchange_rate/{}", quotes["items"][0]["id"].as_str().unwrap());
    admin.patch(&quote, &json!({"date": "2026-01-02"})).expect(200);
    let claim = format!("/api/records/claim/{}", made["id"].as_str().unwrap());
    let refused = admin.patch(&claim, &json!({"amount": "200"})).expect(422).json();
    let error = &refused["errors"][0];
    assert_eq!((&error["code"], &error["pointer"]), (&json!("rate_missing"), &json!("")), "{refused}");
    let message = error["message"].as_str().unwrap();
    assert!(["Account ACME", "CNY", "EUR", "2026-03-04"].iter().all(|part| message.contains(part)), "{message}");
    assert_eq!(amount(&admin.get(&path).expect(200).json()["claims"]), "100".parse().unwrap());
    // With the last known rate it can, and the answer says so.
    lenient(&admin);
    let answer = admin.patch(&claim, &json!({"amount": "200"})).expect(200).json();
    let message = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(answer["warnings"][0]["code"] == "rate_old" && message.starts_with("Account ACME"), "{answer}");
    instance.assert_whole("a converted total");
}

fn damaged_conversions_are_found(database: &Database) {
    let (instance, admin) = instance(database);
    lenient(&admin);
    create(&admin, "claim", &claim("USD", "2026-03-04"));
    let invoice = json!({"amount": "100", "currency": "USD", "day": "2026-03-04"});
    create(&admin, "invoice", &invoice);
    instance.assert_whole("before the damage");
    let mut raw = Raw::open(database, instance.tenant());
    let physical = instance.tenant().snapshot();
    let names = |entity: &str, field: &str| {
        let entity = physical.catalog.entity_named(entity).unwrap();
        let table = &physical.physical.tables[&entity.id];
        let column = &table.columns[&entity.field_named(field).unwrap().id].name;
        (format!("{{t}}\"{}\"", table.name), format!("\"{column}\""))
    };
    let damage = [
        ("claim", "base_amount", "a rate is forgotten", "NULL"),
        ("claim", "base_amount_rates", "a rate is lost", "NULL"),
        ("invoice", "base_amount_rates", "a rate is another", "'[]'"),
        ("invoice", "amount", "the amount is another", "99"),
    ];
    for (entity, field, what, value) in damage {
        let (table, column) = names(entity, field);
        raw.run(&format!("CREATE TABLE {{t}}saved AS SELECT \"id\", {column} AS kept FROM {table}"));
        raw.run(&format!("UPDATE {table} SET {column} = {value}"));
        let report = instance.verified();
        assert!(report.counts.contains_key(&Invariant::Derived), "{what}: {report:?}");
        raw.run(&format!("UPDATE {table} SET {column} = (SELECT kept FROM {{t}}saved WHERE saved.\"id\" = {table}.\"id\")"));
        raw.run("DROP TABLE {t}saved");
        instance.assert_whole(what);
    }
}

/// The ECB's file is wide: one row per day, one column per currency.
fn rates_of_the_ecb_are_imported(database: &Database) {
    let (instance, admin) = instance(database);
    let data = std::env::var_os("KONTOR_TEST_DATA").map_or_else(|| repository::path("../shared/data"), PathBuf::from);
    let path = data.join("ecb/eurofxref-2010-2023.csv.gz");
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}; set KONTOR_TEST_DATA", path.display()));
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let mut long = String::from("Date,Currency,Rate\n");
    let mut quoted = 0;
    for row in lines.filter(|row| row[0].starts_with("2022-12") || row[0].starts_with("2023-01")) {
        for (code, rate) in head.iter().zip(&row).skip(1).filter(|(code, rate)| !code.is_empty() && **rate != "N/A") {
            long.push_str(&format!("{},{code},{rate}\n", row[0]));
            quoted += 1;
        }
    }
    let map: ImportMap = serde_json::from_value(json!({
        "key": ["currency", "base", "date"], "existing": "skip",
        "columns": {"date": "Date", "base": "Currency", "rate": "Rate"}, "constants": {"currency": "EUR"},
    }))
    .unwrap();
    let run = || {
        let (now, today) = instance.engine().moment();
        let caller = Caller { who: Who::Engine(RecordId(Uuid::nil())), now, today, seed: 1, locale: "en".to_owned() };
        let table = Table::from_csv(long.as_bytes(), Encoding::Utf8).unwrap();
        let import =
            Import { entity: "base.exchange_rate".to_owned(), table, map: map.clone(), dry_run: false, accept_duplicates: false };
        import::run(instance.tenant(), &caller, import, &mut |_, _| {}).unwrap_or_else(|error| panic!("{error}"))
    };
    let report = run();
    // One of them, the last kuna, is there already.
    assert_eq!((report.created, report.skipped, report.failed), (quoted - 1, 1, 0), "{:?}", report.verdicts.first());
    assert_eq!(run().created, 0);
    // The kuna of the last day of 2022 against the yuan, over the euro: 100 · 7.3582 / 7.5365 on that day's list.
    let made = admin.post("/api/records/claim", &claim("HRK", "2023-01-02")).expect(201).json();
    let rates = admin.query(&format!("/api/records/claim/{}", made["id"].as_str().unwrap()), &[("explain", "true")]);
    let rates = rates.expect(200).json()["base_amount_rates"][0].clone();
    assert_eq!((&rates["rate_date"], &rates["steps"][0]["from"]), (&json!("2022-12-30"), &json!("HRK")));
    let of = |step: usize| amount(&rates["steps"][step]["rate"]);
    let expected =
        (Decimal::ONE_HUNDRED * of(1) / of(0)).round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointNearestEven);
    assert_eq!(amount(&made["base_amount"]), expected);
}
