//! Conversions at the ECB's rates: the engine says what an independent script says, and keeps what it once said.
use std::{collections::BTreeSet, io::Read as _, path::PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value as Json, json};
use time::{Date, Duration, format_description::well_known::Iso8601};

use crate::harness::{
    both_databases,
    cases::{assert_script_says, worked},
    client::Client,
    database::Database,
    instance::{Instance, folder},
    repository,
};

both_databases!(amounts_are_converted_at_the_rate_of_the_day, a_converted_amount_stays);

/// Records of one batch.
const BATCH: usize = 1_000;

fn ecb() -> PathBuf {
    let data = std::env::var_os("KONTOR_TEST_DATA").map_or_else(|| repository::path("../shared/data"), PathBuf::from);
    let path = data.join("ecb/eurofxref-2010-2023.csv.gz");
    assert!(path.exists(), "{} is missing; set KONTOR_TEST_DATA", path.display());
    path
}

fn cases() -> Json {
    worked("rates")
}

#[test]
fn the_script_says_what_the_cases_say() {
    assert_script_says("rates", &[ecb().as_os_str()]);
}

/// An instance with the app, the digits of currencies, and every rate of the ECB in the two weeks before a date of the cases.
fn instance(database: &Database, cases: &Json) -> (Instance, Client) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/rates/app"));
    let admin = instance.client("admin");
    let digits = cases["digits"].as_object().unwrap();
    let currencies: Vec<Json> =
        digits.iter().map(|(code, digits)| json!({"code": code, "name": code, "digits": digits})).collect();
    create(&admin, "currency", &currencies);
    let dates: BTreeSet<Date> = cases["cases"].as_array().unwrap().iter().map(|case| date(&case["date"])).collect();
    let near = |day: Date| dates.range(day..=day + Duration::days(14)).next().is_some();
    let mut rates = quotes(&near);
    rates.extend(cases["extra"].as_array().unwrap().iter().cloned());
    create(&admin, "exchange_rate", &rates);
    (instance, admin)
}

fn create(admin: &Client, entity: &str, records: &[Json]) {
    for some in records.chunks(BATCH) {
        admin.post(&format!("/api/records/{entity}/batch"), &json!({"create": some})).expect(200);
    }
}

/// The ECB's file is wide, has a column without a name at its end, and N/A where a currency is not quoted.
fn quotes(near: &dyn Fn(Date) -> bool) -> Vec<Json> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(ecb()).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let rows = lines.filter(|row| near(date(&json!(row[0]))));
    rows.flat_map(|row| {
        let quoted = head.iter().zip(row.clone()).skip(1).filter(|(code, rate)| !code.is_empty() && *rate != "N/A");
        let day = row[0];
        quoted.map(|(code, rate)| json!({"currency": "EUR", "base": code, "date": day, "rate": rate})).collect::<Vec<_>>()
    })
    .collect()
}

fn date(value: &Json) -> Date {
    Date::parse(value.as_str().unwrap(), &Iso8601::DATE).unwrap()
}

fn deal(case: &Json) -> Json {
    json!({"amount": case["amount"], "source": case["from"], "target": case["to"], "day": case["date"]})
}

fn amount(value: &Json) -> rust_decimal::Decimal {
    value.as_str().unwrap_or_else(|| panic!("no amount: {value}")).parse().unwrap()
}

