//! What is cut from the definitions for whom: one small app whose every part speaks of a hidden field.
use std::{collections::BTreeMap, sync::Arc};

use kontor_access::{Actor, Rights};
use kontor_apps::{DocumentKey, Sources, base, compile};
use kontor_definitions::{Catalog, RecordId, model::Kind, source::AppSource};
use serde_json::{Value, json};
use uuid::Uuid;

use super::screens;

fn app() -> AppSource {
    let title = json!({"zh-CN": "标题", "en": "Title"});
    let field = |id: &str, name: &str, rest: Value| {
        let mut field = json!({"id": id, "name": name, "title": title});
        field.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        field
    };
    let files = [
        ("app.json", json!({"id": "app00000", "name": "shop", "version": "1.0.0", "title": title, "locales": ["zh-CN", "en"]})),
        (
            "entities/item.json",
            json!({"id": "ent00000", "name": "item", "title": title, "label": "name", "owner": true, "fields": [
                field("fld00001", "name", json!({"type": "text", "required": true})),
                field("fld00002", "cost", json!({"type": "decimal", "precision": 12, "scale": 2})),
                field("fld00003", "price", json!({"type": "decimal", "precision": 12, "scale": 2, "default": "cost"})),
                field("fld00004", "margin", json!({"type": "formula", "returns": "decimal", "precision": 12, "scale": 2, "expression": "price - cost", "reveals": true})),
                field("fld00005", "double", json!({"type": "formula", "returns": "decimal", "precision": 12, "scale": 2, "expression": "price * 2"})),
            ], "indexes": [["cost"], ["price"]]}),
        ),
        (
            "forms/item.json",
            json!({"id": "frm00000", "name": "item", "entity": "item", "layout": [
                {"id": "nod00001", "type": "section", "title": title, "children": [
                    {"id": "nod00002", "type": "field", "field": "name", "readonly": "price > 5"},
                    {"id": "nod00003", "type": "field", "field": "cost"},
                    {"id": "nod00004", "type": "field", "field": "price", "visible": "cost > 5"}]},
                {"id": "nod00005", "type": "section", "title": title, "children": [
                    {"id": "nod00006", "type": "field", "field": "cost"}]}]}),
        ),
        (
            "views/items.json",
            json!({"id": "viw00000", "name": "items", "entity": "item", "title": title, "type": "list", "sort": ["-cost", "name"],
                "columns": [{"id": "col00001", "field": "name"}, {"id": "col00002", "field": "cost"}]}),
        ),
        (
            "views/dear.json",
            json!({"id": "viw00001", "name": "dear", "entity": "item", "title": title, "type": "list", "filter": "cost > 100",
                "columns": [{"id": "col00003", "field": "name"}]}),
        ),
        (
            "pages/menu.json",
            json!({"id": "pag00000", "name": "menu", "title": title, "kind": "menu", "items": [
                {"id": "itm00001", "view": "items"},
                {"id": "itm00002", "title": title, "items": [{"id": "itm00003", "view": "dear"}]}]}),
        ),
        (
            "roles/clerk.json",
            json!({"id": "rol00001", "name": "clerk", "title": title, "entities": {
                "item": {"create": true, "read": "own", "update": "own", "fields": {"cost": "none", "price": "read", "*": "write"}}}}),
        ),
        (
            "roles/chief.json",
            json!({"id": "rol00002", "name": "chief", "title": title, "entities": {"item": {"read": "all", "update": "all"}}}),
        ),
        ("roles/guest.json", json!({"id": "rol00003", "name": "guest", "title": title})),
    ];
    AppSource { files: files.into_iter().map(|(path, document)| (path.to_owned(), document.to_string())).collect() }
}

fn shown_to(role: &str) -> Value {
    let mut sources = Sources::of_app("base", base());
    for (key, text) in Sources::of_app("shop", &app()).iter() {
        sources.insert(key.clone(), Arc::clone(text));
    }
    let compiled = compile(Arc::new(sources), &BTreeMap::new());
    let errors: Vec<_> = compiled.findings.iter().filter(|one| one.file.starts_with("shop/")).collect();
    let catalog: Arc<Catalog> = compiled.catalog.unwrap_or_else(|| panic!("{errors:#?}"));
    let id = catalog.roles.iter().find(|(_, known)| known.app == "shop" && known.name == role).map(|(id, _)| *id).unwrap();
    let actor =
        Actor { user: RecordId(Uuid::from_u128(1)), name: "X".to_owned(), department: None, below: Vec::new(), roles: vec![id] };
    let rights = Rights::of(&catalog, actor);
    screens(1, &catalog, &rights, |entity| {
        let text = compiled.sources.get(&DocumentKey::new(entity.app.as_str(), Kind::Entity, entity.name.as_str()))?;
        serde_json::from_str(text).ok()
    })
}

#[test]
fn what_speaks_of_a_hidden_field_is_not_there() {
    let shown = shown_to("clerk");
    assert!(!shown.to_string().contains("cost"), "{shown:#}");
    let entity = &shown["entities"][0];
    assert_eq!(entity["rights"]["create"], true);
    assert_eq!(entity["rights"]["delete"], false);
    assert_eq!(entity["rights"]["fields"]["price"], "read");
    assert_eq!(entity["rights"]["fields"]["name"], "write");
    assert_eq!(entity["derived"], json!({"margin": "row", "double": "row"}));
    assert!(entity["expressions"].get("double").is_some() && entity["expressions"].get("margin").is_none());
    assert_eq!(entity["document"]["indexes"], json!([["price"]]));
    let layout = shown["forms"][0]["document"]["layout"].as_array().unwrap();
    assert_eq!(layout.len(), 1, "a section with nothing in it goes");
    assert_eq!(layout[0]["children"][1]["visible"], false, "a condition one may not know hides its node");
    assert!(shown["forms"][0]["expressions"].get("nod00002:readonly").is_some());
    let views: Vec<&str> =
        shown["views"].as_array().unwrap().iter().map(|view| view["document"]["name"].as_str().unwrap()).collect();
    assert_eq!(views, ["items"]);
    assert_eq!(shown["views"][0]["document"]["sort"], json!(["name"]));
    assert_eq!(shown["pages"][0]["document"]["items"].as_array().unwrap().len(), 1);
}

#[test]
fn who_may_see_everything_does() {
    let shown = shown_to("chief");
    let entity = &shown["entities"][0];
    assert_eq!(entity["document"]["fields"].as_array().unwrap().len(), 5);
    assert_eq!(entity["document"]["fields"][3]["expression"], "price - cost");
    assert!(entity["expressions"].get("margin").is_some() && entity["expressions"].get("default:price").is_some());
    assert_eq!(shown["views"].as_array().unwrap().len(), 2);
    assert_eq!(shown["pages"][0]["document"]["items"].as_array().unwrap().len(), 2);
}

#[test]
fn who_may_nothing_sees_nothing() {
    let shown = shown_to("guest");
    for part in ["entities", "forms", "views", "pages"] {
        assert_eq!(shown[part], json!([]), "{part}");
    }
}
