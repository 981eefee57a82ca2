//! Conversions between units: the engine says what an independent script says, and keeps what it once said.
use kontor_records::verify::Invariant;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use crate::harness::{
    both_databases,
    cases::{assert_script_says, worked},
    client::Client,
    database::Database,
    instance::{Instance, folder},
    raw::Raw,
};

both_databases!(
    quantities_are_converted_as_the_script_says,
    a_converted_quantity_stays,
    what_is_hidden_is_not_named,
    a_unit_that_is_wrong_is_refused,
    damaged_quantities_are_found,
);

fn cases() -> Json {
    worked("units")
}

#[test]
fn the_script_says_what_the_cases_say() {
    assert_script_says("units", &[]);
}

/// A record without what is empty, so that defaults apply.
fn entered(record: &Json) -> Json {
    let filled = record.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    Json::Object(filled.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

/// An instance with the app and the units of the cases.
fn instance(database: &Database) -> (Instance, Client) {
    let instance = Instance::new(database);
    instance.install(&folder("tests/cases/units/app"));
    instance.add_person("clerk", "units.clerk");
    let admin = instance.client("admin");
    let units: Vec<Json> = cases()["units"].as_array().unwrap().iter().map(|unit| named(&entered(unit))).collect();
    admin.post("/api/records/unit/batch", &json!({"create": units})).expect(200);
    (instance, admin)
}

fn named(unit: &Json) -> Json {
    let mut unit = unit.clone();
    unit["name"] = unit["code"].clone();
    unit
}

fn load(quantity: &str, source: &str, target: &str) -> Json {
    json!({"quantity": quantity, "source": source, "target": target})
}

fn create(client: &Client, record: &Json) -> String {
    let made = client.post("/api/records/load", record).expect(201).json();
    format!("/api/records/load/{}", made["id"].as_str().unwrap())
}

fn number(value: &Json) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("no number: {value}")).parse().unwrap()
}

fn unit(admin: &Client, code: &str) -> String {
    let found = admin.query("/api/records/unit", &[("filter", &format!("code == \"{code}\""))]).expect(200).json();
    format!("/api/records/unit/{}", found["items"][0]["id"].as_str().unwrap())
}

fn quantities_are_converted_as_the_script_says(database: &Database) {
    let cases = cases();
    let (instance, admin) = instance(database);
    for case in cases["cases"].as_array().unwrap() {
        let title = &case["title"];
        let record = json!({"quantity": case["quantity"], "source": case["from"], "target": case["to"]});
        let dry = admin.post("/api/records/load/evaluate", &json!({"record": record})).expect(200).json();
        if let Some(code) = case.get("error") {
            let refused = admin.post("/api/records/load", &record).expect(422).json();
            for errors in [&refused["errors"], &dry["errors"]] {
                let error = errors.as_array().unwrap().iter().find(|error| error["pointer"] == "/result");
                let error = error.unwrap_or_else(|| panic!("{title}: {errors}"));
                assert_eq!(&error["code"], code, "{title}: {error}");
                assert!(error["suggestion"].is_string(), "{title}");
            }
            told(case, &refused["errors"]);
            continue;
        }
        let stored = admin.get(&create(&admin, &record)).expect(200).json();
        for found in [&stored, &dry["record"]] {
            for field in ["exact", "result", "cents"] {
                let same = match (&found[field], &case[field]) {
                    (Json::Null, wanted) => wanted.is_null(),
                    (found, wanted) if field == "exact" => found == wanted,
                    (found, wanted) => number(found) == number(wanted),
                };
                assert!(same, "{title}: {field} is {}, not {}", found[field], case[field]);
            }
        }
    }

    let sum = &cases["sum"];
    let made = admin.get(&create(&admin, &json!({"lines": sum["lines"]}))).expect(200).json();
    assert_eq!(number(&made["total"]), number(&sum["total"]));
    // What is in a carton is a matter of the product, not of units: 20 gross in cartons of 24 pieces.
    let packing = json!({"quantity": "20", "unit": "gross", "pieces_per_carton": 24});
    let packed = admin.post("/api/records/packing", &packing).expect(201).json();
    assert_eq!(number(&packed["cartons"]), Decimal::from(120));

    let filter = "convert_unit(quantity, source, \"kg\") > 5";
    let refused = admin.query("/api/records/load", &[("filter", filter)]).expect(400).json();
    assert_eq!(refused["errors"][0]["code"], "convert_not_here", "{refused}");
    let stored = [("filter", "result > 40 && target == \"kg\""), ("count", "true")];
    assert_eq!(admin.query("/api/records/load", &stored).expect(200).json()["count"], 1);
    instance.assert_whole("converted quantities");
}

