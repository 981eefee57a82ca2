//! The vectors in memory: type, scale and value of each expression; code and place of each mistake.
use serde_json::{Value as Json, json};

use super::sample::{Sample, golden, read};
use crate::expr::{
    Type, compile,
    eval::eval,
    json::{is_client, to_json, type_name, value_json},
};

const FILES: [&str; 5] = ["null", "numbers", "text", "dates", "lines"];

fn outcome(sample: &Sample, case: &Json) -> Json {
    let text = case["expression"].as_str().expect("an expression");
    let expr = match compile(text, &sample.names(&|_, _| true), None) {
        Ok(expr) => expr,
        Err(errors) => return json!({ "refused": format!("{errors:?}") }),
    };
    let mut out = json!({ "type": type_name(&expr.ty) });
    if let Type::Number { scale } = expr.ty {
        out["scale"] = json!(scale);
    }
    let empty = json!({});
    let record = if case["record"].is_null() { &empty } else { &case["record"] };
    match eval(&expr, &sample.row(record), &sample.env) {
        Ok(value) => out["value"] = value_json(&value),
        Err(error) => out["error"] = json!(error.code()),
    }
    out
}

#[test]
fn every_vector_holds_in_memory() {
    let sample = Sample::load();
    let mut wrong = Vec::new();
    for file in FILES {
        for case in read(&format!("{file}.json"))["cases"].as_array().expect("cases") {
            let mut expected = case.clone();
            let object = expected.as_object_mut().expect("an object");
            object.shift_remove("expression");
            object.shift_remove("record");
            let actual = outcome(&sample, case);
            if actual != expected {
                wrong.push(format!(
                    "{file}: {} with {}\n  expected {expected}\n  is       {actual}",
                    case["expression"], case["record"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} vectors differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_mistake_is_found_at_its_place() {
    let sample = Sample::load();
    let mut wrong = Vec::new();
    for case in read("findings.json")["cases"].as_array().expect("cases") {
        let text = case["expression"].as_str().expect("an expression");
        let found: Vec<Json> = match compile(text, &sample.names(&|_, _| true), None) {
            Ok(_) => Vec::new(),
            Err(errors) => errors
                .into_iter()
                .map(|error| json!({ "code": error.code, "at": text.get(error.span.start..error.span.end) }))
                .collect(),
        };
        if Json::Array(found.clone()) != case["findings"] {
            wrong.push(format!("{text}\n  expected {}\n  is       {}", case["findings"], Json::Array(found)));
        }
    }
    assert!(wrong.is_empty(), "{} findings differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_unreadable_field_is_a_name_that_does_not_exist() {
    let sample = Sample::load();
    let hidden = sample.catalog.path(sample.catalog.entity(sample.root).expect("known"), "price").expect("known");
    let readable = |_, field| field != *hidden.first().expect("one");
    for text in ["price > 5", "pride > 5", "prices + 1", "lines.sum(|l| l.qty * price)", "price.x", "price == missing"] {
        let with = compile(text, &sample.names(&readable), None).expect_err("price is hidden");
        // The same text in an app that never had the field.
        let mut never = Sample::load();
        let mut entity = never.catalog.entity(never.root).expect("known").as_ref().clone();
        entity.names.remove("price");
        entity.fields.retain(|field| field.name != "price");
        entity.names = entity.fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect();
        never.catalog.entities.insert(entity.id, std::sync::Arc::new(entity));
        let without = compile(text, &never.names(&|_, _| true), None).expect_err("there is no price");
        assert_eq!(format!("{with:?}"), format!("{without:?}"));
    }
}

/// The browser's evaluator runs on these trees. `KONTOR_GOLDEN=write` writes them anew, to be read before they are committed.
#[test]
fn the_trees_for_the_browser_are_current() {
    let sample = Sample::load();
    let mut trees = serde_json::Map::new();
    for file in FILES {
        for case in read(&format!("{file}.json"))["cases"].as_array().expect("cases") {
            let text = case["expression"].as_str().expect("an expression");
            let expr = compile(text, &sample.names(&|_, _| true), None).expect("it is right");
            if is_client(&expr, &|_| true) {
                trees.insert(text.to_owned(), to_json(&expr, &sample.catalog, sample.root).expect("it fits the catalog"));
            }
        }
    }
    let lines: Vec<String> = trees.iter().map(|(text, tree)| format!("  {}: {tree}", json!(text))).collect();
    let current = format!("{{\n{}\n}}\n", lines.join(",\n"));
    let path = golden("expressions/trees.json");
    if std::env::var("KONTOR_GOLDEN").is_ok_and(|mode| mode == "write") {
        std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder can be made");
        std::fs::write(&path, &current).expect("the file can be written");
    }
    assert!(std::fs::read_to_string(&path).is_ok_and(|known| known == current), "{} differs", path.display());
}
