//! Properties: whatever is done to the documents of a healthy app, the check ends with findings or a catalogue.
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::Value;

use super::cases::{folder, repository, with_base};
use crate::{
    check::{canonical, diff, document},
    model::Kind,
    source::AppSource,
};

/// One thing done to one file.
#[derive(Clone, Debug)]
enum Mutation {
    /// Takes characters out of the text.
    Cut { at: usize, length: usize },
    /// Puts something into the text.
    Insert { at: usize, text: String },
    /// Puts another value of the app in the place of one.
    Replace { at: usize, from: usize },
    /// Takes a value out of its object or list.
    Remove { at: usize },
    /// Puts some value in the place of one.
    Odd { at: usize, which: usize },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<prop::sample::Index>().prop_map(|index| index.index(1 << 20));
    prop_oneof![
        1 => (place.clone(), 1_usize..40).prop_map(|(at, length)| Mutation::Cut { at, length }),
        1 => (place.clone(), "[\\[\\]{}\",:0-9a-z\\\\\u{0}客]{1,6}").prop_map(|(at, text)| Mutation::Insert { at, text }),
        4 => (place.clone(), place.clone()).prop_map(|(at, from)| Mutation::Replace { at, from }),
        3 => place.clone().prop_map(|at| Mutation::Remove { at }),
        3 => (place, 0_usize..12).prop_map(|(at, which)| Mutation::Odd { at, which }),
    ]
}

fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| pointers(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{at}/{index}"), out)),
        _ => {}
    }
}

fn odd(which: usize) -> Value {
    let odd = serde_json::json!([
        null,
        true,
        -1,
        1e300,
        "",
        "a.b.c.d.e",
        "lines",
        "parent.parent.parent",
        "*",
        [],
        {},
        "((((((1 + lines.sum(x) / 0"
    ]);
    odd.get(which).cloned().unwrap_or_default()
}

fn mutate(text: &str, mutation: &Mutation) -> String {
    let chars: Vec<char> = text.chars().collect();
    match mutation {
        Mutation::Cut { at, length } => {
            let at = at % chars.len().max(1);
            chars.iter().take(at).chain(chars.iter().skip(at + length)).collect()
        }
        Mutation::Insert { at, text } => {
            let at = at % chars.len().max(1);
            chars.iter().take(at).copied().chain(text.chars()).chain(chars.iter().skip(at).copied()).collect()
        }
        Mutation::Replace { .. } | Mutation::Remove { .. } | Mutation::Odd { .. } => {
            let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
            let mut places = Vec::new();
            pointers(&value, "", &mut places);
            let place = |at: &usize| places[at % places.len()].clone();
            match mutation {
                Mutation::Replace { at, from } => {
                    let other = value.pointer(&place(from)).cloned().unwrap_or_default();
                    *value.pointer_mut(&place(at)).unwrap() = other;
                }
                Mutation::Odd { at, which } => *value.pointer_mut(&place(at)).unwrap() = odd(*which),
                Mutation::Remove { at } => {
                    let pointer = place(at);
                    let (parent, last) = pointer.rsplit_once('/').unwrap_or_default();
                    match value.pointer_mut(parent) {
                        Some(Value::Object(map)) => drop(map.shift_remove(&last.replace("~1", "/").replace("~0", "~"))),
                        Some(Value::Array(items)) => drop(items.remove(last.parse().unwrap())),
                        _ => {}
                    }
                }
                Mutation::Cut { .. } | Mutation::Insert { .. } => {}
            }
            value.to_string()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, rng_seed: RngSeed::Fixed(20101231), ..ProptestConfig::default() })]

    #[test]
    fn the_check_takes_anything(changes in prop::collection::vec((any::<prop::sample::Index>(), mutation()), 0..4)) {
        let healthy = folder(&repository().join("tests/cases/check/healthy"));
        let mut mutated = healthy.clone();
        for (file, change) in &changes {
            let index = file.index(mutated.files.len());
            let (_, text) = mutated.files.get_index_mut(index).unwrap();
            *text = mutate(text, change);
        }
        let checked = with_base("healthy", &mutated);
        prop_assert_eq!(checked.catalog.is_none(), checked.has_errors());
        for found in &checked.findings {
            prop_assert!(found.line >= 1 && found.column >= 1 && found.message.0.len() == 2, "{:?}", found);
        }
        if let Some(catalog) = &checked.catalog {
            // Nothing is left out in silence.
            let base = folder(&repository().join("engine/apps/base"));
            let files = |folder: &str| mutated.files.keys().chain(base.files.keys()).filter(|path| path.starts_with(folder)).count();
            let counts = [catalog.entities.len(), catalog.forms.len(), catalog.views.len(), catalog.pages.len(), catalog.roles.len()];
            prop_assert_eq!(counts, ["entities/", "forms/", "views/", "pages/", "roles/"].map(files));
        }
        canonical_twice(&mutated)?;
        diff::diff(&[("a".to_owned(), &healthy)], &[("a".to_owned(), &mutated)]);
    }
}

fn canonical_twice(source: &AppSource) -> Result<(), TestCaseError> {
    for (path, text) in &source.files {
        let Some((kind, _)) = Kind::of_path(path) else { continue };
        let Some(value) = document(kind, path, text).0 else { continue };
        let once = canonical(kind, &value).unwrap();
        let again: Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(canonical(kind, &again).unwrap(), once);
    }
    Ok(())
}