/// The message names what does not convert, in both languages.
fn told(case: &Json, errors: &Json) {
    let message = errors[0]["message"].as_str().unwrap();
    let names = |code: &str| message.contains(&format!("\"{code}\""));
    match (case["error"].as_str().unwrap(), case["from"].as_str().unwrap(), case["to"].as_str().unwrap()) {
        ("unit_unknown", from, to) => assert!(names(from) != names(to), "{message}"),
        ("units_differ", from, to) => assert!(names(from) && names(to), "{message}"),
        _ => {}
    }
}

fn a_converted_quantity_stays(database: &Database) {
    let (instance, admin) = instance(database);
    let path =
        create(&admin, &json!({"quantity": "10", "source": "carton", "target": "carton", "lines": [{"qty": "2", "unit": "lb"}]}));
    let explained = admin.query(&path, &[("explain", "true")]).expect(200).json();
    assert!(explained["result_units"].is_null() && explained.get("result_units").is_some(), "{explained}");
    let pounds = json!([{"from": "lb", "to": "kg", "dimension": "mass", "factor": "0.45359237",
        "units": [{"unit": "lb", "factor": "0.45359237", "divisor": "1"}, {"unit": "kg", "factor": "1", "divisor": "1"}]}]);
    assert_eq!(explained["total_units"], pounds);

    // A carton that was given a dimension, and one of another size later.
    let carton = unit(&admin, "carton");
    let refused = admin.patch(&carton, &json!({"dimension": "count"})).expect(422).json();
    assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/factor"), &json!("required")));
    admin.patch(&carton, &json!({"dimension": "count", "factor": "24"})).expect(200);
    let is = |changed: Json, result: &str| {
        let now = admin.patch(&path, &changed).expect(200).json();
        assert_eq!(number(&now["result"]), result.parse().unwrap(), "{now}");
    };
    is(json!({"target": "dozen"}), "20");
    admin.patch(&carton, &json!({"factor": "36"})).expect(200);
    is(json!({"note": "cartons have become larger"}), "20");
    instance.assert_whole("a unit that changed");
    is(json!({"quantity": "11"}), "33");
    let history = admin.get(&format!("{path}/history")).expect(200).json();
    let changes = history["items"][0]["changes"].as_array().unwrap();
    let units = changes.iter().find(|change| change["field"] == "result_units").unwrap();
    assert_eq!((&units["old"][0]["factor"], &units["new"][0]["factor"]), (&json!("2"), &json!("3")));
    assert_eq!(admin.patch(&path, &json!({"result_units": []})).expect(422).json()["errors"][0]["code"], "read_only");

    // A formula that a publish adds takes the units of that day, what is there stays.
    admin.patch(&carton, &json!({"factor": "48"})).expect(200);
    let document = "/api/draft/units/entity/load";
    let mut load = admin.get(document).expect(200).json();
    let pieces = json!({"name": "pieces", "title": {"zh-CN": "件数", "en": "Pieces"}, "type": "formula", "returns": "decimal",
        "precision": 18, "scale": 2, "expression": "convert_unit(quantity, source, \"pcs\")"});
    load["fields"].as_array_mut().unwrap().push(pieces);
    admin.put(document, &load).expect(200);
    let bottles = create(&admin, &load_of_stone());
    admin.post("/api/draft/publish", &json!({"message": "pieces"})).expect(200);
    let now = admin.get(&path).expect(200).json();
    assert_eq!([number(&now["pieces"]), number(&now["result"])], [Decimal::from(528), Decimal::from(33)], "{now}");
    // Stones do not count pieces: empty, and no reason to refuse what is saved next.
    let now = admin.patch(&bottles, &json!({"note": "still"})).expect(200).json();
    assert!(now["pieces"].is_null(), "{now}");

    admin.delete(&carton).expect(204);
    let refused = admin.patch(&path, &json!({"quantity": "12"})).expect(422).json();
    assert!(refused["errors"].as_array().unwrap().iter().all(|error| error["code"] == "unit_unknown"), "{refused}");
    is(json!({"note": "the carton is gone"}), "33");
    instance.assert_whole("a unit that is gone");
}

