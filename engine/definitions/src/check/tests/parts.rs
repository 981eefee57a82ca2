//! The parts of the check on their own: reading, shape, canonical form, ids.
use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{check::*, id::DefId, model::Kind, source::AppSource};

const ENTITY: &str = "{\n  \"name\": \"a\",\n  \"title\": {\"zh-CN\": \"甲\"},\n  \"fields\": [\n    {\"name\": \"x\", \"type\": \"txt\", \"title\": {}, \"lenght\": 3, \"scale\": \"2\", \"required\": null}\n  ]\n}";

fn codes(text: &str) -> Vec<(String, String, u32, u32)> {
    let (_, findings) = document(Kind::Entity, "entities/a.json", text);
    findings.into_iter().map(|found| (found.code, found.pointer, found.line, found.column)).collect()
}

#[test]
fn shape_errors_are_told_at_once_at_their_place() {
    let found = codes(ENTITY);
    let found: Vec<(&str, &str, u32, u32)> =
        found.iter().map(|(code, pointer, line, column)| (&**code, &**pointer, *line, *column)).collect();
    assert_eq!(
        found,
        [
            ("unknown_value", "/fields/0/type", 5, 27),
            ("unknown_property", "/fields/0/lenght", 5, 47),
            ("wrong_type", "/fields/0/scale", 5, 69),
            ("wrong_type", "/fields/0/required", 5, 86),
        ]
    );
}

