//! What differs between two sets of apps: by document, and inside a document by the ids of its parts.
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{places::join, read};
use crate::{model::Kind, source::AppSource};

/// What happened to a document or to a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Only after.
    Added,
    /// Only before.
    Removed,
    /// The same id under another name.
    Renamed,
    /// The same id at another place among its neighbours.
    Moved,
    /// Another value.
    Changed,
}

/// A document that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Its app.
    pub app: String,
    /// Its kind, `entity`.
    pub kind: &'static str,
    /// Its name, after the change where there is one.
    pub name: String,
    /// What happened to it.
    pub state: ChangeKind,
    /// As it was.
    pub before: Option<Value>,
    /// As it is.
    pub after: Option<Value>,
    /// What differs inside, where it is there before and after.
    pub parts: Vec<PartChange>,
}

/// A part of a document that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartChange {
    /// What happened to it.
    pub state: ChangeKind,
    /// Its JSON pointer: in the document before for what was removed, otherwise in the one after.
    pub pointer: String,
    /// As it was; for a move and a rename the old place and the old name.
    pub before: Option<Value>,
    /// As it is; for a move and a rename the new place and the new name.
    pub after: Option<Value>,
}

type Key = (String, Kind, String);

/// The documents that differ, by app, kind and name. What is no JSON on one side counts as missing there.
pub fn diff(before: &[(String, &AppSource)], after: &[(String, &AppSource)]) -> Vec<Change> {
    let (mut old, mut new) = (documents(before), documents(after));
    let mut changes = Vec::new();
    for (from, to) in renames(&old, &new) {
        if let (Some(before), Some(after)) = (old.remove(&from), new.remove(&to)) {
            changes.push(change(to, ChangeKind::Renamed, Some(before), Some(after)));
        }
    }
    for (key, after) in new {
        match old.remove(&key) {
            None => changes.push(change(key, ChangeKind::Added, None, Some(after))),
            Some(before) if before == after => {}
            Some(before) => changes.push(change(key, ChangeKind::Changed, Some(before), Some(after))),
        }
    }
    changes.extend(old.into_iter().map(|(key, before)| change(key, ChangeKind::Removed, Some(before), None)));
    changes.sort_by(|a, b| (&a.app, a.kind, &a.name).cmp(&(&b.app, b.kind, &b.name)));
    changes
}

/// What differs between two values of one document.
pub fn parts(before: &Value, after: &Value) -> Vec<PartChange> {
    let mut out = Vec::new();
    compare(before, after, "", &mut out);
    out
}

fn change((app, kind, name): Key, state: ChangeKind, before: Option<Value>, after: Option<Value>) -> Change {
    let parts = before.as_ref().zip(after.as_ref()).map(|(before, after)| parts(before, after)).unwrap_or_default();
    Change { app, kind: kind.name(), name, state, before, after, parts }
}

fn documents(apps: &[(String, &AppSource)]) -> BTreeMap<Key, Value> {
    let mut documents = BTreeMap::new();
    for (app, source) in apps {
        for (path, text) in &source.files {
            let Some((kind, name)) = Kind::of_path(path) else { continue };
            if let Some(value) = read::read(text).value {
                documents.insert((app.clone(), kind, name.to_owned()), value);
            }
        }
    }
    documents
}

/// Documents whose id is the same under another name.
fn renames(old: &BTreeMap<Key, Value>, new: &BTreeMap<Key, Value>) -> Vec<(Key, Key)> {
    let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
    let mut pairs: Vec<(Key, Key)> = Vec::new();
    for (from, before) in gone {
        let Some(id) = id(before) else { continue };
        let same = |(key, after): &(&Key, &Value)| {
            key.0 == from.0 && key.1 == from.1 && self::id(after) == Some(id) && !old.contains_key(*key)
        };
        if let Some((to, _)) = new.iter().find(|entry| same(entry))
            && pairs.iter().all(|(_, taken)| taken != to)
        {
            pairs.push((from.clone(), to.clone()));
        }
    }
    pairs
}

