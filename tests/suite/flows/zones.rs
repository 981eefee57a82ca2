//! Days in the zones of companies: what `today()` is, how numbers count and where moments are grouped, as Python's zones say.
use kontor_definitions::RecordId;
use kontor_records::{Caller, Input, Params, Who, read_blocking, write_blocking};
use kontor_storage::Queue;
use serde_json::{Value as Json, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::date};
use uuid::Uuid;

use crate::harness::{
    both_databases,
    cases::{assert_script_says, worked},
    client::Client,
    database::Database,
    instance::{Instance, folder},
};

both_databases!(days_are_those_of_the_zone, each_record_has_the_day_of_its_company);

fn cases() -> Json {
    worked("zones")
}

#[test]
fn the_script_says_what_the_cases_say() {
    assert_script_says("zones", &[]);
}

/// The engine at another moment, on a server whose own day is never the right one.
fn at(moment: &str) -> Caller {
    let now = OffsetDateTime::parse(moment, &Rfc3339).unwrap();
    let who = Who::Engine(RecordId(Uuid::nil()));
    Caller { who, now, today: date!(2000 - 01 - 01), seed: u64::from(now.nanosecond()), locale: "en".to_owned() }
}

fn bill(instance: &Instance, moment: &str, seed: u64, record: &Json) -> Json {
    let input = Input::from(record);
    let caller = Caller { seed, ..at(moment) };
    let job = move |session: &mut kontor_records::Session<'_>| session.create("invoice", &input);
    let made = write_blocking(instance.tenant(), Queue::Interactive, caller, job).unwrap();
    serde_json::from_str(&made.body).unwrap()
}

fn company(admin: &Client) -> String {
    let all = admin.get("/api/records/company").expect(200).json();
    format!("/api/records/company/{}", all["items"][0]["id"].as_str().unwrap())
}

fn days_are_those_of_the_zone(database: &Database) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/companies/app"));
    let admin = instance.client("admin");
    let company = company(&admin);
    let mut seed = 0;
    for (place, case) in cases()["cases"].as_array().unwrap().iter().enumerate() {
        let title = &case["title"];
        admin.patch(&company, &json!({"zone": case["zone"]})).expect(200);
        let amount = (place + 1).to_string();
        for moment in case["moments"].as_array().unwrap() {
            seed += 1;
            let made = bill(&instance, moment["at"].as_str().unwrap(), seed, &json!({"amount": amount}));
            assert_eq!(made["day"], moment["day"], "{title}: {moment}");
            let digits = moment["day"].as_str().unwrap().replace('-', "");
            assert!(made["number"].as_str().unwrap().starts_with(&digits), "{title}: {made}");
        }
        for (bucket, days) in case["buckets"].as_object().unwrap() {
            let key = format!("{bucket}(created_at)");
            let parameters =
                [("group", key.clone()), ("measures", "count()".to_owned()), ("filter", format!("amount == {amount}"))];
            let params = Params(parameters.map(|(name, value)| (name.to_owned(), value)).to_vec());
            let job = move |session: &mut kontor_records::Session<'_>| session.aggregate("invoice", &params, "Pacific/Apia");
            let answer = read_blocking(instance.tenant(), at("2026-01-01T00:00:00Z"), job).unwrap();
            let answer: Json = serde_json::from_str(&answer).unwrap();
            let found = answer["items"].as_array().unwrap().iter();
            let found: serde_json::Map<String, Json> =
                found.map(|item| (item[&key].as_str().unwrap().to_owned(), item["count()"].clone())).collect();
            assert_eq!(&found, days.as_object().unwrap(), "{title}: {key}");
        }
    }
}

fn each_record_has_the_day_of_its_company(database: &Database) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/companies/app"));
    let admin = instance.client("admin");
    admin.patch(&company(&admin), &json!({"zone": "America/New_York"})).expect(200);
    let tokyo = json!({"name": "Tokyo", "code": "T", "currency": "JPY", "zone": "Asia/Tokyo"});
    let tokyo = admin.post("/api/records/company", &tokyo).expect(201).json()["id"].clone();
    let unset = admin.post("/api/records/company", &json!({"name": "Here", "code": "H"})).expect(201).json()["id"].clone();
    let days = [(json!({}), "2026-03-31"), (json!({"company": tokyo}), "2026-04-01"), (json!({"company": unset}), "2000-01-01")];
    for (seed, (record, day)) in (1..).zip(days) {
        let made = bill(&instance, "2026-03-31T15:30:00Z", seed, &record);
        let number = format!("{}-01", day.replace('-', ""));
        assert_eq!((&made["day"], &made["number"]), (&json!(day), &json!(number)), "{record}");
    }
}
