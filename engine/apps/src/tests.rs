//! What needs no database: documents by key, the engine's own parts, remembered ids.
use std::{collections::BTreeMap, sync::Arc};

use kontor_definitions::{Severity, model::Kind};
use serde_json::{Value, json};

use crate::{
    base::{base, guard},
    compile::{compile, meanings},
    error::AppError,
    sources::{DocumentKey, Sources},
    upgrade::merge,
};

fn own() -> Sources {
    Sources::of_app("base", base())
}

fn user() -> DocumentKey {
    DocumentKey::new("base", Kind::Entity, "user")
}

/// `base` with the user entity changed.
fn with_user(change: impl FnOnce(&mut Value)) -> Sources {
    let mut sources = own();
    let mut document: Value = serde_json::from_str(sources.get(&user()).unwrap()).unwrap();
    change(&mut document);
    sources.insert(user(), Arc::from(serde_json::to_string_pretty(&document).unwrap()));
    sources
}

fn field<'a>(document: &'a mut Value, name: &str) -> &'a mut Value {
    let fields = document["fields"].as_array_mut().unwrap();
    fields.iter_mut().find(|field| field["name"] == name).unwrap()
}

fn field_with_id(id: &str) -> Value {
    json!({"id": id, "name": "badge", "title": {"zh-CN": "工牌", "en": "Badge"}, "type": "text"})
}

#[test]
fn the_engines_own_app_checks() {
    let compiled = compile(Arc::new(own()), &BTreeMap::new());
    assert_eq!(compiled.findings, []);
    assert!(compiled.catalog.is_some());
}

#[test]
fn fields_may_be_added_to_the_engines_entities() {
    let added = with_user(|user| user["fields"].as_array_mut().unwrap().push(field_with_id("zzzz0001")));
    assert_eq!(guard(&added), []);
    assert!(compile(Arc::new(added), &BTreeMap::new()).catalog.is_some());
    let retitled = with_user(|user| field(user, "phone")["title"] = json!({"zh-CN": "手机", "en": "Mobile"}));
    assert_eq!(guard(&retitled), []);
}

#[test]
fn the_engines_own_parts_stay() {
    let mut without = own();
    without.remove(&user());
    let cases = [
        (without, ""),
        (with_user(|user| field(user, "email")["unique"] = json!(false)), "/fields/1"),
        (with_user(|user| drop(user["fields"].as_array_mut().unwrap().remove(1))), "/fields"),
        (with_user(|user| user["name"] = json!("person")), "/name"),
        (with_user(|user| user["owner"] = json!(true)), "/owner"),
    ];
    for (sources, pointer) in cases {
        let findings = guard(&sources);
        assert_eq!(findings.len(), 1, "{pointer}");
        assert_eq!((findings[0].file.as_str(), findings[0].pointer.as_str()), ("base/entities/user.json", pointer));
        assert_eq!((findings[0].code.as_str(), findings[0].severity), ("engine_owned", Severity::Error));
    }
}

#[test]
fn an_id_is_remembered_for_what_it_named() {
    let id = "zzzz0001";
    let key = ("base".to_owned(), id.parse().unwrap());
    let added = Arc::new(with_user(|user| user["fields"].as_array_mut().unwrap().push(field_with_id(id))));
    let meant = meanings(&added).get(&key).cloned().unwrap();
    assert_eq!(meant, "field of jee86vpw");
    let back = compile(Arc::clone(&added), &BTreeMap::from([(key.clone(), meant)]));
    assert_eq!(back.findings, []);
    let other = compile(added, &BTreeMap::from([(key, "field of other000".to_owned())]));
    assert_eq!(other.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["retired_id"]);
}

#[test]
fn a_newer_base_keeps_what_the_tenant_added() {
    let installed = own();
    let mut coming = with_user(|user| {
        field(user, "email")["max_length"] = json!(300);
        user["fields"].as_array_mut().unwrap().push(json!({"id": "news0001", "name": "nick", "type": "text"}));
    });
    let role = DocumentKey::new("base", Kind::Role, "administrator");
    coming.insert(role.clone(), Arc::from("{\"name\": \"administrator\"}"));
    coming.remove(&DocumentKey::new("base", Kind::Entity, "unit"));
    coming.insert(DocumentKey::new("base", Kind::Entity, "fresh"), Arc::from("{}"));
    let mut live = with_user(|user| {
        field(user, "phone")["title"] = json!({"en": "Mobile"});
        user["fields"].as_array_mut().unwrap().push(field_with_id("zzzz0001"));
    });
    live.insert(DocumentKey::new("shop", Kind::App, "app"), Arc::from("{}"));
    merge(&mut live, &installed, &coming).unwrap();
    let merged: Value = serde_json::from_str(live.get(&user()).unwrap()).unwrap();
    let names: Vec<_> = merged["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(&names[names.len() - 2..], ["nick", "badge"]);
    let mut merged = merged;
    assert_eq!(field(&mut merged, "email")["max_length"], json!(300));
    assert_eq!(field(&mut merged, "phone")["title"], json!({"en": "Mobile"}));
    assert_eq!(live.get(&role), coming.get(&role));
    assert_eq!(live.get(&DocumentKey::new("base", Kind::Entity, "unit")), None);
    assert!(live.get(&DocumentKey::new("base", Kind::Entity, "fresh")).is_some() && live.has_app("shop"));
}

#[test]
fn the_fingerprint_is_of_the_documents_alone() {
    let one = own();
    let mut two = Sources::default();
    for (key, text) in one.iter().collect::<Vec<_>>().into_iter().rev() {
        two.insert(key.clone(), Arc::clone(text));
    }
    assert_eq!(one.fingerprint(), two.fingerprint());
    two.insert(user(), Arc::from("{}"));
    assert_ne!(one.fingerprint(), two.fingerprint());
    let (app, folder) = one.folders().remove(0);
    assert_eq!((app.as_str(), &folder), ("base", base()));
}

#[test]
fn errors_say_the_way_out_in_both_languages() {
    for error in [
        AppError::UnknownTenant("x".to_owned()),
        AppError::TenantExists("x".to_owned()),
        AppError::BadTenantName("X".to_owned()),
        AppError::Precondition,
        AppError::StaleBase { base: 1, live: 2 },
        AppError::ChangedMeanwhile,
        AppError::NothingToPublish,
        AppError::Findings(Vec::new()),
        AppError::Package(crate::PackageProblem::Changed(vec!["entities/item.json".to_owned()])),
    ] {
        let text = error.message();
        assert!(text.0.contains_key("zh-CN") && text.0.contains_key("en"), "{error}");
    }
}