fn load_of_stone() -> Json {
    load("1", "kg", "kg")
}

fn what_is_hidden_is_not_named(database: &Database) {
    let (instance, admin) = instance(database);
    let path = create(&admin, &load("1", "lb", "kg"));
    let clerk = instance.client("clerk");
    // The clerk does not see the wanted unit, and so learns neither it nor what it measures.
    let refused = clerk.patch(&path, &json!({"source": "m"})).expect(422).json();
    for error in refused["errors"].as_array().unwrap() {
        let message = error["message"].as_str().unwrap();
        assert_eq!(error["code"], "units_differ", "{error}");
        assert!(!message.contains("kg") && !message.contains("Mass"), "{message}");
    }
    let refused = clerk.patch(&path, &json!({"source": "stone"})).expect(422).json();
    assert!(refused["errors"].as_array().unwrap().iter().all(|error| error["code"] == "unit_unknown"), "{refused}");
    let refused = admin.patch(&path, &json!({"source": "m"})).expect(422).json();
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(["\"m\"", "Length", "\"kg\"", "Mass"].iter().all(|part| message.contains(part)), "{message}");
    let admin = admin.reading("zh-CN");
    let refused = admin.patch(&path, &json!({"source": "m"})).expect(422).json();
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(["“m”", "长度", "“kg”", "质量"].iter().all(|part| message.contains(part)), "{message}");
}

fn a_unit_that_is_wrong_is_refused(database: &Database) {
    let (_instance, admin) = instance(database);
    let stone = |factor: &str, divisor: &str| json!({"code": "stone", "name": "Stone", "dimension": "mass", "factor": factor, "divisor": divisor});
    for (record, pointer) in [
        (stone("0", "1"), "/factor"),
        (stone("-6.35", "1"), "/factor"),
        (stone("6.35029318123", "1"), "/factor"),
        (stone("100000000", "1"), "/factor"),
        (stone("6.35029318", "0"), "/divisor"),
        (json!({"code": "stone", "name": "Stone", "dimension": "weight", "factor": "6.35"}), "/dimension"),
        (json!({"code": "lb", "name": "Pound", "dimension": "mass", "factor": "0.5"}), "/code"),
    ] {
        let answer = admin.post("/api/records/unit", &record);
        assert!(answer.status.is_client_error(), "{record}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{record} {}", answer.json());
    }
    admin.post("/api/records/unit", &stone("6.35029318", "1")).expect(201);
    let made = admin.get(&create(&admin, &load("2", "stone", "lb"))).expect(200).json();
    assert_eq!(number(&made["result"]), Decimal::from(28));
}

fn damaged_quantities_are_found(database: &Database) {
    let (instance, admin) = instance(database);
    create(&admin, &load("100", "lb", "kg"));
    instance.assert_whole("before the damage");
    let mut raw = Raw::open(database, instance.tenant());
    let snapshot = instance.tenant().snapshot();
    let entity = snapshot.catalog.entity_named("load").unwrap();
    let table = &snapshot.physical.tables[&entity.id];
    let of = |field: &str| table.columns[&entity.field_named(field).unwrap().id].name.clone();
    let table = format!("{{t}}\"{}\"", table.name);
    let other = "'[{\"from\":\"lb\",\"to\":\"kg\",\"dimension\":\"mass\",\"units\":[{\"unit\":\"lb\",\"factor\":\"0.5\",\"divisor\":\"1\"},{\"unit\":\"kg\",\"factor\":\"1\",\"divisor\":\"1\"}]}]'";
    let damage = [
        ("result", "the result is another", "1"),
        ("result_units", "the units are lost", "NULL"),
        ("result_units", "a unit is another", other),
        ("quantity", "the quantity is another", "99"),
    ];
    for (field, what, value) in damage {
        let column = format!("\"{}\"", of(field));
        raw.run(&format!("CREATE TABLE {{t}}saved AS SELECT \"id\", {column} AS kept FROM {table}"));
        raw.run(&format!("UPDATE {table} SET {column} = {value}"));
        let report = instance.verified();
        assert!(report.counts.contains_key(&Invariant::Derived), "{what}: {report:?}");
        raw.run(&format!("UPDATE {table} SET {column} = (SELECT kept FROM {{t}}saved WHERE saved.\"id\" = {table}.\"id\")"));
        raw.run("DROP TABLE {t}saved");
        instance.assert_whole(what);
    }
}
