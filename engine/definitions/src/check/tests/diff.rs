//! Differences between app sets: documents and parts, renames and moves by id.
use serde_json::{Value, json};

use crate::{
    check::diff::{ChangeKind, diff, parts},
    source::AppSource,
};

fn app(files: &[(&str, Value)]) -> AppSource {
    AppSource { files: files.iter().map(|(path, value)| ((*path).to_owned(), value.to_string())).collect() }
}

fn entity(name: &str, fields: &Value) -> Value {
    json!({"id": "aaaaaaa0", "name": name, "fields": fields})
}

#[test]
fn documents_are_added_removed_renamed_and_changed() {
    let before = app(&[
        ("entities/a.json", entity("a", &json!([]))),
        ("views/v.json", json!({"id": "vvvvvvv1", "name": "v"})),
        ("views/same.json", json!({"id": "vvvvvvv2"})),
        ("app.json", json!({"version": "1.0.0"})),
    ]);
    let after = app(&[
        ("entities/b.json", entity("b", &json!([]))),
        ("forms/f.json", json!({"id": "fffffff1"})),
        ("views/same.json", json!({"id": "vvvvvvv2"})),
        ("app.json", json!({"version": "1.0.1"})),
    ]);
    let found: Vec<(String, ChangeKind)> = diff(&[("x".to_owned(), &before)], &[("x".to_owned(), &after)])
        .into_iter()
        .map(|change| (format!("{}/{}", change.kind, change.name), change.state))
        .collect();
    let expected = [
        ("app/app", ChangeKind::Changed),
        ("entity/b", ChangeKind::Renamed),
        ("form/f", ChangeKind::Added),
        ("view/v", ChangeKind::Removed),
    ];
    assert_eq!(found, expected.map(|(name, state)| (name.to_owned(), state)));
    assert!(diff(&[("x".to_owned(), &after)], &[("x".to_owned(), &after)]).is_empty());
}

#[test]
fn parts_are_followed_by_their_ids() {
    let field = |id: &str, name: &str, kind: &str| json!({"id": id, "name": name, "type": kind});
    let before =
        entity("a", &json!([field("1", "x", "text"), field("2", "y", "text"), field("3", "z", "text"), field("4", "w", "text")]));
    let after = entity(
        "a",
        &json!([field("3", "z", "date"), field("1", "x1", "text"), field("2", "y", "text"), field("5", "v", "text")]),
    );
    let found: Vec<(ChangeKind, String)> = parts(&before, &after).into_iter().map(|part| (part.state, part.pointer)).collect();
    let expected = [
        (ChangeKind::Moved, "/fields/0"),
        (ChangeKind::Changed, "/fields/0/type"),
        (ChangeKind::Renamed, "/fields/1/name"),
        (ChangeKind::Added, "/fields/3"),
        (ChangeKind::Removed, "/fields/3"),
    ];
    assert_eq!(found, expected.map(|(state, pointer)| (state, pointer.to_owned())));
}