fn id(value: &Value) -> Option<&str> {
    value.get("id").and_then(Value::as_str)
}

fn compare(before: &Value, after: &Value, pointer: &str, out: &mut Vec<PartChange>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                let at = join(pointer, key);
                match old.get(key) {
                    Some(before) if key == "name" && before != value => {
                        out.push(part(ChangeKind::Renamed, at, Some(before), Some(value)));
                    }
                    Some(before) => compare(before, value, &at, out),
                    None => out.push(part(ChangeKind::Added, at, None, Some(value))),
                }
            }
            for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
                out.push(part(ChangeKind::Removed, join(pointer, key), Some(value), None));
            }
        }
        (Value::Array(old), Value::Array(new)) => match (by_id(old), by_id(new)) {
            (Some(old_ids), Some(new_ids)) => list((old, &old_ids), (new, &new_ids), pointer, out),
            _ if old == new => {}
            _ => out.push(part(ChangeKind::Changed, pointer.to_owned(), Some(before), Some(after))),
        },
        _ if before == after => {}
        _ => out.push(part(ChangeKind::Changed, pointer.to_owned(), Some(before), Some(after))),
    }
}

/// The ids of a list whose entries all have one, each once.
fn by_id(list: &[Value]) -> Option<BTreeMap<&str, usize>> {
    let ids: BTreeMap<&str, usize> = list.iter().enumerate().filter_map(|(index, item)| Some((id(item)?, index))).collect();
    (ids.len() == list.len()).then_some(ids)
}

type List<'a> = (&'a [Value], &'a BTreeMap<&'a str, usize>);

fn list((old, old_ids): List<'_>, (new, new_ids): List<'_>, pointer: &str, out: &mut Vec<PartChange>) {
    let kept: Vec<(usize, usize)> =
        new.iter().enumerate().filter_map(|(index, item)| Some((*old_ids.get(id(item)?)?, index))).collect();
    let in_order = longest_rise(&kept);
    for (index, item) in new.iter().enumerate() {
        let at = join(pointer, &index.to_string());
        let Some((place, before)) = id(item).and_then(|id| old_ids.get(id)).and_then(|place| Some((*place, old.get(*place)?)))
        else {
            out.push(part(ChangeKind::Added, at, None, Some(item)));
            continue;
        };
        if !in_order.contains(&index) {
            out.push(part(ChangeKind::Moved, at.clone(), Some(&Value::from(place)), Some(&Value::from(index))));
        }
        compare(before, item, &at, out);
    }
    for (index, item) in old.iter().enumerate().filter(|(_, item)| id(item).is_some_and(|id| !new_ids.contains_key(id))) {
        out.push(part(ChangeKind::Removed, join(pointer, &index.to_string()), Some(item), None));
    }
}

/// The new places of the largest set of kept entries that stay in their old order; the others moved.
fn longest_rise(kept: &[(usize, usize)]) -> Vec<usize> {
    // For each entry: how long the best chain is that ends there, and the entry before it in that chain.
    let mut chains: Vec<(usize, Option<usize>)> = Vec::with_capacity(kept.len());
    for (index, (place, _)) in kept.iter().enumerate() {
        let earlier = kept.iter().zip(&chains).take(index).enumerate();
        let best = earlier.filter(|(_, ((other, _), _))| other < place).max_by_key(|(at, (_, (length, _)))| (*length, *at));
        chains.push(best.map_or((1, None), |(at, (_, (length, _)))| (length + 1, Some(at))));
    }
    let mut at = chains.iter().enumerate().max_by_key(|(_, (length, _))| *length).map(|(index, _)| index);
    let mut places = Vec::new();
    while let Some(index) = at {
        places.extend(kept.get(index).map(|(_, place)| *place));
        at = chains.get(index).and_then(|(_, before)| *before);
    }
    places
}

fn part(state: ChangeKind, pointer: String, before: Option<&Value>, after: Option<&Value>) -> PartChange {
    PartChange { state, pointer, before: before.cloned(), after: after.cloned() }
}