#[test]
fn texts_that_are_no_json_are_refused_with_their_place() {
    for (text, code, line, column) in [
        ("", "invalid_json", 1, 1),
        ("[]", "not_an_object", 1, 1),
        ("{\n \"name\": \"a\",\n}", "invalid_json", 2, 13),
        ("{// c\n}", "invalid_json", 1, 2),
        ("{\"a\": \"\\ud800\"}", "bad_character", 1, 8),
        ("{\"name\": \"\\u0000\"}", "bad_character", 1, 10),
        ("{\"name\": \"a\", \"name\": \"b\"}", "duplicate_key", 1, 15),
    ] {
        let found = codes(text);
        assert!(found.iter().any(|found| (&*found.0, found.2, found.3) == (code, line, column)), "{text}: {found:?}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{{\"title\": {}1{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(codes(&deep).first().map(|found| found.0.clone()).as_deref(), Some("too_deep"));
    let deeper = format!("{{\"title\": {}1{}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(codes(&deeper).first().map(|found| found.0.clone()).as_deref(), Some("invalid_json"));
}

#[test]
fn canonical_form_orders_keys_and_is_idempotent() {
    let (value, _) = document(
        Kind::Entity,
        "e",
        r#"{"fields": [{"type": "text", "title": {"en": "X", "zh-CN": "e\u0301"}, "zz": 1, "name": "x"}], "name": "a", "title": {}}"#,
    );
    let text = canonical(Kind::Entity, &value.unwrap()).unwrap();
    let expected = "{\n  \"name\": \"a\",\n  \"title\": {},\n  \"fields\": [\n    {\n      \"name\": \"x\",\n      \"title\": {\n        \"en\": \"X\",\n        \"zh-CN\": \"é\"\n      },\n      \"type\": \"text\",\n      \"zz\": 1\n    }\n  ]\n}\n";
    assert_eq!(text, expected);
    let again: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(canonical(Kind::Entity, &again).unwrap(), text);
}

#[test]
fn missing_ids_are_added_once_and_never_one_that_is_taken() {
    let mut value: Value = serde_json::from_str(r#"{"name": "a", "title": {}, "fields": [{"name": "s", "title": {}, "type": "state", "states": [{"name": "x", "title": {}}], "transitions": [{"action": "y", "title": {}, "from": [], "to": "x"}]}]}"#).unwrap();
    let mut taken: HashSet<DefId> = [DefId::from_random(1)].into();
    let mut next = 0;
    let mut random = || {
        next += 1;
        next
    };
    assert_eq!(ids::add_missing(Kind::Entity, &mut value, &mut taken, &mut random), 4);
    assert_eq!(ids::used(Kind::Entity, &value).len(), 4);
    assert!(!ids::used(Kind::Entity, &value).contains(&DefId::from_random(1)));
    assert_eq!(ids::add_missing(Kind::Entity, &mut value, &mut taken, &mut random), 0);
}

#[test]
fn every_code_is_explained_and_written_in_both_languages() {
    let explained = std::fs::read_to_string(super::cases::repository().join("docs/findings.md")).unwrap();
    for code in codes::Code::ALL {
        let text = code.text();
        assert!(explained.contains(&format!("### `{}`", text.code)), "{} is not explained", text.code);
        assert!(!text.zh.is_empty() && !text.en.is_empty(), "{} has no text in one language", text.code);
        assert_eq!(text.fix_zh.is_empty(), text.fix_en.is_empty(), "{} suggests in one language only", text.code);
        assert!(text.zh.chars().any(|char| char > '\u{2e7f}'), "{} is not Chinese", text.code);
    }
}

fn small(name: &str, requires: &[&str], field: &Value) -> AppSource {
    let app = json!({"id": format!("app{name}001"), "name": name, "version": "1.0.0", "title": {"en": "A"}, "locales": ["en"], "requires": requires});
    let entity = json!({"id": format!("ent{name}001"), "name": "thing", "title": {"en": "Thing"}, "fields": [field]});
    AppSource {
        files: [("app.json", app), ("entities/thing.json", entity)]
            .into_iter()
            .map(|(path, value)| (path.to_owned(), value.to_string()))
            .collect(),
    }
}

fn found(apps: &[(String, &AppSource)], options: &CheckOptions) -> Vec<String> {
    check(apps, options).findings.into_iter().map(|found| format!("{} {}{}", found.code, found.file, found.pointer)).collect()
}

#[test]
fn apps_use_each_other_only_where_they_say_so() {
    let field =
        |entity: &str, id: &str| json!({"id": id, "name": "it", "title": {"en": "It"}, "type": "reference", "entity": entity});
    let (aa, bb) = (small("aa", &[], &field("thing", "fieldaa1")), small("bb", &[], &field("aa.thing", "fieldbb1")));
    let apps = [("aa".to_owned(), &aa), ("bb".to_owned(), &bb)];
    assert_eq!(found(&apps, &CheckOptions::default()), ["not_required bb/entities/thing.json/fields/0/entity"]);
    let bb = small("bb", &["aa"], &field("aa.thing", "fieldbb1"));
    let apps = [("aa".to_owned(), &aa), ("bb".to_owned(), &bb)];
    assert_eq!(found(&apps, &CheckOptions::default()), [""; 0]);
    let twice = found(&[("aa".to_owned(), &aa), ("aa".to_owned(), &aa)], &CheckOptions::default());
    assert!(twice.iter().any(|found| found == "duplicate_app aa/app.json/name"), "{twice:?}");
    assert_eq!(found(&[("cc".to_owned(), &AppSource::default())], &CheckOptions::default()), ["missing_app_file app.json"]);
}

#[test]
fn ids_may_be_missing_where_that_is_allowed_and_never_come_back() {
    let bare = small("aa", &[], &json!({"name": "it", "title": {"en": "It"}, "type": "text"}));
    let apps = [("aa".to_owned(), &bare)];
    assert_eq!(found(&apps, &CheckOptions::default()), ["missing_id entities/thing.json"]);
    let allow = CheckOptions { missing_ids: MissingIds::Allow, ..CheckOptions::default() };
    let ids = |checked: Checked| {
        checked.catalog.unwrap().entities.values().flat_map(|it| it.fields.iter().map(|field| field.id)).collect::<Vec<_>>()
    };
    assert_eq!(ids(check(&apps, &allow)), ids(check(&apps, &allow)), "provisional ids are the same at every check");
    let whole = small("aa", &[], &json!({"id": "fieldaa1", "name": "it", "title": {"en": "It"}, "type": "text"}));
    let options = CheckOptions { retired_ids: ["fieldaa1".parse().unwrap()].into(), ..CheckOptions::default() };
    assert_eq!(found(&[("aa".to_owned(), &whole)], &options), ["retired_id entities/thing.json/fields/0/id"]);
}

#[test]
fn schemas_are_valid_and_describe_what_they_hold() {
    for kind in Kind::ALL {
        let schema = schema(kind);
        assert!(jsonschema::validator_for(&schema).is_ok());
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let properties = schema["properties"].as_object().unwrap();
        assert!(properties.values().all(|property| property.get("description").is_some()), "{}", kind.name());
        assert!(!schema.to_string().contains("\"null\""), "{}: what is not given is left out", kind.name());
    }
}