fn amounts_are_converted_at_the_rate_of_the_day(database: &Database) {
    let cases = cases();
    let (_instance, admin) = instance(database, &cases);
    for case in cases["cases"].as_array().unwrap() {
        let title = &case["title"];
        let dry = admin.post("/api/records/deal/evaluate", &json!({"record": deal(case)})).expect(200).json();
        if case["result"].is_null() {
            let refused = admin.post("/api/records/deal", &deal(case)).expect(422).json();
            for errors in [&refused["errors"], &dry["errors"]] {
                let error = &errors[0];
                assert_eq!((&error["code"], &error["pointer"]), (&json!("rate_missing"), &json!("/result")), "{title}");
                let message = error["message"].as_str().unwrap();
                for part in ["from", "to", "date"] {
                    assert!(message.contains(case[part].as_str().unwrap()), "{title}: {message}");
                }
                assert!(error["suggestion"].is_string(), "{title}");
            }
            continue;
        }
        let id = admin.post("/api/records/deal", &deal(case)).expect(201).json()["id"].as_str().unwrap().to_owned();
        let stored = admin.get(&format!("/api/records/deal/{id}")).expect(200).json();
        assert_eq!(amount(&stored["result"]), amount(&case["result"]), "{title}");
        assert_eq!(amount(&dry["record"]["result"]), amount(&case["result"]), "{title}");
    }

    let mut mixed = json!({"target": "JPY", "day": "2013-06-15"});
    assert!(admin.post("/api/records/deal", &mixed).expect(201).json()["result"].is_null());
    mixed["lines"] =
        json!([{"amount": "100", "source": "EUR"}, {"amount": "200", "source": "USD"}, {"amount": "5", "source": "JPY"}]);
    // 100 · 126.37 + 200 · 126.37 / 1.3303 + 5
    assert_eq!(amount(&admin.post("/api/records/deal", &mixed).expect(201).json()["lines_total"]), "31641".parse().unwrap());

    let filter = "convert(amount, source, \"EUR\", day) > 5";
    let refused = admin.query("/api/records/deal", &[("filter", filter)]).expect(400).json();
    assert_eq!(refused["errors"][0]["code"], "convert_not_here", "{refused}");
    let stored = [("filter", "result > 0 && target == \"KWD\""), ("count", "true")];
    assert_eq!(admin.query("/api/records/deal", &stored).expect(200).json()["count"], 2);
}

fn a_converted_amount_stays(database: &Database) {
    let rate = |rate: &str| json!({"currency": "EUR", "base": "USD", "date": "2020-03-02", "rate": rate});
    let (_instance, admin) = instance(database, &json!({"digits": {"USD": 2}, "cases": [], "extra": [rate("1.1")]}));
    let filter = [("filter", "base == \"USD\"")];
    let quote = admin.query("/api/records/exchange_rate", &filter).expect(200).json()["items"][0]["id"].clone();
    let quote = format!("/api/records/exchange_rate/{}", quote.as_str().unwrap());
    let deal = json!({"amount": "10", "source": "EUR", "target": "USD", "day": "2020-03-04",
        "lines": [{"amount": "1", "source": "EUR"}]});
    let id = admin.post("/api/records/deal", &deal).expect(201).json()["id"].as_str().unwrap().to_owned();
    let record = format!("/api/records/deal/{id}");
    let is = |changed: Json, result: &str, total: &str| {
        let now = admin.patch(&record, &changed).expect(200).json();
        let found = [amount(&now["result"]), amount(&now["share"]) * rust_decimal::Decimal::from(4), amount(&now["lines_total"])];
        assert_eq!(found, [amount(&json!(result)), amount(&json!(result)), amount(&json!(total))], "{now}");
    };
    is(json!({"note": "as entered"}), "11", "1.1");

    admin.patch(&quote, &json!({"rate": "1.2"})).expect(200);
    is(json!({"note": "the rate was corrected"}), "11", "1.1");
    is(json!({"amount": "20"}), "24", "1.1");
    is(json!({"lines": [{"amount": "1", "source": "EUR"}, {"amount": "2", "source": "EUR"}]}), "24", "3.6");

    let path = "/api/draft/rates/entity/deal";
    let mut document = admin.get(path).expect(200).json();
    let title = json!({"zh-CN": "两倍", "en": "Twice"});
    let twice = json!({"name": "twice", "title": title, "type": "formula", "returns": "money", "currency_field": "target",
        "expression": "2 * result"});
    document["fields"].as_array_mut().unwrap().push(twice);
    admin.patch(&quote, &json!({"rate": "1.3"})).expect(200);
    admin.put(path, &document).expect(200);
    admin.post("/api/draft/publish", &json!({"message": "twice"})).expect(200);
    let now = admin.get(&record).expect(200).json();
    assert_eq!((amount(&now["result"]), amount(&now["twice"])), (amount(&json!("24")), amount(&json!("48"))), "{now}");

    admin.delete(&quote).expect(204);
    is(json!({"note": "the rate is gone"}), "24", "3.6");
    let refused = admin.patch(&record, &json!({"day": "2020-03-03"})).expect(422).json();
    assert_eq!(refused["errors"][0]["code"], "rate_missing", "{refused}");
}
